"""Puts another journal in the place of this one; a power cut leaves the one or the other.

A journal that is ready lies beside as ``journal.ready``; what stands in its place is moved away
with its log first, then the name changes. Whoever opens the journal finishes what was cut off.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

READY: Final = "journal.ready"
REPLACED: Final = "replaced"
DAMAGED: Final = "damaged"
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
