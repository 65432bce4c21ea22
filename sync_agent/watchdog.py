"""Tells systemd that the agent goes on; one that hangs is ended and started again.

The datagrams of sd_notify(3), without its library. Where nobody asks for them nothing is sent.
"""

from __future__ import annotations

import os
import socket
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

ALIVE: Final = b"WATCHDOG=1"
_EVERY_S: Final = 10.0


class Watchdog:
    """What systemd asked of this process.

    Args:
        environment: as the process got it; default its own.
    """

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        asked = os.environ if environment is None else environment
        is_for_us = asked.get("WATCHDOG_PID", str(os.getpid())) == str(os.getpid())
        place = asked.get("NOTIFY_SOCKET", "") if is_for_us and "WATCHDOG_USEC" in asked else ""
        # A name that begins with @ stands for one outside of the file system (unix(7)).
        self._address = "\0" + place[1:] if place.startswith("@") else place
        self._told_s: float | None = None

    def alive(self) -> None:
        """Say that the agent goes on; called as often as it does something."""
        now_s = time.monotonic()
        if not self._address or (self._told_s is not None and now_s - self._told_s < _EVERY_S):
            return
        self._told_s = now_s
        with (
            suppress(OSError),  # nobody listens any more: selling goes on
            socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as outbox,
        ):
            outbox.setblocking(False)
            outbox.sendto(ALIVE, self._address)
