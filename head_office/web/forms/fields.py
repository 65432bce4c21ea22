"""What a person types into a form, read into numbers and words, and written back as it was.

Money and percentages are read as hundredths, never as fractions: "12,50" is 1250.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias

from pos_plugin.limits import MAX_LIST, MAX_TEXT

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Values: TypeAlias = "dict[str, Any]"
"""What the fields hold, by name; a field left empty is None, an empty list or False."""

_HUNDREDTHS: Final = re.compile(r"([0-9]{1,9})(?:[.,]([0-9]{1,2}))?")
_GERMAN_DAY: Final = re.compile(r"([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4})")
# A name with a comma in it stands in quotation marks, one in it is doubled.
_NAME: Final = re.compile(r'\s*(?:"((?:[^"]|"")*)"\s*|([^,]*))(?:,|$)')
_COUNT: Final = re.compile(r"[0-9]{1,6}")


class FieldFault(Exception):  # noqa: N818 - read as a state
    """A field cannot be read; says what to type instead, in both languages."""

    def __init__(self, german: str, english: str) -> None:
        super().__init__(english)
        self.german = german
        self.english = english


class Kind(Protocol):
    """A kind of field: how it looks, is read and is shown."""

    @property
    def widget(self) -> str:
        """Name of its looks in the template."""
        ...

    def read(self, texts: Sequence[str]) -> Any:  # noqa: ANN401 - each kind its own
        """Return the value; raises FieldFault."""
        ...

    def show(self, value: Any, language: str) -> list[str]:  # noqa: ANN401
        """Return what stands in the field."""
        ...


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text.

    Args:
        stock: which words of the shop are offered, by their name in ``web/stock.py``.
    """

    stock: str = ""
    widget: str = "line"

    def read(self, texts: Sequence[str]) -> str | None:
        """Return the text, None when it is empty."""
        text = _last(texts)
        if len(text) > MAX_TEXT:
            raise FieldFault(
                f"Höchstens {MAX_TEXT} Zeichen, bitte.", f"At most {MAX_TEXT} characters, please."
            )
        return text or None

    def show(self, value: str | None, language: str) -> list[str]:  # noqa: ARG002
        """Return the text."""
        return [value or ""]


@dataclass(frozen=True, slots=True)
class Words:
    """Names: ticked among those that the shop has, or written with commas between them.

    Args:
        stock: which words of the shop are offered, by their name in ``web/stock.py``.
    """

    stock: str = ""
    widget: str = "words"

    def read(self, texts: Sequence[str]) -> list[str]:
        """Return the names in their order, each once."""
        names = self.named(texts)
        if len(names) > MAX_LIST or any(len(name) > MAX_TEXT for name in names):
            raise FieldFault(
                f"Höchstens {MAX_LIST} Namen mit je {MAX_TEXT} Zeichen, bitte.",
                f"At most {MAX_LIST} names of {MAX_TEXT} characters each, please.",
            )
        return names

    def show(self, value: Sequence[str] | None, language: str) -> list[str]:  # noqa: ARG002
        """Return the names as they are typed."""
        return [", ".join(map(self.written, value or ()))]

    def written(self, name: str) -> str:
        """Return a name as it stands among others.

        >>> Words().written("hosen"), Words().written("Hosen, lang")
        ('hosen', '"Hosen, lang"')
        """
        plain = "," not in name and not name.startswith('"')
        return name if plain else '"{}"'.format(name.replace('"', '""'))

    def named(self, texts: Sequence[str]) -> list[str]:
        """Return the names that were ticked and written, each once.

        >>> Words().named(["hosen", "jeans, hosen,"])
        ['hosen', 'jeans']
        """
        found = (each for text in texts for each in _NAME.finditer(text))
        names = ((each[1] or "").replace('""', '"') or each[2] or "" for each in found)
        return list(dict.fromkeys(name.strip() for name in names if name.strip()))


@dataclass(frozen=True, slots=True)
class Hundredths:
    """An amount or a rate with at most two places, as whole hundredths: cents, basis points.

    Args:
        unit: stands behind the field.
        most: highest value in hundredths.
    """

    unit: str
    most: int
    widget: str = "number"

    def read(self, texts: Sequence[str]) -> int | None:
        """Return hundredths, None when it is empty.

        >>> Hundredths("€", 10**9).read(["12,5"]), Hundredths("€", 10**9).read([""])
        (1250, None)
        """
        text = _last(texts)
        if not text:
            return None
        found = _HUNDREDTHS.fullmatch(text)
        if found is None:
            raise FieldFault(
                "Bitte eine Zahl wie 12 oder 12,50, ohne Tausenderpunkt.",
                "A number, please, like 12 or 12.50, without thousands separators.",
            )
        value = int(found[1]) * 100 + int((found[2] or "").ljust(2, "0"))
        if value > self.most:
            most = self.show(self.most, "de")[0]
            raise FieldFault(f"Höchstens {most}, bitte.", f"At most {most}, please.")
        return value

    def show(self, value: int | None, language: str) -> list[str]:
        """Return the number as it is typed.

        >>> Hundredths("€", 10**9).show(1250, "de"), Hundredths("%", 10**4).show(2000, "de")
        (['12,50'], ['20'])
        """
        if value is None:
            return [""]
        whole, part = divmod(value, 100)
        mark = "," if language == "de" else "."
        return [f"{whole}{mark}{part:02}" if part else str(whole)]


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number.

    Args:
        least: lowest value.
        most: highest value.
    """

    least: int = 0
    most: int = 99_999
    widget: str = "number"

    def read(self, texts: Sequence[str]) -> int | None:
        """Return the number, None when it is empty."""
        text = _last(texts)
        if not text:
            return None
        if not _COUNT.fullmatch(text) or not self.least <= int(text) <= self.most:
            raise FieldFault(
                f"Bitte eine ganze Zahl von {self.least} bis {self.most}.",
                f"A whole number from {self.least} to {self.most}, please.",
            )
        return int(text)

    def show(self, value: int | None, language: str) -> list[str]:  # noqa: ARG002
        """Return the number."""
        return ["" if value is None else str(value)]


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the calendar."""

    widget: str = "day"

    def read(self, texts: Sequence[str]) -> dt.date | None:
        """Return the day, None when it is empty; browsers that offer no calendar let one type it.

        >>> Day().read(["2026-03-07"]) == Day().read(["7.3.2026"])
        True
        """
        text = _last(texts)
        if not text:
            return None
        if german := _GERMAN_DAY.fullmatch(text):
            text = f"{german[3]}-{int(german[2]):02}-{int(german[1]):02}"
        try:
            return dt.date.fromisoformat(text)
        except ValueError:
            raise FieldFault(
                "Bitte ein Tag wie 07.03.2026.", "A day, please, like 2026-03-07."
            ) from None

    def show(self, value: dt.date | None, language: str) -> list[str]:  # noqa: ARG002
        """Return the day as browsers take it."""
        return ["" if value is None else value.isoformat()]


@dataclass(frozen=True, slots=True)
class ClockTime:
    """A time of day."""

    widget: str = "time"

    def read(self, texts: Sequence[str]) -> dt.time | None:
        """Return the time, None when it is empty."""
        text = _last(texts)
        if not text:
            return None
        try:
            found = dt.time.fromisoformat(text)
        except ValueError:
            found = None
        if found is None or found.tzinfo is not None:
            raise FieldFault("Bitte eine Uhrzeit wie 15:00.", "A time of day, please, like 15:00.")
        return found

    def show(self, value: dt.time | None, language: str) -> list[str]:  # noqa: ARG002
        """Return the time as browsers take it."""
        return ["" if value is None else f"{value:%H:%M}"]


@dataclass(frozen=True, slots=True)
class Flag:
    """Yes or no."""

    widget: str = "flag"

    def read(self, texts: Sequence[str]) -> bool:
        """Return whether it is ticked."""
        return bool(_last(texts))

    def show(self, value: bool | None, language: str) -> list[str]:  # noqa: ARG002
        """Return a text when it is ticked."""
        return ["1"] if value else []


@dataclass(frozen=True, slots=True)
class OneOf:
    """A choice.

    Args:
        options: code, German, English; the first is what a new form shows.
    """

    options: tuple[tuple[str, str, str], ...]
    widget: str = "one_of"

    def read(self, texts: Sequence[str]) -> str:
        """Return the code."""
        text = _last(texts) or self.options[0][0]
        if all(text != code for code, _, _ in self.options):
            raise FieldFault("Bitte etwas auswählen.", "Please choose.")
        return text

    def show(self, value: str | None, language: str) -> list[str]:  # noqa: ARG002
        """Return the code."""
        return [value or self.options[0][0]]


@dataclass(frozen=True, slots=True)
class Weekdays:
    """Days of the week, ISO: 1 = Monday."""

    widget: str = "weekdays"

    def read(self, texts: Sequence[str]) -> list[int]:
        """Return the days in their order."""
        if any(text not in {"", "1", "2", "3", "4", "5", "6", "7"} for text in texts):
            raise FieldFault("Bitte Wochentage auswählen.", "Please choose days of the week.")
        return sorted({int(text) for text in texts if text})

    def show(self, value: Sequence[int] | None, language: str) -> list[str]:  # noqa: ARG002
        """Return the days."""
        return [str(one) for one in value or ()]


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a form.

    Args:
        name: in the form and in what is read.
        kind: how it is read and shown.
        german: what it asks.
        english: the same.
        hint: an example or an explanation, German and English.
        is_needed: whether it must not stay empty.
    """

    name: str
    kind: Kind
    german: str
    english: str
    hint: tuple[str, str] = ("", "")
    is_needed: bool = False

    def read(self, form: Mapping[str, list[str]]) -> Any:  # noqa: ANN401
        """Return the value.

        Raises:
            FieldFault: it cannot be read, or is empty and must not be.
        """
        value = self.kind.read(form.get(self.name) or [])
        if self.is_needed and value in (None, []):
            raise FieldFault("Bitte ausfüllen.", "Please fill this in.")
        return value


def take(
    fields: Sequence[Field], sent: Mapping[str, list[str]]
) -> tuple[Values, dict[str, FieldFault]]:
    """Return what was typed, and what cannot be read, by field."""
    values: Values = {}
    faults: dict[str, FieldFault] = {}
    for field in fields:
        try:
            values[field.name] = field.read(sent)
        except FieldFault as fault:
            faults[field.name] = fault
    return values, faults


def _last(texts: Sequence[str]) -> str:
    return texts[-1].strip() if texts else ""
