"""Lines of text: broken at blanks, and inside a word only when it is longer than a line."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from printers.errors import DocumentInvalid, InvalidReason

if TYPE_CHECKING:
    from printers.document import Align, ColumnsBlock

_DOT: Final = "·"
# Also behind a blank that does not break.
_BETWEEN: Final = re.compile(f"[ \N{NO-BREAK SPACE}]{_DOT}$")
# Not behind "Dr." or "Nr.", and not behind "1.".
_SENTENCE_END: Final = re.compile(r"(?<=[^\W\d_]{4}[.!?]) (?=[^\W\d_])")


def wrap(text: str, *, columns: int) -> list[str]:
    """The lines of ``text``, each at most ``columns`` characters, 1 or more; at least one line.

    Only the ordinary blank breaks: "5,00 EUR" with a protected blank stays together.

    >>> wrap("Nur einmal einlösbar", columns=10)
    ['Nur einmal', 'einlösbar']
    >>> wrap("Donaudampfschiff fährt", columns=10)
    ['Donaudampf', 'schiff', 'fährt']

    A dot between two words has done its work where the line ends:

    >>> wrap("Filmpalast · Lindenplatz 4", columns=20)
    ['Filmpalast', 'Lindenplatz 4']
    """
    lines = []
    for paragraph in text.split("\n"):
        line = ""
        for word in paragraph.split(" "):
            rest = word
            if line and len(line) + 1 + len(rest) <= columns:
                line = f"{line} {rest}"
                continue
            if line:
                lines.append(_BETWEEN.sub("", line))
                if rest == _DOT:
                    line = ""
                    continue
            while len(rest) > columns:
                lines.append(rest[:columns])
                rest = rest[columns:]
            line = rest
        lines.append(line)
    return lines


def balanced(text: str, *, columns: int) -> list[str]:
    """The lines of ``wrap``, as many, but about equally long: no word stands alone below a line.

    >>> wrap("2 Filme, 2 Tage für 2,- EUR", columns=24)
    ['2 Filme, 2 Tage für 2,-', 'EUR']
    >>> balanced("2 Filme, 2 Tage für 2,- EUR", columns=24)
    ['2 Filme, 2 Tage', 'für 2,- EUR']

    A sentence begins its own line where that costs none:

    >>> balanced("Für einen Duft Ihrer Wahl. Nur einmal.", columns=32)
    ['Für einen Duft Ihrer Wahl.', 'Nur einmal.']
    """
    lines = _about_equal(text, columns=columns)
    by_sentence = _about_equal(_SENTENCE_END.sub("\n", text), columns=columns)
    return by_sentence if len(by_sentence) == len(lines) else lines


def _about_equal(text: str, *, columns: int) -> list[str]:
    found = []
    for paragraph in text.split("\n"):
        lines = wrap(paragraph, columns=columns)
        for narrower in range(columns - 1, 0, -1):
            tried = wrap(paragraph, columns=narrower)
            if len(tried) > len(lines):
                break
            lines = tried
        found += lines
    return found


def laid(text: str, *, columns: int, size: int, align: Align, inverse: bool) -> list[str]:
    """The lines of a block of text.

    In the middle they are ``balanced``. White on black they keep a letter's width from both edges,
    unless a word needs it.

    Args:
        text: of the block.
        columns: characters of a line at size 1.
        size: of the letters, 1 or 2.
        align: where the lines stand.
        inverse: white on black.

    >>> laid("Ein Stück Kuchen nach Wahl", columns=32, size=2, align="center", inverse=True)
    ['Ein Stück', 'Kuchen', 'nach Wahl']
    """
    inside = columns // size
    if inverse:
        longest = max(len(word) for word in re.split("[ \n]", text))
        inside = max((columns - 2) // size, min(longest, inside))
    lay = balanced if align == "center" else wrap
    return lay(text, columns=inside)


def cell_widths(block: ColumnsBlock, *, columns: int, where: str) -> list[int]:
    """The width of each cell in characters; those of width 0 share what is left of the line.

    Raises:
        DocumentInvalid: ``columns_too_wide`` at ``where``.
    """
    fixed = sum(cell.width for cell in block.cells)
    open_cells = [number for number, cell in enumerate(block.cells) if not cell.width]
    left = columns - fixed
    if left < len(open_cells):
        raise DocumentInvalid(
            InvalidReason.COLUMNS_TOO_WIDE,
            where,
            f"{fixed + len(open_cells)} characters side by side, at most {columns} fit",
        )
    widths = [cell.width for cell in block.cells]
    for place, number in enumerate(open_cells):
        share, more = divmod(left, len(open_cells))
        widths[number] = share + (place < more)
    return widths
