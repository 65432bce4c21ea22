"""The agent's classes: made of the journal, visible to the rules, the same when made again."""

from __future__ import annotations

import datetime as dt
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from class_schemes import BY_RENTALS, scheme_value
from till_builder import NOON, TillBuilder

from pos_plugin import Plugin, Receipt
from pos_plugin.storage.cache_reader import CacheReader
from pos_plugin.storage.cache_writer import CacheWriter
from sync_agent.local.classes import compute_classes

if TYPE_CHECKING:
    from pathlib import Path

    from sync_agent.local.classes import ClassRun

DAY = dt.timedelta(days=1)


@pytest.fixture
def till(tmp_path: Path) -> TillBuilder:
    till = TillBuilder(tmp_path / "till")
    put_scheme(till)
    till.customer("K1")
    till.customer("K2")
    return till


def put_scheme(till: TillBuilder, **more: Any) -> None:
    row = {"method": "bounds", "combine": "all", "age_days_min": 0, "cells": []}
    till.put("abc_scheme", **{**row, **scheme_value(since_on="2026-03-01"), **more})


def compute(
    till: TillBuilder, *, on: dt.date | None = None, facts_months: int = 36
) -> list[ClassRun]:
    now = till.clock.now()
    with CacheWriter.open(till.data_dir) as writer:
        return compute_classes(
            till.data_dir, writer, on=on or now.date(), at=now, facts_months=facts_months
        )


def rent(plugin: Plugin, rental: str, count: int, customer: str = "K1") -> None:
    articles = [{"sku": f"film {number}"} for number in range(count)]
    answer = plugin.rentals.issued({"rental": rental, "customer": customer, "articles": articles})
    assert isinstance(answer, Receipt)


def sell(plugin: Plugin, till: TillBuilder, sale: str, *, minor: int = 5_000) -> None:
    plugin.sales.evaluate(
        {
            "sale_id": sale,
            "at": till.clock.now().isoformat(),
            "customer": {"id": "K1"},
            "lines": [
                {"line_id": "1", "sku": "4711", "quantity_milli": 1000, "unit_price_minor": minor}
            ],
        }
    )
    plugin.sales.complete(sale, {})


def history(till: TillBuilder) -> list[Any]:
    (path,) = till.data_dir.glob("cache-*.db")
    with closing(sqlite3.connect(path)) as db:
        return db.execute(
            "SELECT customer, scheme, since_on, until_on, revision, class, rentals, visits, "
            "turnover_minor FROM class_history ORDER BY scheme, customer, since_on"
        ).fetchall()


def segments(till: TillBuilder, customer: str = "K1") -> tuple[str, ...]:
    reader = CacheReader.open(till.data_dir)
    assert reader is not None
    with reader:
        row = reader.customer(customer)
    assert row is not None
    return row.segments


def live(till: TillBuilder) -> None:
    """Two weeks: rentals, a sale that is voided later, a cancelled rental."""
    with till.open() as plugin:
        rent(plugin, "R1", 2)
        sell(plugin, till, "S1")
        till.clock.advance(days=3)
        rent(plugin, "R2", 1)
        rent(plugin, "R3", 12, "K2")
        till.clock.advance(days=2)
        plugin.rentals.cancelled({"rental": "R2", "customer": "K1"})
        plugin.sales.void("S1", {})
        till.clock.advance(days=9)


@pytest.mark.capability("V1", "K11")
def test_classes_follow_the_journal_day_by_day(till: TillBuilder) -> None:
    live(till)
    (found,) = compute(till)
    assert (found.first_on, found.last_on) == (dt.date(2026, 3, 1), dt.date(2026, 3, 21))
    assert history(till) == [
        ("K1", "abc", "2026-03-08", "2026-03-10", 1, "none", 2, 1, 5_000),
        ("K1", "abc", "2026-03-11", "2026-03-12", 1, "C", 3, 2, 5_000),
        ("K1", "abc", "2026-03-13", None, 1, "none", 2, 1, 0),
        ("K2", "abc", "2026-03-11", None, 1, "B", 12, 1, 0),
    ]
    assert segments(till, "K2") == ("abc:B",)


@pytest.mark.capability("K11")
def test_run_again_writes_nothing(till: TillBuilder) -> None:
    live(till)
    compute(till)
    before = history(till)
    (again,) = compute(till)
    assert (again.changes, again.first_on) == (0, None)
    assert history(till) == before


@pytest.mark.capability("V1", "K11")
def test_deleted_cache_gets_the_same_history_back(till: TillBuilder) -> None:
    live(till)
    # Night by night, as the agent does it.
    for number in range(15):
        compute(till, on=NOON.date() + number * DAY)
    before = history(till)
    for path in till.data_dir.glob("cache*"):
        path.unlink()
    put_scheme(till)
    till.customer("K2")
    compute(till)
    assert history(till) == before
    assert len(before) == 4


def test_counting_what_is_known_today_would_change_the_past(till: TillBuilder) -> None:
    """Negative control: without its own day a cancellation would rewrite the class of before."""
    live(till)
    compute(till)
    before = history(till)
    with closing(sqlite3.connect(till.data_dir / "journal.db")) as db, db:
        db.execute("DROP TRIGGER rental_is_cancelled_once")
        db.execute("UPDATE rental SET cancelled_on = counted_on WHERE cancelled_on IS NOT NULL")
    for path in till.data_dir.glob("cache*"):
        path.unlink()
    put_scheme(till)
    compute(till)
    assert history(till) != before


def test_revision_that_begins_in_the_past_is_computed_from_there(till: TillBuilder) -> None:
    live(till)
    compute(till)
    put_scheme(
        till,
        revision=2,
        since_on="2026-03-12",
        classes=[{"code": "A", "rank": 1, "count_min": 1}],
    )
    compute(till)
    assert [row[2:6] for row in history(till) if row[0] == "K2"] == [
        ("2026-03-11", "2026-03-11", 1, "B"),
        ("2026-03-12", None, 2, "A"),
    ]


def test_two_schemes_name_themselves_in_their_segments(till: TillBuilder) -> None:
    put_scheme(till, code="often", metrics=["visits"], classes=BY_RENTALS)
    live(till)
    compute(till)
    assert segments(till, "K2") == ("abc:abc:B", "abc:often:none")


@pytest.mark.capability("V1", "V9")
def test_class_is_a_condition_of_rules_and_vouchers(till: TillBuilder) -> None:
    till.voucher_type()
    till.trigger("rental_returned", segment="abc:C")
    live(till)
    compute(till)
    with till.open() as plugin:
        none = plugin.rental_returned("B1", customer="K1")
        assert isinstance(none, Receipt)
        assert none.vouchers == []
        rent(plugin, "R9", 2)
    till.clock.advance(days=1)
    compute(till)
    with till.open() as plugin:
        given = plugin.rental_returned("B2", customer="K1")
        assert isinstance(given, Receipt)
        assert len(given.vouchers) == 1


@pytest.mark.capability("V1", "K11")
def test_facts_count_some_months_and_the_history_is_the_same_when_made_again(
    till: TillBuilder,
) -> None:
    window = {"kind": "rolling_days", "days": 40}
    put_scheme(till, window=window)
    live(till)
    with till.open() as plugin:
        for number, days in enumerate((20, 20, 20, 20)):
            till.clock.advance(days=days)  # 10 and 30 April, 20 May, 9 June
            rent(plugin, f"M{number}", 4)
    # As the agent does it, at times with days in between.
    for on in ((4, 30), (5, 31), (6, 1), (6, 30), (7, 1), (7, 31)):
        compute(till, on=dt.date(2026, *on), facts_months=3)
    before = history(till)
    # What happened since April counts: classes are told from 11 May on. K1 is C already; of K2
    # it is still known that he was here.
    assert before == [
        ("K1", "abc", "2026-05-11", "2026-07-19", 1, "C", 8, 2, 0),
        ("K1", "abc", "2026-07-20", None, 1, "none", 0, 0, 0),
        ("K2", "abc", "2026-05-11", None, 1, "none", 0, 0, 0),
    ]
    for path in till.data_dir.glob("cache*"):
        path.unlink()
    put_scheme(till, window=window)
    compute(till, on=dt.date(2026, 7, 31), facts_months=3)
    assert history(till) == before
    # Other months are other terms: then all of it is made again.
    compute(till, on=dt.date(2026, 8, 1), facts_months=5)
    assert history(till)[0][2] < "2026-05-11"


def test_a_clock_set_back_leaves_the_days_that_are_there(till: TillBuilder) -> None:
    put_scheme(till, window={"kind": "months", "months": 1})
    live(till)
    compute(till, on=dt.date(2026, 6, 1), facts_months=2)
    before = history(till)
    (found,) = compute(till, on=dt.date(2026, 3, 20), facts_months=2)
    assert (found.first_on, found.last_on) == (None, dt.date(2026, 6, 1))
    assert history(till) == before
