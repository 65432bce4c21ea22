"""T7: what a line carries in its time, and what goes first when it does not (printing.md P19)."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest
from printing import LOGO_NAME, PICTURES, pbm, plain

from printers.budget import Rung, rungs
from printers.document import Document
from printers.encode import encode
from printers.profiles import generic, read_profile
from printers.sim.core import Knobs, PrinterCore

if TYPE_CHECKING:
    from printers.encode import Job

EPSON = read_profile("tm-t88v")


def cover(number: int) -> bytes:
    return pbm([bytes([number + 1, 0xAA] * 16)[:31]] * 351, width_dots=248)


FILES = {sha256(file).hexdigest(): file for file in map(cover, range(4))} | PICTURES


def voucher() -> Document:
    items = [
        {"title": f"Film {number}", "info": "ab 24.12.", "asset": name}
        for number, name in enumerate(list(FILES)[:4])
    ]
    logo = {"type": "image", "asset": LOGO_NAME, "width_percent": 50}
    return Document.from_dict(plain(logo, {"type": "covers", "items": items}))


def job(baud: int | None, *, dots: int = 512, **more: Any) -> Job:
    return encode(voucher(), FILES, profile=EPSON, encoder="auto", baud=baud, dots=dots, **more)


@pytest.mark.parametrize(
    ("baud", "expected"),
    [
        # dots: 384, 512, 576
        (9_600, (Rung.STRIP, Rung.STRIP, Rung.STRIP)),
        (19_200, (Rung.FULL, Rung.STRIP, Rung.STRIP)),
        (38_400, (Rung.FULL, Rung.FULL, Rung.FULL)),
        (115_200, (Rung.FULL, Rung.FULL, Rung.FULL)),
    ],
)
def test_native_rung_is_that_of_the_table(baud: int, expected: tuple[Rung, ...]) -> None:
    for dots, rung in zip((384, 512, 576), expected, strict=True):
        made = job(baud, dots=dots)
        assert (made.encoder, made.rung) == ("native", rung)
        assert made.wire_ms <= 20_000
        assert made.seconds == -(-made.wire_ms // 1000)


def test_each_rung_is_shorter_than_the_one_before() -> None:
    sizes = []
    for budget_s in (1_000, 17, 8, 1):
        made = job(9_600, budget_s=budget_s)
        sizes.append((made.rung, len(made.data)))
    assert [rung for rung, _ in sizes] == [Rung.FULL, Rung.STRIP, Rung.CAPTIONS, Rung.BARE]
    assert [size for _, size in sizes] == sorted((size for _, size in sizes), reverse=True)


def test_captions_stay_when_their_pictures_go() -> None:
    assert b"Film 3" in job(9_600, budget_s=1).data
    assert b"Film 3" in job(9_600, budget_s=17).data


def test_last_rung_prints_however_slow_the_line_is() -> None:
    made = encode(voucher(), FILES, profile=generic(576), encoder="auto", baud=1_200)
    assert (made.encoder, made.rung) == ("raster", Rung.BARE)
    assert made.wire_ms > 20_000
    assert b"\x1dV" in made.data


def test_document_without_pictures_has_one_rung() -> None:
    assert rungs(Document.from_dict(plain())) == [Rung.FULL]
    assert rungs(voucher()) == [Rung.FULL, Rung.STRIP, Rung.CAPTIONS, Rung.BARE]


@pytest.mark.parametrize(("baud", "most"), [(None, 4_096), (115_200, 4_096), (57_600, 1_024)])
@pytest.mark.parametrize("encoder", ["raster", "native"])
def test_strips_are_small_on_slow_lines(baud: int | None, most: int, encoder: Any) -> None:
    made = encode(voucher(), FILES, profile=EPSON, encoder=encoder, baud=baud)
    assert most // 2 < made.fragment_max <= most


@pytest.mark.parametrize("baud", [9_600, 19_200, 38_400, 115_200])
def test_throttled_printer_takes_a_job_in_the_stated_time(baud: int) -> None:
    made = job(baud)
    printer = PrinterCore(Knobs(dots=512, bytes_per_s=baud // 10))
    left, tick = made.data, 0
    while left:
        reaction = printer.feed(left, tick / 100)
        left = left[reaction.accepted :]
        tick += 1
        assert tick < 10_000, "the printer takes nothing any more"
    assert tick * 10 == pytest.approx(made.wire_ms, rel=0.1)
