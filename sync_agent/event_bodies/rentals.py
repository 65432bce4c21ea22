"""Rentals as the host reports them."""

from __future__ import annotations

from sync_agent import protocol
from sync_agent.event_bodies.parts import (
    Entry,
    Head,
    IssuedVoucher,
    LedgerEntry,
    Minor,
    Part,
    VoucherException,
)


class RentedArticle(Part):
    """An article that is rented, as far as the host knows it."""

    sku: protocol.Text | None = None
    days: protocol.Days | None = None
    due_on: protocol.Day | None = None
    price_minor: Minor | None = None
    late_days: protocol.Days | None = None


class RentalIssued(Head):
    """``rental_issued``: articles went out."""

    rental: protocol.Text
    articles: list[RentedArticle]


class RentalCancelled(Head):
    """``rental_cancelled``: a rental was none."""

    rental: protocol.Text
    reason: protocol.Text | None


class RentalReturned(Head):
    """``rental_returned``: articles are back; perhaps the customer got vouchers."""

    rental: protocol.Text
    articles: list[RentedArticle]
    vouchers: list[IssuedVoucher]
    ledger: list[LedgerEntry]
    entries: list[Entry]


class RentalReturnReversed(Head):
    """``rental_return_reversed``; ``pending``: the return is not known at this till."""

    rental: protocol.Text
    reason: protocol.Text | None
    pending: bool
    cancelled: list[protocol.Text]
    exceptions: list[VoucherException]
    ledger: list[LedgerEntry]
    entries: list[Entry]
