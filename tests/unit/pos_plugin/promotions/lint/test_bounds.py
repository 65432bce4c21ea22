"""However many rules, the work is bounded, and what was left out is said."""

from __future__ import annotations

from lint_rules import LABEL, TODAY, article, found, linted, percent, tiers, unit

from pos_plugin.promotions.generation import RuleGeneration
from pos_plugin.promotions.lint.run import FINDINGS_A_CODE, lint
from pos_plugin.promotions.lint.work import Options


def test_no_more_sales_are_tried_than_allowed() -> None:
    rules = [unit(f"P{n:03}", percent(100 + n)) for n in range(60)]
    report = linted(rules, max_baskets=200)
    assert sum(one["baskets"] for one in report.work) <= 200
    assert not report.is_complete
    assert any(not one["complete"] for one in report.to_dict()["checks"])


def test_a_small_file_is_looked_at_completely() -> None:
    report = linted([unit("A"), tiers("R", (5_000, percent(500)))])
    assert report.is_complete


def test_without_any_sale_the_words_are_still_read() -> None:
    report = linted([unit("A") | {"label": {}}], max_baskets=0)
    assert found(report, "label_de_missing")
    assert not report.is_complete


def test_findings_of_one_code_are_counted_beyond_the_limit() -> None:
    rules = [unit(f"P{n:04}") | {"label": {"de": "Aktion"}} for n in range(FINDINGS_A_CODE + 3)]
    report = linted([*rules, unit("speaks English")], max_baskets=0)
    assert len(found(report, "label_en_missing")) == FINDINGS_A_CODE
    assert report.to_dict()["left_out"] == {"label_en_missing": 3}


def test_progress_ends_at_the_number_of_sales() -> None:
    told: list[int] = []
    rules = RuleGeneration.from_value([unit("A"), tiers("R", (5_000, percent(500)))])
    lint(rules, Options(on=TODAY, max_baskets=400), progress=told.append)
    assert sum(told) == 400


def test_nothing_is_found_in_an_empty_file() -> None:
    report = linted([], [article("T", 1_000)])
    assert report.findings == []
    assert report.is_complete


def test_huge_selectors_end_at_a_bound_that_is_said() -> None:
    """A thousand matches a selector: what costs too much is left out, not waited for."""
    matches = [{"categories": [f"c{n}"], "price_min_minor": n} for n in range(1_000)]
    barred = [{"brands": [f"b{n}"]} for n in range(999)]
    slots = [
        {"on": {"any_of": matches, "none_of": [{"tags": [f"t{n}"]}, *barred]}} for n in range(4)
    ]
    bundle = {"kind": "bundle", "slots": slots, "benefit": percent(1000)}
    rules = [
        {"id": f"B{n:02}", "label": LABEL, "layer": "article", "offer": bundle} for n in range(6)
    ]
    each = [{"type": "min_value", "minor": n} for n in range(1, 900)]
    rules.append(unit("W", when=[{"type": "any", "of": each}] * 3))
    minute = {"weekdays": [1], "from": "01:00", "until": "01:01"}
    rules.append(unit("T", validity={"windows": [minute] * 900}))
    report = linted(rules, max_baskets=100)
    assert report.to_dict()["checks"]
    assert not report.is_complete
