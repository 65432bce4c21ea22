"""A document becomes the bytes of a receipt printer, whole, before a port opens (printing.md P14).

Two encoders: ``raster`` sends the page as one picture, so that no code page and no wrong profile
can spoil it; ``native`` uses the printer's letters and codes and is half as long. Everything is
built by :mod:`printers.raster` and :mod:`printers.native`; here is decided which one, and how much
of the document the line has time for.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Final, Literal

from printers.budget import BUDGET_S, Rung, rungs, wire_ms
from printers.errors import DocumentInvalid, InvalidReason
from printers.limits import FRAGMENT_BYTES_MAX, PAGE_DOTS
from printers.raster import (
    CUTS,
    FEED,
    INITIALISE,
    NUL,
    PADDING_BYTES_MAX,
    RASTER_HEADER_BYTES,
    strips,
)
from printers.render import render

if TYPE_CHECKING:
    from collections.abc import Mapping

    from printers.document import Document
    from printers.page import Page
    from printers.profiles import Profile

__all__ = [
    "INITIALISE",
    "NUL",
    "PADDING_BYTES_MAX",
    "RASTER_HEADER_BYTES",
    "Encoder",
    "Job",
    "choose_encoder",
    "encode",
    "encode_page",
]

Encoder = Literal["auto", "raster", "native"]

# P16: below this a strip on the line would keep a printer waiting in the middle of a picture.
_FAST_BAUD: Final = 115_200
_SLOW_FRAGMENT_BYTES: Final = 1_024


@dataclass(frozen=True, slots=True)
class Job:
    """Everything of one print, ready before the port opens.

    Args:
        data: all bytes, in order.
        fragments: number of picture strips.
        fragment_max: bytes of dots in the largest strip.
        warnings: what the paper lacks, for example ``missing_glyph U+4E2D``.
        encoder: ``raster`` or ``native``.
        rung: how much of the document the line had time for.
        wire_ms: how long the bytes are under way, in milliseconds.
    """

    data: bytes
    fragments: int
    fragment_max: int
    warnings: tuple[str, ...]
    encoder: Literal["raster", "native"] = "raster"
    rung: Rung = Rung.FULL
    wire_ms: int = 0

    @property
    def sha256(self) -> str:
        """Lower-case hex digest of the bytes."""
        return sha256(self.data).hexdigest()

    @property
    def seconds(self) -> int:
        """How long the bytes are under way, in seconds, rounded up."""
        return -(-self.wire_ms // 1000)


def encode(
    document: Document,
    pictures: Mapping[str, bytes],
    *,
    profile: Profile | None = None,
    encoder: Encoder = "raster",
    baud: int | None = None,
    budget_s: int = BUDGET_S,
    dots: int | None = None,
    padding_bytes: int = 0,
) -> Job:
    """The bytes of a document, on the richest rung that its line carries in time.

    Args:
        document: a checked document.
        pictures: PBM files by SHA-256.
        profile: of the printer; None claims nothing.
        encoder: ``auto`` is native on a serial line to a known model, else raster; native without
            native text in the profile is raster, too.
        baud: of a serial line; None = USB or network.
        budget_s: how long the bytes may be under way, in seconds.
        dots: width of the paper where it is not that of the profile.
        padding_bytes: NUL bytes to begin with, after an unclean end or on a new connection.

    Raises:
        DocumentInvalid: it cannot be laid out; nothing has left.
    """
    width = dots or (profile.dots if profile is not None else PAGE_DOTS)
    fragment_bytes = profile.fragment_bytes if profile is not None else FRAGMENT_BYTES_MAX
    if baud is not None and baud < _FAST_BAUD:
        fragment_bytes = min(fragment_bytes, _SLOW_FRAGMENT_BYTES)
    chosen = choose_encoder(encoder, profile, baud)
    steps = rungs(document)
    for number, rung in enumerate(steps):
        is_last = number == len(steps) - 1
        try:
            if chosen == "native" and profile is not None:
                job = _native(document, pictures, profile, width, rung, fragment_bytes)
            else:
                page = render(document, pictures, dots=width, rung=rung)
                job = encode_page(
                    page,
                    fragment_bytes=fragment_bytes,
                    has_cutter=profile is None or bool(profile.cut),
                )
        except DocumentInvalid as error:
            # A picture that is too long must not cost the customer the voucher.
            if is_last or error.reason is not InvalidReason.PAGE_TOO_LONG:
                raise
            continue
        under_way_ms = wire_ms(len(job.data), baud)
        if is_last or under_way_ms <= 1000 * budget_s:
            break
    fell = ("encoder_fell native raster",) if encoder == "native" and chosen == "raster" else ()
    return Job(
        NUL * padding_bytes + job.data,
        job.fragments,
        job.fragment_max,
        fell + job.warnings,
        encoder=chosen,
        rung=rung,
        wire_ms=wire_ms(padding_bytes + len(job.data), baud),
    )


def choose_encoder(
    encoder: Encoder, profile: Profile | None, baud: int | None
) -> Literal["raster", "native"]:
    """Return the encoder that is used: native only where the profile has native text."""
    if profile is None or not profile.has_native_text or encoder == "raster":
        return "raster"
    return "native" if encoder == "native" or baud is not None else "raster"


def encode_page(
    page: Page,
    *,
    padding_bytes: int = 0,
    fragment_bytes: int = FRAGMENT_BYTES_MAX,
    has_cutter: bool = True,
) -> Job:
    """The bytes of a page that :func:`printers.render.render` made.

    Args:
        page: with its cuts.
        padding_bytes: NUL bytes to begin with.
        fragment_bytes: most bytes of dots in one command.
        has_cutter: else the paper is fed out where it would be cut.
    """
    parts = [NUL * padding_bytes, INITIALISE]
    sizes = []
    row = 0
    for cut in page.cuts:
        between = page.data[row * page.row_bytes : cut.row * page.row_bytes]
        for command, size in strips(
            between, row_bytes=page.row_bytes, fragment_bytes=fragment_bytes
        ):
            parts.append(command)
            sizes.append(size)
        row = cut.row
        parts.append(CUTS[cut.mode] if has_cutter else FEED)
    return Job(
        data=b"".join(parts),
        fragments=len(sizes),
        fragment_max=max(sizes, default=0),
        warnings=page.notes,
    )


def _native(
    document: Document,
    pictures: Mapping[str, bytes],
    profile: Profile,
    dots: int,
    rung: Rung,
    fragment_bytes: int,
) -> Job:
    # Loads python-escpos, therefore with the first native job only.
    from printers.native import NativePaper

    paper = NativePaper(profile, dots=dots, rung=rung, fragment_bytes=fragment_bytes)
    paper.write(document, pictures)
    return Job(
        data=paper.data,
        fragments=len(paper.sizes),
        fragment_max=max(paper.sizes, default=0),
        warnings=paper.notes,
    )
