"""Covers of coming titles: nought to four, the fifth dropped, a missing picture leaves its text."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import pytest
import zxingcpp
from PIL import Image
from printing import pbm, plain

from printers.covers import IN_ROW, cell_dots, within
from printers.document import Cover, Document
from printers.picture import Picture, read_pbm, read_pbms
from printers.render import render
from printers.text import render_text


def picture(number: int, *, width_dots: int = 280) -> bytes:
    """Black from top to bottom but for a white line, so that each is another file."""
    row = b"\xff" * (width_dots // 8)
    rows = [row] * 60
    rows[number] = b"\x00" * (width_dots // 8)
    return pbm(rows, width_dots=width_dots)


FILES = [picture(number) for number in range(5)]
NAMES = [sha256(file).hexdigest() for file in FILES]
PICTURES = dict(zip(NAMES, FILES, strict=True))


def voucher(count: int, **changes: Any) -> Document:
    items = [
        {"title": f"Film {number}", "info": "ab 24.12.", "asset": NAMES[number], **changes}
        for number in range(count)
    ]
    return Document.from_dict(plain({"type": "covers", "items": items}))


def blackness(page: Any) -> int:
    return sum(byte.bit_count() for byte in page.data)


@pytest.mark.capability("V6")
@pytest.mark.parametrize("dots", [384, 576])
@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 5])
def test_up_to_four_covers_stand_on_the_page_and_its_code_is_read(count: int, dots: int) -> None:
    page = render(voucher(count), PICTURES, dots=dots)
    empty = render(Document.from_dict(plain()), {}, dots=dots)
    size = min(280, (dots - 16) // 2)
    # A cover is nearly black; a caption is not.
    covers = (blackness(page) - blackness(empty)) // (size * 60 * size // 280)
    assert covers == min(count, 4)
    assert page.notes == ()
    image = Image.frombytes("1", (page.width_dots, page.height_dots), page.data, "raw", "1;I")
    assert [found.text for found in zxingcpp.read_barcodes(image.convert("L"))] == ["SK7F2K9QXM4T"]


def one_of(*sizes: tuple[int, int]) -> list[Picture]:
    """A cover of one file: the widest first, each with a pattern of its own."""
    return [Picture(width, (0b101,) * height) for width, height in sizes]


def test_a_cover_made_ready_for_its_place_is_not_touched_again() -> None:
    pictures = one_of((280, 420), (132, 198))
    assert [within(pictures, cell_dots(576, in_row=count)) for count in IN_ROW] == pictures


def test_a_cover_made_for_wider_paper_is_made_smaller_from_the_nearest() -> None:
    pictures = one_of((280, 420), (132, 198))
    fitting = within(pictures, cell_dots(384))
    assert fitting == pictures[0].scaled_to(184)
    assert within(pictures, cell_dots(384, in_row=4)) == pictures[1].scaled_to(84)


def test_a_cover_made_for_narrower_paper_stays_small() -> None:
    pictures = one_of((184, 276), (84, 126))
    assert within(pictures, 280) == pictures[0]
    assert within([], 280) is None


@pytest.mark.parametrize(
    "file",
    [
        pbm([b"\xff"], width_dots=8) + b"P4\n8 2\n\xff",
        pbm([b"\xff"], width_dots=8) + b"\n",
        pbm([b"\xff"], width_dots=8) * 5,
        b"",
    ],
)
def test_a_file_with_a_wrong_second_picture_is_no_picture(file: bytes) -> None:
    assert read_pbms(file) == ()
    assert read_pbm(file) is None


@pytest.mark.capability("V6")
def test_missing_picture_leaves_its_text_in_a_line() -> None:
    without = {name: file for name, file in PICTURES.items() if name != NAMES[1]}
    page = render(voucher(2), without)
    assert page.notes == (f"missing_picture {NAMES[1]}",)
    assert page.height_dots == render(voucher(1), PICTURES).height_dots + 28
    damaged = render(voucher(2), {**PICTURES, NAMES[1]: b"P4\n9 9\n"})
    assert damaged.data == page.data


def test_without_any_picture_every_title_is_a_line() -> None:
    bare = render(voucher(4, asset=None), {})
    assert bare.notes == ()
    assert bare.height_dots == render(voucher(0), {}).height_dots + 4 * 28


def test_fifth_cover_is_dropped_when_the_document_is_read() -> None:
    document = voucher(5)
    assert document.assets() == frozenset(NAMES[:4])
    assert Document.from_json(document.to_json()) == document


def test_cover_too_tall_for_a_page_costs_no_voucher() -> None:
    tall = pbm([b"\xff" * 35] * 4_001, width_dots=280)
    page = render(voucher(1), {NAMES[0]: tall})
    assert page.notes == (f"missing_picture {NAMES[0]}",)


def test_long_title_is_cut_below_its_cover() -> None:
    from printers.covers import caption

    cover = Cover(title="Die unendliche Geschichte einer Fahrt ohne Ende", info="ab 1.1.")
    words = caption(cover, columns=15, info_columns=23)
    assert words == (["Die unendliche", "Geschichte…"], ["ab 1.1."])


def test_text_printer_lists_the_titles() -> None:
    page = render_text(voucher(2), columns=32)
    assert "Film 0                 ab 24.12." in page.lines
    assert page.notes == tuple(f"missing_picture {name}" for name in NAMES[:2])
