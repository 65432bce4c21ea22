"""A receipt printer without any I/O: bytes and the time go in, answers and pages come out.

It has a receive buffer, a print head that takes its time, paper, a cover and a cutter, and it
answers as Epson's ESC/POS reference says: real-time requests at once, all others when everything
before them is done. The time is handed in, so a test can be a minute in no time.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

from printers.sim.interpreter import FramingError, Interpreter, Question

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from printers.page import Page
    from printers.sim.faults import Fault

BUFFER_BYTES: Final = 4_096
_STEP_BYTES: Final = 64
_SHORT_WRITES: Final = 6
_SHORT_BYTES: Final = 7
_REAL_TIME: Final = re.compile(rb"\x10\x04([\x01-\x04])")
_FOREIGN_ID: Final = b"1234"
_STRAY: Final = b"\x7f\xff\x37\x22\x01\x5fgarbage"
FACTS: Final[dict[int, str]] = {65: "1.00", 66: "STAMMKUNDE", 67: "Simulator", 68: "SIM0001"}


@dataclass(frozen=True, slots=True)
class Knobs:
    """How a simulated printer is built.

    Args:
        dots: printable width.
        level: what it answers: 0 nothing, 1 DLE EOT, ASB and GS I, 2 also GS r, 3 also GS ( H.
        buffer_bytes: of its receive buffer.
        bytes_per_s: of its line; None = any.
        rows_per_s: of its print head, dot rows; None = any.
        restart_s: how long nothing is taken after a ``reset``; ``power_on`` ends it.
        real_time: whether DLE EOT inside a picture is obeyed, or is data.
        process_id: ``right``; ``early``: before the paper; ``foreign``: always the same one;
            ``missing``.
        facts: answers of GS I.
    """

    dots: int = 576
    level: Literal[0, 1, 2, 3] = 3
    buffer_bytes: int = BUFFER_BYTES
    bytes_per_s: int | None = None
    rows_per_s: int | None = None
    restart_s: float = 0.3
    real_time: Literal["obeyed", "data"] = "obeyed"
    process_id: Literal["right", "early", "foreign", "missing"] = "right"
    facts: Mapping[int, str] = field(default_factory=lambda: dict(FACTS))


class Reaction(NamedTuple):
    """What came of it.

    Args:
        accepted: how many bytes were taken.
        answers: what the printer says.
        pages: what was cut off, whole.
        torn: what a power cut or a restart left hanging.
        errors: bytes that were no command.
    """

    accepted: int
    answers: bytes
    pages: tuple[Page, ...]
    torn: tuple[Page, ...]
    errors: tuple[FramingError, ...]


@dataclass(slots=True)
class _Body:
    """What a person sees and touches."""

    paper: Literal["ok", "near_end", "out"] = "ok"
    is_cover_open: bool = False
    is_cutter_stuck: bool = False

    @property
    def is_stopped(self) -> bool:
        return self.paper == "out" or self.is_cover_open or self.is_cutter_stuck


class PrinterCore:
    """The printer.

    Args:
        knobs: how it is built.
        faults: what happens to it, in this order.
    """

    def __init__(self, knobs: Knobs | None = None, faults: Iterable[Fault] = ()) -> None:
        self.knobs = knobs or Knobs()
        self.faults = list(faults)
        # How often its connection broke; whoever carries the bytes lets go then.
        self.breaks = 0
        self._body = _Body()
        self._interpreter = self._new_interpreter()
        # Reads what arrives, not what is printed: real-time requests are answered at once.
        self._arrivals = self._new_interpreter()
        self._buffer = bytearray()
        self._answers = bytearray()
        self._pages: list[Page] = []
        self._torn: list[Page] = []
        self._errors: list[FramingError] = []
        self._asb_on = False
        self._is_powered = True
        self._is_plugged = True
        self._is_stalled = False
        self._is_mute = False
        self._short_writes = 0
        self._taken_bytes = 0
        self._tail = b""
        self._now = 0.0
        self._line_free_at = 0.0
        self._head_free_at = 0.0
        self._is_head_idle = True
        self._restarts_until = 0.0
        self._fault_from: float | None = None

    @property
    def is_there(self) -> bool:
        """Whether it is plugged in and on."""
        return self._is_plugged and self._is_powered

    @property
    def has_power(self) -> bool:
        """Whether it is on and not just starting."""
        return self._is_powered and self._restarts_until <= self._now

    @property
    def is_plugged(self) -> bool:
        """Whether its cable is in."""
        return self._is_plugged

    @property
    def is_ready(self) -> bool:
        """Whether its DSR and CTS are on: it takes data."""
        return self._room() > 0

    @property
    def taken_bytes(self) -> int:
        """All bytes it ever took."""
        return self._taken_bytes

    def feed(self, data: bytes, now: float) -> Reaction:
        """Give it bytes; it takes as many as it can now.

        Args:
            data: what the line carries.
            now: seconds of any clock that never goes back.
        """
        self._pass_time(now)
        accepted = 0
        while accepted < len(data):
            taken = self._take(data[accepted:])
            if taken == 0:
                break
            accepted += taken
        return self._reaction(accepted)

    def tick(self, now: float) -> Reaction:
        """Let time pass."""
        self._pass_time(now)
        return self._reaction(0)

    # --- time and faults -------------------------------------------------------------------------

    def _pass_time(self, now: float) -> None:
        if self._fault_from is None:
            self._fault_from = self._line_free_at = self._head_free_at = now
        self._now = max(now, self._now)
        while self.faults and self._is_due(self.faults[0]):
            self._happen(self.faults.pop(0))
        self._print()

    def _is_due(self, fault: Fault) -> bool:
        if fault.at_byte is not None:
            return self._taken_bytes >= fault.at_byte
        return self._now >= (self._fault_from or 0.0) + fault.after_s

    def _happen(self, fault: Fault) -> None:
        self._fault_from = self._now
        body = self._body
        match fault.kind:
            case "near_end":
                body.paper = "near_end"
            case "paper_out":
                body.paper = "out"
            case "refill":
                body.paper = "ok"
            case "cover_open":
                body.is_cover_open = True
            case "cover_close":
                body.is_cover_open = False
            case "cutter":
                body.is_cutter_stuck = True
            case "stall":
                self._is_stalled = True
            case "resume":
                self._is_stalled = False
            case "short_write":
                self._short_writes = _SHORT_WRITES
            case "mute":
                self._is_mute = True
            case "speak":
                self._is_mute = False
            case "stray_bytes":
                self._answers += _STRAY
            case "unplug":
                self._is_plugged = False
                self.breaks += 1
            case "replug":
                self._is_plugged = True
            case "power_off":
                self._lose_power()
                self._is_powered = False
            case "power_on":
                self._is_powered = True
                self._restarts_until = self._now
            case "reset":
                self._lose_power()
                self._restarts_until = self._now + self.knobs.restart_s
        if self._asb_on:
            self._say_asb()

    def _lose_power(self) -> None:
        page, errors = self._interpreter.power_off()
        self._errors += errors
        if page is not None:
            self._torn.append(page)
        self._arrivals.power_off()
        self._buffer.clear()
        self._tail = b""
        self._asb_on = False
        self.breaks += 1

    # --- taking ----------------------------------------------------------------------------------

    def _room(self) -> int:
        if self._is_stalled or not self.is_there or self._restarts_until > self._now:
            return 0
        room = self.knobs.buffer_bytes - len(self._buffer)
        if self.knobs.bytes_per_s is not None:
            # The line carries what fits into the time that has passed.
            room = min(room, int((self._now - self._line_free_at) * self.knobs.bytes_per_s))
        return max(0, room)

    def _take(self, data: bytes) -> int:
        size = min(len(data), self._room())
        if self._short_writes and size > _SHORT_BYTES:
            size = _SHORT_BYTES
            self._short_writes -= 1
        next_at = self.faults[0].at_byte if self.faults else None
        if next_at is not None:
            size = min(size, max(0, next_at - self._taken_bytes))
        if size == 0:
            return 0
        piece = data[:size]
        self._taken_bytes += size
        if self.knobs.bytes_per_s is not None:
            self._line_free_at += size / self.knobs.bytes_per_s
        self._arrive(piece)
        self._buffer += piece
        self._pass_time(self._now)
        return size

    def _arrive(self, piece: bytes) -> None:
        self._arrivals.feed(piece)
        asked, self._arrivals.questions = self._arrivals.questions, []
        if self.knobs.real_time == "obeyed":
            seen = self._tail + piece
            for found in _REAL_TIME.finditer(seen):
                self._say_status(found[1][0])
            # Two bytes of a request may wait for their third; what was answered never counts again.
            rest = _REAL_TIME.sub(b"   ", seen)
            self._tail = rest[-2:]
        else:
            for one in asked:
                if one.kind == "status":
                    self._say_status(one.number)
        for one in asked:
            if one.kind == "process_id" and self.knobs.process_id == "early":
                self._say_process_id(one.identity)

    # --- printing --------------------------------------------------------------------------------

    def _print(self) -> None:
        if self._is_head_idle:
            self._head_free_at = max(self._head_free_at, self._now)
        while (
            self._buffer
            and self._is_powered
            and not self._is_stalled
            and not self._body.is_stopped
            and self._head_free_at <= self._now
        ):
            rows = self._interpreter.rows
            piece = bytes(self._buffer[:_STEP_BYTES])
            del self._buffer[:_STEP_BYTES]
            pages, errors = self._interpreter.feed(piece)
            self._errors += errors
            self._pages += pages
            if self.knobs.rows_per_s is not None:
                fresh = sum(page.height_dots for page in pages) + self._interpreter.rows - rows
                self._head_free_at += max(0, fresh) / self.knobs.rows_per_s
            asked, self._interpreter.questions = self._interpreter.questions, []
            for one in asked:
                self._answer(one)
        self._is_head_idle = not self._buffer or self._body.is_stopped

    def _answer(self, question: Question) -> None:
        match question.kind:
            case "asb":
                self._asb_on = self.knobs.level >= 1 and question.number != 0
                if self._asb_on:
                    self._say_asb()
            case "fence" if self.knobs.level >= 2:
                # The lowest bits are the paper sensor; the frame is one byte without bits 4 and 7.
                self._say(bytes([{"ok": 0x00, "near_end": 0x03, "out": 0x0C}[self._body.paper]]))
            case "fact" if self.knobs.level >= 1:
                text = self.knobs.facts.get(question.number)
                if text is not None:
                    self._say(b"\x5f" + text.encode("ascii") + b"\x00")
            case "process_id" if self.knobs.process_id in ("right", "foreign"):
                foreign = self.knobs.process_id == "foreign"
                self._say_process_id(_FOREIGN_ID if foreign else question.identity)
            case _:
                pass

    def _say_process_id(self, identity: bytes) -> None:
        if self.knobs.level >= 3:
            self._say(b"\x37\x22" + identity + b"\x00")

    def _say_status(self, number: int) -> None:
        if self.knobs.level < 1:
            return
        body = self._body
        byte = 0x12
        match number:
            case 1:
                byte |= 0x08 if body.is_stopped else 0
            case 2:
                byte |= 0x04 if body.is_cover_open else 0
                byte |= 0x20 if body.paper == "out" else 0
                byte |= 0x40 if body.is_cutter_stuck else 0
            case 3:
                byte |= 0x08 if body.is_cutter_stuck else 0
            case _:
                byte |= {"ok": 0x00, "near_end": 0x0C, "out": 0x6C}[body.paper]
        self._say(bytes([byte]))

    def _say_asb(self) -> None:
        body = self._body
        first = 0x10 | (0x08 if body.is_stopped else 0) | (0x20 if body.is_cover_open else 0)
        second = 0x08 if body.is_cutter_stuck else 0
        third = {"ok": 0x00, "near_end": 0x03, "out": 0x0F}[body.paper]
        self._say(bytes([first, second, third, 0]))

    def _say(self, answer: bytes) -> None:
        if self.is_there and not self._is_mute:
            self._answers += answer

    def _reaction(self, accepted: int) -> Reaction:
        done = Reaction(
            accepted,
            bytes(self._answers),
            tuple(self._pages),
            tuple(self._torn),
            tuple(self._errors),
        )
        self._answers.clear()
        self._pages.clear()
        self._torn.clear()
        self._errors.clear()
        return done

    def _new_interpreter(self) -> Interpreter:
        return Interpreter(dots=self.knobs.dots, takes_questions=True)
