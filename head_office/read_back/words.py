"""Lists, percentages and counted pieces as people say them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pos_plugin import wording

if TYPE_CHECKING:
    from collections.abc import Sequence

CURRENCY = "EUR"


def say(language: str, german: str, english: str) -> str:
    """Return the text in the language, ``de`` or ``en``."""
    return german if language == "de" else english


def money(minor: int, language: str) -> str:
    """Return an amount given in minor units (cents)."""
    return wording.money(minor, currency=CURRENCY, language=language)


def percent(bp: int, language: str) -> str:
    """Return a rate given in basis points.

    >>> percent(2000, "de"), percent(750, "de"), percent(1905, "en")
    ('20 %', '7,5 %', '19.05%')
    """
    whole, part = divmod(bp, 100)
    number = f"{whole}.{part:02}".rstrip("0").rstrip(".")
    return say(language, f"{number.replace('.', ',')} %", f"{number}%")


def either(names: Sequence[str], language: str) -> str:
    """Return names of which one is enough.

    >>> either(["a", "b", "c"], "de")
    'a, b oder c'
    """
    return _joined(names, say(language, " oder ", " or "))


def both(names: Sequence[str], language: str) -> str:
    """Return names that belong together.

    >>> both(["a", "b", "c"], "en")
    'a, b and c'
    """
    return _joined(names, say(language, " und ", " and "))


def pieces(count: int, what: str, language: str) -> str:
    """Return so many pieces of what a selector means.

    >>> pieces(1, " aus Warengruppe hosen", "de"), pieces(3, "", "en")
    ('1 Teil aus Warengruppe hosen', '3 pieces')
    """
    noun = say(language, "Teil" if count == 1 else "Teile", "piece" if count == 1 else "pieces")
    return f"{count} {noun}{what}"


def of_pieces(count: int, what: str, language: str) -> str:
    """Return so many pieces after a word that wants the dative: from, of.

    >>> of_pieces(3, " von Brax", "de"), of_pieces(1, "", "de")
    ('3 Teilen von Brax', '1 Teil')
    """
    if language == "de":
        return f"{count} {'Teil' if count == 1 else 'Teilen'}{what}"
    return pieces(count, what, language)


def _joined(names: Sequence[str], last: str) -> str:
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])}{last}{names[-1]}"
