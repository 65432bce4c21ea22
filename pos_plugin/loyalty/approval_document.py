"""What stands on the paper of goods on approval, as a document for the printer."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Final

from pos_plugin.loyalty.approvals import LineState, out_minor
from pos_plugin.wording import money

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pos_plugin.loyalty.approvals import ApprovalLine

_WORDS: Final = {
    "de": {
        "title": "Auswahl",
        "holder": "Für",
        "due": "Zurück oder behalten bis",
        "total": "Wert der Auswahl",
        "law": "Kein Verkauf: Die Ware bleibt bis zur Entscheidung Eigentum des Geschäfts.",
        "sign": "Unterschrift",
        "shop": "Filiale",
        "day": "%d.%m.%Y",
    },
    "en": {
        "title": "On approval",
        "holder": "For",
        "due": "To be returned or kept by",
        "total": "Value of the goods",
        "law": "No sale: the goods belong to the shop until you decide.",
        "sign": "Signature",
        "shop": "Shop",
        "day": "%Y-%m-%d",
    },
}
_LINES_MAX: Final = 40
_SIGNATURE: Final = "_" * 24


def approval_document(
    number: str,
    lines: Sequence[ApprovalLine],
    *,
    uid: str,
    holder: str,
    due_on: str,
    shop: str,
    currency: str,
    language: str,
) -> dict[str, Any]:
    """Return the document of an approval (``printers.document.Document`` as plain values).

    Args:
        number: of the approval; also its code.
        lines: the pieces; those that are out are printed, at most 40 of them one by one.
        uid: of the paper.
        holder: name of the customer.
        due_on: shop day on which they are expected back.
        shop: number of the shop.
        currency: of the prices.
        language: ``de`` or ``en``.
    """
    words = _WORDS[language]
    out = [line for line in lines if line.state == LineState.OPEN]
    due = dt.date.fromisoformat(due_on).strftime(words["day"])

    def said(amount_minor: int) -> str:
        return money(amount_minor, currency=currency, language=language)

    blocks: list[dict[str, Any]] = [
        _text(f"{words['shop']} {shop}", role="issuer", align="center"),
        _text(words["title"], align="center", size=2, bold=True),
        _text(number, role="number", align="center"),
        _text(f"{words['holder']} {holder}", role="holder", align="center"),
        {"type": "rule"},
    ]
    blocks += [
        {
            **_row(str(line.facts.get("name") or line.sku), said(line.worth_minor)),
            "role": "lines",
        }
        for line in out[:_LINES_MAX]
    ]
    if len(out) > _LINES_MAX:
        rest = out[_LINES_MAX:]
        blocks.append(_row(f"+ {len(rest)}", said(sum(line.worth_minor for line in rest))))
    blocks += [
        {"type": "rule"},
        {**_row(words["total"], said(out_minor(out))), "bold": True},
        _text(f"{words['due']} {due}", role="due_on", align="center", bold=True),
        {"type": "feed", "rows": 16},
        {"type": "code", "content": number, "role": "code"},
        _text(words["law"], role="no_receipt", align="center"),
        {"type": "feed", "rows": 48},
        _text(_SIGNATURE, align="center"),
        _text(words["sign"], role="signature", align="center"),
        {"type": "cut"},
    ]
    return {
        "schema": "stammkunde.document/1",
        "kind": "approval",
        "subject_uid": uid,
        "lang": language,
        "training": False,
        "blocks": blocks,
    }


def _row(left: str, right: str) -> dict[str, Any]:
    return {
        "type": "columns",
        "cells": [
            {"value": left, "width": 24},
            {"value": right, "width": 12, "align": "right"},
        ],
    }


def _text(value: str, **more: object) -> dict[str, Any]:
    return {"type": "text", "value": value, **more}
