"""What a void or a return changes beside the goods, and how it is told."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from pos_plugin.answers import message
from pos_plugin.notices import Notice, NoticeCode

if TYPE_CHECKING:
    from pos_plugin.loyalty.lots import LedgerEntry
    from pos_plugin.loyalty.vouchers import NewVoucher
    from pos_plugin.storage.journal_lookup import UsedVoucher

USED = "issued_voucher_used"


class Reduced(NamedTuple):
    """What a voucher loses in minor units (cents)."""

    voucher: str
    amount_minor: int


class Reissued(NamedTuple):
    """A new voucher for the share of a used one that belongs to returned goods."""

    instead_of: str
    voucher: NewVoucher


class Settled(NamedTuple):
    """A voucher that was used before the goods that had brought it came back.

    Args:
        voucher: its id.
        owed_minor: what the customer got with it, in minor units (cents).
        how: ``deduct``, ``debt`` or ``keep``.
        deducted_minor: what of it was taken from the refund.
    """

    voucher: str
    owed_minor: int
    how: str
    deducted_minor: int


@dataclass(slots=True)
class TakenBack:
    """What a void or return changes beside the goods.

    ``withheld_minor``: of the refund, because a voucher had not covered that much of the sale, in
    minor units (cents).
    """

    ledger: list[LedgerEntry] = field(default_factory=list)
    entries: dict[str, int] = field(default_factory=dict)
    rolled_back: list[UsedVoucher] = field(default_factory=list)
    cancelled: list[str] = field(default_factory=list)
    reduced: list[Reduced] = field(default_factory=list)
    reissued: list[Reissued] = field(default_factory=list)
    settled: list[Settled] = field(default_factory=list)
    credit: NewVoucher | None = None
    exceptions: list[dict[str, Any]] = field(default_factory=list)
    withheld_minor: int = 0

    def left_of(self, refund_minor: int) -> int:
        """Return what of a refund is neither withheld nor back on a voucher, in minor units."""
        return refund_minor - self.withheld_minor - self.voucher_refund_minor

    @property
    def voucher_refund_minor(self) -> int:
        """What goes back to vouchers that had paid, in minor units (cents)."""
        return sum(used.amount_minor or 0 for used in self.rolled_back if used.pays)

    @property
    def deducted_minor(self) -> int:
        """What is taken from the refund for vouchers that were used, in minor units (cents)."""
        return sum(one.deducted_minor for one in self.settled)

    @property
    def issued(self) -> list[NewVoucher]:
        """The vouchers that the customer gets."""
        return [one.voucher for one in self.reissued] + ([self.credit] if self.credit else [])

    def count(self, key: str, delta: int) -> None:
        """Add to what an account or counter of the customer gets."""
        self.entries[key] = self.entries.get(key, 0) + delta

    def to_event(self, customer: str | None) -> dict[str, Any]:
        """Return what the body of the event says of it."""
        return {
            "ledger": [entry.to_event() for entry in self.ledger],
            "entries": [
                {"customer": customer, "key": key, "delta": delta}
                for key, delta in self.entries.items()
            ],
            "rolled_back": [
                {
                    "voucher": used.voucher,
                    "amount_minor": used.amount_minor,
                    "state": used.state_before,
                }
                for used in self.rolled_back
            ],
            "cancelled": self.cancelled,
            "reduced": [
                {"voucher": one.voucher, "amount_minor": one.amount_minor} for one in self.reduced
            ],
            "reissued": [
                {"instead_of": one.instead_of, "voucher": one.voucher.id} for one in self.reissued
            ],
            "vouchers": [one.to_event() for one in self.issued],
            "deducted_minor": self.deducted_minor,
            "withheld_minor": self.withheld_minor,
            "exceptions": self.exceptions
            + [
                {
                    "voucher": one.voucher,
                    "reason": USED,
                    "amount_minor": one.owed_minor,
                    "settled": one.how,
                    "deducted_minor": one.deducted_minor,
                }
                for one in self.settled
            ],
        }

    def reversed(self) -> list[dict[str, Any]]:
        """Return what the accounts lose or get back: lost is positive, as it was earned."""
        return [{"account": entry.program, "amount": -entry.delta} for entry in self.ledger]

    def effects(self, *, currency: str, language: str) -> list[dict[str, Any]]:
        """Return what the cashier should know."""
        open_minor = sum(
            one.owed_minor - one.deducted_minor for one in self.settled if one.how == "debt"
        )
        told = [
            Notice(code)
            for code, some in (
                (NoticeCode.VOUCHER_ROLLED_BACK, self.rolled_back),
                (NoticeCode.VOUCHER_CANCELLED, self.cancelled),
                (NoticeCode.VOUCHER_REDUCED, self.reduced),
                (NoticeCode.VOUCHER_USED_MEANWHILE, open_minor),
            )
            if some
        ]
        if self.deducted_minor:
            figures = {"amount_minor": self.deducted_minor, "currency": currency}
            told.append(Notice(NoticeCode.VOUCHER_DEDUCTED, figures))
        if self.withheld_minor:
            figures = {"amount_minor": self.withheld_minor, "currency": currency}
            told.append(Notice(NoticeCode.REFUND_WITHHELD, figures))
        return [message(notice, language) for notice in told]
