"""When a promotion holds: each condition as a statement that is true or not."""

from __future__ import annotations

from functools import singledispatch
from typing import Any, Final

from head_office.read_back.selectors import what
from head_office.read_back.words import both, either, money, pieces, say
from pos_plugin.promotions import conditions as known

_METRICS: Final = {
    "receipts_365d": ("Einkäufe in den letzten 365 Tagen", "purchases in the last 365 days"),
    "revenue_minor_365d": ("Umsatz der letzten 365 Tage", "turnover of the last 365 days"),
    "revenue_minor_year": ("Umsatz im Kalenderjahr", "turnover of the calendar year"),
    "receipts_total": ("Einkäufe bisher", "purchases so far"),
    "days_since_last": ("Tage seit dem letzten Einkauf", "days since the last purchase"),
}
_GROUPS: Final = {
    "abc": ("Klasse", "class"),
    "tier": ("Stufe", "tier"),
    "type": ("Kundentyp", "customer type"),
}


@singledispatch
def statement(condition: Any, language: str) -> str:  # noqa: ANN401 - what has no words yet
    """Return the condition as a statement in ``de`` or ``en``, without a full stop."""
    raise TypeError(f"no {language} words for the condition {condition.type}")


@statement.register
def _(condition: known.MinValue, language: str) -> str:
    least, units = money(condition.minor, language), what(condition.of, language)
    return say(
        language,
        f"auf dem Bon stehen Teile{units} für mindestens {least} (vor Rabatten)",
        f"the receipt holds pieces{units} worth at least {least} (before discounts)",
    )


@statement.register
def _(condition: known.MinQuantity, language: str) -> str:
    counted = pieces(condition.quantity, what(condition.of, language), language)
    said = say(
        language,
        f"auf dem Bon stehen mindestens {counted}",
        f"the receipt holds at least {counted}",
    )
    if condition.distinct_skus is not None:
        said += say(
            language,
            f", davon {condition.distinct_skus} verschiedene Artikel",
            f", {condition.distinct_skus} different articles among them",
        )
    return said


@statement.register
def _(_condition: known.CustomerKnown, language: str) -> str:
    return say(language, "die Kundenkarte ist gescannt", "the customer's card was scanned")


@statement.register
def _(condition: known.InSegment, language: str) -> str:
    parts = []
    if condition.any_of:
        names = either([group(one, language) for one in condition.any_of], language)
        parts.append(say(language, f"gehört zu {names}", f"belongs to {names}"))
    if condition.none_of:
        names = either([group(one, language) for one in condition.none_of], language)
        parts.append(say(language, f"gehört nicht zu {names}", f"does not belong to {names}"))
    if not parts:
        return say(language, "die Kundenkarte ist gescannt", "the customer's card was scanned")
    return say(language, "der Kunde ", "the customer ") + both(parts, language)


@statement.register
def _(condition: known.Birthday, language: str) -> str:
    before, after = condition.days_before, condition.days_after
    if not before and not after:
        return say(language, "der Kunde hat heute Geburtstag", "today is the customer's birthday")
    days = say(language, "Tag", "day"), say(language, "Tage", "days")
    return say(
        language,
        f"der Tag liegt von {before} {'Tag' if before == 1 else 'Tagen'} vor bis "
        f"{after} {days[after != 1]} nach dem Geburtstag des Kunden",
        f"the day lies from {before} {days[before != 1]} before to {after} {days[after != 1]} "
        "after the customer's birthday",
    )


@statement.register
def _(condition: known.Age, language: str) -> str:
    low, high = condition.min, condition.max
    if low is not None and high is not None:
        return say(
            language,
            f"der Kunde ist {low} bis {high} Jahre alt",
            f"the customer is {low} to {high} years old",
        )
    if low is not None:
        return say(
            language,
            f"der Kunde ist mindestens {low} Jahre alt",
            f"the customer is at least {low} years old",
        )
    if high is not None:
        return say(
            language,
            f"der Kunde ist höchstens {high} Jahre alt",
            f"the customer is at most {high} years old",
        )
    return say(language, "der Geburtstag ist bekannt", "the birthday is known")


@statement.register
def _(condition: known.History, language: str) -> str:
    name = say(language, *_METRICS[condition.metric])

    def figure(value: int) -> str:
        return money(value, language) if "revenue" in condition.metric else str(value)

    bounds = []
    if condition.min is not None:
        bounds.append(say(language, "mindestens ", "at least ") + figure(condition.min))
    if condition.max is not None:
        bounds.append(say(language, "höchstens ", "at most ") + figure(condition.max))
    if not bounds:
        return say(language, "die Kundenkarte ist gescannt", "the customer's card was scanned")
    return f"{name}: {both(bounds, language)}"


@statement.register
def _(condition: known.Coupon, language: str) -> str:
    return say(
        language,
        f"ein Gutschein {condition.series} ist gescannt",
        f"a voucher {condition.series} was scanned",
    )


@statement.register
def _(condition: known.Tender, language: str) -> str:
    names = either(condition.any_of, language)
    return say(language, f"bezahlt wird mit {names}", f"payment is by {names}")


@statement.register
def _(condition: known.All, language: str) -> str:
    return f"({both([statement(one, language) for one in condition.of], language)})"


@statement.register
def _(condition: known.Any, language: str) -> str:
    return f"({either([statement(one, language) for one in condition.of], language)})"


@statement.register
def _(condition: known.Not, language: str) -> str:
    inner = statement(condition.of, language)
    return say(language, f"es gilt nicht: {inner}", f"it is not so that {inner}")


def group(code: str, language: str) -> str:
    """Return a group of customers by its code.

    >>> group("abc:A", "de"), group("abc:jahr:A", "de"), group("stammkunde", "en")
    ('Klasse A', 'Klasse A (jahr)', 'group stammkunde')
    """
    prefix, _, rest = code.partition(":")
    words = _GROUPS.get(prefix)
    if words is None or not rest:
        return f"{say(language, 'Gruppe', 'group')} {code}"
    scheme, _, name = rest.rpartition(":")
    said = f"{say(language, *words)} {name}"
    return f"{said} ({scheme})" if scheme else said
