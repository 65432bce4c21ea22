from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from printers.levels import SCHEMA, Unit, Units, unit_name

if TYPE_CHECKING:
    from pathlib import Path

TESTED = Unit(
    "TM-T88V-J5ZF",
    "bon",
    "usb 04b8:0202",
    3,
    {"model": "TM-T88V", "serial": "J5ZF"},
    tested_at="2026-03-07T10:00:00.000Z",
)


def test_a_tested_unit_is_found_again(tmp_path: Path) -> None:
    units = Units(tmp_path / "printer-units")
    units.write(TESTED)
    assert units.find(printer="bon", address="usb 04b8:0202") == TESTED


@pytest.mark.parametrize(("printer", "address"), [("bon2", TESTED.address), ("bon", "usb 1:2")])
def test_another_place_is_another_unit(tmp_path: Path, printer: str, address: str) -> None:
    units = Units(tmp_path)
    units.write(TESTED)
    assert units.find(printer=printer, address=address).level == 0


def test_the_last_test_counts(tmp_path: Path) -> None:
    units = Units(tmp_path)
    units.write(TESTED)
    newer = Unit("other", "bon", TESTED.address, 1, {}, tested_at="2026-03-08T10:00:00.000Z")
    units.write(newer)
    assert units.find(printer="bon", address=TESTED.address) == newer


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        '"x"',
        "{}",
        '{"level": 3}',
        json.dumps({"schema": SCHEMA, "level": 3}),
        '{"schema": "stammkunde.printer-unit/2"}',
    ],
)
def test_a_damaged_file_makes_its_unit_untested(tmp_path: Path, content: str) -> None:
    (tmp_path / f"{TESTED.unit}.json").write_text(content)
    assert Units(tmp_path).find(printer="bon", address=TESTED.address).level == 0


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no FIFOs here")
def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / f"{TESTED.unit}.json")
    assert Units(tmp_path).all() == []


@pytest.mark.parametrize(
    "change",
    [{"level": 4}, {"level": True}, {"level": "3"}, {"facts": []}, {"more": 1}, {"unit": "x"}],
)
def test_a_file_that_says_too_much_is_not_believed(
    tmp_path: Path, change: dict[str, object]
) -> None:
    units = Units(tmp_path)
    units.write(TESTED)
    path = tmp_path / f"{TESTED.unit}.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    assert units.all() == []


def test_no_name_leaves_the_folder() -> None:
    name = unit_name(printer="bon", facts={"model": "../..", "serial": "/etc/x"})
    assert "/" not in name
    assert not name.startswith(".")
