"""Turns what SQLite says into our own faults; the one mapping of this edge."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import apsw

from pos_plugin.errors import StorageBusy, StorageDamaged, StorageError, StorageFull

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# A quota, a file size limit or a full disk under the shared memory file show as these.
_NO_ROOM = frozenset({"SQLITE_FULL", "SQLITE_IOERR_WRITE", "SQLITE_IOERR_SHMSIZE"})
_BUSY = frozenset({"SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_PROTOCOL"})
_DAMAGED = frozenset({"SQLITE_NOTADB", "SQLITE_CORRUPT"})


def fault_of(name: str, message: str, path: Path) -> StorageError:
    """Return our fault for a result code of SQLite.

    Args:
        name: the (extended) result code, for example ``SQLITE_FULL``.
        message: what SQLite said.
        path: the file.
    """
    base = "_".join(name.split("_")[:2])
    if name in _NO_ROOM or base in _NO_ROOM:
        return StorageFull(
            f"{path.name} cannot be written: no room left on the disk ({message})",
            hint="Make room on the disk that holds the till's data folder, then start again.",
            retryable=True,
        )
    if base in _BUSY:
        return StorageBusy(
            f"{path.name} is held by another process",
            hint="Look whether the till runs twice.",
            retryable=True,
        )
    if base in _DAMAGED:
        is_cache = path.name.startswith("cache-")
        return StorageDamaged(
            f"{path.name} is damaged or no database ({message})",
            hint="Delete cache.current; the agent builds the cache again."
            if is_cache
            else "Move the file away and restore the last backup.",
        )
    return StorageError(
        f"{path.name}: {message}", hint="Look at the data folder, its disk and its rights."
    )


@contextmanager
def mapped(path: Path) -> Iterator[None]:
    """Raise StorageError where SQLite raises."""
    try:
        yield
    except apsw.Error as error:
        raise fault_of(_name_of(error), str(error), path) from error


def _name_of(error: apsw.Error) -> str:
    code = getattr(error, "extendedresult", 0)
    name = apsw.mapping_extended_result_codes.get(code) or apsw.mapping_result_codes.get(code)
    # An error that the library itself raises carries no code; its class says the same.
    kind = type(error).__name__.removesuffix("Error").upper()
    return str(name) if code and name else f"SQLITE_{kind}"
