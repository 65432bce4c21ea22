"""Rentals as the host reports them."""

from __future__ import annotations

from sync_agent.event_bodies.parts import (
    Entry,
    Head,
    IssuedVoucher,
    LedgerEntry,
    Minor,
    Part,
    VoucherException,
)
from sync_agent.protocol import words


class RentedArticle(Part):
    """An article that is rented, as far as the host knows it."""

    sku: words.Text | None = None
    days: words.Days | None = None
    due_on: words.Day | None = None
    price_minor: Minor | None = None
    late_days: words.Days | None = None


class RentalIssued(Head):
    """``rental_issued``: articles went out."""

    rental: words.Text
    articles: list[RentedArticle]


class RentalCancelled(Head):
    """``rental_cancelled``: a rental was none."""

    rental: words.Text
    reason: words.Text | None


class RentalReturned(Head):
    """``rental_returned``: articles are back; perhaps the customer got vouchers."""

    rental: words.Text
    articles: list[RentedArticle]
    vouchers: list[IssuedVoucher]
    ledger: list[LedgerEntry]
    entries: list[Entry]


class RentalReturnReversed(Head):
    """``rental_return_reversed``; ``pending``: the return is not known at this till."""

    rental: words.Text
    reason: words.Text | None
    pending: bool
    cancelled: list[words.Text]
    exceptions: list[VoucherException]
    ledger: list[LedgerEntry]
    entries: list[Entry]
