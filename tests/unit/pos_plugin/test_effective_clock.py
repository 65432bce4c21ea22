"""A clock that is set wrong brings nothing to life and expires nothing."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from till_builder import NOON, TillBuilder, card_number, points

from pos_plugin import Plugin, Receipt
from pos_plugin.agent_word import NAME
from pos_plugin.clock import SettableClock, utc_text
from pos_plugin.effective_clock import EffectiveClock

if TYPE_CHECKING:
    from pathlib import Path

HOUR = dt.timedelta(hours=1)
DAY = dt.timedelta(days=1)
WRONG = {
    "an hour back": NOON - HOUR,
    "two days ahead": NOON + 2 * DAY,
    "1970": NOON.replace(year=1970),
    "2099": NOON.replace(year=2099),
}


@dataclass
class Machine:
    """A machine whose clock anybody may set, while seconds pass as they do."""

    folder: Path
    wall: SettableClock
    passed_s: float = 0.0

    def clock(self) -> EffectiveClock:
        return EffectiveClock(self.wall, self.folder, passed_s=lambda: self.passed_s)

    def passes(self, **span: float) -> None:
        self.passed_s += dt.timedelta(**span).total_seconds()
        self.wall.set(self.wall.now() + dt.timedelta(**span))

    def head_office_says(self, at: dt.datetime) -> None:
        """What the agent writes after an answer."""
        offset_ms = (at - self.wall.now()) // dt.timedelta(milliseconds=1)
        status = {"head_office_at": utc_text(at), "clock_offset_ms": offset_ms}
        (self.folder / NAME).write_text(json.dumps(status), encoding="utf-8")
        self.passed_s += 2


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path, SettableClock(NOON))


def test_a_right_clock_is_the_time(machine: Machine) -> None:
    clock = machine.clock()
    assert clock.now() == NOON
    machine.passes(hours=20)
    assert clock.now() == NOON + 20 * HOUR
    assert not clock.is_held


def test_head_office_puts_the_clock_right(machine: Machine) -> None:
    clock = machine.clock()
    machine.wall.set(NOON - 3 * HOUR)
    machine.head_office_says(NOON)
    assert clock.now() == NOON
    machine.passes(hours=5)
    assert clock.now() == NOON + 5 * HOUR


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_a_running_till_goes_on_by_its_own_time(machine: Machine, wrong: dt.datetime) -> None:
    clock = machine.clock()
    clock.follow(lambda: NOON)
    assert clock.now() == NOON
    machine.wall.set(wrong)
    machine.passed_s += 60
    at = clock.now()
    assert NOON <= at <= NOON + dt.timedelta(seconds=60)
    assert clock.is_held == (wrong > NOON + DAY)
    # Head office ends the doubt, whichever of the two was right.
    machine.head_office_says(NOON + HOUR)
    assert clock.now() == NOON + HOUR
    assert not clock.is_held


def test_a_day_that_head_office_confirms_is_believed(machine: Machine) -> None:
    clock = machine.clock()
    assert clock.now() == NOON
    machine.wall.set(NOON + 5 * DAY)
    assert clock.now() < NOON + DAY
    machine.head_office_says(NOON + 5 * DAY)
    assert clock.now() == NOON + 5 * DAY


@pytest.mark.parametrize(("days", "is_believed"), [(21, True), (399, True), (401, False)])
def test_a_till_that_was_off_believes_a_holiday_and_no_century(
    machine: Machine, days: int, *, is_believed: bool
) -> None:
    clock = machine.clock()
    clock.follow(lambda: NOON)
    machine.wall.set(NOON + days * DAY)
    assert (clock.now() == NOON + days * DAY) == is_believed
    assert clock.is_held != is_believed


def test_a_head_office_of_another_century_is_not_believed(machine: Machine) -> None:
    clock = machine.clock()
    clock.follow(lambda: NOON)
    machine.head_office_says(NOON.replace(year=2099))
    assert clock.now() == NOON


@pytest.mark.parametrize("text", ["", "[]", '{"head_office_at": 7, "clock_offset_ms": "x"}'])
def test_a_file_that_says_nothing_changes_nothing(machine: Machine, text: str) -> None:
    (machine.folder / NAME).write_text(text, encoding="utf-8")
    assert machine.clock().now() == NOON


def till_of(tmp_path: Path) -> TillBuilder:
    till = TillBuilder(tmp_path / "till")
    with till.config_path.open("a", encoding="utf-8") as file:
        file.write('[head_office]\nurl = "http://127.0.0.1:9"\n')
    till.rules(points())
    till.program()
    till.article("4711", 1000)
    till.customer("K1", card=card_number(1))
    till.balance("K1", 500, expires_on=NOON.date().isoformat())
    return till


def available(plugin: Plugin) -> int:
    [balance] = plugin.scan(card_number(1)).to_dict()["panel"]["balances"]
    return int(balance["available"])


def sell(plugin: Plugin, sale_id: str) -> dict[str, Any]:
    sale = plugin.begin_sale(sale_id)
    sale.add_line(sku="4711", quantity_milli=1000, unit_price_minor=1000)
    sale.evaluate()
    receipt = sale.complete()
    assert isinstance(receipt, Receipt)
    return dict(receipt.values)


@pytest.mark.parametrize("wrong", [WRONG["two days ahead"], WRONG["2099"]], ids=["+2 d", "2099"])
def test_points_do_not_expire_by_a_clock_that_was_set(tmp_path: Path, wrong: dt.datetime) -> None:
    till = till_of(tmp_path)
    machine = Machine(till.data_dir, SettableClock(NOON))
    with Plugin.open(till.config_path, clock=machine.clock()) as plugin:
        assert available(plugin) == 500
        machine.wall.set(wrong)
        assert available(plugin) == 500
        assert str(sell(plugin, "S1")["completed_at"]).startswith("2026-03-07T")
        notices = [one["code"] for one in plugin.health()["notices"]]
        assert "clock_suspect" in notices
        machine.head_office_says(NOON + 2 * DAY)
        assert available(plugin) == 0  # now it is so


def test_without_the_clock_they_would(tmp_path: Path) -> None:
    """Negative control of the test above: the machine's clock alone expires them."""
    till = till_of(tmp_path)
    wall = SettableClock(NOON)
    with Plugin.open(till.config_path, clock=wall) as plugin:
        assert available(plugin) == 500
        wall.set(NOON + 2 * DAY)
        assert available(plugin) == 0


def test_what_was_booked_is_never_in_the_future_of_a_till(tmp_path: Path) -> None:
    till = till_of(tmp_path)
    machine = Machine(till.data_dir, SettableClock(NOON))
    with Plugin.open(till.config_path, clock=machine.clock()) as plugin:
        first = sell(plugin, "S1")["completed_at"]
        machine.wall.set(NOON - HOUR)
        assert sell(plugin, "S2")["completed_at"] >= first
    machine.wall.set(NOON.replace(year=1970))
    with Plugin.open(till.config_path, clock=machine.clock()) as plugin:
        assert sell(plugin, "S3")["completed_at"] >= first
