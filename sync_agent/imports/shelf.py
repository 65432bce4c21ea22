"""``imports/``: what a till without head office took in, in order, for ever.

Laws of this file:

1. Kept are the rows that were taken, never the file itself: a shop's file may hold bank data or
   remarks that no till may keep (domain.md law 9).
2. Content is named by its SHA-256 and never changed, with one exception: lines that have to be
   forgotten (``forget``) become empty. A line keeps its number, so every row keeps its place in the
   log.
3. An entry (``000001.json``) is written last: content that nobody names was never taken.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from pos_plugin.errors import StorageDamaged, StorageError
from pos_plugin.storage.connect import replace_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from types import TracebackType
    from typing import Self

FOLDER: Final = "imports"
RULES: Final = "rules"
ERASE: Final = "erase"
MARK: Final = "M"  # beside P: a person who was erased and must not come back
STEP: Final = 10**9  # place in the log: number of the entry * STEP + line; a file has fewer lines
_ENTRY: Final = re.compile("[0-9]{6}[.]json")


@dataclass(frozen=True, slots=True)
class Entry:
    """One import that was taken.

    Args:
        order: 1 for the first one.
        kind: ``articles``, ``customers`` … ``rules``, ``erase``.
        name: of the file, without its folder.
        sha256: of the content.
        lines: number of lines of the content.
        taken_at: instant, ISO 8601 UTC.
        package: of rules: the fields of the signed manifest.
    """

    order: int
    kind: str
    name: str
    sha256: str
    lines: int
    taken_at: str
    package: dict[str, Any] | None = None

    @property
    def last_seq(self) -> int:
        """Place in the log of the last line."""
        return self.order * STEP + self.lines


class Shelf:
    """The imports of a data folder; whoever adds to them holds ``import.lock``."""

    def __init__(self, data_dir: Path) -> None:
        self._folder = data_dir / FOLDER
        self._read: tuple[tuple[int, int], list[Entry]] | None = None

    def entries(self) -> list[Entry]:
        """Return what was taken, in order.

        Raises:
            StorageDamaged: an entry is missing or cannot be read.
        """
        try:
            mark = (self._folder.stat().st_mtime_ns, sum(1 for _ in self._folder.iterdir()))
        except OSError:
            return []
        # An agent asks every two seconds, and there may be thousands.
        if self._read is not None and self._read[0] == mark:
            return self._read[1]
        found = sorted(path for path in self._folder.glob("*.json") if _ENTRY.fullmatch(path.name))
        entries: list[Entry] = []
        for order, path in enumerate(found, start=1):
            try:
                entry = Entry(**json.loads(path.read_bytes()))
            except (OSError, ValueError, TypeError):
                raise _damaged(path) from None
            if entry.order != order or path.name != f"{order:06}.json":
                raise _damaged(self._folder / f"{order:06}.json")
            entries.append(entry)
        self._read = (mark, entries)
        return entries

    def draft(self) -> Draft:
        """Return an empty content to write to; it counts for nothing before ``keep``."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return Draft(self._folder)

    def keep(
        self,
        draft: Draft,
        *,
        kind: str,
        name: str,
        taken_at: str,
        package: dict[str, Any] | None = None,
    ) -> Entry:
        """Make a draft the next entry."""
        sha256 = draft.finish()
        entry = Entry(
            len(self.entries()) + 1, kind, name[:200], sha256, draft.lines, taken_at, package
        )
        self._write(entry)
        return entry

    def content(self, entry: Entry) -> bytes:
        """Return the content of an entry whole; only for small ones.

        Raises:
            StorageDamaged: it is missing or was changed.
        """
        return b"".join(self._checked(entry))

    def changes(self, entry: Entry, after: int = 0) -> Iterator[tuple[int, str, str, Any]]:
        """Yield line number, ``P`` or ``M``, table and row of every line behind ``after``.

        Raises:
            StorageDamaged: the content is missing or was changed; nothing of it is yielded.
        """
        for _ in self._checked(entry):
            pass  # whole before the first row of it is applied
        with (self._folder / entry.sha256).open("rb") as file:
            for number, line in enumerate(file, start=1):
                if number > after and line.strip():
                    op, table, row = json.loads(line)
                    yield number, op, table, row

    def forget(self, is_meant: Callable[[str, dict[str, Any], int], bool]) -> int:
        """Empty every line that is meant; return how many.

        Safe against kill -9: each entry changes as a whole, and the same call again goes on.

        Args:
            is_meant: by table, row and number of the entry.
        """
        emptied = 0
        for entry in self.entries():
            if entry.kind in {RULES, ERASE}:
                continue
            with self.draft() as draft:
                already, last = emptied, 0
                for number, op, table, row in self.changes(entry):
                    draft.skip(number - last - 1)
                    last = number
                    if is_meant(table, row, entry.order):
                        draft.skip(1)
                        emptied += 1
                    else:
                        draft.add(op, table, row)
                draft.skip(entry.lines - last)
                if emptied == already:
                    continue
                self._write(replace(entry, sha256=draft.finish()))
        self._sweep()
        return emptied

    def _sweep(self) -> None:
        """Remove contents that no entry names, for example of before an erasure."""
        named = {entry.sha256 for entry in self.entries()}
        for path in self._folder.glob("*"):
            if re.fullmatch("[0-9a-f]{64}", path.name) and path.name not in named:
                path.unlink(missing_ok=True)

    def _write(self, entry: Entry) -> None:
        text = json.dumps(asdict(entry), ensure_ascii=False, indent=1)
        replace_file(self._folder / f"{entry.order:06}.json", text.encode())

    def _checked(self, entry: Entry) -> Iterator[bytes]:
        path = self._folder / entry.sha256
        found = hashlib.sha256()
        try:
            with path.open("rb") as file:
                while piece := file.read(1 << 20):
                    found.update(piece)
                    yield piece
        except OSError:
            raise _damaged(path) from None
        if found.hexdigest() != entry.sha256:
            raise _damaged(path)


class Draft:
    """Content under way; closed without ``finish`` it is gone."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder / "draft.new"
        self._hash = hashlib.sha256()
        self._file = self._path.open("wb", buffering=1 << 20)
        self.lines = 0
        self.rows = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()
        self._path.unlink(missing_ok=True)

    def add(self, op: str, table: str, row: dict[str, Any]) -> None:
        """Add a row to put (``P``), or a mark (``M``)."""
        text = json.dumps([op, table, row], ensure_ascii=False, separators=(",", ":"))
        self.add_bytes(text.encode() + b"\n")
        self.rows += 1

    def skip(self, lines: int) -> None:
        """Add empty lines."""
        if lines:
            self.add_bytes(b"\n" * lines)

    def add_bytes(self, content: bytes) -> None:
        """Add lines as they are."""
        self._hash.update(content)
        self._file.write(content)
        self.lines += content.count(b"\n")

    def finish(self) -> str:
        """Put the content in place under its hash and return that."""
        sha256 = self._hash.hexdigest()
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        self._path.replace(self._folder / sha256)
        return sha256


def _damaged(path: Path) -> StorageError:
    return StorageDamaged(
        f"{path.parent.name}/{path.name} is missing or damaged",
        hint="Restore the last backup; the till goes on with what it has.",
    )
