"""What stands in a cell of a shop's file, German or ISO, as the value of a row.

Nothing is guessed at: a number that can mean two amounts of money is refused.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Any, Final

from pos_plugin.text import has_control
from sync_agent.imports.wrong import WrongCell, WrongCode

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_BREAK: Final = re.compile(r"[\t\r\n]+")
_WHOLE: Final = re.compile(r"[+-]?[0-9]{1,18}")
# At either end alone: "5€50" is no five hundred and fifty.
_CURRENCY: Final = re.compile(r"^([+-]?)(?:EUR|€)\s*|\s*(?:EUR|€)$", re.IGNORECASE)
_ROUNDED: Final = re.compile(r"[0-9](?:[.,][0-9]+)?E\+[0-9]+")
_PLAIN: Final = re.compile(r"([+-]?)([0-9]{1,15})(?:([.,])([0-9]*))?")
_GERMAN: Final = re.compile(r"([+-]?)([0-9]{1,3}(?:\.[0-9]{3}){1,4}),([0-9]{1,2})")
_ENGLISH: Final = re.compile(r"([+-]?)([0-9]{1,3}(?:,[0-9]{3}){1,4})\.([0-9]{1,2})")
_GERMAN_DAY: Final = re.compile(r"([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4})")
_ISO_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_YES: Final = frozenset({"1", "ja", "j", "yes", "y", "true", "wahr", "x"})
_NO: Final = frozenset({"0", "nein", "n", "no", "false", "falsch"})
# What a spreadsheet would run as a formula; export puts an apostrophe before it.
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "'")


def as_text(cell: str) -> str:
    r"""Return the text, without the apostrophe that export puts before a formula.

    A line break or tab inside a cell is a blank: names have one line. No other control character
    is taken.

    >>> as_text("'=1+1"), as_text("'s Lädchen"), as_text("Hose\nblau")
    ('=1+1', "'s Lädchen", 'Hose blau')
    """
    text = cell[1:] if _is_guarded(cell) else cell
    if has_control(text):
        text = _BREAK.sub(" ", text).strip()
        if has_control(text):
            raise WrongCell(WrongCode.CONTROL)
    return text


def _is_guarded(cell: str) -> bool:
    return len(cell) > 1 and cell[0] == "'" and cell[1] in FORMULA


def as_number(cell: str) -> str:
    """Return the number of an article, a customer or a card: a text, however many digits it has.

    A spreadsheet saves a long one rounded, ``4,00638E+12``: then nobody knows it any more.
    """
    text = as_text(cell)
    if _ROUNDED.fullmatch(text):
        raise WrongCell(WrongCode.ROUNDED_NUMBER)
    return text


def as_whole(cell: str) -> int:
    """Return a whole number."""
    if not _WHOLE.fullmatch(cell):
        raise WrongCell(WrongCode.NO_NUMBER)
    return int(cell)


def as_minor(cell: str) -> int:
    """Return an amount of money in minor units (cents).

    >>> [as_minor(one) for one in ("1.234,50", "1,234.50", "7,9", "12", "-3,00 €", "EUR 0.05")]
    [123450, 123450, 790, 1200, -300, 5]
    """
    return _hundredths(_CURRENCY.sub(r"\1", cell.strip()))


def as_bp(cell: str) -> int:
    """Return a percentage in basis points.

    >>> [as_bp(one) for one in ("19", "7 %", "10,7", "0")]
    [1900, 700, 1070, 0]
    """
    return _hundredths(cell.removesuffix("%").strip())


def _hundredths(text: str) -> int:
    for grouped, separator in ((_GERMAN, "."), (_ENGLISH, ",")):
        found = grouped.fullmatch(text)
        if found:
            return _signed(found[1], found[2].replace(separator, ""), found[3])
    found = _PLAIN.fullmatch(text)
    if not found:
        raise WrongCell(WrongCode.NO_NUMBER)
    if found[3] and len(found[4]) == 3:
        # "1.234": twelve hundred or one and a bit?
        raise WrongCell(WrongCode.AMBIGUOUS_NUMBER)
    if found[3] and not 1 <= len(found[4]) <= 2:
        raise WrongCell(WrongCode.NO_NUMBER)
    return _signed(found[1], found[2], found[4] or "")


def _signed(sign: str, whole: str, part: str) -> int:
    hundredths = int(whole + part.ljust(2, "0"))
    return -hundredths if sign == "-" else hundredths


def as_day(cell: str) -> str:
    """Return a day in ISO form.

    >>> as_day("1.3.2026"), as_day("2026-03-01")
    ('2026-03-01', '2026-03-01')
    """
    german = _GERMAN_DAY.fullmatch(cell)
    text = f"{german[3]}-{int(german[2]):02}-{int(german[1]):02}" if german else cell
    try:
        if _ISO_DAY.fullmatch(text):
            return dt.date.fromisoformat(text).isoformat()
    except ValueError:
        pass
    raise WrongCell(WrongCode.NO_DATE)


def as_yes(cell: str) -> bool:
    """Return whether the cell says yes."""
    word = cell.casefold()
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise WrongCell(WrongCode.NO_YES_OR_NO)


def as_words(cell: str) -> list[str]:
    """Return the words of a list, separated by ``|`` or, where there is none, commas; each once.

    >>> as_words("Hosen| Damen|Hosen"), as_words("Hosen, Damen"), as_words("Hosen, lang|")
    (['Hosen', 'Damen'], ['Hosen', 'Damen'], ['Hosen, lang'])
    """
    text = as_text(cell)
    words = (word.strip() for word in text.split("|" if "|" in text else ","))
    return list(dict.fromkeys(word for word in words if word))


def one_of(words: Mapping[str, str]) -> Callable[[str], str]:
    """Return a reader of one of these words; German ones mean their English one."""

    def read(cell: str) -> str:
        found = words.get(cell.casefold())
        if found is None:
            raise WrongCell(WrongCode.NO_WORD)
        return found

    return read


def plain(value: Any) -> str:  # noqa: ANN401 - whatever JSON holds
    """Return a JSON value as the text of a cell: one way of reading for both.

    >>> plain(True), plain(["a, b"]), plain(None), plain(7)
    ('1', 'a, b|', '', '7')

    What looks like a cell that export guards is meant so here, where nothing runs:

    >>> as_text(plain("'-5"))
    "'-5"
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        value = "|".join(value) + "|"  # one word with a comma in it stays one
    if isinstance(value, (str, int)):
        text = str(value)
        return f"'{text}" if _is_guarded(text) else text
    raise WrongCell(WrongCode.NO_NUMBER if isinstance(value, float) else WrongCode.NO_WORD)
