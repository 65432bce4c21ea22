"""``amount_off``: a fixed amount less."""

from __future__ import annotations

from typing import Literal

from pos_plugin.promotions.words import Minor, Rule


class AmountOff(Rule):
    """Takes ``minor`` (cents) off, at most the price. Example: 500 on 3.99 gives 3.99."""

    type: Literal["amount_off"]
    minor: Minor
