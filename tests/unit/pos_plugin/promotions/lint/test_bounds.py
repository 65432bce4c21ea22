"""However many rules, the work is bounded, and what was left out is said."""

from __future__ import annotations

from lint_rules import TODAY, article, found, linted, percent, tiers, unit

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
    report = linted(rules, max_baskets=0)
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
