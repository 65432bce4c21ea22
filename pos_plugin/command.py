"""The first lines of the ``stammkunde`` command: Ctrl-C is silent from here on.

Loading what ``pos_plugin.cli`` needs takes a tenth of a second; an interrupt in there would be a
traceback of half a library.
"""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from types import FrameType


def main() -> None:
    """Load the command and run it."""
    # One that was started with interrupts ignored (`nohup`) goes on ignoring them.
    is_ours = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if is_ours:
        signal.signal(signal.SIGINT, _leave)
    from pos_plugin.cli import main as run

    if is_ours:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    run()


def _leave(_number: int, _frame: FrameType | None) -> NoReturn:
    # Nothing is written yet; an exception could be swallowed by a module that is being loaded.
    os._exit(130)
