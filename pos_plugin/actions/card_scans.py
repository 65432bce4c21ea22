"""Every card that was held to the scanner in a sale, as head office wants to know it.

Noted behind the answer, on the plugin's thread: no cashier waits for the disk. A note that is lost
with a power cut costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from pos_plugin.answers import Scanned
from pos_plugin.card_hash import card_hash
from pos_plugin.loyalty.provisional import is_provisional
from pos_plugin.notices import Refusal
from pos_plugin.scan import route

if TYPE_CHECKING:
    from pos_plugin.actions.booked_once import Actions
    from pos_plugin.notices import Refused
    from pos_plugin.till import Till

KIND: Final = "card_scanned"
ScanMoment = Literal["before_lines", "lines", "after_total"]
MOMENTS: Final = ("before_lines", "lines", "after_total")


class CardScans:
    """Notes the card scans of one till."""

    def __init__(self, till: Till, actions: Actions) -> None:
        self._till = till
        self._actions = actions

    def note(
        self, code: str, answer: Scanned | Refused, sale_id: str, moment: ScanMoment | None
    ) -> None:
        """Store that a card was scanned in a sale; anything but a card is passed over.

        Args:
            code: as scanned.
            answer: what the cashier was told.
            sale_id: of the sale.
            moment: as the host says; else as this till last saw the sale.
        """
        keys = self._till.keys
        routed = route(code, self._till.config.prefix)
        if keys is None or routed is None or routed.kind != "card":
            return
        running = self._till.running(sale_id)
        has_lines = running is not None and bool(running.basket.lines)
        with self._till.journal.transaction():
            self._actions.add_event(
                KIND,
                {
                    "code_hash": card_hash(routed.code, keys.card_key).hex(),
                    "result": _result(answer),
                    "moment": moment or ("lines" if has_lines else "before_lines"),
                    "sale_id": sale_id,
                },
                customer=_customer(answer),
                cashier=running.snapshot.extras.cashier if running else None,
                now=self._till.clock.now(),
            )


def _customer(answer: Scanned | Refused) -> str | None:
    if not isinstance(answer, Scanned) or answer.customer is None:
        return None
    return str(answer.customer["id"])


def _result(answer: Scanned | Refused) -> str:
    if isinstance(answer, Scanned):
        return "provisional" if is_provisional(_customer(answer)) else "known"
    return "blocked" if answer.code is Refusal.CARD_BLOCKED else "unknown"
