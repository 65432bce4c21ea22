"""A document in the printer's own letters and codes; pictures alone go as dots.

Laws of this file:
1. Text is code page 858 or it is drawn: no letter is replaced by another.
2. Digits in pairs (Code 128, set C) and codes the profile does not claim are drawn.
3. Pictures, and what falls away on a slow line, are those of :mod:`printers.render`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from printers.budget import Rung
from printers.codes import BAR_ROWS, needs_drawing
from printers.covers import GAP_DOTS, caption, cell_dots, listed
from printers.errors import DocumentInvalid, InvalidReason
from printers.glyphs import HEIGHT_DOTS, WIDTH_DOTS
from printers.limits import PAGE_ROWS_MAX
from printers.native_escpos import NativeBytes
from printers.qr import QUIET_MODULES, readable
from printers.raster import CUTS, NO_CUTTER_FEED_ROWS, strips
from printers.render import LEADING_ROWS, Sheet
from printers.scrub import scrub
from printers.text import cell_lines
from printers.wrap import laid
from printers.writing import write_document

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from printers.document import (
        Align,
        CodeBlock,
        ColumnsBlock,
        CoversBlock,
        Document,
        ImageBlock,
    )
    from printers.picture import Picture
    from printers.profiles import Profile

# How a printer moves on after a line of its letters: 3.75 mm, or the letter itself where larger.
_LINE_ROWS = 30


class NativePaper:
    """Writes a document once.

    Args:
        profile: of a printer with native text.
        dots: width of its paper.
        rung: what is left out.
        fragment_bytes: most bytes of dots in one command.
    """

    def __init__(self, profile: Profile, *, dots: int, rung: Rung, fragment_bytes: int) -> None:
        if profile.cp858_slot is None:
            raise ValueError("native text needs a slot of code page 858")
        self._profile = profile
        self._dots = dots
        self._columns = dots // WIDTH_DOTS
        self._rung = rung
        self._fragment_bytes = fragment_bytes
        self._bytes = NativeBytes(cp858_slot=profile.cp858_slot)
        self._page = Sheet(dots, rung=rung)  # remembers which codes stand on the paper, and notes
        self._rows = 0
        self._is_cut = True
        self.sizes: list[int] = []

    @property
    def data(self) -> bytes:
        """All bytes of the job."""
        return self._bytes.data

    @property
    def notes(self) -> tuple[str, ...]:
        """What the paper lacks."""
        return tuple(self._page.notes)

    def write(self, document: Document, pictures: Mapping[str, bytes]) -> None:
        """Write the whole document.

        Raises:
            DocumentInvalid: ``page_too_long``, ``columns_too_wide`` or ``code_too_wide``.
        """
        write_document(document, pictures, self)

    def _used(self, rows: int) -> None:
        self._rows += rows
        self._is_cut = self._is_cut and not rows
        if self._rows > PAGE_ROWS_MAX:
            raise DocumentInvalid(
                InvalidReason.PAGE_TOO_LONG, "", f"more than {PAGE_ROWS_MAX} dot rows"
            )

    def cut(self, mode: Literal["full", "partial"]) -> None:
        """Cut, unless nothing was written since the last cut."""
        if self._is_cut:
            return
        if self._profile.cut:
            self._bytes.raw(CUTS[mode if mode in self._profile.cut else self._profile.cut[0]])
        else:
            self._bytes.feed(NO_CUTTER_FEED_ROWS)
        self._is_cut = True

    def _dots_of(self, sheet: Sheet) -> None:
        """Send what was drawn on a sheet of the paper's width."""
        self._page.notes |= sheet.notes
        row_bytes = self._dots // 8
        data = sheet.data()
        # White above and below is fed, not sent.
        black = data.strip(b"\x00")
        above = (len(data) - len(data.lstrip(b"\x00"))) // row_bytes if black else 0
        below = (len(data) - len(data.rstrip(b"\x00"))) // row_bytes if black else 0
        self.feed(above)
        self._strips(data[above * row_bytes : len(data) - below * row_bytes], row_bytes)
        self.feed(below)

    def feed(self, rows: int) -> None:
        """Leave dot rows white."""
        self._bytes.feed(rows)
        self._used(rows)

    def _strips(self, data: bytes, row_bytes: int) -> None:
        for command, size in strips(data, row_bytes=row_bytes, fragment_bytes=self._fragment_bytes):
            self._bytes.raw(command)
            self.sizes.append(size)
        self._used(len(data) // row_bytes)

    def _picture(self, picture: Picture, align: Align) -> None:
        """Send a picture at its own width; the printer places it."""
        row_bytes = -(-picture.width_dots // 8)
        spare = 8 * row_bytes - picture.width_dots
        rows = b"".join((row << spare).to_bytes(row_bytes, "big") for row in picture.rows)
        self._bytes.align(align)
        self._strips(scrub(rows), row_bytes)

    def text(self, value: str, *, align: Align, size: int, bold: bool, inverse: bool) -> None:
        """Write lines in the printer's letters; what it has no letter for is drawn."""
        for line in laid(value, columns=self._columns, size=size, align=align, inverse=inverse):
            code_page = _cp858(line)
            if code_page is None:
                sheet = Sheet(self._dots)
                sheet.text(line, align=align, size=size, bold=bold, inverse=inverse)
                self._dots_of(sheet)
                continue
            if inverse:
                # Blanks to both edges make it a bar, not a patch behind the words.
                code_page = _cp858(_aligned(line, align, self._columns // size)) or code_page
            self._bytes.line(
                code_page,
                align="center" if inverse else align,
                size=size,
                bold=bold,
                inverse=inverse,
            )
            self._used(max(_LINE_ROWS, size * HEIGHT_DOTS))

    def _lines(self, lines: Sequence[str], *, bold: bool) -> None:
        """Send lines that have their blanks already."""
        for line in lines:
            self.text(line, align="left", size=1, bold=bold, inverse=False)

    def cells(self, block: ColumnsBlock, where: str) -> None:
        """Write cells side by side."""
        lines = cell_lines(block, self._columns, where)
        if all(_cp858(line) is not None for line in lines):
            for line in lines:
                self._bytes.line(
                    _cp858(line) or b"", align="left", size=1, bold=block.bold, inverse=False
                )
                self._used(_LINE_ROWS)
            return
        sheet = Sheet(self._dots)
        sheet.cells(block, where)
        self._dots_of(sheet)

    def image(self, block: ImageBlock, pictures: Mapping[str, bytes]) -> None:
        """Send a picture; a missing one is noted."""
        picture = self._page.fitted(block, pictures)
        if picture is not None:
            self._picture(picture, block.align)

    def covers(self, block: CoversBlock, pictures: Mapping[str, bytes]) -> None:
        """Send covers with their captions; one without picture is a line of text."""
        shown, bare = self._page.shown(block, pictures)
        if shown and self._rung is Rung.STRIP:
            sheet = Sheet(self._dots)
            sheet.strip_of_covers(shown)
            self._dots_of(sheet)
            self.feed(GAP_DOTS // 2)
            bare = list(block.items)
        else:
            for start in range(0, len(shown), 2):
                pair = shown[start : start + 2]
                sheet = Sheet(self._dots)
                sheet.row_of_covers(pair, captions=False)
                self._dots_of(sheet)
                self._captions([cover for cover, _ in pair])
                self.feed(GAP_DOTS)
        for cover in bare:
            for line in listed(cover, columns=self._columns):
                self.text(line, align="left", size=1, bold=False, inverse=False)

    def _captions(self, covers: Sequence[CoversBlock | object]) -> None:
        wide = cell_dots(self._dots) // WIDTH_DOTS
        words = [caption(cover, columns=wide, info_columns=wide) for cover in covers]  # type: ignore[arg-type]
        self.feed(LEADING_ROWS)
        gap = " " * (self._columns - 2 * wide)
        for columns, bold in (
            ([one.title for one in words], True),
            ([w.info for w in words], False),
        ):
            for number in range(max(len(lines) for lines in columns)):
                line = gap.join(
                    _aligned(lines[number] if number < len(lines) else "", "center", wide)
                    for lines in columns
                )
                self.text(line, align="center", size=1, bold=bold, inverse=False)

    def code(self, block: CodeBlock, copied: str, where: str) -> None:
        """Send a code, its readable line, and the line of a copy."""
        code = self._page.place_code(block, where)
        if code is None:
            return
        symbology = code.symbology
        if symbology not in self._profile.codes or needs_drawing(block.content, symbology):
            self._picture(code.picture, "center")
        elif symbology == "qr":
            # The printer draws no quiet zone; what stands above and below has to keep off.
            quiet = QUIET_MODULES * code.module_dots
            self._bytes.feed(quiet)
            self._bytes.qr(block.content, module_dots=code.module_dots)
            self._bytes.feed(quiet)
            self._used(len(code.picture.rows))
        else:
            self._bytes.bars(block.content, symbology, module_dots=code.module_dots, rows=BAR_ROWS)
            self._used(BAR_ROWS)
        if symbology != "qr":
            self.feed(LEADING_ROWS)
        for line, bold in (
            (readable(block.content) if block.readable else "", True),
            (copied, False),
        ):
            if line:
                self.text(line, align="center", size=1, bold=bold, inverse=False)

    def rule(self, style: Literal["solid", "dashed", "scissors"]) -> None:
        """Send a line across the paper."""
        if style == "scissors":
            sheet = Sheet(self._dots)
            sheet.rule(style)
            self._dots_of(sheet)
            return
        line = "─" * self._columns if style == "solid" else ("- " * self._columns)[: self._columns]
        self.text(line.rstrip(), align="center", size=1, bold=False, inverse=False)


def _cp858(line: str) -> bytes | None:
    """The line in code page 858; None if it has other characters."""
    try:
        return line.translate(_ALIKE).encode("cp858")
    except UnicodeEncodeError:
        return None


# Blanks and hyphens that look the same on paper.
_ALIKE = str.maketrans({"\u202f": " ", "\u2009": " ", "\u2007": " ", "\u2010": "-", "\u2011": "-"})


def _aligned(line: str, align: Align, width: int) -> str:
    if align == "center":
        return line.center(width)
    return line.rjust(width) if align == "right" else line.ljust(width)
