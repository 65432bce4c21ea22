"""Puts another journal in the place of this one; a power cut leaves the one or the other.

A journal that is ready lies beside as ``journal.ready``; what stands in its place is moved away
with its log first, then the name changes. Whoever opens the journal finishes what was cut off.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

READY: Final = "journal.ready"
REPLACED: Final = "replaced"
DAMAGED: Final = "damaged"
_DAMAGE_MARK: Final = "journal.damaged"
_FORK_MARK: Final = "journal.forked"
_RUN_MARK: Final = "till.running"
_CUT_MARK: Final = "till.cut_off"
_PARTS: Final = ("-wal", "-shm", "")  # the log first: without it the file is only older


def finish_swap(data_dir: Path) -> None:
    """Put ``journal.ready`` in place, if there is one; no connection may be open on either."""
    ready = data_dir / READY
    try:
        number = ready.stat().st_mtime_ns
    except OSError:
        return
    move_away(data_dir, REPLACED, str(number))
    ready.rename(data_dir / "journal.db")
    _sync_folder(data_dir)


def move_away(data_dir: Path, kind: str, name: str) -> Path:
    """Move the journal with its log into a folder of its own; return the folder.

    Args:
        data_dir: data folder of the till.
        kind: ``damaged`` or ``replaced``.
        name: of the folder in there; the same name goes on with what was cut off.
    """
    folder = data_dir / kind / name
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for part in _PARTS:
        path = data_dir / f"journal.db{part}"
        if path.exists():
            path.rename(folder / path.name)
    _sync_folder(folder)
    _sync_folder(data_dir)
    return folder


def _sync_folder(folder: Path) -> None:
    if os.name != "posix":  # Windows has no handle on a folder
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def mark_damaged(data_dir: Path) -> None:
    """Have the till look at its journal when it starts next."""
    with suppress(OSError):
        (data_dir / _DAMAGE_MARK).touch()


def is_marked_damaged(data_dir: Path) -> bool:
    """Say whether somebody found the journal damaged."""
    return (data_dir / _DAMAGE_MARK).exists()


def forget_damage(data_dir: Path) -> None:
    """The journal is sound, or another one."""
    (data_dir / _DAMAGE_MARK).unlink(missing_ok=True)


def begin_run(data_dir: Path) -> None:
    """Remember that the till runs; one that was cut off has its files looked at."""
    with suppress(OSError):
        running = data_dir / _RUN_MARK
        if running.exists():
            running.replace(data_dir / _CUT_MARK)
        running.touch()


def end_run(data_dir: Path) -> None:
    """Remember that the till ended as it should."""
    with suppress(OSError):
        (data_dir / _RUN_MARK).unlink(missing_ok=True)


def was_cut_off(data_dir: Path) -> bool:
    """Say whether the till was cut off since the files were looked at."""
    return (data_dir / _CUT_MARK).exists()


def forget_cut(data_dir: Path) -> None:
    """The files were looked at."""
    with suppress(OSError):
        (data_dir / _CUT_MARK).unlink(missing_ok=True)


def has_damaged(data_dir: Path) -> bool:
    """Say whether a damaged journal waits for a restore."""
    folder = data_dir / DAMAGED
    return folder.is_dir() and any(folder.iterdir())


def mark_forked(data_dir: Path, *, after: int) -> None:
    """Have the till give its events behind a number another life when it starts next.

    Args:
        data_dir: data folder of the till.
        after: last event that head office holds as this journal has it.
    """
    with suppress(OSError):
        (data_dir / _FORK_MARK).write_text(str(after), encoding="ascii")


def forked_after(data_dir: Path) -> int | None:
    """Return the number behind which events need another life; None when none do."""
    try:
        return max(0, int((data_dir / _FORK_MARK).read_text(encoding="ascii")))
    except (OSError, ValueError):
        return None


def forget_fork(data_dir: Path) -> None:
    """The events have their new life."""
    (data_dir / _FORK_MARK).unlink(missing_ok=True)
