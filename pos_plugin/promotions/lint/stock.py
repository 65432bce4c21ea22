"""What the articles of the shop say: slots no article fits, and price-bound articles that fit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pos_plugin.promotions.condition import walk
from pos_plugin.promotions.conditions import MinQuantity, MinValue
from pos_plugin.promotions.lint.finding import Finding, FindingCode, Severity
from pos_plugin.promotions.lint.matching import words_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pos_plugin.promotions.lint.shelf import RealShelf
    from pos_plugin.promotions.lint.work import Work
    from pos_plugin.promotions.promotion import Promotion

_WORDS_NAMED: Final = 3


def find(work: Work) -> Iterator[Finding]:
    """Yield what the articles of the shop keep a promotion from; nothing without articles."""
    shelf = work.articles
    if shelf is None:
        return
    for promotion in work.promotions:
        sets = [shelf.of(selector) for selector in promotion.selectors()]
        empty = [number for number, found in enumerate(sets) if not found]
        if empty:
            work.dead.add(promotion.id)
            yield Finding(
                FindingCode.NO_ARTICLE,
                Severity.ERROR,
                (promotion.id,),
                f"No article of the shop fits selector {empty[0] + 1} of {promotion.id}.",
                work.showcase(promotion),
                figures={"selector": empty[0] + 1, "selectors": len(sets)},
            )
            continue
        yield from _words(work, shelf, promotion)
        if promotion.layer == "earn":
            continue
        every = frozenset().union(*sets)
        bound = sorted(
            (shelf.articles[n] for n in every if not shelf.articles[n].discountable),
            key=lambda article: (-article.unit_price_minor, article.sku),
        )
        if not bound:
            continue
        stuck = any(not any(shelf.articles[n].discountable for n in found) for found in sets)
        figures = {"price_bound_articles": len(bound), "articles": len(every)}
        example = work.buyer.showcase_with(promotion, bound[0])
        if stuck:
            work.dead.add(promotion.id)
            yield Finding(
                FindingCode.ONLY_PRICE_BOUND,
                Severity.ERROR,
                (promotion.id,),
                f"Every article that a selector of {promotion.id} means is price-bound: "
                "it can never apply.",
                example,
                figures=figures,
            )
        else:
            yield Finding(
                FindingCode.PRICE_BOUND,
                Severity.INFO,
                (promotion.id,),
                f"{promotion.id} means {len(bound)} price-bound articles, for example "
                f"{bound[0].sku}: they keep their price whatever its label promises.",
                example,
                figures=figures,
            )


def _words(work: Work, shelf: RealShelf, promotion: Promotion) -> Iterator[Finding]:
    """Yield words that no article has: a misspelt brand of ``none_of`` excludes nothing."""
    selectors = [
        *promotion.selectors(),
        *(one.of for one in walk(promotion.when) if isinstance(one, MinValue | MinQuantity)),
    ]
    missing = dict.fromkeys(
        place
        for selector in selectors
        for match in (*selector.any_of, *selector.none_of)
        for place in words_of(match)
        if shelf.lacks(*place)
    )
    if not missing:
        return
    named = []
    for field, word in list(missing)[:_WORDS_NAMED]:
        spelt = shelf.spelt(field, word)
        named.append(f"{field} '{word}'" + (f" (but '{spelt}')" if spelt else ""))
    if len(missing) > _WORDS_NAMED:
        named.append(f"{len(missing) - _WORDS_NAMED} more")
    yield Finding(
        FindingCode.WORD_WITHOUT_ARTICLE,
        Severity.WARNING,
        (promotion.id,),
        f"{promotion.id} names what no article of the shop has: {', '.join(named)}.",
        work.showcase(promotion),
        figures={"words": len(missing)},
    )
