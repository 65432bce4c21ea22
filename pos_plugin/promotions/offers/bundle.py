"""``bundle``: several slots together at a better price (outfit price)."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from pos_plugin import limits
from pos_plugin.promotions.benefits import UnitBenefit
from pos_plugin.promotions.selector import EVERY_UNIT, Selector
from pos_plugin.promotions.words import Count, Rule


class Slot(Rule):
    """So many units that match a selector."""

    on: Selector = EVERY_UNIT
    quantity: Count = 1


class Bundle(Rule):
    """One application takes the units of all slots and reduces their sum.

    ``fixed_price``: the bundle costs that, and an application that saves nothing does not exist;
    ``percent`` and ``amount_off``: on the sum. Example: shirt, trousers, belt together 99.00.
    """

    layers: ClassVar[tuple[str, ...]] = ("article",)

    kind: Literal["bundle"]
    slots: Annotated[tuple[Slot, ...], Field(min_length=1, max_length=limits.MAX_SLOTS)]
    benefit: UnitBenefit

    def selectors(self) -> tuple[Selector, ...]:
        """Return the selectors of the units it takes, one per slot."""
        return tuple(slot.on for slot in self.slots)
