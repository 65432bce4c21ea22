"""T7: a line as slow as it says is done within the seconds that a job states, and 10 %."""

from __future__ import annotations

from math import ceil
from typing import Any

import pytest
from printing import PICTURES, welcome

from printers.document import Document
from printers.encode import encode
from printers.profiles import read_profile
from printers.sim.core import Knobs, PrinterCore

DOCUMENT = Document.from_dict(welcome())
# A line is looked at so often; the bytes of the last look come up to so much late.
LOOK_MS = 20


def carried_ms(data: bytes, *, baud: int) -> int:
    """How long a printer on such a line takes for the bytes, in its own time."""
    core = PrinterCore(Knobs(bytes_per_s=baud // 10))
    place, now_ms = 0, 0
    while place < len(data):
        place += core.feed(data[place:], now_ms / 1_000).accepted
        now_ms += LOOK_MS
        assert now_ms < 10 * 60_000
    return now_ms


@pytest.mark.parametrize("baud", [9_600, 19_200, 38_400, 115_200])
@pytest.mark.parametrize("encoder", ["raster", "native"])
def test_a_slow_line_keeps_to_the_stated_seconds(encoder: Any, baud: int) -> None:
    profile = read_profile("tm-t88v")
    job = encode(DOCUMENT, PICTURES, profile=profile, encoder=encoder, baud=baud)
    took_ms = carried_ms(job.data, baud=baud)
    assert took_ms <= ceil(1.1 * job.wire_ms) + LOOK_MS
    # Negative control: the statement is no bound that everything stays below.
    assert took_ms >= 0.9 * job.wire_ms - LOOK_MS


def test_a_line_of_half_the_speed_breaks_the_bound() -> None:
    """Negative control."""
    job = encode(DOCUMENT, PICTURES, baud=38_400)
    assert carried_ms(job.data, baud=19_200) > 1.1 * job.wire_ms + LOOK_MS
