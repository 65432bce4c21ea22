"""Creates and migrates both files, as a process: ``python -m pos_plugin.storage.migrate``.

Made with sqlite-utils, which speaks to Python's own SQLite library. Two SQLite libraries in one
process drop each other's file locks (sync.md T3), so the till never imports this module; it starts
it (``upgrade.py``) before it opens the file itself.
"""

from __future__ import annotations

import json
import os
import sqlite3
import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

if __name__ == "__main__":
    # Where they are installed sqlite-utils loads both: a second for which the till waits.
    sys.modules["pandas"] = sys.modules["numpy"] = None  # type: ignore[assignment]

from sqlite_utils import Database, Migrations

from pos_plugin.storage import cache_schema, journal_schema

if TYPE_CHECKING:
    from collections.abc import Iterable

journal = Migrations("journal")
cache = Migrations("cache")


@journal(name="release_1")
def journal_release_1(db: Database) -> None:
    """Tables of the first release."""
    _run(db, journal_schema.RELEASE_1)
    _stamp(db, journal_schema.APPLICATION_ID, version=1)


@cache(name="release_1")
def cache_release_1(db: Database) -> None:
    """Tables of the first release."""
    _run(db, cache_schema.RELEASE_1)
    _stamp(db, cache_schema.APPLICATION_ID, version=1)


def migrate(kind: str, path: Path) -> None:
    """Bring the file at ``path`` to the newest version; what stands in it stays.

    Args:
        kind: ``journal`` or ``cache``.
        path: the file; created when missing.
    """
    with closing(sqlite3.connect(path)) as connection:
        # Tables of the library itself (its list of applied migrations) are STRICT like ours.
        db = Database(connection, strict=True, execute_plugins=False)
        # One transaction with the library's own list: cut off in the middle, the file is as before.
        with db.atomic():
            {"journal": journal, "cache": cache}[kind].apply(db)


def _run(db: Database, statements: Iterable[str]) -> None:
    for statement in statements:
        db.execute(statement)


def _stamp(db: Database, application_id: int, *, version: int) -> None:
    db.execute(f"PRAGMA application_id = {application_id}")
    db.execute(f"PRAGMA user_version = {version}")


def main(arguments: list[str]) -> int:
    """Migrate; on a fault print one JSON object for the process that waits, exit 1."""
    kind, path = arguments
    os.umask(0o077)  # customers and vouchers are nobody else's business
    try:
        migrate(kind, Path(path))
    except sqlite3.Error as error:
        name = getattr(error, "sqlite_errorname", "") or ""
        sys.stderr.write(json.dumps({"sqlite": name, "message": str(error)}) + "\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
