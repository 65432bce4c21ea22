"""Pages of a log: NDJSON of a header, rows and an end, read whole or refused, and written."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from pydantic import ConfigDict, Field, Strict, TypeAdapter, ValidationError

from sync_agent.protocol.json_bytes import (
    ProtocolError,
    compact_json,
    first_wrong,
    parse_json,
    parse_model,
)
from sync_agent.protocol.limits import PAGE_LINES_MAX, ROW_BYTES_MAX
from sync_agent.protocol.messages import PageEnd, PageHeader
from sync_agent.protocol.rows import TABLES, Table, check_row
from sync_agent.protocol.words import Sequence, Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_PORTION_BYTES: Final = 2**18  # of a page are decoded at once
_KEPT_VALUES_MAX: Final = 200_000  # of a page stay decoded; five thousand customers are half of it


@dataclass(frozen=True, slots=True)
class Change:
    """One row of a page: put (``P``, the whole row) or remove (``R``, its key and a reason)."""

    op: Literal["P", "R"]
    table: str
    log_seq: int
    group: int
    row: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Page:
    """A page of changes, checked; tables this version does not know are already left out."""

    bucket: str
    bucket_epoch: int
    after: int
    changes: Collection[Change]
    checkpoint: int
    complete: bool
    sums: Mapping[str, str] | None = None
    foreign: frozenset[str] = frozenset()
    """Tables with columns that this version does not know: their sums cannot be compared."""


_RowLine = Annotated[
    tuple[
        Literal["P", "R"],
        Text,
        Sequence,
        Sequence,
        # What was just decoded is JSON; the columns are checked with their row.
        Annotated[list[Any], Field(max_length=100)],
    ],
    Strict(strict=False),
]
_ROW_LINES: Final[TypeAdapter[list[tuple[Literal["P", "R"], str, int, int, list[Any]]]]] = (
    TypeAdapter(list[_RowLine], config=ConfigDict(strict=True))
)


def parse_page(data: bytes, *, bucket: str, after: int) -> Page:
    """Return the page that answers ``changes?after=`` for ``bucket``.

    Checked here: the header answers the question that was asked, rows stand in ascending order
    above ``after`` and not above the checkpoint, each row fits its table, the end is there and
    counts the rows (a connection cut in the middle is no page).

    Raises:
        ProtocolError: anything else.
    """
    if data.count(b"\n") > PAGE_LINES_MAX:
        raise ProtocolError(f"a page has at most {PAGE_LINES_MAX} lines")
    lines = data.split(b"\n")
    if lines[-1] == b"":
        lines.pop()
    if len(lines) < 2:
        raise ProtocolError("a page has at least a header and an end")
    header = parse_model(PageHeader, lines[0])
    if header.bucket != bucket or header.after != after:
        raise ProtocolError(f"asked for {bucket} after {after}, got {header.bucket}")
    end = parse_model(PageEnd, lines[-1])
    if end.rows != len(lines) - 2:
        raise ProtocolError(f"the page promises {end.rows} rows and holds {len(lines) - 2}")
    rows = Rows(lines[1:-1], header.tables, after=after)
    if end.checkpoint < rows.last:
        raise ProtocolError(f"the checkpoint {end.checkpoint} stands before row {rows.last}")
    if not end.complete and end.checkpoint == after:
        raise ProtocolError("a page that is not the last one does not move on")
    return Page(
        bucket=bucket,
        bucket_epoch=header.bucket_epoch,
        after=after,
        changes=rows,
        checkpoint=end.checkpoint,
        complete=end.complete,
        sums=end.sums if end.complete else None,
        foreign=frozenset(
            name
            for name, columns in header.tables.items()
            if name in TABLES and set(columns) - set(TABLES[name].columns)
        ),
    )


class Rows(Collection["Change"]):
    """The rows of a page, all of them checked.

    A page of 8 MiB can become half a gigabyte of objects. So one of very many values is decoded
    anew, portion by portion, each time that somebody goes through it.

    Args:
        lines: one a row.
        columns: table to columns, as the header names them.
        after: every number is above it.

    Raises:
        ProtocolError: a line is no row, or not the next one.
    """

    def __init__(self, lines: list[bytes], columns: Mapping[str, list[str]], *, after: int) -> None:
        self._lines = lines
        self._columns = columns
        self._after = self.last = after
        self._kept: list[Change] | None = None
        values = sum(line.count(b",") + line.count(b"[") for line in lines)
        if values <= _KEPT_VALUES_MAX:
            self._kept = list(self._decoded())
        self._count = sum(1 for _ in self)

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Change]:
        return iter(self._decoded() if self._kept is None else self._kept)

    def __contains__(self, change: object) -> bool:
        return any(change == one for one in self)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Collection) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]

    def _decoded(self) -> Iterator[Change]:
        """Yield the rows, without those of tables that this version does not know."""
        self.last = self._after
        for lines in _portions(self._lines):
            # Together: a call a row would take most of the time of a long page.
            decoded = parse_json(b"[" + b",".join(lines) + b"]")
            if len(decoded) != len(lines):
                raise ProtocolError("a row is a line of a page")
            try:
                rows = _ROW_LINES.validate_python(decoded)
            except ValidationError as error:
                raise ProtocolError(first_wrong("row", error)) from None
            for op, name, log_seq, group, values in rows:
                if log_seq <= self.last:
                    raise ProtocolError(f"row {log_seq} does not follow {self.last}")
                self.last = log_seq
                row = self._row(op, name, values)
                if row is not None:
                    yield Change(op=op, table=name, log_seq=log_seq, group=group, row=row)

    def _row(self, op: str, name: str, values: list[Any]) -> dict[str, Any] | None:
        columns = self._columns.get(name)
        if columns is None:
            raise ProtocolError(f"the header does not name the table {name}")
        table = TABLES.get(name)
        if table is None:
            return None
        named = columns if op == "P" else _columns(op, table)
        if len(named) != len(values):
            raise ProtocolError(f"{name}: {len(values)} values for {len(named)} columns")
        row = dict(zip(named, values, strict=True))
        return check_row(table, row) if op == "P" else row


def _portions(lines: list[bytes]) -> Iterator[list[bytes]]:
    """Yield the lines some at a time."""
    some: list[bytes] = []
    size = 0
    for line in lines:
        if len(line) > ROW_BYTES_MAX:
            raise ProtocolError(f"a row has at most {ROW_BYTES_MAX} bytes")
        if some and size + len(line) > _PORTION_BYTES:
            yield some
            some, size = [], 0
        some.append(line)
        size += len(line)
    if some:
        yield some


def _columns(op: str, table: Table) -> tuple[str, ...]:
    """Return what a line of a page holds: the whole row, or the key and why it goes."""
    return table.columns if op == "P" else (*table.key, "reason")


def page_bytes(
    *,
    bucket: str,
    bucket_epoch: int,
    after: int,
    changes: Iterable[tuple[str, str, int, int, Mapping[str, Any]]],
    checkpoint: int,
    complete: bool,
    sums: Mapping[str, str] | None = None,
) -> bytes:
    """Return a page as NDJSON; ``changes`` are (op, table, log_seq, group, row).

    The row of a removal holds its key and ``reason``; ``sums`` belong to the end of the log.
    """
    rows = [
        [op, name, log_seq, group, [row[column] for column in _columns(op, TABLES[name])]]
        for op, name, log_seq, group, row in changes
    ]
    named = sorted({str(row[1]) for row in rows})
    header = {
        "bucket": bucket,
        "bucket_epoch": bucket_epoch,
        "after": after,
        "tables": {name: TABLES[name].columns for name in named},
    }
    end: dict[str, Any] = {"checkpoint": checkpoint, "complete": complete, "rows": len(rows)}
    if sums is not None:
        end["sums"] = dict(sums)
    return b"".join(compact_json(line) + b"\n" for line in (header, *rows, end))
