"""Whether a promotion may apply at all to a sale, before any unit is looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pos_plugin.promotions.condition import Missing
from pos_plugin.promotions.conditions import All, Any, Coupon

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pos_plugin.model import Basket
    from pos_plugin.promotions.condition import Condition, Facts
    from pos_plugin.promotions.facts import SaleFacts
    from pos_plugin.promotions.promotion import Promotion

_MANNERS = 16  # of one promotion that are told apart


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


class Manners(NamedTuple):
    """The least sets of coupon series with which one application meets its conditions.

    In the order of the branches; ``is_all``: whether there are no others.
    """

    sets: list[tuple[str, ...]]
    is_all: bool

    @property
    def are_apart(self) -> bool:
        """Whether no series stands in two of them, and all are known: each counts for itself."""
        series = [one for manner in self.sets for one in manner]
        return self.is_all and len(series) == len(set(series))

    def allowed(self, facts: Facts) -> int:
        """Return the applications that the coupons of the sale allow, where all are apart."""
        return sum(min(facts.coupons_of(one) for one in manner) for manner in self.sets)


def coupon_manners(promotion: Promotion, facts: Facts) -> Manners:
    """Return the manners in which coupons meet the conditions of a promotion that may apply.

    A coupon inside ``any`` is not needed where another branch holds without it: then one manner
    is left, that needs none.
    """
    return _joined(_manners_of(condition, facts) for condition in promotion.when)


def allowed_units(promotion: Promotion, facts: Facts) -> int | None:
    """Return the units that its limit and its coupons let a promotion take that counts units.

    None: as many as there are.
    """
    manners = coupon_manners(promotion, facts)
    bounds = [manners.allowed(facts)] if all(manners.sets) else []
    if promotion.limits.per_receipt is not None:
        bounds.append(promotion.limits.per_receipt)
    return min(bounds, default=None)


def _manners_of(condition: Condition, facts: Facts) -> Manners:
    if isinstance(condition, Coupon):
        return Manners([(condition.series,)] if facts.coupons_of(condition.series) else [], True)
    if isinstance(condition, Any):
        parts = [_manners_of(one, facts) for one in condition.of]
        return _least([way for part in parts for way in part.sets], all(p.is_all for p in parts))
    if isinstance(condition, All):
        return _joined(_manners_of(one, facts) for one in condition.of)
    # What ``not`` finds is measured on the sale as scanned: no coupon makes it hold.
    return Manners([()] if condition.missing(facts) is None else [], True)


def _joined(parts: Iterable[Manners]) -> Manners:
    """Return the manners in which several conditions hold together."""
    found = Manners([()], True)
    for part in parts:
        both = [tuple(dict.fromkeys(a + b)) for a in found.sets for b in part.sets]
        found = _least(both, found.is_all and part.is_all)
    return found


def _least(sets: list[tuple[str, ...]], is_all: bool) -> Manners:
    """Leave out what needs a coupon more than another manner does; keep a bounded number."""
    kinds = dict.fromkeys(frozenset(one) for one in sets)
    least = [kind for kind in kinds if not any(other < kind for other in kinds)]
    kept = [next(one for one in sets if frozenset(one) == kind) for kind in least[:_MANNERS]]
    return Manners(kept, is_all and len(least) <= _MANNERS)
