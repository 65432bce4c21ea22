"""Arithmetic of money: every division of the product says here what it means."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

Exact = int | Fraction
"""An exact amount in minor units (cents); a Fraction only where a share does not divide."""


def divide_half_up(numerator: int, denominator: int) -> int:
    """Return the quotient rounded to the nearest integer, halves away from zero.

    A return is thereby the exact mirror of its sale.

    >>> divide_half_up(5, 2), divide_half_up(-5, 2), divide_half_up(7, 3)
    (3, -3, 2)
    """
    magnitude = (2 * abs(numerator) + denominator) // (2 * denominator)
    return magnitude if numerator >= 0 else -magnitude


def divide_down(numerator: int, denominator: int) -> int:
    """Return the quotient rounded down (towards minus infinity).

    >>> divide_down(9_999, 10_000)
    0
    """
    return numerator // denominator


def allocate(total: int, weights: Sequence[Exact], order: Sequence[object]) -> list[int]:
    """Split an integer into integer parts in proportion to weights; the parts sum to the whole.

    Largest remainder: each part gets its share rounded down, then one unit each goes to the largest
    remainders; equal remainders are served in ascending ``order``.

    Args:
        total: what is split, in minor units, >= 0.
        weights: one per part, >= 0; their sum may be 0 only when total is 0.
        order: one sortable key per part, for equal remainders.

    Example: 10.00 over 49.99, 12.99, 8.99 (domain.md §7.2):

    >>> allocate(1000, [4999, 1299, 899], [0, 1, 2])
    [695, 180, 125]
    """
    whole = sum(weights)
    if whole == 0:
        return [0] * len(weights)
    shares = [Fraction(total) * weight / whole for weight in weights]
    parts = [share.numerator // share.denominator for share in shares]
    left = total - sum(parts)
    # Never more than one unit each: the remainders sum to `left` and each is below 1.
    by_remainder = sorted(
        range(len(parts)),
        key=lambda i: (parts[i] - shares[i], order[i]),
    )
    for i in by_remainder[:left]:
        parts[i] += 1
    return parts
