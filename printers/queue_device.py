"""An ordinary printer behind a queue of the system: it gets a picture, and nobody says more.

The queue takes the picture and promises to print it some time; whether it comes out is never known,
so this way is always level 0. What the queue says of itself is advice.

Linux and macOS: the commands ``lp`` and ``lpstat`` of CUPS. Windows: the driver draws the picture
(pywin32 and Pillow, as both document it); not run, no Windows was at hand.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from io import BytesIO
from threading import Event
from time import monotonic
from typing import TYPE_CHECKING, Final

from printers.encode import Job
from printers.ports import JobReason, JobState, Outcome, PrinterStatus
from printers.status import NEVER_ASKED

if TYPE_CHECKING:
    from collections.abc import Callable

    from printers.page import Page

_TITLE: Final = "Stammkunde"
_DOTS_PER_INCH: Final = 203
_ASK_S: Final = 5.0
_TAKE_S: Final = 30.0
_SLICE_S: Final = 0.1
# Windows' GetDeviceCaps: dots per inch across and down.
_LOGPIXELSX: Final = 88
_LOGPIXELSY: Final = 90


def picture_job(page: Page) -> Job:
    """Return the job of a queue: the page as a PNG."""
    return Job(data=page.png(), fragments=1, fragment_max=0, warnings=page.notes)


class QueuePrinter:
    """A queue; see :class:`printers.ports.Device`.

    Args:
        queue: its name, as ``lpstat -e`` or Windows' list of printers shows it.
        take_s: how long it may take to accept a picture.
    """

    unit = "queue"

    def __init__(self, queue: str, *, take_s: float = _TAKE_S) -> None:
        self._queue = queue
        self._take_s = take_s
        self._stopping = Event()
        self._status = NEVER_ASKED

    @property
    def why_not(self) -> str:
        """What a person has to know when it is not ready, one sentence."""
        if sys.platform == "win32":
            return f"Windows lists no printer {self._queue!r} that prints"
        if shutil.which("lp") is None:
            return "this machine has no CUPS: the program lp is missing"
        return f"CUPS has no queue {self._queue!r} that prints; lpstat -p lists them"

    def ready(self) -> JobReason:
        """Look whether the queue is there and prints."""
        if self._stopping.is_set():
            return JobReason.STOPPED
        return JobReason.NONE if self.idle().online is not False else JobReason.PRINTER_OFFLINE

    def send(self, job: Job, *, process_id: str, on_stall: Callable[[JobReason], None]) -> Outcome:
        """Hand a picture over; see :func:`picture_job`."""
        del process_id, on_stall
        if sys.platform == "win32":
            return _draw_on_windows(self._queue, job.data)
        program = shutil.which("lp")
        if program is None or self._stopping.is_set():
            return Outcome(JobState.QUEUED, JobReason.PRINTER_OFFLINE, 0)
        # Its size on paper is its size in dots, not the width of the sheet.
        command = [program, "-d", self._queue, "-t", _TITLE, "-o", f"ppi={_DOTS_PER_INCH}"]
        return self._run(command, job.data)

    def idle(self) -> PrinterStatus:
        """Return what the queue says of itself."""
        is_on = self._is_on()
        self._status = PrinterStatus(
            reachable=is_on is not None,
            online=bool(is_on),
            cover=None,
            paper="unknown",
            error=None,
            source="queue",
            seen_at_s=monotonic(),
        )
        return self._status

    def late(self) -> tuple[str, ...]:
        """Return nothing: a queue never answers."""
        return ()

    def close(self) -> None:
        """Let go; a picture that is being handed over is a doubt."""
        self._stopping.set()

    def _is_on(self) -> bool | None:
        if sys.platform == "win32":
            return _is_on_windows(self._queue)
        program = shutil.which("lpstat")
        if program is None:
            return None
        try:
            asked = subprocess.run(  # noqa: S603 - our own words and the name in the settings
                [program, "-p", self._queue],
                capture_output=True,
                check=False,
                timeout=_ASK_S,
                env=_plain_words(),
            )
        except (OSError, subprocess.TimeoutExpired):
            return None
        if asked.returncode != 0:
            return None
        return b"disabled" not in asked.stdout

    def _run(self, command: list[str], data: bytes) -> Outcome:
        try:
            # Its words go nowhere: a pipe that nobody reads could stop it.
            process = subprocess.Popen(  # noqa: S603 - as above
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=_plain_words(),
            )
        except OSError:
            return Outcome(JobState.QUEUED, JobReason.PRINTER_OFFLINE, 0)
        ends_s = monotonic() + self._take_s
        waiting: bytes | None = data
        while True:
            try:
                process.communicate(waiting, timeout=_SLICE_S)
                break
            except subprocess.TimeoutExpired:
                waiting = None
            if self._stopping.is_set() or monotonic() > ends_s:
                process.kill()
                process.communicate()
                is_stopped = self._stopping.is_set()
                reason = JobReason.STOPPED if is_stopped else JobReason.STALLED
                return Outcome(JobState.UNKNOWN, reason, 0)
        if process.returncode != 0:
            return Outcome(JobState.QUEUED, JobReason.PRINTER_OFFLINE, 0)
        return Outcome(JobState.ASSUMED, JobReason.NONE, 0)


def _plain_words() -> dict[str, str]:
    return {**os.environ, "LC_ALL": "C"}


def _is_on_windows(queue: str) -> bool | None:
    import pywintypes
    import win32print

    try:
        handle = win32print.OpenPrinter(queue)
    except pywintypes.error:
        return None
    try:
        status = win32print.GetPrinter(handle, 2)["Status"]
    except pywintypes.error:
        return None
    finally:
        win32print.ClosePrinter(handle)
    stopped = win32print.PRINTER_STATUS_PAUSED | win32print.PRINTER_STATUS_OFFLINE
    return not status & stopped


def _draw_on_windows(queue: str, png: bytes) -> Outcome:
    import win32ui
    from PIL import Image, ImageWin

    begun = False
    context = win32ui.CreateDC()
    try:
        context.CreatePrinterDC(queue)
        with Image.open(BytesIO(png)) as image:
            picture = image.convert("L")
        across = context.GetDeviceCaps(_LOGPIXELSX)
        down = context.GetDeviceCaps(_LOGPIXELSY)
        size = (
            picture.width * across // _DOTS_PER_INCH,
            picture.height * down // _DOTS_PER_INCH,
        )
        context.StartDoc(_TITLE)
        begun = True
        context.StartPage()
        ImageWin.Dib(picture).draw(context.GetHandleOutput(), (0, 0, *size))
        context.EndPage()
        context.EndDoc()
    except win32ui.error:
        state = JobState.UNKNOWN if begun else JobState.QUEUED
        return Outcome(state, JobReason.PRINTER_OFFLINE, 0)
    finally:
        context.DeleteDC()
    return Outcome(JobState.ASSUMED, JobReason.NONE, 0)
