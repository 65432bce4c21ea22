"""What is wrong with the files of a till, seen from outside: reads only, also while nobody runs.

Levels: what loses receipts or stops the exchange for good is ``failed``; everything else that
somebody should look at is ``degraded``.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Final

from pos_plugin.storage import backup, ballast
from pos_plugin.storage.connect import sqlite_version
from pos_plugin.storage.journal_swap import has_damaged

if TYPE_CHECKING:
    import datetime as dt

    from pos_plugin.config import TillConfig

FAILED: Final = frozenset(
    {
        "damaged",
        "journal_damaged",
        "fork",
        "gap",
        "head_office_lost_data",
        "unauthorized",
        "revoked",
        "backup_overdue",
        "disk_reserve",
    }
)
"""Words of trouble that somebody must look at today."""


def words_of_files(till: TillConfig, *, at: dt.datetime) -> list[str]:
    """Return the words of what is wrong with disk, journal and backups of a till.

    Args:
        till: its settings.
        at: now.
    """
    found: list[str] = []
    if has_damaged(till.data_dir):
        found.append("journal_damaged")
    if (till.data_dir / ballast.SPENT).exists():
        found.append("disk_reserve")
    elif _free_bytes(till) < 2 * ballast.SIZE_BYTES:
        found.append("disk_low")
    if till.backup.folder is not None and (till.data_dir / "journal.db").exists():
        days = backup.overdue_days(till.data_dir, at=at)
        record = backup.read_record(till.data_dir)
        if days is not None and days >= backup.OVERDUE_DAYS:
            found.append("backup_overdue")
        elif "failure" in record:
            found.append("backup_failed")
        elif record.get("same_disk"):
            found.append("backup_same_disk")
    return found


def _free_bytes(till: TillConfig) -> int:
    try:
        return shutil.disk_usage(till.data_dir).free
    except OSError:
        return 0


def facts_of_files(till: TillConfig) -> dict[str, object]:
    """Return what a technician asks first: SQLite, room on the disk, the last backup."""
    return {
        "sqlite": sqlite_version(),
        "disk_free_bytes": _free_bytes(till),
        "backup_at": backup.read_record(till.data_dir).get("taken_at"),
    }
