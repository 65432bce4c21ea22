"""What a result should have earned, from what its lines are paid: promotions.md §4, Earning.

Written from the text and from nothing else: units one by one, exact fractions, rounded down once.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from oracle_sale import may_apply, selects, units_of_line

if TYPE_CHECKING:
    from oracle_sale import Doc, Unit


def best_earning(promotions: list[Doc], sale: Doc, result: Doc) -> dict[str, int]:
    """Return what each account earns; accounts with nothing are left out."""
    if not sale.get("customer"):
        return {}
    earning = [p["offer"] for p in promotions if p["layer"] == "earn" and may_apply(p, sale)]
    sold = []  # each unit with what is paid for it on average of its line
    for line, paid in zip(sale["lines"], result["lines"], strict=True):
        units = units_of_line(line)
        sold += [(unit, Fraction(paid["paid_minor"], len(units))) for unit in units]
    amounts: dict[str, Fraction] = {}
    for offer in earning:
        matching = [(unit, paid) for unit, paid in sold if selects(offer.get("on"), unit)]
        points = Fraction(0)
        if offer["kind"] == "earn":
            points = sum(
                (
                    paid
                    * offer["points"]
                    / offer["per_value_minor"]
                    * _factor(earning, offer["account"], unit)
                    for unit, paid in matching
                ),
                Fraction(0),
            )
        elif offer["kind"] == "earn_fixed":
            times = len(matching) if offer["per"] == "unit" else min(len(matching), 1)
            points = Fraction(offer["points"] * times)
        amounts[offer["account"]] = amounts.get(offer["account"], Fraction(0)) + points
    return {name: int(amount) for name, amount in sorted(amounts.items()) if amount >= 1}


def _factor(earning: list[Doc], account: str, unit: Unit) -> Fraction:
    """The highest multiplier of the account that means the unit; 1 without any."""
    factors = [
        Fraction(offer["factor_bp"], 10_000)
        for offer in earning
        if offer["kind"] == "earn_multiplier"
        and offer["account"] == account
        and selects(offer.get("on"), unit)
    ]
    return max(factors, default=Fraction(1))
