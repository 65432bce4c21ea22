"""``import covers FOLDER``: a table of coming titles, and their pictures beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pos_plugin.storage.blobs import write_blob
from printers.limits import PAGE_DOTS
from sync_agent.imports.columns import COVERS
from sync_agent.imports.picture import cover_pbm, read_picture
from sync_agent.imports.read import BadFile, TableFile
from sync_agent.imports.wrong import TableError, WrongCell, WrongCode, WrongLine

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from sync_agent.imports.take import Rows, Taking

COVERS_MAX: Final = 500
_ENDINGS: Final = frozenset({".csv", ".txt", ".json", ".jsonl"})


def take_covers(
    taking: Taking,
    folder: Path,
    *,
    data_dir: Path,
    encoding: str | None,
    names: Mapping[str, str],
    progress: Callable[[int], object],
    page_dots: int = PAGE_DOTS,
) -> None:
    """Take the one table of the folder and the pictures that it names.

    ``page_dots`` is the width of the paper; a narrower printer fits the pictures again. They go to
    ``blobs/`` as soon as they are dots; one that no row names harms nobody.

    Raises:
        TableError: the folder has no table, or several.
        BadFile: it cannot be read to its end.
    """
    try:
        tables = [path for path in sorted(folder.iterdir()) if path.suffix.lower() in _ENDINGS]
    except OSError as fault:
        raise TableError("missing", str(folder), f"cannot be read: {fault.strerror}") from None
    if len(tables) != 1:
        raise TableError(
            "missing", str(folder), f"holds {len(tables)} tables; one is needed (covers.csv)"
        )
    file = TableFile(tables[0], COVERS, encoding=encoding, names=names, progress=progress)

    def prepared(picture: str) -> bytes:
        return cover_pbm(read_picture(folder, picture), page_dots=page_dots)

    def rows_of(given: dict[str, Any]) -> tuple[str, Rows]:
        for name in ("title", "start_on"):
            if not given.get(name):
                raise WrongCell(WrongCode.MISSING, name)
        picture = given.pop("picture", None)
        blob = write_blob(data_dir, prepared(picture)) if picture else None
        row = taking.checked("cover", {**given, "blob": blob})
        return f"{given['title']}\0{given['start_on']}", [("cover", row)]

    for number, record in enumerate(file.records(), start=1):
        if number > COVERS_MAX:
            raise BadFile(WrongLine(record.line, "", WrongCode.LIMIT))
        taking.line(record, rows_of)
    taking.report.passed_over = file.header.passed_over
