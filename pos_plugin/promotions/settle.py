"""What a benefit gives, exactly, and the units of a sale as the layers hand them on."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from pos_plugin.promotions.benefits import AmountOff, FixedPrice, Percent

if TYPE_CHECKING:
    from pos_plugin.units import Exact


@dataclass(frozen=True, slots=True)
class Piece:
    """Equal units of one class on one line that have the same history.

    ``left_minor`` is what is left to pay for one unit; ``closed`` units get nothing from later
    layers.
    """

    unit_class: int
    line: int
    count: int
    left_minor: int
    closed: bool


def benefit_minor(benefit: Percent | AmountOff | FixedPrice, price_minor: int) -> Exact:
    """Return the exact discount of a benefit on a price, in minor units (cents)."""
    if isinstance(benefit, Percent):
        return Fraction(price_minor * benefit.bp, 10_000)
    if isinstance(benefit, AmountOff):
        return min(price_minor, benefit.minor)
    return max(0, price_minor - benefit.minor)
