"""``customer_known``: a customer stands on the sale."""

from __future__ import annotations

from typing import Literal

from pos_plugin.promotions.condition import Condition, Facts, Missing


class CustomerKnown(Condition):
    """Holds when a customer was identified, by card or otherwise."""

    type: Literal["customer_known"]

    def missing(self, sale: Facts) -> Missing | None:
        """Return ``customer_unknown`` on an anonymous sale."""
        return Missing("customer_unknown") if sale.customer is None else None
