"""Coupons of a sale: n of a series allow n applications, whichever promotions need them."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from pos_plugin.promotions.eligible import coupon_series
from pos_plugin.promotions.result import CouponUsed

if TYPE_CHECKING:
    from pos_plugin.model import Basket
    from pos_plugin.promotions.facts import SaleFacts
    from pos_plugin.promotions.promotion import Promotion


class CouponPools:
    """Coupons: n of a series allow n applications, shared by all promotions that need them."""

    def __init__(self, eligible: list[Promotion], facts: SaleFacts) -> None:
        self._series = {
            promotion.id: series
            for promotion in eligible
            if (series := coupon_series(promotion, facts))
        }
        # A promotion that needs several series ties them together: they become one pool with the
        # smallest count, so that no coupon can be promised twice.
        self._pool: dict[str, int] = {}
        self.limits: list[int] = []
        members: list[set[str]] = []
        for series in self._series.values():
            joined = set(series).union(*(m for m in members if not m.isdisjoint(series)))
            members = [m for m in members if m.isdisjoint(series)]
            members.append(joined)
        for number, joined in enumerate(sorted(members, key=min)):
            self._pool |= dict.fromkeys(joined, number)
            self.limits.append(min(facts.coupons_of(name) for name in joined))
        tied = {number for number, m in enumerate(sorted(members, key=min)) if len(m) > 1}
        users = [self._pool[series[0]] for series in self._series.values()]
        self.is_cautious = any(users.count(number) > 1 for number in tied)
        """Whether several promotions share tied series: more may be possible than is searched."""

    def pool_of(self, promotion: Promotion) -> int:
        """Return the pool of a promotion, -1 without one."""
        series = self._series.get(promotion.id)
        return -1 if series is None else self._pool[series[0]]

    def used(
        self, basket: Basket, applied: list[tuple[Promotion, int]], earning: set[str]
    ) -> tuple[CouponUsed, ...]:
        """Return the coupons to redeem, each series in the order of the sale."""
        if not self._series:
            return ()
        free: dict[str, list[str]] = defaultdict(list)
        for coupon in reversed(basket.coupons):
            free[coupon.series].append(coupon.code)
        counts = {promotion.id: times for promotion, times in applied}
        counts |= dict.fromkeys(earning, 1)
        return tuple(
            CouponUsed(free[series].pop(), series, promotion)
            for promotion, times in sorted(counts.items())
            for series in self._series.get(promotion, [])
            for _ in range(times)
            if free[series]
        )
