"""Starts the migration of a file as a process of its own and waits for it."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Final

from pos_plugin.errors import StorageBusy, StorageError
from pos_plugin.storage.faults import fault_of

if TYPE_CHECKING:
    from pathlib import Path

LONGEST_S: Final = 10  # a till that starts waits no longer than this


def upgrade(kind: str, path: Path) -> None:
    """Create or migrate a file; no connection of this process may be open on it.

    Args:
        kind: ``journal`` or ``cache``.
        path: the file.

    Raises:
        StorageError: the file is as it was before.
    """
    # -P: a folder called pos_plugin beside the host's script is not ours.
    command = [sys.executable, "-P", "-m", "pos_plugin.storage.migrate", kind, str(path)]
    try:
        done = subprocess.run(  # noqa: S603 - our own interpreter and module
            command, check=False, capture_output=True, text=True, timeout=LONGEST_S
        )
    except subprocess.TimeoutExpired:
        raise StorageBusy(
            f"{path.name} was not migrated within {LONGEST_S} s",
            hint="Look whether another process holds the file, then start again.",
            retryable=True,
        ) from None
    if done.returncode != 0:
        raise _fault(done.stderr, path)


def _fault(stderr: str, path: Path) -> StorageError:
    last_line = stderr.strip().rpartition("\n")[2]
    try:
        said = json.loads(last_line)
        return fault_of(said["sqlite"], said["message"], path)
    except (ValueError, KeyError, TypeError):
        return StorageError(
            f"{path.name} could not be migrated: {last_line}",
            hint="Look at the installation of the plugin.",
        )
