"""What lint proves from words alone holds for every sale, random ones of every kind included."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lint_rules import Doc, article, found, linted, price, tiers, unit
from sales import Case, cases

from pos_plugin.promotions.lint.article import Article, articles_of
from pos_plugin.promotions.lint.matching import excludes_all, is_within, means
from pos_plugin.promotions.lint.shelf import RealShelf
from pos_plugin.promotions.selector import Match, Selector

PROVEN = {"validity_empty", "window_never_opens", "conditions_contradict", "selector_excludes_all"}


def dead_of(promotions: list[Doc]) -> set[str]:
    """Ids that lint calls dead without pricing a single sale."""
    report = linted(promotions, max_baskets=0)
    proven = {f.promotions[0] for f in report.findings if f.code in PROVEN}
    return proven | {f.promotions[0] for f in found(report, "never_saves")}


@given(cases(max_promotions=8), st.data())
def test_what_is_proven_dead_never_applies(case: Case, data: st.DataObject) -> None:
    pools = [c for p in case.promotions for c in p.get("when", [])] or [{"type": "customer_known"}]
    promotions = []
    for promotion in case.promotions:
        when = data.draw(st.lists(st.sampled_from(pools), max_size=3))
        inverted = [{"type": "not", "of": one} for one in when[:1]] if len(when) > 1 else []
        promotions.append({**promotion, "when": [*inverted, *when[1:]]})
    assert not undead(dead_of(promotions), promotions, case.sale)


def undead(dead: set[str], promotions: list[Doc], sale: Doc) -> set[str]:
    """Promotions that are called dead and apply."""
    result = price(promotions, sale)
    living = {one["promotion"] for one in result["promotions"]}
    return dead & (living | {name for one in result["earned"] for name in one["promotions"]})


def test_a_wrong_proof_is_seen() -> None:
    line = {"line_id": "1", "sku": "T", "quantity_milli": 1000, "unit_price_minor": 1000}
    sale = {"sale_id": "s", "at": "2026-03-07T10:00:00+00:00", "lines": [line]}
    assert dead_of([unit("A", {"type": "percent", "bp": 0})]) == {"A"}
    assert dead_of([unit("A")]) == set()
    assert undead({"A"}, [unit("A")], sale) == {"A"}


@pytest.mark.parametrize(
    "when",
    [
        [{"type": "customer_known"}, {"type": "not", "of": {"type": "customer_known"}}],
        [{"type": "not", "of": {"type": "customer_known"}}, {"type": "age", "min": 18}],
        [{"type": "in_segment", "any_of": ["a", "b"], "none_of": ["b", "a"]}],
        [{"type": "history", "metric": "receipts_total", "min": 3, "max": 2}],
        [{"type": "age", "min": 30}, {"type": "age", "max": 29}],
        [{"type": "tender", "any_of": []}],
        [{"type": "not", "of": {"type": "min_value", "minor": 0}}],
        [{"type": "not", "of": {"type": "all", "of": []}}],
        [
            {"type": "min_value", "minor": 5000, "of": {"any_of": [{"categories": ["a"]}]}},
            {"type": "not", "of": {"type": "min_value", "minor": 5000}},
        ],
        [
            {"type": "min_quantity", "quantity": 3},
            {"type": "not", "of": {"type": "min_quantity", "quantity": 3}},
        ],
    ],
)
def test_contradictions_are_proven(when: list[Doc]) -> None:
    (finding,) = found(linted([unit("A", when=when)], max_baskets=0), "conditions_contradict")
    assert price([unit("A", when=when)], finding.example)["promotions"] == []


@pytest.mark.parametrize(
    "when",
    [
        [{"type": "in_segment", "any_of": ["a", "b"], "none_of": ["b"]}],
        [{"type": "age", "min": 30}, {"type": "age", "max": 30}],
        [{"type": "not", "of": {"type": "all", "of": [{"type": "customer_known"}]}}],
        [
            {"type": "min_value", "minor": 5000},
            {"type": "not", "of": {"type": "min_value", "minor": 5001}},
        ],
        [
            {
                "type": "any",
                "of": [{"type": "age", "min": 9, "max": 8}, {"type": "customer_known"}],
            },
        ],
    ],
)
def test_what_can_hold_is_no_contradiction(when: list[Doc]) -> None:
    report = linted([unit("A", when=when)])
    assert not found(report, "conditions_contradict")


@pytest.mark.parametrize(
    "when",
    [
        [{"type": "in_segment", "any_of": ["a"], "none_of": ["b"]}],
        [{"type": "birthday", "days_before": 3}, {"type": "age", "min": 60}],
        [{"type": "not", "of": {"type": "birthday", "days_after": 30}}, {"type": "age"}],
        [{"type": "history", "metric": "revenue_minor_365d", "min": 20_000}],
        [{"type": "coupon", "series": "X"}, {"type": "tender", "any_of": ["cash", "card"]}],
        [{"type": "min_value", "minor": 7_777, "of": {"any_of": [{"brands": ["Brax"]}]}}],
        [{"type": "min_quantity", "quantity": 5, "distinct_skus": 3}],
        [{"type": "not", "of": {"type": "tender", "any_of": ["card"]}}, {"type": "customer_known"}],
    ],
)
def test_a_sale_is_found_for_every_condition(when: list[Doc]) -> None:
    assert not found(linted([unit("A", when=when)]), "never_applied")


def test_a_tier_at_the_limit_of_a_sale_can_be_reached() -> None:
    rules = [tiers("A", (10**9, {"type": "percent", "bp": 1_000}))]
    assert not found(linted(rules), "never_applied")


WORDS = st.lists(st.sampled_from(["a", "b", "c"]), max_size=2)
MATCHES = st.builds(
    lambda **fields: Match.model_validate({k: v for k, v in fields.items() if v is not None}),
    skus=WORDS,
    categories=WORDS,
    brands=WORDS,
    tags=WORDS,
    tags_all=WORDS,
    price_min_minor=st.sampled_from([None, None, 100, 200]),
    price_max_minor=st.sampled_from([None, None, 100, 300]),
    price_state=st.sampled_from(["any", "any", "markdown", "full_price"]),
)
ONE_ARTICLE = st.builds(
    lambda sku, price, categories, brand, tags, markdown: articles_of(
        [article(sku, price, *categories, brand=brand, tags=tags, markdown=markdown)]
    )[0],
    st.sampled_from(["a", "b"]),
    st.sampled_from([50, 100, 150, 300]),
    WORDS,
    st.sampled_from(["a", "b", None]),
    WORDS,
    st.booleans(),
)


@given(MATCHES, MATCHES, ONE_ARTICLE)
def test_a_match_within_another_means_no_more(inner: Match, outer: Match, one: Article) -> None:
    if is_within(inner, outer) and means(Selector(any_of=(inner,)), one):
        assert means(Selector(any_of=(outer,)), one)


@given(st.lists(MATCHES, max_size=2), st.lists(MATCHES, max_size=2), ONE_ARTICLE)
def test_a_selector_that_excludes_all_means_nothing(
    any_of: list[Match], none_of: list[Match], one: Article
) -> None:
    selector = Selector(any_of=tuple(any_of), none_of=tuple(none_of))
    if excludes_all(selector):
        assert not means(selector, one)


@given(MATCHES, MATCHES, ONE_ARTICLE)
def test_lint_reads_selectors_as_the_engine_does(
    include: Match, exclude: Match, one: Article
) -> None:
    selector = Selector(any_of=(include,), none_of=(exclude,))
    on = selector.model_dump(mode="json", exclude_defaults=True)
    sale = {
        "sale_id": "s",
        "at": "2026-03-07T10:00:00+00:00",
        "lines": [one.line("1", 1)],
    }
    applied = bool(price([unit("A", {"type": "percent", "bp": 10_000}, on)], sale)["promotions"])
    assert applied == means(selector, one)
    assert applied == bool(RealShelf([one]).of(selector))
