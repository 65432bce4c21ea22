"""The sale as the oracle reads it: units one by one, selectors and conditions by the text alone.

Written from promotions.md §2 to §4 and from nothing else; shares no code with the product.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from itertools import product
from typing import Any

Doc = dict[str, Any]
Alternatives = list[frozenset[str]]


@dataclass(frozen=True)
class Unit:
    """One piece, or one measured amount; two equal units are interchangeable to every rule."""

    price_minor: int
    sku: str
    categories: frozenset[str]
    brand: str | None
    season: str | None
    tags: frozenset[str]
    markdown: bool
    discountable: bool


def half_up(numerator: int, denominator: int) -> int:
    """Round to the nearest integer, halves away from zero; the denominator is positive."""
    magnitude = (2 * abs(numerator) + denominator) // (2 * denominator)
    return magnitude if numerator >= 0 else -magnitude


def line_gross_minor(line: Doc) -> int:
    return half_up(line["quantity_milli"] * line["unit_price_minor"], 1000)


def is_one_unit(line: Doc) -> bool:
    return bool(line.get("measured", False)) or line["quantity_milli"] % 1000 != 0


def units_of_line(line: Doc) -> list[Unit]:
    if line["quantity_milli"] < 0:
        return []
    price_minor, count = line["unit_price_minor"], line["quantity_milli"] // 1000
    if is_one_unit(line):
        price_minor, count = line_gross_minor(line), 1
    unit = Unit(
        price_minor=price_minor,
        sku=line["sku"],
        categories=frozenset(line.get("categories", ())),
        brand=line.get("brand"),
        season=line.get("season"),
        tags=frozenset(line.get("tags", ())),
        markdown=line.get("markdown", False),
        discountable=line.get("discountable", True),
    )
    return [unit] * count


def units_of(sale: Doc) -> list[Unit]:
    """All units of the sale, returns left out."""
    return [unit for line in sale["lines"] for unit in units_of_line(line)]


def _matches(match: Doc, unit: Unit) -> bool:
    tests = {
        "skus": lambda v: unit.sku in v,
        "categories": lambda v: bool(unit.categories & set(v)),
        "brands": lambda v: unit.brand in v,
        "seasons": lambda v: unit.season in v,
        "tags": lambda v: bool(unit.tags & set(v)),
        "tags_all": lambda v: set(v) <= unit.tags,
        "price_min_minor": lambda v: unit.price_minor >= v,
        "price_max_minor": lambda v: unit.price_minor <= v,
        "price_state": lambda v: v == "any" or (v == "markdown") == unit.markdown,
    }
    return all(tests[name](value) for name, value in match.items() if value is not None)


def selects(selector: Doc | None, unit: Unit) -> bool:
    selector = selector or {}
    any_of = selector.get("any_of") or [{}]
    return any(_matches(match, unit) for match in any_of) and not any(
        _matches(match, unit) for match in selector.get("none_of") or []
    )


# --- conditions -----------------------------------------------------------------------------------


def _birthday_in(born: dt.date, year: int) -> dt.date:
    try:
        return born.replace(year=year)
    except ValueError:  # 29 February counts on the 28th in common years
        return dt.date(year, 2, 28)


def _wall_at(sale: Doc) -> dt.datetime:
    return dt.datetime.fromisoformat(sale["at"]).replace(tzinfo=None)


def _leaf_holds(leaf: Doc, sale: Doc) -> bool:
    kind, customer = leaf["type"], sale.get("customer")
    chosen = [unit for unit in units_of(sale) if selects(leaf.get("of"), unit)]
    today = _wall_at(sale).date()
    born = customer and customer.get("birthday") and dt.date.fromisoformat(customer["birthday"])
    if kind == "min_value":
        return sum(unit.price_minor for unit in chosen) >= leaf["minor"]
    if kind == "min_quantity":
        skus = {unit.sku for unit in chosen}
        return len(chosen) >= leaf["quantity"] and len(skus) >= (leaf.get("distinct_skus") or 0)
    if kind == "tender":
        return bool(set(sale.get("tenders", ())) & set(leaf["any_of"]))
    if kind == "coupon":
        return any(coupon["series"] == leaf["series"] for coupon in sale.get("coupons", ()))
    if customer is None:
        return False
    if kind == "customer_known":
        return True
    if kind == "in_segment":
        segments = set(customer.get("segments", ()))
        wanted, unwanted = leaf.get("any_of") or [], leaf.get("none_of") or []
        return (not wanted or bool(segments & set(wanted))) and not segments & set(unwanted)
    if kind == "history":
        value = customer.get("history", {}).get(leaf["metric"], 0)
    elif not born:
        return False
    elif kind == "birthday":
        distances = [(today - _birthday_in(born, today.year + step)).days for step in (-1, 0, 1)]
        before, after = leaf.get("days_before", 0), leaf.get("days_after", 0)
        return any(-before <= days <= after for days in distances)
    else:  # age
        value = today.year - born.year - (today < _birthday_in(born, today.year))
    low, high = leaf.get("min"), leaf.get("max")
    return (low is None or value >= low) and (high is None or value <= high)


def ways_to_hold(condition: Doc, sale: Doc) -> Alternatives:
    """The sets of coupon series with which one application meets the condition; [] when none."""
    kind = condition["type"]
    if kind == "any":
        return [way for part in condition["of"] for way in ways_to_hold(part, sale)]
    if kind == "all":
        return ways_to_hold_all(condition["of"], sale)
    if kind == "not":
        return [] if ways_to_hold(condition["of"], sale) else [frozenset()]
    if not _leaf_holds(condition, sale):
        return []
    return [frozenset([condition["series"]] if kind == "coupon" else [])]


def ways_to_hold_all(conditions: list[Doc], sale: Doc) -> Alternatives:
    parts = [ways_to_hold(condition, sale) for condition in conditions]
    ways = {frozenset().union(*combination) for combination in product(*parts)}
    # A set with a coupon more than another one is never needed.
    return sorted((w for w in ways if not any(o < w for o in ways)), key=sorted)


def _in_window(window: Doc, at: dt.datetime) -> bool:
    start = dt.time.fromisoformat(window.get("from") or "00:00")
    end = dt.time.fromisoformat(window.get("until") or "00:00")
    weekdays = window.get("weekdays") or range(1, 8)
    for day in (at.date(), at.date() - dt.timedelta(days=1)):
        begins = dt.datetime.combine(day, start)
        ends = dt.datetime.combine(day, end)
        if ends <= begins:  # over midnight; the weekday is that of its start
            ends += dt.timedelta(days=1)
        if day.isoweekday() in weekdays and begins <= at < ends:
            return True
    return False


def refusal(promotion: Doc, sale: Doc) -> str | None:
    """The first reason code before the conditions that keeps a promotion out of a sale."""
    at, customer = _wall_at(sale), sale.get("customer")
    validity, scope = promotion.get("validity") or {}, promotion.get("scope") or {}
    start, end = validity.get("from"), validity.get("until")
    windows = validity.get("windows") or []
    per_customer = (promotion.get("limits") or {}).get("per_customer")
    if start and at < dt.datetime.fromisoformat(start):
        return "not_started"
    if end and at >= dt.datetime.fromisoformat(end):
        return "ended"
    if windows and not any(_in_window(window, at) for window in windows):
        return "outside_window"
    if scope.get("shops") and sale.get("shop") not in scope["shops"]:
        return "wrong_shop"
    if scope.get("tills") and sale.get("till") not in scope["tills"]:
        return "wrong_till"
    if promotion["id"] in sale.get("declined", ()):
        return "declined"
    if per_customer is not None:
        # Without a customer nobody can count the receipts: the promotion does not apply.
        uses = customer.get("uses", {}).get(promotion["id"], 0) if customer else per_customer
        if uses >= per_customer:
            return "limit_customer"
    return None


def may_apply(promotion: Doc, sale: Doc) -> Alternatives:
    """What one application needs in coupons, as alternatives; [] when it may not apply at all."""
    return [] if refusal(promotion, sale) else ways_to_hold_all(promotion.get("when") or [], sale)
