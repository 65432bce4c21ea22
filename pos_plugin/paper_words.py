"""How a shop writes values on paper: the formats that fill a template."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from pos_plugin import wording

_PROTECTED_BLANK: Final = "\u00a0"
_MONTHS: Final = (
    "Jan",
    "Feb",
    "Mar",
    "Apr",
    "May",
    "Jun",
    "Jul",
    "Aug",
    "Sep",
    "Oct",
    "Nov",
    "Dec",
)


@dataclass(frozen=True, slots=True)
class PaperWords:
    """Formats of a language and a currency (``printers.templates.fill.Formats``)."""

    language: str
    currency: str

    def money(self, amount_minor: int, /) -> str:
        """Return an amount in minor units (cents) as people read it, never broken in two."""
        said = wording.money(amount_minor, currency=self.currency, language=self.language)
        return said.replace(" ", _PROTECTED_BLANK)

    def count(self, number: int, /) -> str:
        """Return a whole number as people read it."""
        return wording.count(number, language=self.language)

    def day(self, on: str, /) -> str:
        """Return a shop day as a customer reads it, never broken in two.

        >>> PaperWords("de", "EUR").day("2026-12-03")
        '03.12.2026'
        >>> PaperWords("en", "EUR").day("2026-12-03").split()
        ['3', 'Dec', '2026']
        """
        if self.language == "de":
            return wording.day(on, language=self.language)
        year, month, day = on.split("-")
        return _PROTECTED_BLANK.join((str(int(day)), _MONTHS[int(month) - 1], year))

    def time(self, at: str, /) -> str:
        """Return a shop-local minute as people read it.

        >>> PaperWords("de", "EUR").time("2026-11-23T14:05")
        '23.11.2026 14:05'
        """
        return f"{self.day(at[:10])} {at[11:16]}"
