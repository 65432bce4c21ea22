"""What a printer understands of our bytes; pure and strict.

It knows exactly the commands that the encoder may send and has its own reading of them (Epson's
ESC/POS reference), so a mistake of the encoder is not repeated here. Everything else, also a
command cut off, is an error with its offset.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from printers.page import Cut, CutMode, Page
from printers.sim.letters import Letters, Taken

_NUL: Final = 0x00
_ESC: Final = 0x1B
_GS: Final = 0x1D
_RASTER_HEADER_BYTES: Final = 8
_CUT_BYTES: Final = 4
_ESC_BYTES: Final = 2
_FIRST_CHARACTER: Final = 0x20
_DLE_EOT: Final = b"\x10\x04"
_REQUEST_BYTES: Final = 3
# GS ( H 06 00 30 30 d1 d2 d3 d4: give these four characters back when the paper is out.
_PROCESS_ID: Final = b"\x1d(H\x06\x00\x30\x30"
_PROCESS_ID_BYTES: Final = 11
_CUT_MODES: Final[dict[int, CutMode]] = {65: "full", 66: "partial"}

ErrorCode = Literal[
    "unknown_command",
    "wrong_parameter",
    "strip_too_large",
    "wider_than_paper",
    "stray_padding",
    "cut_off",
]


@dataclass(frozen=True, slots=True)
class FramingError:
    """Bytes that are no command of ours; ``offset`` counts from the first byte ever taken."""

    offset: int
    code: ErrorCode
    bytes_hex: str


@dataclass(frozen=True, slots=True)
class Question:
    """A command that wants an answer, and where it stood.

    Args:
        kind: ``status`` (DLE EOT n), ``asb`` (GS a n), ``fence`` (GS r n), ``fact`` (GS I n),
            ``process_id`` (GS ( H).
        number: its n; 0 for a process id.
        identity: the four characters of a process id, else empty.
    """

    kind: Literal["status", "asb", "fence", "fact", "process_id"]
    offset: int
    number: int
    identity: bytes = b""


_QUESTIONS: Final[dict[bytes, Literal["status", "asb", "fence", "fact"]]] = {
    _DLE_EOT: "status",
    b"\x1da": "asb",
    b"\x1dr": "fence",
    b"\x1dI": "fact",
}


class Interpreter:
    """The command reader of a printer.

    Args:
        dots: printable width, a multiple of 8.
        strip_bytes_max: the largest picture strip it takes in one command.
        cp858_slot: n of ``ESC t n`` under which it has code page 858.
        takes_questions: it knows the commands that want an answer, too. A document holds none:
            the device alone asks, so without this they are mistakes.
    """

    def __init__(
        self,
        *,
        dots: int = 576,
        strip_bytes_max: int = 4_096,
        cp858_slot: int = 19,
        takes_questions: bool = False,
    ) -> None:
        self._letters = Letters(dots=dots, cp858_slot=cp858_slot)
        self._takes_questions = takes_questions
        self.questions: list[Question] = []
        self._row_bytes = dots // 8
        self._dots = dots
        self._strip_bytes_max = strip_bytes_max
        self._pending = bytearray()
        self._offset = 0
        self._paper = bytearray()
        # Unknown bytes in a row are one mistake, not one for each byte.
        self._lost = False
        # Zeros are allowed in front of ESC @ alone; anywhere else they are dots without a frame.
        self._padding_at: int | None = None

    @property
    def taken_bytes(self) -> int:
        """All bytes fed so far."""
        return self._offset + len(self._pending)

    def feed(self, data: bytes) -> tuple[list[Page], list[FramingError]]:
        """Take bytes as they arrive, in pieces of any size.

        Returns:
            The pages cut off by them and the mistakes found in them, in order.
        """
        self._pending += data
        pages: list[Page] = []
        errors: list[FramingError] = []
        while self._pending:
            used = self._command(pages, errors)
            if used == 0:
                break
            del self._pending[:used]
            self._offset += used
        return pages, errors

    @property
    def rows(self) -> int:
        """Dot rows on the paper since the last cut."""
        return len(self._paper) // self._row_bytes

    def power_off(self) -> tuple[Page | None, list[FramingError]]:
        """Lose the power: what is on paper without a cut, and a command cut off, if any."""
        errors = []
        if self._pending:
            errors.append(self._error("cut_off", len(self._pending)))
            self._paper += self._rows_of_unfinished_strip()
            self._offset += len(self._pending)
        page = Page(self._dots, bytes(self._paper)) if self._paper else None
        self._letters.reset()
        self._pending.clear()
        self._paper.clear()
        self._lost = False
        self._padding_at = None
        return page, errors

    def _command(self, pages: list[Page], errors: list[FramingError]) -> int:
        """Bytes used by the next command; 0 if it has not arrived whole."""
        first = self._pending[0]
        if first == _NUL:
            if self._padding_at is None:
                self._padding_at = self._offset
            return 1
        if self._takes_questions:
            used = self._question()
            if used is not None:
                return used
        if first in (_ESC, _GS) and len(self._pending) < _ESC_BYTES:
            return 0
        known = bytes(self._pending[:2])
        if known == b"\x1b@":
            self._lost = False
            self._padding_at = None
            self._letters.reset()
            return _ESC_BYTES
        if self._padding_at is not None:
            if not self._lost:
                errors.append(FramingError(self._padding_at, "stray_padding", "00"))
            self._padding_at = None
        if known == b"\x1dV":
            return self._cut(pages, errors)
        if known == b"\x1dv":
            return self._raster(errors)
        taken = (
            None if self._lost and first >= _FIRST_CHARACTER else self._letters.take(self._pending)
        )
        if taken is not None:
            return self._lettered(taken, errors)
        if not self._lost:
            errors.append(self._error("unknown_command", 2))
        self._lost = True
        return 1

    def _lettered(self, taken: Taken, errors: list[FramingError]) -> int:
        """Bytes used by a command of letters and codes; what it prints goes to the paper."""
        if taken.mistake is not None:
            errors.append(self._error(taken.mistake, taken.used))
        elif taken.used:
            self._lost = False
        for row in taken.rows:
            self._paper += row.to_bytes(self._row_bytes, "big")
        return taken.used

    def _question(self) -> int | None:
        """Bytes used by a command that wants an answer; None if the next one is another."""
        known = bytes(self._pending[:_PROCESS_ID_BYTES])
        kind = _QUESTIONS.get(known[:2])
        if kind is None and not _PROCESS_ID.startswith(known[: len(_PROCESS_ID)]):
            return 0 if known == _DLE_EOT[:1] else None
        if len(known) < 3:
            # Two bytes of GS ( could still become another command; it waits for the third.
            return 0
        if kind is not None:
            self.questions.append(Question(kind, self._offset, known[2]))
            return self._asked(_REQUEST_BYTES)
        if len(known) < _PROCESS_ID_BYTES:
            return 0
        self.questions.append(Question("process_id", self._offset, 0, known[len(_PROCESS_ID) :]))
        return self._asked(_PROCESS_ID_BYTES)

    def _asked(self, used: int) -> int:
        self._lost = False
        self._padding_at = None
        return used

    def _cut(self, pages: list[Page], errors: list[FramingError]) -> int:
        if len(self._pending) < _CUT_BYTES:
            return 0
        self._lost = False
        mode = _CUT_MODES.get(self._pending[2])
        if mode is None or self._pending[3] != 0:
            errors.append(self._error("wrong_parameter", _CUT_BYTES))
            return _CUT_BYTES
        page = Page(self._dots, bytes(self._paper))
        pages.append(Page(page.width_dots, page.data, (Cut(page.height_dots, mode),)))
        self._paper.clear()
        return _CUT_BYTES

    def _raster(self, errors: list[FramingError]) -> int:
        if len(self._pending) < _RASTER_HEADER_BYTES:
            return 0
        letter, mode = self._pending[2], self._pending[3]
        row_bytes = int.from_bytes(self._pending[4:6], "little")
        size = row_bytes * int.from_bytes(self._pending[6:8], "little")
        wrong: ErrorCode | None = None
        if letter != ord("0") or mode != 0 or size == 0:
            wrong = "wrong_parameter"
        elif size > self._strip_bytes_max:
            wrong = "strip_too_large"
        elif row_bytes > self._row_bytes:
            wrong = "wider_than_paper"
        if wrong is not None:
            errors.append(self._error(wrong, _RASTER_HEADER_BYTES))
            # What follows are dots without a frame: one mistake, already told.
            self._lost = True
            return _RASTER_HEADER_BYTES
        if len(self._pending) < _RASTER_HEADER_BYTES + size:
            return 0
        self._lost = False
        self._paper += self._rows(bytes(self._pending[8 : 8 + size]), row_bytes)
        return _RASTER_HEADER_BYTES + size

    def _rows(self, dots: bytes, row_bytes: int) -> bytes:
        whole = len(dots) // row_bytes * row_bytes
        rows = [dots[start : start + row_bytes] for start in range(0, whole, row_bytes)]
        if row_bytes == self._row_bytes:
            return b"".join(rows)
        placed = (self._letters.placed(int.from_bytes(row, "big"), 8 * row_bytes) for row in rows)
        return b"".join(row.to_bytes(self._row_bytes, "big") for row in placed)

    def _rows_of_unfinished_strip(self) -> bytes:
        if bytes(self._pending[:4]) != b"\x1dv0\x00" or len(self._pending) < _RASTER_HEADER_BYTES:
            return b""
        row_bytes = int.from_bytes(self._pending[4:6], "little")
        return self._rows(bytes(self._pending[_RASTER_HEADER_BYTES:]), row_bytes)

    def _error(self, code: ErrorCode, length: int) -> FramingError:
        return FramingError(self._offset, code, bytes(self._pending[:length][:8]).hex(" "))
