"""Values outside of memory come back as they were."""

from __future__ import annotations

import gc
import random
import sys
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

from pos_plugin.errors import StorageError
from pos_plugin.replay.read import read_receipts
from pos_plugin.replay.spool import Spool


def values(count: int) -> list[Any]:
    draw = random.Random(count)  # noqa: S311 - a seeded draw
    return [
        [
            number,
            {"text": "ä\n\ud800" * draw.randint(0, 9), "n": draw.choice((None, -(2**70), True))},
        ]
        for number in range(count)
    ]


@pytest.mark.parametrize("in_memory_bytes", [1, 500, 10_000_000])
def test_values_come_back_in_any_order(in_memory_bytes: int) -> None:
    kept = values(200)
    spool = Spool(in_memory_bytes)
    assert [spool.append(value) for value in kept] == list(range(200))
    order = list(range(200))
    assert [spool[n] for n in order] == kept
    random.Random(5).shuffle(order)  # noqa: S311 - a seeded draw
    assert [spool[n] for n in order] == [kept[n] for n in order]
    assert spool[-1] == kept[-1]
    with pytest.raises(IndexError):
        spool[200]


def test_reading_between_appends_loses_nothing() -> None:
    kept = values(60)
    spool = Spool(300)
    for number, value in enumerate(kept):
        spool.append(value)
        assert spool[number // 2] == kept[number // 2]
    assert [spool[number] for number in range(60)] == kept


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.mark.skipif(sys.platform != "linux", reason="counts the open files of the process")
def test_a_spool_closes_its_file_when_nobody_reads_it() -> None:
    before = open_files()
    spool = Spool(1)
    spool.append("more than a byte")
    assert open_files() == before + 1
    del spool
    gc.collect()
    assert open_files() == before


def test_a_temporary_folder_that_is_gone_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "gone"))
    with pytest.raises(StorageError, match="temporary folder cannot be used"):
        Spool(1).append("more than a byte")


def test_receipts_wait_outside_of_memory() -> None:
    rows = [
        f"{receipt},SKU{receipt}{line},1,2011-01-03T09:00,400,7"
        for receipt in range(3_000)
        for line in range(10)
    ]
    content = "\n".join(["invoice,sku,quantity,at,unit_price_minor,customer", *rows]).encode()
    tracemalloc.start()
    try:
        receipts = read_receipts("receipts.csv", content, ())
        held, _ = tracemalloc.get_traced_memory()
        everything = list(receipts)
        whole, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(everything) == 3_000
    # The spool keeps four megabytes of its own; what it holds in full is several times that.
    assert held < 5_000_000 < whole - held
