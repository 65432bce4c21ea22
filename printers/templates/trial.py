"""The trial of a template before it is published: its sample at every width, in both encoders.

What a shop cannot scan is found at head office, not at the counter (printing.md P8).
"""

from __future__ import annotations

import importlib.util
from typing import TYPE_CHECKING, Final

from printers.document import CodeBlock
from printers.encode import encode
from printers.errors import DocumentInvalid
from printers.profiles import read_profile
from printers.sim.interpreter import Interpreter
from printers.templates.errors import TemplateInvalid, TemplateReason
from printers.templates.fill import fill

if TYPE_CHECKING:
    from collections.abc import Mapping

    from printers.document import Document
    from printers.encode import Encoder
    from printers.page import Page
    from printers.templates.fill import Formats
    from printers.templates.model import Template

WIDTHS_DOTS: Final = (384, 512, 576)
_ENCODERS: Final[tuple[Encoder, ...]] = ("raster", "native")
_MODEL: Final = "tm-t88v"


def can_read_codes() -> bool:
    """Say whether the reader of codes is installed (extra ``head-office``)."""
    return importlib.util.find_spec("zxingcpp") is not None


def try_out(template: Template, pictures: Mapping[str, bytes], *, formats: Formats) -> None:
    """Print the sample of a template at every width with both encoders and read every code back.

    Without the reader of codes (``can_read_codes``) codes are printed and not read.

    Args:
        template: checked.
        pictures: PBM files by SHA-256 that its sample names; decoration, so they may be missing.
        formats: how values are written.

    Raises:
        TemplateInvalid: the sample cannot be filled or printed, or a code not be read.
    """
    try:
        document = fill(template, template.sample, formats=formats, subject_uid="sample")
        for dots in WIDTHS_DOTS:
            for encoder in _ENCODERS:
                _print(document, pictures, dots=dots, encoder=encoder)
    except DocumentInvalid as wrong:
        raise TemplateInvalid(TemplateReason.DOCUMENT, wrong.where, wrong.message) from None


def codes_on(page: Page) -> set[str]:
    """Return the contents of all codes that a reader finds on a page."""
    import zxingcpp
    from PIL import Image

    size = (page.width_dots, page.height_dots)
    image = Image.frombytes("1", size, page.data, "raw", "1;I").convert("L")
    return {found.text for found in zxingcpp.read_barcodes(image)}


def _print(
    document: Document, pictures: Mapping[str, bytes], *, dots: int, encoder: Encoder
) -> None:
    profile = read_profile(_MODEL)
    job = encode(document, pictures, profile=profile, encoder=encoder, dots=dots)
    printer = Interpreter(dots=dots, cp858_slot=profile.cp858_slot or 0)
    pages, errors = printer.feed(job.data)
    if errors:
        raise AssertionError(f"the {encoder} encoder sends what no printer knows: {errors[0]}")
    if not can_read_codes():
        return
    wanted = {block.content for block in document.blocks if isinstance(block, CodeBlock)}
    missing = sorted(wanted - set().union(*(codes_on(page) for page in pages)))
    if missing:
        raise TemplateInvalid(
            TemplateReason.CODE_UNREADABLE,
            "blocks",
            f"at {dots} dots ({encoder}) the code {missing[0]!r} is not read back",
        )
