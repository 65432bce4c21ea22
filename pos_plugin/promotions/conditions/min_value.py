"""``min_value``: the sale, or a part of it, is worth at least so much."""

from __future__ import annotations

from typing import Literal

from pos_plugin.promotions.condition import Condition, Facts, Missing
from pos_plugin.promotions.selector import EVERY_UNIT, Selector
from pos_plugin.promotions.words import Minor


class MinValue(Condition):
    """Holds when the matching units, as scanned and before any discount, are worth ``minor``.

    Price-bound articles count too; they are only never discounted. Example: "from 50.00 EUR" does
    not hold on 49.99 EUR and says need 5000, have 4999.
    """

    type: Literal["min_value"]
    minor: Minor
    of: Selector = EVERY_UNIT

    def missing(self, sale: Facts) -> Missing | None:
        """Return need and have in minor units (cents) when the value is not reached."""
        have_minor = sale.value_minor(self.of)
        return None if have_minor >= self.minor else Missing("min_value", self.minor, have_minor)

    def selector(self) -> Selector:
        """Return what is measured."""
        return self.of
