"""``earn_multiplier``: what is paid for some units earns more."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, Strict

from pos_plugin import limits
from pos_plugin.promotions.selector import EVERY_UNIT, Selector
from pos_plugin.promotions.words import Rule, Word


class EarnMultiplier(Rule):
    """Multiplies what ``earn`` gives to its account on the matching units, not ``earn_fixed``.

    Per unit only the highest multiplier of the account holds. Example: 1 point per euro, twice
    (20 000 basis points) on shoes; shirt 50.00 and shoes 80.00 paid give 210.
    """

    layers: ClassVar[tuple[str, ...]] = ("earn",)

    kind: Literal["earn_multiplier"]
    account: Word
    on: Selector = EVERY_UNIT
    factor_bp: Annotated[int, Strict(), Field(ge=0, le=limits.MAX_FACTOR_BP)]

    def selectors(self) -> tuple[Selector, ...]:
        """Return the selector of the units whose earning it multiplies."""
        return (self.on,)
