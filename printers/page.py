"""The page: one bitmap, 1 bit a dot, as it will lie on paper."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import Literal

CutMode = Literal["full", "partial"]


@dataclass(frozen=True, slots=True)
class Cut:
    """The paper is cut below dot row ``row`` (so many rows are above it)."""

    row: int
    mode: CutMode


@dataclass(frozen=True, slots=True)
class Page:
    """Packed dot rows, the leftmost dot in the highest bit, 1 is black.

    Args:
        width_dots: a multiple of 8.
        data: ``width_dots // 8`` bytes a row.
        cuts: from top to bottom; the last one is the end of the page.
        notes: what is missing on it, for example ``missing_picture <sha256>``.
    """

    width_dots: int
    data: bytes
    cuts: tuple[Cut, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def row_bytes(self) -> int:
        """Bytes of one dot row."""
        return self.width_dots // 8

    @property
    def height_dots(self) -> int:
        """Dot rows of the whole page."""
        return len(self.data) // self.row_bytes

    def png(self) -> bytes:
        """The page as a PNG of 1 bit, dot for dot; an empty page is one white row."""
        from PIL import Image  # loads on first use only

        data = self.data or bytes(self.row_bytes)
        height_dots = len(data) // self.row_bytes
        # Mode "1;I" reads 1 as black, as paper does.
        image = Image.frombytes("1", (self.width_dots, height_dots), data, "raw", "1;I")
        file = BytesIO()
        image.save(file, "PNG", dpi=(203, 203))
        return file.getvalue()
