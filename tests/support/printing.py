"""Vouchers, pictures and paper for the tests of printing."""

from __future__ import annotations

import json
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st
from PIL import Image

from printers.document import Document
from printers.sim.interpreter import FramingError, Interpreter

if TYPE_CHECKING:
    from printers.page import Page

VOUCHERS = Path(__file__).parents[2] / "examples" / "vouchers"
GOLDEN = Path(__file__).parents[1] / "golden" / "printers"
LOGO = (VOUCHERS / "sonnenschein.pbm").read_bytes()
LOGO_NAME = sha256(LOGO).hexdigest()
PICTURES = {LOGO_NAME: LOGO}

DEMANDED: tuple[dict[str, Any], ...] = (
    {"type": "text", "role": "issuer", "value": "Modehaus Sonnenschein"},
    {"type": "text", "role": "benefit", "value": "5,00 €"},
    {"type": "text", "role": "valid_until", "value": "31.12.2026"},
    {"type": "code", "role": "code", "content": "SK7F2K9QXM4T"},
    {"type": "text", "role": "conditions", "value": "Nur einmal einlösbar."},
)


def welcome(**changes: Any) -> dict[str, Any]:
    """The demo shop's voucher as plain values."""
    return json.loads((VOUCHERS / "welcome.json").read_text("utf-8")) | changes


def plain(*more: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """The smallest voucher, and blocks behind it."""
    smallest = {
        "schema": "stammkunde.document/1",
        "kind": "voucher",
        "subject_uid": "5f2c7d90",
        "lang": "de",
        "blocks": [*DEMANDED, *more],
    }
    return smallest | changes


def training(**changes: Any) -> dict[str, Any]:
    """The demo shop's voucher as training prints it."""
    document = welcome(training=True, **changes)
    for block in document["blocks"]:
        if block["type"] == "code":
            block["content"] = "SKTEST00000000000"
    return document


def pbm(rows: list[bytes], *, width_dots: int) -> bytes:
    return f"P4\n{width_dots} {len(rows)}\n".encode() + b"".join(rows)


def read_paper(data: bytes, *, chunk_bytes: int = 0) -> tuple[list[Page], list[FramingError]]:
    """What the strict printer makes of all bytes, nothing left over."""
    printer = Interpreter()
    pages: list[Page] = []
    errors: list[FramingError] = []
    step = chunk_bytes or max(1, len(data))
    for start in range(0, len(data), step):
        new_pages, new_errors = printer.feed(data[start : start + step])
        pages += new_pages
        errors += new_errors
    rest, cut_off = printer.power_off()
    return pages + ([rest] if rest else []), errors + cut_off


def dots_of(png: bytes) -> tuple[tuple[int, int], bytes]:
    """Size and dots of a picture, whatever the writer's compression."""
    with Image.open(BytesIO(png)) as image:
        return image.size, image.convert("1").tobytes()


_texts = st.text(max_size=120) | st.sampled_from(
    ["{voucher.code}", "\x1b@\x1dV\x00", "\u202eabc", "Łukasz Şahin", "\x10\x04\x10\x14", "a\nb"]
)
_aligns = st.sampled_from(["left", "center", "right"])
_cells = st.fixed_dictionaries({"value": _texts, "width": st.integers(1, 12), "align": _aligns})


@st.composite
def _pictures(draw: st.DrawFn) -> bytes:
    row_bytes = draw(st.integers(1, 72))
    # Rows full of real-time commands are what a dithered cover can hold.
    row = st.binary(min_size=row_bytes, max_size=row_bytes) | st.sampled_from(
        [(pair * 36)[:row_bytes] for pair in (b"\x10\x04", b"\x10\x05", b"\x10\x14", b"\x10\x10")]
    )
    return pbm(draw(st.lists(row, min_size=1, max_size=40)), width_dots=8 * row_bytes)


@st.composite
def documents(draw: st.DrawFn) -> tuple[Document, dict[str, bytes]]:
    """Any voucher of every block, with its pictures."""
    files = draw(st.lists(_pictures(), max_size=2))
    pictures = {sha256(file).hexdigest(): file for file in files}
    names = st.sampled_from([*pictures, "0" * 64])
    block = st.one_of(
        st.fixed_dictionaries(
            {
                "type": st.just("text"),
                "value": _texts,
                "align": _aligns,
                "size": st.sampled_from([1, 2]),
                "bold": st.booleans(),
                "inverse": st.booleans(),
            }
        ),
        st.fixed_dictionaries(
            {"type": st.just("columns"), "cells": st.lists(_cells, min_size=1, max_size=4)}
        ),
        st.fixed_dictionaries(
            {
                "type": st.just("image"),
                "asset": names,
                "width_percent": st.integers(1, 30),
                "align": _aligns,
            }
        ),
        st.fixed_dictionaries(
            {"type": st.just("rule"), "style": st.sampled_from(["solid", "dashed", "scissors"])}
        ),
        st.fixed_dictionaries({"type": st.just("feed"), "rows": st.integers(0, 60)}),
        st.fixed_dictionaries(
            {"type": st.just("cut"), "mode": st.sampled_from(["full", "partial"])}
        ),
    )
    changes: dict[str, Any] = {"lang": draw(st.sampled_from(["de", "en"]))}
    if draw(st.booleans()):
        changes |= {"copy_index": draw(st.integers(1, 99)), "copied_at": "2026-07-30T14:05"}
    blocks = draw(st.lists(block, max_size=6))
    return Document.from_dict(plain(*blocks, **changes)), pictures
