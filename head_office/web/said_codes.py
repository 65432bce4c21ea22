"""Codes that head office stores, in the words of people."""

from __future__ import annotations

from typing import Final

_WORDS: Final[dict[str, dict[str, tuple[str, str]]]] = {
    "role": {
        "viewer": ("Ansehen", "Looks"),
        "editor": ("Schreiben", "Writes"),
        "owner": ("Inhaber", "Owner"),
    },
    "voucher": {
        "planned": ("geplant", "planned"),
        "issued": ("offen", "open"),
        "reserved": ("wird gerade benutzt", "in use"),
        "partly_redeemed": ("teilweise eingelöst", "partly redeemed"),
        "redeemed": ("eingelöst", "redeemed"),
        "expired": ("abgelaufen", "expired"),
        "blocked": ("gesperrt", "blocked"),
        "cancelled": ("storniert", "cancelled"),
    },
    "outside": {
        "none": ("in keiner Klasse", "in no class"),
        "new": ("noch zu neu", "too new"),
        "absent": ("noch nie da gewesen", "never here"),
    },
    "legal_kind": {
        "promo": ("Werbung, umsonst", "Advertising, free"),
        "earned_bonus": ("Gesammelter Bonus", "Earned bonus"),
        "gift_mpv": ("Verkaufter Gutschein", "Sold voucher"),
        "gift_spv": ("Verkaufter Gutschein mit festem Steuersatz", "Sold voucher of one VAT rate"),
        "goods_credit": ("Warengutschrift", "Credit for goods"),
        "reward": ("Prämie", "Reward"),
    },
}


def said(group: str, code: str, language: str) -> str:
    """Return a code in words; one that this version does not know stays as it is.

    >>> said("role", "owner", "de"), said("role", "porter", "de")
    ('Inhaber', 'porter')
    """
    words = _WORDS[group].get(code)
    return code if words is None else words[0 if language == "de" else 1]
