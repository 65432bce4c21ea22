"""A document becomes a page: pure, no clock, no disk; the same dots on every machine.

Laws of this file:
1. What cannot be printed is refused here, before a port opens.
2. Decoration (pictures) may be missing and is noted; everything else is printed or refused.
3. From the first copy on the copy mark stands on top and under each code, and TRAINING stands on
   top of what training prints; no document removes them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from printers.budget import Rung
from printers.codes import draw_code
from printers.covers import GAP_DOTS, beside, caption, cell_dots, listed, within
from printers.errors import DocumentInvalid, InvalidReason
from printers.glyphs import (
    BOX,
    HEIGHT_DOTS,
    SMALL_BOX,
    SMALL_HEIGHT_DOTS,
    SMALL_WIDTH_DOTS,
    WIDTH_DOTS,
    small_strike,
    strike,
)
from printers.limits import PAGE_DOTS, PAGE_ROWS_MAX
from printers.page import Cut, Page
from printers.picture import Picture, read_pbm, read_pbms
from printers.qr import readable
from printers.scrub import scrub
from printers.wrap import cell_widths, laid, wrap
from printers.writing import write_document

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from printers.codes import DrawnCode
    from printers.document import (
        Align,
        CodeBlock,
        ColumnsBlock,
        Cover,
        CoversBlock,
        Document,
        ImageBlock,
    )
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


def render(
    document: Document,
    pictures: Mapping[str, bytes],
    *,
    dots: int = PAGE_DOTS,
    rung: Rung = Rung.FULL,
) -> Page:
    """The page of a document, scrubbed of real-time commands, ending in a cut.

    Args:
        document: a checked document.
        pictures: PBM files by SHA-256; one that is missing or damaged is left out and noted.
        dots: width of the printer, a multiple of 8.
        rung: what is left out of it on a slow line.

    Raises:
        DocumentInvalid: ``page_too_long``, ``columns_too_wide`` or ``code_too_wide``.
    """
    try:
        return Sheet(dots, rung=rung).lay_out(document, pictures)
    except DocumentInvalid as error:
        if error.reason is not InvalidReason.PAGE_TOO_LONG or not pictures:
            raise
    # A picture that is too long must not cost the customer the voucher.
    return Sheet(dots).lay_out(document, {})


class Sheet:
    """The paper while it is written; rows are integers, the leftmost dot in the highest bit.

    Args:
        dots: its width, a multiple of 8.
        rung: what is left out.
    """

    def __init__(self, dots: int, *, rung: Rung = Rung.FULL) -> None:
        self._dots = dots
        self._columns = dots // WIDTH_DOTS
        self._rung = rung
        self._rows: list[int] = []
        self._cuts: list[Cut] = []
        self._codes: set[tuple[str, str]] = set()
        self.notes: dict[str, None] = {}

    def lay_out(self, document: Document, pictures: Mapping[str, bytes]) -> Page:
        """Return the page of a whole document."""
        write_document(document, pictures, self)
        return Page(
            width_dots=self._dots,
            data=self.data(),
            cuts=tuple(self._cuts),
            notes=tuple(self.notes),
        )

    def data(self) -> bytes:
        """Return the rows so far as packed bytes, scrubbed."""
        row_bytes = self._dots // 8
        return scrub(b"".join(row.to_bytes(row_bytes, "big") for row in self._rows))

    def _add(self, rows: list[int]) -> None:
        if len(self._rows) + len(rows) > PAGE_ROWS_MAX:
            raise DocumentInvalid(
                InvalidReason.PAGE_TOO_LONG, "", f"more than {PAGE_ROWS_MAX} dot rows"
            )
        self._rows.extend(rows)

    def feed(self, rows: int) -> None:
        """Leave dot rows white."""
        self._add([0] * rows)

    def cut(self, mode: CutMode) -> None:
        """Cut, unless nothing was written since the last cut."""
        # A cut without paper since the last one would only cut off a blank strip.
        if len(self._rows) > (self._cuts[-1].row if self._cuts else 0):
            self._cuts.append(Cut(row=len(self._rows), mode=mode))

    def _glyphs(self, line: str, *, bold: bool, small: bool = False) -> list[int]:
        """The rows of a line, as wide as its characters."""
        glyphs = small_strike(bold=bold) if small else strike(bold=bold)
        wide = SMALL_WIDTH_DOTS if small else WIDTH_DOTS
        rows = [0] * (SMALL_HEIGHT_DOTS if small else HEIGHT_DOTS)
        for character in line:
            glyph = glyphs.get(character)
            if glyph is None:
                self.notes[f"missing_glyph U+{ord(character):04X}"] = None
                glyph = SMALL_BOX if small else BOX
            rows = [row << wide | dots for row, dots in zip(rows, glyph, strict=True)]
        return rows

    def _placed(self, row: int, *, width_dots: int, align: Align, inside_dots: int) -> int:
        spare = inside_dots - width_dots
        left = {"left": 0, "center": spare // 2, "right": spare}[align]
        return row << spare - left

    def text(self, value: str, *, align: Align, size: int, bold: bool, inverse: bool) -> None:
        """Draw a paragraph."""
        full = (1 << self._dots) - 1
        lines = laid(value, columns=self._columns, size=size, align=align, inverse=inverse)
        if inverse:
            self._add([full] * BAR_ROWS)
        for line in lines:
            rows = self._glyphs(line, bold=bold)
            if size == 2:
                rows = doubled(rows, width_dots=len(line) * WIDTH_DOTS)
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

    def cells(self, block: ColumnsBlock, where: str) -> None:
        """Draw cells side by side."""
        widths = cell_widths(block, columns=self._columns, where=where)
        wrapped = [
            wrap(cell.value, columns=width) for cell, width in zip(block.cells, widths, strict=True)
        ]
        for number in range(max(len(lines) for lines in wrapped)):
            rows = [0] * HEIGHT_DOTS
            for cell, lines, width in zip(block.cells, wrapped, widths, strict=True):
                line = lines[number] if number < len(lines) else ""
                inside_dots = width * WIDTH_DOTS
                for index, row in enumerate(self._glyphs(line, bold=block.bold)):
                    placed = self._placed(
                        row,
                        width_dots=len(line) * WIDTH_DOTS,
                        align=cell.align,
                        inside_dots=inside_dots,
                    )
                    rows[index] = rows[index] << inside_dots | placed
            spare = self._dots - sum(widths) * WIDTH_DOTS
            self._add([row << spare for row in rows] + [0] * LEADING_ROWS)

    def picture(self, picture: Picture, align: Align) -> None:
        """Draw a picture that is no wider than the paper."""
        self._add(
            [
                self._placed(
                    row, width_dots=picture.width_dots, align=align, inside_dots=self._dots
                )
                for row in picture.rows
            ]
        )

    def image(self, block: ImageBlock, pictures: Mapping[str, bytes]) -> None:
        """Draw a picture; a missing one is noted."""
        picture = self.fitted(block, pictures)
        if picture is not None:
            self.picture(picture, block.align)

    def fitted(self, block: ImageBlock, pictures: Mapping[str, bytes]) -> Picture | None:
        """Return the picture of a block at its width, if it is there and the line has time."""
        if self._rung is Rung.BARE:
            return None
        file = pictures.get(block.asset)
        picture = None if file is None else read_pbm(file)
        if picture is not None:
            picture = picture.scaled_to(
                max(1, self._dots * block.width_percent // 100), line_art=True
            )
        if picture is None:
            self.notes[f"missing_picture {block.asset}"] = None
        return picture

    def shown(
        self, block: CoversBlock, pictures: Mapping[str, bytes]
    ) -> tuple[list[tuple[Cover, Picture]], list[Cover]]:
        """Return the covers whose picture is printed, and those of which only the words are."""
        in_row = 4 if self._rung is Rung.STRIP else 2
        if self._rung in {Rung.CAPTIONS, Rung.BARE}:
            return [], list(block.items)
        found: list[tuple[Cover, Picture]] = []
        bare: list[Cover] = []
        for cover in block.items:
            file = None if cover.asset is None else pictures.get(cover.asset)
            wide = cell_dots(self._dots, in_row=in_row)
            fitting = None if file is None else within(read_pbms(file), wide)
            if fitting is not None:
                found.append((cover, fitting))
                continue
            bare.append(cover)
            if cover.asset is not None:
                self.notes[f"missing_picture {cover.asset}"] = None
        return found, bare

    def row_of_covers(self, pair: Sequence[tuple[Cover, Picture]], *, captions: bool) -> None:
        """Draw one or two covers side by side, with their captions or without."""
        height = max(len(picture.rows) for _, picture in pair)
        cells = [
            self._cover(cover if captions else None, picture, height, in_row=2)
            for cover, picture in pair
        ]
        self._add(beside(cells, page_dots=self._dots))

    def strip_of_covers(self, shown: Sequence[tuple[Cover, Picture]]) -> None:
        """Draw up to four covers small in one row."""
        height = max(len(picture.rows) for _, picture in shown)
        cells = [self._cover(None, picture, height, in_row=4) for _, picture in shown]
        self._add(beside(cells, page_dots=self._dots, in_row=4))

    def covers(self, block: CoversBlock, pictures: Mapping[str, bytes]) -> None:
        """Draw covers with their captions; one without picture is a line of text."""
        shown, bare = self.shown(block, pictures)
        if shown and self._rung is Rung.STRIP:
            self.strip_of_covers(shown)
            self._add([0] * (GAP_DOTS // 2))
            bare = list(block.items)
        else:
            for start in range(0, len(shown), 2):
                self.row_of_covers(shown[start : start + 2], captions=True)
                self._add([0] * GAP_DOTS)
        for cover in bare:
            for line in listed(cover, columns=self._columns):
                self.text(line, align="left", size=1, bold=False, inverse=False)

    def _cover(
        self, cover: Cover | None, picture: Picture, height: int, *, in_row: int
    ) -> list[int]:
        """The rows of a cover: pictures of a row stand on one line, their captions below."""
        wide = cell_dots(self._dots, in_row=in_row)
        rows = [0] * (height - len(picture.rows))
        rows += [
            self._placed(row, width_dots=picture.width_dots, align="center", inside_dots=wide)
            for row in picture.rows
        ]
        if cover is None:
            return rows
        rows += [0] * LEADING_ROWS
        words = caption(cover, columns=wide // WIDTH_DOTS, info_columns=wide // SMALL_WIDTH_DOTS)
        for lines, small in ((words.title, False), (words.info, True)):
            for line in lines:
                dots = len(line) * (SMALL_WIDTH_DOTS if small else WIDTH_DOTS)
                rows += [
                    self._placed(row, width_dots=dots, align="center", inside_dots=wide)
                    for row in self._glyphs(line, bold=True, small=small)
                ]
                rows += [0] * LEADING_ROWS
        return rows

    def place_code(self, block: CodeBlock, where: str) -> DrawnCode | None:
        """Return a code as it fits; None if the page has the same one already."""
        code = draw_code(block.content, block.symbology, page_dots=self._dots, where=where)
        if block.symbology not in {"auto", code.symbology}:
            self.notes[f"code_fell {block.symbology} {code.symbology}"] = None
        # A line code that fell to QR beside the QR code of the same content says nothing new.
        twice = (code.symbology, block.content) in self._codes
        self._codes.add((code.symbology, block.content))
        return None if twice else code

    def code(self, block: CodeBlock, copied: str, where: str) -> None:
        """Draw a code, its readable line, and the line of a copy."""
        code = self.place_code(block, where)
        if code is None:
            return
        if code.symbology != "qr":
            self._add([0] * LEADING_ROWS)
        self.picture(code.picture, "center")
        if code.symbology != "qr":
            self._add([0] * LEADING_ROWS)
        for line, bold in (
            (readable(block.content) if block.readable else "", True),
            (copied, False),
        ):
            if line:
                self.text(line, align="center", size=1, bold=bold, inverse=False)

    def rule(self, style: Literal["solid", "dashed", "scissors"]) -> None:
        """Draw a line across the paper."""
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


def doubled(rows: Sequence[int], *, width_dots: int) -> list[int]:
    """Letters of twice the size, their steps smoothed: each dot becomes four.

    A corner of the four takes the colour of its two neighbours where they agree with each other and
    with nothing across (the rule known as Scale2x); straight edges stay straight.
    """
    full = (1 << width_dots) - 1
    made = []
    for number, row in enumerate(rows):
        above = rows[number - 1] if number else 0
        below = rows[number + 1] if number + 1 < len(rows) else 0
        left, right = row >> 1, row << 1 & full
        corners = [
            row ^ (~(left ^ above) & (left ^ below) & (above ^ right) & (above ^ row)),
            row ^ (~(above ^ right) & (above ^ left) & (right ^ below) & (right ^ row)),
            row ^ (~(below ^ left) & (below ^ right) & (left ^ above) & (left ^ row)),
            row ^ (~(right ^ below) & (right ^ above) & (below ^ left) & (below ^ row)),
        ]
        for pair in (corners[:2], corners[2:]):
            wide = 0
            for bit in range(width_dots):
                wide |= ((pair[0] >> bit & 1) << 1 | pair[1] >> bit & 1) << 2 * bit
            made.append(wide)
    return made
