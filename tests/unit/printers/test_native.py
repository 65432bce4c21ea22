"""T1 to T3 of the native encoder: framing, codes, what a name may never do."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from printing import PICTURES, documents, plain, welcome

from printers.document import Document
from printers.encode import choose_encoder, encode
from printers.errors import DocumentInvalid, InvalidReason
from printers.native_escpos import NativeBytes
from printers.profiles import Profile, generic, read_profile
from printers.sim.interpreter import FramingError, Interpreter

if TYPE_CHECKING:
    from printers.encode import Job
    from printers.page import Page

EPSON = read_profile("tm-t88v")
# Beside real-time commands: cash drawer, buffers, power, printer select and settings kept in it.
FORBIDDEN = re.compile(rb"\x10[\x04\x05\x14]|\x1b[p=?c]|\x1d\([ACEMNH]|\x1bi|\x1bm")


def native(document: Document, pictures: dict[str, bytes], *, dots: int = 512) -> Job:
    job = encode(document, pictures, profile=EPSON, encoder="native", dots=dots)
    assert job.encoder == "native"
    return job


def read_paper(
    data: bytes, *, dots: int = 512, slot: int = 19
) -> tuple[list[Page], list[FramingError]]:
    printer = Interpreter(dots=dots, cp858_slot=slot)
    pages, errors = printer.feed(data)
    rest, cut_off = printer.power_off()
    return pages + ([rest] if rest else []), errors + cut_off


def codes_on(pages: list[Page]) -> list[str]:
    found = []
    for page in pages:
        image = Image.frombytes("1", (page.width_dots, page.height_dots), page.data, "raw", "1;I")
        found += [code.text for code in zxingcpp.read_barcodes(image.convert("L"))]
    return found


@settings(max_examples=40)
@given(documents(), st.sampled_from([384, 512, 576]))
def test_simulator_reads_every_document_without_a_mistake(
    made: tuple[Document, dict[str, bytes]], dots: int
) -> None:
    document, pictures = made
    try:
        job = native(document, pictures, dots=dots)
    except DocumentInvalid as error:
        # Cells of another paper: refused before a byte left.
        if error.reason is not InvalidReason.COLUMNS_TOO_WIDE:
            raise
        return
    pages, errors = read_paper(job.data, dots=dots)
    assert errors == []
    assert pages
    assert FORBIDDEN.search(job.data) is None
    assert job.fragment_max <= 4_096


@pytest.mark.parametrize("dots", [384, 512, 576])
@pytest.mark.parametrize(
    ("content", "symbology"),
    [
        ("SK7F2K9QXM4T", "qr"),
        ("SK7F2K9Q", "code128"),
        ("1234567890123456", "code128"),
        ("4006381333931", "ean13"),
        ("A" * 17, "code128"),
    ],
)
def test_codes_of_the_printer_are_read_back(content: str, symbology: str, dots: int) -> None:
    blocks = [block for block in plain()["blocks"] if block["type"] != "code"]
    code = {"type": "code", "role": "code", "content": content, "symbology": symbology}
    job = native(Document.from_dict(plain(blocks=[*blocks, code])), {}, dots=dots)
    pages, errors = read_paper(job.data, dots=dots)
    assert errors == []
    assert codes_on(pages) == [content]


def test_digits_in_pairs_are_drawn_never_sent_as_a_command() -> None:
    code = {"type": "code", "content": "1234567890123456", "symbology": "code128"}
    job = native(Document.from_dict(plain(code)), {})
    assert b"\x1dkI" not in job.data
    letters = {"type": "code", "content": "SK7F2K9Q", "symbology": "code128"}
    assert b"\x1dkI\x0a{BSK7F2K9Q" in native(Document.from_dict(plain(letters)), {}).data


@pytest.mark.parametrize("length", [250, 251, 1_037])
def test_length_of_a_qr_code_never_reads_as_a_real_time_command(length: int) -> None:
    content = "A" * length
    job = native(Document.from_dict(plain({"type": "code", "content": content})), {}, dots=576)
    assert FORBIDDEN.search(job.data) is None
    assert (content.encode() in job.data) is (length == 250)
    pages, errors = read_paper(job.data, dots=576)
    assert errors == []
    assert content in codes_on(pages)


def test_length_sent_as_it_is_would_hold_one() -> None:
    paper = NativeBytes(cp858_slot=19)
    paper.qr("A" * 1_037, module_dots=4)
    assert FORBIDDEN.search(paper.data)


def test_voucher_without_pictures_is_a_few_hundred_bytes() -> None:
    document = Document.from_dict(plain())
    job = native(document, {})
    assert len(job.data) < 300
    assert len(encode(document, {}, dots=512).data) > 50 * len(job.data)


def test_euro_and_umlauts_are_bytes_of_code_page_858() -> None:
    job = native(Document.from_dict(plain({"type": "text", "value": "ÄÖÜ äöü ß €"})), {})
    assert job.data.startswith(b"\x1b@\x1bt\x13")
    assert "ÄÖÜ äöü ß €".encode("cp858") in job.data


@pytest.mark.parametrize("name", ["Łukasz", "Şahin", "Herr … „O“"])
def test_line_with_other_letters_is_drawn_and_lacks_nothing(name: str) -> None:
    job = native(Document.from_dict(plain({"type": "text", "value": name})), {})
    assert job.fragments == 1
    assert len(job.data) < 2_500
    assert job.warnings == ()


@pytest.mark.parametrize(
    "name", ["\x1b@\x1dV\x41\x00", "\x10\x14\x01\x00\x01", "\x00\x00", "\u202eabc", "\x85\x9b"]
)
def test_no_name_becomes_a_command(name: str) -> None:
    harmless = "".join(c for c in name.replace("\x85", "\n") if c == "\n" or c.isprintable())
    document = Document.from_dict(plain({"type": "text", "value": name}))
    clean = Document.from_dict(plain({"type": "text", "value": harmless}))
    assert native(document, {}).data == native(clean, {}).data


def test_uncleaned_name_would_be_a_command() -> None:
    document = Document.from_dict(plain({"type": "text", "value": "x"}))
    block = document.blocks[-1].model_copy(update={"value": "\x1bp\x00"})
    dirty = document.model_copy(update={"blocks": (*document.blocks[:-1], block)})
    job = native(dirty, {})
    assert FORBIDDEN.search(job.data)
    assert read_paper(job.data)[1]


def test_wrong_slot_is_seen_by_the_simulator() -> None:
    _, errors = read_paper(native(Document.from_dict(plain()), {}).data, slot=4)
    assert errors[0].code == "wrong_parameter"


def test_narrow_picture_stands_where_its_block_says() -> None:
    job = native(Document.from_dict(welcome()), PICTURES)
    pages, errors = read_paper(job.data)
    assert errors == []
    # Below the white of 16 rows the logo alone; its rays do not reach the edges.
    rows = [pages[0].data[at : at + 64] for at in range(64 * 20, 64 * 140, 64)]
    black = [place for row in rows for place, byte in enumerate(row) if byte]
    assert 0 < min(black) == 63 - max(black)


@pytest.mark.parametrize(
    ("encoder", "profile", "baud", "chosen"),
    [
        ("auto", EPSON, 9_600, "native"),
        ("auto", EPSON, None, "raster"),
        ("auto", generic(576), 9_600, "raster"),
        ("auto", None, 9_600, "raster"),
        ("native", EPSON, None, "native"),
        ("native", read_profile("star-escpos"), 9_600, "raster"),
        ("raster", EPSON, 9_600, "raster"),
    ],
)
def test_auto_is_native_on_serial_lines_of_a_known_model(
    encoder: Any, profile: Profile | None, baud: int | None, chosen: str
) -> None:
    assert choose_encoder(encoder, profile, baud) == chosen


GUEST = """
import io, logging, os, sys, tempfile
from pathlib import Path
def seen():
    return set(os.listdir(tempfile.gettempdir())), logging.getLogger().handlers[:], {**os.environ}
before = seen()
out, sys.stdout = sys.stdout, io.StringIO()
sys.path.insert(0, sys.argv[1])
from printing import plain
from printers.document import Document
from printers.encode import encode
from printers.profiles import read_profile
assert "escpos" not in sys.modules
code = {"type": "code", "content": "SK7F2K9Q", "symbology": "code128"}
encode(Document.from_dict(plain(code)), {}, profile=read_profile("tm-t88v"), encoder="native")
assert "escpos" in sys.modules
assert "usb" not in sys.modules
said, sys.stdout = sys.stdout.getvalue(), out
after = seen()
assert said == "", said
assert after == before, after
print("good guest")
"""


def test_library_leaves_no_handler_no_folder_and_says_nothing(tmp_path: Any) -> None:
    from pathlib import Path

    support = Path(__file__).parents[2] / "support"
    done = subprocess.run(
        [sys.executable, "-c", GUEST, str(support)],
        capture_output=True,
        text=True,
        timeout=60,
        env={"PATH": "", "TMPDIR": str(tmp_path)},
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "good guest\n"), done.stderr
    assert done.stderr == ""
