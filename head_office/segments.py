"""Which bit of a customer stands for which segment; bits are given in order and never moved."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from head_office import log
from head_office.errors import LoadError
from head_office.storage import master
from sync_agent.protocol.json_bytes import compact_json
from sync_agent.protocol.limits import SEGMENT_BITS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.engine import Connection

CLASSES: Final = "abc:"


class Bits:
    """The bits of a chain inside one transaction; ``new`` has the rows of those given just now."""

    def __init__(self, connection: Connection) -> None:
        rows = connection.execute(select(master.c.row).where(master.c.table_name == "segment_bit"))
        self._connection = connection
        self._known = {row["segment"]: int(row["bit"]) for row in map(json.loads, rows.scalars())}
        self.new: list[dict[str, Any]] = []

    def of(self, segments: Iterable[str]) -> int:
        """Return the bits of segments; a segment without one gets the next.

        Raises:
            LoadError: every bit is taken.
        """
        return sum(1 << self._bit(segment) for segment in {*segments})

    def names(self, bits: int) -> list[str]:
        """Return the segments of bits, by name."""
        return sorted(name for name, bit in self._known.items() if bits >> bit & 1)

    def of_classes(self) -> int:
        """Return the bits of all classes together."""
        return sum(1 << bit for name, bit in self._known.items() if name.startswith(CLASSES))

    def _bit(self, segment: str) -> int:
        if segment not in self._known:
            bit = len(self._known)
            if bit >= SEGMENT_BITS:
                raise LoadError("limit", segment, f"a chain has at most {SEGMENT_BITS} segments")
            row = {"bit": bit, "segment": segment}
            self._connection.execute(
                master.insert().values(
                    table_name="segment_bit",
                    row_key=log.row_key("segment_bit", row),
                    shop=None,
                    row=compact_json(row).decode(),
                )
            )
            self._known[segment] = bit
            self.new.append(row)
        return self._known[segment]
