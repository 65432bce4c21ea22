"""Cards given, replaced and blocked at this till (K2).

1. A card belongs to one customer; a replacement keeps everything, for balances belong to customers.
2. What an unknown card earned before it had an owner is its owner's from then on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

from pos_plugin.actions.booked_once import Actions, Moment, Request, read_request
from pos_plugin.card_hash import card_hash
from pos_plugin.customer.known import KnownCustomers
from pos_plugin.loyalty.provisional import provisional_id
from pos_plugin.notices import Refusal, Refused
from pos_plugin.scan import is_ean13, route
from pos_plugin.storage import customer_store
from pos_plugin.storage.customer_store import LocalCard
from pos_plugin.text import PlainText as Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pos_plugin.answers import Receipt
    from pos_plugin.till import Till

ASSIGNED: Final = "card_assigned"
BLOCKED: Final = "card_blocked"
_ACTIVE: Final = "active"
_REPLACED: Final = "replaced"


class CardAssignment(Request):
    """A card for a customer.

    Args:
        request_id: the host's own id; the same request again gets the same answer.
        customer: id of the customer.
        code: as scanned or typed.
        role: ``main``, ``partner`` or ``app``.
        replaces: code of the card that this one takes the place of.
        cashier: number of the cashier.
    """

    request_id: Text
    customer: Text
    code: Text
    role: Literal["main", "partner", "app"] = "main"
    replaces: Text | None = None
    cashier: Text | None = None


class CardBlock(Request):
    """A card that is not to be taken any more.

    Args:
        request_id: the host's own id; the same request again gets the same answer.
        code: as scanned or typed.
        reason: ``blocked`` or ``lost``.
        cashier: number of the cashier.
    """

    request_id: Text
    code: Text
    reason: Literal["blocked", "lost"] = "blocked"
    cashier: Text | None = None


class CardDesk:
    """Gives and blocks the cards of one till."""

    def __init__(self, till: Till, actions: Actions) -> None:
        self._till = till
        self._actions = actions

    def assign(self, value: Mapping[str, Any]) -> Receipt | Refused:
        """Give a card to a customer; ``card_taken`` when it is somebody else's."""
        asked = read_request(CardAssignment, value, "card")

        def work(moment: Moment) -> Mapping[str, Any] | Refused:
            return self._assign(moment, asked)

        return self._actions.once(f"card:{asked.request_id}", asked.model_dump(), work)

    def block(self, value: Mapping[str, Any]) -> Receipt | Refused:
        """Block a card at this till at once; ``card_unknown`` for one without a customer."""
        asked = read_request(CardBlock, value, "card")

        def work(moment: Moment) -> Mapping[str, Any] | Refused:
            code_hash = self._hash(asked.code)
            known = KnownCustomers(self._till.cache.reader(), moment.journal)
            card = known.card(code_hash) if code_hash is not None else None
            if code_hash is None or card is None:
                return Refused(Refusal.CARD_UNKNOWN)
            seq = self._actions.add_event(
                BLOCKED,
                {"code_hash": code_hash.hex(), "status": asked.reason, "role": card.role},
                customer=card.customer,
                cashier=asked.cashier,
                now=moment.now,
            )
            self._put(moment, seq, code_hash, card.customer, card.role, asked.reason)
            return {"customer": card.customer, "status": asked.reason, "effects": []}

        return self._actions.once(f"card_block:{asked.request_id}", asked.model_dump(), work)

    def _assign(self, moment: Moment, asked: CardAssignment) -> Mapping[str, Any] | Refused:
        known = KnownCustomers(self._till.cache.reader(), moment.journal)
        row = known.row(asked.customer)
        if row is None:
            return Refused(Refusal.CUSTOMER_UNKNOWN)
        code_hash = self._hash(asked.code)
        if code_hash is None:
            return Refused(Refusal.CODE_UNKNOWN, {"code": asked.code[:50]})
        card = known.card(code_hash)
        if card is not None and (
            card.customer != row.id or card.status not in (_ACTIVE, "ordered")
        ):
            return Refused(Refusal.CARD_TAKEN)
        old_hash = self._hash(asked.replaces) if asked.replaces is not None else None
        if asked.replaces is not None:
            old = known.card(old_hash) if old_hash is not None else None
            if old is None or old.customer != row.id:
                return Refused(Refusal.CARD_UNKNOWN)
        seq = self._actions.add_event(
            ASSIGNED,
            {
                "code_hash": code_hash.hex(),
                "symbology": _symbology(asked.code),
                "role": asked.role,
                "status": _ACTIVE,
                "replaces": old_hash.hex() if old_hash else None,
            },
            customer=row.id,
            cashier=asked.cashier,
            now=moment.now,
            also_touches=(provisional_id(code_hash),),
        )
        self._put(moment, seq, code_hash, row.id, asked.role, _ACTIVE)
        if old_hash is not None:
            self._put(moment, seq, old_hash, row.id, asked.role, _REPLACED, code_hash)
        return {"customer": row.id, "status": _ACTIVE, "effects": []}

    def _put(
        self,
        moment: Moment,
        seq: int,
        code_hash: bytes,
        customer: str,
        role: str,
        status: str,
        replaced_by: bytes | None = None,
    ) -> None:
        customer_store.put_card(
            moment.journal,
            LocalCard(
                code_hash=code_hash,
                customer=customer,
                symbology="ean13",
                role=role,
                status=status,
                replaced_by=replaced_by,
                epoch=self._till.journal.epoch,
                seq=seq,
            ),
        )

    def _hash(self, code: str) -> bytes | None:
        """Return by what a card is found; None for what is no card of this shop."""
        keys = self._till.keys
        routed = route(code, self._till.config.prefix)
        if keys is None or routed is None or routed.kind != "card":
            return None
        return card_hash(routed.code, keys.card_key)


def _symbology(code: str) -> str:
    return "ean13" if is_ean13("".join(code.split()).replace("-", "")) else "other"
