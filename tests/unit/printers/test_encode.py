"""T1 and T3: framing of every document, and what a picture may never hold."""

from __future__ import annotations

import re
from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from printing import PICTURES, documents, pbm, plain, read_paper, welcome

from printers.document import Document
from printers.encode import encode, encode_page
from printers.render import render
from printers.scrub import scrub

if TYPE_CHECKING:
    from printers.page import Page

REAL_TIME = re.compile(rb"\x10[\x04\x05\x14]")
Made = tuple[Document, dict[str, bytes]]


def assert_paper_is_the_page(page: Page, data: bytes, chunk_bytes: int = 0) -> None:
    pages, errors = read_paper(data, chunk_bytes=chunk_bytes)
    assert errors == []
    assert b"".join(part.data for part in pages) == page.data
    assert [part.cuts[0].mode for part in pages] == [cut.mode for cut in page.cuts]
    ends = [sum(part.height_dots for part in pages[: number + 1]) for number in range(len(pages))]
    assert ends == [cut.row for cut in page.cuts]


@given(documents(), st.integers(1, 700))
def test_paper_is_the_preview_dot_for_dot(made: Made, chunk_bytes: int) -> None:
    document, pictures = made
    page = render(document, pictures)
    assert_paper_is_the_page(page, encode(document, pictures).data, chunk_bytes)


@given(documents())
def test_no_real_time_command_ever_leaves(made: Made) -> None:
    document, pictures = made
    job = encode(document, pictures)
    assert REAL_TIME.search(job.data) is None
    assert 0 < job.fragment_max <= 4_096


def picture_with_commands() -> tuple[Document, dict[str, bytes]]:
    file = pbm([b"\x10\x04" * 36, b"\x10\x05" * 36, b"\x10\x14" * 36], width_dots=576)
    name = sha256(file).hexdigest()
    return Document.from_dict(plain({"type": "image", "asset": name})), {name: file}


def test_picture_full_of_commands_loses_one_dot_each() -> None:
    document, pictures = picture_with_commands()
    assert REAL_TIME.search(encode(document, pictures).data) is None
    assert b"\x11\x04" * 36 + b"\x11\x05" * 36 + b"\x11\x14" * 36 in render(document, pictures).data


def test_without_the_scrub_a_command_would_leave(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("printers.render.scrub", lambda data: data)
    document, pictures = picture_with_commands()
    assert REAL_TIME.search(encode(document, pictures).data) is not None


@given(st.lists(st.sampled_from([0x10, 0x11, 0x04, 0x05, 0x14, 0x00])).map(bytes))
def test_one_pass_of_the_scrub_suffices(data: bytes) -> None:
    assert REAL_TIME.search(scrub(data)) is None
    assert scrub(scrub(data)) == scrub(data)
    changed = [place for place in range(len(data)) if data[place] != scrub(data)[place]]
    assert all(data[place] == 0x10 and scrub(data)[place] == 0x11 for place in changed)


@pytest.mark.parametrize(
    "name",
    ["\x1b@", "\x1dV\x41\x00", "\x00" * 20, "\u202eabc\u2066", "{voucher.code}", "\x10\x14\x01"],
)
def test_no_name_changes_the_framing(name: str) -> None:
    harmless = "".join(character for character in name if character.isprintable())
    dirty = encode(Document.from_dict(plain({"type": "text", "value": name})), {})
    clean = encode(Document.from_dict(plain({"type": "text", "value": harmless})), {})
    assert dirty.data == clean.data


def test_strips_are_as_large_as_allowed_and_no_larger() -> None:
    job = encode(Document.from_dict(welcome()), PICTURES)
    assert job.fragment_max == 56 * 72
    assert job.fragments == 17
    page = render(Document.from_dict(welcome()), PICTURES)
    assert len(job.data) == 2 + 8 * 17 + len(page.data) + 4


def test_job_begins_with_padding_only_when_asked() -> None:
    document = Document.from_dict(plain())
    bare, padded = encode(document, {}), encode(document, {}, padding_bytes=4_104)
    assert bare.data.startswith(b"\x1b@\x1dv0\x00")
    assert padded.data == bytes(4_104) + bare.data
    assert read_paper(padded.data) == read_paper(bare.data)


def test_every_job_ends_in_a_cut_and_cuts_nothing_twice() -> None:
    cut = {"type": "cut", "mode": "full"}
    once = encode(Document.from_dict(plain(cut)), {}).data
    assert encode(Document.from_dict(plain(cut, cut)), {}).data == once
    assert once.endswith(b"\x1dV\x41\x00")
    assert encode(Document.from_dict(plain()), {}).data.endswith(b"\x1dV\x42\x00")


def test_warnings_name_what_the_paper_lacks() -> None:
    document = Document.from_dict(plain({"type": "text", "value": "中"}))
    assert encode(document, {}).warnings == ("missing_glyph U+4E2D",)


def test_encoded_page_and_document_agree() -> None:
    document = Document.from_dict(welcome())
    job = encode(document, PICTURES)
    assert replace(encode_page(render(document, PICTURES)), wire_ms=job.wire_ms) == job
