"""Events as what ``margin`` counts: at head office, for the receipts of all tills."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from pos_plugin.loyalty.class_events import Sales
from pos_plugin.loyalty.margin import BroughtBack, Charged, ChargedLine

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from pos_plugin.loyalty.class_events import Reported


def deals_of_events(events: Iterable[Reported]) -> Iterator[Charged | BroughtBack]:
    """Yield receipts, voids and returns of customers.

    Args:
        events: of ``class_events.KINDS``, in the order in which they happened.
    """
    every = list(events)
    sales = Sales(every)
    for kind, body in every:
        if kind == "sale_completed" and body.get("customer") is not None:
            yield _charged(body, _day(body))
        elif kind == "sale_voided" and body["moment"] == "after":
            sale = sales.of(body)
            if sale is not None:
                yield _charged(sale, _day(body))._replace(is_void=True)
        elif kind == "items_returned":
            sale = sales.of(body)
            if sale is not None:
                yield from _brought_back(sale, body)


def _charged(sale: Mapping[str, Any], known_on: dt.date) -> Charged:
    lines = [_line(line) for line in sale["lines"]]
    return Charged(sale["customer"], _day(sale), known_on, lines)


def _brought_back(sale: Mapping[str, Any], body: Mapping[str, Any]) -> Iterator[BroughtBack]:
    sold = {line["line_id"]: line for line in sale["lines"]}
    for part in body["lines"]:
        # Another till returns what it does not have; what it calls a line may be none.
        line = sold.get(part["return_of"])
        if line is not None:
            yield BroughtBack(
                customer=sale["customer"],
                sale=(sale["till"], sale["receipt"]["sale_id"]),
                line_id=part["return_of"],
                sold_on=_day(sale),
                returned_on=_day(body),
                line=_line(line),
                quantity_milli=part["quantity_milli"],
                refund_minor=part["refund_minor"],
            )


def _line(line: Mapping[str, Any]) -> ChargedLine:
    return ChargedLine(
        sku=line["sku"],
        kind=line.get("kind", "sale"),
        quantity_milli=line["quantity_milli"],
        paid_minor=line["paid_minor"],
        vat_rate_bp=line["vat_rate_bp"],
    )


def _day(body: Mapping[str, Any]) -> dt.date:
    return dt.date.fromisoformat(body["business_on"])
