"""The words of the figures, German and English."""

from __future__ import annotations

from typing import Final

from pos_plugin import wording
from pos_plugin.units import divide_half_up

WORDS: Final = {
    "de": {
        "title": "Kundenklassen, Filiale {shop}",
        "period": "{before} bis {after} (Schema {scheme})",
        "none": "keine Klasse",
        "new": "neu",
        "absent": "noch nie da",
        "before": "vorher",
        "after": "nachher",
        "sum": "Summe",
        "migration": "Wer wohin gewechselt ist",
        "migration_note": "Zeile = Klasse am {before}, Spalte = Klasse am {after}. "
        "Darunter der Umsatz dieser Kunden in der Zwischenzeit.",
        "revision": "Achtung: In dieser Zeit hat Fassung {revisions} des Schemas begonnen. "
        "Ein Teil der Wechsel kommt daher.",
        "sizes": "Kunden je Klasse",
        "vouchers": "Gutscheine aus dieser Zeit",
        "class": "Klasse bei Vergabe",
        "no_class": "ohne Klasse",
        "granted": "vergeben",
        "printed": "gedruckt",
        "not_printed": "nicht gedruckt",
        "handed_over": "überreicht",
        "not_handed_over": "nicht überreicht",
        "happened": "{on} Kasse {till} Kassierer {cashier} Bon {receipt}",
        "never": "nie",
        "no": "-",
        "elsewhere": "an anderer Kasse",
        "redeemed": "eingelöst",
        "days": "Tage bis zur Einlösung",
        "days_note": "Hälfte der Einlösungen nach höchstens {days} Tagen",
        "groups": "Mit und ohne Gutschein",
        "groups_note": "Verglichen werden Kunden, die am {before} in derselben Klasse waren: die "
        "{length} Tage vorher und die {length} Tage danach, je Kunde. Wer einen Gutschein bekam, "
        "wurde nicht ausgelost: Ein Unterschied ist ein Hinweis, kein Beweis.",
        "with": "mit Gutschein",
        "without": "ohne Gutschein",
        "customers": "Kunden",
        "rentals": "Ausleihen je Kunde",
        "turnover": "Umsatz je Kunde",
        "margin": "Rohertrag je Kunde",
        "margin_of": "Rohertrag {money}",
        "turnover_of": "Umsatz {money}",
        "unpriced": "Positionen ohne Einkaufspreis: {count}. Ihr Rohertrag zählt nicht.",
        "nothing": "In dieser Zeit gab es keine.",
    },
    "en": {
        "title": "Customer classes, shop {shop}",
        "period": "{before} to {after} (scheme {scheme})",
        "none": "no class",
        "new": "new",
        "absent": "not seen yet",
        "before": "before",
        "after": "after",
        "sum": "Total",
        "migration": "Who moved where",
        "migration_note": "Row = class on {before}, column = class on {after}. "
        "Below it the turnover of these customers in between.",
        "revision": "Mind: revision {revisions} of the scheme began in this time. "
        "Some of the moves come from that.",
        "sizes": "Customers by class",
        "vouchers": "Vouchers of this time",
        "class": "Class at the grant",
        "no_class": "no class",
        "granted": "granted",
        "printed": "printed",
        "not_printed": "not printed",
        "handed_over": "handed over",
        "not_handed_over": "not handed over",
        "happened": "{on} till {till} cashier {cashier} receipt {receipt}",
        "never": "never",
        "no": "-",
        "elsewhere": "at another till",
        "redeemed": "redeemed",
        "days": "Days to redemption",
        "days_note": "half of the redemptions within {days} days",
        "groups": "With and without a voucher",
        "groups_note": "Compared are customers who were in the same class on {before}: the "
        "{length} days before and the {length} days after, per customer. Nobody drew lots who got "
        "a voucher: a difference is a hint and no proof.",
        "with": "with a voucher",
        "without": "without a voucher",
        "customers": "customers",
        "rentals": "Rentals per customer",
        "turnover": "Turnover per customer",
        "margin": "Margin per customer",
        "margin_of": "margin {money}",
        "turnover_of": "turnover {money}",
        "unpriced": "Lines without a purchase price: {count}. Their margin does not count.",
        "nothing": "There were none in this time.",
    },
}


def unpriced_note(unpriced_lines: int | None, *, language: str) -> str | None:
    """Return what is to be said of lines without a purchase price; None when there is nothing."""
    if not unpriced_lines:
        return None
    return WORDS[language]["unpriced"].format(
        count=wording.count(unpriced_lines, language=language)
    )


STATES: Final = {
    "de": {
        "planned": "geplant",
        "issued": "ausgegeben",
        "reserved": "reserviert",
        "partly_redeemed": "teils eingelöst",
        "redeemed": "eingelöst",
        "blocked": "gesperrt",
        "cancelled": "storniert",
        "expired": "abgelaufen",
    },
    "en": {
        "planned": "planned",
        "issued": "issued",
        "reserved": "reserved",
        "partly_redeemed": "partly redeemed",
        "redeemed": "redeemed",
        "blocked": "blocked",
        "cancelled": "cancelled",
        "expired": "expired",
    },
}
"""States of a voucher as people say them."""


def class_name(code: str | None, *, language: str) -> str:
    """Return how people call a class, also the segment that a voucher names.

    >>> class_name("none", language="de"), class_name("abc:C", language="de")
    ('keine Klasse', 'C')
    """
    words = WORDS[language]
    if code is None:
        return words["no_class"]
    bare = code.removeprefix("abc:")
    return words[bare] if bare in ("none", "new", "absent") else bare


def per_customer(total: int, customers: int, *, language: str) -> str:
    """Return how many each has on average, to one decimal place.

    >>> per_customer(7, 2, language="de"), per_customer(1, 3, language="en")
    ('3,5', '0.3')
    """
    tenths = divide_half_up(10 * total, customers) if customers else 0
    whole, tenth = divmod(abs(tenths), 10)
    mark = "," if language == "de" else "."
    sign = "-" if tenths < 0 else ""
    return f"{sign}{wording.count(whole, language=language)}{mark}{tenth}"


def money_per_customer(total_minor: int, customers: int, *, currency: str, language: str) -> str:
    """Return how much each has on average, rounded to the cent."""
    each_minor = divide_half_up(total_minor, customers) if customers else 0
    return wording.money(each_minor, currency=currency, language=language)
