"""Draw the four film covers of the sample vouchers as PNG files in grey.

Run once, the result is committed: ``python packaging/make_sample_covers.py FOLDER``. They are drawn
from gradients, circles and polygons alone, with fixed dice, so they belong to this project; they
hold what real covers hold: dark and light areas, soft light, fine lines.
"""

from __future__ import annotations

import random
import sys
from itertools import pairwise
from pathlib import Path

from PIL import Image, ImageChops, ImageDraw, ImageFilter

WIDTH, HEIGHT = 560, 792


def _gradient(*stops: tuple[float, int]) -> Image.Image:
    """Grey from top to bottom through ``(place, grey)``."""
    column = Image.new("L", (1, HEIGHT))
    for y in range(HEIGHT):
        place = y / (HEIGHT - 1)
        for (start, first), (end, second) in pairwise(stops):
            if start <= place <= end:
                share = (place - start) / (end - start)
                column.putpixel((0, y), round(first + (second - first) * share))
                break
    return column.resize((WIDTH, HEIGHT))


def _glow(picture: Image.Image, centre: tuple[int, int], radius: int, grey: int) -> Image.Image:
    """Soft light around a point."""
    light = Image.new("L", picture.size, 0)
    x, y = centre
    ImageDraw.Draw(light).ellipse((x - radius, y - radius, x + radius, y + radius), fill=grey)
    return ImageChops.add(picture, light.filter(ImageFilter.GaussianBlur(radius // 2)))


def moon() -> Image.Image:
    """A rocket in front of a huge moon."""
    dice = random.Random(1)  # noqa: S311 - the same dice for everybody
    picture = _gradient((0.0, 12), (0.7, 52), (1.0, 90))
    pen = ImageDraw.Draw(picture)
    for _ in range(130):
        x, y = dice.randrange(WIDTH), dice.randrange(HEIGHT * 3 // 4)
        size = dice.choice([1, 1, 2, 3])
        pen.ellipse((x, y, x + size, y + size), fill=dice.randrange(140, 256))
    picture = _glow(picture, (300, 300), 250, 95)
    pen = ImageDraw.Draw(picture)
    pen.ellipse((110, 110, 490, 490), fill=226)
    for _ in range(26):
        x, y = dice.randrange(150, 440), dice.randrange(150, 440)
        if (x - 300) ** 2 + (y - 300) ** 2 < 150**2:
            size = dice.randrange(8, 34)
            pen.ellipse((x - size, y - size, x + size, y + size), fill=196)
            pen.arc((x - size, y - size, x + size, y + size), 120, 300, fill=150, width=4)
    pen.polygon([(280, 330), (252, 440), (252, 560), (308, 560), (308, 440)], fill=18)
    pen.polygon([(252, 500), (214, 590), (252, 566)], fill=18)
    pen.polygon([(308, 500), (346, 590), (308, 566)], fill=18)
    pen.ellipse((264, 424, 296, 456), fill=235)
    picture = _glow(picture, (280, 640), 46, 210)
    pen = ImageDraw.Draw(picture)
    pen.polygon([(256, 566), (280, 742), (304, 566)], fill=255)
    for number in range(9):
        x = number * 75 - 20
        pen.ellipse((x, 706 + 18 * (number % 3), x + 150, 850), fill=150 + 22 * (number % 3))
    return picture


def beacon() -> Image.Image:
    """A lighthouse throws its light over the sea."""
    picture = _gradient((0.0, 40), (0.45, 110), (0.68, 205), (0.69, 96), (1.0, 20))
    light = Image.new("L", picture.size, 0)
    pen = ImageDraw.Draw(light)
    pen.polygon([(372, 228), (-40, 60), (-40, 330)], fill=150)
    pen.polygon([(372, 228), (600, 130), (600, 300)], fill=110)
    picture = ImageChops.add(picture, light.filter(ImageFilter.GaussianBlur(14)))
    pen = ImageDraw.Draw(picture)
    for y in range(556, HEIGHT, 14):
        for x in range((y * 37) % 60 - 60, WIDTH, 96):
            pen.arc((x, y - 10, x + 70, y + 12), 200, 330, fill=min(225, 330 - y // 4), width=3)
    pen.polygon([(210, 650), (330, 560), (450, 556), (560, 600), (560, 792), (150, 792)], fill=14)
    pen.polygon([(342, 270), (402, 270), (424, 570), (320, 570)], fill=236)
    for top in (320, 420, 520):
        wide = (top - 270) * 22 // 300
        pen.polygon(
            [
                (342 - wide, top),
                (402 + wide, top),
                (406 + wide, top + 46),
                (338 - wide, top + 46),
            ],
            fill=40,
        )
    pen.rectangle((336, 256, 408, 270), fill=20)
    pen.rectangle((350, 204, 394, 256), fill=250)
    pen.polygon([(340, 204), (404, 204), (372, 168)], fill=20)
    return _glow(picture, (372, 230), 40, 190)


def train() -> Image.Image:
    """A night train below snowy mountains."""
    dice = random.Random(5)  # noqa: S311 - the same dice for everybody
    picture = _gradient((0.0, 22), (0.5, 120), (0.62, 170), (1.0, 235))
    pen = ImageDraw.Draw(picture)
    for _ in range(70):
        x, y = dice.randrange(WIDTH), dice.randrange(260)
        pen.ellipse((x, y, x + 2, y + 2), fill=dice.randrange(150, 256))
    for peak, base, grey, snow in (
        ((150, 190), 330, 92, 230),
        ((400, 150), 360, 74, 244),
        ((280, 260), 300, 110, 235),
    ):
        x, y = peak
        pen.polygon([(x - base * 3 // 4, 520), (x, y), (x + base * 3 // 4, 520)], fill=grey)
        jags = [(x - 52, y + 78), (x - 24, y + 56), (x, y + 84), (x + 26, y + 54), (x + 54, y + 80)]
        pen.polygon([(x, y), *reversed(jags)], fill=snow)
    pen.polygon([(0, 520), (560, 500), (560, 792), (0, 792)], fill=238)
    for x in range(-10, 560, 58):
        tall = dice.randrange(70, 120)
        pen.polygon([(x, 540), (x + 24, 540 - tall), (x + 48, 540)], fill=38)
    pen.polygon([(-10, 690), (240, 560), (560, 556), (560, 640), (300, 650), (60, 792)], fill=26)
    for left, right in ((130, 190), (210, 262), (284, 330), (350, 392), (412, 450), (468, 504)):
        top, low = 640 - left // 8, 668 - left // 8
        pen.polygon([(left, top), (right, top - 8), (right, low - 10), (left, low)], fill=252)
    picture = _glow(picture, (66, 690), 26, 200)
    pen = ImageDraw.Draw(picture)
    pen.line([(0, 742), (90, 792)], fill=120, width=5)
    pen.line([(70, 792), (320, 662), (560, 650)], fill=120, width=5)
    return picture


def autumn() -> Image.Image:
    """Hills in mist behind a lonely tree."""
    dice = random.Random(8)  # noqa: S311 - the same dice for everybody
    picture = _glow(_gradient((0.0, 190), (0.5, 240), (1.0, 200)), (180, 210), 110, 60)
    pen = ImageDraw.Draw(picture)
    pen.ellipse((112, 142, 248, 278), fill=255)
    for number, (base, grey) in enumerate(((400, 190), (470, 150), (545, 108), (620, 62))):
        points = [(0, HEIGHT)] + [
            (x, base - 26 * ((x // 40 * (number + 2)) % 3) + dice.randrange(-8, 9))
            for x in range(0, WIDTH + 40, 40)
        ]
        ridge = Image.new("L", picture.size, 0)
        ImageDraw.Draw(ridge).polygon([*points, (WIDTH, HEIGHT)], fill=255)
        picture.paste(grey, mask=ridge.filter(ImageFilter.GaussianBlur(3)))
    pen = ImageDraw.Draw(picture)
    pen.polygon([(372, 700), (388, 480), (404, 480), (426, 700)], fill=12)
    for x, y in ((300, 380), (470, 360), (340, 320), (430, 300), (500, 420), (270, 440)):
        pen.line([(396, 520), (x, y)], fill=12, width=9)
    for _ in range(420):
        x, y = dice.gauss(392, 78), dice.gauss(370, 62)
        size = dice.randrange(3, 10)
        pen.ellipse((x - size, y - size, x + size, y + size), fill=dice.choice([20, 46, 92, 150]))
    for _ in range(40):
        x, y = dice.randrange(220, 560), dice.randrange(460, 720)
        pen.ellipse((x, y, x + 7, y + 5), fill=dice.choice([20, 230]))
    pen.polygon([(0, 720), (560, 690), (560, 792), (0, 792)], fill=24)
    return picture


def main(folder: str) -> None:
    """Write the four files."""
    for name, draw in (("moon", moon), ("beacon", beacon), ("train", train), ("autumn", autumn)):
        draw().save(Path(folder) / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
