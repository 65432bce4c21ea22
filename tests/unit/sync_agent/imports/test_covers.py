"""Pictures of coming titles: dots for paper, and hostile files refused."""

from __future__ import annotations

import io
import struct
import zlib
from typing import TYPE_CHECKING

import pytest
from lone_till import LoneTill
from PIL import Image

from pos_plugin.storage.blobs import read_blob
from printers.covers import IN_ROW, cell_dots, within
from printers.picture import read_pbm, read_pbms
from sync_agent.imports.picture import cover_pbm, read_picture
from sync_agent.imports.wrong import TableError, WrongCell, WrongCode

if TYPE_CHECKING:
    from pathlib import Path

TABLE = "Bild;Titel;Start;Preis\nfilm.png;Der Film;24.12.2026;3,50\n;Ohne Bild;2026-12-31;\n"


def png(width: int = 400, height: int = 600, *, mode: str = "RGB") -> bytes:
    """A gradient from dark to light."""
    file = io.BytesIO()
    Image.linear_gradient("L").resize((width, height)).convert(mode).save(file, "PNG")
    return file.getvalue()


def bomb(width: int = 60_000, height: int = 60_000) -> bytes:
    """A PNG of a few bytes that says it is 3,600 million pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    data = zlib.compress(b"\0" * 10_000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


@pytest.fixture
def till(tmp_path: Path) -> LoneTill:
    return LoneTill(tmp_path / "till")


def covers(till: LoneTill, table: str = TABLE, **pictures: bytes) -> Path:
    folder = till.folder / "covers"
    folder.mkdir(exist_ok=True)
    (folder / "covers.csv").write_text(table)
    for name, content in pictures.items():
        (folder / f"{name}.png").write_bytes(content)
    return folder


@pytest.mark.capability("V6")
def test_a_cover_becomes_a_picture_of_dots_beside_its_title(till: LoneTill) -> None:
    report = till.take("covers", covers(till, film=png()))
    assert (report.state, report.new) == ("taken", 2)
    bare, film = sorted(till.rows("cover")["cover"], key=lambda row: row["title"], reverse=True)
    assert (bare["title"], bare["blob"], bare["price_minor"]) == ("Ohne Bild", None, None)
    assert (film["start_on"], film["price_minor"]) == ("2026-12-24", 350)
    content = read_blob(till.folder, film["blob"])
    assert content is not None
    picture = read_pbm(content)
    assert picture is not None
    assert (picture.width_dots, len(picture.rows)) == (280, 420)
    dark, light = picture.rows[10].bit_count(), picture.rows[-10].bit_count()
    assert dark > 0.8 * 280 > 0.2 * 280 > light, "black is a dot, stretched"
    assert till.take("covers", covers(till)).state == "nothing"


@pytest.mark.parametrize("mode", ["L", "RGBA", "P", "1"])
def test_every_kind_of_png_is_taken(mode: str) -> None:
    assert read_pbm(cover_pbm(png(mode=mode))) is not None


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"GIF89a",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        bomb(),
        bomb(30_000, 1),
        png()[:500],
        png() + b"\0" * (8 * 2**20),
        b"%PDF-1.4",
    ],
)
def test_a_hostile_picture_refuses_the_file(till: LoneTill, content: bytes) -> None:
    report = till.take("covers", covers(till, film=content))
    assert report.state == "refused"
    assert [(one.line, one.column, one.code) for one in report.wrong] == [
        (2, "picture", WrongCode.PICTURE_REFUSED)
    ]


def test_webp_and_jpeg_are_taken_and_fitted_to_the_paper() -> None:
    for kind in ("WEBP", "JPEG"):
        file = io.BytesIO()
        Image.new("L", (600, 900), 90).save(file, kind)
        picture = read_pbm(cover_pbm(file.getvalue(), page_dots=384))
        assert picture is not None
        assert (picture.width_dots, len(picture.rows)) == (184, 276)


def test_a_cover_is_made_ready_for_two_and_for_four_in_a_row() -> None:
    # Taller than its place: made narrower, and found again all the same.
    for size in ((600, 900), (600, 1_800)):
        file = io.BytesIO()
        Image.effect_mandelbrot(size, (-2.5, -1.5, 1.0, 1.5), 60).save(file, "PNG")
        pictures = read_pbms(cover_pbm(file.getvalue(), page_dots=576))
        heights = [len(one.rows) for one in pictures]
        assert heights == [420, 198]
        assert [within(pictures, cell_dots(576, in_row=count)) for count in IN_ROW] == [*pictures]


def test_limits_of_a_picture_are_five_megabytes_and_twelve_megapixels() -> None:
    def white(width: int, height: int) -> bytes:
        file = io.BytesIO()
        Image.new("1", (width, height), 1).save(file, "PNG")
        return file.getvalue()

    assert read_pbm(cover_pbm(white(4_000, 3_000))) is not None
    for content in (white(4_001, 3_000), png() + bytes(5_000_000)):
        with pytest.raises(WrongCell):
            cover_pbm(content)


def test_a_file_of_another_kind_that_could_be_read_is_refused() -> None:
    file = io.BytesIO()
    Image.new("RGB", (10, 10)).save(file, "TIFF")
    with pytest.raises(WrongCell):
        cover_pbm(file.getvalue())


@pytest.mark.parametrize("name", ["../till.toml", "/etc/passwd", "..", "a\\b", "nicht.da", "a\0b"])
def test_a_picture_is_a_file_of_the_folder_or_none(till: LoneTill, name: str) -> None:
    with pytest.raises(WrongCell) as fault:
        read_picture(covers(till), name)
    assert fault.value.code is WrongCode.PICTURE_MISSING


def test_a_link_out_of_the_folder_is_no_picture(till: LoneTill) -> None:
    folder = covers(till, film=png())
    (folder / "link.png").symlink_to(till.config_path)
    with pytest.raises(WrongCell):
        read_picture(folder, "link.png")
    assert read_picture(folder, "film.png"), "the file itself is one"


def test_a_folder_has_one_table(till: LoneTill) -> None:
    folder = covers(till, film=png())
    (folder / "more.csv").write_text(TABLE)
    with pytest.raises(TableError):
        till.take("covers", folder)
