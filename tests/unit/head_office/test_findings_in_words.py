"""Every finding of lint in words of a shop owner, with the basket that shows it."""

from __future__ import annotations

import datetime as dt
import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from house import ROOT

from head_office.read_back.findings import codes, said
from pos_plugin.promotions.generation import RuleGeneration
from pos_plugin.promotions.lint.article import articles_of
from pos_plugin.promotions.lint.finding import FindingCode
from pos_plugin.promotions.lint.run import lint
from pos_plugin.promotions.lint.work import Options, enough_baskets

if TYPE_CHECKING:
    from pathlib import Path

HOSEN20 = {
    "id": "HOSEN20",
    "layer": "article",
    "label": {"de": "20 % auf Hosen", "en": "20% off trousers"},
    "offer": {
        "kind": "unit_discount",
        "on": {"any_of": [{"categories": ["hosen"]}]},
        "benefit": {"type": "percent", "bp": 2000},
    },
}
HALF = {
    "id": "HALF",
    "layer": "receipt",
    "label": {"de": "Halber Preis", "en": "Half price"},
    "offer": {
        "kind": "receipt_discount",
        "tiers": [{"min_value_minor": 10_000, "benefit": {"type": "percent", "bp": 5000}}],
    },
}


def found(
    *promotions: dict[str, Any], articles: list[dict[str, Any]] | None = None
) -> tuple[list[dict[str, Any]], RuleGeneration]:
    rules = RuleGeneration.from_value(list(promotions))
    options = Options(on=dt.date(2026, 3, 7), max_baskets=enough_baskets(len(promotions)))
    shelf = articles_of(articles) if articles else None
    return [one.to_dict() for one in lint(rules, options, shelf).findings], rules


def test_every_code_has_words() -> None:
    assert sorted(codes()) == sorted(FindingCode)


def test_a_fall_too_deep_names_both_and_shows_the_basket() -> None:
    findings, rules = found(HOSEN20, HALF)
    deep = next(one for one in findings if one["code"] == "combined_reduction")
    words = said(deep, rules, "de")
    assert words.text.startswith("„20 % auf Hosen“ und „Halber Preis“ senken zusammen den Preis")
    assert words.text.endswith("Ihre Grenze ist 50 %.")
    basket = words.baskets[0]
    assert sum(line.paid_minor for line in basket.lines) == basket.total_minor
    assert sum(line.gross_minor for line in basket.lines) == basket.gross_minor
    assert set(basket.applied) == {"20 % auf Hosen", "Halber Preis"}


def test_a_cliff_shows_both_sides() -> None:
    findings, rules = found(HALF)
    cliff = next(one for one in findings if one["code"] == "tier_cliff")
    words = said(cliff, rules, "en")
    below, above = words.baskets
    assert above.total_minor < below.total_minor
    assert "just below the threshold" in words.text


GOLDEN = sorted((ROOT / "tests" / "golden" / "lint").glob("*.json"))


@pytest.mark.parametrize("path", GOLDEN, ids=[path.stem for path in GOLDEN])
def test_no_golden_finding_leaves_a_gap(path: Path) -> None:
    case = json.loads(path.read_text(encoding="utf-8"))["triggers"]
    findings, rules = found(*case["promotions"], articles=case.get("articles"))
    assert path.stem in {one["code"] for one in findings}
    for language in ("de", "en"):
        for one in findings:
            words = said(one, rules, language)
            assert not re.search(r"[{}]", words.text)
            assert words.baskets
