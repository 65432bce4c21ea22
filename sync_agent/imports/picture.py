"""A picture becomes dots for the receipt printer: outside the till, within limits (printing.md P9).

Pictures come from anywhere. What a file claims to be is looked at before anything is unpacked: its
size, its kind, its number of pixels; whatever the decoder then says, the answer is yes or no.
"""

from __future__ import annotations

import io
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from printers.covers import IN_ROW, cell_dots, tallest
from printers.limits import PAGE_DOTS
from sync_agent.imports.wrong import WrongCell, WrongCode

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from PIL import Image

FILE_BYTES_MAX: Final = 5_000_000
PIXELS_MAX: Final = 12_000_000
SIDE_MAX: Final = 20_000
FORMATS: Final = ("PNG", "JPEG", "WEBP")
LOGO_HEIGHT_DOTS_MAX: Final = 400
# Line art: less than a fifth of its pixels are neither nearly black nor nearly white.
_DARK, _LIGHT = 48, 208
_LINE_ART_SHARE: Final = 5
_CUT_PERCENT: Final = 1  # of the darkest and lightest pixels, when contrast is stretched
# A burnt dot is larger than its place and darkens its neighbours: grey is lifted before dithering.
_GAIN_PERCENT: Final = 82


def cover_pbm(content: bytes, *, page_dots: int = PAGE_DOTS) -> bytes:
    """Return a cover as a PBM file of two pictures: for two in a row, then for four in a row.

    Both are made of the same picture: grey, fitted, contrast stretched, dithered to dots.

    Args:
        content: of a PNG, JPEG or WebP file.
        page_dots: width of the paper.

    Raises:
        WrongCell: it is none, is too large, or cannot be unpacked.
    """
    try:
        with _no_warnings():
            grey = _grey(content)
            return b"".join(_cover(grey, cell_dots(page_dots, in_row=count)) for count in IN_ROW)
    except WrongCell:
        raise
    except Exception:  # noqa: BLE001 - whatever a hostile file makes the decoder say
        raise WrongCell(WrongCode.PICTURE_REFUSED, "picture") from None


def logo_pbm(content: bytes, *, width_dots: int) -> bytes:
    """Return a logo as a PBM file no wider than the paper; never made larger.

    Line art keeps hard edges; a picture with many greys is dithered.

    Args:
        content: of a PNG, JPEG or WebP file.
        width_dots: of the paper.

    Raises:
        WrongCell: it is none, is too large, or cannot be unpacked.
    """
    from PIL import Image, ImageOps

    try:
        with _no_warnings():
            grey = ImageOps.autocontrast(_grey(content), cutoff=_CUT_PERCENT)
            side = (min(width_dots, grey.width), min(LOGO_HEIGHT_DOTS_MAX, grey.height))
            levels = grey.histogram()
            between = sum(levels[_DARK:_LIGHT])
            fitted = ImageOps.contain(grey, side)
            if between * _LINE_ART_SHARE > sum(levels):
                dots = fitted.convert("1")
            else:
                dots = fitted.convert("1", dither=Image.Dither.NONE)
        return _pbm(dots)
    except WrongCell:
        raise
    except Exception:  # noqa: BLE001 - whatever a hostile file makes the decoder say
        raise WrongCell(WrongCode.PICTURE_REFUSED, "picture") from None


@contextmanager
def _no_warnings() -> Iterator[None]:
    with warnings.catch_warnings():
        # A bomb is only warned of by Pillow; here it is refused.
        warnings.simplefilter("error")
        yield


def _grey(content: bytes) -> Image.Image:
    """The picture upright, on white, in grey; its size is looked at before it is unpacked."""
    from PIL import Image, ImageOps

    if len(content) > FILE_BYTES_MAX:
        raise WrongCell(WrongCode.PICTURE_REFUSED, "picture")
    with Image.open(io.BytesIO(content), formats=FORMATS) as picture:
        _check_size(*picture.size)
        upright = ImageOps.exif_transpose(picture)
        white = Image.new("RGBA", upright.size, "white")
        white.alpha_composite(upright.convert("RGBA"))
        return white.convert("L")


def _cover(grey: Image.Image, width_dots: int) -> bytes:
    """Dots for a place so wide."""
    from PIL import ImageDraw, ImageFilter, ImageOps

    fitted = ImageOps.contain(grey, (width_dots, tallest(width_dots)))
    # Stretched after fitting: stray pixels no longer decide what is black and white.
    clear = ImageOps.autocontrast(fitted, cutoff=_CUT_PERCENT)
    lifted = clear.point([_lifted(level) for level in range(256)])
    sharp = lifted.filter(ImageFilter.UnsharpMask(radius=1, percent=80, threshold=2))
    dots = sharp.convert("1")  # Floyd-Steinberg: the same on every machine
    # A light picture would have no edge on white paper.
    edge = (0, 0, dots.width - 1, dots.height - 1)
    ImageDraw.Draw(dots).rectangle(edge, outline=0, width=2)
    return _pbm(dots)


def _pbm(dots: Image.Image) -> bytes:
    # PBM says 1 for black, Pillow writes it so.
    file = io.BytesIO()
    dots.save(file, format="PPM")
    return file.getvalue()


def _lifted(level: int) -> int:
    """The grey level 0 to 255, mid-tones lighter, black and white as they are."""
    return level + (100 - _GAIN_PERCENT) * level * (255 - level) // (255 * 25)


def _check_size(width: int, height: int) -> None:
    if width * height > PIXELS_MAX or max(width, height) > SIDE_MAX:
        raise WrongCell(WrongCode.PICTURE_REFUSED, "picture")


def read_picture(folder: Path, name: str) -> bytes:
    """Return the bytes of a picture that a line names; never of a file elsewhere.

    Raises:
        WrongCell: there is no such file in the folder, or it is too large.
    """
    if not name or name in {".", ".."} or "/" in name or "\\" in name or "\0" in name:
        raise WrongCell(WrongCode.PICTURE_MISSING, "picture")
    path = folder / name
    try:
        if path.resolve().parent != folder.resolve() or not path.is_file():
            raise WrongCell(WrongCode.PICTURE_MISSING, "picture")
        with path.open("rb") as file:
            content = file.read(FILE_BYTES_MAX + 1)
    except OSError:
        raise WrongCell(WrongCode.PICTURE_MISSING, "picture") from None
    if len(content) > FILE_BYTES_MAX:
        raise WrongCell(WrongCode.PICTURE_REFUSED, "picture")
    return content
