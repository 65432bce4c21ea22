"""Advertised reductions and the lowest price of 30 days (§ 11 PAngV, domain.md L5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pos_plugin.promotions.lint.buying import Wanted
from pos_plugin.promotions.lint.finding import Finding, FindingCode, Severity
from pos_plugin.promotions.offers import UnitDiscount

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pos_plugin.promotions.lint.article import Article
    from pos_plugin.promotions.lint.shelf import RealShelf
    from pos_plugin.promotions.lint.work import Work
    from pos_plugin.promotions.promotion import Promotion


def find(work: Work) -> Iterator[Finding]:
    """Yield advertised promotions that lack the reference price, or do not go below it."""
    for promotion in work.promotions:
        if not promotion.announced_publicly or promotion.layer == "earn":
            continue
        if work.articles is None:
            yield Finding(
                FindingCode.REFERENCE_PRICE_MISSING,
                Severity.ERROR,
                (promotion.id,),
                f"{promotion.id} is advertised, and no articles were given: the lowest price of "
                "30 days of what it reduces is not known.",
                work.showcase(promotion),
            )
        elif promotion.id not in work.dead:
            yield from _of_articles(work, promotion, work.articles)


def _of_articles(work: Work, promotion: Promotion, shelf: RealShelf) -> Iterator[Finding]:
    numbers = frozenset().union(*(shelf.of(selector) for selector in promotion.selectors()))
    reduced = sorted(
        (shelf.articles[number] for number in numbers if shelf.articles[number].discountable),
        key=lambda article: (-article.unit_price_minor, article.sku),
    )
    unknown = [one for one in reduced if one.reference_price_30d_minor is None]
    if unknown:
        yield Finding(
            FindingCode.REFERENCE_PRICE_MISSING,
            Severity.ERROR,
            (promotion.id,),
            f"{promotion.id} is advertised, and {len(unknown)} of {len(reduced)} articles it "
            f"reduces, for example {unknown[0].sku}, have no reference_price_30d_minor.",
            work.buyer.showcase_with(promotion, unknown[0]),
            figures={"articles_without": len(unknown), "articles": len(reduced)},
        )
    if not isinstance(promotion.offer, UnitDiscount):
        return
    # Those that rose most within 30 days are the first to fall short.
    risen = [one for one in reduced if _risen_minor(one) > 0]
    risen.sort(key=lambda article: (-_risen_minor(article), article.sku))
    for article in risen[:3]:
        for setting in work.buyer.settings((promotion,))[:1]:
            sale = work.buyer.sale(setting, [Wanted(article, 1)])
            result = None if sale is None else work.engine.price(sale, work.allowance)
            if sale is None or result is None or not result.promotions:
                continue
            line = result.lines[0]
            reference_minor = article.reference_price_30d_minor or 0
            if line.paid_minor >= reference_minor:
                yield Finding(
                    FindingCode.REFERENCE_PRICE_NOT_UNDERCUT,
                    Severity.ERROR,
                    (promotion.id,),
                    f"{promotion.id} is advertised, and {article.sku} still costs "
                    f"{line.paid_minor} cents: no less than its lowest price of 30 days, "
                    f"{reference_minor}.",
                    sale,
                    figures={
                        "paid_minor": line.paid_minor,
                        "reference_price_30d_minor": reference_minor,
                        "unit_price_minor": article.unit_price_minor,
                    },
                )
                return


def _risen_minor(article: Article) -> int:
    reference_minor = article.reference_price_30d_minor
    return 0 if reference_minor is None else article.unit_price_minor - reference_minor
