"""What a sale can save at most when a promotion must apply, proven by the engine itself.

1. Every figure is that of an evaluation in which the promotion applies, and bounds show that no
   other sale with it is cheaper. What is not proven is not said.
2. An article promotion takes units. Units are kept for it one by one: a sale in which only it may
   take them costs at most as much as every sale in which it does take them. Where the engine then
   applies it anyway, that is the lowest total of this branch; the branch that saves most goes
   first, and none is followed that saves less than what is known.
3. Where even with a whole application kept the engine would rather leave the units alone (a later
   layer takes more off untouched ones), they are given to the promotion, and the later layers see
   only what is left of their price.
4. A receipt or customer promotion has its layer for itself. Where the engine would rather do
   without, a unit is added on which only this promotion gives something, and more than the goods
   are worth; so it applies, and what it gives there is subtracted.
5. Evaluations are bounded in number and in steps; what they do not reach stays without a figure.
"""

from __future__ import annotations

import heapq
from collections import Counter
from math import ceil, floor
from typing import TYPE_CHECKING, Final, Protocol

from pos_plugin.limits import MAX_SALE_MINOR
from pos_plugin.promotions.benefits import AmountOff, CustomerRate, Percent
from pos_plugin.promotions.formed import places_of
from pos_plugin.promotions.left_over import left_over
from pos_plugin.promotions.offers import BuyGet, QuantityTiers, ReceiptDiscount
from pos_plugin.promotions.renamed import RenamedSale

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from fractions import Fraction

    from pos_plugin.model import Basket, Line
    from pos_plugin.promotions.classes import UnitClass
    from pos_plugin.promotions.facts import SaleFacts
    from pos_plugin.promotions.offers.receipt_discount import Tier
    from pos_plugin.promotions.pack import PackedPromotions
    from pos_plugin.promotions.promotion import Promotion
    from pos_plugin.promotions.result import Result

MAX_EVALUATIONS: Final = 200
"""Evaluations for one promotion."""

_HARD_SALES: Final = 10  # as many searches at their hardest may all promotions take together

# What an evaluation takes besides its search, in the time of search steps: thousands of promotions
# that are beaten on one article need no step each, and would be asked for minutes.
_STEPS_EACH: Final = 100
_STEPS_A_PROMOTION: Final = 4

_Kept = tuple[int, ...]  # classes of the units kept so far, in the order of places


class Price(Protocol):
    """The engine: what a sale costs under these rules; ``instead`` stands in for its namesake."""

    def __call__(
        self, rules: PackedPromotions, basket: Basket, *, instead: Promotion | None = None
    ) -> Result:
        """Return the result of the sale."""


class _UnprovenError(Exception):
    """The engine did not solve a sale to the end, or no more evaluations are allowed."""


class ForcedSale:
    """Answers for one sale what it saves with a promotion that the best price leaves out.

    Args:
        eligible: promotions that may apply to the sale, earning aside.
        forced: those of them that are asked for; none of them could only apply alone.
        basket: the sale.
        classes: its units.
        facts: what selectors match, and the coupons.
        price: the engine.
        max_steps: search steps that one evaluation may take.
    """

    def __init__(
        self,
        eligible: Sequence[Promotion],
        forced: Sequence[Promotion],
        basket: Basket,
        classes: Sequence[UnitClass],
        facts: SaleFacts,
        *,
        price: Price,
        max_steps: int,
    ) -> None:
        self._sale = RenamedSale(eligible, forced, basket, classes, facts)
        self._eligible = eligible
        self._customer_rate_bp = basket.customer.instant_discount_bp if basket.customer else 0
        self._classes = classes
        self._facts = facts
        self._price = price
        self._steps_left = _HARD_SALES * max_steps
        self._steps_each = _STEPS_EACH + _STEPS_A_PROMOTION * len(eligible)
        self._evaluations_left = 0
        self._worth_minor = sum(classes[c].price_minor * n for c, n in self._sale.counts.items())

    def most_saved_minor(self, promotion: Promotion) -> int | None:
        """Return the highest discount of the sale with this promotion, in minor units (cents).

        None where that was not proven.
        """
        if self._steps_left <= 0:
            return None
        self._evaluations_left = MAX_EVALUATIONS
        try:
            if isinstance(promotion.offer, ReceiptDiscount):
                return self._most_of_layer(promotion, promotion.offer)
            return self._most_of_units(promotion)
        except _UnprovenError:
            return None

    def _evaluated(
        self,
        promotion: Promotion,
        declined: Sequence[str],
        kept: Counter[int],
        more: Sequence[Line],
        *,
        instead: Promotion | None = None,
        redeemed: dict[str, int] | None = None,
    ) -> tuple[Result, bool]:
        """Return the result of a sale, and whether the promotion applies."""
        if self._evaluations_left <= 0 or self._steps_left <= 0:
            raise _UnprovenError
        self._evaluations_left -= 1
        basket = self._sale.basket(declined=declined, without=kept, more=more, redeemed=redeemed)
        result = self._price(self._sale.rules, basket, instead=instead)
        self._steps_left -= self._steps_each + result.diagnostics.steps
        if not result.optimal:
            raise _UnprovenError
        return result, any(one.promotion == promotion.id for one in result.promotions)

    def _declined(self, promotion: Promotion) -> list[str]:
        """Return the promotions that cannot apply beside this one."""
        manners = self._sale.manners
        needed = set(manners[promotion.id][0]).intersection(*manners[promotion.id])
        single = {series for series in needed if self._facts.coupons_of(series) == 1}
        return [
            other.id
            for other in self._eligible
            if other.id != promotion.id
            and (
                other.exclusive == "receipt"
                or (other.layer == promotion.layer != "article")
                or not any(single.isdisjoint(manner) for manner in manners[other.id])
            )
        ]

    # Units of an article promotion.

    def _most_of_units(self, promotion: Promotion) -> int | None:
        declined = self._declined(promotion)
        places = [
            (slot, one.classes)
            for slot, one in enumerate(places_of(promotion, self._classes, self._facts))
            for _ in range(one.quantity)
        ]
        best = -1
        # By what they save at most, the ones with most units kept first.
        branches: list[tuple[int, int, _Kept]] = [(-self._worth_minor, 0, ())]
        known: set[tuple[int, tuple[int, ...]]] = set()
        while branches:
            bound, _, kept = heapq.heappop(branches)
            if -bound <= best:
                break
            for more in self._grown(kept, places):
                state = len(more), tuple(sorted(more))
                if state in known:
                    continue
                known.add(state)
                saved_minor, applies = self._with_kept(promotion, declined, more)
                if applies:
                    best = max(best, saved_minor)
                elif saved_minor > best and len(more) >= len(places):
                    units = Counter(more)
                    given_minor = self._given(promotion, declined, units)
                    if given_minor is not None:
                        best = max(best, given_minor)
                        continue
                    best = max(best, self._given_alone(promotion, declined, units))
                if not applies and saved_minor > best:
                    heapq.heappush(branches, (-saved_minor, -len(more), more))
        return None if best < 0 else best

    def _grown(self, kept: _Kept, places: Sequence[tuple[int, Sequence[int]]]) -> list[_Kept]:
        """Return the branches with one unit more; where there is no choice, with several."""
        if len(kept) >= len(places):
            used = Counter(kept)
            reach = sorted({c for _, classes in places for c in classes})
            return [(*kept, c) for c in reach if used[c] < self._sale.counts[c]]
        while True:
            slot, fitting = places[len(kept)]
            # Units of one slot in the order of classes: their order is no choice.
            least = kept[-1] if kept and places[len(kept) - 1][0] == slot else -1
            used = Counter(kept)
            open_to = [c for c in fitting if c >= least and used[c] < self._sale.counts[c]]
            if len(open_to) != 1:
                return [(*kept, c) for c in open_to]
            c = open_to[0]
            missing = sum(other == slot for other, _ in places[len(kept) :])
            kept += (c,) * min(missing, self._sale.counts[c] - used[c])
            if len(kept) == len(places):
                return [kept]

    def _with_kept(
        self, promotion: Promotion, declined: Sequence[str], kept: _Kept
    ) -> tuple[int, bool]:
        units = Counter(kept)
        lines = [self._sale.kept(promotion.id, c, n) for c, n in units.items()]
        result, applies = self._evaluated(promotion, declined, units, lines)
        return result.discount_minor, applies

    def _given(
        self, promotion: Promotion, declined: Sequence[str], units: Counter[int]
    ) -> int | None:
        """Return what the sale saves at most when the promotion takes these units, and any others.

        -1: it gives nothing on them. None: what it gives on them depends on what else it takes.
        """
        if not self._is_even(promotion):
            return None
        apart = self._apart(promotion, units)
        alone = self._alone(promotion, apart)
        if alone is None:
            return -1
        self._must_be_one_way(promotion, units)
        own = {line.line_id for line in apart}

        def taken(result: Result) -> Counter[tuple[str, str]]:
            found: Counter[tuple[str, str]] = Counter()
            for line in result.lines:
                if line.line_id in own:
                    for one in line.discounts:
                        found[line.line_id, one.role] += one.units_milli
            return found

        def saved_minor(rest: Sequence[Line]) -> int | None:
            result, _ = self._evaluated(promotion, declined, units, [*apart, *rest])
            given_minor = sum(one.discount_minor for one in result.lines if one.line_id in own)
            # Amounts alone would not tell it: a promotion may give less than a minor unit.
            is_same = taken(result) == taken(alone) and abs(
                given_minor - alone.discount_minor
            ) <= len(apart)
            return result.discount_minor if is_same else None

        return self._for_sure(saved_minor, promotion, units, alone)

    def _is_even(self, promotion: Promotion) -> bool:
        """Whether an application gives the same, whatever else the promotion takes."""
        if promotion.limits.max_discount_minor is not None:
            return False
        offer = promotion.offer
        if not isinstance(offer, QuantityTiers):
            return True
        reach = places_of(promotion, self._classes, self._facts)[0].classes
        most = sum(self._sale.counts[c] for c in reach)
        return sum(step.min_quantity <= most for step in offer.tiers) == 1

    def _given_alone(
        self, promotion: Promotion, declined: Sequence[str], units: Counter[int]
    ) -> int:
        """Return what the sale saves at most when it takes of these units only; -1: nothing."""
        alone = self._alone(promotion, self._apart(promotion, units))
        if alone is None:
            return -1
        self._must_be_one_way(promotion, units)
        times = alone.promotions[0].applications
        manner, *others = self._sale.manners[promotion.id]
        if others:
            raise _UnprovenError  # it may redeem some of one series and some of another
        redeemed = dict.fromkeys(manner, times)

        def saved_minor(rest: Sequence[Line]) -> int:
            result, _ = self._evaluated(
                promotion, [*declined, promotion.id], units, rest, redeemed=redeemed
            )
            return result.discount_minor + alone.discount_minor

        found = self._for_sure(saved_minor, promotion, units, alone)
        return -1 if found is None else found

    def _must_be_one_way(self, promotion: Promotion, units: Counter[int]) -> None:
        """Refuse units of which it is free to give the dear or the cheap ones away.

        What it gives on them is then no single amount, and a threshold may want the lesser one.
        """
        if not isinstance(promotion.offer, BuyGet):
            return
        places = places_of(promotion, self._classes, self._facts)
        either = {
            self._classes[c].price_minor
            for c in units
            if {one.is_target for one in places if c in one.classes} == {False, True}
        }
        if len(either) > 1:
            raise _UnprovenError

    def _apart(self, promotion: Promotion, units: Counter[int]) -> list[Line]:
        return [self._sale.apart(promotion.id, c, n) for c, n in units.items()]

    def _alone(self, promotion: Promotion, apart: Sequence[Line]) -> Result | None:
        """Return the result of these units with this promotion only, None: it gives nothing."""
        others = [one.id for one in self._eligible if one.id != promotion.id]
        counts = Counter(self._sale.counts)
        instead = self._taking_all(promotion, apart)
        alone, applies = self._evaluated(promotion, others, counts, apart, instead=instead)
        return alone if applies else None

    def _taking_all(self, promotion: Promotion, apart: Sequence[Line]) -> Promotion | None:
        """Return it with the tier of these units only: a lower one, of fewer, may give more."""
        if not isinstance(promotion.offer, QuantityTiers):
            return None
        units = sum(line.quantity_milli for line in apart) // 1000
        renamed = self._sale.promotions[promotion.id]
        reached = [tier for tier in promotion.offer.steps() if tier.min_quantity <= units][-1]
        tier = reached.model_copy(update={"min_quantity": units})
        offer = renamed.offer.model_copy(update={"tiers": (tier,)})
        return renamed.model_copy(update={"offer": offer})

    def _for_sure(
        self,
        saved_minor: Callable[[Sequence[Line]], int | None],
        promotion: Promotion,
        units: Counter[int],
        alone: Result,
    ) -> int | None:
        """Return what is saved when later layers see the rest of these units.

        Rests are whole amounts here. Where the exact ones are not, no threshold may hang on a cent.
        """
        rests: list[tuple[int, Fraction]] = []
        if promotion.exclusive != "units":
            prices_minor = [self._classes[c].price_minor for c in units]
            rests = list(zip(units, left_over(promotion, prices_minor, alone), strict=True))
        saved = saved_minor([self._sale.rest(c, floor(left)) for c, left in rests])
        if saved is None or all(left.denominator == 1 for _, left in rests):
            return saved
        more = saved_minor([self._sale.rest(c, ceil(left)) for c, left in rests])
        if more is None:
            return None
        if abs(more - saved) > len(rests):
            raise _UnprovenError
        return saved

    # The layer of a receipt or customer promotion.

    def _most_of_layer(self, promotion: Promotion, offer: ReceiptDiscount) -> int | None:
        declined = self._declined(promotion)
        result, applies = self._evaluated(promotion, declined, Counter(), ())
        if applies:
            return result.discount_minor
        saved = [self._with_tier(promotion, declined, tier) for tier in offer.tiers]
        return max((one for one in saved if one is not None), default=None)

    def _with_tier(self, promotion: Promotion, declined: Sequence[str], tier: Tier) -> int | None:
        """Return what the sale saves with this tier, None where it cannot be open."""
        benefit, cap_minor = tier.benefit, promotion.limits.max_discount_minor
        base_minor = sum(
            self._classes[c].price_minor * self._sale.counts[c] for c in self._reach(promotion)
        )
        if base_minor < tier.min_value_minor:
            return None
        if isinstance(benefit, CustomerRate):
            rate_bp = min(benefit.max_bp, self._customer_rate_bp)
            benefit = Percent(type="percent", bp=rate_bp)
        if isinstance(benefit, Percent):
            if not benefit.bp:
                return None
            if cap_minor is not None and base_minor * benefit.bp <= cap_minor * 10_000:
                cap_minor = None  # it never binds
        is_linear = isinstance(benefit, Percent) and cap_minor is None
        seen_by = [] if is_linear else self._seeing(promotion, declined)
        if isinstance(benefit, Percent):
            if seen_by:
                raise _UnprovenError  # they would see what the rate leaves of the added unit
            times = self._worth_minor // benefit.bp + 1
            extra_minor, gift_minor = 10_000 * times, benefit.bp * times
        else:
            extra_minor = gift_minor = self._worth_minor + 1
            benefit = AmountOff(type="amount_off", minor=benefit.minor + extra_minor)
        if self._worth_minor + extra_minor > MAX_SALE_MINOR:
            raise _UnprovenError
        renamed = self._sale.promotions[promotion.id]
        added = self._sale.added(promotion.id, extra_minor, seen_by)

        def saved_minor(least_minor: int) -> tuple[int, bool]:
            only = tier.model_copy(
                update={"min_value_minor": least_minor + extra_minor, "benefit": benefit}
            )
            instead = renamed.model_copy(
                update={
                    "offer": renamed.offer.model_copy(update={"tiers": (only,)}),
                    "limits": renamed.limits.model_copy(
                        update={
                            "max_discount_minor": None
                            if cap_minor is None
                            else cap_minor + gift_minor
                        }
                    ),
                }
            )
            result, applies = self._evaluated(
                promotion, declined, Counter(), (added,), instead=instead
            )
            if not applies:
                # It can be open, but a later promotion gives as much on all that it could reduce.
                raise _UnprovenError
            on_goods = any(
                one.promotion == promotion.id and one.discount_minor
                for line in result.lines
                if line.line_id != added.line_id
                for one in line.discounts
            )
            return result.discount_minor - gift_minor, on_goods

        saved, on_goods = saved_minor(tier.min_value_minor)
        # It must give something: on goods that cost nothing any more it would not apply. What a
        # fraction of a minor unit is cannot be told from nothing.
        if not on_goods and not tier.min_value_minor and saved_minor(1)[0] != saved:
            raise _UnprovenError
        return saved

    def _seeing(self, promotion: Promotion, declined: Sequence[str]) -> list[str]:
        """Return the later promotions that must see the added unit, so that it changes nothing.

        An amount is spread over its base in proportion. Where the whole base is seen by a later
        promotion, all that is left of it is the same with the added unit in both.
        """
        if promotion.layer != "receipt":
            return []
        own = self._reach(promotion)
        seeing = []
        for later in self._eligible:
            if later.layer == "customer" and later.id not in declined:
                reach = self._reach(later)
                if own <= reach:
                    seeing.append(later.id)
                elif not own.isdisjoint(reach):
                    raise _UnprovenError
        return seeing

    def _reach(self, promotion: Promotion) -> set[int]:
        return set(self._sale.counts).intersection(self._facts.classes_of(promotion.selectors()[0]))
