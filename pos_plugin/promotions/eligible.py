"""Whether a promotion may apply at all to a sale, before any unit is looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pos_plugin.promotions.condition import Missing, walk
from pos_plugin.promotions.conditions import Coupon

if TYPE_CHECKING:
    from pos_plugin.model import Basket
    from pos_plugin.promotions.facts import SaleFacts
    from pos_plugin.promotions.promotion import Promotion


def refusal(promotion: Promotion, basket: Basket, facts: SaleFacts) -> Missing | None:
    """Return the first reason why the promotion does not apply, in the order of promotions.md §5.

    None means that only its units, the search and its limits decide.
    """
    invalid = promotion.validity.refusal(facts.wall_at)
    if invalid is not None:
        return Missing(invalid)
    scope = promotion.scope
    if scope.shops and basket.shop not in scope.shops:
        return Missing("wrong_shop")
    if scope.tills and basket.till not in scope.tills:
        return Missing("wrong_till")
    if promotion.id in basket.declined:
        return Missing("declined")
    per_customer = promotion.limits.per_customer
    if per_customer is not None:
        # The bound counts receipts of one customer: an anonymous sale has nothing to count on.
        if basket.customer is None:
            return Missing("limit_customer")
        used = basket.customer.uses.get(promotion.id, 0)
        if used >= per_customer:
            return Missing("limit_customer", per_customer, used)
    for condition in promotion.when:
        missing = condition.missing(facts)
        if missing is not None:
            return missing
    if promotion.layer == "earn" and basket.customer is None:
        return Missing("customer_unknown")
    return None


def coupon_series(promotion: Promotion, facts: SaleFacts) -> list[str]:
    """Return the coupon series that the conditions need, in their order.

    A coupon inside ``any`` is not needed where another branch holds without it; of two branches
    that would do, the first one's coupon is used.
    """
    named = list(
        dict.fromkeys(
            c.series
            for c in walk(promotion.when)
            if isinstance(c, Coupon) and facts.coupons_of(c.series)
        )
    )
    hidden: set[str] = set()
    for series in reversed(named):
        sale = facts.without_coupons(hidden | {series})
        if all(condition.missing(sale) is None for condition in promotion.when):
            hidden.add(series)
    return [series for series in named if series not in hidden]
