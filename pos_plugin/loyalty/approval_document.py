"""What fills the slip of goods on approval (Auswahlbeleg)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pos_plugin.loyalty.approvals import LineState, out_minor
from pos_plugin.loyalty.voucher_document import shop_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pos_plugin.loyalty.approvals import ApprovalLine

LINES_MAX: Final = 40


def approval_values(
    number: str,
    lines: Sequence[ApprovalLine],
    *,
    holder: str,
    given_on: str,
    due_on: str,
    shop: str,
    language: str,
) -> dict[str, Any]:
    """Return the values of an approval by the names of its catalogue.

    Args:
        number: of the approval; also its code.
        lines: the pieces; those that are out are printed, at most 40 of them one by one.
        holder: name of the customer.
        given_on: shop day on which they were taken.
        due_on: shop day on which they are expected back.
        shop: number of the shop.
        language: ``de`` or ``en``.
    """
    out = [line for line in lines if line.state == LineState.OPEN]
    rest = out[LINES_MAX:]
    return {
        "issuer": shop_name(shop, language),
        "customer.name": holder,
        "number": number,
        "code": number,
        "given_on": given_on,
        "due_on": due_on,
        "shop": shop,
        "lines": [
            {
                "name": str(line.facts.get("name") or line.sku),
                "sku": line.sku,
                "worth": line.worth_minor,
            }
            for line in out[:LINES_MAX]
        ],
        "more_count": len(rest) or None,
        "more_worth": sum(line.worth_minor for line in rest) if rest else None,
        "total": out_minor(out),
        "pieces": len(out),
    }
