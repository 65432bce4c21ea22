"""The cache file: pages and their cursor are one transaction, older rows never win."""

from __future__ import annotations

import datetime as dt
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import apsw
import pytest
from till_builder import BUCKET, NOON, BuiltPage, Put, TillBuilder

from pos_plugin.errors import MisuseError
from pos_plugin.storage.blobs import read_blob, write_blob
from pos_plugin.storage.cache_reader import CacheReader
from pos_plugin.storage.cache_writer import CacheWriter

if TYPE_CHECKING:
    from pathlib import Path

PROGRAM: dict[str, Any] = {
    "code": "points",
    "unit": "POINTS",
    "maturity_days": 0,
    "expiry": "none",
    "payout_threshold": 0,
    "payout_voucher_type": None,
    "payout_denominations": [],
    "liability": "earned",
}


def page(after: int, *changes: Put) -> BuiltPage:
    return BuiltPage(after=after, changes=changes, checkpoint=after + len(changes))


def program(log_seq: int, unit: str = "POINTS") -> Put:
    return Put("program", {**PROGRAM, "unit": unit}, log_seq)


def reader(folder: Path) -> CacheReader:
    found = CacheReader.open(folder)
    assert found is not None
    return found


def test_page_moves_rows_and_cursor_together(tmp_path: Path) -> None:
    with CacheWriter.open(tmp_path) as cache, reader(tmp_path) as seen:
        assert cache.apply_page(page(0, program(1)), at=NOON)
        cursor = seen.cursor(BUCKET)
        assert cursor is not None
        assert cursor.position == 1
        assert seen.programs() == {"points": "POINTS"}
        broken = Put("program", {"code": "half"}, 3)
        with pytest.raises(KeyError):
            cache.apply_page(page(1, program(2, "EUR_MINOR"), broken), at=NOON)
        assert seen.programs() == {"points": "POINTS"}
        assert seen.cursor(BUCKET) == cursor


def test_page_applied_again_changes_nothing(tmp_path: Path) -> None:
    first, second = page(0, program(1)), page(1, program(2, "EUR_MINOR"))
    with CacheWriter.open(tmp_path) as cache, reader(tmp_path) as seen:
        assert cache.apply_page(first, at=NOON)
        assert cache.apply_page(second, at=NOON)
        assert not cache.apply_page(first, at=NOON)
        assert not cache.apply_page(second, at=NOON)
        assert seen.programs() == {"points": "EUR_MINOR"}
        assert seen.cursor(BUCKET) is not None


def test_file_that_is_replaced_keeps_no_memory_and_can_still_be_written(tmp_path: Path) -> None:
    rows = [Put("program", {**PROGRAM, "code": f"{'p' * 200}{n}"}, n) for n in range(1, 10_001)]
    with CacheWriter.open(tmp_path) as cache:
        cache.apply_page(page(0, *rows), at=NOON)
        before = apsw.memory_used()
        cache.give_memory_back()
        assert before - apsw.memory_used() > 2 << 20
        assert cache.apply_page(page(10_000, program(10_001)), at=NOON)


def test_older_row_never_overwrites_a_newer_one(tmp_path: Path) -> None:
    with CacheWriter.open(tmp_path) as cache, reader(tmp_path) as seen:
        newer = BuiltPage(after=0, changes=(program(9),), checkpoint=9)
        cache.apply_page(newer, at=NOON)
        late = BuiltPage(after=9, changes=(program(5, "EUR_MINOR"),), checkpoint=10)
        cache.apply_page(late, at=NOON)
        assert seen.programs() == {"points": "POINTS"}


def test_empty_page_keeps_the_data_young(tmp_path: Path) -> None:
    with CacheWriter.open(tmp_path) as cache, reader(tmp_path) as seen:
        cache.apply_page(page(0, program(1)), at=NOON)
        later = NOON + dt.timedelta(hours=1)
        assert cache.apply_page(page(1), at=later)
        assert seen.synced_at() == later.isoformat()


def test_row_is_removed_by_its_key(tmp_path: Path) -> None:
    with CacheWriter.open(tmp_path) as cache, reader(tmp_path) as seen:
        gone = Put("program", {"code": "points", "reason": "deleted"}, 2, op="R")
        cache.apply_page(page(0, program(1), gone), at=NOON)
        assert seen.programs() == {}


def test_gap_is_refused_and_a_new_life_too(tmp_path: Path) -> None:
    with CacheWriter.open(tmp_path) as cache:
        cache.apply_page(page(0, program(1)), at=NOON)
        with pytest.raises(MisuseError, match="cursor is 1"):
            cache.apply_page(page(5, program(6)), at=NOON)
        with pytest.raises(MisuseError, match="began a new life"):
            cache.apply_page(replace(page(1, program(2)), bucket_epoch=2), at=NOON)


def test_table_of_a_later_version_is_passed_over(tmp_path: Path) -> None:
    with CacheWriter.open(tmp_path) as cache:
        assert cache.apply_page(page(0, Put("horoscope", {"sign": "leo"}, 1)), at=NOON)


def test_generations_only_grow(tmp_path: Path) -> None:
    till = TillBuilder(tmp_path)
    till.rules()
    till.rules()
    with CacheWriter.open(tmp_path) as cache, reader(tmp_path) as seen:
        high, low = seen.generations()
        assert (high.generation, low.generation) == (2, 1)
        assert not cache.store_generation(high, accepted_at=NOON)
        with pytest.raises(MisuseError, match="another content"):
            cache.store_generation(replace(high, sha256="0" * 64), accepted_at=NOON)
        with pytest.raises(MisuseError, match="lower than 2"):
            cache.store_generation(replace(high, generation=0), accepted_at=NOON)
        assert seen.generations() == (high, low)


def test_customer_has_the_segments_of_its_bits(tmp_path: Path) -> None:
    till = TillBuilder(tmp_path)
    till.customer("K1", segments=["stammkunde", "abc:C"])
    till.customer("K2", segments=["abc:C"])
    till.customer("K3")
    with reader(tmp_path) as seen:
        known = [seen.customer(customer) for customer in ("K1", "K2", "K3", "K4")]
        assert [one.segments if one else None for one in known] == [
            ("abc:C", "stammkunde"),
            ("abc:C",),
            (),
            None,
        ]


def test_highest_bit_is_a_segment_like_any_other(tmp_path: Path) -> None:
    till = TillBuilder(tmp_path)
    till.put("segment_bit", bit=62, segment="last")
    till.customer("K1", segment_bits=1 << 62)
    with reader(tmp_path) as seen:
        known = seen.customer("K1")
        assert known is not None
        assert known.segments == ("last",)


def test_blob_is_what_its_name_says(tmp_path: Path) -> None:
    sha256 = write_blob(tmp_path, b"content")
    assert read_blob(tmp_path, sha256) == b"content"
    (tmp_path / "blobs" / sha256).write_bytes(b"other content")
    assert read_blob(tmp_path, sha256) is None
    assert write_blob(tmp_path, b"content") == sha256
    assert read_blob(tmp_path, sha256) == b"content"


def test_blob_name_is_never_a_path(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("x")
    assert read_blob(tmp_path, "../secret") is None
    assert read_blob(tmp_path, "A" * 64) is None


BANK = ("iban", "bic", "bank", "mandate", "account_holder")


def columns(path: Path) -> dict[str, list[str]]:
    """The columns of every table of a file."""
    with closing(apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)) as db:
        tables: Any = db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
        found = {}
        for (table,) in tables:
            rows: Any = db.execute("SELECT name FROM pragma_table_info(?)", (table,))
            found[table] = [name for (name,) in rows]
        return found


@pytest.mark.capability("K1")
def test_a_customer_is_twelve_columns_and_no_file_of_a_till_has_any_for_a_bank(
    tmp_path: Path,
) -> None:
    till = TillBuilder(tmp_path / "till")
    till.customer("K1")
    with till.open():
        pass
    (cache,) = till.data_dir.glob("cache-*.db")
    found = columns(cache)
    assert len(found["customer"]) <= 12, found["customer"]
    own = columns(till.data_dir / "journal.db")
    names = [name for columns in (found | own).values() for name in columns]
    assert not [name for name in names if any(word in name for word in BANK)]
    assert "birthday_on" in names, "the search finds what is there"
