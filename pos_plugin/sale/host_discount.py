"""Manual discounts of the till: they lower the price of a line before any promotion sees it.

The engine knows units with prices and nothing of the host, so a discounted line is evaluated at its
lowered price. Where the discount does not divide among the pieces, the line is evaluated as two,
a cent apart, and put together again.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from pos_plugin.promotions.result import LineDiscount, LineResult

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pos_plugin.model import Basket, Line
    from pos_plugin.promotions.result import Result


def lowered(basket: Basket, discounts: Mapping[str, int]) -> Basket:
    """Return the sale at the prices that the host's discounts leave.

    Args:
        basket: the sale as scanned.
        discounts: by line id, in minor units (cents), from 0 to the amount of the line.

    Returns:
        The same lines in the same order; a second part of a line follows its first and shares its
        line id.
    """
    if not discounts:
        return basket
    lines = [part for line in basket.lines for part in _parts(line, discounts.get(line.line_id, 0))]
    return replace(basket, lines=tuple(lines))


def _parts(line: Line, discount_minor: int) -> tuple[Line, ...]:
    if not discount_minor:
        return (line,)
    if line.is_one_unit:
        # One unit at the amount of the line, whatever it weighs.
        left_minor = line.gross_minor - discount_minor
        return (replace(line, measured=True, quantity_milli=1000, unit_price_minor=left_minor),)
    pieces = line.quantity_milli // 1000
    each_minor, dearer_by = divmod(discount_minor, pieces)
    price_minor = line.unit_price_minor - each_minor
    whole = replace(line, quantity_milli=(pieces - dearer_by) * 1000, unit_price_minor=price_minor)
    if not dearer_by:
        return (whole,)
    cheaper = replace(line, quantity_milli=dearer_by * 1000, unit_price_minor=price_minor - 1)
    return (whole, cheaper)


def put_together(result: Result, basket: Basket, discounts: Mapping[str, int]) -> Result:
    """Return the result of a lowered sale with one entry per line of the sale.

    Args:
        result: of ``lowered(basket, discounts)``.
        basket: the sale as scanned.
        discounts: as given to ``lowered``.
    """
    if not discounts:
        return result
    parts = iter(result.lines)
    lines: list[LineResult] = []
    for line in basket.lines:
        own = [next(parts) for _ in _parts(line, discounts.get(line.line_id, 0))]
        given = [one for part in own for one in part.discounts]
        if line.is_one_unit and line.line_id in discounts:
            given = [
                one.with_amounts(units_milli=line.quantity_milli, discount_minor=one.discount_minor)
                for one in given
            ]
        lines.append(
            LineResult(
                line_id=line.line_id,
                gross_minor=sum(part.gross_minor for part in own),
                discount_minor=sum(part.discount_minor for part in own),
                paid_minor=sum(part.paid_minor for part in own),
                discounts=_joined(given),
            )
        )
    return replace(result, lines=tuple(lines))


def _joined(given: Iterable[LineDiscount]) -> tuple[LineDiscount, ...]:
    """Add up what one group of applications gives on the two parts of a line."""
    found: dict[tuple[str, str, int, str], LineDiscount] = {}
    for one in given:
        key = (one.promotion, one.layer, one.application, one.role)
        other = found.get(key)
        found[key] = (
            one
            if other is None
            else other.with_amounts(
                units_milli=other.units_milli + one.units_milli,
                discount_minor=other.discount_minor + one.discount_minor,
            )
        )
    return tuple(found.values())
