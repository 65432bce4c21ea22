"""How long an answer behind a job may take (printing.md P29)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from printers.limits import PAGE_ROWS_MAX

if TYPE_CHECKING:
    from printers.line import Patience

WIRE_BYTES_PER_S: Final = 200_000
BITS_PER_BYTE: Final = 10
ROWS_PER_S: Final = 800


def answer_within_s(byte_count: int, *, baud: int | None, patience: Patience) -> float:
    """Return how long an answer behind so many bytes may take, in seconds.

    1.5 times the wire, the longest page at 800 rows a second, and 10 s to spare; 15 to 180 s.

    >>> from printers.line import Patience
    >>> answer_within_s(9_600, baud=9_600, patience=Patience())
    30.0
    """
    per_s = WIRE_BYTES_PER_S if baud is None else baud / BITS_PER_BYTE
    wait_s = 1.5 * byte_count / per_s + PAGE_ROWS_MAX / ROWS_PER_S + patience.spare_s
    return min(max(wait_s, patience.deadline_min_s), patience.deadline_max_s)
