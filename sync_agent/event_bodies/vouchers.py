"""What becomes of a voucher outside a sale."""

from __future__ import annotations

from sync_agent.event_bodies.parts import Head, IssuedVoucher, Minor
from sync_agent.protocol import Text


class VoucherIssued(Head):
    """``voucher_issued``: somebody got vouchers outside a sale and a rental, and why."""

    vouchers: list[IssuedVoucher]
    reason: Text | None


class VoucherSold(Head):
    """``voucher_sold``: the host sold a voucher without a sale of ours.

    ``gv_typ`` and ``paid_minor`` are what its fiscal record says.
    """

    vouchers: list[IssuedVoucher]
    gv_typ: Text
    paid_minor: Minor


class VoucherBlocked(Head):
    """``voucher_blocked`` and ``voucher_unblocked``: nobody may use it, or again."""

    voucher: Text
    reason: Text | None


class VoucherCancelled(Head):
    """``voucher_cancelled``: unused vouchers that were none after all."""

    cancelled: list[Text]
    reason: Text | None
