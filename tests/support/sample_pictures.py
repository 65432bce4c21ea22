"""The pictures of docs/templates.md: every sample as it lies on paper.

sample_pictures.py           names what differs
sample_pictures.py --write   writes them into docs/samples/
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from paper_formats import FORMATS

from printers.codes import draw_code
from printers.render import render
from printers.templates.builtin import builtin, sample_pictures
from printers.templates.fill import fill
from printers.test_page import test_page
from printers.text import codes_of

if TYPE_CHECKING:
    from printers.document import Document

FOLDER: Final = Path(__file__).resolve().parents[2] / "docs" / "samples"
PAPERS: Final = (
    *("rental-voucher", "bonus-voucher", "birthday-coupon", "reward-voucher"),
    *("approval-slip", "account-statement", "test-page"),
)
_WIDTHS: Final = {"80": 576, "58": 384}


class Sample(NamedTuple):
    """A sample at one width; ``name`` is that of its file."""

    paper: str
    lang: str
    width_mm: str

    @property
    def name(self) -> str:
        return f"{self.paper}-{self.lang}-{self.width_mm}.png"


# German at both widths; English at the one that leaves the words less room.
SAMPLES: Final = [
    *(Sample(paper, "de", width) for paper in PAPERS for width in _WIDTHS),
    *(Sample(paper, "en", "58") for paper in PAPERS),
]


def drawn(sample: Sample) -> bytes:
    """The sample as PNG."""
    document, pictures = _filled(sample)
    return render(document, pictures, dots=_WIDTHS[sample.width_mm]).png()


def codes_on(sample: Sample) -> set[tuple[str, str]]:
    """Content and symbology of every code that the sample must show at its width."""
    document, _ = _filled(sample)
    dots = _WIDTHS[sample.width_mm]
    return {
        (
            code.content,
            draw_code(code.content, code.symbology, page_dots=dots, where="").symbology,  # type: ignore[arg-type]
        )
        for code in codes_of(document)
    }


def _filled(sample: Sample) -> tuple[Document, dict[str, bytes]]:
    pictures = dict(sample_pictures())
    if sample.paper == "test-page":
        document, more = test_page(
            dots=_WIDTHS[sample.width_mm],
            lang=sample.lang,
            printer="bon",
            said="001, 1, 2026-11-23 14:05",
        )
        return document, pictures | more
    template = builtin(sample.paper, sample.lang)
    assert template is not None
    document = fill(template, template.sample, formats=FORMATS[sample.lang], subject_uid="sample")
    return document, pictures


if __name__ == "__main__":
    for one in SAMPLES:
        file = FOLDER / one.name
        png = drawn(one)
        if "--write" in sys.argv:
            FOLDER.mkdir(exist_ok=True)
            file.write_bytes(png)
        elif not file.exists() or file.read_bytes() != png:
            sys.stdout.write(f"{one.name} differs\n")
