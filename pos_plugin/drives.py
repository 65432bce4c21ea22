"""What kind of disk a folder lies on: locks of a network drive hold nobody, and memory forgets.

The table of mounts says it on Linux, the system itself on Windows; elsewhere nobody knows.
"""

from __future__ import annotations

import os
import sys
from enum import StrEnum
from pathlib import Path
from typing import Final

MOUNTS: Final = Path("/proc/self/mountinfo")
_NETWORK: Final = frozenset(
    {"9p", "afs", "ceph", "cifs", "coda", "davfs", "glusterfs", "ncpfs", "nfs", "nfs4"}
    | {"smb3", "smbfs", "sshfs", "virtiofs"}
)
_MEMORY: Final = frozenset({"ramfs", "tmpfs"})
_BYTES_MAX: Final = 1 << 20


class Drive(StrEnum):
    """Kinds of disks that matter to a till."""

    LOCAL = "local"
    NETWORK = "network"
    MEMORY = "memory"
    UNKNOWN = "unknown"


def drive_of(folder: Path, *, mounts: Path = MOUNTS) -> Drive:
    """Return the kind of disk a folder lies on; of one that is not there, that of its parent.

    Args:
        folder: any path.
        mounts: the table of mounts, as Linux writes it.
    """
    place = Path(os.path.realpath(folder))
    if sys.platform == "win32":
        return _of_windows(place)
    try:
        with mounts.open(encoding="utf-8", errors="surrogateescape") as file:
            table = file.read(_BYTES_MAX)
    except OSError:
        return Drive.UNKNOWN
    found, depth = "", -1
    for line in table.splitlines():
        left, dash, right = line.partition(" - ")
        fields = left.split(" ")
        if not dash or len(fields) < 5:
            continue
        mounted = Path(_plain(fields[4]))
        # The last of two mounts on one place hides the first.
        if len(mounted.parts) >= depth and place.is_relative_to(mounted):
            found, depth = right.split(" ")[0], len(mounted.parts)
    return _kind(found)


def _kind(file_system: str) -> Drive:
    name = file_system.removeprefix("fuse.")
    if name in _NETWORK:
        return Drive.NETWORK
    if name in _MEMORY:
        return Drive.MEMORY
    return Drive.LOCAL if file_system else Drive.UNKNOWN


def _plain(mounted: str) -> str:
    """Return a path of the table; blanks and the like stand there in octal."""
    for written, meant in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        mounted = mounted.replace(written, meant)
    return mounted


def _of_windows(place: Path) -> Drive:
    """Return what Windows says of the drive (not run by us)."""
    import ctypes

    if place.drive.startswith("\\\\"):
        return Drive.NETWORK
    kind = ctypes.windll.kernel32.GetDriveTypeW(f"{place.anchor}")  # type: ignore[attr-defined,unused-ignore]
    # Numbers of the Windows API: 2 removable, 3 fixed, 4 remote, 6 RAM disk.
    return {2: Drive.LOCAL, 3: Drive.LOCAL, 4: Drive.NETWORK, 6: Drive.MEMORY}.get(
        kind, Drive.UNKNOWN
    )
