"""``unit_discount``: single units become cheaper."""

from __future__ import annotations

from typing import ClassVar, Literal

from pos_plugin.promotions.benefits import UnitBenefit
from pos_plugin.promotions.selector import EVERY_UNIT, Selector
from pos_plugin.promotions.words import Count, Rule


class UnitDiscount(Rule):
    """One application takes one unit and gives it the benefit; at most ``max_units`` of them.

    Example: 20 % on trousers of 79.99 gives 16.00 a pair.
    """

    layers: ClassVar[tuple[str, ...]] = ("article",)

    kind: Literal["unit_discount"]
    on: Selector = EVERY_UNIT
    benefit: UnitBenefit
    max_units: Count | None = None

    def selectors(self) -> tuple[Selector, ...]:
        """Return the selectors of the units it takes, one per slot."""
        return (self.on,)
