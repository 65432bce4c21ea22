from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest
import zxingcpp
from PIL import Image
from printing import GOLDEN, LOGO_NAME, PICTURES, dots_of, pbm, plain, training, welcome

from printers.document import Document
from printers.errors import DocumentInvalid, InvalidReason
from printers.picture import read_pbm
from printers.render import render

if TYPE_CHECKING:
    from printers.page import Page


def page_of(data: dict[str, Any], pictures: dict[str, bytes] = PICTURES) -> Page:
    return render(Document.from_dict(data), pictures)


def codes_on(page: Page) -> list[str]:
    image = Image.frombytes("1", (page.width_dots, page.height_dots), page.data, "raw", "1;I")
    return [found.text for found in zxingcpp.read_barcodes(image.convert("L"))]


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("welcome", welcome()),
        ("welcome_copy", welcome(copy_index=1, copied_at="2026-07-30T14:05")),
        ("welcome_training", training()),
    ],
)
def test_voucher_looks_like_its_golden_picture(
    name: str, data: dict[str, Any], tmp_path: Any
) -> None:
    shown = page_of(data).png()
    (tmp_path / "shown.png").write_bytes(shown)
    golden = GOLDEN / f"{name}.png"
    assert dots_of(shown) == dots_of(golden.read_bytes()), (
        f"compare {tmp_path / 'shown.png'} with {golden}; copy it there if the change is wanted"
    )


@pytest.mark.parametrize(
    "content", ["A", "SK7F2K9QXM4T", "HTTPS://SHOP.EXAMPLE/V/SK7F2K9Q", "A2" * 75 + "B"]
)
def test_code_reads_back_from_the_paper(content: str) -> None:
    blocks = [block for block in plain()["blocks"] if block["type"] != "code"]
    page = page_of(plain(blocks=[*blocks, {"type": "code", "role": "code", "content": content}]))
    assert codes_on(page) == [content]


def test_code_of_a_copy_is_the_code_of_the_original() -> None:
    copy = page_of(welcome(copy_index=7, copied_at="2026-07-30T14:05"))
    assert codes_on(copy) == codes_on(page_of(welcome())) == ["SK7F2K9QXM4T"]


def test_code_that_does_not_fit_at_4_dots_is_refused() -> None:
    with pytest.raises(DocumentInvalid) as caught:
        page_of(plain({"type": "code", "content": "A" * 2_000}))
    assert (caught.value.reason, caught.value.where) == (InvalidReason.CODE_TOO_WIDE, "blocks[5]")


def test_copy_bar_stands_on_top_whatever_the_document_says() -> None:
    copy = page_of(plain(copy_index=2, copied_at="2026-07-30T14:05"))
    original = page_of(plain())
    bar = copy.data[: 6 * copy.row_bytes]
    assert bar == b"\xff" * len(bar)
    # One bar of 60 rows and its leading above, one line of 28 below the code.
    assert copy.height_dots == original.height_dots + 64 + 28


def test_missing_logo_costs_the_picture_and_nothing_else() -> None:
    with_logo, without = page_of(welcome()), page_of(welcome(), {})
    assert without.notes == (f"missing_picture {LOGO_NAME}",)
    assert with_logo.height_dots - without.height_dots == 208
    assert with_logo.data.endswith(without.data[-600 * without.row_bytes :])


@pytest.mark.parametrize(
    "file", [b"", b"P4\n8 2\n\x00", b"P1\n1 1\n1", b"P4\n99999 99999\n", b"P4\n0 0\n"]
)
def test_damaged_picture_is_left_out(file: bytes) -> None:
    assert read_pbm(file) is None
    name = sha256(file).hexdigest()
    page = page_of(plain({"type": "image", "asset": name}), {name: file})
    assert page.notes == (f"missing_picture {name}",)


def test_endless_picture_does_not_cost_the_voucher() -> None:
    file = pbm([b"\xff"] * 100_000, width_dots=8)
    name = sha256(file).hexdigest()
    page = page_of(plain({"type": "image", "asset": name}), {name: file})
    assert page.notes == (f"missing_picture {name}",)
    tall = pbm([b"\xff" * 72] * 3_640, width_dots=576)
    name = sha256(tall).hexdigest()
    long = plain({"type": "image", "asset": name}, {"type": "feed", "rows": 400})
    page = page_of(long, {name: tall})
    assert page.notes == (f"missing_picture {name}",)


def test_picture_file_over_256_kb_is_left_out() -> None:
    row = b"\xff" * 72
    assert read_pbm(pbm([row] * 3_640, width_dots=576)) is not None
    assert read_pbm(pbm([row] * 3_641, width_dots=576)) is None


def test_page_over_4000_rows_is_refused() -> None:
    with pytest.raises(DocumentInvalid) as caught:
        page_of(plain(*[{"type": "feed", "rows": 400}] * 10))
    assert caught.value.reason is InvalidReason.PAGE_TOO_LONG


def test_columns_wider_than_the_paper_are_refused() -> None:
    cell = {"value": "x", "width": 25}
    with pytest.raises(DocumentInvalid) as caught:
        page_of(plain({"type": "columns", "cells": [cell, cell]}))
    assert (caught.value.reason, caught.value.where) == (
        InvalidReason.COLUMNS_TOO_WIDE,
        "blocks[5]",
    )


def test_columns_stand_where_their_widths_say() -> None:
    cells = [
        {"value": "links", "width": 24},
        {"value": "rechts", "width": 24, "align": "right"},
    ]
    alone = page_of(plain({"type": "columns", "cells": cells}))
    spelled = page_of(plain({"type": "text", "value": "links" + "\u00a0" * 37 + "rechts"}))
    assert alone.data == spelled.data


def test_missing_glyph_is_a_box_and_reported() -> None:
    page = page_of(plain({"type": "text", "value": "中"}))
    assert page.notes == ("missing_glyph U+4E2D",)
    assert page.data != page_of(plain({"type": "text", "value": " "})).data


def test_german_turkish_and_polish_names_have_all_glyphs() -> None:
    names = "Łukasz Şahin Čapek Győri Ñandú Åse ß ẞ € „“” — … ½ 1\u202f234,50\u00a0€"
    names += "\u2013\u2018\u2019\u201a"  # en dash and single quotes
    assert page_of(plain({"type": "text", "value": names})).notes == ()


def test_control_characters_leave_no_trace() -> None:
    dirty = "Frau \x1b@\x1dV\x00\x00M\x85\u202eüller\x9b {voucher.code}"
    clean = "Frau @VM\nüller {voucher.code}"
    assert (
        page_of(plain({"type": "text", "value": dirty})).data
        == page_of(plain({"type": "text", "value": clean})).data
    )


def test_same_document_gives_the_same_dots() -> None:
    assert page_of(welcome()) == page_of(welcome())
