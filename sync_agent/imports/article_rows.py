"""The articles of a shop's own file for whoever only looks: ``promotions lint --articles``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pos_plugin.errors import SaleError
from sync_agent.imports.columns import ARTICLES
from sync_agent.imports.read import BadFile, TableFile
from sync_agent.imports.wrong import SENTENCES, TableError, WrongCell, WrongLine

if TYPE_CHECKING:
    from pathlib import Path

    from sync_agent.imports.read import Record

_OF_THE_AGENT: Final = ("purchase_price_minor", "purchase_price_since_on")


def article_rows(path: Path) -> list[dict[str, Any]]:
    """Return the rows that ``import articles`` would take of a file.

    Raises:
        SaleError: naming the first wrong line and column.
    """
    try:
        return [_row(path.name, record) for record in TableFile(path, ARTICLES).records()]
    except BadFile as fault:
        raise _refused(path.name, fault.wrong) from None
    except TableError as fault:
        raise SaleError("missing", path.name, str(fault)) from None


def _row(name: str, record: Record) -> dict[str, Any]:
    if record.wrong is not None:
        raise _refused(name, record.wrong)
    row: dict[str, Any] = {}
    for column, cell in record.cells:
        try:
            row[column.field] = column.read(cell) if cell else column.empty
        except WrongCell as fault:
            raise _refused(name, WrongLine(record.line, column.name, fault.code)) from None
    return {
        field: value
        for field, value in row.items()
        if value is not None and field not in _OF_THE_AGENT
    }


def _refused(name: str, wrong: WrongLine) -> SaleError:
    place = f"{name} line {wrong.line} {wrong.column}".rstrip()
    return SaleError(wrong.code.value, place, SENTENCES[wrong.code][1])
