"""A disk whose power can fail at any operation: an apsw VFS that knows what was never synced.

What a file holds after a cut is what its last sync made safe, and of everything written since then
a random part: a write is lost (40 %) or torn at a sector of 512 bytes (20 %), independently of the
others. ``cut`` writes such an image into a folder while the process sells on, so one run gives as
many cuts as one likes. Not modelled: lost directory entries, several processes.
"""

from __future__ import annotations

import os
import random
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import apsw

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CUTS = int(os.environ.get("STAMMKUNDE_POWER_CUTS", "60"))
"""How many instants a test tries; ``make soak`` says 2,000."""
SEED = int(os.environ.get("STAMMKUNDE_SEED", "20261123"))

SECTOR = 512
LOST = 0.4
TORN = 0.2


@dataclass
class _Content:
    """What of a file is safe, and what was done to it since its last sync."""

    safe: bytearray
    since: list[tuple[int, bytes | None]] = field(default_factory=list)

    def sync(self) -> None:
        for offset, data in self.since:
            _apply(self.safe, offset, data)
        self.since.clear()

    def after_cut(self, dice: random.Random) -> bytes:
        left = bytearray(self.safe)
        for offset, data in self.since:
            if dice.random() < LOST:
                continue
            if data is not None and dice.random() < TORN and len(data) > SECTOR:
                kept = SECTOR * dice.randrange(len(data) // SECTOR + 1)
                # Sectors land in any order: now the first, now the last ones.
                if dice.random() < 0.5:
                    _apply(left, offset, data[:kept])
                else:
                    _apply(left, offset + kept, data[kept:])
                continue
            _apply(left, offset, data)
        return bytes(left)


def _apply(content: bytearray, offset: int, data: bytes | None) -> None:
    """Write, or cut the file at ``offset``."""
    if data is None:
        del content[offset:]
        return
    if len(content) < offset:
        content.extend(bytes(offset - len(content)))
    content[offset : offset + len(data)] = data


class _File(apsw.VFSFile):
    def __init__(self, disk: CutDisk, name: Any, flags: Any) -> None:
        super().__init__(disk.base, name, flags)
        path = Path(name.filename() if isinstance(name, apsw.URIFilename) else str(name))
        self._disk = disk
        self._content = disk.content_of(path)

    def xWrite(self, data: bytes, offset: int) -> None:  # noqa: N802 - the name of SQLite
        super().xWrite(data, offset)
        self._content.since.append((offset, bytes(data)))
        self._disk.did()

    def xTruncate(self, size: int) -> None:  # noqa: N802
        super().xTruncate(size)
        self._content.since.append((size, None))
        self._disk.did()

    def xSync(self, flags: int) -> None:  # noqa: N802
        super().xSync(flags)
        # Before the sync is done, and after: both are instants at which power may fail.
        self._disk.did()
        if not self._disk.lies:
            self._content.sync()
            self._disk.did()


class CutDisk(apsw.VFS):
    """The default file system of connections opened while it stands.

    Args:
        seed: of the dice.
        lies: it says that it synced, and did not (a disk with a write cache of its own).
    """

    def __init__(self, seed: int, *, lies: bool = False) -> None:
        self.base = apsw.vfs_names()[0]
        self.lies = lies
        self.dice = random.Random(seed)  # noqa: S311
        self.on_operation: Callable[[], None] | None = None
        self._files: dict[Path, _Content] = {}
        super().__init__("cut-disk", self.base, makedefault=True)

    def xOpen(self, name: Any, flags: Any) -> _File:  # noqa: N802
        return _File(self, name, flags)

    def content_of(self, path: Path) -> _Content:
        """What is known of a file; what stood in it before was safe."""
        if path not in self._files:
            self._files[path] = _Content(bytearray(path.read_bytes() if path.exists() else b""))
        return self._files[path]

    def did(self) -> None:
        """Tell that something was done; power may fail here."""
        if self.on_operation is not None:
            self.on_operation()

    def cut(self, into: Path) -> None:
        """Write into a folder what would be left if power failed now; the index is never safe."""
        for path, content in self._files.items():
            if not path.name.endswith("-shm"):
                (into / path.name).write_bytes(content.after_cut(self.dice))


@contextmanager
def cut_disk(seed: int, *, lies: bool = False) -> Iterator[CutDisk]:
    """Put the disk in place, and take it away."""
    disk = CutDisk(seed, lies=lies)
    try:
        yield disk
    finally:
        disk.unregister()


@contextmanager
def cutting(
    disk: CutDisk, folder: Path, known: Callable[[], Any], *, rate: float, cuts_max: int
) -> Iterator[list[tuple[Path, Any]]]:
    """Cut at random operations; gives the images with what was known at that instant.

    Args:
        disk: in place.
        folder: the images go there.
        known: tells what the world outside knows.
        rate: chance of a cut at an operation, 0 to 1.
        cuts_max: of so many images at most.
    """
    images: list[tuple[Path, Any]] = []

    def perhaps() -> None:
        if len(images) < cuts_max and disk.dice.random() < rate:
            image = folder / f"cut-{len(images)}"
            image.mkdir()
            disk.cut(image)
            images.append((image, known()))

    disk.on_operation = perhaps
    try:
        yield images
    finally:
        disk.on_operation = None
