"""What each line earns on what is paid for it, exactly; nothing is rounded here.

1. Only with a customer, and never on a line that sells a voucher or is a reward. All ``earn`` of an
   account add up; on each unit they count times the highest ``earn_multiplier`` of the account that
   means it.
2. ``earn_fixed`` per unit counts pieces, whatever they cost; per receipt it counts once, and
   belongs to the matching lines in proportion to what is paid for them.
3. ``from_year_minor`` counts everything paid in the sale; what lies above it belongs to all lines
   in proportion to what is paid for them.
4. The caller sums fractions over the receipt and rounds down once per account.
"""

from __future__ import annotations

from collections import defaultdict
from fractions import Fraction
from typing import TYPE_CHECKING

from pos_plugin.model import EARNS_NOTHING
from pos_plugin.promotions.offers import Earn, EarnFixed, EarnMultiplier

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pos_plugin.promotions.classes import UnitClass
    from pos_plugin.promotions.facts import SaleFacts
    from pos_plugin.promotions.promotion import Promotion
    from pos_plugin.promotions.selector import Selector

_WHOLE_BP = 10_000
REVENUE_YEAR = "revenue_minor_year"
"""Metric of the customer: turnover of the calendar year before this sale, in cents."""


class EarnedParts:
    """What the accounts earn, exactly, and by what.

    Args:
        promotions: those that earn on this sale, by id.
        classes: its units; a line belongs to one class only.
        facts: which units a selector means.
        paid_minor: line number to what is paid for it in minor units (cents), at least 0.

    ``parts`` is account to line number to its part; ``sources`` account to the promotions that
    gave something, by id.
    """

    def __init__(
        self,
        promotions: Sequence[Promotion],
        classes: Sequence[UnitClass],
        facts: SaleFacts,
        paid_minor: Mapping[int, int],
    ) -> None:
        self._classes = classes
        self._facts = facts
        self._paid_minor = paid_minor
        self.parts: dict[str, dict[int, Fraction]] = {}
        self.sources: dict[str, list[str]] = {}
        multiplied = _highest(promotions, facts)
        found: defaultdict[str, set[str]] = defaultdict(set)
        for promotion in promotions:
            offer = promotion.offer
            if isinstance(offer, Earn):
                share = self._share(offer.from_year_minor)
                for line, c in self._lines(offer.on):
                    paid = share * paid_minor.get(line, 0)
                    points = Fraction(offer.points * paid, offer.per_value_minor)
                    by, factor_bp = multiplied.get((offer.account, c), ("", _WHOLE_BP))
                    if points:
                        found[offer.account] |= {promotion.id, by} - {""}
                        self._add(offer.account, line, Fraction(points * factor_bp, _WHOLE_BP))
            elif isinstance(offer, EarnFixed) and offer.points:
                for line, part in self._fixed(offer):
                    found[offer.account].add(promotion.id)
                    self._add(offer.account, line, part)
        self.sources = {account: sorted(names) for account, names in found.items()}

    def _share(self, from_year_minor: int | None) -> Fraction:
        """Return which part of what is paid lies above a turnover of the calendar year."""
        if from_year_minor is None:
            return Fraction(1)
        now_minor = sum(paid for paid in self._paid_minor.values() if paid > 0)
        customer = self._facts.customer
        before_minor = customer.history.get(REVENUE_YEAR, 0) if customer else 0
        above_minor = min(now_minor, max(0, before_minor + now_minor - from_year_minor))
        return Fraction(above_minor, now_minor) if now_minor else Fraction(0)

    def _add(self, account: str, line: int, part: Fraction) -> None:
        lines = self.parts.setdefault(account, {})
        lines[line] = lines.get(line, Fraction(0)) + part

    def _lines(self, on: Selector) -> Iterator[tuple[int, int]]:
        """Yield every line of matching units and its class."""
        for c in self._facts.classes_of(on):
            if not EARNS_NOTHING.intersection(self._classes[c].tags):
                for line, _ in self._classes[c].lines:
                    yield line, c

    def _fixed(self, offer: EarnFixed) -> Iterable[tuple[int, Fraction]]:
        units = {
            line: number
            for c in self._facts.classes_of(offer.on)
            if not EARNS_NOTHING.intersection(self._classes[c].tags)
            for line, number in self._classes[c].lines
        }
        if offer.per == "unit":
            return [(line, Fraction(offer.points * number)) for line, number in units.items()]
        paid_minor = {line: self._paid_minor.get(line, 0) for line in units}
        # Where nothing is paid at all, every piece bears the same.
        weights = paid_minor if any(paid_minor.values()) else units
        whole = sum(weights.values())
        return [(line, Fraction(offer.points * part, whole)) for line, part in weights.items()]


def _highest(
    promotions: Iterable[Promotion], facts: SaleFacts
) -> dict[tuple[str, int], tuple[str, int]]:
    """Return the multiplier that holds, per account and class: the highest, of equal ones by id."""
    highest: dict[tuple[str, int], tuple[str, int]] = {}
    for promotion in promotions:
        offer = promotion.offer
        if isinstance(offer, EarnMultiplier):
            for c in facts.classes_of(offer.on):
                rival = highest.get((offer.account, c))
                if rival is None or offer.factor_bp > rival[1]:
                    highest[offer.account, c] = promotion.id, offer.factor_bp
    return highest
