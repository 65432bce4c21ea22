"""Copies of the journal on another disk: made beside a selling till, and believed only when opened.

Laws of this file:

1. A copy has no name before it was opened where it lies: ``quick_check``, the chain of events, and
   the last event that the journal had when the copy began. Cut off earlier, it is swept away.
2. Older copies go only after a new one stands.
3. No token goes along. A till alone takes its own keys along: nobody else could give them back.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, BinaryIO, Final

import apsw

from pos_plugin import keys
from pos_plugin.clock import instant, utc_text
from pos_plugin.errors import StorageBusy, StorageDamaged, StorageError, StorageFull
from pos_plugin.folder_lock import FolderLock, FolderTaken
from pos_plugin.storage import journal_schema
from pos_plugin.storage.connect import JOURNAL_NAME, quick_check, replace_file
from pos_plugin.storage.envelope import hash_of
from pos_plugin.storage.faults import mapped
from pos_plugin.storage.journal_swap import REPLACED
from pos_plugin.storage.pruned import pruned

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterator
    from pathlib import Path
    from typing import Self

    from pos_plugin.config import TillConfig

MANIFEST: Final = "backup.json"
RECORD: Final = "backup.last.json"
REQUEST: Final = "backup.wish"
IMPORTS: Final = "imports"
LOCK_NAME: Final = "backup.lock"
KEPT: Final = 7
OVERDUE_DAYS: Final = 3  # without a copy for so long somebody is told
REPLACED_KEPT_S: Final = 30 * 86_400
_PARTIAL: Final = ".partial"
_LOCAL_KEYS: Final = (keys.NAME, "rule-key.local")
_AT_ONCE: Final = 1_000
_BYTES_MAX: Final = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What is copied, and whose it is.

    Args:
        data_dir: data folder of the till.
        shop: of the till.
        till: number of the till.
        config_path: its ``till.toml``, if there is one.
        is_alone: it has no head office.
    """

    data_dir: Path
    shop: str
    till: str
    config_path: Path | None = None
    is_alone: bool = False

    @classmethod
    def of(cls, config: TillConfig, config_path: Path | None) -> Self:
        """Return what the settings of a till say of it."""
        return cls(
            data_dir=config.data_dir,
            shop=config.shop,
            till=config.till,
            config_path=config_path,
            is_alone=config.head_office is None,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """A verified copy; ``last_hash`` is that of its last event, empty without any."""

    events: int
    shop: str
    till: str
    taken_at: str
    epoch: int
    last_seq: int
    last_hash: str


def take_backup(
    source: Source,
    into: Path,
    *,
    at: dt.datetime,
    kept: int = KEPT,
    progress: Callable[[int], object] | None = None,
) -> Path:
    """Copy a journal, verify the copy where it lies, and return its folder.

    Args:
        source: what is copied.
        into: folder on another disk or a share; it must be there, a missing one is not mounted.
        at: now.
        kept: so many copies of this till stay.
        progress: told how many bytes of the journal are copied.

    Raises:
        StorageBusy: another copy is under way.
        StorageFull: no room there.
        StorageError: nothing was copied; the copies before stay.
    """
    with _alone(source.data_dir):
        try:
            folder = _copied(source, into, at=at, progress=progress or _nobody)
        except StorageError as fault:
            _record(source.data_dir, {"failed_at": utc_text(at), "failure": str(fault)})
            raise
        _sweep(source, into, kept=kept, new=folder)
        _sweep_replaced(source.data_dir, at=at)
        same_disk = folder.stat().st_dev == source.data_dir.stat().st_dev
        _record(
            source.data_dir,
            {"taken_at": utc_text(at), "folder": str(folder), "same_disk": same_disk},
        )
    return folder


def verify(folder: Path, *, wanted: tuple[int, int, bytes] | None = None) -> Copy:
    """Return what a copy is, after opening it.

    Args:
        folder: of the copy.
        wanted: epoch, number and hash of an event that it must hold.

    Raises:
        StorageDamaged: it is none, or not whole.
        StorageError: it cannot be read.
    """
    path = folder / JOURNAL_NAME
    try:
        value = json.loads((folder / MANIFEST).read_bytes()[:_BYTES_MAX])
        copy = Copy(**value)
    except OSError as fault:
        raise StorageError(
            f"{folder} has no {MANIFEST}: {fault.strerror}", hint="Name the folder of one backup."
        ) from None
    except (ValueError, TypeError):
        raise StorageDamaged(
            f"{MANIFEST} in {folder} is damaged", hint="Take an older backup."
        ) from None
    with mapped(path), closing(apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)) as db:
        if db.pragma("application_id") != journal_schema.APPLICATION_ID:
            raise StorageDamaged(f"{path} is no journal", hint="Take an older backup.")
        damage = quick_check(db) or _broken_link(db)
        if damage is None and (copy.epoch, copy.last_seq, copy.last_hash) != _last(db):
            damage = "its last event is another one"
        if damage is None and wanted is not None and not _holds(db, wanted):
            damage = "it is older than the journal was when it was copied"
    if damage is not None:
        raise StorageDamaged(f"the copy in {folder} is not whole: {damage}", hint=_OLDER)
    return copy


_OLDER: Final = "Take an older backup; look at the disk it lies on."


def copies(into: Path, source: Source) -> list[Path]:
    """Return the folders of this till's copies, the oldest first."""
    stem = _stem(source)
    found = [path for path in into.iterdir() if re.fullmatch(stem + r"-\d{8}T\d{9}Z", path.name)]
    return sorted(path for path in found if (path / MANIFEST).is_file())


def request(data_dir: Path) -> None:
    """Ask the agent for a copy soon: the shop's day ends."""
    with suppress(OSError):
        (data_dir / REQUEST).touch()


def is_requested(data_dir: Path) -> bool:
    """Say whether somebody asked for a copy."""
    return (data_dir / REQUEST).exists()


def take_request(data_dir: Path) -> bool:
    """Say whether somebody asked for a copy, and forget it."""
    try:
        (data_dir / REQUEST).unlink()
    except OSError:
        return False
    return True


def overdue_days(data_dir: Path, *, at: dt.datetime) -> int | None:
    """Return how many days ago the last copy was taken; None when there never was one."""
    taken_at = read_record(data_dir).get("taken_at")
    return None if taken_at is None else max(0, (at - instant(taken_at)).days)


def read_record(data_dir: Path) -> dict[str, Any]:
    """Return what is known of the last copies: ``taken_at, folder, same_disk, failed_at …``."""
    try:
        value = json.loads((data_dir / RECORD).read_bytes()[:_BYTES_MAX])
    except (OSError, ValueError):
        return {}
    return value if isinstance(value, dict) else {}


def _copied(
    source: Source, into: Path, *, at: dt.datetime, progress: Callable[[int], object]
) -> Path:
    if not into.is_dir():
        raise StorageError(
            f"there is no folder {into}", hint="Connect the disk, or make the folder once."
        )
    name = f"{_stem(source)}-{_stamp(at)}"
    folder, partial = into / name, into / f"{name}{_PARTIAL}"
    with _disk(into):
        for left in into.glob(f"{_stem(source)}-*{_PARTIAL}"):
            shutil.rmtree(left)
        partial.mkdir(mode=0o700)
    wanted = _vacuum(source.data_dir / JOURNAL_NAME, partial / JOURNAL_NAME, progress)
    with _disk(into):
        for path in _beside(source):
            _copy_file(path, partial / path.name)
        imports = source.data_dir / IMPORTS
        if imports.is_dir():
            (partial / IMPORTS).mkdir(mode=0o700)
            for path in sorted(imports.iterdir()):
                if path.is_file() and not path.name.endswith(".new"):
                    _copy_file(path, partial / IMPORTS / path.name)
        _write_manifest(source, partial, at=at)
        _sync(partial / JOURNAL_NAME)
    verify(partial, wanted=wanted)
    with _disk(into):
        partial.rename(folder)
        _sync(into)
    return folder


def _vacuum(
    journal: Path, target: Path, progress: Callable[[int], object]
) -> tuple[int, int, bytes] | None:
    """Copy the journal as it is now; return its last event, which the copy must hold."""
    if not journal.is_file():
        raise StorageError(f"{journal} is not there yet", hint="Start the till once.")
    with mapped(journal), closing(_reader(journal)) as db:
        epoch, seq, digest = _last(db)

        def look() -> bool:
            if target.exists():
                progress(target.stat().st_size)
            return False

        db.set_progress_handler(look, 20_000)
        os.close(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        db.execute("VACUUM INTO ?", (str(target),))
    return (epoch, seq, bytes.fromhex(digest)) if seq else None


def _reader(journal: Path) -> apsw.Connection:
    # No `query_only`: VACUUM INTO is refused under it. It writes nothing into the journal.
    connection = apsw.Connection(str(journal), flags=apsw.SQLITE_OPEN_READONLY)
    connection.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
    connection.set_busy_timeout(2_000)
    return connection


def _last(db: apsw.Connection) -> tuple[int, int, str]:
    """Return the newest epoch, the last event's number and hash."""
    epoch: Any = db.execute(
        "SELECT epoch FROM epoch ORDER BY first_seq DESC, opened_at DESC LIMIT 1"
    ).get
    row: Any = db.execute("SELECT seq, hash FROM event ORDER BY seq DESC LIMIT 1").fetchone()
    return (epoch or 0, row[0], row[1].hex()) if row else (epoch or 0, 0, "")


def _holds(db: apsw.Connection, wanted: tuple[int, int, bytes]) -> bool:
    epoch, seq, digest = wanted
    found: Any = db.execute(
        "SELECT count(*) FROM event, epoch WHERE epoch.epoch = ? AND seq = ? AND hash = ?",
        (epoch, seq, digest),
    ).get
    return bool(found)


def _broken_link(db: apsw.Connection) -> str | None:
    """Say where the chain of events breaks: a line is not its hash, or names another one before."""
    before: bytes | None = None
    last = 0
    gone = pruned(db)
    while True:
        rows: list[Any] = db.execute(
            "SELECT seq, epoch, line, hash FROM event WHERE seq > ? ORDER BY seq LIMIT ?",
            (last, _AT_ONCE),
        ).fetchall()
        for seq, epoch, line, digest in rows:
            if not line and seq <= gone.get(epoch, 0):
                before, last = digest, seq  # what was pruned is named by the one behind it
                continue
            named = json.loads(line).get("prev_hash") if line else None
            if hash_of(line) != digest or (before is not None and named != before.hex()):
                return f"event {seq} is not what was written"
            before, last = digest, seq
        if len(rows) < _AT_ONCE:
            return None


def _write_manifest(source: Source, folder: Path, *, at: dt.datetime) -> None:
    path = folder / JOURNAL_NAME
    with mapped(path), closing(apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)) as db:
        epoch, last_seq, last_hash = _last(db)
        events: Any = db.execute("SELECT count(*) FROM event").get
    copy = Copy(
        events=events,
        shop=source.shop,
        till=source.till,
        taken_at=utc_text(at),
        epoch=epoch,
        last_seq=last_seq,
        last_hash=last_hash,
    )
    with _private(folder / MANIFEST) as manifest:
        manifest.write(json.dumps(asdict(copy), indent=1).encode())


def _beside(source: Source) -> Iterator[Path]:
    if source.config_path is not None and source.config_path.is_file():
        yield source.config_path
    if source.is_alone:
        for name in _LOCAL_KEYS:
            if (source.data_dir / name).is_file():
                yield source.data_dir / name


def _copy_file(path: Path, target: Path) -> None:
    with path.open("rb") as content, _private(target) as copy:
        shutil.copyfileobj(content, copy)


@contextmanager
def _private(path: Path) -> Iterator[BinaryIO]:
    """Make a file for its owner alone, and have it on the disk afterwards."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())


def _sweep(source: Source, into: Path, *, kept: int, new: Path) -> None:
    """Remove the oldest copies; never the new one, whatever the clock made its name."""
    with _disk(into):
        others = [path for path in copies(into, source) if path != new]
        for old in others[: max(0, len(others) - kept + 1)]:
            shutil.rmtree(old)


def _sweep_replaced(data_dir: Path, *, at: dt.datetime) -> None:
    """Remove journals that a restore replaced a month ago: they may name who was erased since."""
    replaced = data_dir / REPLACED
    if not replaced.is_dir():
        return
    for folder in replaced.iterdir():
        if at.timestamp() - folder.stat().st_mtime > REPLACED_KEPT_S:
            shutil.rmtree(folder, ignore_errors=True)


def _record(data_dir: Path, news: dict[str, Any]) -> None:
    """Keep what became of the last try; a good one wipes out the failure before it."""
    known = {} if "taken_at" in news else read_record(data_dir)
    replace_file(data_dir / RECORD, json.dumps({**known, **news}).encode())


@contextmanager
def _alone(data_dir: Path) -> Iterator[None]:
    try:
        lock = FolderLock(data_dir / LOCK_NAME)
    except FolderTaken:
        raise StorageBusy(
            "another backup is under way", hint="Try again when it has ended.", retryable=True
        ) from None
    try:
        yield
    finally:
        lock.release()


@contextmanager
def _disk(into: Path) -> Iterator[None]:
    """Raise our faults where the other disk raises."""
    import errno

    try:
        yield
    except OSError as fault:
        kind = StorageFull if fault.errno in (errno.ENOSPC, errno.EDQUOT) else StorageError
        raise kind(
            f"the backup folder {into} cannot be written: {fault.strerror}",
            hint="Look at the disk or share of the backup.",
            retryable=True,
        ) from None


def _sync(path: Path) -> None:
    if path.is_dir() and os.name != "posix":  # Windows has no handle on a folder
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _stem(source: Source) -> str:
    return "-".join(
        ["stammkunde", *(re.sub("[^0-9A-Za-z._]", "_", one) for one in (source.shop, source.till))]
    )


def _stamp(at: dt.datetime) -> str:
    return re.sub("[-:.]", "", utc_text(at))


def _nobody(_done: int) -> None:
    """Tell nobody."""
