"""What every form asks: the name, when, for whom, where, and how often."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Final

from head_office.web.forms.fields import (
    ClockTime,
    Day,
    Field,
    FieldFault,
    Flag,
    Hundredths,
    Line,
    OneOf,
    Weekdays,
    Whole,
    Words,
)
from pos_plugin.limits import MAX_PIECES_A_LINE, MAX_SALE_MINOR
from pos_plugin.promotions.conditions import CustomerKnown, InSegment

if TYPE_CHECKING:
    from head_office.web.forms.fields import Values
    from pos_plugin.promotions.promotion import Promotion

NAME: Final = (
    Field(
        "label_de",
        Line(),
        "Text auf Bon und Anzeige",
        "Text on receipt and display (German)",
        ("Zum Beispiel: 20 % auf Hosen", "For example: 20 % auf Hosen"),
        is_needed=True,
    ),
    Field("label_en", Line(), "Derselbe Text auf Englisch", "The same text in English"),
)
TIME: Final = (
    Field("from_on", Day(), "Erster Tag", "First day", ("Leer = sofort.", "Empty = at once.")),
    Field("last_on", Day(), "Letzter Tag", "Last day", ("Leer = ohne Ende.", "Empty = no end.")),
    Field(
        "weekdays",
        Weekdays(),
        "Nur an diesen Wochentagen",
        "Only on these days of the week",
        ("Keiner gewählt = jeden Tag.", "None chosen = every day."),
    ),
    Field("hours_from", ClockTime(), "Täglich ab", "Each day from"),
    Field("hours_until", ClockTime(), "Täglich bis", "Each day until"),
)
WHO: Final = (
    Field(
        "who",
        OneOf(
            (
                ("all", "Alle", "Everybody"),
                ("card", "Alle mit Kundenkarte", "Everybody with a card"),
                ("groups", "Nur diese Gruppen", "Only these groups"),
            )
        ),
        "Für wen",
        "For whom",
    ),
    Field(
        "groups",
        Words("groups"),
        "Kundengruppen",
        "Groups of customers",
        (
            "Zum Beispiel: stammkunde, abc:A, abc:B",
            "For example: stammkunde, abc:A, abc:B",
        ),
    ),
    Field(
        "per_customer",
        Whole(1, MAX_PIECES_A_LINE),
        "Je Kunde auf höchstens so vielen Bons",
        "On at most so many receipts a customer",
        ("Leer = beliebig oft.", "Empty = as often as they like."),
    ),
    Field(
        "shops",
        Words("shops"),
        "Nur in diesen Filialen",
        "Only in these shops",
        ("Keine gewählt = überall.", "None chosen = everywhere."),
    ),
)
MORE: Final = (
    Field(
        "announced",
        Flag(),
        "Wird öffentlich beworben",
        "Is advertised",
        (
            "Dann wird geprüft, ob der niedrigste Preis der letzten 30 Tage bekannt ist.",
            "Then the lowest price of the last 30 days has to be known.",
        ),
    ),
    Field(
        "hint",
        Hundredths("€", MAX_SALE_MINOR),
        "Kasse weist darauf hin, wenn höchstens so viel fehlt",
        "The till says so when at most this much is missing",
    ),
)
_MIDNIGHT: Final = dt.time(0)


def write(values: Values) -> dict[str, Any]:
    """Return everything of a promotion but id, layer and offer.

    Raises:
        FieldFault: groups are wanted, and none is named.
    """
    label = {
        language: values[f"label_{language}"]
        for language in ("de", "en")
        if values.get(f"label_{language}")
    }
    return {
        "label": label,
        "validity": _validity(values),
        "scope": {"shops": values.get("shops") or []},
        "when": _when(values),
        "limits": {"per_customer": values.get("per_customer")},
        "announced_publicly": bool(values.get("announced")),
        "hint_within_minor": values.get("hint"),
    }


def read(promotion: Promotion) -> Values:
    """Return what the fields hold for a promotion; what they have no place for is lost."""
    validity = promotion.validity
    found: Values = {
        "label_de": promotion.label.get("de"),
        "label_en": promotion.label.get("en"),
        "shops": list(promotion.scope.shops),
        "per_customer": promotion.limits.per_customer,
        "announced": promotion.announced_publicly,
        "hint": promotion.hint_within_minor,
        "who": "all",
    }
    if validity.from_ is not None:
        found["from_on"] = validity.from_.date()
    if validity.until is not None and validity.until.date() > dt.date.min:
        found["last_on"] = validity.until.date() - dt.timedelta(days=1)
    for window in validity.windows[:1]:
        found["weekdays"] = list(window.weekdays)
        if window.from_ != _MIDNIGHT or window.until != _MIDNIGHT:
            found |= {"hours_from": window.from_, "hours_until": window.until}
    for condition in promotion.when:
        if isinstance(condition, CustomerKnown):
            found["who"] = "card"
        if isinstance(condition, InSegment):
            found |= {"who": "groups", "groups": list(condition.any_of)}
    return found


def _validity(values: Values) -> dict[str, Any]:
    first_on, last_on = values.get("from_on"), values.get("last_on")
    if first_on and last_on and last_on < first_on:
        raise FieldFault(
            "Der letzte Tag liegt vor dem ersten.", "The last day is before the first."
        )
    validity: dict[str, Any] = {}
    if first_on:
        validity["from"] = f"{first_on.isoformat()}T00:00"
    if last_on:
        if last_on == dt.date.max:
            raise FieldFault("Bitte ein früherer letzter Tag.", "An earlier last day, please.")
        validity["until"] = f"{(last_on + dt.timedelta(days=1)).isoformat()}T00:00"
    begin, end = values.get("hours_from"), values.get("hours_until")
    if values.get("weekdays") or begin or end:
        window: dict[str, Any] = {"weekdays": values.get("weekdays") or []}
        window["from"] = f"{begin or _MIDNIGHT:%H:%M}"
        window["until"] = f"{end or _MIDNIGHT:%H:%M}"
        validity["windows"] = [window]
    return validity


def _when(values: Values) -> list[dict[str, Any]]:
    who, groups = values.get("who"), values.get("groups") or []
    if who == "card":
        return [{"type": "customer_known"}]
    if who == "groups":
        if not groups:
            raise FieldFault("Bitte mindestens eine Gruppe nennen.", "Name at least one group.")
        return [{"type": "in_segment", "any_of": groups}]
    return []
