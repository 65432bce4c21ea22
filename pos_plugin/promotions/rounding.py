"""From the exact solution to amounts in minor units, layer by layer, down to lines.

Rounded once per promotion, half up; handed down to units by largest remainder (ties: higher price,
then sku, then line order). Later layers compute on the rounded amounts (promotions.md §4). Equal
units stay together as pieces with a count.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pos_plugin.promotions.classes import UnitClass
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
    closed: bool = False


class Share(NamedTuple):
    """Units of a line that one promotion takes, and the exact discount of each of them."""

    piece: Piece
    discount: Exact
    application: int
    times: int
    role: str


class Given(NamedTuple):
    """What a promotion gives on one line for one group of applications and one role."""

    line: int
    application: int
    times: int
    role: str
    units: int
    discount_minor: int


def hand_down(
    shares: Sequence[Share], total_minor: int, classes: Sequence[UnitClass], *, close: bool
) -> tuple[list[Given], list[Piece]]:
    """Return what each line gets and the pieces that are left, the discounts summing to the total.

    Args:
        shares: the units concerned, with their exact discounts in minor units.
        total_minor: the rounded discount of the promotion, at least the sum of the exact
            discounts rounded down per unit.
        classes: of the sale.
        close: whether the units get nothing from later layers.
    """
    floors = [round_down(share.discount) for share in shares]
    left = total_minor - sum(f * s.piece.count for f, s in zip(floors, shares, strict=True))
    order = sorted(
        range(len(shares)),
        key=lambda i: (
            floors[i] - shares[i].discount,
            -classes[shares[i].piece.unit_class].price_minor,
            classes[shares[i].piece.unit_class].sku,
            shares[i].piece.line,
            i,
        ),
    )
    more = [0] * len(shares)
    for i in order:
        more[i] = min(left, shares[i].piece.count)
        left -= more[i]
    given: list[Given] = []
    pieces: list[Piece] = []
    for share, floor, lucky in zip(shares, floors, more, strict=True):
        piece = share.piece
        given.append(
            Given(
                piece.line,
                share.application,
                share.times,
                share.role,
                piece.count,
                floor * piece.count + lucky,
            )
        )
        closed = piece.closed or close
        if lucky:
            pieces.append(
                replace(piece, count=lucky, left_minor=piece.left_minor - floor - 1, closed=closed)
            )
        if piece.count > lucky:
            pieces.append(
                replace(
                    piece,
                    count=piece.count - lucky,
                    left_minor=piece.left_minor - floor,
                    closed=closed,
                )
            )
    return given, pieces


def round_down(exact: Exact) -> int:
    """Return an exact amount rounded down to the minor unit."""
    return exact if isinstance(exact, int) else exact.numerator // exact.denominator


def proportional(pieces: Sequence[Piece], total_minor: int) -> list[Share]:
    """Return the shares of a receipt or customer discount: in proportion to what is left."""
    base_minor = sum(piece.left_minor * piece.count for piece in pieces)
    return [
        Share(
            piece,
            Fraction(total_minor * piece.left_minor, base_minor) if base_minor else 0,
            1,
            1,
            "target",
        )
        for piece in pieces
    ]
