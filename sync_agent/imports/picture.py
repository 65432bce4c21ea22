"""A picture of a title becomes dots for the receipt printer: outside the till, within limits.

Pictures come from anywhere. What a file claims to be is looked at before anything is unpacked: its
size, its kind, its number of pixels; whatever the decoder then says, the answer is yes or no.
"""

from __future__ import annotations

import io
import warnings
from typing import TYPE_CHECKING, Final

from sync_agent.imports.wrong import WrongCell, WrongCode

if TYPE_CHECKING:
    from pathlib import Path

FILE_BYTES_MAX: Final = 8 * 2**20
PIXELS_MAX: Final = 24_000_000
SIDE_MAX: Final = 20_000
FORMATS: Final = ("PNG", "JPEG")
WIDTH_DOTS: Final = 280  # two beside each other on 80 mm paper of 576 dots
HEIGHT_DOTS_MAX: Final = 420
_CUT_PERCENT: Final = 1  # of the darkest and lightest pixels, when contrast is stretched


def cover_pbm(content: bytes) -> bytes:
    """Return a picture as a PBM file: grey, contrast stretched, fitted, dithered to dots.

    Args:
        content: of a PNG or JPEG file.

    Raises:
        WrongCell: it is none, is too large, or cannot be unpacked.
    """
    from PIL import Image, ImageOps

    if len(content) > FILE_BYTES_MAX:
        raise WrongCell(WrongCode.PICTURE_REFUSED, "picture")
    try:
        with warnings.catch_warnings():
            # A bomb is only warned of by Pillow; here it is refused.
            warnings.simplefilter("error")
            with Image.open(io.BytesIO(content), formats=FORMATS) as picture:
                _check_size(*picture.size)
                upright = ImageOps.exif_transpose(picture)
                white = Image.new("RGBA", upright.size, "white")
                white.alpha_composite(upright.convert("RGBA"))
                grey = ImageOps.autocontrast(white.convert("L"), cutoff=_CUT_PERCENT)
        fitted = ImageOps.contain(grey, (WIDTH_DOTS, HEIGHT_DOTS_MAX))
        dots = fitted.convert("1")  # Floyd-Steinberg: the same on every machine
        # PBM says 1 for black, Pillow writes it so.
        file = io.BytesIO()
        dots.save(file, format="PPM")
    except WrongCell:
        raise
    except Exception:  # noqa: BLE001 - whatever a hostile file makes the decoder say
        raise WrongCell(WrongCode.PICTURE_REFUSED, "picture") from None
    return file.getvalue()


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
