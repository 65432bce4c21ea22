"""Opens the files of a till: the only place that knows their names and their pragmas.

1. journal.db has one writer, the till; cache.db has one writer, the agent. Everybody else reads.
2. Every pragma is set on its own and read back; a wrong value is a fault at start, not later.
3. ``cache.current`` names the cache file; it is replaced, never written in place.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import apsw

from pos_plugin.drives import Drive, drive_of
from pos_plugin.errors import SchemaTooNew, StorageDamaged, StorageError
from pos_plugin.storage import cache_schema, journal_schema
from pos_plugin.storage.faults import mapped
from pos_plugin.storage.journal_swap import finish_swap
from pos_plugin.storage.upgrade import upgrade

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

JOURNAL_NAME: Final = "journal.db"
CURRENT_NAME: Final = "cache.current"
OLDEST_SQLITE: Final = (3, 51, 3)  # before it: the WAL-reset corruption bug

_SAFE: Final = {
    "foreign_keys": 1,
    "trusted_schema": 0,
    "cell_size_check": 1,
    "secure_delete": 1,
    # INSERT OR REPLACE deletes too; only with this its triggers say no.
    "recursive_triggers": 1,
    "journal_size_limit": 8 * 1024 * 1024,
}
# The time to wait comes first: already the next pragma may meet a file that is just being made.
JOURNAL_WRITER: Final[Mapping[str, int | str]] = {
    "busy_timeout": 2000,
    "journal_mode": "wal",
    "synchronous": 2,  # FULL: NORMAL lost confirmed receipts in 619 of 1,000 power cuts
    "wal_autocheckpoint": 1000,
    **_SAFE,
}
CACHE_WRITER: Final[Mapping[str, int | str]] = {
    "busy_timeout": 2000,
    "journal_mode": "wal",
    "synchronous": 1,
    "wal_autocheckpoint": 0,
    "cache_size": -32000,
    **_SAFE,
}
READER: Final[Mapping[str, int | str]] = {
    "busy_timeout": 250,
    "query_only": 1,
    "trusted_schema": 0,
    "cache_size": -16000,
    "mmap_size": 1 << 30 if sys.maxsize > 1 << 32 else 0,
}


def open_journal(data_dir: Path) -> apsw.Connection:
    """Return the writing connection to journal.db, created or migrated first where needed.

    Raises:
        StorageFull, StorageDamaged, StorageBusy, SchemaTooNew, StorageError: nothing was changed.
    """
    make_data_dir(data_dir)
    if drive_of(data_dir) is Drive.NETWORK:
        raise StorageError(
            f"{JOURNAL_NAME} would lie on a network drive, where locks hold nobody",
            hint="Name a folder on a disk of this till as data_dir in till.toml.",
        )
    path = data_dir / JOURNAL_NAME
    finish_swap(data_dir)
    if _is_behind(path, journal_schema.APPLICATION_ID, journal_schema.VERSION):
        upgrade("journal", path)
    return _connect(path, JOURNAL_WRITER, journal_schema.APPLICATION_ID, journal_schema.VERSION)


def make_data_dir(data_dir: Path) -> None:
    """Make the data folder where there is none, for its owner alone.

    Raises:
        StorageError: it cannot be made.
    """
    try:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(
            f"the data folder cannot be made: {error.strerror}",
            hint="Look at data_dir in till.toml.",
        ) from None


def open_journal_reader(data_dir: Path) -> apsw.Connection | None:
    """Return a read-only connection to journal.db, or None while there is no journal."""
    path = data_dir / JOURNAL_NAME
    if _is_empty(path):
        return None
    return _connect(path, READER, journal_schema.APPLICATION_ID, journal_schema.VERSION)


def open_cache_writer(data_dir: Path) -> apsw.Connection:
    """Return the writing connection to the cache file, created first where there is none."""
    make_data_dir(data_dir)
    path = cache_path(data_dir)
    if path is None:
        path = data_dir / "cache-000001.db"
        # A file without a name in cache.current was never finished.
        _remove_database(path)
        upgrade("cache", path)
        replace_file(data_dir / CURRENT_NAME, path.name.encode())
    elif _is_behind(path, cache_schema.APPLICATION_ID, cache_schema.VERSION):
        upgrade("cache", path)
    return _connect(path, CACHE_WRITER, cache_schema.APPLICATION_ID, cache_schema.VERSION)


def open_next_cache(data_dir: Path) -> tuple[apsw.Connection, Path]:
    """Return the writing connection to an empty cache file beside the current one, and its path.

    Nobody reads it before ``put_in_place``; one that was never finished is written over.
    """
    current = cache_path(data_dir)
    number = int(current.stem.rpartition("-")[2]) + 1 if current is not None else 1
    path = data_dir / f"cache-{number:06}.db"
    _remove_database(path)
    upgrade("cache", path)
    pragmas = CACHE_WRITER
    return _connect(path, pragmas, cache_schema.APPLICATION_ID, cache_schema.VERSION), path


def put_in_place(connection: apsw.Connection, path: Path) -> None:
    """Make a filled cache file the current one: all of it on the disk first, then its name."""
    with mapped(path):
        connection.pragma("synchronous", 2)
        connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
        connection.pragma("synchronous", CACHE_WRITER["synchronous"])
    replace_file(path.parent / CURRENT_NAME, path.name.encode())


def remove_other_caches(data_dir: Path, keep: Path | None = None) -> None:
    """Remove cache files that nobody reads any more: all but the current one and ``keep``."""
    current = cache_path(data_dir)
    for path in data_dir.glob("cache-*.db"):
        if current is not None and path not in (current, keep):
            # Windows keeps a file that the till has open; the next time it is gone.
            with suppress(OSError):
                _remove_database(path)


def _remove_database(path: Path) -> None:
    for file in (path, *(path.with_name(path.name + end) for end in ("-wal", "-shm"))):
        file.unlink(missing_ok=True)


def open_cache_reader(data_dir: Path) -> apsw.Connection | None:
    """Return a read-only connection to the current cache file, or None while there is none."""
    path = cache_path(data_dir)
    if path is None:
        return None
    return _connect(path, READER, cache_schema.APPLICATION_ID, cache_schema.VERSION)


def cache_path(data_dir: Path) -> Path | None:
    """Return the cache file that ``cache.current`` names, or None while there is none."""
    try:
        name = (data_dir / CURRENT_NAME).read_text(encoding="ascii").strip()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, UnicodeDecodeError):
        name = ""
    path = data_dir / name
    if path.parent != data_dir or not (name.startswith("cache-") and name.endswith(".db")):
        raise StorageDamaged(
            f"{CURRENT_NAME} names no cache file",
            hint=f"Delete {CURRENT_NAME}; the agent builds the cache again.",
        )
    return None if _is_empty(path) else path


def replace_file(path: Path, content: bytes, *, mode: int | None = None) -> None:
    """Put a small file in place whole: temporary name, fsync, rename, fsync of the folder.

    Args:
        path: the file.
        content: all of it.
        mode: rights of a file that others must not read, set before it has a content.
    """
    temporary = path.with_name(path.name + ".new")
    if mode is not None:
        # What a crash left may be open to others, or held open by one.
        temporary.unlink(missing_ok=True)
        temporary.touch(mode, exist_ok=False)
    with temporary.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    if os.name == "posix":  # Windows has no handle on a folder
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _is_empty(path: Path) -> bool:
    try:
        return path.stat().st_size == 0
    except FileNotFoundError:
        return True


def _is_behind(path: Path, application_id: int, version: int) -> bool:
    """Say whether the file must be created or migrated before it can be used."""
    if _is_empty(path):
        return True
    with mapped(path):
        connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
        try:
            found = _version(connection, path, application_id, version)
        finally:
            connection.close()
    return found < version


def _version(connection: apsw.Connection, path: Path, application_id: int, version: int) -> int:
    """Return the schema version, 0 for a database without any table."""
    if not connection.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchall():
        return 0
    if connection.pragma("application_id") != application_id:
        raise StorageDamaged(
            f"{path.name} is a database of another program",
            hint="Move the file away; data_dir in till.toml may name the wrong folder.",
        )
    found = int(connection.pragma("user_version"))
    if found > version:
        raise SchemaTooNew(
            f"{path.name} was written by a newer version (schema {found}, known is {version})",
            hint="Install the newer version of the plugin again.",
        )
    return found


def _connect(
    path: Path, pragmas: Mapping[str, int | str], application_id: int, version: int
) -> apsw.Connection:
    library = tuple(int(part) for part in apsw.sqlite_lib_version().split("."))
    if library < OLDEST_SQLITE:
        raise StorageError(
            f"SQLite {apsw.sqlite_lib_version()} is older than 3.51.3",
            hint="Install a newer apsw.",
        )
    read_only = "query_only" in pragmas
    flags = apsw.SQLITE_OPEN_READONLY if read_only else apsw.SQLITE_OPEN_READWRITE
    with mapped(path):
        connection = apsw.Connection(str(path), flags=flags, statementcachesize=256)
        try:
            if read_only:
                # A reader that closes last would checkpoint and delete the writer's WAL.
                connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
            set_pragmas(connection, pragmas, path)
            _refuse_older(_version(connection, path, application_id, version), version, path)
        except BaseException:
            connection.close()
            raise
    return connection


def _refuse_older(found: int, version: int, path: Path) -> None:
    if found < version:
        raise StorageError(f"{path.name} waits for its migration", hint="Start the till once.")


def sqlite_version() -> str:
    """Return the version of the SQLite library that reads and writes our files."""
    return apsw.sqlite_lib_version()


def quick_check(connection: apsw.Connection) -> str | None:
    """Return the first things SQLite finds damaged, or None when the file is sound."""
    found = [str(line) for (line,) in connection.execute("PRAGMA quick_check(5)")]
    return None if found == ["ok"] else "; ".join(found)


def checkpointed(connection: apsw.Connection) -> bool:
    """Write the log back and cut it to nothing; False while somebody reads an older state."""
    try:
        connection.wal_checkpoint(mode=apsw.SQLITE_CHECKPOINT_TRUNCATE)
    except apsw.BusyError:
        return False
    return True


def set_pragmas(connection: apsw.Connection, pragmas: Mapping[str, int | str], path: Path) -> None:
    """Set every pragma on its own and read it back.

    Raises:
        StorageError: a pragma does not hold.
    """
    for name, wanted in pragmas.items():
        connection.pragma(name, wanted)
        got = connection.pragma(name)
        if got != wanted:
            raise StorageError(
                f"{path.name}: pragma {name} is {got}, not {wanted}",
                hint="This SQLite cannot keep the promises of the till; install the shipped apsw.",
            )
