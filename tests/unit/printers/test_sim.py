from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from printing import PICTURES, dots_of, read_paper, welcome

from printers.document import Document
from printers.encode import PADDING_BYTES_MAX, encode
from printers.ports import JobReason, JobState, Outcome
from printers.render import render
from printers.sim.printer import Fault, SimulatedPrinter

if TYPE_CHECKING:
    from pathlib import Path

    from printers.encode import Job

JOB = encode(Document.from_dict(welcome()), PICTURES)
PADDING = PADDING_BYTES_MAX
PAGE = render(Document.from_dict(welcome()), PICTURES)


@pytest.mark.parametrize(
    ("data", "offset", "code"),
    [
        (b"Hallo", 0, "unknown_command"),
        (b"\x1b@\x1bp\x00\x19\xfa", 2, "unknown_command"),  # the cash drawer
        (b"\x1b@\x10\x04\x01", 2, "unknown_command"),
        (b"\x1d(L", 0, "unknown_command"),
        (b"\x1dV\x00\x00", 0, "wrong_parameter"),
        (b"\x1dv0\x01\x01\x00\x01\x00\xff", 0, "wrong_parameter"),
        (b"\x1dv0\x00\x00\x00\x01\x00", 0, "wrong_parameter"),
        (b"\x1dv0\x00\x48\x00\x39\x00" + bytes(57 * 72), 0, "strip_too_large"),
        (b"\x1dv0\x00\x49\x00\x01\x00" + bytes(73), 0, "wider_than_paper"),
        (b"\x1b@\x1dv0\x00\x48\x00\x02\x00" + bytes(100), 2, "cut_off"),
        (b"\x1b@\x1dV\x42", 2, "cut_off"),
        (b"\x1b", 0, "cut_off"),
        (b"\x1b@\x00\x1dV\x42\x00", 2, "stray_padding"),
    ],
)
def test_everything_but_our_commands_is_an_error(data: bytes, offset: int, code: str) -> None:
    for chunk_bytes in (0, 1, 3):
        _, errors = read_paper(data, chunk_bytes=chunk_bytes)
        assert [(error.offset, error.code) for error in errors] == [(offset, code)]


def sent(printer: SimulatedPrinter, job: Job = JOB) -> Outcome:
    return printer.send(job, process_id="!!!!", on_stall=lambda _: None)


def test_printed_picture_is_the_page(tmp_path: Path) -> None:
    printer = SimulatedPrinter(tmp_path / "prints")
    assert sent(printer) == (JobState.CONFIRMED, JobReason.NONE, 3)
    (picture,) = printer.pages()
    assert dots_of(picture.read_bytes()) == dots_of(PAGE.png())
    assert picture.name == f"000001-{JOB.sha256[:12]}.png"


def test_other_pictures_in_the_folder_are_no_pages(tmp_path: Path) -> None:
    (tmp_path / "zebra.png").write_bytes(b"")
    (tmp_path / "999999.png").write_bytes(b"")
    printer = SimulatedPrinter(tmp_path)
    assert sent(printer).state is JobState.CONFIRMED
    assert [page.name[:7] for page in printer.pages()] == ["000001-"]


def test_numbering_goes_on_after_a_restart(tmp_path: Path) -> None:
    for _ in range(2):
        sent(SimulatedPrinter(tmp_path))
    names = [path.name[:6] for path in SimulatedPrinter(tmp_path).pages()]
    assert names == ["000001", "000002"]


@pytest.mark.parametrize("at_byte", [0, 1, 5, 9, 3_000, len(JOB.data) - 1])
@pytest.mark.parametrize("kind", ["stall", "reset", "power_off"])
def test_no_fault_before_the_last_byte_passes_as_printed(
    tmp_path: Path, kind: str, at_byte: int
) -> None:
    printer = SimulatedPrinter(
        tmp_path,
        fault=Fault(kind, PADDING + at_byte),  # type: ignore[arg-type]
        stall_ms=1,
    )
    if kind == "reset" and at_byte == 0:
        sent(printer)  # nothing was being read yet
        return
    assert sent(printer).state is JobState.UNKNOWN
    if kind != "reset":
        assert not [path for path in printer.pages() if not path.stem.endswith("torn")]


def test_mute_printer_prints_and_confirms_nothing(tmp_path: Path) -> None:
    printer = SimulatedPrinter(tmp_path, fault=Fault("mute"), stall_ms=1)
    assert sent(printer) == (JobState.UNKNOWN, JobReason.DEADLINE, 0)
    assert len(printer.pages()) == 1


def test_power_cut_leaves_a_torn_page(tmp_path: Path) -> None:
    printer = SimulatedPrinter(tmp_path, fault=Fault("power_off", PADDING + 30_000))
    assert sent(printer) == (JobState.UNKNOWN, JobReason.PRINTER_OFFLINE, 0)
    (torn,) = printer.pages()
    assert torn.name.endswith("-torn.png")
    size, _ = dots_of(torn.read_bytes())
    assert 400 < size[1] < PAGE.height_dots


@pytest.mark.parametrize("at_byte", [1, 3, 5, 9, 20, 4_042, 4_045, 30_000, len(JOB.data) - 1])
def test_padding_saves_the_voucher_after_an_interrupted_one(tmp_path: Path, at_byte: int) -> None:
    printer = SimulatedPrinter(tmp_path, fault=Fault("stall", PADDING + at_byte), stall_ms=1)
    assert sent(printer) == (JobState.UNKNOWN, JobReason.STALLED, 0)
    assert sent(printer).state is JobState.CONFIRMED
    # What the interrupted job left hangs above it on the same strip of paper.
    _, paper = dots_of(printer.pages()[-1].read_bytes())
    assert paper.endswith(dots_of(PAGE.png())[1])


def test_without_padding_the_next_voucher_is_eaten(tmp_path: Path) -> None:
    printer = SimulatedPrinter(tmp_path, fault=Fault("stall", PADDING + 20), stall_ms=1)
    sent(printer)
    printer._padding_bytes = 0
    assert sent(printer) == (JobState.UNKNOWN, JobReason.PRINTER_ERROR, 0)


def test_closed_printer_takes_nothing(tmp_path: Path) -> None:
    printer = SimulatedPrinter(tmp_path)
    assert printer.ready() is JobReason.NONE
    printer.close()
    assert printer.ready() is JobReason.PRINTER_OFFLINE
    assert sent(printer) == (JobState.QUEUED, JobReason.PRINTER_OFFLINE, 0)
    assert not printer.idle().reachable
