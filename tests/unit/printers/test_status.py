from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from printers.ports import JobReason
from printers.status import StatusParser, stop_of


def heard(data: bytes, *, step: int = 0, **requests: Any) -> tuple[StatusParser, list[str]]:
    """What a parser with these open requests makes of bytes, in pieces."""
    parser = StatusParser(**requests)
    kinds: list[str] = []
    size = step or max(1, len(data))
    for start in range(0, len(data), size):
        kinds += [answer.kind for answer in parser.feed(data[start : start + size])]
    return parser, kinds


@pytest.mark.parametrize(
    ("number", "byte", "stop"),
    [
        (1, 0x12, JobReason.NONE),
        (1, 0x1A, JobReason.PRINTER_OFFLINE),
        (2, 0x16, JobReason.COVER_OPEN),
        (2, 0x32, JobReason.PAPER_OUT),
        (2, 0x52, JobReason.PRINTER_ERROR),
        (3, 0x1A, JobReason.PRINTER_ERROR),
        (3, 0x32, JobReason.PRINTER_ERROR),
        (4, 0x1E, JobReason.NONE),
        (4, 0x72, JobReason.PAPER_OUT),
    ],
)
def test_each_bit_of_a_status_is_read(number: int, byte: int, stop: JobReason) -> None:
    parser, kinds = heard(bytes([byte]), open_status=number)
    assert kinds == ["status"]
    assert stop_of(parser.status) is stop
    assert parser.open_status is None


@pytest.mark.parametrize(
    ("frame", "stop", "paper"),
    [
        ("10000000", JobReason.NONE, "ok"),
        ("18000000", JobReason.PRINTER_OFFLINE, "ok"),
        ("38000000", JobReason.COVER_OPEN, "ok"),
        ("18080000", JobReason.PRINTER_ERROR, "ok"),
        ("18200000", JobReason.PRINTER_ERROR, "ok"),
        ("10000300", JobReason.NONE, "near_end"),
        ("18000f00", JobReason.PAPER_OUT, "out"),
    ],
)
def test_each_bit_of_an_automatic_status_is_read(frame: str, stop: JobReason, paper: str) -> None:
    for step in (0, 1, 3):
        parser, kinds = heard(bytes.fromhex(frame), step=step)
        assert kinds == ["asb"]
        assert stop_of(parser.status) is stop
        assert parser.status.paper == paper


def test_a_status_counts_only_while_it_was_asked_for() -> None:
    parser, kinds = heard(b"\x12")
    assert kinds == []
    assert parser.dropped_bytes == 1
    assert parser.status.online is None


def test_a_fence_counts_only_while_it_is_open() -> None:
    assert heard(b"\x00")[1] == []
    parser, kinds = heard(b"\x00\x00", open_fence=True)
    assert kinds == ["fence"]
    assert parser.dropped_bytes == 1


def test_a_process_id_is_a_whole_block() -> None:
    for step in (0, 1, 2):
        parser = StatusParser()
        found = [
            answer
            for start in range(0, 7, step or 7)
            for answer in parser.feed(b"\x37\x22abcd\x00"[start : start + (step or 7)])
        ]
        assert [(one.kind, one.value) for one in found] == [("process_id", "abcd")]


@pytest.mark.parametrize(
    "block",
    [
        b"\x37\x23abcd\x00",  # another block
        b"\x37\x22ab\x00cd\x00",  # too short
        b"\x37\x22abcde\x00",  # too long
        b"\x37\x22ab d\x00",  # a blank is none of its letters
        b"\x5f1234\x00",  # a fact that nobody asked for
        b"\x35\x22abcd\x00",
    ],
)
def test_no_other_block_is_a_process_id(block: bytes) -> None:
    _, kinds = heard(block)
    assert "process_id" not in kinds
    assert "fact" not in kinds


def test_a_fact_is_read_and_an_endless_one_is_not() -> None:
    parser = StatusParser(open_fact=True)
    assert [(one.kind, one.value) for one in parser.feed(b"\x5fTM-T88V\x00")] == [
        ("fact", "TM-T88V")
    ]
    endless = StatusParser(open_fact=True)
    assert endless.feed(b"\x5f" + b"A" * 500) == []
    assert endless.dropped_bytes > 0


def test_a_half_automatic_status_eats_nothing_behind_it() -> None:
    _, kinds = heard(b"\x10\x00\x37\x22abcd\x00")
    assert kinds == ["process_id"]


def test_flow_control_is_no_status() -> None:
    _, kinds = heard(b"\x11\x13\x10\x00\x00\x00", open_status=1)
    assert kinds == ["xon", "xoff", "asb"]


def test_another_connection_begins_without_half_frames() -> None:
    parser = StatusParser(open_status=1)
    parser.feed(b"\x37\x22ab")
    parser.forget()
    assert parser.feed(b"cd\x00") == []
    assert parser.feed(b"\x12") == []


def test_online_again_means_paper_cover_and_no_error() -> None:
    parser = StatusParser(open_status=2)
    parser.feed(b"\x76")
    assert stop_of(parser.status) is JobReason.COVER_OPEN
    parser.open_status = 1
    parser.feed(b"\x12")
    assert stop_of(parser.status) is JobReason.NONE


@given(st.binary(max_size=300), st.integers(1, 7), st.sampled_from([None, 1, 2, 3, 4]))
def test_no_bytes_break_the_parser_and_pieces_do_not_matter(
    data: bytes, step: int, number: int | None
) -> None:
    whole = heard(data, open_status=number, open_fence=True, open_fact=True)
    pieces = heard(data, step=step, open_status=number, open_fence=True, open_fact=True)
    assert whole[1] == pieces[1]
    assert whole[0].status == pieces[0].status
    assert whole[0].dropped_bytes == pieces[0].dropped_bytes


@given(st.binary(max_size=200).filter(lambda data: b"\x37\x22" not in data))
def test_noise_is_never_a_process_id(data: bytes) -> None:
    assert "process_id" not in heard(data)[1]
