"""The sum of a row that travels: both sides add it up and so notice a row that one of them lacks.

First 8 bytes of SHA-256 over the row as canonical JSON (sorted keys, no blanks, UTF-8), without
``folded``: of that a till keeps its own elements only. Sums of rows are added modulo 2^64, so the
order in which rows came and went does not matter.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

MODULUS: Final = 2**64
UNCOUNTED: Final = "folded"

# Made once: both sides add up every row that travels. A row was read from JSON or from a table: it
# cannot hold itself.
_canonical: Final = json.JSONEncoder(
    ensure_ascii=False, separators=(",", ":"), sort_keys=True, check_circular=False
).encode


def row_sum(table: str, row: Mapping[str, Any]) -> int:
    """Return the sum of a row as on the wire, 0 to 2^64 - 1.

    >>> row_sum("alias", {"alias": "K2", "customer": "K1"}) == row_sum(
    ...     "alias", {"customer": "K1", "alias": "K2"}
    ... )
    True
    """
    counted = row
    if UNCOUNTED in row:
        counted = {name: value for name, value in row.items() if name != UNCOUNTED}
    text = _canonical([table, counted])
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


def sum_text(value: int) -> str:
    """Return a sum as it stands on the wire: 16 hexadecimal digits.

    >>> sum_text(255 - 2**64)
    '00000000000000ff'
    """
    return f"{value % MODULUS:016x}"
