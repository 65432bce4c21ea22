"""One finding, one row in the docs, one golden case that shows it and one like it that does not."""

from __future__ import annotations

import datetime as dt
import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from house import ROOT, findings

from pos_plugin.promotions.generation import RuleGeneration
from pos_plugin.promotions.lint.article import articles_of
from pos_plugin.promotions.lint.finding import Finding, FindingCode, Severity
from pos_plugin.promotions.lint.run import lint
from pos_plugin.promotions.lint.work import Options

if TYPE_CHECKING:
    from collections.abc import Iterator

GOLDEN = ROOT / "tests" / "golden" / "lint"
PAGE = ROOT / "docs" / "promotions.md"
CODES = sorted(FindingCode)
TODAY = dt.date(2026, 3, 7)


def golden(code: str) -> dict[str, Any]:
    case: dict[str, Any] = json.loads((GOLDEN / f"{code}.json").read_text(encoding="utf-8"))
    return case


def found_in(side: dict[str, Any], code: str) -> list[Finding]:
    articles = articles_of(side["articles"]) if "articles" in side else None
    rules = RuleGeneration.from_value(side["promotions"])
    return [one for one in lint(rules, Options(on=TODAY), articles).findings if one.code == code]


def differences(case: dict[str, Any]) -> Iterator[str]:
    """Where lint answers otherwise than a golden case says."""
    code, side = case["code"], case["triggers"]
    hits = found_in(side, code)
    if not hits:
        yield f"{code}: {case['says']} Not found."
        return
    if list(hits[0].promotions) != side["finds"]:
        yield f"{code}: {hits[0].promotions}, not {side['finds']}"
    for name, value in side.get("figures", {}).items():
        if hits[0].figures.get(name) != value:
            yield f"{code}: {name} {hits[0].figures.get(name)}, not {value}"
    yield from (f"{code}: found where it is not: {hit}" for hit in found_in(case["does_not"], code))


def test_every_code_has_a_golden_case() -> None:
    assert sorted(path.stem for path in GOLDEN.glob("*.json")) == CODES, (
        "tests/golden/lint: every finding has one <code>.json, and no other code has one"
    )


@pytest.mark.parametrize("code", CODES)
def test_golden_lint_case_holds(code: str) -> None:
    found = list(differences(golden(code)))
    assert not found, findings(found)


def test_a_wrong_golden_lint_case_is_seen() -> None:
    case = golden("tier_cliff")
    case["triggers"]["figures"]["drop_minor"] += 1
    case["does_not"] = case["triggers"]
    found = list(differences(case))
    assert "tier_cliff: drop_minor 994, not 995" in found
    assert "found where it is not" in found[-1]


@pytest.mark.parametrize("code", CODES)
def test_every_example_is_a_sale_that_can_be_evaluated(code: str) -> None:
    side = golden(code)["triggers"]
    rules = RuleGeneration.from_value(side["promotions"])
    for hit in found_in(side, code):
        for sale in filter(None, (hit.example, hit.beside)):
            assert rules.evaluate(sale).to_dict()["lines"]


def rows(text: str) -> dict[str, str]:
    """Code and severity of every row of the table of findings."""
    section = text.partition("\n## Lint\n")[2].partition("\n## ")[0]
    return dict(re.findall(r"^\| `(\w+)` \| (\w+) \|", section, re.MULTILINE))


def test_every_code_is_documented() -> None:
    known = rows(PAGE.read_text(encoding="utf-8"))
    assert sorted(known) == CODES, "docs/promotions.md, Lint: one row | `code` | severity | a code"
    assert set(known.values()) == {str(severity) for severity in Severity}


def test_the_documented_severity_is_the_one_given() -> None:
    known = rows(PAGE.read_text(encoding="utf-8"))
    for code in CODES:
        hit = found_in(golden(code)["triggers"], code)[0]
        assert str(hit.severity) == known[code], f"docs/promotions.md, Lint: severity of {code}"
