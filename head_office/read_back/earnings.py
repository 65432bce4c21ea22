"""What a promotion adds to an account: one sentence for each kind of offer that earns."""

from __future__ import annotations

from collections.abc import Mapping
from functools import singledispatch
from typing import Any

from head_office.read_back.selectors import what
from head_office.read_back.words import money, say
from pos_plugin import wording
from pos_plugin.limits import MAX_BP
from pos_plugin.promotions.offers import Earn, EarnFixed, EarnMultiplier


@singledispatch
def earning(offer: Any, units: Mapping[str, str], language: str) -> str:  # noqa: ANN401, ARG001
    """Return what the offer adds, one sentence.

    Args:
        offer: one that earns.
        units: of each account of the shop by code, ``POINTS`` or ``EUR_MINOR``.
        language: ``de`` or ``en``.
    """
    raise TypeError(f"no {language} words for the offer {offer.kind}")


@earning.register
def _(offer: Earn, units: Mapping[str, str], language: str) -> str:
    goods = what(offer.on, language)
    per = money(offer.per_value_minor, language)
    amount = _amount(offer.points, offer.account, units, language)
    said = say(
        language,
        f"Für je {per}, die für Teile{goods} bezahlt werden, gibt es {amount}.",
        f"Every {per} paid for pieces{goods} brings {amount}.",
    )
    if offer.from_year_minor is not None:
        least = money(offer.from_year_minor, language)
        said += say(
            language,
            f" Gezählt wird, was im Kalenderjahr über {least} hinausgeht.",
            f" Only what exceeds {least} in the calendar year counts.",
        )
    return said


@earning.register
def _(offer: EarnFixed, units: Mapping[str, str], language: str) -> str:
    goods = what(offer.on, language)
    amount = _amount(offer.points, offer.account, units, language)
    if offer.per == "unit":
        return say(
            language, f"Jedes Teil{goods} bringt {amount}.", f"Every piece{goods} brings {amount}."
        )
    return say(
        language,
        f"Ein Bon mit einem Teil{goods} bringt einmal {amount}.",
        f"A receipt with a piece{goods} brings {amount} once.",
    )


@earning.register
def _(offer: EarnMultiplier, units: Mapping[str, str], language: str) -> str:
    goods = what(offer.on, language)
    whole, part = divmod(offer.factor_bp, MAX_BP)
    factor = f"{whole}.{part:04}".rstrip("0").rstrip(".")
    unit = units.get(offer.account)
    if unit == "POINTS":
        kind = say(language, "Punkte", "points")
    elif unit == "EUR_MINOR":
        kind = say(language, "Bonus", "bonus")
    else:
        kind = say(language, f"das Konto {offer.account}", f"the account {offer.account}")
    on = _which(offer.account, units, language) if unit else ""
    return say(
        language,
        f"Was für Teile{goods} bezahlt wird, zählt {factor.replace('.', ',')}-fach für {kind}{on}.",
        f"What is paid for pieces{goods} counts {factor} times for {kind}{on}.",
    )


def _amount(number: int, account: str, units: Mapping[str, str], language: str) -> str:
    """So many points, or so much bonus money; of an account nobody knows just the number."""
    unit = units.get(account)
    if unit == "POINTS":
        amount = wording.points(number, language=language)
    elif unit == "EUR_MINOR":
        amount = f"{money(number, language)} {say(language, 'Bonus', 'bonus')}"
    else:
        counted = wording.count(number, language=language)
        return say(
            language, f"{counted} auf das Konto {account}", f"{counted} on the account {account}"
        )
    return amount + _which(account, units, language)


def _which(account: str, units: Mapping[str, str], language: str) -> str:
    """Which account, where the shop has more than one of its kind."""
    if sum(unit == units[account] for unit in units.values()) == 1:
        return ""
    return say(language, f" auf das Konto {account}", f" on the account {account}")
