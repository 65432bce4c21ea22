"""What becomes of a voucher outside a sale."""

from __future__ import annotations

from sync_agent.event_bodies.parts import Head, IssuedVoucher, Minor
from sync_agent.protocol.words import Text


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
