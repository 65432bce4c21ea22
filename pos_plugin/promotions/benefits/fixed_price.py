"""``fixed_price``: the new price itself."""

from __future__ import annotations

from typing import Literal

from pos_plugin.promotions.words import Minor, Rule


class FixedPrice(Rule):
    """Sells for ``minor`` (cents); no effect where the price is not higher."""

    type: Literal["fixed_price"]
    minor: Minor
