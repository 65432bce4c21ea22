"""Sales made for a promotion: its units at several prices and counts, and what it asks besides."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final, NamedTuple

from pos_plugin.limits import MAX_LINES, MAX_PIECES_A_LINE, MAX_PRICE_MINOR, MAX_SALE_MINOR
from pos_plugin.promotions.conditions import Tender
from pos_plugin.promotions.lint.article import Article
from pos_plugin.promotions.lint.matching import means
from pos_plugin.promotions.lint.setting import Setting, settings
from pos_plugin.promotions.lint.spent import Spent
from pos_plugin.promotions.lint.ways import ways
from pos_plugin.promotions.offers import (
    Bundle,
    BuyGet,
    NForM,
    QuantityTiers,
    ReceiptDiscount,
    UnitDiscount,
)
from pos_plugin.units import divide_down

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator, Sequence

    from pos_plugin.promotions.lint.finding import Sale
    from pos_plugin.promotions.lint.shelf import Shelf
    from pos_plugin.promotions.promotion import Promotion
    from pos_plugin.promotions.selector import Selector

_PICKS: Final = 6  # places on the shelf that are tried
_TIMES: Final = (1, 2, 3)  # applications that are tried


class Wanted(NamedTuple):
    """So many units of an article."""

    article: Article
    pieces: int


def divide_up(value: int, by: int) -> int:
    """Return a quotient rounded up.

    >>> divide_up(10, 3)
    4
    """
    return -divide_down(-value, by)


class Buyer:
    """Makes sales; whether the promotions apply to them, the engine says.

    Args:
        shelf: the articles.
        on: the day to take where promotions leave it open.
    """

    def __init__(self, shelf: Shelf, on: dt.date) -> None:
        self.shelf = shelf
        self.on = on
        self._settings: dict[tuple[str, ...], list[Setting]] = {}

    def settings(self, promotions: Sequence[Promotion]) -> list[Setting]:
        """Return settings in which the promotions could apply together."""
        key = tuple(promotion.id for promotion in promotions)
        found = self._settings.get(key)
        if found is None:
            found = self._settings[key] = list(settings(promotions, self.on))
        return found

    def showcase(self, promotion: Promotion) -> Sale:
        """Return a sale with what the promotion asks for, as far as there is such a thing.

        It is there for every promotion, also for one that can never apply.
        """
        setting = next(iter(self.settings((promotion,))), None) or Setting(self._plain_head())
        try:
            for units in islice(self.applications(promotion), 1):
                sale = self.sale(setting, units)
                if sale is not None:
                    return sale
            found = self.shelf.common(promotion.selectors()[:1])
        except Spent:
            found = []
        one = found[0] if found else Article(sku="LINT", unit_price_minor=1_999)
        return {**setting.head, "lines": [one.line("1", 1)]}

    def showcase_with(self, promotion: Promotion, article: Article) -> Sale:
        """Return the sale of one piece of an article, and whatever else a promotion asks for."""
        setting = next(iter(self.settings((promotion,))), None) or Setting(self._plain_head())
        sale = self.sale(setting, [Wanted(article, 1)])
        return sale or {**setting.head, "lines": [article.line("1", 1)]}

    def _plain_head(self) -> Sale:
        return {"sale_id": "lint", "at": f"{self.on.isoformat()}T10:00:00+00:00"}

    def sales(
        self,
        promotion: Promotion,
        more_times: Iterable[int] = (),
        avoiding: Sequence[Selector] = (),
    ) -> Iterator[Sale]:
        """Yield sales in which the promotion may apply: other units, prices, counts, settings.

        Args:
            promotion: whose.
            more_times: numbers of applications worth trying besides one, two and three.
            avoiding: selectors that shall not mean the units, where there are others.
        """
        found = self.settings((promotion,))
        for units in self.applications(promotion, more_times, avoiding):
            for setting in found:
                sale = self.sale(setting, units)
                if sale is not None:
                    yield sale

    def applications(
        self,
        promotion: Promotion,
        more_times: Iterable[int] = (),
        avoiding: Sequence[Selector] = (),
    ) -> Iterator[list[Wanted]]:
        """Yield units on which a promotion could apply once or several times, simple ones first."""
        for times in (*_TIMES, *more_times):
            for needs in needs_of(promotion):
                prices_minor = prices_worth_trying(promotion)
                picked = [
                    (self.shelf.common((selector,), prices_minor, avoiding) if avoiding else [])
                    or self.shelf.common((selector,), prices_minor)
                    for selector, _, _ in needs
                ]
                if not all(picked):
                    continue
                seen = set()
                for pick in range(_PICKS + 1):
                    units = [
                        self._pick(found, need, times, _place(pick, number, len(found)))
                        for number, (found, need) in enumerate(zip(picked, needs, strict=True))
                    ]
                    key = tuple((one.article, one.pieces) for one in units)
                    if key not in seen:
                        seen.add(key)
                        yield units

    def _pick(self, found: list[Article], need: Need, times: int, place: int) -> Wanted:
        article = found[place]
        if need.value_minor is None:
            return Wanted(article, need.pieces * times)
        worth_minor = max(article.unit_price_minor, 1)
        return Wanted(article, max(divide_up(need.value_minor * times, worth_minor), times))

    def sale(self, setting: Setting, units: Iterable[Wanted]) -> Sale | None:
        """Return the sale of these units with what its setting must reach, or None beyond limits.

        Equal articles share a line.
        """
        pieces: dict[Article, int] = {}
        for article, count in units:
            pieces[article] = pieces.get(article, 0) + count
        for value in setting.values:
            have_minor = sum(
                article.unit_price_minor * count
                for article, count in pieces.items()
                if means(value.of, article)
            )
            if have_minor < value.minor:
                dearest = self.shelf.common((value.of,), (value.minor,))[-1:]
                for article in dearest:
                    missing_minor = value.minor - have_minor
                    more = divide_up(missing_minor, max(article.unit_price_minor, 1))
                    pieces[article] = pieces.get(article, 0) + more
        for quantity in setting.quantities:
            mine = [one for one in pieces if means(quantity.of, one)]
            distinct = quantity.distinct_skus or 1
            for article in self.shelf.several(quantity.of, min(distinct, MAX_LINES)):
                if len({one.sku for one in mine}) >= distinct:
                    break
                if article.sku not in {one.sku for one in mine}:
                    mine.append(article)
                    pieces[article] = pieces.get(article, 0) + 1
            missing = quantity.quantity - sum(pieces[one] for one in mine)
            if mine and missing > 0:
                cheapest = min(mine, key=lambda one: one.unit_price_minor)
                pieces[cheapest] += missing
        return finished(setting, pieces)

    def barred_tenders(self, promotion: Promotion) -> list[str]:
        """Return the means of payment that a promotion's conditions forbid."""
        return [
            name
            for way in ways(promotion.when)[0][:1]
            for leaf, holds in way
            if isinstance(leaf, Tender) and not holds
            for name in leaf.any_of
        ]


def finished(setting: Setting, pieces: dict[Article, int]) -> Sale | None:
    """Return the sale of so many pieces each, or None beyond the limits of a sale."""
    gross_minor = sum(article.unit_price_minor * count for article, count in pieces.items())
    if len(pieces) > MAX_LINES or gross_minor > MAX_SALE_MINOR:
        return None
    if any(count > MAX_PIECES_A_LINE for count in pieces.values()):
        return None
    lines = [article.line(str(n), count) for n, (article, count) in enumerate(pieces.items(), 1)]
    return {**setting.head, "lines": lines}


class Need(NamedTuple):
    """What one application takes of a selector: pieces, or pieces worth so much."""

    selector: Selector
    pieces: int
    value_minor: int | None = None


def needs_of(promotion: Promotion) -> list[list[Need]]:
    """Return what an application takes; one list for every tier."""
    offer = promotion.offer
    if isinstance(offer, NForM):
        return [[Need(offer.on, offer.n)]]
    if isinstance(offer, Bundle | BuyGet):
        return [[Need(slot.on, slot.quantity) for slot in offer.slots]]
    if isinstance(offer, QuantityTiers):
        return [[Need(offer.on, tier.min_quantity)] for tier in offer.steps()]
    if isinstance(offer, ReceiptDiscount):
        tiers = sorted(offer.tiers, key=lambda tier: tier.min_value_minor)
        return [[Need(offer.on, 1, tier.min_value_minor)] for tier in tiers]
    return [[Need(offer.on, 1)]]


def prices_worth_trying(promotion: Promotion) -> tuple[int, ...]:
    """Return prices at which the benefit of a promotion turns, in minor units (cents)."""
    offer = promotion.offer
    found: list[int] = []
    if isinstance(offer, UnitDiscount | NForM | Bundle | BuyGet):
        benefit = offer.benefit
        if benefit.type != "percent":
            found = [benefit.minor + 100, benefit.minor * 2]
    elif isinstance(offer, QuantityTiers):
        benefits = [tier.benefit for tier in offer.tiers]
        found = [b.minor + 100 for b in benefits[:2] if b.type != "percent"]
    elif isinstance(offer, ReceiptDiscount):
        found = [tier.min_value_minor for tier in offer.tiers[:2]]
    if promotion.limits.max_discount_minor:
        found.append(promotion.limits.max_discount_minor)
    return tuple(price for price in found if 0 < price <= MAX_PRICE_MINOR)[:3]


def _place(pick: int, number: int, count: int) -> int:
    """Which article of a shelf: dear ones first, then rising prices, then falling by slot."""
    if pick == 0:
        return count - 1
    if pick == _PICKS:
        return 0 if number else count - 1
    return min(pick - 1, count - 1)
