"""``n_for_m``: n units, some of them reduced ("3 for 2")."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, Strict, model_validator

from pos_plugin import limits
from pos_plugin.promotions.benefits import Percent, UnitBenefit
from pos_plugin.promotions.selector import EVERY_UNIT, Selector
from pos_plugin.promotions.words import Count, Rule


class NForM(Rule):
    """One application takes n units; the ``discounted`` cheapest of them get the benefit.

    Example: 3 for 2 on 60, 50, 40 gives the 40 for nothing; its value is spread over all three.
    """

    layers: ClassVar[tuple[str, ...]] = ("article",)

    kind: Literal["n_for_m"]
    on: Selector = EVERY_UNIT
    n: Annotated[int, Strict(), Field(ge=2, le=limits.MAX_PIECES_A_LINE)]
    discounted: Count = 1
    benefit: UnitBenefit = Percent(type="percent", bp=limits.MAX_BP)

    @model_validator(mode="after")
    def _discounts_no_more_than_it_takes(self) -> NForM:
        if self.discounted > self.n:
            raise ValueError(f"discounted {self.discounted} is more than n {self.n}")
        return self

    def selectors(self) -> tuple[Selector, ...]:
        """Return the selectors of the units it takes, one per slot."""
        return (self.on,)
