"""What ``stammkunde head-office doctor`` looks at beside folder and machine."""

from __future__ import annotations

import datetime as dt
import sqlite3
import stat
import sys
from contextlib import closing
from typing import TYPE_CHECKING, Final

from head_office.backup import PREFIX
from head_office.errors import HeadOfficeError
from head_office.promotions.rules import key_path
from head_office.storage import FILE_NAME, Database
from head_office.till.status import known_tills
from pos_plugin.clock import instant
from pos_plugin.doctor.finding import Words

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from head_office.till.status import Known
    from pos_plugin.doctor.finding import Finding

TEXTS: Final = {
    "folder_no_head_office": {
        "de": "{folder} gibt es nicht: --data prüfen, oder stammkunde head-office init",
        "en": "{folder} does not exist: look at --data, or run stammkunde head-office init",
    },
    "files_good": {"de": "{name} ist heil.", "en": "{name} is sound."},
    "files_damaged": {
        "de": "{name} ist beschädigt ({fault}): anhalten, dann stammkunde head-office restore",
        "en": "{name} is damaged ({fault}): stop it, then stammkunde head-office restore",
    },
    "files_unusable": {
        "de": "Nicht benutzbar: {fault}. {hint}",
        "en": "Cannot be used: {fault}. {hint}",
    },
    "keys_good": {
        "de": "Der Schlüssel der Regeln ist da, der nächste liegt nicht hier.",
        "en": "The key of the rules is there, the next one does not lie here.",
    },
    "keys_missing": {
        "de": "{path} fehlt: Regeln können nicht unterschrieben werden. Aus dem Tresor holen.",
        "en": "{path} is missing: no rules can be signed. Fetch it from the safe.",
    },
    "keys_open": {
        "de": "{path} ist für andere Benutzer lesbar: chmod 600 {path}",
        "en": "Other users may read {path}: chmod 600 {path}",
    },
    "keys_next_here": {
        "de": "{path} liegt noch hier: auf einen Datenträger im Tresor verschieben.",
        "en": "{path} still lies here: move it to a medium that lies in a safe.",
    },
    "backup_unknown": {
        "de": "Nicht angesehen: Ordner mit --backup nennen.",
        "en": "Not looked at: name the folder with --backup.",
    },
    "backup_none": {
        "de": "In {folder} liegt keine: stammkunde head-office backup {folder}",
        "en": "None lies in {folder}: stammkunde head-office backup {folder}",
    },
    "backup_old": {
        "de": "Die letzte ist {hours} Stunden alt: stammkunde head-office backup {folder}",
        "en": "The last one is {hours} hours old: stammkunde head-office backup {folder}",
    },
    "backup_good": {"de": "Zuletzt vor {hours} Stunden.", "en": "Last taken {hours} hours ago."},
    "tills_none": {
        "de": "Noch keine: stammkunde head-office enrol",
        "en": "None yet: stammkunde head-office enrol",
    },
    "tills_good": {
        "de": "{count} bekannt, alle haben sich gemeldet.",
        "en": "{count} known, all of them reported.",
    },
    "tills_never": {
        "de": "Kasse {till} hat sich nie gemeldet: dort stammkunde doctor",
        "en": "Till {till} never reported: run stammkunde doctor there",
    },
    "tills_silent": {
        "de": "Kasse {till} meldet sich seit {days} Tagen nicht: dort stammkunde doctor",
        "en": "Till {till} is silent for {days} days: run stammkunde doctor there",
    },
    "tills_quarantined": {
        "de": "{count} Ereignisse der Kasse {till} wurden nicht verstanden: aktualisieren, dann "
        "stammkunde head-office retry",
        "en": "{count} events of till {till} were not understood: update, then "
        "stammkunde head-office retry",
    },
    "tills_refused": {
        "de": "Kasse {till} hat Regeln abgelehnt: stammkunde head-office status",
        "en": "Till {till} refused rules: stammkunde head-office status",
    },
    "tills_not_durable": {
        "de": "{count} Ereignisse der Kasse {till} stehen in keiner Sicherung.",
        "en": "{count} events of till {till} stand in no backup.",
    },
}
WORDS: Final = Words(TEXTS)
_OLD_HOURS: Final = 36
_SILENT_DAYS: Final = 3


def head_office_findings(
    folder: Path, *, backups: Path | None, at: dt.datetime
) -> Iterator[Finding]:
    """Yield how file, keys, backups and tills of a head office are.

    Args:
        folder: its data folder; one that is not there is the only finding.
        backups: where its copies lie; None = not known.
        at: now.
    """
    if not folder.is_dir():
        yield WORDS.bad("folder", "folder_no_head_office", folder=folder)
        return
    damage = _damage(folder / FILE_NAME)
    if damage is not None:
        yield WORDS.bad("files", "files_damaged", name=FILE_NAME, fault=damage)
        return
    try:
        with closing(Database(folder)) as database, database.read() as connection:
            tills = known_tills(connection)
    except HeadOfficeError as fault:
        yield WORDS.bad("files", "files_unusable", fault=fault, hint=fault.hint)
        return
    yield WORDS.good("files", "files_good", name=FILE_NAME)
    yield from _keys(folder)
    yield _backup(backups, at=at)
    yield from _tills([one for one in tills if not one.is_revoked], at=at)


def _damage(path: Path) -> str | None:
    """Return what is damaged in the file; nothing of one that is not there or held."""
    if not path.is_file():
        return None
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as connection:
            (said,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.OperationalError:
        return None  # held, or no rights: said when it is opened
    except sqlite3.DatabaseError as fault:
        return str(fault)
    return None if said == "ok" else str(said).splitlines()[-1]


def _keys(folder: Path) -> Iterator[Finding]:
    current, following = (key_path(folder, role) for role in ("current", "next"))
    is_good = True
    if not current.is_file():
        is_good = False
        yield WORDS.bad("keys", "keys_missing", path=current)
    elif sys.platform != "win32" and stat.S_IMODE(current.stat().st_mode) & 0o077:
        is_good = False
        yield WORDS.bad("keys", "keys_open", path=current)
    if following.is_file():
        is_good = False
        yield WORDS.warn("keys", "keys_next_here", path=following)
    if is_good:
        yield WORDS.good("keys", "keys_good")


def _backup(backups: Path | None, *, at: dt.datetime) -> Finding:
    if backups is None:
        return WORDS.warn("backup", "backup_unknown")
    copies = sorted(backups.glob(f"{PREFIX}*.db"))
    if not copies:
        return WORDS.bad("backup", "backup_none", folder=backups)
    taken = dt.datetime.fromtimestamp(copies[-1].stat().st_mtime, dt.UTC)
    hours = max(0, (at - taken) // dt.timedelta(hours=1))
    if hours > _OLD_HOURS:
        return WORDS.bad("backup", "backup_old", hours=hours, folder=backups)
    return WORDS.good("backup", "backup_good", hours=hours)


def _tills(tills: list[Known], *, at: dt.datetime) -> Iterator[Finding]:
    if not tills:
        yield WORDS.warn("tills", "tills_none")
        return
    is_good = True
    for one in tills:
        for finding in _of_till(one, at=at):
            is_good = False
            yield finding
    if is_good:
        yield WORDS.good("tills", "tills_good", count=len(tills))


def _of_till(one: Known, *, at: dt.datetime) -> Iterator[Finding]:
    if one.reported_at is None:
        yield WORDS.warn("tills", "tills_never", till=one.till)
    elif (days := (at - instant(one.reported_at)).days) >= _SILENT_DAYS:
        yield WORDS.bad("tills", "tills_silent", till=one.till, days=days)
    if one.quarantined:
        yield WORDS.bad("tills", "tills_quarantined", till=one.till, count=one.quarantined)
    if one.report.get("refused_packages"):
        yield WORDS.bad("tills", "tills_refused", till=one.till)
    if one.not_durable:
        yield WORDS.warn("tills", "tills_not_durable", till=one.till, count=one.not_durable)
