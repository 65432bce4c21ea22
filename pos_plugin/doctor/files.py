"""The till's files: sound, and copied to another disk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pos_plugin.clock import instant
from pos_plugin.doctor.finding import Words
from pos_plugin.drives import Drive, drive_of
from pos_plugin.errors import StorageDamaged, StorageError
from pos_plugin.storage import backup, ballast
from pos_plugin.storage.cache_reader import CacheReader
from pos_plugin.storage.connect import CURRENT_NAME, JOURNAL_NAME, sqlite_version
from pos_plugin.storage.journal_reader import JournalReader
from pos_plugin.storage.journal_swap import has_damaged

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator
    from pathlib import Path

    from pos_plugin.config import TillConfig
    from pos_plugin.doctor.finding import Finding

TEXTS: Final = {
    "files_good": {
        "de": "{name} ist heil (SQLite {sqlite}).",
        "en": "{name} is sound (SQLite {sqlite}).",
    },
    "files_new": {
        "de": "Noch kein Bon: Das Journal entsteht mit dem ersten Start der Kasse.",
        "en": "No receipt yet: the journal is made when the till first starts.",
    },
    "files_damaged": {
        "de": "{name} ist beschädigt ({fault}): Kasse neu starten, dann Sicherung einspielen.",
        "en": "{name} is damaged ({fault}): start the till again, then restore the last backup.",
    },
    "files_cache_damaged": {
        "de": "{name} ist beschädigt ({fault}): {current} löschen, der Agent baut die Datei neu; "
        "nichts geht verloren.",
        "en": "{name} is damaged ({fault}): delete {current}, the agent builds the file again; "
        "nothing is lost.",
    },
    "files_unreadable": {
        "de": "{name} ist nicht lesbar: {fault}. {hint}",
        "en": "{name} cannot be read: {fault}. {hint}",
    },
    "files_replaced": {
        "de": "Das Journal war beschädigt, ein neues läuft: letzte Sicherung einspielen.",
        "en": "The journal was damaged and a new one is in use: restore the last backup.",
    },
    "files_reserve": {
        "de": "Die Platte war voll, die Reserve ist verbraucht: heute noch Platz schaffen.",
        "en": "The disk was full, the reserve is given up: make room on it today.",
    },
    "backup_none": {
        "de": "Niemand sichert: [backup] folder in till.toml auf eine andere Platte setzen.",
        "en": "Nobody takes backups: set [backup] folder in till.toml to another disk.",
    },
    "backup_missing": {
        "de": "{folder} gibt es nicht: Sicherungsplatte anschließen.",
        "en": "{folder} does not exist: connect the backup disk.",
    },
    "backup_never": {
        "de": "Noch nie: stammkunde backup",
        "en": "Never yet: stammkunde backup",
    },
    "backup_failed": {
        "de": "Die letzte ist gescheitert: Sicherungsplatte prüfen, dann stammkunde backup",
        "en": "The last one failed: look at the backup disk, then stammkunde backup",
    },
    "backup_old": {
        "de": "Die letzte ist {days} Tage alt: stammkunde backup",
        "en": "The last one is {days} days old: stammkunde backup",
    },
    "backup_same_disk": {
        "de": "Sie liegt auf der Platte der Kasse: einen Ordner auf einer anderen nennen.",
        "en": "It lies on the till's own disk: name a folder on another one.",
    },
    "backup_memory": {
        "de": "{folder} liegt im Arbeitsspeicher: einen Ordner auf einer Platte nennen.",
        "en": "{folder} lies in memory: name a folder on a disk.",
    },
    "backup_good": {"de": "Zuletzt am {at}.", "en": "Last taken {at}."},
}
WORDS: Final = Words(TEXTS)


def last_known(data_dir: Path) -> dt.datetime | None:
    """Return an instant that is certainly over: that of the till's last event, None without one."""
    try:
        journal = JournalReader.open(data_dir)
        if journal is None:
            return None
        with journal, journal.reading() as connection:
            row = connection.execute(
                "SELECT occurred_at FROM event ORDER BY seq DESC LIMIT 1"
            ).fetchone()
        return instant(row[0]) if row else None
    except (StorageError, ValueError):
        return None  # said where the files are looked at


def file_findings(settings: TillConfig, *, at: dt.datetime) -> Iterator[Finding]:
    """Yield how journal, cache file and backups are.

    Args:
        settings: of the till.
        at: now.
    """
    folder = settings.data_dir
    has_journal = (folder / JOURNAL_NAME).exists()
    if has_journal:
        yield _sound(JOURNAL_NAME, JournalReader, folder)
    else:
        yield WORDS.good("files", "files_new")
    yield from _cache(folder)
    if has_damaged(folder):
        yield WORDS.bad("files", "files_replaced")
    if (folder / ballast.SPENT).exists():
        yield WORDS.bad("files", "files_reserve")
    yield _backup(settings, at=at, has_journal=has_journal)


def _cache(folder: Path) -> Iterator[Finding]:
    # A missing one is said with the master data, by whoever brings them.
    if any(folder.glob("cache-*.db")):
        yield _sound("cache.db", CacheReader, folder)


def _sound(name: str, kind: type[JournalReader | CacheReader], folder: Path) -> Finding:
    try:
        reader = kind.open(folder)
        if reader is None:
            return WORDS.good("files", "files_new")
        with reader:
            found = reader.quick_check()
    except StorageDamaged as fault:
        return _damaged(name, str(fault), folder)
    except StorageError as fault:
        return WORDS.bad("files", "files_unreadable", name=name, fault=fault, hint=fault.hint)
    if found is not None:
        return _damaged(name, found, folder)
    return WORDS.good("files", "files_good", name=name, sqlite=sqlite_version())


def _damaged(name: str, fault: str, folder: Path) -> Finding:
    """Return what to do about a damaged file, without SQLite's list of broken pages."""
    last = fault.strip().splitlines()[-1]
    if name == JOURNAL_NAME:
        return WORDS.bad("files", "files_damaged", name=name, fault=last)
    return WORDS.bad(
        "files", "files_cache_damaged", name=name, fault=last, current=folder / CURRENT_NAME
    )


def _backup(settings: TillConfig, *, at: dt.datetime, has_journal: bool) -> Finding:
    into = settings.backup.folder
    if into is None:
        return WORDS.warn("backup", "backup_none")
    if not into.is_dir():
        return WORDS.bad("backup", "backup_missing", folder=into)
    if drive_of(into) is Drive.MEMORY:
        return WORDS.bad("backup", "backup_memory", folder=into)
    record = backup.read_record(settings.data_dir)
    days = backup.overdue_days(settings.data_dir, at=at)
    if days is None:
        level = WORDS.warn if has_journal else WORDS.good
        return level("backup", "backup_never")
    if "failure" in record:
        return WORDS.bad("backup", "backup_failed")
    if days >= backup.OVERDUE_DAYS:
        return WORDS.bad("backup", "backup_old", days=days)
    if record.get("same_disk"):
        return WORDS.warn("backup", "backup_same_disk")
    taken = instant(record["taken_at"]).astimezone(at.tzinfo)
    return WORDS.good("backup", "backup_good", at=f"{taken:%d.%m.%Y %H:%M}")
