"""What this till asks head office through its agent while it sells: never a condition, a gain.

Laws of this file:

1. Nobody waits: a question runs on a thread of its own, an evaluation waits a moment for it and
   goes on by the local policy. What is answered later counts from the next evaluation on.
2. A voucher that head office holds for this sale needs no cap; one that it gave away is refused.
3. A lost ``confirm`` costs nothing: the event of the sale settles it.
4. Head office holds a voucher for a quarter of an hour; a sale that lasts longer asks again.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final, NamedTuple

from pos_plugin.notices import Refusal, Refused
from pos_plugin.worker import Ended, Late, Worker

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from pos_plugin.agent_calls import AgentCalls

WAIT_MS: Final = 100  # of an evaluation, whose whole budget is 300
HELD_MAX: Final = 200  # sales that are remembered
TAKEN: Final = "voucher-taken"
HELD_S: Final = 14 * 60.0  # a minute less than head office holds it


class _Hold(NamedTuple):
    """What was said of a voucher: True = held, Refused = not to be had, None = no answer (yet)."""

    answer: bool | Refused | None
    asked_s: float


class Online:
    """Questions of one till to head office.

    Args:
        calls: to the agent; None without a head office.
        wait_ms: how long an evaluation waits for an answer, in milliseconds.
        held_s: how long an answer that a voucher is held counts, in seconds.
    """

    def __init__(
        self, calls: AgentCalls | None, *, wait_ms: int = WAIT_MS, held_s: float = HELD_S
    ) -> None:
        self._calls = calls
        self._wait_ms = wait_ms
        self._held_s = held_s
        self._worker = Worker("stammkunde-online")
        self._held: dict[str, dict[str, _Hold]] = {}  # by sale, then voucher

    def close(self) -> None:
        """Ask nothing more."""
        self._worker.end(within_ms=1_000)

    def hold(self, sale_id: str, voucher: str) -> bool | Refused | None:
        """Return whether head office holds a voucher for a sale; None = the local policy decides.

        Args:
            sale_id: of the sale.
            voucher: id of the voucher.
        """
        if self._calls is None:
            return None
        held = self._held.setdefault(sale_id, {})
        while len(self._held) > HELD_MAX:
            del self._held[next(iter(self._held))]
        now_s = time.monotonic()
        known = held.get(voucher)
        if known is None or (known.answer is True and now_s - known.asked_s >= self._held_s):
            held[voucher] = _Hold(None, now_s)

            def reserve() -> None:
                held[voucher] = _Hold(self._reserve(sale_id, voucher), now_s)

            self._ask(reserve, within_ms=self._wait_ms)
        return held[voucher].answer

    def settle(self, sale_id: str, used: Collection[str]) -> None:
        """Tell head office what became of what it held for a sale.

        Args:
            sale_id: of a sale that is completed or cancelled.
            used: ids of the vouchers that it redeemed.
        """
        for voucher, hold in self._held.pop(sale_id, {}).items():
            if hold.answer is True:
                call = "confirm" if voucher in used else "release"
                self._tell(call, {"voucher": voucher, "sale_id": sale_id})

    def enrich(self, code_hash: str, cashier: str | None) -> None:
        """Have head office take the owner of a card into this shop's data.

        Args:
            code_hash: of a card that this till does not know, hexadecimal.
            cashier: who scanned it.
        """
        self._tell("enrich_card", {"code_hash": code_hash, "cashier": cashier})

    def _reserve(self, sale_id: str, voucher: str) -> bool | Refused | None:
        assert self._calls is not None  # noqa: S101 - asked by hold
        answer = self._calls.ask("reserve", {"voucher": voucher, "sale_id": sale_id})
        if answer is None:
            return None
        if answer.get("refused") == TAKEN:
            return Refused(Refusal.VOUCHER_REDEEMED)
        return True if answer.get("state") == "reserved" else None

    def _tell(self, call: str, body: dict[str, str | None]) -> None:
        calls = self._calls
        if calls is not None:
            self._ask(lambda: calls.ask(call, body), within_ms=0)

    def _ask(self, work: Callable[[], object], *, within_ms: int) -> None:
        try:
            self._worker.ask(work, within_ms=within_ms)
        except (Late, Ended):
            return  # goes on behind; nobody waits for it
