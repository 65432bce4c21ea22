"""The body of every event by its kind (domain.md §6), and its number of schema.

``python -m sync_agent.event_bodies`` writes one JSON Schema per kind to ``docs/contract/events``.
A kind that is not here is not sent; a test looks at every event that any test lets a till write.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sync_agent.event_bodies import (
    accounts,
    approvals,
    campaigns,
    customers,
    paper,
    rentals,
    sales,
    vouchers,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sync_agent.event_bodies.parts import Head

SCHEMA: Final = 1

BODIES: Final[Mapping[str, type[Head]]] = {
    "sale_completed": sales.SaleCompleted,
    "sale_voided": sales.SaleVoided,
    "items_returned": sales.ItemsReturned,
    "rental_issued": rentals.RentalIssued,
    "rental_cancelled": rentals.RentalCancelled,
    "rental_returned": rentals.RentalReturned,
    "rental_return_reversed": rentals.RentalReturnReversed,
    "response_registered": campaigns.ResponseRegistered,
    "card_scanned": customers.CardScanned,
    "customer_created": customers.CustomerCreated,
    "customer_changed": customers.CustomerChanged,
    "card_assigned": customers.CardAssigned,
    "card_blocked": customers.CardBlocked,
    "consent_given": customers.ConsentGiven,
    "consent_withdrawn": customers.ConsentWithdrawn,
    "erasure_applied": customers.ErasureApplied,
    "ledger_posted": accounts.LedgerPosted,
    "bonus_paid_out": accounts.BonusPaidOut,
    "balance_adjusted": accounts.BalanceAdjusted,
    "reward_redeemed": accounts.RewardRedeemed,
    "approval_issued": approvals.ApprovalIssued,
    "approval_line_returned": approvals.ApprovalLineReturned,
    "approval_settled": approvals.ApprovalSettled,
    "limit_overridden": approvals.LimitOverridden,
    "print_closed": paper.PrintClosed,
    "print_handed_over": paper.PrintHandedOver,
    "notice_acknowledged": paper.NoticeAcknowledged,
    "voucher_sold": vouchers.VoucherSold,
    "voucher_blocked": vouchers.VoucherBlocked,
    "voucher_unblocked": vouchers.VoucherBlocked,
    "voucher_handed_over": paper.VoucherHandedOver,
}

_ISSUED_BY: Final = (
    "sale_completed", "items_returned", "rental_returned", "bonus_paid_out", "reward_redeemed",
    "voucher_sold",
)  # fmt: skip

INSIDE: Final[Mapping[str, tuple[str, ...]]] = {
    "voucher_issued": tuple(f"{kind}.vouchers" for kind in _ISSUED_BY),
    "voucher_redeemed": ("sale_completed.redemptions",),
    "voucher_rolled_back": ("sale_voided.rolled_back", "items_returned.rolled_back"),
    "voucher_cancelled": (
        "sale_voided.cancelled",
        "items_returned.cancelled",
        "rental_return_reversed.cancelled",
    ),
    "voucher_refused": ("sale_completed.refused",),
    "promotion_declined": ("sale_completed.declined",),
    "notice_shown": ("print_closed.state", "notice_acknowledged.notice"),
}
"""What has a name and no event of its own: it happens inside another, whose field says it."""
