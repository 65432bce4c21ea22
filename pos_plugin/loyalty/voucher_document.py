"""What fills the paper of a voucher, and what a stored paper says of itself.

How it looks is the business of its template (docs/printing.md); what it says is here.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pos_plugin.loyalty.voucher_type import in_language

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pos_plugin.loyalty.coming_titles import ComingTitle
    from pos_plugin.loyalty.vouchers import NewVoucher

CODE_END: Final = 5
_SHOP: Final = {"de": "Filiale", "en": "Shop"}


def voucher_values(
    voucher: NewVoucher,
    *,
    holder: str,
    shop: str,
    language: str,
    titles: Sequence[ComingTitle] = (),
    training: bool = False,
) -> dict[str, Any]:
    """Return the values of a voucher by the names of its catalogue.

    Args:
        voucher: what is printed.
        holder: name of the customer.
        shop: number of the shop, printed when the layout names no issuer.
        language: ``de`` or ``en``.
        titles: that come soon, the next one first.
        training: nobody gets it.
    """
    kind = voucher.type
    layout = kind.layout
    return {
        "issuer": in_language(layout.issuer, language) or shop_name(shop, language),
        "logo": layout.logo,
        "title": in_language(layout.title, language),
        "text": in_language(layout.text, language),
        "benefit": in_language(kind.effect.label, language),
        "customer.name": holder if voucher.customer_bound else None,
        "voucher.code": voucher.code,
        "voucher.value": voucher.value_minor,
        "valid_from": voucher.valid_from_on,
        "valid_to": voucher.valid_to_on,
        "conditions": in_language(kind.conditions.text, language),
        "shop": shop,
        "training": training,
        "titles": [
            {
                "title": one.title,
                "start": one.start_on,
                "price": one.price_minor,
                "picture": one.picture,
            }
            for one in titles[: layout.covers]
        ],
    }


def strip_values(
    vouchers: Sequence[NewVoucher], *, holder: str, shop: str, language: str, training: bool = False
) -> dict[str, Any]:
    """Return the values of several coupons on one strip; the first one gives its words.

    Args:
        vouchers: one or more.
        holder: name of the customer.
        shop: number of the shop.
        language: ``de`` or ``en``.
        training: nobody gets them.
    """
    first = voucher_values(
        vouchers[0], holder=holder, shop=shop, language=language, training=training
    )
    coupons = [
        {
            "title": in_language(one.type.layout.title, language),
            "benefit": in_language(one.type.effect.label, language),
            "value": one.value_minor,
            "code": one.code,
            "valid_to": one.valid_to_on,
            "conditions": in_language(one.type.conditions.text, language),
            "is_first": number == 0,
        }
        for number, one in enumerate(vouchers)
    ]
    return {**first, "coupons": coupons}


def shop_name(shop: str, language: str) -> str:
    """Return what a paper calls a shop that has no other name.

    >>> shop_name("001", "de")
    'Filiale 001'
    """
    return f"{_SHOP[language]} {shop}"


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
        holder = content.get("holder")
        said = {block.get("role"): block for block in reversed(content["blocks"])}
        code = said["code"]["content"] if "code" in said else ""
    except (ValueError, LookupError, TypeError, AttributeError):
        return Whose(None, None)
    return Whose(holder if isinstance(holder, str) and holder else None, code[-CODE_END:] or None)
