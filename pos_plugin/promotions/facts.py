"""The sale as scanned, as conditions see it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pos_plugin.promotions.classes import classes_of
from pos_plugin.promotions.eligible import refusal

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Sequence

    from pos_plugin.model import Basket, Customer
    from pos_plugin.promotions.classes import UnitClass
    from pos_plugin.promotions.pack import PackedPromotions, PackedSelectors
    from pos_plugin.promotions.selector import Selector


class SaleFacts:
    """Answers of one basket to the questions of ``condition.Facts``.

    Args:
        basket: the sale.
        classes: its units.
        packed: the selectors of the generation.
        matching: for each of them the classes it matches.
    """

    def __init__(
        self,
        basket: Basket,
        classes: Sequence[UnitClass],
        packed: PackedSelectors,
        matching: list[list[int]],
    ) -> None:
        self.wall_at: dt.datetime = basket.wall_at
        self.customer: Customer | None = basket.customer
        self.tenders: tuple[str, ...] = basket.tenders
        self._coupons: dict[str, int] = {}
        for coupon in basket.coupons:
            self._coupons[coupon.series] = self._coupons.get(coupon.series, 0) + 1
        self._classes = classes
        self._packed = packed
        self._matching = matching

    def classes_of(self, selector: Selector) -> list[int]:
        """Return the numbers of the classes a selector matches."""
        return self._matching[self._packed.number_of(selector)]

    def coupons_of(self, series: str) -> int:
        """Return the number of scanned coupons of a series."""
        return self._coupons.get(series, 0)

    def value_minor(self, of: Selector) -> int:
        """Return the scanned value of the matching units in minor units (cents)."""
        return sum(
            self._classes[c].price_minor * self._classes[c].count for c in self.classes_of(of)
        )

    def units(self, of: Selector) -> int:
        """Return the number of matching units."""
        return sum(self._classes[c].count for c in self.classes_of(of))

    def distinct_skus(self, of: Selector) -> int:
        """Return the number of different articles among the matching units."""
        return len({self._classes[c].sku for c in self.classes_of(of)})


class SaleView:
    """A sale as the rules themselves see it, built when somebody asks: most sales never do.

    ``rules`` are the promotions of the generation, ``basket`` is the sale.
    """

    __slots__ = ("basket", "known_classes", "known_facts", "rules")

    rules: PackedPromotions
    basket: Basket
    known_classes: list[UnitClass] | None
    known_facts: SaleFacts | None

    @property
    def classes(self) -> list[UnitClass]:
        """Return the units of the sale."""
        if self.known_classes is None:
            self.known_classes = classes_of(self.basket)
        return self.known_classes

    @property
    def facts(self) -> SaleFacts:
        """Return what conditions see."""
        if self.known_facts is None:
            packed = self.rules.selectors
            matching = packed.matching(self.classes)
            self.known_facts = SaleFacts(self.basket, self.classes, packed, matching)
        return self.known_facts

    def allows(self, number: int) -> bool:
        """Return whether a promotion may apply, by its number."""
        return refusal(self.rules.promotions[number], self.basket, self.facts) is None
