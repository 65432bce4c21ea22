"""``quantity_tiers``: the more pieces, the cheaper each of them."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from pos_plugin import limits
from pos_plugin.promotions.benefits import UnitBenefit
from pos_plugin.promotions.selector import EVERY_UNIT, Selector
from pos_plugin.promotions.words import Count, Rule


class QuantityTier(Rule):
    """From ``min_quantity`` units on, each of them gets the benefit."""

    min_quantity: Count
    benefit: UnitBenefit


class QuantityTiers(Rule):
    """Takes a number of units; the highest tier that this number reaches holds for all of them.

    The tier is no choice: who takes six gets the tier of six, also where that of three is better.
    Every unit bears its own benefit. Example: 5 % from 3, 10 % from 6; six of 20.00 cost 108.00.
    """

    layers: ClassVar[tuple[str, ...]] = ("article",)

    kind: Literal["quantity_tiers"]
    on: Selector = EVERY_UNIT
    tiers: Annotated[tuple[QuantityTier, ...], Field(min_length=1, max_length=limits.MAX_SLOTS)]

    @model_validator(mode="after")
    def _quantities_differ(self) -> QuantityTiers:
        quantities = [tier.min_quantity for tier in self.tiers]
        if len(set(quantities)) < len(quantities):
            raise PydanticCustomError(
                "out_of_range_tiers", "two tiers begin with the same min_quantity"
            )
        return self

    def selectors(self) -> tuple[Selector, ...]:
        """Return the selector of the units it takes."""
        return (self.on,)

    def steps(self) -> list[QuantityTier]:
        """Return the tiers by rising quantity."""
        return sorted(self.tiers, key=lambda tier: tier.min_quantity)
