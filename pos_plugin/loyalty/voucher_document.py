"""What stands on the paper of a voucher, as a document for the printer."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pos_plugin.loyalty.coming_titles import covers_blocks
from pos_plugin.loyalty.voucher_type import in_language

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pos_plugin.loyalty.coming_titles import ComingTitle
    from pos_plugin.loyalty.vouchers import NewVoucher

TRAINING_CODE: Final = "SKTEST00000000000"
CODE_END: Final = 5
_WORDS: Final = {
    "de": {"holder": "Für", "until": "Gültig bis", "shop": "Filiale", "day": "%d.%m.%Y"},
    "en": {"holder": "For", "until": "Valid until", "shop": "Shop", "day": "%Y-%m-%d"},
}


def voucher_document(
    voucher: NewVoucher,
    *,
    holder: str,
    shop: str,
    language: str,
    currency: str = "EUR",
    titles: Sequence[ComingTitle] = (),
    training: bool = False,
) -> dict[str, Any]:
    """Return the document of a voucher (``printers.document.Document`` as plain values).

    Args:
        voucher: what is printed.
        holder: name of the customer.
        shop: number of the shop, printed when the layout names no issuer.
        language: ``de`` or ``en``.
        currency: of prices.
        titles: that come soon, the next one first.
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
        blocks.append({"type": "feed", "rows": 8})
        blocks.append(_text(text, align="center"))
    blocks.append({"type": "feed", "rows": 16})
    benefit = in_language(kind.effect.label, language)
    blocks.append(_text(benefit, role="benefit", align="center", size=2, bold=True))
    blocks.append({"type": "feed", "rows": 16})
    if voucher.customer_bound:
        blocks.append(_text(f"{words['holder']} {holder}", role="holder", align="center"))
    blocks.append(
        _text(f"{words['until']} {valid_to_on}", role="valid_until", align="center", bold=True)
    )
    blocks.append({"type": "feed", "rows": 16})
    blocks.append(
        {"type": "code", "content": TRAINING_CODE if training else voucher.code, "role": "code"}
    )
    blocks += covers_blocks(
        titles[: kind.layout.covers],
        with_info=kind.layout.cover_info,
        currency=currency,
        language=language,
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


class Whose(NamedTuple):
    """What tells a printed voucher from the next one; None where the paper does not say it."""

    holder: str | None
    code_end: str | None


def whose(document: str) -> Whose:
    """Return the holder and the last five characters of the code, as a voucher is printed.

    Args:
        document: of the print job, as JSON; of one that cannot be read nothing is known.
    """
    try:
        content = json.loads(document)
        said = {block.get("role"): block for block in content["blocks"]}
        word = _WORDS[content["lang"]]["holder"]
        holder = said["holder"]["value"].removeprefix(word).strip() if "holder" in said else ""
        code = said["code"]["content"] if "code" in said else ""
    except (ValueError, LookupError, TypeError, AttributeError):
        return Whose(None, None)
    return Whose(holder or None, code[-CODE_END:] or None)


def _text(value: str, **more: object) -> dict[str, Any]:
    return {"type": "text", "value": value, **more}
