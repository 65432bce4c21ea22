"""The data folder: there, ours alone, on a disk that keeps what it was given, with room."""

from __future__ import annotations

import os
import shutil
import stat
import sys
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from pos_plugin.doctor.finding import Words
from pos_plugin.drives import Drive, drive_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pos_plugin.doctor.finding import Finding

TEXTS: Final = {
    "folder_good": {
        "de": "{folder} ist da und beschreibbar.",
        "en": "{folder} is there and can be written.",
    },
    "folder_missing": {
        "de": "{folder} gibt es nicht: data_dir in till.toml prüfen, oder `stammkunde init`.",
        "en": "{folder} does not exist: look at data_dir in till.toml, or run `stammkunde init`.",
    },
    "folder_unwritable": {
        "de": "In {folder} kann nicht geschrieben werden ({fault}): als Benutzer der Kasse "
        "aufrufen, oder Rechte und Platte prüfen.",
        "en": "{folder} cannot be written ({fault}): run this as the user of the till, or look at "
        "rights and disk.",
    },
    "rights_good": {"de": "Nur für die Kasse lesbar.", "en": "For the till's user alone."},
    "rights_open": {
        "de": "{name} ist für andere Benutzer offen: chmod o-rwx {path}",
        "en": "{name} is open to other users: chmod o-rwx {path}",
    },
    "rights_foreign": {
        "de": "{name} gehört einem anderen Benutzer als der Ordner: chown {owner} {path}",
        "en": "{name} belongs to another user than the folder: chown {owner} {path}",
    },
    "rights_unknown": {
        "de": "Unter Windows nicht geprüft: Der Ordner soll nur dem Benutzer der Kasse gehören.",
        "en": "Not looked at on Windows: let the folder belong to the till's user alone.",
    },
    "drive_local": {"de": "Auf einer Platte dieses Rechners.", "en": "On a disk of this machine."},
    "drive_network": {
        "de": "{folder} liegt auf einem Netzlaufwerk, dessen Sperren nicht halten: auf eine Platte "
        "dieses Rechners legen.",
        "en": "{folder} lies on a network drive, whose locks do not hold: move it to a disk of "
        "this machine.",
    },
    "drive_memory": {
        "de": "{folder} liegt im Arbeitsspeicher: Nach einem Stromausfall ist alles weg.",
        "en": "{folder} lies in memory: a power cut takes all of it.",
    },
    "drive_unknown": {
        "de": "Nicht bekannt; es muss eine Platte dieses Rechners sein.",
        "en": "Not known; it must be a disk of this machine.",
    },
    "disk_good": {"de": "{free_mb} MB frei.", "en": "{free_mb} MB free."},
    "disk_low": {
        "de": "Nur {free_mb} MB frei: Platz schaffen.",
        "en": "Only {free_mb} MB free: make room.",
    },
    "disk_full": {
        "de": "Nur {free_mb} MB frei: sofort Platz schaffen, sonst wird nichts mehr gebucht.",
        "en": "Only {free_mb} MB free: make room now, or nothing is booked any more.",
    },
    "sync_good": {
        "de": "Bestätigt das Schreiben nach {micros} Mikrosekunden.",
        "en": "Takes {micros} microseconds to confirm a write.",
    },
    "sync_fast": {
        "de": "Bestätigt in {micros} Mikrosekunden: Das kann nur eine Platte mit Schutz bei "
        "Stromausfall, oder eine, die lügt. Datenblatt ansehen.",
        "en": "Confirms a write in {micros} microseconds: only a disk with power-loss protection "
        "can, or one that lies. Look at its data sheet.",
    },
    "sync_slow": {
        "de": "Bestätigt erst nach {micros} Mikrosekunden: Die Kasse wartet bei jedem Bon darauf.",
        "en": "Takes {micros} microseconds to confirm a write: the till waits so long with every "
        "receipt.",
    },
}
WORDS: Final = Words(TEXTS)
_MB: Final = 1_000_000
_FULL_MB: Final = 64  # twice the reserve of a till: from here on it has none to spare
_WRITES: Final = 15
_FAST_MICROS: Final = 40  # a disk with protection answers from its own memory, over a bus
_SLOW_MICROS: Final = 200_000


def folder_findings(folder: Path, *, free_mb_least: int) -> Iterator[Finding]:
    """Yield how a data folder is; when it is not there, that alone.

    Args:
        folder: data folder of a till or of head office.
        free_mb_least: room in MB below which somebody has to make some.
    """
    if not folder.is_dir():
        yield WORDS.bad("folder", "folder_missing", folder=folder)
        return
    yield _written(folder)
    yield from _rights(folder)
    yield _drive(folder)
    yield room(shutil.disk_usage(folder).free // _MB, free_mb_least=free_mb_least)
    micros = _sync_micros(folder)
    if micros is not None:
        yield judged(micros)


def room(free_mb: int, *, free_mb_least: int) -> Finding:
    """Return what the free room in MB says about the disk."""
    if free_mb < _FULL_MB:
        return WORDS.bad("disk", "disk_full", free_mb=free_mb)
    if free_mb < free_mb_least:
        return WORDS.warn("disk", "disk_low", free_mb=free_mb)
    return WORDS.good("disk", "disk_good", free_mb=free_mb)


def judged(micros: int) -> Finding:
    """Return what the time that a disk needs to confirm a write says about it."""
    if micros < _FAST_MICROS:
        return WORDS.warn("sync", "sync_fast", micros=micros)
    if micros > _SLOW_MICROS:
        return WORDS.warn("sync", "sync_slow", micros=micros)
    return WORDS.good("sync", "sync_good", micros=micros)


def _written(folder: Path) -> Finding:
    probe = folder / f"doctor.{os.getpid()}"
    try:
        os.close(os.open(probe, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        probe.unlink()
    except OSError as fault:
        return WORDS.bad("folder", "folder_unwritable", folder=folder, fault=fault.strerror)
    return WORDS.good("folder", "folder_good", folder=folder)


def _rights(folder: Path) -> Iterator[Finding]:
    if sys.platform == "win32":
        yield WORDS.good("rights", "rights_unknown")
        return
    owner = folder.stat().st_uid
    is_good = True
    for path in (folder, *sorted(folder.iterdir())):
        if path.is_symlink():
            continue
        try:
            state = path.stat()
        except FileNotFoundError:
            continue  # files come and go while the till sells
        if state.st_uid != owner:
            is_good = False
            yield WORDS.bad("rights", "rights_foreign", name=path.name, path=path, owner=owner)
        # Inside a closed folder nobody reaches them.
        elif path == folder and stat.S_IMODE(state.st_mode) & 0o007:
            is_good = False
            yield WORDS.bad("rights", "rights_open", name=path.name, path=path)
    if is_good:
        yield WORDS.good("rights", "rights_good")


def _drive(folder: Path) -> Finding:
    kind = drive_of(folder)
    if kind is Drive.NETWORK:
        return WORDS.bad("drive", "drive_network", folder=folder)
    if kind is Drive.MEMORY:
        return WORDS.warn("drive", "drive_memory", folder=folder)
    return WORDS.good("drive", "drive_local" if kind is Drive.LOCAL else "drive_unknown")


def _sync_micros(folder: Path) -> int | None:
    """Return the median time of a confirmed write in microseconds; None when there is none."""
    probe = folder / f"doctor.{os.getpid()}"
    took_ns = []
    try:
        handle = os.open(probe, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            for _ in range(_WRITES):
                os.write(handle, os.urandom(4096))
                began_ns = time.monotonic_ns()
                os.fsync(handle)
                took_ns.append(time.monotonic_ns() - began_ns)
        finally:
            os.close(handle)
    except OSError:
        return None
    finally:
        with suppress(OSError):
            probe.unlink()
    return sorted(took_ns)[_WRITES // 2] // 1000
