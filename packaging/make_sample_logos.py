"""Draw two logos of sample vouchers as 1-bit PBM files.

Run once, the result is committed: ``python packaging/make_sample_logos.py FOLDER``. They are drawn
from shapes and the shipped letters alone, so they belong to this project.
"""

from __future__ import annotations

import sys
from pathlib import Path

from PIL import Image, ImageDraw

from printers.glyphs import HEIGHT_DOTS, WIDTH_DOTS, strike
from printers.render import doubled

# Shapes are drawn larger and averaged down, so that curves get even edges.
SCALE = 4


def _words(text: str, *, spaced: int) -> Image.Image:
    """Bold letters of twice their size, black on white."""
    picture = Image.new("1", (len(text) * (2 * WIDTH_DOTS + spaced), 2 * HEIGHT_DOTS), 1)
    for number, letter in enumerate(text):
        rows = doubled(strike(bold=True)[letter], width_dots=WIDTH_DOTS)
        for y, row in enumerate(rows):
            for x in range(2 * WIDTH_DOTS):
                if row >> 2 * WIDTH_DOTS - 1 - x & 1:
                    picture.putpixel((number * (2 * WIDTH_DOTS + spaced) + x + spaced // 2, y), 0)
    return picture


def _small(picture: Image.Image) -> Image.Image:
    size = (picture.width // SCALE, picture.height // SCALE)
    return picture.resize(size, Image.Resampling.BOX).point(lambda grey: 255 * (grey > 127))


def film() -> Image.Image:
    """A strip of film with the name of the house in its frame."""
    wide, tall = 360, 136
    picture = Image.new("L", (wide * SCALE, tall * SCALE), 255)
    pen = ImageDraw.Draw(picture)
    pen.rounded_rectangle((0, 0, wide * SCALE - 1, tall * SCALE - 1), radius=14 * SCALE, fill=0)
    for number in range(15):
        left = (9 + number * 23) * SCALE
        for top in (10, 112):
            pen.rounded_rectangle(
                (left, top * SCALE, left + 14 * SCALE, (top + 14) * SCALE),
                radius=4 * SCALE,
                fill=255,
            )
    pen.rounded_rectangle(
        (10 * SCALE, 34 * SCALE, (wide - 10) * SCALE, 102 * SCALE), radius=8 * SCALE, fill=255
    )
    small = _small(picture)
    words = _words("FILMPALAST", spaced=6)
    small.paste(words, ((wide - words.width) // 2, 45))
    return small


def cafe() -> Image.Image:
    """A cup in the morning sun above the name."""
    wide, tall = 288, 184
    picture = Image.new("L", (wide * SCALE, tall * SCALE), 255)
    pen = ImageDraw.Draw(picture)

    def box(*sides: int) -> tuple[int, ...]:
        return tuple(side * SCALE for side in sides)

    pen.pieslice(box(84, 6, 204, 126), 180, 360, fill=0)
    for left in (120, 144, 168):
        pen.arc(box(left - 8, 8, left + 8, 36), 90, 270, fill=255, width=4 * SCALE)
        pen.arc(box(left - 8, 32, left + 8, 60), 270, 90, fill=255, width=4 * SCALE)
    pen.rectangle(box(96, 62, 192, 70), fill=255)
    pen.pieslice(box(98, 26, 186, 122), 0, 180, fill=0)
    pen.arc(box(172, 72, 212, 104), 270, 90, fill=0, width=8 * SCALE)
    pen.rounded_rectangle(box(84, 122, 204, 130), radius=4 * SCALE, fill=0)
    small = _small(picture)
    words = _words("MORGENROT", spaced=6)
    small.paste(words, ((wide - words.width) // 2, 136))
    return small


def main(folder: str) -> None:
    """Write the files."""
    for name, draw in (("filmpalast", film), ("morgenrot", cafe)):
        draw().convert("1", dither=Image.Dither.NONE).save(Path(folder) / f"{name}.pbm")


if __name__ == "__main__":
    main(*sys.argv[1:])
