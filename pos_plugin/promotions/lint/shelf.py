"""The articles lint buys: those of the shop, or, where none were given, articles made up to fit."""

from __future__ import annotations

from abc import ABC, abstractmethod
from bisect import bisect_left, bisect_right
from collections import defaultdict
from dataclasses import replace
from itertools import islice, product
from typing import TYPE_CHECKING, Final

from pos_plugin.limits import MAX_PRICE_MINOR
from pos_plugin.promotions.lint.article import Article
from pos_plugin.promotions.lint.matching import EVERYTHING, bounds_minor, includes, means
from pos_plugin.promotions.lint.spent import Spent
from pos_plugin.promotions.selector import Match
from pos_plugin.units import divide_down

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pos_plugin.promotions.selector import Selector

PRICES_MINOR: Final = (1_999, 4_999, 19_999)
"""Prices of made-up articles where a selector does not say otherwise."""

LOOKS_MOST: Final = 2_000_000
"""Articles that are held against a match, over all checks: some ten seconds."""

_CHOICES: Final = 16  # ways to pick one match of each selector
_WORDS: Final = 4  # words of a list that are tried


class Shelf(ABC):
    """Finds articles that several selectors mean at once."""

    is_invented: bool

    def __init__(self) -> None:
        self._left = LOOKS_MOST

    def _look(self, count: int) -> None:
        """Count articles held against matches.

        Raises:
            Spent: it were too many; what was found before is known and stays free.
        """
        self._left -= count
        if self._left < 0:
            raise Spent

    @abstractmethod
    def common(
        self,
        selectors: Sequence[Selector],
        prices_minor: Iterable[int] = (),
        avoiding: Sequence[Selector] = (),
    ) -> list[Article]:
        """Return at most a few articles that every selector means, cheapest first.

        Discountable ones where there are some.

        Args:
            selectors: all must mean the article.
            prices_minor: prices worth trying, in minor units (cents); real articles have theirs.
            avoiding: none of them may mean the article.
        """

    @abstractmethod
    def reaching(self, selector: Selector, minor: int) -> Article | None:
        """Return the cheapest article of a selector that costs at least so much (cents)."""

    @abstractmethod
    def several(self, selector: Selector, count: int) -> list[Article]:
        """Return up to so many different articles of a selector."""


class RealShelf(Shelf):
    """The articles of the shop, found by their words."""

    is_invented = False

    def __init__(self, articles: Sequence[Article]) -> None:
        super().__init__()
        self.articles = articles
        self._every = frozenset(range(len(articles)))
        self._postings: dict[tuple[str, str], set[int]] = defaultdict(set)
        self._known: dict[Selector, frozenset[int]] = {}
        for number, article in enumerate(articles):
            for place in _places(article):
                self._postings[place].add(number)
        self._fields = {field for field, _ in self._postings}
        self._spelt = {(field, word.casefold()): word for field, word in self._postings}
        self._by_price = sorted(self._every, key=lambda n: articles[n].unit_price_minor)
        self._prices = [articles[n].unit_price_minor for n in self._by_price]

    def of(self, selector: Selector) -> frozenset[int]:
        """Return the numbers of the articles a selector means."""
        found = self._known.get(selector)
        if found is None:
            numbers = frozenset().union(*(self._fitting(m) for m in includes(selector)))
            numbers -= frozenset().union(*(self._fitting(m) for m in selector.none_of))
            found = self._known[selector] = numbers
        return found

    def lacks(self, field: str, word: str) -> bool:
        """Return whether articles have words of this field, and none has this one."""
        self._look(1)
        return field in self._fields and (field, word) not in self._postings

    def spelt(self, field: str, word: str) -> str | None:
        """Return the word that differs from this one in capitals only."""
        return self._spelt.get((field, word.casefold()))

    def _fitting(self, match: Match) -> frozenset[int]:
        found = self._every
        for field, words in (
            ("sku", match.skus),
            ("category", match.categories),
            ("brand", match.brands),
            ("season", match.seasons),
            ("tag", match.tags),
            *(("tag", (tag,)) for tag in match.tags_all),
        ):
            if words:
                self._look(len(words))
                held = (self._postings.get((field, word), set()) for word in words)
                found &= frozenset().union(*held)
        if match.price_state != "any":
            found &= self._postings.get(("state", match.price_state), set())
        low_minor, high_minor = bounds_minor(match)
        if (low_minor, high_minor) == bounds_minor(EVERYTHING):
            return found
        begin = bisect_left(self._prices, low_minor)
        end = bisect_right(self._prices, high_minor)
        if end - begin < len(found):
            self._look(1 + divide_down(max(end - begin, 0), 50))  # a set takes them in passing
            return found.intersection(self._by_price[begin:end])
        self._look(1 + divide_down(len(found), 10))
        return frozenset(
            n for n in found if low_minor <= self.articles[n].unit_price_minor <= high_minor
        )

    def common(
        self,
        selectors: Sequence[Selector],
        prices_minor: Iterable[int] = (),
        avoiding: Sequence[Selector] = (),
    ) -> list[Article]:
        """Return the cheapest, the middle and the dearest article."""
        del prices_minor  # real articles have prices
        numbers = self._every
        for selector in selectors:
            numbers &= self.of(selector)
        for selector in avoiding:
            numbers -= self.of(selector)
        found = [self.articles[number] for number in numbers]
        found = [article for article in found if article.discountable] or found
        found.sort(key=lambda article: (article.unit_price_minor, article.sku))
        if not found:
            return []
        # Below half a euro rounding to the cent says more than the rule does.
        worth = [article for article in found if article.unit_price_minor >= 50] or found
        places = (0, len(worth) // 2, len(worth) - 1)
        return [worth[place] for place in sorted(set(places))]

    def reaching(self, selector: Selector, minor: int) -> Article | None:
        """Return the cheapest article that costs enough."""
        found = [self.articles[number] for number in self.of(selector)]
        enough = [one for one in found if one.discountable and one.unit_price_minor >= minor]
        return min(enough, key=lambda one: (one.unit_price_minor, one.sku), default=None)

    def several(self, selector: Selector, count: int) -> list[Article]:
        """Return up to so many different articles of a selector, cheapest first."""
        found = sorted(
            (self.articles[number] for number in self.of(selector)),
            key=lambda article: (article.unit_price_minor, article.sku),
        )
        return found[:count]


def _places(article: Article) -> Iterable[tuple[str, str]]:
    yield "sku", article.sku
    yield "state", "markdown" if article.markdown else "full_price"
    for category in article.categories:
        yield "category", category
    if article.brand:
        yield "brand", article.brand
    if article.season:
        yield "season", article.season
    for tag in article.tags:
        yield "tag", tag


class InventedShelf(Shelf):
    """Makes up what selectors ask for: whether such an article exists, nobody said."""

    is_invented = True

    def __init__(self) -> None:
        super().__init__()
        self._known: dict[object, list[Article]] = {}

    def common(
        self,
        selectors: Sequence[Selector],
        prices_minor: Iterable[int] = (),
        avoiding: Sequence[Selector] = (),
    ) -> list[Article]:
        """Return the first article that fits, at up to eight prices."""
        unique = tuple(dict.fromkeys(selectors))
        wanted = tuple(sorted({*PRICES_MINOR, *prices_minor, *_beside(avoiding)}))
        key = (unique, wanted, tuple(avoiding))
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._invent(unique, wanted, key[2])
        return found

    def _invent(
        self,
        selectors: tuple[Selector, ...],
        prices_minor: tuple[int, ...],
        avoiding: tuple[Selector, ...],
    ) -> list[Article]:
        # What a selector excludes is a way to avoid it; so is the other price state.
        ways_out = [match for selector in avoiding for match in selector.none_of][:_WORDS]
        ways_out += [Match(price_state="markdown")] if avoiding else []
        looks = sum(1 + len(one.any_of) + len(one.none_of) for one in (*selectors, *avoiding))
        choices = product(*(includes(selector) for selector in selectors))
        for choice in islice(choices, _CHOICES):
            for extra in ((), *((match,) for match in ways_out)):
                for number in range(_WORDS):
                    self._look(2 * looks)  # at several prices
                    found = [
                        article
                        for article in _merged((*choice, *extra), number, prices_minor)
                        if all(means(selector, article) for selector in selectors)
                        and not any(means(selector, article) for selector in avoiding)
                    ]
                    if found:
                        return found
        return []

    def reaching(self, selector: Selector, minor: int) -> Article | None:
        """Return the article at just that price, or the next it may have."""
        found = self.common((selector,), (minor,))
        return next((one for one in found if one.unit_price_minor >= minor), None)

    def several(self, selector: Selector, count: int) -> list[Article]:
        """Return so many of them under different article numbers, as far as it has them."""
        named = [sku for match in includes(selector) for sku in match.skus]
        plain = self.common((selector,))[:1]
        skus = named or [f"LINT-{number}" for number in range(1, count + 1)]
        different = (replace(article, sku=sku) for article in plain for sku in skus)
        return [one for one in different if means(selector, one)][:count]


def _beside(avoiding: Sequence[Selector]) -> list[int]:
    """Prices just outside the bounds of what is to be avoided."""
    bounds = [bounds_minor(match) for selector in avoiding for match in selector.any_of]
    found = {low - 1 for low, _ in bounds} | {high + 1 for _, high in bounds}
    return sorted(price for price in found if 0 < price <= MAX_PRICE_MINOR)[:3]


def _merged(
    matches: tuple[Match, ...], number: int, prices_minor: tuple[int, ...]
) -> Iterable[Article]:
    """Yield an article with one word of every list, the ``number``-th where there are several."""
    low_minor = max((bounds_minor(match)[0] for match in matches), default=0)
    high_minor = min((bounds_minor(match)[1] for match in matches), default=MAX_PRICE_MINOR)
    states = {match.price_state for match in matches} - {"any"}
    only = {
        name: _shared([getattr(match, name) for match in matches if getattr(match, name)])
        for name in ("skus", "brands", "seasons")
    }
    if low_minor > high_minor or len(states) > 1 or () in only.values():
        return
    one = {
        name: None if words is None else words[number % len(words)] for name, words in only.items()
    }
    tags = [match.tags[number % len(match.tags)] for match in matches if match.tags]
    article = Article(
        sku=one["skus"] or "LINT",
        unit_price_minor=0,
        categories=tuple(
            dict.fromkeys(
                match.categories[number % len(match.categories)]
                for match in matches
                if match.categories
            )
        ),
        brand=one["brands"],
        season=one["seasons"],
        tags=tuple(dict.fromkeys([*tags, *(tag for match in matches for tag in match.tags_all)])),
        markdown="markdown" in states,
    )
    low_minor = max(low_minor, min(high_minor, 1))
    fitting = {min(max(price, low_minor), high_minor) for price in prices_minor}
    for price_minor in sorted(fitting)[:8]:
        yield replace(article, unit_price_minor=price_minor)


def _shared(lists: list[tuple[str, ...]]) -> tuple[str, ...] | None:
    """Return the words in every list; None where nobody asks."""
    if not lists:
        return None
    first, *others = lists
    return tuple(word for word in first if all(word in other for other in others))
