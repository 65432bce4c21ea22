"""A conversation with one printer: bytes out, answers in, never longer than one's patience."""

from __future__ import annotations

from dataclasses import dataclass, replace
from time import monotonic
from typing import TYPE_CHECKING, Final

from printers.errors import PaperOut, PrinterBusy, PrinterOffline
from printers.status import NEVER_ASKED, StatusParser

if TYPE_CHECKING:
    from collections.abc import Callable
    from threading import Event

    from printers.ports import PrinterStatus
    from printers.status import Answer
    from printers.transports.port import ModemLines, Transport

DLE_EOT: Final = b"\x10\x04"
# Status changes of the printer, of its errors and of its paper are told from now on.
ASB_ON: Final = b"\x1da\x0e"
ASB_OFF: Final = b"\x1da\x00"
FENCE: Final = b"\x1dr\x01"
PROCESS_ID: Final = b"\x1d(H\x06\x00\x30\x30"
FACT: Final = b"\x1dI"
FACTS: Final = {"maker": 66, "model": 67, "firmware": 65, "serial": 68}

_READ_BYTES: Final = 4_096
_HEARD_MAX: Final = 1_000
_DRIVER: Final = "driver"
# Whoever closes the till waits no longer than one of these.
_SLICE_S: Final = 0.1


class Stopped(Exception):  # noqa: N818 - an end, read as a state
    """The till is being closed."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long what may take, in seconds (printing.md P29, P30).

    Args:
        connect_s: until a connection stands.
        answer_s: until a real-time request is answered.
        first_byte_s: until the first byte of a job is taken; nothing is on paper until then.
        silent_s: what a printer takes to be switched off and on, at least.
        notice_s: until a stall is told.
        stall_s: until a stall ends the job.
        spare_s: what a deadline adds to wire and paper.
        deadline_min_s: the shortest deadline.
        deadline_max_s: the longest.
        idle_every_s: between two questions to an idle printer.
        late_s: how long a connection of one job is kept for an answer that is late.
    """

    connect_s: float = 3.0
    answer_s: float = 1.0
    first_byte_s: float = 3.0
    silent_s: float = 1.0
    notice_s: float = 10.0
    stall_s: float = 120.0
    spare_s: float = 10.0
    deadline_min_s: float = 15.0
    deadline_max_s: float = 180.0
    idle_every_s: float = 10.0
    late_s: float = 60.0


class Line:
    """A transport and what is heard on it.

    Args:
        transport: the way to the printer.
        patience: how long what may take.
        stopping: set when the till is being closed.
    """

    def __init__(self, transport: Transport, patience: Patience, stopping: Event) -> None:
        self.transport = transport
        self.patience = patience
        self._stopping = stopping
        self._parser = StatusParser()
        # What was heard while bytes went out; nothing of it may get lost.
        self._heard: list[Answer] = []
        self.is_open = False

    @property
    def status(self) -> PrinterStatus:
        """What is known of the printer."""
        return self._parser.status

    def connect(self) -> bool:
        """Connect; False where the connection stood already.

        Raises:
            PrinterError: the printer cannot be reached.
        """
        if self.is_open:
            return False
        self._parser.forget()
        self._heard.clear()
        try:
            self.transport.open(monotonic() + self.patience.connect_s)
        except PrinterBusy:
            # Somebody else prints on it, so it is there as it was.
            raise
        except BaseException:
            self.forget()
            raise
        # What it said on the last connection stands until it says something else.
        self._parser.status = replace(self.status, reachable=True)
        self.is_open = True
        return True

    def forget(self) -> None:
        """Know nothing of the printer any more but whether there is a connection."""
        self._parser.status = replace(NEVER_ASKED, reachable=self.is_open, seen_at_s=monotonic())

    def hang_up(self) -> None:
        """Let go of the transport; what was accepted still reaches the printer."""
        self.is_open = False
        self.transport.close()

    def modem_lines(self) -> ModemLines | None:
        """Return the lines of a serial port."""
        return self.transport.modem_lines()

    def listen(self, wait_s: float) -> list[Answer]:
        """Return what the printer says next; empty after ``wait_s`` of silence.

        Raises:
            PrinterError: the connection is gone.
            Stopped: the till is being closed.
        """
        heard, self._heard = self._heard, []
        return heard or self._hear(wait_s)

    def write(self, data: bytes, progress: Callable[[int], None]) -> None:
        """Write everything.

        Args:
            data: what leaves.
            progress: told after each look how many bytes were accepted, 0 = none; ends the
                writing by raising.

        Raises:
            PrinterError: the connection is gone.
            Stopped: the till is being closed.
        """
        place = 0
        while place < len(data):
            self._stop_if_asked()
            chunk = data[place : place + self.transport.chunk_bytes]
            accepted = self._write_some(chunk)
            place += accepted
            # What it says meanwhile is heard at once: a stop inside a picture is told here.
            self._heard = [*self._heard, *self._hear(0)][-_HEARD_MAX:]
            progress(accepted)

    def write_quickly(self, data: bytes) -> None:
        """Write a short command that the printer takes at once, or not at all.

        Raises:
            PrinterError: it did not take it; perhaps half of it, so the line is not clean now.
            Stopped: the till is being closed.
        """
        ends_s = monotonic() + self.patience.answer_s

        def progress(accepted: int) -> None:
            if not accepted and monotonic() >= ends_s:
                raise PrinterOffline("the printer takes nothing")

        self.write(data, progress)

    def expect(self, kind: str, wait_s: float) -> Answer | None:
        """Return the next answer of a kind; None if it does not come in time.

        Process ids that come first are kept for whoever waits for them.
        """
        ends_s = monotonic() + wait_s
        kept: list[Answer] = []
        found: Answer | None = None
        is_last_look = False
        while found is None and not is_last_look:
            left_s = ends_s - monotonic()
            is_last_look = left_s <= 0
            for answer in self.listen(max(0.0, left_s)):
                if answer.kind == kind and found is None:
                    found = answer
                elif answer.kind == "process_id":
                    kept.append(answer)
        self._heard = [*kept, *self._heard][-_HEARD_MAX:]
        return found

    def ask(self, number: int) -> bool:
        """Ask for one status (DLE EOT n); whether the printer answered.

        Raises:
            PrinterError: it does not even take the question.
            Stopped: the till is being closed.
        """
        self._parser.open_status = number
        self.write_quickly(DLE_EOT + bytes([number]))
        answer = self.expect("status", self.patience.answer_s)
        self._parser.open_status = None
        return answer is not None

    def fact(self, name: str) -> str | None:
        """Ask for a fact of :data:`FACTS`; None = the printer says nothing of it."""
        self._parser.open_fact = True
        self.write_quickly(FACT + bytes([FACTS[name]]))
        answer = self.expect("fact", self.patience.answer_s)
        self._parser.open_fact = False
        return None if answer is None else answer.value

    def open_fence(self) -> None:
        """Say that a fence is about to leave."""
        self._parser.open_fence = True

    def open_status(self, number: int) -> None:
        """Say that a status request is about to leave with other bytes."""
        self._parser.open_status = number

    def _stop_if_asked(self) -> None:
        if self._stopping.is_set():
            raise Stopped

    def _write_some(self, chunk: bytes) -> int:
        status = self.status
        try:
            accepted = self.transport.write_some(chunk, monotonic() + _SLICE_S)
        except PaperOut:
            # The system's driver says it where the printer itself cannot be heard.
            self._parser.status = replace(status, online=False, paper="out", source=_DRIVER)
            self._stopping.wait(_SLICE_S)
            return 0
        if accepted and status.source == _DRIVER:
            self._parser.status = replace(status, online=None, paper="unknown")
        return accepted

    def _hear(self, wait_s: float) -> list[Answer]:
        ends_s = monotonic() + wait_s
        while True:
            self._stop_if_asked()
            # What lay there when the time was over came in time, however late the till looks.
            is_last_look = monotonic() >= ends_s
            slice_s = min(ends_s, monotonic() + _SLICE_S)
            data = self.transport.read(_READ_BYTES, slice_s)
            if data:
                found = self._parser.feed(data)
                self._parser.status = replace(self.status, seen_at_s=monotonic())
                if found:
                    return found
            if is_last_look:
                return []
