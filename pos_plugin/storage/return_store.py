"""What a return asks of the receipt that it takes goods back from."""

from __future__ import annotations

import datetime as dt
import json
from collections import defaultdict
from typing import TYPE_CHECKING, Any, NamedTuple

from pos_plugin.loyalty.return_policy import Together
from pos_plugin.model import Basket, Line
from pos_plugin.repricing import SoldBasket, with_facts

if TYPE_CHECKING:
    from pos_plugin.storage.journal_lookup import Journal


class Terms(NamedTuple):
    """By which rules a receipt was sold.

    Args:
        generation: of its rules; 0 at list price.
        late: it was sold at list price, whatever the rules say.
        promotions: that it used.
        together: the goods that each of their applications took together.
    """

    generation: int
    late: bool
    promotions: frozenset[str]
    together: tuple[Together, ...]


def terms_of(journal: Journal, receipt: int) -> Terms:
    """Return by which rules a receipt was sold."""
    head: Any = journal.execute(
        "SELECT generation, late FROM receipt WHERE seq = ?", (receipt,)
    ).fetchone()
    rows: Any = journal.execute(
        "SELECT promotion, layer, application, max(times), line_id, sum(units_milli) "
        "FROM promotion_result JOIN receipt_line USING (receipt, position) WHERE receipt = ? "
        "GROUP BY promotion, layer, application, line_id ORDER BY layer, promotion, application",
        (receipt,),
    )
    times: dict[tuple[str, str, int], int] = {}
    units: defaultdict[tuple[str, str, int], dict[str, int]] = defaultdict(dict)
    for promotion, layer, application, times_here, line_id, units_milli in rows:
        key = (promotion, layer, application)
        times[key] = times_here
        units[key][line_id] = units_milli
    return Terms(
        generation=head[0],
        late=bool(head[1]),
        promotions=frozenset(promotion for promotion, _, _ in times),
        together=tuple(Together(key[0], times[key], units[key]) for key in times),
    )


def sold_basket(
    journal: Journal, receipt: int, *, shop: str, till: str, birthday_on: str | None
) -> SoldBasket:
    """Return what a receipt sold as a basket, as its rules saw it.

    Args:
        journal: of this till.
        receipt: its number.
        shop: of this till.
        till: this one.
        birthday_on: of its customer, as it is known today.
    """
    head: Any = journal.execute(
        "SELECT sale_id, at, currency, customer, facts FROM receipt WHERE seq = ?", (receipt,)
    ).fetchone()
    sale_id, at, currency, customer, facts = head
    rows: Any = journal.execute(
        "SELECT line_id, sku, quantity_milli, unit_price_minor, categories, brand, season, tags, "
        "vat_rate_bp, markdown, discountable, measured, host_discount_minor, "
        "voucher_discount_minor + host_difference_minor FROM receipt_line "
        "WHERE receipt = ? AND quantity_milli > 0 ORDER BY position",
        (receipt,),
    )
    lines: list[Line] = []
    by_hand: dict[str, int] = {}
    other: dict[str, int] = {}
    for row in rows:
        line_id, sku, quantity_milli, price_minor, categories, brand, season, tags = row[:8]
        vat_rate_bp, markdown, discountable, measured, hand_minor, other_minor = row[8:]
        lines.append(
            Line(
                line_id=line_id,
                sku=sku,
                quantity_milli=quantity_milli,
                unit_price_minor=price_minor,
                categories=tuple(json.loads(categories)),
                brand=brand,
                season=season,
                tags=tuple(json.loads(tags)),
                vat_rate_bp=vat_rate_bp,
                markdown=bool(markdown),
                discountable=bool(discountable),
                measured=bool(measured),
            )
        )
        if hand_minor:
            by_hand[line_id] = hand_minor
        if other_minor:
            other[line_id] = other_minor
    basket = Basket(
        sale_id=sale_id,
        at=dt.datetime.fromisoformat(at),
        lines=tuple(lines),
        shop=shop,
        till=till,
        currency=currency,
    )
    known = with_facts(
        basket,
        json.loads(facts),
        customer=customer,
        birthday=dt.date.fromisoformat(birthday_on) if birthday_on else None,
    )
    return SoldBasket(known, by_hand, other)
