"""Events in plain values: their head, and the completed sale for the outbox and for the host."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pos_plugin.model import line_kind

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    from pos_plugin.answers import Evaluation
    from pos_plugin.config import TillConfig
    from pos_plugin.model import Basket
    from pos_plugin.sale.receipts import BookedReceipt
    from pos_plugin.storage.journal_writer import ReceiptHead


def event_head(
    config: TillConfig, *, cashier: str | None, customer: str | None, now: dt.datetime
) -> dict[str, Any]:
    """Return what the body of every event begins with (domain.md §6)."""
    return {
        "shop": config.shop,
        "till": config.till,
        "cashier": cashier,
        "customer": customer,
        "business_on": now.date().isoformat(),
    }


def receipt_event(
    head: ReceiptHead, booked: BookedReceipt, *, turnover_minor: int
) -> dict[str, Any]:
    """Return the receipt as it stands in the body of its event.

    Args:
        head: who, when, which rules.
        booked: what was charged.
        turnover_minor: what of it was paid for goods, in minor units (cents).
    """
    return {
        "sale_id": head.sale_id,
        "receipt_number": head.receipt_number,
        "cashier": head.cashier,
        "customer": head.customer,
        "at": head.at.isoformat(),
        "business_on": head.completed_at.date().isoformat(),
        "currency": head.currency,
        "generation": head.generation,
        "evaluation_id": head.evaluation_id,
        "gross_minor": booked.gross_minor,
        "discount_minor": booked.discount_minor,
        "total_minor": booked.total_minor,
        "turnover_minor": turnover_minor,
        "evaluated_total_minor": head.evaluated_total_minor,
        "charged_differs": booked.charged_differs,
        "late": head.late,
        "tenders": head.tenders,
    }


def line_events(basket: Basket, booked: BookedReceipt) -> list[dict[str, Any]]:
    """Return the lines as they were charged."""
    return [
        {
            "line_id": line.line_id,
            "sku": line.sku,
            "kind": line_kind(line.tags),
            "quantity_milli": line.quantity_milli,
            "unit_price_minor": line.unit_price_minor,
            "gross_minor": amounts.gross_minor,
            "discount_minor": amounts.gross_minor - amounts.paid_minor,
            "paid_minor": amounts.paid_minor,
            "host_discount_minor": amounts.host_discount_minor,
            "voucher_discount_minor": amounts.voucher_discount_minor,
            "host_difference_minor": amounts.host_difference_minor,
            "vat_rate_bp": line.vat_rate_bp,
        }
        for line, amounts in zip(basket.lines, booked.lines, strict=True)
    ]


def promotion_events(basket: Basket, booked: BookedReceipt) -> list[dict[str, Any]]:
    """Return what each promotion gave on each line."""
    return [
        {
            "line_id": line.line_id,
            "promotion": one.promotion,
            "revision": one.revision,
            "layer": one.layer,
            "application": one.application,
            "role": one.role,
            "times": one.times,
            "units_milli": one.units_milli,
            "discount_minor": one.discount_minor,
        }
        for line, amounts in zip(basket.lines, booked.lines, strict=True)
        for one in amounts.discounts
    ]


def declined_events(basket: Basket, reasons: Mapping[str, str]) -> list[dict[str, str | None]]:
    """Return the promotions that the customer did not want, each with the reason that was said."""
    return [{"promotion": name, "reason": reasons.get(name)} for name in basket.declined]


def refused_events(evaluation: Evaluation, known: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return the vouchers that this sale did not take, and why; of unknown codes only the fact.

    Args:
        evaluation: by which the sale was charged.
        known: id of the voucher of each code that belongs to one.
    """
    return [
        {"voucher": known.get(code), "code": refused.code.value}
        for code, refused in evaluation.rejected.items()
    ]


def sale_answer(
    head: ReceiptHead, booked: BookedReceipt, effects: list[dict[str, Any]]
) -> dict[str, Any]:
    """Return what the host is told, and told again."""
    return {
        "sale_id": head.sale_id,
        "receipt_number": head.receipt_number,
        "generation": head.generation,
        "evaluation_id": head.evaluation_id,
        "completed_at": head.completed_at.isoformat(timespec="milliseconds"),
        "gross_minor": booked.gross_minor,
        "discount_minor": booked.discount_minor,
        "total_minor": booked.total_minor,
        "charged_differs": booked.charged_differs,
        "late": head.late,
        "earned": [{"account": one.account, "amount": one.amount} for one in booked.earned],
        "effects": effects,
    }
