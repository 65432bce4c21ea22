"""Events as facts for the classes: what head office counts, with the rules of the till.

A till counts its own receipts and rentals; head office those of all tills, so it also knows where
goods went that were bought at another one.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pos_plugin.loyalty.class_history import Fact
from pos_plugin.loyalty.rental_matching import OpenRental, brought_back

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

KINDS: Final = (
    "sale_completed",
    "sale_voided",
    "items_returned",
    "rental_issued",
    "rental_cancelled",
    "rental_returned",
    "rental_return_reversed",
)


class Reported(NamedTuple):
    """An event that took effect."""

    kind: str
    body: Mapping[str, Any]


class _Sold(NamedTuple):
    customer: str
    on: dt.date
    turnover_minor: int


def facts_of_events(events: Iterable[Reported]) -> Iterator[Fact]:
    """Yield everything that counts for a class.

    Args:
        events: of ``KINDS``, in the order in which they happened.
    """
    every = list(events)
    # A return may have been reported before its sale was handed in late.
    sales = Sales(every)
    rentals = _Rentals()
    for kind, body in every:
        on = dt.date.fromisoformat(body["business_on"])
        match kind:
            case "sale_completed":
                sold = _sold(body)
                if sold is not None:
                    yield Fact(
                        sold.customer, on, on, presence=1, turnover_minor=sold.turnover_minor
                    )
            case "sale_voided" if body["moment"] == "after":
                sold = _sold(sales.of(body))
                if sold is not None:
                    yield Fact(
                        sold.customer,
                        sold.on,
                        on,
                        presence=-1,
                        turnover_minor=-sold.turnover_minor,
                    )
            case "items_returned":
                sold = _sold(sales.of(body))
                if sold is not None:
                    yield Fact(
                        sold.customer,
                        on,
                        on,
                        turnover_minor=-body.get("turnover_minor", body["refund_minor"]),
                    )
            case "rental_issued":
                rentals.issued(body, on)
            case "rental_cancelled":
                rentals.cancelled(body, on)
            case "rental_returned":
                rentals.returned(body, on)
            case "rental_return_reversed":
                rentals.reversed(body, on)
    yield from rentals.facts()


class Sales:
    """The sales among events, to be found again by what was taken back of them.

    Args:
        events: of ``KINDS``.
    """

    def __init__(self, events: Iterable[Reported]) -> None:
        self._found: dict[object, Mapping[str, Any]] = {}
        for kind, body in events:
            if kind == "sale_completed" and body.get("customer") is not None:
                sale_id = body["receipt"]["sale_id"]
                self._found[body["till"], sale_id] = body
                # By its id alone for what other tills say of it.
                self._found.setdefault(sale_id, body)

    def of(self, body: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """Return the sale of a customer that a void or a return is about, if it was reported."""
        sale_id = body["sale_id"]
        return self._found.get((body["till"], sale_id)) or self._found.get(sale_id)


def _sold(body: Mapping[str, Any] | None) -> _Sold | None:
    if body is None or body.get("customer") is None:
        return None
    on = dt.date.fromisoformat(body["business_on"])
    receipt = body["receipt"]
    turnover_minor = receipt.get("turnover_minor", receipt["total_minor"])
    return _Sold(body["customer"], on, turnover_minor)


@dataclass(slots=True)
class _Row:
    """An article that was rented, as a row of the till's journal."""

    rental: str
    position: int
    customer: str | None
    sku: str | None
    counted_on: dt.date
    is_out_known: bool
    returned_as: str | None = None
    cancelled_on: dt.date | None = None

    @property
    def is_out(self) -> bool:
        """Whether a return may bring it back."""
        return self.is_out_known and self.returned_as is None and self.cancelled_on is None


@dataclass(slots=True)
class _Rentals:
    """The rentals of all tills, by the rules of ``pos_plugin.storage.rental_store``."""

    rows: list[_Row] = field(default_factory=list)
    by_rental: dict[str, list[_Row]] = field(default_factory=dict)
    by_customer: dict[str, list[_Row]] = field(default_factory=dict)
    by_return: dict[str, list[_Row]] = field(default_factory=dict)
    none: set[str] = field(default_factory=set)  # cancelled before they were issued
    undone: set[str] = field(default_factory=set)  # returns reversed before they were reported

    def issued(self, body: Mapping[str, Any], on: dt.date) -> None:
        rental, customer = body["rental"], body.get("customer")
        articles: Sequence[Mapping[str, Any]] = body["articles"] or ({},)
        for article in articles:
            sku = article.get("sku")
            for row in self.by_rental.get(rental, ()):
                is_same = (row.customer, row.sku) == (customer, sku)
                if is_same and not row.is_out_known and row.cancelled_on is None:
                    row.is_out_known = True
                    break
            else:
                self._add(rental, customer, sku, on, is_out_known=True)
        if rental in self.none:
            self.cancelled(body, on)

    def cancelled(self, body: Mapping[str, Any], on: dt.date) -> None:
        self.none.add(body["rental"])
        for row in self.by_rental.get(body["rental"], ()):
            if row.is_out_known and row.cancelled_on is None:
                row.cancelled_on = on

    def returned(self, body: Mapping[str, Any], on: dt.date) -> None:
        rental, customer = body["rental"], body.get("customer")
        if rental in self.undone:
            return
        rows = {id(row): row for row in self.by_rental.get(rental, ())}
        if customer is not None:
            rows |= {id(row): row for row in self.by_customer.get(customer, ())}
        is_out = {
            OpenRental(row.rental, row.position, row.customer, row.sku): row
            for row in rows.values()
            if row.is_out
        }
        skus = [article.get("sku") for article in body["articles"]]
        found = brought_back(
            skus,
            sorted(is_out, key=lambda one: (is_out[one].counted_on, one.rental, one.position)),
            rental=rental,
            customer=customer,
        )
        for sku, one in zip(skus or [None] * len(found), found, strict=True):
            row = (
                is_out[one]
                if one is not None
                else self._add(rental, customer, sku, on, is_out_known=False)
            )
            row.returned_as = rental
            self.by_return.setdefault(rental, []).append(row)

    def reversed(self, body: Mapping[str, Any], on: dt.date) -> None:
        self.undone.add(body["rental"])
        for row in self.by_return.pop(body["rental"], ()):
            if row.is_out_known:
                row.returned_as = None
            elif row.cancelled_on is None:
                row.cancelled_on = on

    def facts(self) -> Iterator[Fact]:
        for row in self.rows:
            if row.customer is None:
                continue
            yield Fact(row.customer, row.counted_on, row.counted_on, rentals=1, presence=1)
            if row.cancelled_on is not None:
                yield Fact(row.customer, row.counted_on, row.cancelled_on, rentals=-1, presence=-1)

    def _add(
        self, rental: str, customer: str | None, sku: str | None, on: dt.date, *, is_out_known: bool
    ) -> _Row:
        same = self.by_rental.setdefault(rental, [])
        row = _Row(rental, len(same), customer, sku, on, is_out_known)
        self.rows.append(row)
        same.append(row)
        if customer is not None:
            self.by_customer.setdefault(customer, []).append(row)
        return row
