"""The logo of the settings: dots for the printer, or a warning and the one before."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from PIL import Image, ImageDraw

from pos_plugin.config import read_config
from pos_plugin.storage.blobs import read_blob
from pos_plugin.storage.shop_logo import read_logo, write_logo
from printers.picture import Picture, read_pbm
from sync_agent.imports.picture import logo_pbm
from sync_agent.logo import prepare_logo

if TYPE_CHECKING:
    from pathlib import Path

    from pos_plugin.config import TillConfig

TOML = """shop = "001"
till = "1"
[printing]
logo = "logo.png"
[[printer]]
name = "bon"
transport = "simulator"
dots = 384
"""


def drawn(*, kind: str = "PNG", size: tuple[int, int] = (800, 300), grey: bool = False) -> bytes:
    picture = Image.new("L", size, 255)
    pen = ImageDraw.Draw(picture)
    pen.rectangle((50, 50, size[0] - 50, size[1] - 50), fill=0)
    if grey:
        for x in range(size[0]):
            pen.line((x, 0, x, size[1]), fill=x * 255 // size[0])
    file = io.BytesIO()
    picture.save(file, kind)
    return file.getvalue()


@pytest.fixture
def config(tmp_path: Path) -> TillConfig:
    (tmp_path / "till.toml").write_text(TOML, encoding="utf-8")
    return read_config(tmp_path / "till.toml")


def logo(config: TillConfig) -> Picture:
    name = read_logo(config.data_dir)
    assert name is not None
    file = read_blob(config.data_dir, name)
    assert file is not None
    picture = read_pbm(file)
    assert picture is not None
    return picture


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_logo_is_no_wider_than_the_paper(config: TillConfig, tmp_path: Path, kind: str) -> None:
    (tmp_path / "logo.png").write_bytes(drawn(kind=kind))
    assert prepare_logo(config) == ""
    picture = logo(config)
    assert picture.width_dots == 384
    assert len(picture.rows) == 144
    black = sum(row.bit_count() for row in picture.rows)
    assert black == pytest.approx(384 * 144 * 700 * 200 / (800 * 300), rel=0.03)


def test_small_logo_is_never_made_larger() -> None:
    picture = read_pbm(logo_pbm(drawn(size=(200, 120)), width_dots=576))
    assert picture is not None
    assert picture.width_dots == 200


def test_line_art_has_hard_edges_and_a_photograph_is_dithered() -> None:
    def lone_dots(file: bytes) -> int:
        picture = read_pbm(file)
        assert picture is not None
        return sum((row & ~(row >> 1) & ~(row << 1)).bit_count() for row in picture.rows)

    assert lone_dots(logo_pbm(drawn(), width_dots=384)) == 0
    assert lone_dots(logo_pbm(drawn(grey=True), width_dots=384)) > 5_000


@pytest.mark.parametrize(
    "content", [None, b"", b"GIF89a", drawn()[:300], drawn() + bytes(5_000_000)]
)
def test_wrong_logo_is_a_warning_and_the_one_before_stays(
    config: TillConfig, tmp_path: Path, content: bytes | None
) -> None:
    write_logo(config.data_dir, "ab" * 32)
    if content is not None:
        (tmp_path / "logo.png").write_bytes(content)
    assert "printing.logo" in prepare_logo(config)
    assert read_logo(config.data_dir) == "ab" * 32


def test_shop_without_a_logo_in_its_settings_has_none(config: TillConfig, tmp_path: Path) -> None:
    (tmp_path / "logo.png").write_bytes(drawn())
    assert prepare_logo(config) == ""
    bare = config.model_copy(update={"printing": type(config.printing)()})
    assert prepare_logo(bare) == ""
    assert read_logo(config.data_dir) is None


@pytest.mark.parametrize("content", [b"", b"../till.toml", b"\xff" * 64, b"AB" * 32])
def test_damaged_name_of_a_logo_is_none(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "logo.current").write_bytes(content)
    assert read_logo(tmp_path) is None
