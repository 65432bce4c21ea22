"""Conditions and selectors that exclude themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pos_plugin.promotions.lint.clash import clash, needs_customer
from pos_plugin.promotions.lint.finding import Finding, FindingCode, Severity
from pos_plugin.promotions.lint.matching import excludes_all
from pos_plugin.promotions.lint.ways import ways

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pos_plugin.promotions.lint.work import Work


def find(work: Work) -> Iterator[Finding]:
    """Yield promotions that no sale can satisfy, as far as their own words prove it."""
    for promotion in work.promotions:
        found, are_all = ways(promotion.when)
        customer = needs_customer(promotion)
        reasons = [clash(way, customer=customer) for way in found]
        if are_all and None not in reasons:
            work.dead.add(promotion.id)
            why = next((reason for reason in reasons if reason), "nothing can satisfy them")
            yield Finding(
                FindingCode.CONDITIONS_CONTRADICT,
                Severity.ERROR,
                (promotion.id,),
                f"The conditions of {promotion.id} can never hold: {why}.",
                work.showcase(promotion),
                figures={"ways": len(found)},
            )
        empty = [n for n, selector in enumerate(promotion.selectors()) if excludes_all(selector)]
        if empty:
            work.dead.add(promotion.id)
            yield Finding(
                FindingCode.SELECTOR_EXCLUDES_ALL,
                Severity.ERROR,
                (promotion.id,),
                f"A selector of {promotion.id} means no unit: none_of or its prices exclude "
                "everything that any_of includes.",
                work.showcase(promotion),
                figures={"selector": empty[0] + 1},
            )
