"""What can go wrong with a simulated printer, and when."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal, get_args

Kind = Literal[
    "near_end",
    "paper_out",
    "refill",
    "cover_open",
    "cover_close",
    "cutter",
    "stall",
    "resume",
    "short_write",
    "reset",
    "unplug",
    "replug",
    "mute",
    "speak",
    "stray_bytes",
    "power_off",
    "power_on",
]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)

_TEXT: Final = re.compile(r"([a-z_]+)(?:@(\d{1,9})|\+(\d{1,6}(?:\.\d{1,3})?)s)?")


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that happens to a printer, once.

    Faults in a row wait for each other. ``stall``: it takes and says nothing more, until
    ``resume``. ``short_write``: it takes the next pieces only in part. ``reset``: it forgets what
    it was reading, and its connection breaks. ``mute``: it prints and says nothing, until
    ``speak``. ``unplug``: the cable; what it had in its memory stays. ``power_off``: all is gone.

    Args:
        kind: what happens.
        at_byte: before this byte is taken, counted from the first one ever taken, from 0.
        after_s: seconds after the fault before it, or after the start; with ``at_byte`` unused.
    """

    kind: Kind
    at_byte: int | None = None
    after_s: float = 0.0

    @classmethod
    def parse(cls, text: str) -> Fault:
        """Return the fault in ``paper_out@3000`` (at a byte) or ``refill+1.5s`` (after a time).

        Raises:
            ValueError: it is none, with all kinds.

        >>> Fault.parse("refill+1.5s")
        Fault(kind='refill', at_byte=None, after_s=1.5)
        """
        found = _TEXT.fullmatch(text)
        kind = next((one for one in KINDS if found is not None and one == found[1]), None)
        if found is None or kind is None:
            raise ValueError(
                f"{text!r}: KIND, KIND@BYTE or KIND+SECONDSs; KIND: {', '.join(KINDS)}"
            )
        at_byte = int(found[2]) if found[2] else None
        return cls(kind, at_byte, float(found[3]) if found[3] else 0.0)
