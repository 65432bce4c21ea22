"""Reads a file of a shop line by line: encoding, delimiter and header are found out.

Never more than a piece of a CSV file is in memory. A JSON list has to be read whole, so it may be
smaller.
"""

from __future__ import annotations

import codecs
import csv
import io
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from pos_plugin.limits import MAX_FILE_BYTES, MAX_JSON_BYTES, MAX_TEXT
from sync_agent.imports.columns import Column, simple
from sync_agent.imports.values import plain
from sync_agent.imports.wrong import TableError, WrongCell, WrongCode, WrongLine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

ROWS_MAX: Final = 2_000_000
COLUMNS_MAX: Final = 200
CELL_MAX: Final = MAX_TEXT * 50  # a list of many words
ENCODINGS: Final = ("utf-8-sig", "cp1252")
_UTF_16: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_PIECE: Final = 1 << 20


class BadFile(Exception):  # noqa: N818 - an answer, read as a state
    """The file cannot be read on; what is wrong stands in ``wrong``."""

    def __init__(self, wrong: WrongLine) -> None:
        super().__init__(wrong.code.value)
        self.wrong = wrong


@dataclass(slots=True)
class Header:
    """What the header of a file brings.

    Args:
        places: column and its place in a line.
        passed_over: headers that mean nothing to us.
    """

    places: list[tuple[Column, int]] = field(default_factory=list)
    passed_over: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Record:
    """A line: its number, and its cells by column; ``wrong`` when it is none."""

    line: int
    cells: list[tuple[Column, str]]
    wrong: WrongLine | None = None


class TableFile:
    """A file with a header, or JSON objects.

    Args:
        path: of the file.
        columns: of its kind.
        encoding: ``utf-8``, ``cp1252`` …; None = find out.
        names: other headers of this shop to our columns.
        progress: called with the number of bytes read on.
    """

    def __init__(
        self,
        path: Path,
        columns: Sequence[Column],
        *,
        encoding: str | None = None,
        names: Mapping[str, str] | None = None,
        progress: Callable[[int], object] = lambda _bytes: None,
    ) -> None:
        self._path = path
        self._progress = progress
        self._known: dict[str, Column] = {}
        by_name = {column.name: column for column in columns}
        for column in columns:
            for word in (column.name, *column.aliases):
                self._known[simple(word)] = column
        for foreign, name in (names or {}).items():
            if name not in by_name:
                raise TableError(
                    "unknown_word", f"--map.{foreign}", f"no column {name!r}: {', '.join(by_name)}"
                )
            self._known[simple(foreign)] = by_name[name]
        size = _size(path)
        if size > MAX_FILE_BYTES:
            raise BadFile(WrongLine(1, "", WrongCode.LIMIT))
        begins = _beginning(path)
        if encoding is None and (begins.startswith(_UTF_16) or b"\0" in begins):
            # Windows-1252 would read it: every other character as NUL.
            raise BadFile(WrongLine(1, "", WrongCode.UTF_16))
        self.is_json = begins.removeprefix(codecs.BOM_UTF8).lstrip()[:1] in (b"[", b"{")
        self.encoding = self._find_encoding((encoding,) if encoding else ENCODINGS)
        self.header = Header()

    def records(self) -> Iterator[Record]:
        """Yield every line that is not empty.

        Raises:
            BadFile: nothing can be read behind this line.
        """
        yield from self._json() if self.is_json else self._csv()

    def _find_encoding(self, encodings: Sequence[str]) -> str:
        line = 1
        for encoding in encodings:
            decoder = codecs.getincrementaldecoder(encoding)()
            line = 1
            with self._path.open("rb") as file:
                try:
                    while piece := file.read(_PIECE):
                        decoder.decode(piece)
                        line += piece.count(b"\n")
                    decoder.decode(b"", final=True)
                except UnicodeDecodeError as fault:
                    line += piece[: max(fault.start, 0)].count(b"\n")
                    continue  # the last one tried names the line
            return encoding
        raise BadFile(WrongLine(line, "", WrongCode.ENCODING))

    def _csv(self) -> Iterator[Record]:
        with self._path.open("rb") as raw:
            counted = io.BufferedReader(_Counting(raw, self._progress), 1 << 16)
            text = io.TextIOWrapper(counted, self.encoding, newline="")
            try:
                first = text.readline(CELL_MAX * COLUMNS_MAX)
            except UnicodeDecodeError:
                raise BadFile(WrongLine(1, "", WrongCode.ENCODING)) from None
            if not first.strip():
                raise BadFile(WrongLine(1, "", WrongCode.EMPTY))
            reader = csv.reader(_lines(first, text), delimiter=_delimiter(first), strict=True)
            try:
                headers = next(reader)
                places = self._places(headers)
                count = 0
                for cells in reader:
                    if not cells or (len(cells) == 1 and not cells[0].strip()):
                        continue
                    count += 1
                    line = reader.line_num
                    if count > ROWS_MAX:
                        raise BadFile(WrongLine(line, "", WrongCode.LIMIT))
                    if len(cells) != len(headers):
                        yield Record(line, [], WrongLine(line, "", WrongCode.CELL_COUNT))
                        continue
                    yield Record(line, [(column, cells[at].strip()) for column, at in places])
            except csv.Error:
                raise BadFile(WrongLine(reader.line_num, "", WrongCode.NOT_CSV)) from None
            except UnicodeDecodeError:
                raise BadFile(WrongLine(reader.line_num + 1, "", WrongCode.ENCODING)) from None

    def _places(self, headers: Sequence[str]) -> list[tuple[Column, int]]:
        if len(headers) > COLUMNS_MAX:
            raise BadFile(WrongLine(1, "", WrongCode.LIMIT))
        taken: set[str] = set()
        for place, header in enumerate(headers):
            column = self._known.get(simple(header))
            if column is None:
                self.header.passed_over.append(header.strip()[:MAX_TEXT])
                continue
            if column.field in taken:
                raise BadFile(WrongLine(1, column.name, WrongCode.COLUMN_TWICE))
            taken.add(column.field)
            self.header.places.append((column, place))
        return self.header.places

    def _json(self) -> Iterator[Record]:
        seen: dict[str, Column | None] = {}
        for line, value in self._objects():
            if not isinstance(value, dict):
                yield Record(line, [], WrongLine(line, "", WrongCode.NOT_JSON))
                continue
            cells = []
            wrong = None
            for name, inner in value.items():
                if name not in seen:
                    seen[name] = self._known.get(simple(name))
                    if seen[name] is None:
                        self.header.passed_over.append(name[:MAX_TEXT])
                column = seen[name]
                if column is None:
                    continue
                try:
                    cells.append((column, plain(inner).strip()))
                except WrongCell as fault:
                    wrong = WrongLine(line, column.name, fault.code)
            fields = [column.field for column, _ in cells]
            if len(set(fields)) != len(fields):
                wrong = WrongLine(line, "", WrongCode.COLUMN_TWICE)
            yield Record(line, cells, wrong)

    def _objects(self) -> Iterator[tuple[int, Any]]:
        """Yield line (of a list: place) and value of each object."""
        with self._path.open("rb") as raw:
            if raw.read(64).removeprefix(codecs.BOM_UTF8).lstrip()[:1] == b"[":
                raw.seek(0)
                content = raw.read(MAX_JSON_BYTES + 1)
                self._progress(len(content))
                if len(content) > MAX_JSON_BYTES:
                    raise BadFile(WrongLine(1, "", WrongCode.LIMIT))
                yield from enumerate(self._parsed(content, 1), start=1)
                return
            raw.seek(0)
            number = 0
            while line := raw.readline(_PIECE + 1):
                number += 1
                self._progress(len(line))
                if len(line) > _PIECE or number > ROWS_MAX:
                    raise BadFile(WrongLine(number, "", WrongCode.LIMIT))
                if line.strip():
                    yield number, self._parsed(line.rstrip(), number)

    def _parsed(self, content: bytes, line: int) -> Any:  # noqa: ANN401
        try:
            return json.loads(content.decode(self.encoding).removeprefix("\ufeff"))
        except UnicodeDecodeError:
            raise BadFile(WrongLine(line, "", WrongCode.ENCODING)) from None
        except json.JSONDecodeError as fault:
            raise BadFile(WrongLine(line + fault.lineno - 1, "", WrongCode.NOT_JSON)) from None
        except (ValueError, RecursionError):
            raise BadFile(WrongLine(line, "", WrongCode.NOT_JSON)) from None


class _Counting(io.RawIOBase):
    """Tells how far a file has been read."""

    def __init__(self, raw: io.BufferedReader, progress: Callable[[int], object]) -> None:
        self._raw = raw
        self._progress = progress

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - a writable buffer
        count = self._raw.readinto(buffer)
        self._progress(count)
        return count


def _lines(first: str, text: io.TextIOWrapper) -> Iterator[str]:
    yield first
    yield from text


def _delimiter(header: str) -> str:
    r"""Return what separates the columns of a header: most often, `;` when in doubt.

    >>> _delimiter("sku;name,de;price"), _delimiter("sku,name"), _delimiter("sku")
    (';', ',', ';')
    """
    return max(";,\t", key=header.count)


def _beginning(path: Path) -> bytes:
    if (
        not path.is_file()
    ):  # it is read more than once: a pipe would be empty by then, and waited for
        raise TableError("wrong_type", str(path), "is no file")
    try:
        with path.open("rb") as file:
            return file.read(64)
    except OSError as fault:
        raise TableError("missing", str(path), f"cannot be read: {fault.strerror}") from None


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError as fault:
        raise TableError("missing", str(path), f"cannot be read: {fault.strerror}") from None


def check_encoding(name: str) -> str:
    """Return the encoding, or raise TableError when there is none of this name."""
    try:
        return codecs.lookup(name).name
    except LookupError:
        raise TableError("unknown_word", "--encoding", f"no encoding {name!r}") from None
