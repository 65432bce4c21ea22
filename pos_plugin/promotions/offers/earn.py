"""``earn``: points or bonus money for what is paid."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, Strict

from pos_plugin import limits
from pos_plugin.promotions.selector import EVERY_UNIT, Selector
from pos_plugin.promotions.words import Rule, Word


class Earn(Rule):
    """Gives ``points`` x paid / ``per_value_minor`` to an account, as an exact fraction.

    Fractions are summed over the receipt and rounded down once per account. Only with a customer.
    Example: 1 point per euro (100) on 127.98 paid gives 127.

    With ``from_year_minor`` only what the customer's turnover of the calendar year exceeds it by
    earns: 4 % from 300 EUR a year on, after 280.00 a receipt of 50.00 earns 4 % of 30.00 = 1.20.
    """

    layers: ClassVar[tuple[str, ...]] = ("earn",)

    kind: Literal["earn"]
    account: Word
    on: Selector = EVERY_UNIT
    per_value_minor: Annotated[int, Strict(), Field(ge=1, le=limits.MAX_SALE_MINOR)]
    points: Annotated[int, Strict(), Field(ge=0, le=limits.MAX_POINTS)]
    from_year_minor: Annotated[int, Strict(), Field(ge=1, le=limits.INT64_MAX)] | None = None

    def selectors(self) -> tuple[Selector, ...]:
        """Return the selector of the units that earn."""
        return (self.on,)
