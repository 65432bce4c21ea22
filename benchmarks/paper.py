"""How many bytes a voucher is, and how long it is on a line: the table of docs/printing.md (T7).

paper.py           prints the table
paper.py --write   writes it into the page

The bytes are the same on every machine; seconds follow from them and the line.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from printers.budget import BUDGET_S, Rung, wire_ms
from printers.encode import encode
from printers.profiles import read_profile
from printers.templates.builtin import builtin, sample_pictures
from printers.templates.fill import NoFormats, fill

if TYPE_CHECKING:
    from printers.document import Document
    from printers.profiles import Profile

PAGE = Path(__file__).resolve().parents[1] / "docs" / "printing.md"
BEGIN = "| rental voucher: logo, 4 covers, QR, Code 128 |"
WIDTHS_DOTS = (384, 512, 576)
BAUDS = (9_600, 19_200, 38_400, 115_200)
PROFILE = read_profile("tm-t88v")
ROWS = (
    ("native, all of it", "native", Rung.FULL),
    ("native, small covers in one row", "native", Rung.STRIP),
    ("native, no covers", "native", Rung.CAPTIONS),
    ("native, no logo either", "native", Rung.BARE),
    ("raster, all of it", "raster", Rung.FULL),
)


def voucher() -> Document:
    """The sample of the rental voucher."""
    template = builtin("rental-voucher", "de")
    if template is None:
        raise SystemExit("the sample is gone: install the product again")
    return fill(template, template.sample, formats=NoFormats(), subject_uid="sample")


def byte_count(encoder: str, rung: Rung, dots: int) -> int:
    """Bytes of the voucher on one rung."""
    from printers.encode import encode_page
    from printers.native import NativePaper
    from printers.render import render

    if encoder == "raster":
        return len(encode_page(render(voucher(), sample_pictures(), dots=dots, rung=rung)).data)
    paper = NativePaper(PROFILE, dots=dots, rung=rung, fragment_bytes=PROFILE.fragment_bytes)
    paper.write(voucher(), sample_pictures())
    return len(paper.data)


def chosen(baud: int, dots: int) -> str:
    """The rung that a line takes within its budget, native."""
    profile = replace_dots(dots)
    job = encode(voucher(), sample_pictures(), profile=profile, encoder="auto", baud=baud)
    return f"{job.rung.value}, {job.seconds} s"


def replace_dots(dots: int) -> Profile:
    """The profile on paper of another width."""
    return PROFILE.model_copy(update={"dots": dots})


def table() -> str:
    """The table of the page."""
    lines = [
        f"{BEGIN} 384 dots | 512 dots | 576 dots | seconds at 512: {_list(BAUDS)} |",
        "|---|---|---|---|---|",
    ]
    for words, encoder, rung in ROWS:
        counts = [byte_count(encoder, rung, dots) for dots in WIDTHS_DOTS]
        seconds = " / ".join(_tenths(wire_ms(counts[1], baud)) for baud in BAUDS)
        lines.append(f"| {words} | {' | '.join(_spaced(one) for one in counts)} | {seconds} |")
    for baud in BAUDS:
        found = " | ".join(chosen(baud, dots) for dots in WIDTHS_DOTS)
        lines.append(f"| what {BUDGET_S} s leave at {baud} baud (`auto`) | {found} | |")
    return "\n".join(lines) + "\n"


def shown() -> str:
    """The table as the page has it."""
    text = PAGE.read_text(encoding="utf-8")
    start = text.index(BEGIN)
    return text[start : text.index("\n\n", start) + 1]


def _list(bauds: tuple[int, ...]) -> str:
    return " / ".join(str(baud) for baud in bauds)


def _spaced(number: int) -> str:
    return f"{number:,}"


def _tenths(milliseconds: int) -> str:
    whole, rest = divmod(milliseconds + 50, 1000)
    return f"{whole}.{rest // 100}"


if __name__ == "__main__":
    if "--write" in sys.argv:
        page = PAGE.read_text(encoding="utf-8")
        PAGE.write_text(page.replace(shown(), table()), encoding="utf-8")
    else:
        sys.stdout.write(table())
