"""What the shop calls its accounts, groups and kinds of voucher, by their codes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from head_office.read_back.words import say
from head_office.segments import CLASSES
from head_office.storage import master

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

_UNITS: Final = {"POINTS": ("Punkte", "Points"), "EUR_MINOR": ("Bonus", "Bonus")}


def accounts(connection: Connection, language: str) -> dict[str, str]:
    """Return the name of each account by code; the code stands beside it where two are alike."""
    units_by_code = units(connection)
    named = {}
    for code, unit in units_by_code.items():
        name = say(language, *_UNITS[unit]) if unit in _UNITS else code
        is_one = sum(other == unit for other in units_by_code.values()) == 1
        named[code] = name if is_one else f"{name} ({code})"
    return named


def units(connection: Connection) -> dict[str, str]:
    """Return what each account holds by code, ``POINTS`` or ``EUR_MINOR``."""
    return {row["code"]: row["unit"] for row in rows(connection, "program")}


def voucher_kinds(connection: Connection, language: str) -> dict[str, str]:
    """Return the name of each kind of voucher by code; two alike have their code beside them."""
    labels = {
        row["code"]: str(_worded(row["effect"].get("label"), language) or row["code"])
        for row in rows(connection, "voucher_type")
    }
    names = list(labels.values())
    return {
        code: name if names.count(name) == 1 else f"{name} ({code})"
        for code, name in labels.items()
    }


def group(code: str, language: str) -> str:
    """Return the name of a group of customers.

    >>> group("abc:B", "de"), group("abc:jahr/A", "en"), group("stammkunde", "de")
    ('Klasse B', 'Class jahr/A', 'stammkunde')
    """
    if code.startswith(CLASSES):
        return f"{say(language, 'Klasse', 'Class')} {code.removeprefix(CLASSES)}"
    return code


def rows(connection: Connection, table: str) -> list[dict[str, Any]]:
    """Return the rows of a table of master data, by their key."""
    found = connection.execute(
        select(master.c.row).where(master.c.table_name == table).order_by(master.c.row_key)
    ).scalars()
    return [json.loads(text) for text in found]


def _worded(words: Any, language: str) -> str | None:  # noqa: ANN401 - JSON of a shop
    if not isinstance(words, dict):
        return None
    return words.get(language) or words.get("de")
