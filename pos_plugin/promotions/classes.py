"""Equal units as classes with a count, in canonical order: the order of lines does not matter."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import native

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pos_plugin.model import Basket


@dataclass(slots=True)
class UnitClass:
    """Units that are equal in every fact.

    ``price_minor`` is the price of one unit in minor units (cents); a measured line is one unit at
    its line amount. ``lines`` are (index of the line, units of it), in line order.
    """

    price_minor: int
    sku: str
    categories: tuple[str, ...]
    brand: str
    season: str
    tags: tuple[str, ...]
    vat_rate_bp: int
    markdown: bool
    discountable: bool
    count: int = 0
    lines: list[tuple[int, int]] = field(default_factory=list)

    def facts(self) -> Iterator[tuple[str, str]]:
        """Yield the (field, word) pairs that selectors ask for."""
        yield "sku", self.sku
        for category in self.categories:
            yield "category", category
        if self.brand:
            yield "brand", self.brand
        if self.season:
            yield "season", self.season
        for tag in self.tags:
            yield "tag", tag


def classes_of(basket: Basket) -> list[UnitClass]:
    """Return the classes of all units sold: price falling, then sku, then the remaining facts.

    Returned lines (negative quantity) have no units.
    """
    sale = native.FORM.Classes(max(1, len(basket.lines)))
    sale.read(basket.lines)
    found = []
    for price_minor, count, lines in sale.members():
        line = basket.lines[lines[0][0]]
        found.append(
            UnitClass(
                price_minor,
                line.sku,
                tuple(sorted(set(line.categories))),
                line.brand or "",
                line.season or "",
                tuple(sorted(set(line.tags))),
                line.vat_rate_bp,
                line.markdown,
                line.discountable,
                count,
                lines,
            )
        )
    return found
