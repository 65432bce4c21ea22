"""Hands the chosen solution to the lines, layer by layer, in minor units."""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction
from typing import TYPE_CHECKING

from native.problem import PERCENT
from pos_plugin.promotions.benefits import AmountOff, FixedPrice, Percent
from pos_plugin.promotions.offers import Bundle, QuantityTiers, UnitDiscount
from pos_plugin.promotions.rounding import Given, Piece, Share, hand_down, proportional
from pos_plugin.units import divide_half_up, round_half_up

if TYPE_CHECKING:
    from native.search import Found
    from pos_plugin.promotions.classes import UnitClass
    from pos_plugin.promotions.pose import TierChoice
    from pos_plugin.promotions.promotion import Promotion
    from pos_plugin.units import Exact


class Pieces:
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


def give_articles(
    found: Found,
    articles: list[Promotion],
    open_classes: list[int],
    classes: list[UnitClass],
    pieces: Pieces,
) -> list[tuple[Promotion, int, list[Given]]]:
    """Hand the applications to lines, promotion by promotion in the order of ids."""
    groups: dict[int, list[int]] = defaultdict(list)
    for group, number in enumerate(found.app_promo):
        groups[number].append(group)
    given: list[tuple[Promotion, int, list[Given]]] = []
    for number, own in sorted(groups.items()):
        promotion = articles[number]
        benefit = _benefit_of(promotion, sum(found.app_times[group] for group in own))
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
            ratio = _ratio(promotion, benefit, members, classes)
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
        if isinstance(promotion.offer, UnitDiscount | QuantityTiers):
            shares = [s._replace(application=1, times=applications) for s in shares]
        given.append((promotion, applications, _round_article(promotion, shares, classes, pieces)))
    pieces.rest()
    return given


def _benefit_of(promotion: Promotion, units: int) -> Percent | AmountOff | FixedPrice:
    """Return the benefit of an article offer; with quantity tiers that of so many units."""
    offer = promotion.offer
    if isinstance(offer, QuantityTiers):
        return [tier for tier in offer.steps() if tier.min_quantity <= units][-1].benefit
    return offer.benefit  # type: ignore[union-attr]


def _ratio(
    promotion: Promotion,
    benefit: Percent | AmountOff | FixedPrice,
    members: list[tuple[int, int, int]],
    classes: list[UnitClass],
) -> dict[int, Exact]:
    """Exact discount of one unit of each class: the application's, in proportion to price."""
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
    promotion: Promotion, shares: list[Share], classes: list[UnitClass], pieces: Pieces
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


def give_tier(
    tier: TierChoice, wanted: set[int], classes: list[UnitClass], pieces: Pieces
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
    if tier.benefit == PERCENT:
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
