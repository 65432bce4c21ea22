"""Coupons of a sale: n of a series allow n applications, whichever promotions need them."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from pos_plugin.promotions.eligible import coupon_series
from pos_plugin.promotions.result import CouponUsed
from pos_plugin.units import allocate

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pos_plugin.model import Basket
    from pos_plugin.promotions.facts import SaleView
    from pos_plugin.promotions.pack import PackedPromotions
    from pos_plugin.promotions.result import LineDiscount, PromotionResult


class CouponPools:
    """Coupons: n of a series allow n applications, shared by all promotions that need them.

    Args:
        rules: the promotions of the generation.
        eligible: numbers of those that may apply and may ask for a coupon, ascending.
        sale: what they see.

    ``pool_of`` is the pool of a promotion by its number, where it needs a coupon at all; ``limits``
    are the coupons of each pool.
    """

    def __init__(self, rules: PackedPromotions, eligible: list[int], sale: SaleView) -> None:
        needed: dict[int, Sequence[str]] = {}
        for number in eligible:
            sure = rules.couponed[number]
            own = coupon_series(rules.promotions[number], sale.facts) if sure is None else sure
            if own:
                needed[number] = own
        self._series = {rules.promotions[number].id: series for number, series in needed.items()}
        # A promotion that needs several series ties them together: they become one pool with the
        # smallest count, so that no coupon can be promised twice.
        pool: dict[str, int] = {}
        self.limits: list[int] = []
        members: list[set[str]] = []
        for series in needed.values():
            joined = set(series).union(*(m for m in members if not m.isdisjoint(series)))
            members = [m for m in members if m.isdisjoint(series)]
            members.append(joined)
        scanned = Counter(coupon.series for coupon in sale.basket.coupons)
        for number, joined in enumerate(sorted(members, key=min)):
            pool |= dict.fromkeys(joined, number)
            self.limits.append(min(scanned[name] for name in joined))
        self.pool_of = {number: pool[series[0]] for number, series in needed.items()}
        tied = {number for number, m in enumerate(sorted(members, key=min)) if len(m) > 1}
        users = list(self.pool_of.values())
        self.is_cautious = any(users.count(number) > 1 for number in tied)
        """Whether several promotions share tied series: more may be possible than is searched."""

    def used(
        self, basket: Basket, applied: Iterable[PromotionResult], earning: frozenset[str]
    ) -> tuple[CouponUsed, ...]:
        """Return the coupons to redeem, each series in the order of the sale."""
        if not self._series:
            return ()
        free: dict[str, list[str]] = defaultdict(list)
        for coupon in reversed(basket.coupons):
            free[coupon.series].append(coupon.code)
        counts = {one.promotion: one.applications for one in applied}
        counts |= dict.fromkeys(earning, 1)
        return tuple(
            CouponUsed(free[series].pop(), series, promotion)
            for promotion, times in sorted(counts.items())
            for series in self._series.get(promotion, [])
            for _ in range(times)
            if free[series]
        )


def given_by_coupons(
    used: Iterable[CouponUsed], discounts: Iterable[LineDiscount]
) -> dict[str, int]:
    """Return what the promotion of each coupon gave, in minor units (cents), by its code.

    Several coupons of one promotion share its discount; the first ones get the cents left over.
    """
    given: Counter[str] = Counter()
    for one in discounts:
        given[one.promotion] += one.discount_minor
    codes: defaultdict[str, list[str]] = defaultdict(list)
    for coupon in used:
        codes[coupon.promotion].append(coupon.code)
    return {
        code: part_minor
        for promotion, own in codes.items()
        for code, part_minor in zip(
            own, allocate(given[promotion], [1] * len(own), range(len(own))), strict=True
        )
    }
