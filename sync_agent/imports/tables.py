"""``import tables FOLDER``: the files of ``stammkunde head-office load``, for a till alone."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from pos_plugin.loyalty.voucher_type import is_short_lived
from sync_agent.imports.read import BadFile
from sync_agent.imports.wrong import TableError, WrongCell, WrongCode, WrongLine
from sync_agent.master_data import FILES, identity

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sync_agent.imports.take import Taking

LINE_BYTES_MAX: Final = 2**20


def take_tables(
    taking: Taking,
    folder: Path,
    *,
    on: dt.date,
    progress: Callable[[int], object] = lambda _bytes: None,
) -> None:
    """Take every ``<table>.jsonl`` of the folder (or the one that is named), in their order.

    Args:
        taking: compares and counts.
        folder: of the files.
        on: today: kinds of voucher that live too short from now on are warned of.
        progress: called with the number of bytes read on.

    Raises:
        TableError: the folder has none, or one of a table that does not exist.
    """
    for table, path in _files(folder).items():
        seen: set[str] = set()
        for number, row in _rows(path, progress):
            try:
                rows = taking.rows_of(table, row)
                _once(seen, "\0".join(str(row[column]) for column in identity(table)))
                taking.put(rows)
                if table == "voucher_type" and is_short_lived(rows[0][1], on=on):
                    warning = WrongLine(number, path.name, WrongCode.SHORT_LIVED)
                    taking.report.warnings.append(warning)
            except WrongCell as fault:
                column = f"{path.name} {fault.column}".strip()
                taking.report.add_wrong(number, column, fault.code)


def _once(seen: set[str], name: str) -> None:
    if name in seen:
        raise WrongCell(WrongCode.TWICE)
    seen.add(name)


def _files(folder: Path) -> dict[str, Path]:
    found = [folder] if folder.is_file() else sorted(folder.glob("*.jsonl"))
    for path in found:
        if path.stem not in FILES:
            raise TableError(
                "unknown_word", path.name, f"no table {path.stem!r}; known are {', '.join(FILES)}"
            )
    if not found:
        raise TableError("missing", str(folder), "no .jsonl file in this folder")
    by_table = {path.stem: path for path in found}
    return {table: by_table[table] for table in FILES if table in by_table}


def _rows(path: Path, progress: Callable[[int], object]) -> Iterator[tuple[int, Any]]:
    try:
        with path.open("rb") as file:
            number = 0
            while line := file.readline(LINE_BYTES_MAX + 1):
                number += 1
                progress(len(line))
                if len(line) > LINE_BYTES_MAX:
                    raise BadFile(WrongLine(number, path.name, WrongCode.LIMIT))
                if line.strip():
                    try:
                        yield number, json.loads(line)
                    except (ValueError, RecursionError):
                        raise BadFile(WrongLine(number, path.name, WrongCode.NOT_JSON)) from None
    except OSError as fault:
        raise TableError("missing", path.name, f"cannot be read: {fault.strerror}") from None
