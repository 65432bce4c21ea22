"""Engines that break a law on purpose: the negative controls of ``laws`` and ``legality``.

``greedy`` works like most tills: promotions in the order of the file, units in scan order, each
unit to the first that takes it. It knows ``unit_discount`` with percent and ``max_units`` only, and
claims to be optimal.
"""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

from oracle_sale import half_up, line_gross_minor, selects, units_of_line

if TYPE_CHECKING:
    from laws import Evaluate

Doc = dict[str, Any]


def greedy(promotions: list[Doc], sale: Doc, *, max_units_per_line: bool = False) -> Doc:
    """Fixed order; with the flag it also counts ``max_units`` per line instead of per receipt."""
    free = [len(units_of_line(line)) for line in sale["lines"]]
    discounts: list[list[Doc]] = [[] for _ in sale["lines"]]
    applied, reasons = [], []
    for promotion in promotions:
        offer = promotion["offer"]
        most = offer.get("max_units") or sum(free)
        left, taken = most, 0
        for number, line in enumerate(sale["lines"]):
            left = most if max_units_per_line else left
            fits = selects(offer.get("on"), units_of_line(line)[0])
            units = min(free[number], left) if fits else 0
            if units:
                price_minor = units * line["unit_price_minor"]
                discount_minor = half_up(price_minor * offer["benefit"]["bp"], 10_000)
                discounts[number].append(_entry(promotion, units, discount_minor))
                free[number] -= units
                left -= units
                taken += units
        for entry in (entry for given in discounts for entry in given):
            if entry["promotion"] == promotion["id"]:
                entry["times"] = taken  # one group for all units of the promotion
        if taken:
            applied.append((promotion, taken))
        else:
            reasons.append({"promotion": promotion["id"], "code": "no_matching_units"})
    return _result(sale, discounts, applied, reasons)


def _entry(promotion: Doc, units: int, discount_minor: int) -> Doc:
    return {
        "promotion": promotion["id"],
        "revision": 1,
        "layer": "article",
        "application": 1,
        "times": 0,
        "units_milli": 1000 * units,
        "role": "target",
        "discount_minor": discount_minor,
    }


def _result(
    sale: Doc, discounts: list[list[Doc]], applied: list[tuple[Doc, int]], reasons: list[Doc]
) -> Doc:
    lines = []
    for line, given in zip(sale["lines"], discounts, strict=True):
        gross_minor = line_gross_minor(line)
        discount_minor = sum(entry["discount_minor"] for entry in given)
        lines.append(
            {"line_id": line["line_id"]}
            | _amounts(gross_minor, discount_minor, "paid_minor")
            | {"discounts": given}
        )
    gross_minor = sum(line["gross_minor"] for line in lines)
    discount_minor = sum(line["discount_minor"] for line in lines)
    entries = [entry for given in discounts for entry in given]
    return (
        {"generation": 0, "optimal": True, "gap_minor": 0}
        | _amounts(gross_minor, discount_minor, "total_minor")
        | {
            "lines": lines,
            "promotions": [
                {
                    "promotion": promotion["id"],
                    "label": {},
                    "applications": times,
                    "discount_minor": sum(
                        entry["discount_minor"]
                        for entry in entries
                        if entry["promotion"] == promotion["id"]
                    ),
                }
                for promotion, times in applied
            ],
            "vat": [{"vat_rate_bp": 0} | _amounts(gross_minor, discount_minor, "paid_minor")],
            "earned": [],
            "coupons_used": [],
            "not_applied": reasons,
        }
    )


def _amounts(gross_minor: int, discount_minor: int, rest: str) -> Doc:
    return {
        "gross_minor": gross_minor,
        "discount_minor": discount_minor,
        rest: gross_minor - discount_minor,
    }


def restless() -> Evaluate:
    """An engine that answers every second call with its lists turned round."""
    calls = count()

    def evaluate(promotions: list[Doc], sale: Doc) -> Doc:
        result = greedy(promotions, sale)
        if next(calls) % 2:
            result["not_applied"].reverse()
        return result

    return evaluate


def any_tier(promotions: list[Doc], sale: Doc) -> Doc:
    """Gives the best of its quantity tiers to whoever takes any number of units."""
    best = [
        promotion
        | {
            "offer": {
                "kind": "unit_discount",
                "on": promotion["offer"].get("on"),
                "benefit": max(
                    (tier["benefit"] for tier in promotion["offer"]["tiers"]),
                    key=lambda benefit: int(benefit["bp"]),
                ),
            }
        }
        for promotion in promotions
    ]
    return greedy(best, sale)
