"""``earn_fixed``: points or bonus money for a piece, or for the receipt."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, Strict

from pos_plugin import limits
from pos_plugin.promotions.selector import EVERY_UNIT, Selector
from pos_plugin.promotions.words import Rule, Word


class EarnFixed(Rule):
    """Gives ``points`` to an account: for each matching unit, or once when any unit matches.

    It asks for no price, and no multiplier touches it. Only with a customer. Example: 50 points per
    pair of shoes, two pairs give 100.
    """

    layers: ClassVar[tuple[str, ...]] = ("earn",)

    kind: Literal["earn_fixed"]
    account: Word
    on: Selector = EVERY_UNIT
    points: Annotated[int, Strict(), Field(ge=0, le=limits.MAX_POINTS)]
    per: Literal["unit", "receipt"]

    def selectors(self) -> tuple[Selector, ...]:
        """Return the selector of the units that earn."""
        return (self.on,)
