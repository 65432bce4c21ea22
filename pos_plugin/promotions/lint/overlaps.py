"""The overlap matrix: which promotions compete for which units."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from itertools import chain, combinations, islice, product
from typing import TYPE_CHECKING, Any, Final

from pos_plugin.promotions.lint.buying import Wanted, needs_of
from pos_plugin.promotions.lint.engine import applied
from pos_plugin.promotions.lint.finding import Finding, FindingCode, Severity
from pos_plugin.promotions.lint.matching import includes
from pos_plugin.units import divide_down

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pos_plugin.promotions.lint.article import Article
    from pos_plugin.promotions.lint.shelf import RealShelf
    from pos_plugin.promotions.lint.work import Work
    from pos_plugin.promotions.promotion import Promotion

PAIRS_MADE_UP: Final = 2_000
"""Pairs for which an article is made up where none were given."""

PAIRS_COUNTED: Final = 300_000
"""Meetings of two promotions at an article that are counted."""

PAIRS_LISTED: Final = 1_000
PAIRS_SHOWN: Final = 100
_SELECTORS_EACH: Final = 4
_WORDS: Final = ("skus", "categories", "brands", "seasons", "tags", "tags_all")


@dataclass(slots=True)
class Overlaps:
    """Who competes with whom.

    Args:
        pairs: ids of two promotions, and how many articles both want.
        is_invented: whether articles were made up; then every count is 1 and means nothing.
        contested: the article wanted by most, and by how many.
        left_out: pairs that were not looked at, or not counted.
    """

    pairs: Counter[tuple[str, str]] = field(default_factory=Counter)
    is_invented: bool = False
    contested: tuple[str, int] | None = None
    left_out: int = 0

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object: the pairs that meet most often first."""
        ranked = sorted(self.pairs.items(), key=lambda item: (-item[1], item[0]))
        value: dict[str, Any] = {
            "pairs": [
                {"promotions": list(ids)} | ({} if self.is_invented else {"articles": n})
                for ids, n in ranked[:PAIRS_LISTED]
            ],
            "pairs_found": len(ranked),
            "pairs_left_out": self.left_out,
        }
        if self.contested is not None:
            sku, promotions = self.contested
            value["most_contested"] = {"sku": sku, "promotions": promotions}
        return value


def find(work: Work) -> Iterator[Finding]:
    """Fill the matrix, and yield the pairs that meet most often with a sale both want."""
    living = [p for p in work.promotions if p.id not in work.dead and p.layer == "article"]
    if work.articles is not None:
        _count(work, living, work.articles)
    else:
        _make_up(work, living)
    by_id = {promotion.id: promotion for promotion in living}
    ranked = sorted(work.overlaps.pairs.items(), key=lambda item: (-item[1], item[0]))
    for (one, other), articles in ranked[:PAIRS_SHOWN]:
        yield from _show(work, by_id[one], by_id[other], articles)


def _count(work: Work, living: Sequence[Promotion], shelf: RealShelf) -> None:
    """Meetings at the articles of the shop; of very many only every so-manieth article."""
    wanted = [
        frozenset().union(*(shelf.of(selector) for selector in promotion.selectors()))
        for promotion in living
    ]
    stride = 1 + divide_down(sum(map(len, wanted)), PAIRS_COUNTED)
    at_article: dict[int, list[str]] = {}
    for promotion, numbers in zip(living, wanted, strict=True):
        for number in numbers:
            if number % stride == 0:
                at_article.setdefault(number, []).append(promotion.id)
    budget = PAIRS_COUNTED
    for number, ids in sorted(at_article.items()):
        if work.overlaps.contested is None or len(ids) > work.overlaps.contested[1]:
            work.overlaps.contested = shelf.articles[number].sku, len(ids)
        met = divide_down(len(ids) * (len(ids) - 1), 2)
        for pair in islice(combinations(ids, 2), budget):
            work.overlaps.pairs[pair] += 1
        work.overlaps.left_out += max(met - budget, 0)
        budget = max(budget - met, 0)
    work.bounded = work.bounded or stride > 1 or budget == 0


def _make_up(work: Work, living: Sequence[Promotion]) -> None:
    """Without articles: pairs for which an article can be thought that both want."""
    for one, other in islice(_likely_first(living), PAIRS_MADE_UP):
        if _article_of_both(work, one, other) is not None:
            work.overlaps.pairs[one.id, other.id] = 1
    every = divide_down(len(living) * (len(living) - 1), 2)
    work.overlaps.left_out = max(every - PAIRS_MADE_UP, 0)
    work.bounded = work.bounded or work.overlaps.left_out > 0


def _likely_first(living: Sequence[Promotion]) -> Iterator[tuple[Promotion, Promotion]]:
    """Yield every pair once: those whose selectors share a word before the others."""
    by_word: dict[tuple[str, str], dict[str, Promotion]] = {}
    for promotion in living:
        for selector in promotion.selectors()[:_SELECTORS_EACH]:
            for match in includes(selector):
                for name in _WORDS:
                    for word in getattr(match, name):
                        by_word.setdefault((name, word), {})[promotion.id] = promotion
    seen: set[tuple[str, str]] = set()
    groups = (list(group.values()) for group in by_word.values())
    for one, other in chain.from_iterable(combinations(g, 2) for g in (*groups, living)):
        if (one.id, other.id) not in seen:
            seen.add((one.id, other.id))
            yield one, other


def _article_of_both(work: Work, one: Promotion, other: Promotion) -> Article | None:
    choices = product(one.selectors()[:_SELECTORS_EACH], other.selectors()[:_SELECTORS_EACH])
    for first, second in choices:
        found = work.buyer.shelf.common((first, second))
        if found:
            return found[-1]
    return None


def _show(work: Work, one: Promotion, other: Promotion, articles: int) -> Iterator[Finding]:
    """Yield the finding when both can hold at once; they may never meet in time or place."""
    article = _article_of_both(work, one, other)
    setting = next(iter(work.buyer.settings((one, other))), None)
    if article is None or setting is None:
        return
    units = [Wanted(article, 1)]
    for promotion in (one, other):
        for need in needs_of(promotion)[0]:
            found = work.buyer.shelf.common((need.selector,))
            units += [Wanted(a, need.pieces) for a in found[-1:] if a.sku != article.sku]
    pieces = max(need.pieces for p in (one, other) for need in needs_of(p)[0])
    units[0] = Wanted(article, pieces)
    sale = work.buyer.sale(setting, units)
    result = None if sale is None else work.engine.price(sale, work.allowance)
    if sale is None or result is None:
        return
    winners = sorted(applied(result))
    yield Finding(
        FindingCode.OVERLAP,
        Severity.INFO,
        (one.id, other.id),
        f"{one.id} and {other.id} both want {article.sku}; this sale gets "
        f"{', '.join(winners) if winners else 'neither'}.",
        sale,
        figures=({} if work.overlaps.is_invented else {"articles": articles})
        | {"discount_minor": result.discount_minor, "total_minor": result.total_minor},
    )
