"""Puts a copy of the journal in place, and on top of it what only the journals here still know.

Laws of this file:

1. The journal is built beside, verified, and takes its place by one change of name; what stood
   there lies in ``replaced/``. A power cut leaves the one or the other.
2. A new epoch opens, and what head office may not hold gets a new envelope in it: same ``uid``
   and body, so that nothing counts twice, whatever was uploaded under the old numbers.
3. Nothing readable is left behind: damaged journals and the one in place are replayed on top.
"""

from __future__ import annotations

import os
import shutil
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import apsw

from pos_plugin.errors import StorageBusy, StorageDamaged, StorageError
from pos_plugin.folder_lock import FolderLock, FolderTaken
from pos_plugin.storage import erasure_store, journal_schema, print_documents
from pos_plugin.storage.backup import IMPORTS, verify
from pos_plugin.storage.cache_reader import CacheReader
from pos_plugin.storage.connect import JOURNAL_NAME, JOURNAL_WRITER, quick_check, set_pragmas
from pos_plugin.storage.epochs import held, start_after
from pos_plugin.storage.faults import mapped
from pos_plugin.storage.journal_swap import DAMAGED, READY, REPLACED, finish_swap
from pos_plugin.storage.pruned import pruned
from pos_plugin.storage.rekey import rekey, without_triggers
from pos_plugin.storage.replay_events import Replayed, replay

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterator
    from pathlib import Path

_BUILT: Final = "journal.restoring"
_LOCKS: Final = ("till.lock", "agent.lock", "import.lock")


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What a restore did.

    Args:
        taken_at: instant of the copy, ISO 8601 UTC.
        events: in the journal now.
        rekeyed: of them, sent again under new numbers.
        replayed: events that only the journals here had.
        unreadable: events there that could not be read.
        missing_since: receipts after it may be missing, unless they were uploaded; None = none is.
        replaced: folder with what stood in place; None when there was nothing.
    """

    taken_at: str
    events: int
    rekeyed: int
    replayed: int
    unreadable: int
    missing_since: str | None
    replaced: Path | None


def restore(
    folder: Path,
    data_dir: Path,
    *,
    shop: str,
    till: str,
    at: dt.datetime,
    progress: Callable[[str], object] = str,
) -> Restored:
    """Put the copy in ``folder`` in the place of the journal.

    Args:
        folder: one backup.
        data_dir: data folder of the till; till and agent do not run.
        shop: of the till; a copy of another one is refused.
        till: its number.
        at: now.
        progress: told the step that begins: ``verify copy replay check``.

    Raises:
        StorageBusy: till, agent or an import runs.
        StorageError: nothing was changed.
    """
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _stopped(data_dir):
        progress("verify")
        copy = verify(folder)
        if (copy.shop, copy.till) != (shop, till):
            raise StorageError(
                f"{folder} is of till {copy.till} in shop {copy.shop}, not of this one",
                hint="Name a backup of this till.",
            )
        finish_swap(data_dir)
        progress("copy")
        built = data_dir / _BUILT
        _clear(built)
        _copy(folder / JOURNAL_NAME, built)
        progress("replay")
        done, rekeyed, events = _build(built, data_dir, at=at)
        progress("check")
        _check(built)
        replaced = data_dir / REPLACED if (data_dir / JOURNAL_NAME).exists() else None
        _bring_beside(folder, data_dir)
        built.rename(data_dir / READY)
        finish_swap(data_dir)
        for old in _folders(data_dir, DAMAGED):
            (data_dir / REPLACED).mkdir(mode=0o700, exist_ok=True)
            old.rename(data_dir / REPLACED / f"{DAMAGED}-{old.name}")
    is_whole = done.goes_on and done.unreadable == 0
    return Restored(
        taken_at=copy.taken_at,
        events=events,
        rekeyed=rekeyed,
        replayed=done.taken,
        unreadable=done.unreadable,
        missing_since=None if is_whole else copy.taken_at,
        replaced=replaced,
    )


def _build(built: Path, data_dir: Path, *, at: dt.datetime) -> tuple[Replayed, int, int]:
    """Re-key the copy and replay the journals here; return that and how many there are."""
    done = Replayed()
    with mapped(built), closing(_writing(built)) as db:
        db.execute("BEGIN IMMEDIATE")
        db.execute("PRAGMA defer_foreign_keys = 1")
        with without_triggers(db):
            epochs: list[Any] = db.execute(
                "SELECT epoch, first_seq FROM epoch ORDER BY first_seq, opened_at"
            ).fetchall()
            after = start_after(epochs, held(_acked(data_dir), pruned(db)))
            before: Any = db.execute("SELECT count(*) FROM event WHERE seq > ?", (after,)).get
            epoch = rekey(db, after=after, at=at, reason="restored")
            for source in [*_folders(data_dir, DAMAGED), data_dir]:
                with _reading(source / JOURNAL_NAME, done) as journal:
                    if journal is not None:
                        found = replay(db, journal, epoch=epoch)
                        done.taken += found.taken
                        done.unreadable += found.unreadable
                        done.goes_on = done.goes_on or found.goes_on
            _forget_the_erased(db, at)
        events: Any = db.execute("SELECT count(*) FROM event").get
        db.execute("COMMIT")
    return done, int(before), int(events)


def _forget_the_erased(db: apsw.Connection, at: dt.datetime) -> None:
    """Erase again who was erased since the copy was taken: it brought the names back."""
    rows: list[Any] = db.execute("SELECT customer FROM erasure").fetchall()
    erasure_store.erase(
        db,
        [str(customer) for (customer,) in rows],
        give_up_papers=lambda journal, customer: print_documents.empty_of(journal, customer, at),
    )


def _writing(path: Path) -> apsw.Connection:
    connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
    # One file that is renamed: no log beside it, and no deleted one with names in it.
    pragmas = {**JOURNAL_WRITER, "journal_mode": "memory"}
    set_pragmas(connection, pragmas, path)
    return connection


@contextmanager
def _reading(path: Path, done: Replayed) -> Iterator[apsw.Connection | None]:
    """Open a journal that may be damaged; one that cannot be opened has nothing readable."""
    if not path.exists() or path.stat().st_size == 0:
        yield None
        return
    connection = None
    try:
        connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
        connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
        connection.execute("SELECT count(*) FROM sqlite_schema").get  # noqa: B018 - opens it
    except apsw.Error:
        if connection is not None:
            connection.close()
        done.unreadable += 1
        yield None
        return
    try:
        yield connection
    finally:
        connection.close()


def _acked(data_dir: Path) -> dict[int, int]:
    """Return up to which event of each epoch head office holds everything, as far as known."""
    try:
        cache = CacheReader.open(data_dir)
        if cache is None:
            return {}
        with cache:
            return dict(cache.acked())
    except StorageError:
        return {}


def _check(built: Path) -> None:
    with mapped(built), closing(apsw.Connection(str(built), flags=apsw.SQLITE_OPEN_READONLY)) as db:
        damage = quick_check(db)
        orphans = db.execute("SELECT count(*) FROM pragma_foreign_key_check").get
        if db.pragma("application_id") != journal_schema.APPLICATION_ID:
            damage = "it is no journal"
    if damage is not None or orphans:
        raise StorageDamaged(
            f"the restored journal is not whole: {damage or 'rows without their event'}",
            hint="Nothing was changed. Take an older backup and call support.",
        )
    handle = os.open(built, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _bring_beside(folder: Path, data_dir: Path) -> None:
    """Bring imports and keys that are not here any more; what is here is newer and stays."""
    for path in folder.iterdir():
        if path.name == IMPORTS and not (data_dir / IMPORTS).exists():
            shutil.copytree(path, data_dir / IMPORTS)
        is_key = path.name in ("keys.json", "rule-key.local")
        if is_key and not (data_dir / path.name).exists():
            _copy(path, data_dir / path.name)


def _copy(source: Path, target: Path) -> None:
    handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as copy, source.open("rb") as content:
        shutil.copyfileobj(content, copy)
        copy.flush()
        os.fsync(copy.fileno())


def _clear(built: Path) -> None:
    for end in ("", "-wal", "-shm", "-journal"):
        built.with_name(built.name + end).unlink(missing_ok=True)


def _folders(data_dir: Path, kind: str) -> list[Path]:
    folder = data_dir / kind
    return sorted(path for path in folder.iterdir() if path.is_dir()) if folder.is_dir() else []


@contextmanager
def _stopped(data_dir: Path) -> Iterator[None]:
    """Hold the locks of everybody who works on this folder.

    Raises:
        StorageBusy: somebody has one.
    """
    held: list[FolderLock] = []
    try:
        for name in _LOCKS:
            try:
                held.append(FolderLock(data_dir / name))
            except FolderTaken:
                raise StorageBusy(
                    f"{name} is held: the till, its agent or an import runs",
                    hint="Stop till and agent, then restore again.",
                ) from None
        yield
    finally:
        for lock in held:
            with suppress(OSError):
                lock.release()
