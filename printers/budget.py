"""How long a document may take on its line, and what is left out when it takes longer (P19).

Decoration goes first: covers small in one row, then only their captions, then the logo. What makes
a voucher a voucher is on every rung, so the last one prints however slow the line is.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final

from printers.document import CoversBlock, ImageBlock

if TYPE_CHECKING:
    from printers.document import Document

BUDGET_S: Final = 20
_WIRE_BITS: Final = 10  # a byte on a serial line: start bit, eight bits, stop bit
# Inferred, not measured on printers: what USB and network printers take in a second.
_FAST_BYTES_A_SECOND: Final = 200_000


class Rung(StrEnum):
    """How a document is printed, from all of it to the least."""

    FULL = "2x2"
    STRIP = "4x1"
    CAPTIONS = "captions"
    BARE = "no_logo"


def rungs(document: Document) -> list[Rung]:
    """Return the rungs that differ for this document, the richest first."""
    covers = any(
        cover.asset is not None
        for block in document.blocks
        if isinstance(block, CoversBlock)
        for cover in block.items
    )
    images = any(isinstance(block, ImageBlock) for block in document.blocks)
    return (
        [Rung.FULL]
        + ([Rung.STRIP, Rung.CAPTIONS] if covers else [])
        + ([Rung.BARE] if images else [])
    )


def wire_ms(byte_count: int, baud: int | None) -> int:
    """Return how long bytes are under way, in milliseconds, rounded up.

    Args:
        byte_count: of the job.
        baud: of a serial line; None = USB or network.

    >>> wire_ms(19_200, 9600), wire_ms(62_056, 115_200), wire_ms(50_000, None)
    (20000, 5387, 250)
    """
    bytes_a_second = baud // _WIRE_BITS if baud else _FAST_BYTES_A_SECOND
    return -(-byte_count * 1000 // bytes_a_second)
