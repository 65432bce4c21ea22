"""Copies of head office that were opened, and what tills may forget because of them (sync.md 4.6).

1. A copy counts once it was opened where it lies and found whole; the numbers that become durable
   are read from the copy, not from the file it was made of.
2. A head office that comes back from a copy is another one: a new incarnation, so tills send again
   what they hold, and new lives of all logs, for numbers of lost rows are given a second time.
"""

from __future__ import annotations

import os
import secrets
import sqlite3
from contextlib import closing, suppress
from typing import TYPE_CHECKING, Final, NamedTuple

from head_office import log
from head_office.errors import BackupUnusable, HeadOfficeMissing, HeadOfficeStorage
from head_office.serving import sole
from head_office.storage import FILE_NAME, meta, till_epoch

if TYPE_CHECKING:
    import datetime as dt
    from pathlib import Path

    from head_office.storage import Database

KEPT: Final = 7
PREFIX: Final = "head_office-"


class Copy(NamedTuple):
    """A verified copy."""

    path: Path
    bytes: int
    events: int


def back_up(database: Database, folder: Path, *, now: dt.datetime) -> Copy:
    """Copy head office into a folder, open the copy, and tell tills what is safe; seven are kept.

    Keys that sign the rules are not in it: they are files of their own and belong in a safe.

    Args:
        database: head office; it may be serving meanwhile.
        folder: on another disk or share.
        now: instant, for the name.

    Raises:
        HeadOfficeStorage: no room, no rights; nothing became durable.
        BackupUnusable: the copy is not whole; it is removed.
    """
    path = folder / f"{PREFIX}{now.strftime('%Y%m%dT%H%M%S%fZ')}.db"
    temporary = path.with_suffix(".new")
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        temporary.unlink(missing_ok=True)
        with closing(sqlite3.connect(database.path)) as connection:
            connection.execute("PRAGMA busy_timeout=10000")
            connection.execute("VACUUM INTO ?", (str(temporary),))
        temporary.chmod(0o600)
        _flush(temporary)
        held = _verified(temporary)
        temporary.replace(path)
        _flush(folder)
    except (OSError, sqlite3.Error) as fault:
        raise HeadOfficeStorage(folder, fault) from fault
    finally:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
    with database.write() as connection:
        for (till, epoch), acked_seq in held.items():
            here = (till_epoch.c.till == till) & (till_epoch.c.epoch == epoch)
            connection.execute(
                till_epoch.update()
                .where(here & (till_epoch.c.durable_seq < acked_seq))
                .values(durable_seq=acked_seq)
            )
    for old in sorted(folder.glob(f"{PREFIX}*.db"))[:-KEPT]:
        old.unlink(missing_ok=True)
    return Copy(path, path.stat().st_size, sum(held.values()))


def restore(folder: Path, copy: Path, *, now: dt.datetime) -> str:
    """Put a copy in the place of head office, which must not be running; return its incarnation.

    What was there is kept beside it under ``replaced/``.

    Raises:
        BackupUnusable: the copy is not whole; nothing was changed.
        HeadOfficeServes: it is running; nothing was changed.
        HeadOfficeStorage: nothing was changed, or the replaced file lies under ``replaced/``.
    """
    try:
        held = _verified(copy)
        content = copy.read_bytes()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except (OSError, sqlite3.Error) as fault:
        raise HeadOfficeStorage(copy, fault) from fault
    with sole(folder):
        try:
            _put_in_place(folder, content, now=now)
        except OSError as fault:
            raise HeadOfficeStorage(copy, fault) from fault
        return _begin_anew(folder, held)


def _put_in_place(folder: Path, content: bytes, *, now: dt.datetime) -> None:
    place, new = folder / FILE_NAME, folder / f"{FILE_NAME}.new"
    new.write_bytes(content)
    new.chmod(0o600)
    _flush(new)
    if place.exists():
        replaced = folder / "replaced"
        replaced.mkdir(mode=0o700, exist_ok=True)
        place.replace(replaced / f"{now.strftime('%Y%m%dT%H%M%S%fZ')}-{FILE_NAME}")
    new.replace(place)
    _flush(folder)


def _begin_anew(folder: Path, held: dict[tuple[str, int], int]) -> str:
    """Give head office a new incarnation and its logs new lives; return the incarnation."""
    from head_office.storage import Database

    with closing(Database(folder)) as database, database.write() as connection:
        incarnation = secrets.token_hex(8)
        connection.execute(
            meta.update().where(meta.c.name == "incarnation").values(value=incarnation)
        )
        for bucket in log.buckets(connection):
            log.begin_new_life(connection, bucket)
        # All that it holds stands in a copy: this one.
        for (till, epoch), acked_seq in held.items():
            here = (till_epoch.c.till == till) & (till_epoch.c.epoch == epoch)
            connection.execute(till_epoch.update().where(here).values(durable_seq=acked_seq))
    return incarnation


def _verified(path: Path) -> dict[tuple[str, int], int]:
    """Open a copy; return till and epoch to the highest event that it holds.

    Raises:
        BackupUnusable: damaged, or its events are fewer than it says.
    """
    if not path.is_file():
        raise HeadOfficeMissing(path)
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        try:
            (said,) = connection.execute("PRAGMA integrity_check(1)").fetchone()
            if said != "ok":
                raise BackupUnusable(path, str(said))
            held = {
                (str(till), int(epoch)): (int(first_seq), int(acked_seq))
                for till, epoch, first_seq, acked_seq in connection.execute(
                    "SELECT till, epoch, first_seq, acked_seq FROM till_epoch"
                )
            }
            for (till, epoch), (first_seq, acked_seq) in held.items():
                (count,) = connection.execute(
                    "SELECT count(*) FROM till_event WHERE till = ? AND epoch = ?", (till, epoch)
                ).fetchone()
                if count != acked_seq - first_seq + 1:
                    raise BackupUnusable(path, f"{count} events of till {till}, not all")
        except sqlite3.DatabaseError as fault:
            raise BackupUnusable(path, str(fault)) from fault
    return {place: acked_seq for place, (_, acked_seq) in held.items()}


def _flush(path: Path) -> None:
    """Bring a file or folder onto its disk."""
    if path.is_dir() and os.name != "posix":
        return  # Windows has no handle on a folder
    handle = os.open(path, os.O_RDONLY if path.is_dir() or os.name == "posix" else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
