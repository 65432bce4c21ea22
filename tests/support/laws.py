"""The laws of promotions.md §1 as assertions on any evaluation ``(promotions, sale) -> result``.

Results are the JSON objects of §5. Nothing here knows how the engine works, so that the same
functions judge the engine and the deliberately wrong ones of ``wrong_engines``.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from oracle import best_total
from oracle_sale import (
    half_up,
    is_one_unit,
    line_gross_minor,
    refusal,
    selects,
    units_of,
    ways_to_hold,
)

if TYPE_CHECKING:
    from fractions import Fraction

Doc = dict[str, Any]
Evaluate = Callable[[list[Doc], Doc], Doc]

OF_CONDITIONS = {
    "min_value": {"min_value"},
    "min_quantity": {"min_quantity"},
    "customer_known": {"customer_unknown"},
    # Without a customer both words are true; with one, `none_of` excludes.
    "in_segment": {"customer_unknown", "not_in_segment", "condition_excludes"},
    "birthday": {"customer_unknown", "birthday"},
    "age": {"customer_unknown", "age"},
    "history": {"customer_unknown", "history"},
    "coupon": {"coupon_missing"},
    "tender": {"tender"},
    "not": {"condition_excludes"},
}
OF_UNITS = {"not_discountable", "no_matching_units"}
OF_RESULT = {"min_quantity", "min_value", "limit_receipt", "no_saving", "excluded", "beaten"}


def rounding_minor(result: Doc) -> int:
    """How far a rounded total may lie from the exact one: one minor unit per applied promotion."""
    return len(result["promotions"])


def assert_honest(result: Doc, lowest_total: Fraction) -> None:
    """Law 6: never below the lowest total, never further above it than the gap; optimal is it."""
    total_minor, slack_minor = result["total_minor"], rounding_minor(result)
    assert total_minor >= lowest_total - slack_minor, "cheaper than the rules allow"
    if result["optimal"]:
        assert result["gap_minor"] == 0
        assert total_minor <= lowest_total + slack_minor, "optimal is claimed, but it is not"
    assert total_minor - result["gap_minor"] <= lowest_total + slack_minor, "gap is too small"
    if result["optimal"] and len(result["promotions"]) <= 1:
        # One promotion is rounded once: the discount is known to the cent.
        lowest_discount = result["gross_minor"] - lowest_total
        assert result["discount_minor"] == half_up(*lowest_discount.as_integer_ratio())


def assert_nothing_idle(result: Doc, promotions: list[Doc], sale: Doc) -> None:
    """Equal totals (§4): no promotion is applied that could go without the sale becoming dearer."""
    applied = {entry["promotion"] for entry in result["promotions"]}
    chosen = [p for p in promotions if p["id"] in applied]
    lowest_total = best_total(chosen, sale)
    for idle in chosen if result["optimal"] else []:
        others = [p for p in chosen if p is not idle]
        assert best_total(others, sale) > lowest_total, f"{idle['id']} is applied for nothing"


def assert_adds_up(result: Doc, sale: Doc) -> None:
    """Law 4: 0 <= discount <= price, and every sum is the sum of its parts."""
    assert [line["line_id"] for line in result["lines"]] == [x["line_id"] for x in sale["lines"]]
    of_promotion: Counter[str] = Counter()
    of_vat: dict[int, Counter[str]] = {}
    for line, sold in zip(result["lines"], sale["lines"], strict=True):
        assert line["gross_minor"] == line_gross_minor(sold)
        assert line["paid_minor"] == line["gross_minor"] - line["discount_minor"]
        assert line["discount_minor"] == sum(d["discount_minor"] for d in line["discounts"])
        assert 0 <= line["discount_minor"] <= max(line["gross_minor"], 0)
        for discount in line["discounts"]:
            assert 0 <= discount["discount_minor"] <= _price_of(discount, sold)
            assert 0 < discount["units_milli"] <= sold["quantity_milli"]
            of_promotion[discount["promotion"]] += discount["discount_minor"]
        taken_milli = sum(d["units_milli"] for d in line["discounts"] if d["layer"] == "article")
        assert taken_milli <= max(sold["quantity_milli"], 0), "a unit is taken twice"
        sums = of_vat.setdefault(sold.get("vat_rate_bp", 0), Counter())
        sums.update({key: line[key] for key in ("gross_minor", "discount_minor", "paid_minor")})
    shares = {p["promotion"]: p["discount_minor"] for p in result["promotions"]}
    assert len(shares) == len(result["promotions"]), "a promotion is listed twice"
    assert shares == {name: of_promotion[name] for name in shares}
    assert set(of_promotion) <= set(shares)
    assert sorted(vat["vat_rate_bp"] for vat in result["vat"]) == sorted(of_vat)
    for vat in result["vat"]:
        sums = of_vat[vat["vat_rate_bp"]]
        assert vat == {"vat_rate_bp": vat["vat_rate_bp"]} | {
            key: sums[key] for key in ("gross_minor", "discount_minor", "paid_minor")
        }
    for total, part in _TOTALS.items():
        assert result[total] == sum(line[part] for line in result["lines"])
    assert result["discount_minor"] == sum(shares.values())


_TOTALS = {
    "gross_minor": "gross_minor",
    "discount_minor": "discount_minor",
    "total_minor": "paid_minor",
}


def _price_of(discount: Doc, sold: Doc) -> int:
    if is_one_unit(sold):
        return line_gross_minor(sold)
    return discount["units_milli"] * sold["unit_price_minor"] // 1000


def _discount_of_article(result: Doc, sale: Doc) -> Counter[tuple[str, int]]:
    sums: Counter[tuple[str, int]] = Counter()
    for line, sold in zip(result["lines"], sale["lines"], strict=True):
        sums[sold["sku"], sold["unit_price_minor"]] += line["discount_minor"]
    return sums


def _same_for_the_customer(left: Doc, left_sale: Doc, right: Doc, right_sale: Doc) -> None:
    assert left["total_minor"] == right["total_minor"]
    assert left["promotions"] == right["promotions"]
    assert left["vat"] == right["vat"]
    articles = _discount_of_article(left, left_sale)
    assert articles == _discount_of_article(right, right_sale)


def assert_order_free(
    evaluate: Evaluate, promotions: list[Doc], sale: Doc, order: list[int]
) -> None:
    """Law 1: the same lines in another order cost the same, article by article."""
    turned = sale | {"lines": [sale["lines"][n] for n in order]}
    _same_for_the_customer(evaluate(promotions, sale), sale, evaluate(promotions, turned), turned)


def assert_split_free(evaluate: Evaluate, promotions: list[Doc], sale: Doc) -> None:
    """Law 2: one line of 3 pieces equals three lines of 1 piece."""
    pieces = [
        line | {"line_id": f"{line['line_id']}.{n}", "quantity_milli": 1000}
        for line in sale["lines"]
        for n in range(line["quantity_milli"] // 1000)
        if not is_one_unit(line)
    ]
    rest = [line for line in sale["lines"] if is_one_unit(line) or line["quantity_milli"] < 0]
    split = sale | {"lines": pieces + rest}
    _same_for_the_customer(evaluate(promotions, sale), sale, evaluate(promotions, split), split)


def assert_monotone(evaluate: Evaluate, promotions: list[Doc], sale: Doc) -> None:
    """Law 3: one promotion less never makes the sale cheaper, when both results are optimal."""
    whole = evaluate(promotions, sale)
    for number in range(len(promotions)):
        fewer = evaluate(promotions[:number] + promotions[number + 1 :], sale)
        if whole["optimal"] and fewer["optimal"]:
            slack_minor = rounding_minor(whole) + rounding_minor(fewer)
            assert whole["total_minor"] <= fewer["total_minor"] + slack_minor


def assert_reproducible(evaluate: Evaluate, promotions: list[Doc], sale: Doc) -> None:
    """Law 5: the same bytes again, and for the same rules in another order of the file."""
    first = canonical_bytes(evaluate(promotions, sale))
    assert canonical_bytes(evaluate(promotions, sale)) == first
    assert canonical_bytes(evaluate(promotions[::-1], sale)) == first


def canonical_bytes(result: Doc) -> bytes:
    """The result as bytes, diagnostics aside; key order counts."""
    kept = {key: value for key, value in result.items() if key != "diagnostics"}
    return json.dumps(kept, ensure_ascii=False).encode()


def assert_explained(result: Doc, promotions: list[Doc], sale: Doc) -> None:
    """Law 7: every promotion is applied, earned or listed with a true reason, and once."""
    applied = [p["promotion"] for p in result["promotions"]]
    earned = {name for entry in result["earned"] for name in entry["promotions"]}
    reasons = {entry["promotion"]: entry["code"] for entry in result["not_applied"]}
    assert len(reasons) == len(result["not_applied"])
    assert sorted([*applied, *earned, *reasons]) == sorted(p["id"] for p in promotions)
    for promotion in promotions:
        if promotion["id"] in reasons:
            code, possible = reasons[promotion["id"]], _true_reasons(promotion, sale)
            assert code in possible, f"{promotion['id']}: {code} is none of {sorted(possible)}"


def _true_reasons(promotion: Doc, sale: Doc) -> set[str]:
    """The codes that may explain a promotion that was not applied."""
    if early := refusal(promotion, sale):
        return {early}
    for condition in promotion.get("when") or []:
        if not ways_to_hold(condition, sale):
            return _codes_of(condition, sale)
    if promotion["layer"] == "earn" and not sale.get("customer"):
        return {"customer_unknown"}
    if not {"slots", "buy"} & set(promotion["offer"]):
        matching = [u for u in units_of(sale) if selects(promotion["offer"].get("on"), u)]
        if not matching:
            return {"no_matching_units"}
        if promotion["layer"] != "earn" and not any(unit.discountable for unit in matching):
            return {"not_discountable"}
        return OF_RESULT
    return OF_UNITS | OF_RESULT


def _codes_of(condition: Doc, sale: Doc) -> set[str]:
    """The codes of the leaves that make a condition fail."""
    if condition["type"] not in ("all", "any"):
        return OF_CONDITIONS[condition["type"]]
    failing = [part for part in condition["of"] if not ways_to_hold(part, sale)]
    return _codes_of(failing[0], sale)
