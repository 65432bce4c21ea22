"""The neutral workload: 20 000 articles, 1 000 promotions, baskets with 30 % promoted lines.

Articles lie in 2 000 categories of ten; promotions touch 600 of them. Of 1 000 promotions are 400
percent on a category, 200 "3 for 2", 120 bundles of two categories, 30 receipt tiers (three on
everything, the others on 20 categories), 150 percent for members of one of 15 groups and 100
percent against a coupon. Every customer is in three groups, every second one has a coupon. Made
from a seed: the same on every machine. The crowded form has 100 promotions of the same mix on
twelve categories, and every line of its baskets is from them.
"""

from __future__ import annotations

import random
from typing import Any

SEED = 20260307
CATEGORIES = 2000
PROMOTED = 600
CROWDED = 12
ARTICLES_A_CATEGORY = 10
GROUPS = 15
COUPONS = 100
AT = "2026-03-07T15:12:00+01:00"


def articles() -> list[dict[str, Any]]:
    """Rows of the article master, as the cache of a till holds them."""
    prices = random.Random(SEED)
    return [
        {
            "sku": f"A{category * ARTICLES_A_CATEGORY + number:05d}",
            "name": f"Article {category}.{number}",
            "categories": [f"c{category}"],
            "brand": None,
            "season": None,
            "tags": [],
            "unit_price_minor": prices.randint(200, 9999),
            "markdown": False,
            "vat_rate_bp": 1900,
            "discountable": True,
        }
        for category in range(CATEGORIES)
        for number in range(ARTICLES_A_CATEGORY)
    ]


def promotions(count: int = 1000, promoted: int = PROMOTED) -> list[dict[str, Any]]:
    """The rules; ``count`` in hundreds, on the first ``promoted`` categories."""
    draw = random.Random(SEED + 1)

    def some(number: int = 1) -> dict[str, Any]:
        categories = [f"c{one}" for one in sorted(draw.sample(range(promoted), number))]
        return {"any_of": [{"categories": categories}]}

    def percent() -> dict[str, Any]:
        return {"type": "percent", "bp": draw.choice((500, 1000, 1500, 2000, 3000))}

    def off() -> dict[str, Any]:
        return {"kind": "unit_discount", "on": some(), "benefit": percent()}

    rules: list[dict[str, Any]] = []

    def add(name: str, offer: dict[str, Any], **more: object) -> None:
        rule_id = f"{name}{len(rules):04d}"
        rules.append({"id": rule_id, "layer": "article", "offer": offer, **more})

    for hundred in range(count // 100):
        for _ in range(40):
            add("PERCENT", off())
        for _ in range(20):
            add("THREE", {"kind": "n_for_m", "on": some(), "n": 3})
        for _ in range(12):
            slots = [{"on": some()}, {"on": some()}]
            add("SET", {"kind": "bundle", "slots": slots, "benefit": percent()})
        for _ in range(15):
            group = {"type": "in_segment", "any_of": [f"g{draw.randrange(GROUPS)}"]}
            add("GROUP", off(), when=[group])
        for _ in range(10):
            coupon = {"type": "coupon", "series": f"S{draw.randrange(COUPONS)}"}
            add("COUPON", off(), when=[coupon])
        for number in range(3):
            tiers = [
                {"min_value_minor": 5000 * step, "benefit": {"type": "percent", "bp": 200 * step}}
                for step in (1, 2, 4)
            ]
            offer: dict[str, Any] = {"kind": "receipt_discount", "tiers": tiers}
            if number or hundred % 4:
                offer["on"] = some(min(20, promoted // 2))
            add("TIER", offer, layer="receipt")
    return rules


def untouched(count: int) -> list[dict[str, Any]]:
    """As many rules of the same mix, on categories that hold no article of any basket."""
    return [_elsewhere(one) for one in promotions(count)]


def _elsewhere(promotion: dict[str, Any]) -> dict[str, Any]:
    offer = dict(promotion["offer"])
    if "slots" in offer:
        offer["slots"] = [{**slot, "on": _nowhere(slot["on"])} for slot in offer["slots"]]
    else:
        # A receipt tier on everything would be a candidate of every basket.
        offer["on"] = _nowhere(offer.get("on", {"any_of": [{"categories": ["c0"]}]}))
    return {**promotion, "id": f"{promotion['id']}X", "offer": offer}


def _nowhere(selector: dict[str, Any]) -> dict[str, Any]:
    (match,) = selector["any_of"]
    return {"any_of": [{"categories": [f"{one}x" for one in match["categories"]]}]}


def sale_of_pieces(number: int, pieces: int, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """A sale of 20 lines, so many equal pieces on its first line with a promoted article."""
    found = sale(number, 20, rows)
    for line in found["lines"]:
        if int(line["categories"][0][1:]) < PROMOTED:
            line["quantity_milli"] = pieces * 1000
            break
    return found


def crowded_promotions() -> list[dict[str, Any]]:
    """A hundred rules that want the same few articles."""
    return promotions(100, CROWDED)


def crowded_sale(number: int, lines: int, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """A sale of nothing but those articles."""
    return sale(number, lines, rows[: CROWDED * ARTICLES_A_CATEGORY])


def sale(number: int, lines: int, rows: list[dict[str, Any]]) -> dict[str, Any]:
    """A sale of promotions.md §3, all facts in it."""
    draw = random.Random(f"{SEED} {number} {lines}")
    promoted = min(PROMOTED * ARTICLES_A_CATEGORY, len(rows))
    basket = []
    for position in range(1, lines + 1):
        is_promoted = draw.random() < 0.3 or promoted == len(rows)
        low, high = (0, promoted) if is_promoted else (promoted, len(rows))
        article = dict(rows[draw.randrange(low, high)])
        del article["name"]
        pieces = draw.choice((1, 1, 1, 1, 1, 1, 1, 1, 2, 3))
        basket.append({"line_id": str(position), "quantity_milli": pieces * 1000, **article})
    groups = [f"g{one}" for one in sorted(draw.sample(range(GROUPS), 3))]
    coupons = [{"code": "C1", "series": f"S{draw.randrange(COUPONS)}"}] if number % 2 else []
    return {
        "sale_id": f"bench-{lines}-{number}",
        "at": AT,
        "customer": {"id": "K1", "segments": groups},
        "coupons": coupons,
        "lines": basket,
    }
