"""Bounded waiting for what another process or thread does."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def until(condition: Callable[[], object], *, within_s: float, what: str) -> None:
    """Return as soon as the condition holds; fail with ``what`` when it never does in time."""
    pause = threading.Event()
    ends_s = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > ends_s:
            raise AssertionError(f"not within {within_s} s: {what}")
        pause.wait(0.02)
