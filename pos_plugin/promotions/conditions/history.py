"""``history``: what the customer did before this sale."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, Strict

from pos_plugin import limits
from pos_plugin.promotions.condition import Condition, Facts, Missing

Figure = Annotated[int, Strict(), Field(ge=-limits.INT64_MAX, le=limits.INT64_MAX)]


class History(Condition):
    """Holds when the metric lies from ``min`` to ``max``, both included.

    A metric that a known customer lacks is 0. Example: first purchase = receipts_total, max 0.
    """

    type: Literal["history"]
    metric: Literal[
        "receipts_365d",
        "revenue_minor_365d",
        "revenue_minor_year",
        "receipts_total",
        "days_since_last",
    ]
    min: Figure | None = None
    max: Figure | None = None

    def missing(self, sale: Facts) -> Missing | None:
        """Return ``history`` with need and have outside the bounds."""
        if sale.customer is None:
            return Missing("customer_unknown")
        have = sale.customer.history.get(self.metric, 0)
        if self.min is not None and have < self.min:
            return Missing("history", self.min, have)
        if self.max is not None and have > self.max:
            return Missing("history", self.max, have)
        return None
