"""What the journal keeps of rentals: one row an article, counted once, whatever the ids."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from till_builder import TillBuilder

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def till(tmp_path: Path) -> TillBuilder:
    till = TillBuilder(tmp_path / "till")
    till.customer("K1")
    till.customer("K2")
    return till


def report(rental: str, *skus: str, customer: str | None = "K1") -> dict[str, Any]:
    return {"rental": rental, "customer": customer, "articles": [{"sku": sku} for sku in skus]}


def rentals(
    till: TillBuilder, columns: str = "rental, sku, returned_as, cancelled_on"
) -> list[Any]:
    with closing(sqlite3.connect(till.data_dir / "journal.db")) as db:
        sql = f"SELECT {columns} FROM rental ORDER BY rental, position"  # noqa: S608
        return db.execute(sql).fetchall()


def test_issue_and_return_under_one_id_are_one_rental(till: TillBuilder) -> None:
    with till.open() as plugin:
        plugin.rentals.issued(report("R1", "a", "b"))
        plugin.rentals.returned(report("R1", "b"))
    assert rentals(till) == [("R1", "a", None, None), ("R1", "b", "R1", None)]


def test_return_under_its_own_id_finds_the_film_of_the_customer(till: TillBuilder) -> None:
    with till.open() as plugin:
        plugin.rentals.issued(report("OUT", "a"))
        plugin.rentals.issued(report("OTHER", "a", customer="K2"))
        plugin.rentals.returned(report("BACK", "a"))
    assert rentals(till) == [("OTHER", "a", None, None), ("OUT", "a", "BACK", None)]


def test_what_only_came_back_counts_on_that_day(till: TillBuilder) -> None:
    with till.open() as plugin:
        plugin.rentals.returned(report("BACK", "a"))
    assert rentals(till, "sku, counted_on, out_at IS NULL, returned_as") == [
        ("a", "2026-03-07", 1, "BACK")
    ]


def test_issue_reported_after_its_return_is_no_second_rental(till: TillBuilder) -> None:
    with till.open() as plugin:
        plugin.rentals.returned(report("R1", "a"))
        plugin.rentals.issued(report("R1", "a"))
    assert rentals(till, "sku, out_at IS NULL, returned_as") == [("a", 0, "R1")]


def test_reversed_return_is_out_again(till: TillBuilder) -> None:
    with till.open() as plugin:
        plugin.rentals.issued(report("R1", "a"))
        plugin.rentals.returned(report("B1", "a"))
        plugin.rentals.returned(report("B2", "never seen"))
        plugin.rentals.return_reversed({"rental": "B1", "customer": "K1"})
        plugin.rentals.return_reversed({"rental": "B2", "customer": "K1"})
        plugin.rentals.returned(report("B3", "a"))
    assert rentals(till) == [("B2", "never seen", "B2", "2026-03-07"), ("R1", "a", "B3", None)]


@pytest.mark.parametrize("first", ["issued", "cancelled"])
def test_cancelled_rental_counts_nowhere_in_either_order(till: TillBuilder, first: str) -> None:
    undone = {"rental": "R1", "customer": "K1"}
    with till.open() as plugin:
        if first == "issued":
            plugin.rentals.issued(report("R1", "a"))
            plugin.rentals.cancelled(undone)
        else:
            plugin.rentals.cancelled(undone)
            plugin.rentals.issued(report("R1", "a"))
    assert rentals(till) == [("R1", "a", None, "2026-03-07")]


def test_report_again_is_no_second_rental(till: TillBuilder) -> None:
    with till.open() as plugin:
        for _ in range(2):
            plugin.rentals.issued(report("R1", "a"))
            plugin.rentals.returned(report("R1", "a"))
    assert len(rentals(till)) == 1


@pytest.mark.parametrize(
    "change",
    ["customer = 'K9'", "counted_on = '2020-01-01'", "out_at = 'x'", "returned_as = 'x'"],
)
def test_fact_of_a_rental_is_never_changed(till: TillBuilder, change: str) -> None:
    with till.open() as plugin:
        plugin.rentals.issued(report("R1", "a"))
        plugin.rentals.returned(report("R1", "a"))
    with (
        closing(sqlite3.connect(till.data_dir / "journal.db")) as db,
        pytest.raises(sqlite3.IntegrityError, match="rental: "),
    ):
        db.execute(f"UPDATE rental SET {change}")  # noqa: S608
