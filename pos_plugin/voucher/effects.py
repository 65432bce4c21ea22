"""What value vouchers do in a sale, as effects for the host (till.md §4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pos_plugin.loyalty.voucher_type import GV_TYP, LegalKind
from pos_plugin.wording import money

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pos_plugin.loyalty.value_vouchers import Settlement, UsedVoucher
    from pos_plugin.model import Line

_WORDS: Final = {
    "de": {
        "voucher": "Gutschein",
        "cut": "{used} statt {asked}",
        "stays": "Rest {left} bleibt darauf",
        "new": "Rest {left} auf neuem Gutschein",
        "lapses": "Rest {left} verfällt",
    },
    "en": {
        "voucher": "Voucher",
        "cut": "{used} instead of {asked}",
        "stays": "{left} stays on it",
        "new": "the rest of {left} on a new voucher",
        "lapses": "the rest of {left} lapses",
    },
}


def voucher_effects(
    settlement: Settlement,
    lines: Sequence[Line],
    *,
    labels: Mapping[str, str],
    currency: str,
    language: str,
    credit_gv_typ: str = GV_TYP[LegalKind.GOODS_CREDIT],
) -> list[dict[str, Any]]:
    """Return one effect per voucher, in the order in which they act.

    Args:
        settlement: what the vouchers do.
        lines: of the sale.
        labels: what a voucher gives, in the shop's language, by code; missing = "Voucher".
        currency: of the sale.
        language: of the texts, ``de`` or ``en``.
        credit_gv_typ: what a goods credit is in the fiscal record of this shop.
    """
    effects: list[dict[str, Any]] = []
    for used in settlement.used:
        voucher = used.voucher
        effect: dict[str, Any] = {
            "effect_id": used.effect_id,
            "kind": "price_reduction_voucher" if used.reduces_price else "tender_voucher",
            "code": voucher.code,
            "voucher": voucher.voucher,
            "legal_kind": voucher.legal_kind.value,
            "gv_typ": credit_gv_typ
            if voucher.legal_kind is LegalKind.GOODS_CREDIT
            else GV_TYP[voucher.legal_kind],
        }
        if used.reduces_price:
            effect["discount_minor"] = used.amount_minor
            effect["lines"] = [
                {"line_id": line.line_id, "discount_minor": part_minor}
                for line, part_minor in used.reduced(lines)
            ]
            effect["vat"] = [
                {"vat_rate_bp": rate_bp, "discount_minor": rate_minor}
                for rate_bp, rate_minor in sorted(_by_rate(used, lines).items())
            ]
        else:
            effect["amount_minor"] = used.amount_minor
        effect["rest_minor"] = used.rest_minor
        label = labels.get(voucher.code) or _WORDS[language]["voucher"]
        effect["text"] = _text(used, label, currency=currency, language=language)
        effects.append(effect)
    return effects


def _by_rate(used: UsedVoucher, lines: Sequence[Line]) -> dict[int, int]:
    by_rate: dict[int, int] = {}
    for line, part_minor in used.reduced(lines):
        by_rate[line.vat_rate_bp] = by_rate.get(line.vat_rate_bp, 0) + part_minor
    return by_rate


def _text(used: UsedVoucher, label: str, *, currency: str, language: str) -> str:
    """Return the label, and what the customer would be surprised by later."""
    words = _WORDS[language]
    amounts = {
        "used": used.amount_minor,
        "asked": used.voucher.asked_minor or 0,
        "left": used.left_minor,
    }
    said = {
        name: money(amount_minor, currency=currency, language=language)
        for name, amount_minor in amounts.items()
    }
    parts = [words["cut"].format_map(said)] if used.is_cut else []
    if used.left_minor:
        parts.append(words[used.voucher.rest].format_map(said))
    return f"{label}: {', '.join(parts)}" if parts else label
