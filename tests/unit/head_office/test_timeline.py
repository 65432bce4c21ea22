"""Which rules hold when, and how a change goes through all that is planned."""

from __future__ import annotations

import datetime as dt
import json
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from head_office.promotions import rules, timeline
from head_office.promotions.timeline import Change
from head_office.storage import Database
from pos_plugin.clock import SystemClock
from pos_plugin.errors import RuleError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOW = SystemClock().now().replace(microsecond=0)
HOUR = dt.timedelta(hours=1)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with closing(Database(tmp_path / "ho", create=True)) as database:
        rules.ensure_keys(database)
        yield database


def rule(name: str, bp: int = 1000) -> dict[str, Any]:
    benefit = {"type": "percent", "bp": bp}
    offer = {"kind": "unit_discount", "benefit": benefit}
    return {"id": name, "layer": "article", "offer": offer}


def publish(database: Database, *names: str, hours: int = 0, golden: bool = False) -> None:
    content: dict[str, Any] = {"promotions": [rule(name) for name in names]}
    if golden:
        line = {"line_id": "1", "sku": "1", "quantity_milli": 1000, "unit_price_minor": 1000}
        sale = {"sale_id": "S", "at": "2026-03-07T12:00:00+01:00", "lines": [line]}
        content["golden"] = [{"name": "ten", "sale": sale, "expected": {"total_minor": 900}}]
    rules.publish(database, json.dumps(content), now=NOW, activate_at=NOW + hours * HOUR)


def change(database: Database, *changes: Change, hours: int = 0) -> list[int]:
    with database.write() as connection:
        return timeline.change(
            database, connection, list(changes), now=NOW, activate_at=NOW + hours * HOUR
        )


def plan(database: Database, hours: int = 0) -> list[tuple[int, set[str]]]:
    """From which hour which promotions hold."""
    at = NOW + hours * HOUR
    with database.read() as connection:
        return [
            ((stage.activate_at - NOW) // HOUR, set(stage.promotions))
            for stage in timeline.stages(connection, now=at)
        ]


def test_nothing_published_is_no_stage(database: Database) -> None:
    assert plan(database) == []
    change(database, Change("A", rule("A")))
    assert plan(database) == [(0, {"A"})]


def test_a_change_for_now_goes_into_what_is_planned(database: Database) -> None:
    publish(database, "A")
    publish(database, "B", hours=2)
    publish(database, "C", hours=4)
    assert change(database, Change("N", rule("N")), Change("B", None)) == [4, 5, 6]
    assert plan(database) == [(0, {"A", "N"}), (2, {"N"}), (4, {"C", "N"})]


def test_a_change_for_later_leaves_what_comes_before(database: Database) -> None:
    publish(database, "A")
    publish(database, "B", hours=2)
    publish(database, "C", hours=4)
    change(database, Change("N", rule("N")), hours=3)
    assert plan(database) == [(0, {"A"}), (2, {"B"}), (3, {"B", "N"}), (4, {"C", "N"})]


def test_what_a_higher_generation_overtook_is_no_stage(database: Database) -> None:
    publish(database, "A")
    publish(database, "LATE", hours=5)
    publish(database, "B")
    assert plan(database) == [(0, {"B"})]
    assert plan(database, hours=9) == [(0, {"B"})]


def test_an_instant_that_has_passed_means_now(database: Database) -> None:
    change(database, Change("A", rule("A")), hours=-5)
    assert plan(database) == [(0, {"A"})]


def test_a_change_that_a_golden_basket_refuses_publishes_nothing(database: Database) -> None:
    publish(database, "A", golden=True)
    publish(database, "A", hours=2)
    with pytest.raises(RuleError):
        change(database, Change("A", rule("A", bp=5000)))
    assert plan(database) == [(0, {"A"}), (2, {"A"})]
    change(database, Change("B", rule("B", bp=0)))
    assert plan(database) == [(0, {"A", "B"}), (2, {"A", "B"})]
