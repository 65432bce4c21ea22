"""``customer_rate``: the customer's own standing rate (Sofort-Rabatt)."""

from __future__ import annotations

from typing import Literal

from pos_plugin.promotions.words import Bp, Rule


class CustomerRate(Rule):
    """Takes the customer's ``instant_discount_bp``, at most ``max_bp``; customer layer only."""

    type: Literal["customer_rate"]
    max_bp: Bp
