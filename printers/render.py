"""A document becomes a page: pure, no clock, no disk; the same dots on every machine.

Laws of this file:
1. What cannot be printed is refused here, before a port opens.
2. Decoration (pictures) may be missing and is noted; everything else is printed or refused.
3. From the first copy on the copy mark stands on top and under each code, and TRAINING stands on
   top of what training prints; no document removes them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from printers.covers import GAP_DOTS, beside, caption, cell_dots, listed, within
from printers.document import (
    CodeBlock,
    ColumnsBlock,
    CoversBlock,
    CutBlock,
    FeedBlock,
    ImageBlock,
    RuleBlock,
    TextBlock,
)
from printers.errors import DocumentInvalid, InvalidReason
from printers.glyphs import BOX, HEIGHT_DOTS, WIDTH_DOTS, strike
from printers.limits import PAGE_DOTS, PAGE_ROWS_MAX
from printers.marks import bars, copy_line
from printers.page import Cut, Page
from printers.picture import Picture, read_pbm
from printers.qr import draw_qr, readable
from printers.scrub import scrub
from printers.wrap import balanced, wrap

if TYPE_CHECKING:
    from collections.abc import Mapping

    from printers.document import Align, Cover, Document
    from printers.page import CutMode

# White rows below a line of text: the strike already holds 4 above its capitals.
LEADING_ROWS: Final = 4
# Black rows above and below the letters of an inverse line.
BAR_ROWS: Final = 6
RULE_ROWS: Final = 24
RULE_THICKNESS: Final = 3
DASH_DOTS: Final = 8

# An open pair of scissors pointing right, 24 x 15 dots; drawn for this product.
_SCISSORS: Final = (
    0b001111000000000000000000,
    0b011001100000000000000011,
    0b110000110000000000001111,
    0b110000110000000000111100,
    0b011001111000000011110000,
    0b001111111110001111000000,
    0b000000001111111100000000,
    0b000000000011111000000000,
    0b000000001111111100000000,
    0b001111111110001111000000,
    0b011001111000000011110000,
    0b110000110000000000111100,
    0b110000110000000000001111,
    0b011001100000000000000011,
    0b001111000000000000000000,
)
_SCISSORS_DOTS: Final = 24


def render(document: Document, pictures: Mapping[str, bytes], *, dots: int = PAGE_DOTS) -> Page:
    """The page of a document, scrubbed of real-time commands, ending in a cut.

    Args:
        document: a checked document.
        pictures: PBM files by SHA-256; one that is missing or damaged is left out and noted.
        dots: width of the printer, a multiple of 8.

    Raises:
        DocumentInvalid: ``page_too_long``, ``columns_too_wide`` or ``code_too_wide``.
    """
    try:
        return _Sheet(dots).lay_out(document, pictures)
    except DocumentInvalid as error:
        if error.reason is not InvalidReason.PAGE_TOO_LONG or not pictures:
            raise
    # A picture that is too long must not cost the customer the voucher.
    return _Sheet(dots).lay_out(document, {})


class _Sheet:
    """The paper while it is written; rows are integers, the leftmost dot in the highest bit."""

    def __init__(self, dots: int) -> None:
        self._dots = dots
        self._columns = dots // WIDTH_DOTS
        self._rows: list[int] = []
        self._cuts: list[Cut] = []
        self._notes: dict[str, None] = {}

    def lay_out(self, document: Document, pictures: Mapping[str, bytes]) -> Page:
        copied = copy_line(document)
        for bar in bars(document):
            self._text(bar, align="center", size=2, bold=True, inverse=True)
        for number, block in enumerate(document.blocks):
            where = f"blocks[{number}]"
            match block:
                case TextBlock():
                    self._text(
                        block.value,
                        align=block.align,
                        size=block.size,
                        bold=block.bold,
                        inverse=block.inverse,
                    )
                case ColumnsBlock():
                    self._cells(block, where)
                case ImageBlock():
                    self._image(block, pictures)
                case CoversBlock():
                    self._covers(block, pictures)
                case CodeBlock():
                    self._code(block, copied, where)
                case RuleBlock():
                    self._rule(block.style)
                case FeedBlock():
                    self._add([0] * block.rows)
                case CutBlock():
                    self._cut(block.mode)
        self._cut("partial")
        row_bytes = self._dots // 8
        return Page(
            width_dots=self._dots,
            data=scrub(b"".join(row.to_bytes(row_bytes, "big") for row in self._rows)),
            cuts=tuple(self._cuts),
            notes=tuple(self._notes),
        )

    def _add(self, rows: list[int]) -> None:
        if len(self._rows) + len(rows) > PAGE_ROWS_MAX:
            raise DocumentInvalid(
                InvalidReason.PAGE_TOO_LONG, "", f"more than {PAGE_ROWS_MAX} dot rows"
            )
        self._rows.extend(rows)

    def _cut(self, mode: CutMode) -> None:
        # A cut without paper since the last one would only cut off a blank strip.
        if len(self._rows) > (self._cuts[-1].row if self._cuts else 0):
            self._cuts.append(Cut(row=len(self._rows), mode=mode))

    def _glyphs(self, line: str, *, bold: bool) -> list[int]:
        """24 rows of a line, as wide as its characters."""
        glyphs = strike(bold=bold)
        rows = [0] * HEIGHT_DOTS
        for character in line:
            glyph = glyphs.get(character)
            if glyph is None:
                self._notes[f"missing_glyph U+{ord(character):04X}"] = None
                glyph = BOX
            rows = [row << WIDTH_DOTS | dots for row, dots in zip(rows, glyph, strict=True)]
        return rows

    def _placed(self, row: int, *, width_dots: int, align: Align, inside_dots: int) -> int:
        spare = inside_dots - width_dots
        left = {"left": 0, "center": spare // 2, "right": spare}[align]
        return row << spare - left

    def _text(self, value: str, *, align: Align, size: int, bold: bool, inverse: bool) -> None:
        full = (1 << self._dots) - 1
        # Big words in the middle are a headline.
        lay = balanced if size == 2 and align == "center" else wrap
        lines = lay(value, columns=self._columns // size)
        if inverse:
            self._add([full] * BAR_ROWS)
        for line in lines:
            rows = self._glyphs(line, bold=bold)
            if size == 2:
                wide = len(line) * WIDTH_DOTS
                rows = [doubled for row in rows for doubled in [_doubled(row, wide)] * 2]
            placed = [
                self._placed(
                    row,
                    width_dots=len(line) * WIDTH_DOTS * size,
                    align=align,
                    inside_dots=self._dots,
                )
                for row in rows
            ]
            # Between two inverse lines the leading is black, too: one bar, not stripes.
            self._add([full ^ row for row in placed] if inverse else placed)
            if not inverse:
                self._add([0] * LEADING_ROWS)
        if inverse:
            self._add([full] * BAR_ROWS)
            self._add([0] * LEADING_ROWS)

    def _cells(self, block: ColumnsBlock, where: str) -> None:
        columns = sum(cell.width for cell in block.cells)
        if columns > self._columns:
            raise DocumentInvalid(
                InvalidReason.COLUMNS_TOO_WIDE,
                where,
                f"{columns} characters side by side, at most {self._columns} fit",
            )
        wrapped = [wrap(cell.value, columns=cell.width) for cell in block.cells]
        for number in range(max(len(lines) for lines in wrapped)):
            rows = [0] * HEIGHT_DOTS
            for cell, lines in zip(block.cells, wrapped, strict=True):
                line = lines[number] if number < len(lines) else ""
                inside_dots = cell.width * WIDTH_DOTS
                for index, row in enumerate(self._glyphs(line, bold=block.bold)):
                    placed = self._placed(
                        row,
                        width_dots=len(line) * WIDTH_DOTS,
                        align=cell.align,
                        inside_dots=inside_dots,
                    )
                    rows[index] = rows[index] << inside_dots | placed
            spare = self._dots - columns * WIDTH_DOTS
            self._add([row << spare for row in rows] + [0] * LEADING_ROWS)

    def _picture(self, picture: Picture, align: Align) -> None:
        self._add(
            [
                self._placed(
                    row, width_dots=picture.width_dots, align=align, inside_dots=self._dots
                )
                for row in picture.rows
            ]
        )

    def _image(self, block: ImageBlock, pictures: Mapping[str, bytes]) -> None:
        file = pictures.get(block.asset)
        picture = None if file is None else read_pbm(file)
        if picture is not None:
            picture = picture.scaled_to(max(1, self._dots * block.width_percent // 100))
        if picture is None:
            self._notes[f"missing_picture {block.asset}"] = None
        else:
            self._picture(picture, block.align)

    def _covers(self, block: CoversBlock, pictures: Mapping[str, bytes]) -> None:
        shown: list[tuple[Cover, Picture]] = []
        bare: list[Cover] = []
        for cover in block.items:
            file = None if cover.asset is None else pictures.get(cover.asset)
            picture = None if file is None else read_pbm(file)
            fitting = None if picture is None else within(picture, cell_dots(self._dots))
            if fitting is not None:
                shown.append((cover, fitting))
                continue
            bare.append(cover)
            if cover.asset is not None:
                self._notes[f"missing_picture {cover.asset}"] = None
        for start in range(0, len(shown), 2):
            pair = shown[start : start + 2]
            height = max(len(picture.rows) for _, picture in pair)
            cells = [self._cover(cover, picture, height) for cover, picture in pair]
            self._add(beside(cells, page_dots=self._dots))
            self._add([0] * GAP_DOTS)
        for cover in bare:
            for line in listed(cover, columns=self._columns):
                self._text(line, align="left", size=1, bold=False, inverse=False)

    def _cover(self, cover: Cover, picture: Picture, height: int) -> list[int]:
        """The rows of a cover: pictures of a row stand on one line, their captions below."""
        wide = cell_dots(self._dots)
        rows = [0] * (height - len(picture.rows))
        rows += [
            self._placed(row, width_dots=picture.width_dots, align="center", inside_dots=wide)
            for row in picture.rows
        ]
        rows += [0] * LEADING_ROWS
        for line, bold in caption(cover, columns=wide // WIDTH_DOTS):
            rows += [
                self._placed(
                    row, width_dots=len(line) * WIDTH_DOTS, align="center", inside_dots=wide
                )
                for row in self._glyphs(line, bold=bold)
            ]
            rows += [0] * LEADING_ROWS
        return rows

    def _code(self, block: CodeBlock, copied: str, where: str) -> None:
        code = draw_qr(block.content, page_dots=self._dots, where=where)
        self._picture(code, "center")
        for line, bold in (
            (readable(block.content) if block.readable else "", True),
            (copied, False),
        ):
            if line:
                self._text(line, align="center", size=1, bold=bold, inverse=False)

    def _rule(self, style: Literal["solid", "dashed", "scissors"]) -> None:
        rows = [0] * RULE_ROWS
        top = (RULE_ROWS - RULE_THICKNESS) // 2
        if style == "solid":
            line = (1 << self._dots) - 1
        else:
            dash = (1 << DASH_DOTS) - 1
            line = 0
            for _ in range(self._dots // (2 * DASH_DOTS)):
                line = line << 2 * DASH_DOTS | dash << DASH_DOTS // 2
        for row in range(top, top + RULE_THICKNESS):
            rows[row] = line
        if style == "scissors":
            # The scissors stand two dashes in, on white.
            shift = self._dots - _SCISSORS_DOTS - 4 * DASH_DOTS
            clear = ~(((1 << _SCISSORS_DOTS + DASH_DOTS) - 1) << shift - DASH_DOTS // 2)
            start = (RULE_ROWS - len(_SCISSORS)) // 2
            for row, dots in enumerate(_SCISSORS, start):
                rows[row] = rows[row] & clear | dots << shift
        self._add(rows)


def _doubled(row: int, width_dots: int) -> int:
    """Each dot of a row twice as wide."""
    doubled = 0
    for bit in range(width_dots):
        doubled |= (row >> bit & 1) * 3 << 2 * bit
    return doubled
