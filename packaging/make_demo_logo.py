"""Draw the logo of the demo shop "Modehaus Sonnenschein" as a 1-bit PBM.

Run once, the result is committed: ``python packaging/make_demo_logo.py FILE`` writes the picture,
432 dots wide, which is 75 % of an 80 mm page, and prints its SHA-256, the name by which documents
ask for it. It is drawn from lines and arcs alone, so it belongs to this project.
"""

from __future__ import annotations

import sys
from hashlib import sha256
from pathlib import Path

from PIL import Image, ImageDraw

WIDTH_DOTS = 432
HEIGHT_DOTS = 208
# Drawn larger and averaged down, so that arcs get even edges.
SCALE = 8

# Rays of a rising sun as direction in thousandths of the radius, from left to right.
RAYS = [(-966, 259), (-866, 500), (-707, 707), (-500, 866), (-259, 966), (0, 1000)]
RAYS += [(-x, y) for x, y in reversed(RAYS[:-1])]

# Letters on a grid of 4 by 6: lines as point lists, arcs as (box, start, end).
LETTERS: dict[str, tuple[list[list[tuple[int, int]]], list[tuple[tuple[int, ...], int, int]]]] = {
    "A": ([[(0, 6), (2, 0), (4, 6)], [(1, 4), (3, 4)]], []),
    "C": ([], [((0, 0, 6, 6), 40, 320)]),
    "D": ([[(1, 0), (0, 0), (0, 6), (1, 6)]], [((-2, 0, 4, 6), 270, 90)]),
    "E": ([[(4, 0), (0, 0), (0, 6), (4, 6)], [(0, 3), (3, 3)]], []),
    "H": ([[(0, 0), (0, 6)], [(4, 0), (4, 6)], [(0, 3), (4, 3)]], []),
    "I": ([[(0, 0), (0, 6)]], []),
    "M": ([[(0, 6), (0, 0), (2, 4), (4, 0), (4, 6)]], []),
    "N": ([[(0, 6), (0, 0), (4, 6), (4, 0)]], []),
    "O": ([], [((0, 0, 6, 6), 0, 360)]),
    "S": ([], [((0, 0, 3, 3), 90, 330), ((0, 3, 3, 6), 270, 150)]),
    "U": ([[(0, 0), (0, 4)], [(4, 0), (4, 4)]], [((0, 2, 4, 6), 0, 180)]),
}
WIDTHS = {"C": 5, "I": 0, "O": 6, "S": 3}


def _write(
    pen: ImageDraw.ImageDraw, text: str, *, top: int, unit: int, gap: int, stroke: int
) -> None:
    """Letters in the middle of the picture; all lengths in drawing dots."""
    width = sum(WIDTHS.get(letter, 4) * unit for letter in text) + gap * (len(text) - 1)
    left = (WIDTH_DOTS * SCALE - width) // 2
    for letter in text:
        lines, arcs = LETTERS[letter]
        for points in lines:
            placed = [(left + x * unit, top + y * unit) for x, y in points]
            pen.line(placed, fill=0, width=stroke, joint="curve")
            for x, y in placed:
                half = stroke // 2
                pen.ellipse((x - half, y - half, x + half, y + half), fill=0)
        for (x0, y0, x1, y1), start, end in arcs:
            half = stroke // 2
            box = (
                left + x0 * unit - half,
                top + y0 * unit - half,
                left + x1 * unit + half,
                top + y1 * unit + half,
            )
            pen.arc(box, start, end, fill=0, width=stroke)
        left += WIDTHS.get(letter, 4) * unit + gap


def draw() -> Image.Image:
    """The logo: a rising sun over two lines of wide-set letters."""
    image = Image.new("L", (WIDTH_DOTS * SCALE, HEIGHT_DOTS * SCALE), 255)
    pen = ImageDraw.Draw(image)
    middle, horizon = WIDTH_DOTS * SCALE // 2, 100 * SCALE
    radius = 44 * SCALE
    pen.pieslice(
        (middle - radius, horizon - radius, middle + radius, horizon + radius), 180, 360, fill=0
    )
    for number, (x, y) in enumerate(RAYS):
        outer = (92 if number % 2 else 76) * SCALE
        inner = 54 * SCALE
        pen.line(
            (
                middle + x * inner // 1000,
                horizon - y * inner // 1000,
                middle + x * outer // 1000,
                horizon - y * outer // 1000,
            ),
            fill=0,
            width=5 * SCALE,
        )
    for side in (-1, 1):
        pen.line(
            (
                middle + side * 60 * SCALE,
                horizon - 2 * SCALE,
                middle + side * 212 * SCALE,
                horizon - 2 * SCALE,
            ),
            fill=0,
            width=3 * SCALE,
        )
    _write(pen, "MODEHAUS", top=124 * SCALE, unit=20, gap=150, stroke=20)
    _write(pen, "SONNENSCHEIN", top=161 * SCALE, unit=48, gap=96, stroke=42)
    return image.resize((WIDTH_DOTS, HEIGHT_DOTS), Image.Resampling.BOX)


def main(target: str) -> None:
    """Write the picture and name its content."""
    image = draw().point(lambda grey: 255 if grey > 127 else 0).convert("1")
    # In PBM 1 is black, in Pillow 0 is.
    dots = bytes(byte ^ 0xFF for byte in image.tobytes())
    content = f"P4\n{WIDTH_DOTS} {HEIGHT_DOTS}\n".encode() + dots
    Path(target).write_bytes(content)
    print(sha256(content).hexdigest())


if __name__ == "__main__":
    main(sys.argv[1])
