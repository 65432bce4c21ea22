"""Whether a selector means an article, said once more and on its own, beside the engine's index."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pos_plugin.limits import MAX_PRICE_MINOR
from pos_plugin.promotions.selector import Match, Selector

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pos_plugin.promotions.lint.article import Article

EVERYTHING: Final = Match()
PAIRS_COMPARED: Final = 10_000


def words_of(match: Match) -> Iterator[tuple[str, str]]:
    """Yield every word of a match with what it is a word of."""
    for field, words in (
        ("sku", match.skus),
        ("category", match.categories),
        ("brand", match.brands),
        ("season", match.seasons),
        ("tag", (*match.tags, *match.tags_all)),
    ):
        for word in words:
            yield field, word


def includes(selector: Selector) -> tuple[Match, ...]:
    """Return the matches of ``any_of``; empty means every unit."""
    return selector.any_of or (EVERYTHING,)


def fits(match: Match, article: Article) -> bool:
    """Return whether a match holds for one piece of an article."""
    low_minor, high_minor = bounds_minor(match)
    return (
        low_minor <= article.unit_price_minor <= high_minor
        and (not match.skus or article.sku in match.skus)
        and (not match.categories or not set(match.categories).isdisjoint(article.categories))
        and (not match.brands or article.brand in match.brands)
        and (not match.seasons or article.season in match.seasons)
        and (not match.tags or not set(match.tags).isdisjoint(article.tags))
        and set(match.tags_all) <= set(article.tags)
        and match.price_state in ("any", "markdown" if article.markdown else "full_price")
    )


def means(selector: Selector, article: Article) -> bool:
    """Return whether a selector means one piece of an article."""
    return any(fits(match, article) for match in includes(selector)) and not any(
        fits(match, article) for match in selector.none_of
    )


def bounds_minor(match: Match) -> tuple[int, int]:
    """Return the lowest and the highest price of a match in minor units (cents)."""
    low_minor = 0 if match.price_min_minor is None else match.price_min_minor
    high_minor = match.price_max_minor
    return low_minor, MAX_PRICE_MINOR if high_minor is None else high_minor


def is_within(inner: Match, outer: Match) -> bool:
    """Return whether every unit of ``inner`` is surely one of ``outer``.

    A unit has several categories and tags, so that only what ``inner`` demands counts. False means
    "not proven".
    """
    words = ("skus", "categories", "brands", "seasons", "tags")
    for name in words:
        wanted, given = set(getattr(outer, name)), set(getattr(inner, name))
        if name == "tags" and wanted & set(inner.tags_all):
            continue
        if wanted and not (given and given <= wanted):
            return False
    low_minor, high_minor = bounds_minor(inner)
    outer_low_minor, outer_high_minor = bounds_minor(outer)
    return (
        set(outer.tags_all) <= set(inner.tags_all)
        and outer_low_minor <= low_minor
        and high_minor <= outer_high_minor
        and outer.price_state in ("any", inner.price_state)
    )


def excludes_all(selector: Selector) -> bool:
    """Return whether a selector surely means no unit at all; of huge ones nothing is proven."""
    if len(selector.any_of) * len(selector.none_of) > PAIRS_COMPARED:
        return False

    def is_empty(match: Match) -> bool:
        low_minor, high_minor = bounds_minor(match)
        return low_minor > high_minor or any(is_within(match, out) for out in selector.none_of)

    return all(is_empty(match) for match in includes(selector))
