"""Vouchers outside a sale: sold, blocked, let go again (G6).

1. A voucher that a sale of ours contains is planned until that sale is completed; a host that takes
   the money elsewhere says ``paid`` and it is issued at once.
2. With a head office only that one unblocks: another till may have reasons that this one does not
   know.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

from pydantic import Field

from pos_plugin.actions.booked_once import Actions, Moment, Request, read_request
from pos_plugin.errors import SaleError
from pos_plugin.limits import MAX_PRICE_MINOR
from pos_plugin.loyalty.voucher_code import read_code, voucher_hash
from pos_plugin.loyalty.voucher_type import SOLD_AS
from pos_plugin.loyalty.vouchers import USABLE, VoucherState, new_voucher
from pos_plugin.notices import Refusal, Refused
from pos_plugin.storage import voucher_store
from pos_plugin.storage.journal_lookup import voucher_by_code
from pos_plugin.storage.voucher_store import Booked
from pos_plugin.text import PlainText as Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pos_plugin.answers import Receipt
    from pos_plugin.booking.issuing import Issuing
    from pos_plugin.loyalty.voucher_type import VoucherType
    from pos_plugin.till import Till

SOLD: Final = "voucher_sold"
BLOCKED: Final = "voucher_blocked"
UNBLOCKED: Final = "voucher_unblocked"


class SellRequest(Request):
    """A voucher that somebody buys.

    Args:
        voucher: the host's own id of it; the same request again gets the same answer.
        type: code of its kind: ``gift_mpv`` or ``gift_spv``.
        value_minor: in minor units (cents); missing = the value of its kind.
        code: on a card that was printed before; made here when missing.
        customer: id of the customer, if it is bound to one.
        cashier: number of the cashier.
        paid: the host has the money already, outside a sale of ours.
    """

    voucher: Text
    type: Text
    value_minor: Annotated[int, Field(ge=1, le=MAX_PRICE_MINOR)] | None = None
    code: Annotated[Text, Field(description="a voucher code of ours")] | None = None
    customer: Text | None = None
    cashier: Text | None = None
    paid: bool = False


class BlockRequest(Request):
    """A voucher that nobody may use, or that may be used again.

    Args:
        request_id: the host's own id.
        code: of the voucher.
        reason: in the cashier's words.
        cashier: number of the cashier.
    """

    request_id: Text
    code: Text
    reason: Text | None = None
    cashier: Text | None = None


class VoucherDesk:
    """Books what becomes of the vouchers of one till outside a sale."""

    def __init__(self, till: Till, actions: Actions, issuing: Issuing) -> None:
        self._till = till
        self._actions = actions
        self._issuing = issuing

    def sell(self, value: Mapping[str, Any]) -> Receipt | Refused:
        """Make a voucher for sale; ``line`` of the answer goes into the sale that sells it."""
        asked = read_request(SellRequest, value, "voucher")
        code = read_code(asked.code) if asked.code is not None else None
        if asked.code is not None and code is None:
            raise SaleError("out_of_range", "voucher.code", "is no voucher code")
        with self._till.book() as book:
            kind = book.kind(asked.type)
        if kind is None or kind.legal_kind not in SOLD_AS:
            return Refused(Refusal.VOUCHER_NOT_SELLABLE, {"type": asked.type})
        if asked.value_minor is None and kind.effect.minor is None:
            raise SaleError("missing", "voucher.value_minor", "this kind has no value of its own")
        known: VoucherType = kind

        def work(moment: Moment) -> dict[str, Any] | Refused:
            if self._till.journal.ballast.is_spent:
                return Refused(Refusal.DISK_RESERVE)
            if code is not None and voucher_by_code(moment.journal, voucher_hash(code)):
                return Refused(Refusal.CONFLICT)
            voucher = new_voucher(
                known,
                customer=asked.customer,
                trigger=SOLD,
                at=moment.now,
                value_minor=asked.value_minor,
                code=code,
            )
            effects: list[dict[str, Any]] = []
            gv_typ = SOLD_AS[known.legal_kind]
            if asked.paid:
                seq = self._actions.add_event(
                    SOLD,
                    {
                        "vouchers": [voucher.to_event()],
                        "gv_typ": gv_typ,
                        "paid_minor": voucher.value_minor,
                    },
                    customer=asked.customer,
                    cashier=asked.cashier,
                    now=moment.now,
                )
                effects = self._issuing.store(
                    [voucher],
                    seq,
                    asked.customer or "",
                    receipt=None,
                    cashier=asked.cashier,
                    now=moment.now,
                )
            else:
                voucher_store.add(
                    moment.journal, voucher, None, receipt=None, cashier=asked.cashier
                )
            return {
                "voucher": asked.voucher,
                "voucher_id": voucher.id,
                "code": voucher.code,
                "state": (VoucherState.ISSUED if asked.paid else VoucherState.PLANNED).value,
                "value_minor": voucher.value_minor,
                "valid_to_on": voucher.valid_to_on,
                "gv_typ": gv_typ,
                "gutschein_nr": voucher.id,
                "line": {
                    "sku": known.code,
                    "quantity_milli": 1000,
                    "unit_price_minor": voucher.value_minor,
                    # A multi-purpose voucher is taxed when it is redeemed.
                    "vat_rate_bp": known.vat_rate_bp or 0,
                    "voucher": voucher.id,
                },
                "effects": effects,
            }

        return self._actions.once(f"{SOLD}:{asked.voucher}", asked.model_dump(), work)

    def block(self, value: Mapping[str, Any]) -> Receipt | Refused:
        """Let nobody use a voucher, wherever it was issued."""
        return self._move(BLOCKED, read_request(BlockRequest, value, "voucher"))

    def unblock(self, value: Mapping[str, Any]) -> Receipt | Refused:
        """Let a blocked voucher be used again; with a head office only that one does."""
        asked = read_request(BlockRequest, value, "voucher")
        if self._till.config.head_office is not None:
            return Refused(Refusal.VOUCHER_NEEDS_ONLINE)
        return self._move(UNBLOCKED, asked)

    def _move(self, kind: str, asked: BlockRequest) -> Receipt | Refused:
        may = {VoucherState.BLOCKED} if kind == UNBLOCKED else USABLE

        def work(moment: Moment) -> dict[str, Any] | Refused:
            with self._till.book() as book:
                voucher = book.find(asked.code).voucher
            if voucher is None:
                return Refused(Refusal.VOUCHER_UNKNOWN)
            if voucher.state not in may:
                return Refused(Refusal.VOUCHER_NOT_NOW)
            seq = self._actions.add_event(
                kind,
                {"voucher": voucher.id, "reason": asked.reason},
                customer=voucher.customer,
                cashier=asked.cashier,
                now=moment.now,
            )
            booked = Booked(self._till.journal.epoch, seq, moment.now)
            move = voucher_store.block if kind == BLOCKED else voucher_store.unblock
            move(moment.journal, voucher, booked)
            return {"voucher_id": voucher.id, "effects": []}

        return self._actions.once(f"{kind}:{asked.request_id}", asked.model_dump(), work)
