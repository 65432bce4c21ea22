"""``age``: completed years of the customer on the day of the sale."""

from __future__ import annotations

from typing import Literal

from pos_plugin.promotions.condition import Condition, Facts, Missing
from pos_plugin.promotions.conditions.birthday import birthday_in
from pos_plugin.promotions.words import Years


class Age(Condition):
    """Holds from ``min`` to ``max`` completed years, both included; an open end is not checked.

    Example: min 60 holds on the 60th birthday itself.
    """

    type: Literal["age"]
    min: Years | None = None
    max: Years | None = None

    def missing(self, sale: Facts) -> Missing | None:
        """Return ``age`` outside the bounds or where the birthday is unknown."""
        if sale.customer is None:
            return Missing("customer_unknown")
        born_on = sale.customer.birthday
        if born_on is None:
            return Missing("age")
        today = sale.wall_at.date()
        years = today.year - born_on.year - (today < birthday_in(today.year, born_on))
        if self.min is not None and years < self.min:
            return Missing("age", self.min, years)
        if self.max is not None and years > self.max:
            return Missing("age", self.max, years)
        return None
