"""``min_quantity``: at least so many units, perhaps of so many different articles."""

from __future__ import annotations

from typing import Literal

from pos_plugin.promotions.condition import Condition, Facts, Missing
from pos_plugin.promotions.selector import EVERY_UNIT, Selector
from pos_plugin.promotions.words import Count


class MinQuantity(Condition):
    """Holds when at least ``quantity`` units match, of at least ``distinct_skus`` articles.

    A measured line is one unit. Example: quantity 3 on two shirts says need 3, have 2.
    """

    type: Literal["min_quantity"]
    quantity: Count
    of: Selector = EVERY_UNIT
    distinct_skus: Count | None = None

    def missing(self, sale: Facts) -> Missing | None:
        """Return need and have in units (or articles) when there are too few."""
        have = sale.units(self.of)
        if have < self.quantity:
            return Missing("min_quantity", self.quantity, have)
        if self.distinct_skus is not None:
            skus = sale.distinct_skus(self.of)
            if skus < self.distinct_skus:
                return Missing("min_quantity", self.distinct_skus, skus)
        return None

    def selector(self) -> Selector:
        """Return what is measured."""
        return self.of
