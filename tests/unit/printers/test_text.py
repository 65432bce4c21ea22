"""A document as plain lines, for hosts whose driver has its own letters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from printing import GOLDEN, LOGO_NAME, documents, plain, training, welcome

from printers.document import Document
from printers.errors import DocumentInvalid, InvalidReason
from printers.text import codes_of, render_text

if TYPE_CHECKING:
    from collections.abc import Mapping

COPY = {"copy_index": 2, "copied_at": "2026-07-30T14:05"}


def lines_of(data: Mapping[str, Any], columns: int = 42) -> list[str]:
    return render_text(Document.from_dict(data), columns=columns).text().splitlines()


def test_voucher_reads_like_its_golden_page() -> None:
    document = Document.from_dict(welcome(copy_index=1, copied_at="2026-07-30T14:05"))
    shown = render_text(document, columns=48).text()
    assert shown == (GOLDEN / "welcome_copy.txt").read_text("utf-8")


def test_picture_is_left_out_and_noted() -> None:
    page = render_text(Document.from_dict(welcome()), columns=48)
    assert page.notes == (f"missing_picture {LOGO_NAME}",)


def test_code_comes_for_the_driver_as_well() -> None:
    (code,) = codes_of(Document.from_dict(plain()))
    assert code == ("qr", "SK7F2K9QXM4T", "SK7F-2K9Q-XM4T")


def test_code_stays_readable_even_when_the_picture_would_hide_it() -> None:
    blocks = [dict(block) for block in plain()["blocks"]]
    blocks[3]["readable"] = False
    shown = lines_of(plain(blocks=blocks))
    assert any("SK7F-2K9Q-XM4T" in line for line in shown)
    assert codes_of(Document.from_dict(plain(blocks=blocks)))[0].readable == ""


def test_copy_mark_stands_on_top_and_under_the_code() -> None:
    shown = [line.strip() for line in lines_of(plain(**COPY))]
    assert shown[0] == "*** NACHDRUCK 2 ***"
    assert shown[shown.index("SK7F-2K9Q-XM4T") + 1] == "Nachdruck 2, 30.07.2026 14:05"
    english = [line.strip() for line in lines_of(plain(lang="en", **COPY))]
    assert english[0] == "*** REPRINT 2 ***"
    assert "Reprint 2, 2026-07-30 14:05" in english


def test_training_stands_above_everything() -> None:
    assert lines_of(training(**COPY))[:2] == [
        "*** TRAINING ***".center(42).rstrip(),
        "*** NACHDRUCK 2 ***".center(42).rstrip(),
    ]


def test_cells_stand_side_by_side_and_wrap_inside() -> None:
    cells = [
        {"value": "2 Filme zum Preis von einem", "width": 12},
        {"value": "2,00 €", "width": 8, "align": "right"},
    ]
    shown = lines_of(plain({"type": "columns", "cells": cells}))
    assert shown[-3:] == ["2 Filme zum   2,00 €", "Preis von", "einem"]


def test_cells_wider_than_the_paper_are_refused() -> None:
    cells = [{"value": "x", "width": 30}, {"value": "y", "width": 13}]
    with pytest.raises(DocumentInvalid) as caught:
        lines_of(plain({"type": "columns", "cells": cells}))
    assert caught.value.reason is InvalidReason.COLUMNS_TOO_WIDE


def test_rules_feeds_and_cuts_become_lines() -> None:
    blocks = [
        {"type": "rule"},
        {"type": "rule", "style": "dashed"},
        {"type": "rule", "style": "scissors"},
        {"type": "feed", "rows": 10},
        {"type": "feed", "rows": 60},
        {"type": "cut"},
    ]
    assert lines_of(plain(*blocks), 16)[-6:] == [
        "-" * 16,
        "- - - - - - - -",
        "- 8< - - - - - -"[:16].rstrip(),
        "",
        "",
        "",
    ]


@given(documents())
def test_no_line_is_too_wide_or_holds_a_command(
    made: tuple[Document, dict[str, bytes]],
) -> None:
    document, _ = made
    page = render_text(document, columns=48)
    for line in page.lines:
        assert len(line) <= 48
        assert not any(character < " " or "\x7f" <= character <= "\x9f" for character in line)
