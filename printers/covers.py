"""Covers of coming titles on the paper: two in a row, a caption below each.

On slow lines all four stand small in one row and their captions in lines below it. A picture may be
missing, its caption never: then it stands as a line of its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from printers.wrap import balanced, wrap

if TYPE_CHECKING:
    from collections.abc import Sequence

    from printers.document import Cover
    from printers.picture import Picture

GAP_DOTS: Final = 16
"""White between two covers, and below a row of them."""
IN_ROW: Final = (2, 4)
"""How many stand side by side; a cover is made ready for both."""
_LINES_MAX: Final = 2  # of a title, and of its info: a long title must not push the others away


def cell_dots(page_dots: int, *, in_row: int = 2) -> int:
    """Return the width of a cover; ``in_row`` of them stand side by side, 2 or 4."""
    return (page_dots - (in_row - 1) * GAP_DOTS) // in_row


def tallest(width_dots: int) -> int:
    """Return how many rows a cover may have in a cell so wide; a taller one is made narrower."""
    return width_dots * 3 // 2


def within(pictures: Sequence[Picture], width_dots: int) -> Picture | None:
    """Return a cover no wider than its cell; None if there is none, or it is longer than a page.

    One that was made ready for this cell is taken as it is. Another is made smaller, never larger:
    its dots would only look coarse.

    Args:
        pictures: of one file.
        width_dots: of the cell.
    """
    for one in pictures:
        size = (one.width_dots, len(one.rows))
        fits = one.width_dots <= width_dots and len(one.rows) <= tallest(width_dots)
        if fits and (width_dots in size or tallest(width_dots) in size):
            return one
    larger = [one for one in pictures if one.width_dots >= width_dots]
    nearest = min(larger, key=_width, default=max(pictures, key=_width, default=None))
    return nearest and nearest.scaled_to(min(width_dots, nearest.width_dots))


def _width(picture: Picture) -> int:
    return picture.width_dots


class Caption(NamedTuple):
    """The lines below a cover: of its title, and of when and for how much."""

    title: list[str]
    info: list[str]


def caption(cover: Cover, *, columns: int, info_columns: int) -> Caption:
    """Return the lines below a cover, none longer than asked."""
    title = _cut(balanced(cover.title, columns=columns), columns)
    info = _cut(balanced(cover.info, columns=info_columns), info_columns) if cover.info else []
    return Caption(title, info)


def listed(cover: Cover, *, columns: int) -> list[str]:
    """Return a cover as text: the title on the left, the info on the right.

    >>> from printers.document import Cover
    >>> listed(Cover(title="Das Boot", info="ab 24.12."), columns=20)
    ['Das Boot   ab 24.12.']
    """
    if not cover.info:
        return wrap(cover.title, columns=columns)
    if len(cover.title) + len(cover.info) < columns:
        return [cover.title + cover.info.rjust(columns - len(cover.title))]
    info = [line.rjust(columns) for line in wrap(cover.info, columns=columns)]
    return [*wrap(cover.title, columns=columns), *info]


def beside(cells: Sequence[Sequence[int]], *, page_dots: int, in_row: int = 2) -> list[int]:
    """Return the rows of cells side by side; fewer than a row holds stand in the middle.

    Args:
        cells: rows of each, as wide as ``cell_dots``, the leftmost dot in the highest bit.
        page_dots: width of the paper.
        in_row: how many have room, 2 or 4.
    """
    wide = cell_dots(page_dots, in_row=in_row)
    used = len(cells) * (wide + GAP_DOTS) - GAP_DOTS
    spare = (page_dots - used) // 2
    rows = [0] * max(len(cell) for cell in cells)
    for number, cell in enumerate(cells):
        shift = page_dots - spare - wide - number * (wide + GAP_DOTS)
        for index, row in enumerate(cell):
            rows[index] |= row << shift
    return rows


def _cut(lines: list[str], columns: int) -> list[str]:
    if len(lines) <= _LINES_MAX:
        return lines
    last = lines[_LINES_MAX - 1]
    return [*lines[: _LINES_MAX - 1], last[: columns - 1] + "…"]
