"""Why a promotion does not apply, as a sentence for the cashier: a closed table.

It gives nothing away: whatever depends on the customer's groups or past purchases says the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pos_plugin import wording

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pos_plugin.promotions.result import NotApplied

_NOT_THIS_PURCHASE: Final = {
    "de": "Gilt nicht für diesen Einkauf.",
    "en": "Does not apply to this purchase.",
}

REASON_TEXTS: Final[Mapping[str, Mapping[str, str]]] = {
    "not_started": {"de": "Hat noch nicht begonnen.", "en": "Has not started yet."},
    "ended": {"de": "Ist schon zu Ende.", "en": "Has ended."},
    "outside_window": {"de": "Gilt zu einer anderen Zeit.", "en": "Applies at another time."},
    "wrong_shop": {"de": "Gilt in einer anderen Filiale.", "en": "Applies in another shop."},
    "wrong_till": {"de": "Gilt an einer anderen Kasse.", "en": "Applies at another till."},
    "declined": {"de": "Vom Kunden nicht gewünscht.", "en": "The customer does not want it."},
    "limit_customer": {
        "de": "Je Kunde begrenzt: aufgebraucht, oder keine Karte gescannt.",
        "en": "Limited per customer: used up, or no card scanned.",
    },
    "min_value": {
        "de": "Erst ab {need}, bisher {have}.",
        "en": "From {need} on; {have} so far.",
    },
    "min_quantity": {
        "de": "Mindestens {need} nötig, bisher {have}.",
        "en": "At least {need} needed; {have} so far.",
    },
    "customer_unknown": {
        "de": "Nur mit Kundenkarte. Bitte Karte scannen.",
        "en": "Only with the customer's card. Please scan it.",
    },
    "not_in_segment": _NOT_THIS_PURCHASE,
    "history": _NOT_THIS_PURCHASE,
    "condition_excludes": _NOT_THIS_PURCHASE,
    "birthday": {
        "de": "Gilt nur rund um den Geburtstag.",
        "en": "Applies around the birthday only.",
    },
    "age": {"de": "Gilt für ein anderes Alter.", "en": "Applies at another age."},
    "coupon_missing": {
        "de": "Der Gutschein dafür ist nicht gescannt.",
        "en": "Its coupon was not scanned.",
    },
    "tender": {
        "de": "Gilt nur bei einer anderen Zahlungsart.",
        "en": "Applies to another means of payment only.",
    },
    "not_discountable": {
        "de": "Auf diesen Artikel gibt es keinen Rabatt.",
        "en": "This article is never discounted.",
    },
    "no_matching_units": {
        "de": "Kein passender Artikel dabei.",
        "en": "No article that it is for.",
    },
    "limit_receipt": {
        "de": "Auf diesem Bon auf zu wenige Teile begrenzt.",
        "en": "Limited to too few pieces on this receipt.",
    },
    "no_saving": {"de": "Würde nichts sparen.", "en": "Would save nothing."},
    "excluded": {
        "de": "Nicht mit einer anderen Aktion zusammen.",
        "en": "Not together with another promotion.",
    },
    "beaten": {"de": "Andere Aktionen sparen mehr.", "en": "Other promotions save more."},
}
"""Every reason code of this build, German and English."""


_BEATEN_BY: Final = {
    "de": "Wäre {would_cost} teurer als mit {by}.",
    "en": "Would cost {would_cost} more than with {by}.",
}
_NOT_BETTER: Final = {"de": "Kein Vorteil gegenüber {by}.", "en": "No better than {by}."}
_OTHERS: Final = {"de": "anderen Aktionen", "en": "other promotions"}
_AND: Final = {"de": " und ", "en": " and "}
_QUOTED: Final = {"de": "„{}“", "en": "“{}”"}
_LONGEST: Final = 60  # characters of all names; more do not fit two lines


def reason_text(
    reason: NotApplied,
    *,
    currency: str,
    language: str,
    labels: Mapping[str, Mapping[str, str]] | None = None,
) -> str:
    """Return the sentence of a reason with its figures.

    Args:
        reason: an entry of ``not_applied``.
        currency: of the sale.
        language: ``de`` or ``en``.
        labels: of the applied promotions by id, for those that beat this one.

    >>> from pos_plugin.promotions.result import NotApplied
    >>> reason_text(NotApplied("X", "min_value", 5000, 4999), currency="EUR", language="de")
    'Erst ab 50,00 €, bisher 49,99 €.'
    >>> reason_text(NotApplied("X", "age"), currency="EUR", language="de")
    'Gilt für ein anderes Alter.'
    >>> beaten = NotApplied("X", "beaten", by=("A",), would_cost_minor=120)
    >>> reason_text(beaten, currency="EUR", language="de", labels={"A": {"de": "3 für 2"}})
    'Wäre 1,20 € teurer als mit „3 für 2“.'
    >>> reason_text(beaten, currency="EUR", language="en")
    'Would cost €1.20 more than with other promotions.'
    """
    if reason.would_cost_minor is not None:
        texts = _BEATEN_BY if reason.would_cost_minor else _NOT_BETTER
        return texts[language].format_map(
            {
                "would_cost": wording.money(
                    reason.would_cost_minor, currency=currency, language=language
                ),
                "by": _named(reason.by, labels or {}, language),
            }
        )
    figures = {"need": reason.need or 0, "have": reason.have or 0}
    if reason.code == "min_value":
        said = {
            name: wording.money(minor, currency=currency, language=language)
            for name, minor in figures.items()
        }
    else:
        said = {name: wording.count(number, language=language) for name, number in figures.items()}
    return REASON_TEXTS[reason.code][language].format_map(said)


def _named(by: tuple[str, ...], labels: Mapping[str, Mapping[str, str]], language: str) -> str:
    """The promotions by their own texts; "other promotions" where these would not be read."""
    names = [labels.get(name, {}).get(language) or labels.get(name, {}).get("de") for name in by]
    said = _AND[language].join(_QUOTED[language].format(name) for name in names if name)
    if not said or not all(names) or len(said) > _LONGEST:
        return _OTHERS[language]
    return said
