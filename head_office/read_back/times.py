"""From when to when, and in which hours of the week."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

from head_office.read_back.words import both, either, say
from pos_plugin import wording

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pos_plugin.promotions.promotion import Validity, Window

_ON_DAYS: Final = {
    "de": ("montags", "dienstags", "mittwochs", "donnerstags", "freitags", "samstags", "sonntags"),
    "en": ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays"),
}
_MIDNIGHT: Final = dt.time(0)
_FEW: Final = 2  # days in a row that are named one by one


def period(validity: Validity, language: str) -> str:
    """Return first and last day, and the weekly hours.

    >>> from pos_plugin.promotions.promotion import Validity
    >>> march = {"from": "2026-03-01T00:00", "until": "2026-04-01T00:00",
    ...          "windows": [{"weekdays": [6], "from": "15:00", "until": "17:00"}]}
    >>> period(Validity.model_validate(march), "de")
    'Vom 01.03.2026 bis einschließlich 31.03.2026, samstags von 15:00 bis 17:00 Uhr.'
    """
    begin, end = validity.from_, validity.until
    parts = []
    if begin is not None:
        parts.append(say(language, "vom ", "from ") + _begin(begin, language))
    if end is not None:
        parts.append(_end(end, language))
    said = " ".join(parts) or say(language, "unbefristet", "without time limit")
    if begin is not None and end is None:
        said += say(language, " an", " on")
    if validity.windows:
        windows = [_window(one, language) for one in validity.windows]
        said += f", {either(windows, language)}"
    return f"{said[0].upper()}{said[1:]}."


def _begin(at: dt.datetime, language: str) -> str:
    said = wording.day(at.date().isoformat(), language=language)
    return said if at.time() == _MIDNIGHT else f"{said} {_clock(at.time(), language)}"


def _end(at: dt.datetime, language: str) -> str:
    if at.time() == _MIDNIGHT and at.date() > dt.date.min:
        last_on = wording.day((at.date() - dt.timedelta(days=1)).isoformat(), language=language)
        return say(language, f"bis einschließlich {last_on}", f"to the end of {last_on}")
    return say(language, "bis ", "to ") + _begin(at, language)


def _window(window: Window, language: str) -> str:
    begin, end = f"{window.from_:%H:%M}", f"{window.until:%H:%M}"
    if end == "00:00":
        end = "24:00"
    over = window.until != _MIDNIGHT and window.from_ >= window.until
    said = _days(window.weekdays, language, is_row_said=not over)
    if window.from_ == window.until == _MIDNIGHT:
        return said
    night = say(language, " am nächsten Tag", " on the next day") if over else ""
    hours = say(language, f" von {begin} bis {end} Uhr", f" from {begin} to {end}")
    return f"{said}{hours}{night}"


def _days(weekdays: Iterable[int], language: str, *, is_row_said: bool) -> str:
    """Days in a row as first and last, but not where each of their windows ends a day later."""
    days = sorted(set(weekdays))
    names = [_ON_DAYS[language][number - 1] for number in days]
    if is_row_said and len(days) > _FEW and days[-1] - days[0] == len(days) - 1:
        return say(language, f"{names[0]} bis {names[-1]}", f"{names[0]} to {names[-1]}")
    return both(names, language) or say(language, "täglich", "every day")


def _clock(at: dt.time, language: str) -> str:
    return say(language, f"{at:%H:%M} Uhr", f"{at:%H:%M}")
