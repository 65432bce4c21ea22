"""``percent``: a share of the price."""

from __future__ import annotations

from typing import Literal

from pos_plugin.promotions.words import Bp, Rule


class Percent(Rule):
    """Takes ``bp`` basis points (10 % = 1_000) off the price. Example: 2000 on 79.99 = 15.998."""

    type: Literal["percent"]
    bp: Bp
