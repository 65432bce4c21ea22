"""Short ways to write rules and articles for tests of lint."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from pos_plugin.promotions.generation import RuleGeneration
from pos_plugin.promotions.lint.article import articles_of
from pos_plugin.promotions.lint.run import lint
from pos_plugin.promotions.lint.work import Options

if TYPE_CHECKING:
    from pos_plugin.promotions.lint.finding import Finding
    from pos_plugin.promotions.lint.run import Report

Doc = dict[str, Any]
TODAY = dt.date(2026, 3, 7)
LABEL = {"de": "Aktion", "en": "Offer"}
TROUSERS: Doc = {"any_of": [{"categories": ["trousers"]}]}


def percent(bp: int) -> Doc:
    return {"type": "percent", "bp": bp}


def unit(identity: str, benefit: Doc | None = None, on: Doc | None = None, **more: Any) -> Doc:
    """A unit discount, 20 % on every unit unless said otherwise."""
    offer = {"kind": "unit_discount", "on": on or {}, "benefit": benefit or percent(2000)}
    return {"id": identity, "label": LABEL, "layer": "article", "offer": offer} | more


def tiers(identity: str, *steps: tuple[int, Doc], layer: str = "receipt", **more: Any) -> Doc:
    """A receipt discount with tiers (from so many cents, benefit)."""
    offer = {
        "kind": "receipt_discount",
        "tiers": [{"min_value_minor": minor, "benefit": benefit} for minor, benefit in steps],
    }
    return {"id": identity, "label": LABEL, "layer": layer, "offer": offer} | more


def article(sku: str, price_minor: int, *categories: str, **more: Any) -> Doc:
    return {
        "sku": sku,
        "unit_price_minor": price_minor,
        "categories": list(categories or ("trousers",)),
    } | more


def linted(promotions: list[Doc], articles: list[Doc] | None = None, **options: Any) -> Report:
    rules = RuleGeneration.from_value(promotions)
    known = None if articles is None else articles_of(articles)
    return lint(rules, Options(**({"on": TODAY} | options)), known)


def found(report: Report, code: str) -> list[Finding]:
    return [finding for finding in report.findings if finding.code == code]


def price(promotions: list[Doc], sale: Doc) -> Doc:
    return RuleGeneration.from_value(promotions).evaluate(sale).to_dict()
