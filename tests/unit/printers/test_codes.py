"""T2: every symbology at every width is read back from the page, and what has no room falls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import zxingcpp
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from printing import plain

from printers.codes import BAR_ROWS, draw_code, ean13_check_digit
from printers.document import Document
from printers.errors import DocumentInvalid, InvalidReason
from printers.render import render

if TYPE_CHECKING:
    from printers.page import Page

WIDTHS = [384, 512, 576]


def page_with(content: str, symbology: str, *, dots: int, **more: Any) -> Page:
    blocks = [block for block in plain()["blocks"] if block["type"] != "code"]
    code = {"type": "code", "role": "code", "content": content, "symbology": symbology}
    return render(Document.from_dict(plain(blocks=[*blocks, code | more])), {}, dots=dots)


def read(page: Page) -> list[tuple[str, str]]:
    image = Image.frombytes("1", (page.width_dots, page.height_dots), page.data, "raw", "1;I")
    return [
        (found.text, found.format.name.lower())
        for found in zxingcpp.read_barcodes(image.convert("L"))
    ]


@pytest.mark.parametrize("dots", WIDTHS)
@pytest.mark.parametrize(
    ("content", "symbology", "as_read"),
    [
        ("4006381333931", "ean13", "ean13"),
        ("0000000000000", "ean13", "ean13"),
        ("1234567890123456", "code128", "code128"),
        ("123456789012345678901234", "code128", "code128"),
        ("12345", "code128", "code128"),
        ("SK7F2K9Q", "code128", "code128"),
        ("A-9", "code128", "code128"),
        ("SK7F2K9QXM4T", "qr", "qrcode"),
        ("A" * 151, "auto", "qrcode"),
    ],
)
def test_code_is_read_back_from_the_page(
    content: str, symbology: str, as_read: str, dots: int
) -> None:
    assert read(page_with(content, symbology, dots=dots)) == [(content, as_read)]


@given(st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-", min_size=1, max_size=17))
def test_any_content_of_code_128_is_read_back(content: str) -> None:
    assert read(page_with(content, "code128", dots=576))[0][0] == content


@given(st.text("0123456789", min_size=12, max_size=12))
def test_any_ean_13_is_read_back(digits: str) -> None:
    content = digits + ean13_check_digit(digits)
    assert read(page_with(content, "ean13", dots=384)) == [(content, "ean13")]


@pytest.mark.parametrize(
    ("content", "symbology", "modules", "bar_dots"),
    [
        ("4006381333931", "ean13", 113, (3, 4, 4)),
        ("A" * 13, "code128", 198, (None, 2, 2)),
        ("A" * 17, "code128", 242, (None, 2, 2)),
        ("1" * 16, "code128", 143, (2, 3, 4)),
        ("1" * 24, "code128", 187, (2, 2, 3)),
        ("HTTPS://SHOP.EXAMPLE/VOUCHER/SK7F2K9QXM4TAB", "qr", 37, (6, 6, 6)),
        ("A" * 151, "qr", 49, (6, 6, 6)),
    ],
)
def test_bars_are_as_wide_as_the_table_says(
    content: str, symbology: Any, modules: int, bar_dots: tuple[int | None, ...]
) -> None:
    for dots, wide in zip(WIDTHS, bar_dots, strict=True):
        code = draw_code(content, symbology, page_dots=dots, where="")
        # The table: what has no room as a line code falls to QR.
        if wide is None:
            assert code.symbology == "qr"
        else:
            assert (code.module_dots, code.picture.width_dots) == (wide, modules * wide)


def test_quiet_zone_is_white_and_part_of_the_width() -> None:
    code = draw_code("SK7F2K9Q", "code128", page_dots=576, where="")
    quiet = 10 * code.module_dots
    row = code.picture.rows[0]
    assert len(code.picture.rows) == BAR_ROWS
    assert row >> code.picture.width_dots - quiet == 0
    assert row & (1 << quiet) - 1 == 0


def test_code_that_fell_is_noted() -> None:
    page = page_with("A" * 17, "code128", dots=384)
    assert read(page) == [("A" * 17, "qrcode")]
    assert page.notes == ("code_fell code128 qr",)


def test_line_code_that_fell_beside_its_own_qr_is_printed_once() -> None:
    content = "SK7F2K9QXM4TABCDE"
    blocks = [block for block in plain()["blocks"] if block["type"] != "code"]
    codes = [
        {"type": "code", "role": "code", "content": content, "symbology": name}
        for name in ("qr", "code128")
    ]
    narrow = render(Document.from_dict(plain(blocks=[*blocks, *codes])), {}, dots=384)
    wide = render(Document.from_dict(plain(blocks=[*blocks, *codes])), {}, dots=576)
    assert read(narrow) == [(content, "qrcode")]
    assert sorted(read(wide)) == [(content, "code128"), (content, "qrcode")]


def test_code_with_no_symbology_left_is_refused() -> None:
    with pytest.raises(DocumentInvalid) as caught:
        page_with("A" * 2_000, "code128", dots=576)
    assert caught.value.reason is InvalidReason.CODE_TOO_WIDE


def test_without_its_check_symbol_no_reader_reads_it(monkeypatch: pytest.MonkeyPatch) -> None:
    from printers import codes

    right = codes.code128_modules("SK7F2K9Q")
    # The check symbol is the one before the stop symbol of seven widths.
    wrong = [*right[:-13], *reversed(right[-13:-7]), *right[-7:]]
    monkeypatch.setattr(codes, "code128_modules", lambda _: wrong)
    assert read(page_with("SK7F2K9Q", "code128", dots=576)) == []
