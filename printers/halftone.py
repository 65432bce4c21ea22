"""A picture of black and white dots at another width: its grey is measured and dithered anew.

Taking single dots out of a dithered picture leaves stripes (moire). Here every new dot first gets
the share of black under it, then the error of rounding goes on to its neighbours, as Floyd and
Steinberg have it. Integers only, so it is the same on every machine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_RIGHT, _BELOW_LEFT, _BELOW = 7, 3, 5  # sixteenths of the error; the rest goes below right


def resampled(rows: Sequence[int], *, width: int, new_width: int, new_height: int) -> list[int]:
    """Return the rows of the picture at another size.

    Args:
        rows: the leftmost dot in bit ``width - 1``, 1 is black.
        width: dots of a row.
        new_width: dots of a new row, at least 1.
        new_height: new rows, at least 1.
    """
    grey = _grey_rows(rows, width, new_width, new_height)
    return dithered(grey, whole=width * len(rows))


def dithered(grey_rows: Sequence[Sequence[int]], *, whole: int) -> list[int]:
    """Return dots for rows of darkness.

    Args:
        grey_rows: by dot, 0 = white.
        whole: the darkness of a black dot.
    """
    new_width = len(grey_rows[0])
    below = [0] * (new_width + 2)
    made = []
    for grey in grey_rows:
        carried, below = below, [0] * (new_width + 2)
        right = 0
        row = 0
        for place, darkness in enumerate(grey, 1):
            wanted = darkness + right + carried[place]
            black = 2 * wanted >= whole
            row = row << 1 | black
            error = wanted - whole if black else wanted
            right = error * _RIGHT // 16
            left = error * _BELOW_LEFT // 16
            under = error * _BELOW // 16
            below[place - 1] += left
            below[place] += under
            below[place + 1] += error - right - left - under
        made.append(row)
    return made


def thresholded(rows: Sequence[int], *, width: int, new_width: int, new_height: int) -> list[int]:
    """Return the rows at another size, black where most of the dot is: lines stay lines.

    Args:
        rows: the leftmost dot in bit ``width - 1``, 1 is black.
        width: dots of a row.
        new_width: dots of a new row, at least 1.
        new_height: new rows, at least 1.
    """
    whole = width * len(rows)
    made = []
    for grey in _grey_rows(rows, width, new_width, new_height):
        row = 0
        for darkness in grey:
            row = row << 1 | (2 * darkness >= whole)
        made.append(row)
    return made


def _grey_rows(
    rows: Sequence[int], width: int, new_width: int, new_height: int
) -> list[Sequence[int]]:
    """Return darkness by new dot: the area of black under it, of ``width * len(rows)``."""
    height = len(rows)
    grey = [[0] * new_width for _ in range(new_height)]
    for number, row in enumerate(rows):
        across = _across(row, width, new_width)
        # In units where an old row is new_height high and a new one height.
        start, end = number * new_height, (number + 1) * new_height
        for target in range(start // height, -(-end // height)):
            share = min(end, (target + 1) * height) - max(start, target * height)
            line = grey[target]
            for place, black in enumerate(across):
                line[place] += black * share
    return list(grey)


def _across(row: int, width: int, new_width: int) -> list[int]:
    """Return black under each new dot of one row, of ``width``."""
    # before[x] is the black of the first x old dots, each new_width wide in these units.
    before = [0] * (width + 2)
    for place in range(width):
        before[place + 1] = before[place] + (row >> width - 1 - place & 1) * new_width
    before[width + 1] = before[width]
    ends = []
    for place in range(new_width + 1):
        whole, part = divmod(place * width, new_width)
        ends.append(before[whole] + (before[whole + 1] - before[whole]) // new_width * part)
    return [ends[place + 1] - ends[place] for place in range(new_width)]
