"""The exact total of the solution that a result describes, before any rounding.

A rounded total hides differences of some cents between two solutions; this one does not: the units
that a result names, with the exact discounts of their rules (promotions.md §4), can be compared
with an oracle to the last fraction.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from legality import applications_of, discount_of, rounded_discount, with_tier
from oracle import off, own_rate
from oracle_sale import line_gross_minor, selects, units_of_line

if TYPE_CHECKING:
    from oracle_sale import Doc


def exact_total(result: Doc, promotions: list[Doc], sale: Doc) -> Fraction:
    """Return what the chosen solution costs exactly, in minor units.

    Of a receipt or customer promotion the best of the open tiers is taken that gives what the
    result says: on the rounded base of the result, to the minor unit.
    """
    by_id = {promotion["id"]: promotion for promotion in promotions}
    applied = [(by_id[entry["promotion"]], entry) for entry in result["promotions"]]
    # What is left per line on units that later layers may discount.
    left = [
        Fraction(line_gross_minor(sold) if sold.get("discountable", True) else 0)
        if sold["quantity_milli"] > 0
        else Fraction(0)
        for sold in sale["lines"]
    ]
    total = Fraction(result["gross_minor"])
    for promotion, _ in applied:
        if promotion["layer"] == "article":
            total -= _take(result, promotion, sale, left)
    paid_minor = _paid_after_articles(result, [one for one, _ in applied], sale)
    ends = [(total, left)]
    for layer in ("receipt", "customer"):
        for promotion, entry in applied:
            if promotion["layer"] == layer:
                ends = [
                    end
                    for total, left in ends
                    for end in _later(promotion, entry, sale, total, left, paid_minor)
                ]
                _subtract(paid_minor, result, promotion)
    assert ends, "no open tier gives what the result says"
    return min(total for total, _ in ends)


def _take(result: Doc, promotion: Doc, sale: Doc, left: list[Fraction]) -> Fraction:
    applications = applications_of(result, promotion, sale)
    offer = with_tier(promotion["offer"], len(applications))
    discounts = [discount_of(offer, pieces) for pieces in applications]
    exact = sum(discounts, Fraction(0))
    cap_minor = (promotion.get("limits") or {}).get("max_discount_minor")
    cut = Fraction(1)
    if cap_minor is not None and exact > cap_minor:
        cut = cap_minor / exact
    for pieces, discount in zip(applications, discounts, strict=True):
        price_minor = sum(piece.unit.price_minor for piece in pieces)
        for piece in pieces:
            if promotion.get("exclusive") == "units":
                left[piece.line] -= piece.unit.price_minor
            elif price_minor:
                left[piece.line] -= cut * discount * piece.unit.price_minor / price_minor
    return exact * cut


def _paid_after_articles(result: Doc, applied: list[Doc], sale: Doc) -> list[int]:
    """What the result leaves per line, in whole minor units, on units that may be discounted."""
    paid_minor = [
        line["gross_minor"] if sold.get("discountable", True) and line["gross_minor"] > 0 else 0
        for line, sold in zip(result["lines"], sale["lines"], strict=True)
    ]
    for promotion in applied:
        if promotion["layer"] == "article" and promotion.get("exclusive") != "units":
            _subtract(paid_minor, result, promotion)
        elif promotion["layer"] == "article":
            for pieces in applications_of(result, promotion, sale):
                for piece in pieces:
                    paid_minor[piece.line] -= piece.unit.price_minor
    return paid_minor


def _subtract(paid_minor: list[int], result: Doc, promotion: Doc) -> None:
    for number, line in enumerate(result["lines"]):
        for given in line["discounts"]:
            if given["promotion"] == promotion["id"]:
                paid_minor[number] -= given["discount_minor"]


def _later(
    promotion: Doc,
    entry: Doc,
    sale: Doc,
    total: Fraction,
    left: list[Fraction],
    paid_minor: list[int],
) -> list[tuple[Fraction, list[Fraction]]]:
    matching = {
        number
        for number, sold in enumerate(sale["lines"])
        if any(selects(promotion["offer"].get("on"), unit) for unit in units_of_line(sold)[:1])
    }
    base = sum((left[number] for number in matching), Fraction(0))
    base_minor = sum(paid_minor[number] for number in matching)
    cap_minor = (promotion.get("limits") or {}).get("max_discount_minor")
    ends = []
    for tier in promotion["offer"]["tiers"]:
        if not base or base < tier.get("min_value_minor", 0):
            continue
        if rounded_discount(promotion, tier, sale, base_minor) != entry["discount_minor"]:
            continue
        discount = off(own_rate(tier["benefit"], sale), base)
        discount = discount if cap_minor is None else min(discount, Fraction(cap_minor))
        rest = [
            amount * (1 - discount / base) if number in matching else amount
            for number, amount in enumerate(left)
        ]
        ends.append((total - discount, rest))
    return ends
