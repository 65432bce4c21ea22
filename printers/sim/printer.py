"""The simulated printer: a device that prints PNG files into a folder, with faults on demand."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from threading import Event, Lock
from typing import TYPE_CHECKING, Final, Literal

from printers.errors import PrinterOffline
from printers.sim.interpreter import FramingError, Interpreter

if TYPE_CHECKING:
    from pathlib import Path

    from printers.page import Page

# Bytes arrive in pieces as on a line, and no piece ends where a command ends.
_CHUNK_BYTES: Final = 509


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong once, in the next job, before its byte ``at_byte`` (from 0) is taken.

    ``stall``: the printer takes nothing more. ``reset``: it forgets what it was reading, the
    bytes go on. ``power_off``: it is gone. ``mute``: it prints everything and never answers.
    """

    kind: Literal["stall", "reset", "power_off", "mute"]
    at_byte: int = 0


class SimulatedPrinter:
    """A printer whose paper is a folder of PNG files.

    Pages are named ``000001-<first 12 digits of the job's SHA-256>.png``, so a print attempt
    finds its pages; what a power cut left hanging ends in ``-torn.png``. A file appears whole or
    not at all.

    Args:
        folder: where pages go; made if missing.
        dots: printable width.
        fault: what goes wrong with the next job.
    """

    def __init__(self, folder: Path, *, dots: int = 576, fault: Fault | None = None) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._interpreter = Interpreter(dots=dots)
        self._closed = Event()
        self._line = Lock()
        self.fault = fault
        self.errors: list[FramingError] = []

    def send(self, data: bytes, *, timeout_ms: int) -> None:
        """Print ``data``; see :class:`printers.ports.Device`."""
        with self._line:
            if self._closed.is_set():
                raise PrinterOffline("the simulated printer is closed")
            fault, self.fault = self.fault, None
            start = self._interpreter.taken_bytes
            mistakes = len(self.errors)
            name = sha256(data).hexdigest()[:12]
            stop = len(data) if fault is None else min(fault.at_byte, len(data))
            self._take(data[:stop], name)
            if fault is not None:
                self._fail(fault, data[stop:], name, timeout_ms)
            # What an interrupted job left half said is no mistake of this one.
            own = [error for error in self.errors[mistakes:] if error.offset >= start]
            if own:
                raise PrinterOffline(
                    f"{own[0].code} at byte {own[0].offset - start}: {own[0].bytes_hex}",
                    hint="The simulated printer reads strictly; a real one prints garbage here.",
                )

    def close(self) -> None:
        """Let go; a job that stalls ends at once."""
        self._closed.set()

    def pages(self) -> list[Path]:
        """All pages so far, oldest first."""
        return sorted(self._folder.glob("*.png"))

    def _fail(self, fault: Fault, rest: bytes, name: str, timeout_ms: int) -> None:
        match fault.kind:
            case "stall":
                self._wait(timeout_ms)
            case "mute":
                self._take(rest, name)
                self._wait(timeout_ms)
            case "power_off":
                self._lose_power(name)
                raise PrinterOffline("the simulated printer lost its power")
            case "reset":
                self._lose_power(name)
                self._take(rest, name)

    def _wait(self, timeout_ms: int) -> None:
        self._closed.wait(timeout_ms / 1_000)
        raise PrinterOffline("the simulated printer does not answer")

    def _take(self, data: bytes, name: str) -> None:
        for start in range(0, len(data), _CHUNK_BYTES):
            pages, errors = self._interpreter.feed(data[start : start + _CHUNK_BYTES])
            self.errors.extend(errors)
            for page in pages:
                self._lay_down(page, f"{name}.png")

    def _lose_power(self, name: str) -> None:
        page, errors = self._interpreter.power_off()
        self.errors.extend(errors)
        if page is not None:
            self._lay_down(page, f"{name}-torn.png")

    def _lay_down(self, page: Page, ending: str) -> None:
        pages = self.pages()
        number = int(pages[-1].name.partition("-")[0]) + 1 if pages else 1
        target = self._folder / f"{number:06d}-{ending}"
        unfinished = target.with_suffix(".part")
        unfinished.write_bytes(page.png())
        # Whoever looks into the folder sees a whole picture or none.
        unfinished.replace(target)
