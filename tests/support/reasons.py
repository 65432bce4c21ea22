"""The first reason of promotions.md §5 by brute force, and what it would cost to force a loser.

Reasons are judged one by one against the sale and the result, in the order of the document; nothing
is taken from the engine but its result.
"""

from __future__ import annotations

from itertools import permutations
from typing import TYPE_CHECKING

import oracle
from laws import _true_reasons
from oracle import best_total
from oracle_forced import forced_total
from oracle_sale import is_one_unit, line_gross_minor, may_apply, selects, units_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from laws import Doc
    from oracle_sale import Unit


def assert_first_reason(result: Doc, promotions: list[Doc], sale: Doc) -> None:
    """Every promotion that is not applied has the first reason that holds, and its figures."""
    by_id = {promotion["id"]: promotion for promotion in promotions}
    for entry in result["not_applied"]:
        promotion = by_id[entry["promotion"]]
        possible = _true_reasons(promotion, sale)
        if may_apply(promotion, sale) and promotion["layer"] != "earn":
            possible = _first_reasons(promotion, by_id, result, sale)
        assert entry["code"] in possible, f"{entry} is not one of {sorted(possible)}"
        assert (entry["code"] == "beaten") == ("by" in entry), f"{entry}: by"
        is_tier = promotion["layer"] in ("receipt", "customer")
        if is_tier and may_apply(promotion, sale) and entry["code"] == "min_value":
            assert entry["have"] == _base_minor(promotion, by_id, result, sale), f"{entry}"
        if "need" in entry:
            assert entry["have"] < entry["need"] or entry["code"] == "limit_customer", f"{entry}"


def assert_forced_costs(result: Doc, promotions: list[Doc], sale: Doc) -> int:
    """Every figure is the one of brute force up to rounding; return how many there are."""
    checked = 0
    layer_of = {promotion["id"]: promotion["layer"] for promotion in promotions}
    lowest = best_total(promotions, sale)
    for entry in result["not_applied"]:
        if "would_cost_minor" not in entry:
            continue
        assert entry["code"] == "beaten"
        if layer_of[entry["promotion"]] == "earn":
            assert entry["would_cost_minor"] == 0
            continue
        forced = forced_total(promotions, sale, entry["promotion"])
        assert forced is not None, f"{entry} cannot be forced"
        # Both totals are rounded once per promotion.
        error = abs(entry["would_cost_minor"] - (forced - lowest))
        assert error <= len(promotions), f"{entry}: it is {float(forced - lowest)}"
        checked += 1
    return checked


def _first_reasons(promotion: Doc, by_id: dict[str, Doc], result: Doc, sale: Doc) -> set[str]:
    units = units_of(sale)
    slots = list(_slots(promotion["offer"]))
    matching = [[unit for unit in units if selects(on, unit)] for on, _ in slots]
    if not all(matching):
        return {"no_matching_units"}
    if not all(any(unit.discountable for unit in found) for found in matching):
        return {"not_discountable"}
    if promotion["layer"] == "article":
        if not _can_form(promotion["offer"], slots, units):
            return {"min_quantity"}
        if promotion["offer"]["kind"] == "quantity_tiers" and _is_short(promotion, slots, sale):
            return {"limit_receipt"}
    elif _base_minor(promotion, by_id, result, sale) < min(
        tier.get("min_value_minor", 0) for tier in promotion["offer"]["tiers"]
    ):
        return {"min_value"}
    if not _could_save(promotion, sale):
        return {"no_saving"}
    applied = [by_id[one["promotion"]] for one in result["promotions"]]
    exclusives = {one.get("exclusive", "no") for one in applied}
    if "receipt" in {promotion.get("exclusive"), *exclusives}:
        return {"excluded"}
    is_later = promotion["layer"] != "article"
    return {"excluded", "beaten"} if is_later and "units" in exclusives else {"beaten"}


def _slots(offer: Doc) -> Iterator[tuple[Doc | None, int]]:
    if "slots" in offer or "buy" in offer:
        for slot in offer.get("slots") or [*offer["buy"], *offer["get"]]:
            yield slot.get("on"), slot.get("quantity", 1)
    elif "tiers" in offer and "min_quantity" in offer["tiers"][0]:
        yield offer.get("on"), min(tier["min_quantity"] for tier in offer["tiers"])
    else:
        yield offer.get("on"), offer.get("n", 1)


def _can_form(offer: Doc, slots: list[tuple[Doc | None, int]], units: list[Unit]) -> bool:
    """Try every order of the units in the places of the slots."""
    open_units = [unit for unit in units if unit.discountable]
    places = [on for on, quantity in slots for _ in range(quantity)]
    if len(slots) == 1:
        return sum(selects(places[0], unit) for unit in open_units) >= len(places)
    bought = sum(slot.get("quantity", 1) for slot in offer.get("buy", []))
    limited = offer.get("get_at_most_buy_price", False)
    for seated in permutations(open_units, len(places)):
        if all(selects(on, unit) for on, unit in zip(places, seated, strict=True)) and not (
            limited
            and max(unit.price_minor for unit in seated[bought:])
            > min(unit.price_minor for unit in seated[:bought])
        ):
            return True
    return False


def _is_short(promotion: Doc, slots: list[tuple[Doc | None, int]], sale: Doc) -> bool:
    """Whether limit or coupons allow fewer units than the lowest tier asks for."""
    ((_, need),) = slots
    limit = (promotion.get("limits") or {}).get("per_receipt")
    coupons = tuple(sorted(coupon["series"] for coupon in sale.get("coupons", ())))
    paid = oracle._redeemed(coupons, may_apply(promotion, sale), need)
    return not paid or (limit is not None and limit < need)


def _could_save(promotion: Doc, sale: Doc) -> bool:
    gross = sum(line_gross_minor(line) for line in sale["lines"])
    return best_total([promotion], sale) < gross


def _base_minor(promotion: Doc, by_id: dict[str, Doc], result: Doc, sale: Doc) -> int:
    """What earlier layers left on its units; exclusive units are out of it."""
    earlier = ["article"] if promotion["layer"] == "receipt" else ["article", "receipt"]
    total_minor = 0
    for line, sold in zip(result["lines"], sale["lines"], strict=True):
        units = units_of({"lines": [sold]})
        if not units or not units[0].discountable:
            continue
        if not selects(promotion["offer"].get("on"), units[0]):
            continue
        total_minor += line["gross_minor"]
        for one in line["discounts"]:
            if by_id[one["promotion"]].get("exclusive") == "units":
                pieces = 1 if is_one_unit(sold) else one["units_milli"] // 1000
                total_minor -= units[0].price_minor * pieces
            elif one["layer"] in earlier:
                total_minor -= one["discount_minor"]
    return total_minor
