"""Whether a hint is true: the sale is bought with what is missing, with and without the promotion.

Written from promotions.md §5 and from nothing else. The article that is added has only the facts
that ``of`` asks for; where those are not enough, it is another unit of the sale.
"""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

from laws import rounding_minor
from oracle import best_total
from oracle_sale import selects, units_of, units_of_line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from laws import Doc, Evaluate

LISTS = {"skus": "sku", "brands": "brand", "seasons": "season"}


def assert_hints_true(evaluate: Evaluate, promotions: list[Doc], sale: Doc) -> None:
    """Every hint holds to the cent for the engine, and up to rounding for the oracle."""
    result = evaluate(promotions, sale)
    by_id = {promotion["id"]: promotion for promotion in promotions}
    applied = {one["promotion"] for one in result["promotions"]}
    assert len({hint["promotion"] for hint in result["hints"]}) == len(result["hints"])
    for hint in result["hints"]:
        promotion = by_id[hint["promotion"]]
        assert hint["saving_minor"] > 0, "a hint that saves nothing"
        bought = bought_too(sale, hint)
        assert _missing_minor(hint, bought) <= promotion["hint_within_minor"], "too far away"
        assert _saves(evaluate, promotions, bought, hint, applied), f"{hint} is not true"


def _saves(
    evaluate: Evaluate, promotions: list[Doc], bought: Doc, hint: Doc, applied: set[str]
) -> bool:
    wanted = evaluate(promotions, bought)
    lowest_total = best_total(promotions, bought)
    for fewer in without(promotions, hint["promotion"], is_applied=hint["promotion"] in applied):
        other = evaluate(fewer, bought)
        slack_minor = rounding_minor(wanted) + rounding_minor(other)
        if (
            other["total_minor"] - wanted["total_minor"] >= hint["saving_minor"]
            and best_total(fewer, bought) - lowest_total >= hint["saving_minor"] - slack_minor
        ):
            return True
    return False


def without(promotions: list[Doc], name: str, *, is_applied: bool) -> Iterator[list[Doc]]:
    """The generation without the promotion; of an applied one, without one of its higher tiers."""
    if not is_applied:
        yield [promotion for promotion in promotions if promotion["id"] != name]
        return
    place = next(n for n, promotion in enumerate(promotions) if promotion["id"] == name)
    for number in range(len(promotions[place]["offer"]["tiers"])):
        fewer = copy.deepcopy(promotions)
        del fewer[place]["offer"]["tiers"][number]
        if fewer[place]["offer"]["tiers"]:
            yield fewer


def bought_too(sale: Doc, hint: Doc) -> Doc:
    """The sale with what the hint says is missing."""
    line = _addition(sale, hint)
    return {**sale, "lines": [*sale["lines"], {**line, "line_id": "added"}]}


def _missing_minor(hint: Doc, bought: Doc) -> int:
    added = bought["lines"][-1]
    missing_minor: int = added["unit_price_minor"] * added["quantity_milli"] // 1000
    assert hint.get("need_minor", missing_minor) == missing_minor
    return missing_minor


def _addition(sale: Doc, hint: Doc) -> Doc:
    of = hint.get("of", {})
    if "need_minor" in hint:
        plain = [_plain(match, hint["need_minor"]) for match in of.get("any_of") or [{}]]
        same = [{**line, "unit_price_minor": hint["need_minor"]} for line in _sold(sale)]
        return next(
            one
            for one in [*plain, *same]
            if _is_of(of, one) and one["unit_price_minor"] == hint["need_minor"]
        )
    quantity_milli = hint["need_quantity"] * 1000
    known = [line for line in _sold(sale) if _is_of(of, line)]
    # What only a condition counts may be price-bound; what an offer takes may not.
    for lines in ([one for one in known if one.get("discountable", True)], known):
        if lines:
            cheapest = min(lines, key=lambda line: int(line["unit_price_minor"]))
            return {**cheapest, "quantity_milli": quantity_milli}
    plain = [_plain(match, 0) for match in of["any_of"]]
    cheapest = min(
        (one for one in plain if _is_of(of, one)), key=lambda line: int(line["unit_price_minor"])
    )
    return {**cheapest, "quantity_milli": quantity_milli}


def _sold(sale: Doc) -> list[Doc]:
    """The units of a sale as lines of one piece; a measured one at its amount."""
    return [
        {**line, "quantity_milli": 1000, "unit_price_minor": unit.price_minor, "measured": False}
        for line in sale["lines"]
        for unit in units_of_line(line)[:1]
    ]


def _is_of(of: Doc, line: Doc) -> bool:
    (unit,) = units_of({"lines": [{**line, "quantity_milli": 1000}]})
    return selects(of, unit)


def _plain(match: Doc, price_minor: int) -> Doc:
    line: dict[str, Any] = {
        "sku": "added",
        "quantity_milli": 1000,
        "unit_price_minor": max(price_minor, match.get("price_min_minor") or 0),
        "categories": match.get("categories", [])[:1],
        "tags": match.get("tags", [])[:1] + match.get("tags_all", []),
        "markdown": match.get("price_state") == "markdown",
    }
    return line | {LISTS[name]: match[name][0] for name in LISTS if match.get(name)}
