"""Opening the two files: pragmas, names, and everything that must be refused."""

from __future__ import annotations

import resource
import subprocess
import sys
from typing import TYPE_CHECKING

import apsw
import pytest

from pos_plugin.errors import (
    SchemaTooNew,
    StorageBusy,
    StorageDamaged,
    StorageError,
    StorageFull,
)
from pos_plugin.storage import cache_schema, connect, journal_schema

if TYPE_CHECKING:
    from pathlib import Path


def test_journal_writer_keeps_every_pragma(tmp_path: Path) -> None:
    with connect.open_journal(tmp_path) as journal:
        for name, wanted in connect.JOURNAL_WRITER.items():
            assert journal.pragma(name) == wanted, name
    assert connect.JOURNAL_WRITER["synchronous"] == 2
    journal.close()


def test_pragma_that_does_not_hold_is_a_fault_at_start(tmp_path: Path) -> None:
    connection = apsw.Connection(str(tmp_path / "x.db"))
    with pytest.raises(StorageError, match="pragma page_size is 4096, not 4097"):
        connect.set_pragmas(connection, {"page_size": 4097}, tmp_path / "x.db")
    connect.set_pragmas(connection, {"page_size": 4096}, tmp_path / "x.db")
    connection.close()


@pytest.mark.parametrize("open_file", [connect.open_journal, connect.open_cache_writer])
def test_every_table_is_strict(tmp_path: Path, open_file: type) -> None:
    connection: apsw.Connection = open_file(tmp_path)
    tables = connection.execute("PRAGMA table_list").fetchall()
    loose = [
        name
        for _, name, kind, _, _, strict in tables
        if kind == "table" and not strict and not name.startswith("sqlite_")
    ]
    assert loose == []
    connection.close()


def test_files_say_whose_they_are(tmp_path: Path) -> None:
    journal = connect.open_journal(tmp_path)
    cache = connect.open_cache_writer(tmp_path)
    assert journal.pragma("application_id") == journal_schema.APPLICATION_ID
    assert journal.pragma("user_version") == journal_schema.VERSION
    assert cache.pragma("application_id") == cache_schema.APPLICATION_ID
    assert cache.pragma("user_version") == cache_schema.VERSION
    journal.close()
    cache.close()


def test_customer_row_has_twelve_columns(tmp_path: Path) -> None:
    cache = connect.open_cache_writer(tmp_path)
    columns = cache.execute("SELECT name FROM pragma_table_info('customer')").fetchall()
    assert len(columns) == 12
    cache.close()


def test_readers_cannot_write(tmp_path: Path) -> None:
    journal = connect.open_journal(tmp_path)
    reader = connect.open_journal_reader(tmp_path)
    assert reader is not None
    with pytest.raises(apsw.ReadOnlyError):
        reader.execute("DELETE FROM suspended_sale")
    reader.close()
    journal.close()


def test_reader_that_closes_last_leaves_the_log(tmp_path: Path) -> None:
    journal = connect.open_journal(tmp_path)
    reader = connect.open_journal_reader(tmp_path)
    assert reader is not None
    journal.execute("INSERT INTO epoch VALUES (1, 1, 'now', NULL, 'new', 0)")
    # The writer dies without closing: its connection leaves no checkpoint behind.
    journal.config(apsw.SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1)
    journal.close()
    reader.close()
    assert (tmp_path / "journal.db-wal").stat().st_size > 0


def test_there_is_nothing_to_read_before_the_first_file(tmp_path: Path) -> None:
    assert connect.open_journal_reader(tmp_path) is None
    assert connect.open_cache_reader(tmp_path) is None


def test_file_that_is_no_database_is_damaged_and_stays(tmp_path: Path) -> None:
    path = tmp_path / "journal.db"
    path.write_bytes(b"these are my holiday pictures" * 1000)
    before = path.read_bytes()
    with pytest.raises(StorageDamaged, match=r"journal\.db"):
        connect.open_journal(tmp_path)
    assert path.read_bytes() == before


def test_database_of_another_program_is_refused(tmp_path: Path) -> None:
    other = apsw.Connection(str(tmp_path / "journal.db"))
    other.execute("CREATE TABLE songs (title)")
    other.close()
    with pytest.raises(StorageDamaged, match="another program"):
        connect.open_journal(tmp_path)


def test_sqlite_with_the_bug_of_the_log_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if this library were older than the one that is asked for; as it is, it is taken."""
    openings = (connect.open_journal, connect.open_cache_writer, connect.open_journal_reader)
    for opened in openings:
        opened(tmp_path).close()  # type: ignore[union-attr]
    monkeypatch.setattr(connect, "OLDEST_SQLITE", (99, 0, 0))
    for opened in openings:
        with pytest.raises(StorageError, match="is older than"):
            opened(tmp_path)


def test_file_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    journal = connect.open_journal(tmp_path)
    journal.pragma("user_version", journal_schema.VERSION + 1)
    journal.close()
    with pytest.raises(SchemaTooNew, match="newer version") as refused:
        connect.open_journal(tmp_path)
    assert refused.value.hint


def test_file_that_somebody_holds_is_busy(tmp_path: Path) -> None:
    journal = connect.open_journal(tmp_path)
    journal.execute("BEGIN IMMEDIATE")
    other = connect.open_journal(tmp_path)
    other.pragma("busy_timeout", 1)
    with (
        pytest.raises(StorageBusy, match="another process"),
        connect.mapped(tmp_path / "journal.db"),
    ):
        other.execute("BEGIN IMMEDIATE")
    other.close()
    journal.close()


@pytest.mark.parametrize("name", ["../journal.db", "journal.db", "/etc/passwd", "", "cache-1"])
def test_cache_name_never_leads_elsewhere(tmp_path: Path, name: str) -> None:
    connect.open_journal(tmp_path).close()
    (tmp_path / "cache.current").write_text(name)
    with pytest.raises(StorageDamaged, match="names no cache file"):
        connect.open_cache_reader(tmp_path)


def test_cache_that_was_never_finished_is_made_anew(tmp_path: Path) -> None:
    (tmp_path / "cache-000001.db").write_bytes(b"half")
    connect.open_cache_writer(tmp_path).close()
    assert (tmp_path / "cache.current").read_text() == "cache-000001.db"
    reader = connect.open_cache_reader(tmp_path)
    assert reader is not None
    reader.close()


OPEN = (
    "import sys; from pathlib import Path\n"
    "from pos_plugin.errors import StorageFull\n"
    "from pos_plugin.storage import connect\n"
    "try: connect.open_journal(Path(sys.argv[1])).close()\n"
    "except StorageFull as fault: print(fault); sys.exit(1)\n"
)


def _open_with_room(path: Path, room: int) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", OPEN, str(path)],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (room, room)),
    )


def test_disk_without_room_is_one_sentence(tmp_path: Path) -> None:
    full = _open_with_room(tmp_path / "new", 20_000)
    assert full.returncode == 1, full.stderr
    assert "no room left on the disk" in full.stdout
    assert full.stdout.count("\n") == 1
    # With room again the same folder opens: what was begun is no obstacle.
    assert _open_with_room(tmp_path / "new", 10_000_000).returncode == 0


def test_full_disk_is_named_on_an_existing_journal_too(tmp_path: Path) -> None:
    connect.open_journal(tmp_path).close()
    full = _open_with_room(tmp_path, 16_384)
    assert full.returncode == 1, full.stderr
    assert "no room left on the disk" in full.stdout


def test_data_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError, match="data folder cannot be made"):
        connect.open_journal(tmp_path / "file" / "till")


def test_full_is_not_damaged() -> None:
    assert not issubclass(StorageFull, StorageDamaged)


def test_file_for_its_owner_is_never_open_to_others(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    left = tmp_path / "keys.json.new"  # by a crash
    left.write_bytes(b"old")
    left.chmod(0o666)
    with left.open("rb") as held:
        connect.replace_file(path, b"token", mode=0o600)
        assert held.read() == b"old"
    assert path.read_bytes() == b"token"
    assert path.stat().st_mode & 0o077 == 0
    assert not left.exists()
