"""A customer is found by what is stored now, and by nothing that was stored once."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from made_files import have_cache
from till_builder import BUCKET, NOON, BuiltPage, Put, TillBuilder

from pos_plugin.search_keys import name_keys, name_words
from pos_plugin.storage.cache_reader import _FOUND, CacheReader
from pos_plugin.storage.cache_writer import CacheWriter

if TYPE_CHECKING:
    from pathlib import Path

PHONE = "491701234567"
HASH = "ab" * 16


def customer(**facts: Any) -> dict[str, Any]:
    row: dict[str, Any] = {
        "id": "K1",
        "number": "100-1",
        "name": "Anna Müller",
        "birthday_on": "1980-12-24",
        "home_shop": "001",
        "status": "active",
        "instant_discount_bp": 0,
        "discount_group": None,
        "tier": None,
        "segment_bits": 0,
        "limit_left_minor": None,
    }
    return {**row, **facts}


def search(customer: str = "K1", phones: Any = (PHONE,), email_hashes: Any = (HASH,)) -> Any:
    return {"customer": customer, "phones": [*phones], "email_hashes": [*email_hashes]}


def keys(folder: Path) -> set[tuple[str, str, str]]:
    """What the search tree holds, read past our own code."""
    name = (folder / "cache.current").read_text().strip()
    with closing(sqlite3.connect(folder / name)) as db:
        return set(db.execute("SELECT kind, key, customer FROM customer_key"))


def names(folder: Path, question: str, *, count_max: int = 10) -> list[str]:
    with reader(folder) as cache:
        found = cache.customers_by_name(name_words(question), count_max=count_max)
    return [one.id for one in found]


def ids(folder: Path, kind: str, key: str) -> list[str]:
    with reader(folder) as cache:
        return [one.id for one in cache.customers_by_key(kind, key, count_max=10)]


def reader(folder: Path) -> CacheReader:
    found = CacheReader.open(folder)
    assert found is not None
    return found


def test_customer_row_has_twelve_columns_at_most(tmp_path: Path) -> None:
    """domain.md law 9: search keys stand in tables of their own."""
    TillBuilder(tmp_path).customer("K1")
    name = (tmp_path / "cache.current").read_text().strip()
    with closing(sqlite3.connect(tmp_path / name)) as db:
        columns = [row[1] for row in db.execute("PRAGMA table_info(customer)")]
        assert len(columns) == 12
        assert not {"phone", "email", "phones", "email_hashes"} & {*columns}


def test_customer_is_found_by_every_key(tmp_path: Path) -> None:
    till = TillBuilder(tmp_path)
    till.apply(("customer", customer()), ("customer_search", search()))
    assert ids(tmp_path, "number", "1001") == ["K1"]
    assert ids(tmp_path, "phone", PHONE) == ["K1"]
    assert ids(tmp_path, "email", HASH) == ["K1"]
    for question in ("müller an", "Anna", "MUELL", "anna mueller", "mü ann"):
        assert names(tmp_path, question) == ["K1"], question
    for question in ("muller", "anna b", "nna", "anna mueller x"):
        assert names(tmp_path, question) == [], question


def test_search_keys_may_come_before_their_customer(tmp_path: Path) -> None:
    till = TillBuilder(tmp_path)
    till.apply(("customer_search", search()))
    assert keys(tmp_path) == set()
    till.apply(("customer", customer()))
    assert ids(tmp_path, "phone", PHONE) == ["K1"]


def test_changed_name_and_phone_are_found_no_more(tmp_path: Path) -> None:
    till = TillBuilder(tmp_path)
    till.apply(("customer", customer()), ("customer_search", search()))
    till.apply(
        ("customer", customer(name="Anna Weiß", number="1002")),
        ("customer_search", search(phones=["4989123456"], email_hashes=[])),
    )
    assert keys(tmp_path) == {
        ("birthday", "1980-12-24", "K1"),
        ("number", "1002", "K1"),
        ("name", "anna weiss", "K1"),
        ("name", "weiss anna", "K1"),
        ("phone", "4989123456", "K1"),
    }


def test_removed_customer_takes_every_key_along(tmp_path: Path) -> None:
    till = TillBuilder(tmp_path)
    till.apply(
        ("customer", customer()),
        ("customer_search", search()),
        ("customer", customer(id="K2", name="Bernd Müller")),
    )
    erase = Put("customer", {"id": "K1", "reason": "erase"}, 4, op="R")
    with CacheWriter.open(tmp_path) as cache:
        cache.apply_page(BuiltPage(after=3, changes=(erase,), checkpoint=4), at=NOON)
    assert {customer for _, _, customer in keys(tmp_path)} == {"K2"}
    name = (tmp_path / "cache.current").read_text().strip()
    with closing(sqlite3.connect(tmp_path / name)) as db:
        assert db.execute("SELECT count(*) FROM customer_search").fetchone() == (0,)
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    content = b"".join(path.read_bytes() for path in tmp_path.glob("cache-*"))
    assert PHONE.encode() not in content
    assert b"Bernd" in content  # negative control: what stays would have been seen


@pytest.mark.parametrize("status", ["blocked", "merged", "erased"])
def test_customer_who_is_not_active_is_not_offered(tmp_path: Path, status: str) -> None:
    till = TillBuilder(tmp_path)
    till.apply(("customer", customer()), ("customer_search", search()))
    till.apply(("customer", customer(status=status)))
    assert keys(tmp_path) == set()
    till.apply(("customer", customer()))
    assert ids(tmp_path, "phone", PHONE) == ["K1"]


def test_two_of_one_name_stand_beside_each_other(tmp_path: Path) -> None:
    till = TillBuilder(tmp_path)
    till.apply(
        ("customer", customer(id="K2", number="2", home_shop="002")),
        ("customer", customer(id="K1", number="1")),
    )
    with reader(tmp_path) as cache:
        found = cache.customers_by_name(("mueller", "an"), count_max=10)
    assert [(one.id, one.number, one.home_shop) for one in found] == [
        ("K1", "1", "001"),
        ("K2", "2", "002"),
    ]


def test_name_with_a_word_twice_is_found_once(tmp_path: Path) -> None:
    till = TillBuilder(tmp_path)
    till.apply(("customer", customer(name="Anna Andersen Anna")))
    assert names(tmp_path, "an") == ["K1"]
    assert names(tmp_path, "an an") == ["K1"]


def test_list_ends_where_it_was_told_to(tmp_path: Path) -> None:
    till = TillBuilder(tmp_path)
    till.apply(*(("customer", customer(id=f"K{n}", name=f"Anna {n}")) for n in range(30)))
    assert len(names(tmp_path, "anna", count_max=11)) == 11
    assert names(tmp_path, "anna 29", count_max=11) == ["K29"]


def test_search_reads_one_range_and_no_table(tmp_path: Path) -> None:
    """A million customers must not be walked through: the plan says how they are reached."""
    TillBuilder(tmp_path).customer("K1")
    name = (tmp_path / "cache.current").read_text().strip()
    with closing(sqlite3.connect(tmp_path / name)) as db:
        plan = " ".join(
            row[3]
            for row in db.execute(
                f"EXPLAIN QUERY PLAN {_FOUND} WHERE kind = 'name' AND key >= 'a' AND key < 'b' "
                "ORDER BY key, customer"
            )
        )
    assert "SEARCH customer_key USING PRIMARY KEY (kind=? AND key>? AND key<?)" in plan
    assert "SEARCH customer USING PRIMARY KEY (id=?)" in plan
    assert "SCAN" not in plan
    assert "TEMP B-TREE" not in plan


WHO = st.sampled_from(["K1", "K2", "K3"])
STEPS = st.lists(
    st.one_of(
        st.builds(
            lambda who, name, number, status: (
                "P",
                "customer",
                customer(id=who, name=name, number=number, status=status),
            ),
            WHO,
            st.sampled_from(["Anna Müller", "Anna", "Weiß", "Anna Anna", "…"]),
            st.sampled_from(["1", "2", "A-1"]),
            st.sampled_from(["active", "active", "blocked"]),
        ),
        st.builds(
            lambda who, phones, hashes: ("P", "customer_search", search(who, phones, hashes)),
            WHO,
            st.lists(st.sampled_from([PHONE, "4989123456"]), max_size=3),
            st.lists(st.sampled_from([HASH, "cd" * 16]), max_size=2),
        ),
        st.builds(lambda who: ("R", "customer", {"id": who, "reason": "moved"}), WHO),
        st.builds(lambda who: ("R", "customer_search", {"customer": who, "reason": "gone"}), WHO),
    ),
    max_size=12,
)


def replayed(
    folder: Path, steps: Any, *, at_once: bool, is_first_time: bool = False
) -> set[tuple[str, str, str]]:
    """The keys after the steps, applied as one page or as one page each.

    ``is_first_time``: as pages of a log that is read from its start; the writer dies after each.
    """
    changes = [Put(table, row, seq, op=op) for seq, (op, table, row) in enumerate(steps, 1)]
    pages = [changes] if at_once else [[change] for change in changes]
    folder.mkdir()
    have_cache(folder)
    after = 0
    cache = CacheWriter.open(folder)
    for number, page in enumerate(pages, 1):
        checkpoint = after + len(page)
        is_last = not is_first_time or number == len(pages)
        cache.apply_page(
            BuiltPage(after=after, changes=tuple(page), checkpoint=checkpoint, bucket=BUCKET),
            at=NOON,
            is_last=is_last,
        )
        after = checkpoint
        if is_first_time:
            assert is_last or keys(folder) == set()
            cache.close()
            cache = CacheWriter.open(folder)
    cache.close()
    return keys(folder)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_keys_follow_from_the_rows_that_stand_now(tmp_path: Path, steps: Any) -> None:
    """However a customer came to the row it has: the keys are those of a cache built anew."""
    folder = tmp_path / str(len(list(tmp_path.iterdir())))
    folder.mkdir()
    living: dict[tuple[str, str], Any] = {}
    for op, table, row in steps:
        who = row["id" if table == "customer" else "customer"]
        living.pop((table, who), None)
        if op == "P":
            living[table, who] = ("P", table, row)
        elif table == "customer":
            living.pop(("customer_search", who), None)
    expected = replayed(folder / "anew", list(living.values()), at_once=True)
    assert replayed(folder / "grown", steps, at_once=False) == expected


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(STEPS)
def test_a_log_read_for_the_first_time_gets_the_same_keys_at_its_end(
    tmp_path: Path, steps: Any
) -> None:
    folder = tmp_path / str(len(list(tmp_path.iterdir())))
    folder.mkdir()
    expected = replayed(folder / "grown", steps, at_once=False)
    assert replayed(folder / "filled", steps, at_once=False, is_first_time=True) == expected


def test_keys_of_what_comes_after_the_first_time_are_made_at_once(tmp_path: Path) -> None:
    first = Put("customer", customer(), 1)
    second = Put("customer", customer(id="K2", name="Berta Alt"), 2)
    later = Put("customer", customer(name="Anna Neu"), 3)
    with CacheWriter.open(tmp_path) as cache:
        for row, is_last in ((first, False), (second, True), (later, False)):
            page = BuiltPage(after=row.log_seq - 1, changes=(row,), checkpoint=row.log_seq)
            cache.apply_page(page, at=NOON, is_last=is_last)
    assert names(tmp_path, "neu") == ["K1"]
    assert names(tmp_path, "müller") == []
    assert names(tmp_path, "alt") == ["K2"]


def test_key_left_behind_would_be_seen(tmp_path: Path) -> None:
    """Negative control: a key whose row is gone makes a difference to the comparison above."""
    steps = [("P", "customer", customer())]
    expected = replayed(tmp_path / "anew", steps, at_once=True)
    assert replayed(tmp_path / "grown", steps, at_once=False) == expected
    name = (tmp_path / "grown" / "cache.current").read_text().strip()
    with closing(sqlite3.connect(tmp_path / "grown" / name)) as db:
        db.execute("INSERT INTO customer_key VALUES ('phone', '4989123456', 'K1')")
        db.commit()
    assert keys(tmp_path / "grown") != expected
    assert ids(tmp_path / "grown", "phone", "4989123456") == ["K1"]


@pytest.mark.parametrize("pages", [1, 99])
def test_keys_are_the_same_however_rows_are_cut_into_pages(tmp_path: Path, pages: int) -> None:
    """Erased and put again, renamed twice, found by two numbers: in one page or in many."""
    erase = {"id": "K1", "reason": "erase"}
    changes = [
        ("P", "customer", customer(id="K1")),
        ("P", "customer_search", search("K1")),
        ("P", "customer", customer(id="K2", name="Berta Alt")),
        ("R", "customer", erase),
        ("P", "customer", customer(id="K1", name="Anna Müller")),
        ("P", "customer_search", search("K1")),
        ("P", "customer", customer(id="K2", name="Berta Neu")),
        ("P", "customer_search", search("K2", phones=("4917099",))),
        ("P", "customer_search", search("K2", phones=("4917011",))),
    ]
    rows = [Put(table, row, number, op) for number, (op, table, row) in enumerate(changes, 1)]
    cut = [rows] if pages == 1 else [[row] for row in rows]
    TillBuilder(tmp_path)
    with CacheWriter.open(tmp_path) as cache:
        for part in cut:
            page = BuiltPage(
                after=part[0].log_seq - 1, changes=tuple(part), checkpoint=part[-1].log_seq
            )
            assert cache.apply_page(page, at=NOON)
    assert {(kind, key) for kind, key, one in keys(tmp_path) if one == "K1"} == {
        *(("name", key) for key in name_keys("Anna Müller")),
        ("number", "1001"),
        ("birthday", "1980-12-24"),
        ("phone", PHONE),
        ("email", HASH),
    }
    assert ids(tmp_path, "phone", "4917011") == ["K2"]
    assert ids(tmp_path, "phone", "4917099") == []
    assert names(tmp_path, "Alt") == []
