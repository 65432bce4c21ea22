"""A Tryton sale in the words of the till: the snapshot, and what was charged.

Amounts of the till are cents, its quantities thousandths; those of Tryton are decimals.
"""

# ruff: noqa: ANN401 - a record of Tryton has no type of its own.
from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING, Any

from trytond.tools import timezone as tz

if TYPE_CHECKING:
    from collections.abc import Collection

_CENTS = Decimal(100)
_THOUSANDTHS = Decimal(1000)


def to_minor(amount: Decimal) -> int:
    """Return an amount in cents."""
    return int((amount * _CENTS).to_integral_value(rounding=ROUND_HALF_UP))


def from_minor(minor: int) -> Decimal:
    """Return cents as an amount."""
    return Decimal(minor) / _CENTS


def sale_id(sale: Any) -> str:
    """Return the id under which the till knows a sale."""
    return f"tryton-{sale.id}"


def basket(sale: Any) -> dict[str, Any]:
    """Return the snapshot of a sale at its list prices, without customer and rules."""
    zone = tz.get_tzinfo(sale.company.timezone) if sale.company.timezone else tz.SERVER
    value: dict[str, Any] = {
        "sale_id": sale_id(sale),
        # The first scan: it decides what is valid, however long the sale takes.
        "at": sale.create_date.replace(tzinfo=tz.UTC).astimezone(zone).isoformat(),
        "lines": [
            {
                "line_id": str(line.id),
                "sku": line.product.code or f"product-{line.product.id}",
                "quantity_milli": int(Decimal(str(line.quantity)) * _THOUSANDTHS),
                "unit_price_minor": to_minor(line.stammkunde_tag_price),
                "vat_rate_bp": line.stammkunde_vat_rate_bp,
            }
            for line in sale.lines
        ],
    }
    if sale.employee:
        value["cashier"] = str(sale.employee.id)
    codes = (sale.stammkunde_codes or "").split()
    if codes:
        value["codes"] = [{"code": code} for code in codes]
    return value


def charged(
    sale: Any, snapshot: dict[str, Any], evaluation: dict[str, Any] | None
) -> dict[str, Any]:
    """Return what a posted sale really took; without an evaluation it was sold at list price.

    The snapshot goes along: the till may have been started anew since it was evaluated.
    """
    value: dict[str, Any] = {
        "lines": [
            {"line_id": str(line.id), "paid_minor": to_minor(line.gross_amount)}
            for line in sale.lines
        ],
        "total_minor": to_minor(sale.total),
        "tenders": [
            {
                "tender": "cash" if payment.method.cash else payment.method.name,
                "amount_minor": to_minor(payment.amount),
            }
            for payment in sale.payments
        ],
        "receipt_number": sale.number,
        "sale": snapshot,
    }
    if evaluation is None:
        return {**value, "late": True}
    return {
        **value,
        "evaluation_id": evaluation["evaluation_id"],
        "applied": evaluation["applied"],
    }


def given(effects: Collection[dict[str, Any]]) -> list[str]:
    """Return the ids of the effects that a Tryton sale can give: discounts on lines."""
    return [one["effect_id"] for one in effects if one["kind"] == "line_discount"]


def reasons(effects: Collection[dict[str, Any]]) -> dict[str, str]:
    """Return the texts of the discounts by line."""
    texts: dict[str, list[str]] = {}
    for one in effects:
        if one["kind"] == "line_discount":
            texts.setdefault(one["line_id"], []).append(one["text"])
    return {line: ", ".join(some) for line, some in texts.items()}


def remarks(effects: Collection[dict[str, Any]]) -> str:
    """Return what the cashier should read, a sentence a line."""
    kinds = ("message", "free_item_offer", "near_miss", "rejected")
    return "\n".join(one["text"] for one in effects if one["kind"] in kinds)
