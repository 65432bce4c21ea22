"""Coupons of a sale: n of a series allow n applications, whichever promotions need them."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from pos_plugin.promotions.eligible import Manners, coupon_manners
from pos_plugin.promotions.result import CouponUsed
from pos_plugin.units import allocate

if TYPE_CHECKING:
    from collections.abc import Iterable

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
        needed: dict[int, Manners] = {}
        for number in eligible:
            sure = rules.couponed[number]
            manners = (
                coupon_manners(rules.promotions[number], sale.facts)
                if sure is None
                else Manners([sure], is_all=True)
            )
            if all(manners.sets):
                needed[number] = manners
        users = Counter(
            series
            for manners in needed.values()
            for series in {series for manner in manners.sets for series in manner}
        )
        self.is_cautious = False
        """Whether more may be possible than is searched: several promotions share tied series, or
        one of them could do with other coupons as well."""
        for number, manners in needed.items():
            if len(manners.sets) > 1 and not (
                manners.are_apart
                and all(users[series] == 1 for manner in manners.sets for series in manner)
            ):
                needed[number] = Manners(manners.sets[:1], is_all=True)
                self.is_cautious = True
        self._manners = {
            rules.promotions[number].id: manners.sets for number, manners in needed.items()
        }
        # A promotion that needs several series ties them together: they become one pool with the
        # smallest count, so that no coupon can be promised twice.
        pool: dict[str, int] = {}
        self.limits: list[int] = []
        members: list[set[str]] = []
        for manners in needed.values():
            series = {one for manner in manners.sets for one in manner}
            joined = series.union(*(m for m in members if not m.isdisjoint(series)))
            members = [m for m in members if m.isdisjoint(series)]
            members.append(joined)
        scanned = Counter(coupon.series for coupon in sale.basket.coupons)
        for number, joined in enumerate(sorted(members, key=min)):
            pool |= dict.fromkeys(joined, number)
            self.limits.append(min(scanned[name] for name in joined))
        self.pool_of = {number: pool[manners.sets[0][0]] for number, manners in needed.items()}
        for number, manners in needed.items():
            if len(manners.sets) > 1:  # and nobody else wants one of them
                self.limits[self.pool_of[number]] = manners.allowed(sale.facts)
        tied = {number for number, m in enumerate(sorted(members, key=min)) if len(m) > 1}
        shares = Counter(self.pool_of.values())
        self.is_cautious = self.is_cautious or any(shares[number] > 1 for number in tied)

    def used(
        self, basket: Basket, applied: Iterable[PromotionResult], earning: frozenset[str]
    ) -> tuple[CouponUsed, ...]:
        """Return the coupons to redeem by promotion, each series in the order of the sale.

        Discounts have theirs first: earning goes without where none is left, and says nothing of
        what a coupon gave.
        """
        if not self._manners:
            return ()
        free: dict[str, list[str]] = defaultdict(list)
        for coupon in reversed(basket.coupons):
            free[coupon.series].append(coupon.code)
        counts = [(one.promotion, one.applications) for one in applied]
        used: list[CouponUsed] = []
        for promotion, times in [*sorted(counts), *((name, 1) for name in sorted(earning))]:
            left = times
            for manner in self._manners.get(promotion, ()):
                taken = min(left, *(len(free[series]) for series in manner))
                left -= taken
                used += [
                    CouponUsed(free[series].pop(), series, promotion)
                    for series in manner
                    for _ in range(taken)
                ]
        return tuple(sorted(used, key=lambda one: one.promotion))


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
