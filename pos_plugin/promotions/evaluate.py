"""One evaluation: basket in, result out; the pipeline of promotions.md §4 readable top to bottom.

match -> who may apply -> search over all layers -> round layer by layer -> earn -> result.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

import native
from native import search as core
from pos_plugin.promotions.benefits import AmountOff, FixedPrice, Percent
from pos_plugin.promotions.classes import UnitClass, classes_of
from pos_plugin.promotions.eligible import coupon_series, refusal
from pos_plugin.promotions.explain import Outcome, explain
from pos_plugin.promotions.facts import SaleFacts
from pos_plugin.promotions.offers import Bundle, Earn, NForM, ReceiptDiscount, UnitDiscount
from pos_plugin.promotions.result import (
    CouponUsed,
    Diagnostics,
    Earned,
    LineDiscount,
    LineResult,
    PromotionResult,
    Result,
    VatResult,
)
from pos_plugin.promotions.rounding import Given, Piece, Share, hand_down, proportional
from pos_plugin.units import divide_half_up, round_half_up
from pos_plugin.version import __version__

if TYPE_CHECKING:
    from pos_plugin.model import Basket, Customer
    from pos_plugin.promotions.generation import RuleGeneration
    from pos_plugin.promotions.promotion import Promotion
    from pos_plugin.promotions.selector import Selector
    from pos_plugin.units import Exact

MAX_STEPS = 12_000
"""Labels one search may try; the answer depends on this number, never on time."""

_BENEFITS: dict[type, int] = {
    Percent: core.PERCENT,
    AmountOff: core.AMOUNT_OFF,
    FixedPrice: core.FIXED_PRICE,
}
_EXCLUSIVE = {"no": core.SHARED, "units": core.UNITS, "receipt": core.ALONE}


class _Tier(NamedTuple):
    """A tier that may be chosen: its promotion, and the benefit as the core takes it."""

    promotion: Promotion
    benefit: int
    value: int
    min_value_minor: int
    cap_minor: int = -1


def evaluate(rules: RuleGeneration, basket: Basket) -> Result:
    """Return the lowest total that the promotions allow, and why (promotions.md §5)."""
    classes = classes_of(basket)
    matching = rules.packed.matching(classes)
    facts = SaleFacts(basket, classes, rules.packed, matching)
    eligible = [
        promotion
        for promotion in rules.candidates(matching)
        if refusal(promotion, basket, facts) is None
    ]
    pools = _Pools(eligible, facts)
    open_classes = [c for c, one in enumerate(classes) if one.discountable]
    articles = [p for p in eligible if p.layer == "article"]
    tiers = _tiers(eligible, basket.customer)
    found = _search(classes, open_classes, articles, tiers, facts, pools)

    pieces = _Pieces(classes)
    given: list[tuple[Promotion, int, list[Given]]] = _give_articles(
        found, articles, open_classes, classes, pieces
    )
    for number in (found.receipt_choice, found.customer_choice):
        if number >= 0:
            tier = tiers[number]
            base = set(facts.classes_of(_on(tier.promotion)))
            given.append((tier.promotion, 1, _give_tier(tier, base, classes, pieces)))
    earned, earning = _earn(eligible, facts, pieces)

    outcome = Outcome(
        applied={promotion.id for promotion, _, _ in given} | earning,
        pieces=pieces.all(),
    )
    lines = _lines(basket, given)
    gross_minor = sum(line.gross_minor for line in lines)
    discount_minor = sum(line.discount_minor for line in lines)
    return Result(
        generation=rules.generation,
        optimal=found.optimal,
        gap_minor=found.gap_minor,
        gross_minor=gross_minor,
        discount_minor=discount_minor,
        total_minor=gross_minor - discount_minor,
        lines=lines,
        promotions=tuple(
            PromotionResult(
                promotion.id,
                dict[str, str](promotion.label.items()),
                times,
                sum(g.discount_minor for g in gifts),
            )
            for promotion, times, gifts in given
        ),
        vat=_vat(basket, lines),
        earned=earned,
        coupons_used=pools.used(basket, [(p, times) for p, times, _ in given], earning),
        diagnostics=Diagnostics(__version__, native.COMPILED, found.steps),
        explain=lambda: explain(rules, basket, classes, facts, outcome),
    )


class _Pools:
    """Coupons: n of a series allow n applications, shared by all promotions that need them."""

    def __init__(self, eligible: list[Promotion], facts: SaleFacts) -> None:
        self._series = {
            promotion.id: series
            for promotion in eligible
            if (series := coupon_series(promotion, facts))
        }
        self.names = sorted({series[0] for series in self._series.values()})
        self.limits = [facts.coupons_of(name) for name in self.names]
        self._facts = facts

    def pool_of(self, promotion: Promotion) -> int:
        """Return the pool of a promotion, -1 without one."""
        series = self._series.get(promotion.id)
        return -1 if series is None else self.names.index(series[0])

    def further_limit(self, promotion: Promotion) -> int | None:
        """Return the bound by the series beyond the first."""
        series = self._series.get(promotion.id, [])[1:]
        return min(map(self._facts.coupons_of, series)) if series else None

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


class _Pieces:
    """The units of the sale, taken in line order, with what is left to pay for each."""

    def __init__(self, classes: list[UnitClass]) -> None:
        self._classes = classes
        self._queue = [list(reversed(one.lines)) for one in classes]
        self.taken: list[Piece] = []

    def head(self, unit_class: int) -> int:
        """Return how many units the line whose turn it is still has."""
        return self._queue[unit_class][-1][1]

    def take(self, unit_class: int, count: int) -> list[Piece]:
        """Return pieces of so many untouched units, from the first lines on."""
        pieces: list[Piece] = []
        queue = self._queue[unit_class]
        price_minor = self._classes[unit_class].price_minor
        while count:
            line, available = queue.pop()
            used = min(available, count)
            count -= used
            if available > used:
                queue.append((line, available - used))
            pieces.append(Piece(unit_class, line, used, price_minor))
        return pieces

    def rest(self) -> None:
        """Move everything no article promotion took to the pieces."""
        for unit_class, queue in enumerate(self._queue):
            for line, count in reversed(queue):
                self.taken.append(
                    Piece(unit_class, line, count, self._classes[unit_class].price_minor)
                )
            queue.clear()

    def all(self) -> list[Piece]:
        """Return every unit of the sale."""
        return self.taken


def _tiers(eligible: list[Promotion], customer: Customer | None) -> list[_Tier]:
    """Return every tier of the receipt and customer promotions that could give something."""
    tiers = []
    for promotion in eligible:
        if not isinstance(promotion.offer, ReceiptDiscount):
            continue
        for tier in promotion.offer.tiers:
            benefit, value = core.PERCENT, 0
            if isinstance(tier.benefit, Percent):
                value = tier.benefit.bp
            elif isinstance(tier.benefit, AmountOff):
                benefit, value = core.AMOUNT_OFF, tier.benefit.minor
            elif customer is not None:
                value = min(tier.benefit.max_bp, customer.instant_discount_bp)
            cap_minor = promotion.limits.max_discount_minor
            if not value or cap_minor == 0:
                continue
            if cap_minor is None:
                tiers.append(_Tier(promotion, benefit, value, tier.min_value_minor))
            elif benefit == core.AMOUNT_OFF:
                capped = min(value, cap_minor)
                tiers.append(_Tier(promotion, benefit, capped, tier.min_value_minor))
            else:
                # Below the cap a rate, from there on an amount: the core takes both as tiers.
                reached_minor = -(-cap_minor * 10_000 // value)
                tiers += [
                    _Tier(promotion, benefit, value, tier.min_value_minor, cap_minor),
                    _Tier(
                        promotion,
                        core.AMOUNT_OFF,
                        cap_minor,
                        max(tier.min_value_minor, reached_minor),
                    ),
                ]
    return tiers


def _search(
    classes: list[UnitClass],
    open_classes: list[int],
    articles: list[Promotion],
    tiers: list[_Tier],
    facts: SaleFacts,
    pools: _Pools,
) -> core.Found:
    """Hand the discountable units and the eligible promotions to the core."""
    place = {c: i for i, c in enumerate(open_classes)}
    promo: dict[str, array[int]] = {
        name: array("q")
        for name in (
            *("kind", "size", "discounted", "benefit", "value"),
            *("limit", "pool", "cap_minor", "exclusive"),
        )
    }
    slot_start, slot_quantity = array("q", [0]), array("q")
    slot_class_start, slot_class = array("q", [0]), array("q")
    for promotion in articles:
        offer = promotion.offer
        kind, size, discounted = core.N_FOR_M, 1, 1
        quantities = [1]
        bounds = [promotion.limits.per_receipt, pools.further_limit(promotion)]
        if isinstance(offer, UnitDiscount):
            bounds.append(offer.max_units)
        elif isinstance(offer, NForM):
            size, discounted, quantities = offer.n, offer.discounted, [offer.n]
        elif isinstance(offer, Bundle):
            quantities = [slot.quantity for slot in offer.slots]
            kind, size = core.BUNDLE, sum(quantities)
        else:
            raise TypeError(f"{offer.kind} is no offer of the article layer")
        for quantity, selector in zip(quantities, promotion.selectors(), strict=True):
            slot_quantity.append(quantity)
            slot_class.extend(place[c] for c in facts.classes_of(selector) if c in place)
            slot_class_start.append(len(slot_class))
        slot_start.append(len(slot_quantity))
        benefit = offer.benefit
        promo["kind"].append(kind)
        promo["size"].append(size)
        promo["discounted"].append(discounted)
        promo["benefit"].append(_BENEFITS[type(benefit)])
        promo["value"].append(benefit.bp if isinstance(benefit, Percent) else benefit.minor)
        promo["limit"].append(min((b for b in bounds if b is not None), default=-1))
        promo["pool"].append(pools.pool_of(promotion))
        cap_minor = promotion.limits.max_discount_minor
        promo["cap_minor"].append(-1 if cap_minor is None else cap_minor)
        promo["exclusive"].append(_EXCLUSIVE[promotion.exclusive])
    owners = sorted({tier.promotion.id for tier in tiers})
    ids = [promotion.id for promotion in articles] + owners
    tier_class_start, tier_class = array("q", [0]), array("q")
    for tier in tiers:
        tier_class.extend(place[c] for c in facts.classes_of(_on(tier.promotion)) if c in place)
        tier_class_start.append(len(tier_class))
    return core.search(
        price_minor=array("q", [classes[c].price_minor for c in open_classes]),
        count=array("q", [classes[c].count for c in open_classes]),
        **{f"promo_{name}": values for name, values in promo.items()},
        order=array("q", sorted(range(len(ids)), key=ids.__getitem__)),
        slot_start=slot_start,
        slot_quantity=slot_quantity,
        slot_class_start=slot_class_start,
        slot_class=slot_class,
        tier_layer=array(
            "q",
            [core.RECEIPT if t.promotion.layer == "receipt" else core.CUSTOMER for t in tiers],
        ),
        # Numbers of their own: those of the article promotions come first.
        tier_promo=array("q", [len(articles) + owners.index(t.promotion.id) for t in tiers]),
        tier_benefit=array("q", [t.benefit for t in tiers]),
        tier_value=array("q", [t.value for t in tiers]),
        tier_min_minor=array("q", [t.min_value_minor for t in tiers]),
        tier_pool=array("q", [pools.pool_of(t.promotion) for t in tiers]),
        tier_exclusive=array("q", [_EXCLUSIVE[t.promotion.exclusive] for t in tiers]),
        tier_cap_minor=array("q", [t.cap_minor for t in tiers]),
        tier_class_start=tier_class_start,
        tier_class=tier_class,
        pool_limit=array("q", pools.limits),
        max_steps=MAX_STEPS,
    )


def _on(promotion: Promotion) -> Selector:
    return promotion.selectors()[0]


def _give_articles(
    found: core.Found,
    articles: list[Promotion],
    open_classes: list[int],
    classes: list[UnitClass],
    pieces: _Pieces,
) -> list[tuple[Promotion, int, list[Given]]]:
    """Hand the applications to lines, promotion by promotion in the order of ids."""
    groups: dict[int, list[int]] = defaultdict(list)
    for group, number in enumerate(found.app_promo):
        groups[number].append(group)
    given: list[tuple[Promotion, int, list[Given]]] = []
    for number, own in sorted(groups.items()):
        promotion = articles[number]
        shares: list[Share] = []
        applications = 0
        for group in own:
            start, end = found.member_start[group], found.member_start[group + 1]
            members = [
                (
                    open_classes[found.member_class[m]],
                    found.member_units[m],
                    found.member_targets[m],
                )
                for m in range(start, end)
            ]
            left = found.app_times[group]
            applications += left
            ratio = _ratio(promotion, members, classes)
            while left:
                # As many equal applications as the lines whose turn it is can serve in full.
                times = min(left, *(pieces.head(c) // units for c, units, _ in members)) or 1
                left -= times
                label = len(shares) + 1
                for c, units, targets in members:
                    for role, count in (("target", targets), ("qualifier", units - targets)):
                        shares += [
                            Share(piece, ratio[c], label, times, role)
                            for piece in pieces.take(c, count * times)
                        ]
        if isinstance(promotion.offer, UnitDiscount):
            shares = [s._replace(application=1, times=applications) for s in shares]
        given.append((promotion, applications, _round_article(promotion, shares, classes, pieces)))
    pieces.rest()
    return given


def _ratio(
    promotion: Promotion, members: list[tuple[int, int, int]], classes: list[UnitClass]
) -> dict[int, Exact]:
    """Exact discount of one unit of each class: the application's, in proportion to price."""
    benefit = promotion.offer.benefit  # type: ignore[union-attr]
    price_sum = sum(classes[c].price_minor * units for c, units, _ in members)
    discount: Exact
    if isinstance(promotion.offer, Bundle):
        discount = benefit_minor(benefit, price_sum)
    else:
        discount = sum(
            (benefit_minor(benefit, classes[c].price_minor) * targets for c, _, targets in members),
            Fraction(0),
        )
    if not price_sum:
        return {c: 0 for c, _, _ in members}
    return {c: Fraction(discount * classes[c].price_minor) / price_sum for c, _, _ in members}


def benefit_minor(benefit: Percent | AmountOff | FixedPrice, price_minor: int) -> Exact:
    """Return the exact discount of a benefit on a price, in minor units (cents)."""
    if isinstance(benefit, Percent):
        return Fraction(price_minor * benefit.bp, 10_000)
    if isinstance(benefit, AmountOff):
        return min(price_minor, benefit.minor)
    return max(0, price_minor - benefit.minor)


def _round_article(
    promotion: Promotion, shares: list[Share], classes: list[UnitClass], pieces: _Pieces
) -> list[Given]:
    exact = sum((share.discount * share.piece.count for share in shares), Fraction(0))
    cap_minor = promotion.limits.max_discount_minor
    if cap_minor is not None and exact > cap_minor:
        cut = Fraction(cap_minor) / exact
        shares = [s._replace(discount=s.discount * cut) for s in shares]
        exact = Fraction(cap_minor)
    given, left = hand_down(
        shares, round_half_up(exact), classes, close=promotion.exclusive == "units"
    )
    pieces.taken += left
    return given


def _give_tier(
    tier: _Tier, wanted: set[int], classes: list[UnitClass], pieces: _Pieces
) -> list[Given]:
    """Hand a receipt or customer discount to the units of its base, on the rounded amounts."""

    def in_base(piece: Piece) -> bool:
        return (
            piece.unit_class in wanted
            and classes[piece.unit_class].discountable
            and not piece.closed
        )

    base = [piece for piece in pieces.taken if in_base(piece)]
    base_minor = sum(piece.left_minor * piece.count for piece in base)
    if tier.benefit == core.PERCENT:
        discount_minor = divide_half_up(base_minor * tier.value, 10_000)
        if tier.cap_minor >= 0:
            discount_minor = min(discount_minor, tier.cap_minor)
    else:
        discount_minor = min(tier.value, base_minor)
    rest = [piece for piece in pieces.taken if not in_base(piece)]
    given, left = hand_down(
        proportional(base, discount_minor), discount_minor, classes, close=False
    )
    pieces.taken = rest + left
    return given


def _earn(
    eligible: list[Promotion], facts: SaleFacts, pieces: _Pieces
) -> tuple[tuple[Earned, ...], set[str]]:
    """Return what each account earns on what is paid; fractions are rounded down once."""
    amounts: dict[str, Fraction] = {}
    sources: dict[str, list[str]] = defaultdict(list)
    paid_minor: dict[int, int] = defaultdict(int)
    for piece in pieces.taken:
        paid_minor[piece.unit_class] += piece.left_minor * piece.count
    for promotion in eligible:
        offer = promotion.offer
        if not isinstance(offer, Earn):
            continue
        basis_minor = sum(paid_minor[c] for c in facts.classes_of(offer.on))
        if basis_minor and offer.points:
            points = Fraction(offer.points * basis_minor, offer.per_value_minor)
            amounts[offer.account] = amounts.get(offer.account, Fraction(0)) + points
            sources[offer.account].append(promotion.id)
    earned = tuple(
        Earned(account, amount.numerator // amount.denominator, tuple(sources[account]))
        for account, amount in sorted(amounts.items())
        if amount >= 1
    )
    return earned, {promotion for one in earned for promotion in one.promotions}


def _lines(
    basket: Basket, given: list[tuple[Promotion, int, list[Given]]]
) -> tuple[LineResult, ...]:
    """Gather per line: article promotions by id, then receipt, then customer."""
    per_line: dict[int, list[LineDiscount]] = defaultdict(list)
    for promotion, _, gifts in given:
        merged: dict[tuple[int, int, str], list[int]] = {}
        times: dict[int, int] = {}
        for g in gifts:
            sums = merged.setdefault((g.line, g.application, g.role), [0, 0])
            sums[0] += g.units
            sums[1] += g.discount_minor
            times[g.application] = g.times
        numbers = {label: n for n, label in enumerate(sorted(times), start=1)}
        for (line, application, role), (units, discount_minor) in merged.items():
            if not discount_minor and promotion.layer != "article":
                continue
            source = basket.lines[line]
            per_line[line].append(
                LineDiscount(
                    promotion.id,
                    promotion.revision,
                    promotion.layer,
                    numbers[application],
                    times[application],
                    source.quantity_milli if source.is_one_unit else units * 1000,
                    role,
                    discount_minor,
                )
            )
    result = []
    for number, source in enumerate(basket.lines):
        discounts = tuple(per_line.get(number, ()))
        discount_minor = sum(d.discount_minor for d in discounts)
        result.append(
            LineResult(
                source.line_id,
                source.gross_minor,
                discount_minor,
                source.gross_minor - discount_minor,
                discounts,
            )
        )
    return tuple(result)


def _vat(basket: Basket, lines: tuple[LineResult, ...]) -> tuple[VatResult, ...]:
    sums: dict[int, list[int]] = {}
    for line, one in zip(basket.lines, lines, strict=True):
        rate = sums.setdefault(line.vat_rate_bp, [0, 0])
        rate[0] += one.gross_minor
        rate[1] += one.discount_minor
    return tuple(
        VatResult(rate_bp, gross_minor, discount_minor, gross_minor - discount_minor)
        for rate_bp, (gross_minor, discount_minor) in sorted(sums.items())
    )
