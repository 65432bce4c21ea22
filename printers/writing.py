"""How a document is written, whatever it is written with: its marks on top, then block by block."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Protocol

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

if TYPE_CHECKING:
    from collections.abc import Mapping

    from printers.document import Align, Document


class Writer(Protocol):
    """Puts blocks on paper from above; ``where`` names the block in errors.

    Raises:
        DocumentInvalid: a block does not fit.
    """

    def text(self, value: str, *, align: Align, size: int, bold: bool, inverse: bool) -> None:
        """Write lines of text."""

    def cells(self, block: ColumnsBlock, where: str) -> None:
        """Write cells side by side."""

    def image(self, block: ImageBlock, pictures: Mapping[str, bytes]) -> None:
        """Write a picture; a missing one is noted."""

    def covers(self, block: CoversBlock, pictures: Mapping[str, bytes]) -> None:
        """Write covers with their captions."""

    def code(self, block: CodeBlock, copied: str, where: str) -> None:
        """Write a code, under it the line of a copy."""

    def rule(self, style: Literal["solid", "dashed", "scissors"]) -> None:
        """Write a line across the paper."""

    def feed(self, rows: int) -> None:
        """Leave dot rows white."""

    def cut(self, mode: Literal["full", "partial"]) -> None:
        """Cut, unless nothing was written since the last cut."""


def write_document(document: Document, pictures: Mapping[str, bytes], writer: Writer) -> None:
    """Write a whole document and cut behind it.

    Args:
        document: a checked document.
        pictures: PBM files by SHA-256.
        writer: gets every block once, in order.
    """
    copied = copy_line(document)
    for bar in bars(document):
        writer.text(bar, align="center", size=2, bold=True, inverse=True)
    for number, block in enumerate(document.blocks):
        where = f"blocks[{number}]"
        match block:
            case TextBlock():
                writer.text(
                    block.value,
                    align=block.align,
                    size=block.size,
                    bold=block.bold,
                    inverse=block.inverse,
                )
            case ColumnsBlock():
                writer.cells(block, where)
            case ImageBlock():
                writer.image(block, pictures)
            case CoversBlock():
                writer.covers(block, pictures)
            case CodeBlock():
                writer.code(block, copied, where)
            case RuleBlock():
                writer.rule(block.style)
            case FeedBlock():
                writer.feed(block.rows)
            case CutBlock():
                writer.cut(block.mode)
    writer.cut("partial")
