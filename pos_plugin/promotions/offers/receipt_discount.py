"""``receipt_discount``: the whole receipt, or a part of it, becomes cheaper from a value on."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from pos_plugin import limits
from pos_plugin.promotions.benefits import ReceiptBenefit
from pos_plugin.promotions.selector import EVERY_UNIT, Selector
from pos_plugin.promotions.words import Minor, Rule


class Tier(Rule):
    """Open when the base is worth at least ``min_value_minor``."""

    min_value_minor: Minor = 0
    benefit: ReceiptBenefit


class ReceiptDiscount(Rule):
    """One open tier reduces what earlier layers left on the matching discountable units.

    Example: tiers 10 EUR from 100 EUR, 25 EUR from 200 EUR on a base of 198.00 gives 10.00.
    """

    layers: ClassVar[tuple[str, ...]] = ("receipt", "customer")

    kind: Literal["receipt_discount"]
    on: Selector = EVERY_UNIT
    tiers: Annotated[tuple[Tier, ...], Field(min_length=1, max_length=limits.MAX_SLOTS)]

    def selectors(self) -> tuple[Selector, ...]:
        """Return the selector of its base."""
        return (self.on,)
