"""What a printer says, read byte by byte; it knows five frames and drops all else.

A receipt printer answers without length and checksum, several kinds of answers share the line, and
a cut-off answer looks like the beginning of another. So a frame only counts where it can stand:

- ``DLE EOT n``: one byte, ``b & 93 == 12`` (hex), only while such a request is open
- automatic status (ASB): ``b & 93 == 10``, then three times ``b & 90 == 0``
- ``GS r 1``: one byte, ``b & 90 == 0``, only while a fence is open
- block ``37 22 id 00``: the process id of ``GS ( H``
- block ``5F .. 00``: a fact about the printer (``GS I``), only while such a request is open
- XON and XOFF

Source: Epson's ESC/POS reference; printing.md P26 to P28.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final, Literal

from printers.ports import JobReason, PrinterStatus

Paper = Literal["ok", "near_end", "out", "unknown"]

XON: Final = 0x11
XOFF: Final = 0x13
FACT_BYTES_MAX: Final = 128
PROCESS_ID_BYTES: Final = 4

_ASB_BYTES: Final = 4
_BLOCK_ID: Final = 0x37
_BLOCK_ID_KIND: Final = 0x22
_BLOCK_FACT: Final = 0x5F
_ID_BLOCK_BYTES: Final = 3 + PROCESS_ID_BYTES


NEVER_ASKED: Final = PrinterStatus(
    reachable=False,
    online=None,
    cover=None,
    paper="unknown",
    error=None,
    source="none",
    seen_at_s=0.0,
)


def stop_of(status: PrinterStatus) -> JobReason:
    """Why a printer does not print, the cause a person can see first; ``NONE`` = none is known."""
    if status.cover == "open":
        return JobReason.COVER_OPEN
    if status.paper == "out":
        return JobReason.PAPER_OUT
    if status.error:
        return JobReason.PRINTER_ERROR
    return JobReason.PRINTER_OFFLINE if status.online is False else JobReason.NONE


@dataclass(frozen=True, slots=True)
class Answer:
    """One frame.

    Args:
        kind: which frame.
        value: the process id, or the text of a fact; empty for the others.
    """

    kind: Literal["status", "asb", "fence", "process_id", "fact", "xon", "xoff"]
    value: str = ""


@dataclass(slots=True)
class StatusParser:
    """Reads what comes from a printer, in pieces of any size.

    Whoever sends a request sets ``open_status`` (1 to 4), ``open_fence`` or ``open_fact`` before
    its bytes leave; the answer closes it.

    Args:
        status: what is known so far.
        dropped_bytes: bytes that were no frame where they stood.
    """

    status: PrinterStatus = NEVER_ASKED
    open_status: int | None = None
    open_fence: bool = False
    open_fact: bool = False
    dropped_bytes: int = 0
    _pending: bytearray = field(default_factory=bytearray)

    def feed(self, data: bytes) -> list[Answer]:
        """Take bytes; return the frames that are whole now, in order."""
        self._pending += data
        found: list[Answer] = []
        while self._pending:
            used = self._frame(found)
            if used == 0:
                break
            del self._pending[:used]
        return found

    def forget(self) -> None:
        """Begin anew, on another connection: half frames and open requests are void."""
        self.dropped_bytes += len(self._pending)
        self._pending.clear()
        self.open_status = None
        self.open_fence = False
        self.open_fact = False

    def _frame(self, found: list[Answer]) -> int:
        """Bytes used by the next frame; 0 if it has not arrived whole."""
        first = self._pending[0]
        if first in (XON, XOFF):
            found.append(Answer("xon" if first == XON else "xoff"))
            return 1
        if self.open_status is not None and first & 0x93 == 0x12:
            self._read_status(self.open_status, first)
            self.open_status = None
            found.append(Answer("status"))
            return 1
        if first & 0x93 == 0x10:
            return self._asb(found)
        if first == _BLOCK_ID:
            return self._process_id(found)
        if first == _BLOCK_FACT and self.open_fact:
            return self._fact(found)
        if self.open_fence and first & 0x90 == 0:
            self.open_fence = False
            found.append(Answer("fence"))
            return 1
        return self._drop()

    def _drop(self) -> int:
        self.dropped_bytes += 1
        return 1

    def _asb(self, found: list[Answer]) -> int:
        rest = self._pending[1:_ASB_BYTES]
        if any(byte & 0x90 for byte in rest):
            # A half ASB: what follows is the beginning of something else.
            return self._drop()
        if len(self._pending) < _ASB_BYTES:
            return 0
        self._read_asb(self._pending[0], self._pending[1], self._pending[2])
        found.append(Answer("asb"))
        return _ASB_BYTES

    def _process_id(self, found: list[Answer]) -> int:
        if len(self._pending) > 1 and self._pending[1] != _BLOCK_ID_KIND:
            return self._drop()
        identity = bytes(self._pending[2 : 2 + PROCESS_ID_BYTES])
        if any(not 0x21 <= byte <= 0x7A for byte in identity):
            return self._drop()
        if len(self._pending) < _ID_BLOCK_BYTES:
            return 0
        if self._pending[_ID_BLOCK_BYTES - 1] != 0:
            return self._drop()
        found.append(Answer("process_id", identity.decode("ascii")))
        return _ID_BLOCK_BYTES

    def _fact(self, found: list[Answer]) -> int:
        end = self._pending.find(0, 1, FACT_BYTES_MAX)
        text = bytes(self._pending[1 : end if end > 0 else None])
        if any(not 0x20 <= byte <= 0x7E for byte in text):
            return self._drop()
        if end < 0:
            return 0 if len(self._pending) < FACT_BYTES_MAX else self._drop()
        self.open_fact = False
        found.append(Answer("fact", text.decode("ascii")))
        return end + 1

    def _read_status(self, number: int, byte: int) -> None:
        status = replace(self.status, reachable=True, source="eot")
        match number:
            case 1:
                status = replace(status, online=not byte & 0x08)
                if status.online:
                    # An online printer has paper, a closed cover and no error.
                    paper: Paper = "unknown" if status.paper == "out" else status.paper
                    status = replace(status, cover="closed", error=False, paper=paper)
            case 2:
                cover: Literal["open", "closed"] = "open" if byte & 0x04 else "closed"
                paper = "out" if byte & 0x20 else status.paper
                status = replace(status, cover=cover, error=bool(byte & 0x40), paper=paper)
            case 3:
                status = replace(status, error=bool(byte & 0x28))
            case _:
                status = replace(status, paper=_paper(out=byte & 0x60, near_end=byte & 0x0C))
        self.status = status

    def _read_asb(self, first: int, second: int, third: int) -> None:
        self.status = replace(
            self.status,
            reachable=True,
            online=not first & 0x08,
            cover="open" if first & 0x20 else "closed",
            error=bool(second & 0x28),
            paper=_paper(out=third & 0x0C, near_end=third & 0x03),
            source="asb",
        )


def _paper(*, out: int, near_end: int) -> Paper:
    if out:
        return "out"
    return "near_end" if near_end else "ok"
