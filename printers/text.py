"""A document as plain lines, for hosts whose driver has its own letters (printing.md P5).

Laws of this file:
1. Whatever the paper needs to be redeemed stands in the lines: the readable form of each code, too.
2. Pictures are left out and noted; the host draws the codes itself.
3. Copy mark and TRAINING stand where they stand on the drawn page.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from printers.covers import listed
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
from printers.marks import bars, copy_line
from printers.qr import readable
from printers.wrap import cell_widths, wrap

if TYPE_CHECKING:
    from printers.document import Align, Document

# A line of text is 28 dot rows high; what is less than half of it is no blank line.
_LINE_ROWS: Final = 28
_RULES: Final = {"solid": "-", "dashed": "- ", "scissors": "- "}
_SCISSORS: Final = "- 8< "


class Code(NamedTuple):
    """A code that the host draws; ``readable`` is what stands below it, empty for nothing."""

    symbology: str
    content: str
    readable: str


@dataclass(frozen=True, slots=True)
class TextPage:
    """Lines from top to bottom.

    Args:
        lines: at most as wide as asked, without blanks at their ends.
        notes: what is missing, for example ``missing_picture <sha256>``.
    """

    lines: tuple[str, ...]
    notes: tuple[str, ...]

    def text(self) -> str:
        """The lines as one text, each with its line feed."""
        return "".join(f"{line}\n" for line in self.lines)


def codes_of(document: Document) -> list[Code]:
    """The codes of a document in their order."""
    return [
        Code(
            "qr" if block.symbology == "auto" else block.symbology,
            block.content,
            readable(block.content) if block.readable else "",
        )
        for block in document.blocks
        if isinstance(block, CodeBlock)
    ]


def render_text(document: Document, *, columns: int) -> TextPage:
    """The document as lines of at most ``columns`` characters.

    Args:
        document: a checked document.
        columns: characters of a line, at least 8.

    Raises:
        DocumentInvalid: ``columns_too_wide``.
    """
    lines: list[str] = []
    notes: dict[str, None] = {}
    seen: set[str] = set()
    for bar in bars(document):
        lines += _placed(f"*** {bar} ***", "center", columns)
    for number, block in enumerate(document.blocks):
        match block:
            case TextBlock():
                lines += _placed(block.value, block.align, columns)
            case ColumnsBlock():
                lines += cell_lines(block, columns, f"blocks[{number}]")
            case ImageBlock():
                notes[f"missing_picture {block.asset}"] = None
            case CoversBlock():
                for cover in block.items:
                    lines += listed(cover, columns=columns)
                    if cover.asset is not None:
                        notes[f"missing_picture {cover.asset}"] = None
            case CodeBlock() if block.content in seen:
                pass  # a line code beside its QR code: the words stand there already
            case CodeBlock():
                seen.add(block.content)
                # Always readable: without a driver for codes it is the only way to redeem it.
                lines += _placed(readable(block.content), "center", columns)
                if document.copy_index:
                    lines += _placed(copy_line(document), "center", columns)
            case RuleBlock():
                pattern = _RULES[block.style]
                start = _SCISSORS if block.style == "scissors" else ""
                lines.append((start + pattern * columns)[:columns].rstrip())
            case FeedBlock():
                lines += [""] * ((block.rows + _LINE_ROWS // 2) // _LINE_ROWS)
            case CutBlock():
                lines.append("")
    # Blanks that kept words together have done so; a driver's letters may not have them.
    plain = (line.replace("\u00a0", " ") for line in lines)
    return TextPage(lines=tuple(plain), notes=tuple(notes))


def _placed(text: str, align: Align, columns: int) -> list[str]:
    return [_aligned(line, align, columns).rstrip() for line in wrap(text, columns=columns)]


def _aligned(line: str, align: Align, width: int) -> str:
    if align == "center":
        return (" " * ((width - len(line)) // 2) + line).ljust(width)
    return line.rjust(width) if align == "right" else line.ljust(width)


def cell_lines(block: ColumnsBlock, columns: int, where: str) -> list[str]:
    """Return the lines of cells side by side.

    Raises:
        DocumentInvalid: ``columns_too_wide`` at ``where``.
    """
    widths = cell_widths(block, columns=columns, where=where)
    wrapped = [
        wrap(cell.value, columns=width) for cell, width in zip(block.cells, widths, strict=True)
    ]
    lines = []
    for number in range(max(len(inside) for inside in wrapped)):
        line = ""
        for cell, inside, width in zip(block.cells, wrapped, widths, strict=True):
            part = inside[number] if number < len(inside) else ""
            line += _aligned(part, cell.align, width)
        lines.append(line.rstrip())
    return lines
