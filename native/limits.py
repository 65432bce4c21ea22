"""Limits on which the arithmetic of the core relies; ``pos_plugin.limits`` takes them from here.

A sale of at most 10**9 minor units times a rate of at most 10_000 basis points is 10**13, far
inside 64 bits; ``tests/unit/native`` multiplies the limits out.
"""

from __future__ import annotations

from typing import Final

MAX_LINES: Final = 999
MAX_PIECES_A_LINE: Final = 99_999
MAX_PRICE_MINOR: Final = 10**9
MAX_SALE_MINOR: Final = 10**9
MAX_PROMOTIONS: Final = 5_000
MAX_SLOTS: Final = 32
MAX_BP: Final = 10_000
INT64_MAX: Final = 2**63 - 1
