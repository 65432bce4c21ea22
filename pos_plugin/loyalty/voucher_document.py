"""What stands on the paper of a voucher, as a document for the printer."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Final

from pos_plugin.loyalty.voucher_type import in_language

if TYPE_CHECKING:
    from pos_plugin.loyalty.vouchers import NewVoucher

TRAINING_CODE: Final = "SKTEST00000000000"
_WORDS: Final = {
    "de": {"holder": "Für", "until": "Gültig bis", "shop": "Filiale", "day": "%d.%m.%Y"},
    "en": {"holder": "For", "until": "Valid until", "shop": "Shop", "day": "%Y-%m-%d"},
}


def voucher_document(
    voucher: NewVoucher, *, holder: str, shop: str, language: str, training: bool = False
) -> dict[str, Any]:
    """Return the document of a voucher (``printers.document.Document`` as plain values).

    Args:
        voucher: what is printed.
        holder: name of the customer.
        shop: number of the shop, printed when the layout names no issuer.
        language: ``de`` or ``en``.
        training: a bar says so, and the code is one that every till refuses.
    """
    words = _WORDS[language]
    kind = voucher.type
    valid_to_on = dt.date.fromisoformat(voucher.valid_to_on).strftime(words["day"])
    issuer = in_language(kind.layout.issuer, language) or f"{words['shop']} {shop}"
    text = in_language(kind.layout.text, language)
    blocks: list[dict[str, Any]] = []
    if kind.layout.logo:
        blocks.append({"type": "image", "asset": kind.layout.logo})
    blocks.append(_text(issuer, role="issuer", align="center"))
    blocks.append({"type": "feed", "rows": 16})
    title = in_language(kind.layout.title, language)
    blocks.append(_text(title, align="center", size=2, bold=True))
    if text:
        blocks.append(_text(text, align="center"))
    blocks.append({"type": "feed", "rows": 16})
    benefit = in_language(kind.effect.label, language)
    blocks.append(_text(benefit, role="benefit", align="center", size=2, bold=True))
    blocks.append({"type": "feed", "rows": 16})
    if kind.customer_bound:
        blocks.append(_text(f"{words['holder']} {holder}", role="holder", align="center"))
    blocks.append(
        _text(f"{words['until']} {valid_to_on}", role="valid_until", align="center", bold=True)
    )
    blocks.append({"type": "feed", "rows": 16})
    blocks.append(
        {"type": "code", "content": TRAINING_CODE if training else voucher.code, "role": "code"}
    )
    blocks.append({"type": "rule", "style": "dashed"})
    blocks.append(
        _text(in_language(kind.conditions.text, language), role="conditions", align="center")
    )
    blocks.append({"type": "cut"})
    return {
        "schema": "stammkunde.document/1",
        "kind": "voucher",
        "subject_uid": voucher.id,
        "lang": language,
        "training": training,
        "blocks": blocks,
    }


def _text(value: str, **more: object) -> dict[str, Any]:
    return {"type": "text", "value": value, **more}
