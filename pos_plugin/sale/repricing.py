"""What the goods that stay would have cost alone, by the rules of their receipt.

The receipt keeps what those rules were told of the sale beside its lines (``facts_of``). A birthday
is not kept: it is asked again, and unknown once the customer is erased. What the host took off by
hand, and what vouchers took off, stays with each line in proportion.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pos_plugin.model import Coupon, Customer
from pos_plugin.sale.host_discount import lowered
from pos_plugin.sale.list_price import list_price
from pos_plugin.units import divide_half_up

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    from pos_plugin.loyalty.returns import SoldLine
    from pos_plugin.model import Basket, Line
    from pos_plugin.promotions.generation import RuleGeneration


def facts_of(basket: Basket) -> dict[str, Any]:
    """Return what a receipt keeps of its sale beside head and lines; only what is not empty."""
    customer = basket.customer
    facts: dict[str, Any] = {
        "series": [coupon.series for coupon in basket.coupons],
        "declined": list(basket.declined),
        "tenders": list(basket.tenders),
    }
    if customer is not None:
        facts |= {
            "segments": list(customer.segments),
            "instant_discount_bp": customer.instant_discount_bp,
            "uses": dict(customer.uses),
            "history": dict(customer.history),
        }
    return {name: fact for name, fact in facts.items() if fact}


def with_facts(
    basket: Basket,
    facts: Mapping[str, Any],
    *,
    customer: str | None,
    birthday: dt.date | None,
) -> Basket:
    """Return a basket that knows again what ``facts_of`` kept.

    Args:
        basket: with the lines of the receipt.
        facts: that the receipt kept.
        customer: of the receipt.
        birthday: of the customer, as it is known today.
    """
    known = None
    if customer is not None:
        known = Customer(
            id=customer,
            segments=tuple(facts.get("segments", ())),
            birthday=birthday,
            instant_discount_bp=facts.get("instant_discount_bp", 0),
            uses=facts.get("uses", {}),
            history=facts.get("history", {}),
        )
    return replace(
        basket,
        customer=known,
        coupons=tuple(
            Coupon(code=f"{number}:{series}", series=series)
            for number, series in enumerate(facts.get("series", ()))
        ),
        declined=tuple(facts.get("declined", ())),
        tenders=tuple(facts.get("tenders", ())),
    )


@dataclass(frozen=True, slots=True)
class SoldBasket:
    """A receipt as a basket.

    Args:
        basket: what was bought, without the goods that came back with it.
        host_discount_minor: by line id, what the host took off by hand, in minor units (cents).
        other_discount_minor: by line id, what vouchers and the host's own prices took off after
            the promotions, in minor units (cents); negative where the host charged more.
    """

    basket: Basket
    host_discount_minor: Mapping[str, int]
    other_discount_minor: Mapping[str, int]


def rest_minor(
    sold: SoldBasket, rules: RuleGeneration | None, lines: Mapping[str, SoldLine]
) -> int:
    """Return what the goods that stay would have cost alone, in minor units (cents).

    Args:
        sold: the receipt.
        rules: its generation; None = it was sold at list price.
        lines: of the receipt by id, after the return.
    """
    stay = tuple(
        replace(line, quantity_milli=lines[line.line_id].left_milli)
        for line in sold.basket.lines
        if lines[line.line_id].left_milli
    )
    if not stay:
        return 0
    by_hand = {
        line.line_id: min(
            line.gross_minor, _share(sold.host_discount_minor, line, lines[line.line_id])
        )
        for line in stay
        if line.line_id in sold.host_discount_minor
    }
    basket = lowered(replace(sold.basket, lines=stay), by_hand)
    result = rules.evaluate(basket) if rules else list_price(basket)
    other_minor = sum(_share(sold.other_discount_minor, line, lines[line.line_id]) for line in stay)
    return max(0, result.total_minor - other_minor)


def _share(discounts: Mapping[str, int], line: Line, sold: SoldLine) -> int:
    """Return what of a discount on a line stays with the goods that stay."""
    whole_minor = discounts.get(line.line_id, 0)
    return divide_half_up(whole_minor * sold.left_milli, sold.quantity_milli)
