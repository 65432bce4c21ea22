"""Minimum purchase of a voucher: which lines count, at which price, and what is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pos_plugin.loyalty.voucher_type import MinPurchase
    from pos_plugin.model import Line
    from pos_plugin.promotions.selector import Match, Selector


def missing_minor(
    minimum: MinPurchase, lines: Sequence[Line], paid_minor: Sequence[int] | None = None
) -> int:
    """Return what the sale lacks to the minimum in minor units (cents), 0 when it is met.

    Goods that came back count negative, as they do in the receipt.

    Args:
        minimum: of the kind of voucher.
        lines: of the sale.
        paid_minor: per line after the promotions; None where the prices as scanned count.
    """
    amounts = paid_minor if paid_minor is not None else [line.gross_minor for line in lines]
    have_minor = sum(
        amount_minor
        for line, amount_minor in zip(lines, amounts, strict=True)
        if selects(minimum.of, line)
    )
    return max(0, minimum.minor - have_minor)


def selects(selector: Selector, line: Line) -> bool:
    """Say whether a selector means a line."""
    if any(_matches(match, line) for match in selector.none_of):
        return False
    return not selector.any_of or any(_matches(match, line) for match in selector.any_of)


def _matches(match: Match, line: Line) -> bool:
    asked_of = (
        (match.skus, {line.sku}),
        (match.categories, {*line.categories}),
        (match.brands, {line.brand or ""}),
        (match.seasons, {line.season or ""}),
        (match.tags, {*line.tags}),
    )
    if any(words and has.isdisjoint(words) for words, has in asked_of):
        return False
    if not {*match.tags_all} <= {*line.tags}:
        return False
    if match.price_state != "any" and line.markdown != (match.price_state == "markdown"):
        return False
    price_minor = abs(line.gross_minor) if line.is_one_unit else line.unit_price_minor
    is_low = match.price_min_minor is not None and price_minor < match.price_min_minor
    is_high = match.price_max_minor is not None and price_minor > match.price_max_minor
    return not is_low and not is_high
