"""Finds out whether the way to a printer shows that it was switched off and on; a person does it.

What a way promises (``Transport.restart``) holds for a printer at its end. A print server, a
converter or a plug that bridges DSR stands between and stays on: then a printer that was switched
off in the middle of a page answers behind the cut as if nothing had been (printing.md P28).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from printers.errors import PrinterError, PrinterReset

if TYPE_CHECKING:
    from collections.abc import Callable

    from printers.line import Line

# As many times as a printer needs seconds to start, generously: each question waits one.
_QUESTIONS: Final = 30


def is_restart_seen(
    line: Line, *, switch_off: Callable[[], None], switch_on: Callable[[], None]
) -> bool:
    """Return whether the way shows a restart of its printer.

    A connection that breaks may not answer any more. A line whose DSR falls shows it at once, and
    is not asked to be switched on again.

    Args:
        line: to a printer that answers.
        switch_off: returns when the printer is off.
        switch_on: returns when it is on again.

    Raises:
        PrinterError: it cannot be reached at the start.
        Stopped: the till is being closed.
    """
    line.connect()
    restart = line.transport.restart
    if restart == "hidden":
        return False
    switch_off()
    if restart != "breaks":
        return _has_no_dsr(line)
    switch_on()
    try:
        return not any(line.ask(1) for _ in range(_QUESTIONS))
    except PrinterError:
        return True


def _has_no_dsr(line: Line) -> bool:
    try:
        line.listen(0)
    except PrinterReset:
        return True
    lines = line.modem_lines()
    return lines is not None and not lines.dsr
