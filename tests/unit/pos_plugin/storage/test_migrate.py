"""Migrations: made in their own process, tested from the first release on.

``tests/golden/schema`` holds one SQL dump a release, with a few rows, as that release wrote it.
A dump is never changed; the next release adds its own.
"""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from importlib.util import find_spec
from pathlib import Path

import pytest

from pos_plugin.errors import StorageBusy
from pos_plugin.storage import cache_schema, journal_schema, upgrade
from pos_plugin.storage.connect import open_journal

RELEASES = sorted((Path(__file__).parents[3] / "golden" / "schema").glob("*.sql"))
VERSIONS = {"journal": journal_schema.VERSION, "cache": cache_schema.VERSION}


def schema_of(path: Path) -> dict[str, str]:
    with closing(sqlite3.connect(path)) as db:
        rows = db.execute("SELECT name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%'")
        return {name: " ".join((sql or "").split()) for name, sql in rows}


def rows_of(path: Path) -> dict[str, list[tuple[object, ...]]]:
    with closing(sqlite3.connect(path)) as db:
        tables = db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
        return {
            name: db.execute(f"SELECT * FROM {name}").fetchall()  # noqa: S608
            for (name,) in tables
            if not name.startswith(("sqlite_", "_sqlite_"))
        }


def restored(release: Path, folder: Path) -> Path:
    path = folder / "old.db"
    with closing(sqlite3.connect(path)) as db:
        db.executescript(release.read_text(encoding="utf-8"))
    return path


@pytest.mark.parametrize("release", RELEASES, ids=lambda release: release.stem)
def test_every_release_becomes_the_newest_and_loses_nothing(release: Path, tmp_path: Path) -> None:
    kind = release.stem.partition("_")[0]
    path = restored(release, tmp_path)
    before = rows_of(path)
    assert any(before.values())
    upgrade.upgrade(kind, path)
    upgrade.upgrade(kind, tmp_path / "new.db")
    assert schema_of(path) == schema_of(tmp_path / "new.db")
    after = rows_of(path)
    for table, rows in before.items():
        assert [row[: len(rows[0])] for row in after[table]] == rows, table


def test_every_version_has_its_release() -> None:
    found = {
        (release.stem.split("_v")[0], int(release.stem.split("_v")[1])) for release in RELEASES
    }
    wanted = {(kind, number) for kind, last in VERSIONS.items() for number in range(1, last + 1)}
    assert found == wanted


def test_lost_column_would_be_noticed(tmp_path: Path) -> None:
    """Negative control: the comparison above sees a migration that drops a column."""
    release = next(release for release in RELEASES if release.stem == "journal_v1")
    path = restored(release, tmp_path)
    upgrade.upgrade("journal", tmp_path / "new.db")
    with closing(sqlite3.connect(path)) as db:
        db.execute("ALTER TABLE receipt DROP COLUMN receipt_number")
    assert schema_of(path) != schema_of(tmp_path / "new.db")


def test_migrating_again_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    upgrade.upgrade("journal", path)
    before = path.read_bytes()
    upgrade.upgrade("journal", path)
    assert path.read_bytes() == before


def test_interrupted_migration_leaves_the_file_as_before(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    with closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE receipt_line (x)")
    with pytest.raises(Exception, match="already exists"):
        upgrade.upgrade("journal", path)
    assert set(schema_of(path)) == {"receipt_line"}


def test_till_waits_no_longer_than_its_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upgrade, "LONGEST_S", 0.001)
    with pytest.raises(StorageBusy, match="was not migrated within"):
        upgrade.upgrade("journal", tmp_path / "journal.db")


def imports_of(*command: str) -> set[str]:
    """The packages of which a Python process loads modules."""
    told = subprocess.run(
        [sys.executable, "-X", "importtime", *command], capture_output=True, text=True, check=True
    ).stderr
    return {line.rpartition("|")[2].strip().partition(".")[0] for line in told.splitlines()}


def test_migration_loads_no_numbers_of_a_host(tmp_path: Path) -> None:
    command = ("-m", "pos_plugin.storage.migrate", "journal", str(tmp_path / "journal.db"))
    loaded = imports_of(*command)
    assert "sqlite_utils" in loaded
    assert loaded.isdisjoint({"numpy", "pandas"})
    # Where they are installed, the library by itself would.
    known = {name for name in ("numpy", "pandas") if find_spec(name) is not None}
    assert known <= imports_of("-c", "import sqlite_utils")


def test_running_till_has_one_sqlite_library(tmp_path: Path) -> None:
    look = (
        "import sys; from pathlib import Path\n"
        "from pos_plugin import Plugin, TillConfig\n"
        "plugin = Plugin.open(TillConfig(shop='1', till='1', data_dir=Path(sys.argv[1])))\n"
        "sale = plugin.begin_sale(); sale.add_line(sku='a', unit_price_minor=100)\n"
        "sale.evaluate(); sale.complete(); plugin.close()\n"
        "heavy = 'sqlite3 sqlite_utils fastapi PIL escpos qrcode sqlalchemy httpx apscheduler "
        "cryptography printers.document'\n"
        "print([name for name in heavy.split() if name in sys.modules])\n"
    )
    seen = subprocess.run(
        [sys.executable, "-c", look, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert seen.stdout == "[]\n"


def test_storage_for_the_agent_loads_no_till() -> None:
    look = (
        "import sys\n"
        "import pos_plugin.storage.cache_writer, pos_plugin.storage.journal_reader\n"
        "print([name for name in sys.modules if name in ('pos_plugin.plugin',"
        " 'pos_plugin.faces.sale', 'printers.spool', 'pydantic', 'sqlite3')])\n"
    )
    seen = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert seen.stdout == "[]\n"


def test_files_belong_to_their_owner_alone(tmp_path: Path) -> None:
    folder = tmp_path / "till"
    open_journal(folder).close()
    assert folder.stat().st_mode & 0o077 == 0
    assert (folder / "journal.db").stat().st_mode & 0o077 == 0
