"""Keeps one ``GET head`` open and says when head office has something new (sync.md 5.4).

Laws of this file:

1. It only wakes. What there is, the cycle asks for itself; a hint that is lost costs at most the
   time to the next safety poll.
2. A thread and a connection of its own: a request that is held for a minute keeps nobody waiting.
3. Tills that are told the same at the same instant do not all come at the same instant.
"""

from __future__ import annotations

import hashlib
import random
import threading
import time
from typing import TYPE_CHECKING, Final

from pos_plugin.closing import Closing
from sync_agent.cycle import BACKOFF_FIRST_S, longest_backoff_s
from sync_agent.errors import HeadOfficeRefused, Stopped, Unreachable
from sync_agent.protocol.limits import HOLD_S_MAX
from sync_agent.protocol.messages import HELD_HEAD

if TYPE_CHECKING:
    from collections.abc import Callable

    from sync_agent.client import HeadOfficeClient
    from sync_agent.protocol.messages import Head

ASK_AGAIN_S: Final = 60.0  # a head office that holds no request may learn it one day
PAUSE_S: Final = 1.0  # between two questions, however fast somebody answers


def spread_wait_s(till: str, spread_s: int) -> float:
    """Return how long this till waits before it pulls, from 0 to below ``spread_s`` seconds.

    Always the same for a till; even over all tills.

    >>> spread_wait_s("3", 0)
    0.0
    >>> 0.0 < spread_wait_s("3", 3) < 3.0
    True
    """
    part = int.from_bytes(hashlib.sha256(till.encode()).digest()[:4], "big")
    return part * spread_s / 2**32


class HeldHead(Closing):
    """The thread that waits for head office, from ``start`` to ``close``.

    Args:
        client: a connection that nobody else uses; closed with this.
        till: number of the till, for the spread.
        on_news: called in the thread when there is something to pull, or head office is back.
        backoff_max_s: longest rest after failures, in seconds.
        hold_s: how long head office is asked to hold a request.
    """

    def __init__(
        self,
        client: HeadOfficeClient,
        *,
        till: str,
        on_news: Callable[[], None],
        backoff_max_s: float,
        hold_s: int = HOLD_S_MAX,
    ) -> None:
        self._client = client
        self._till = till
        self._on_news = on_news
        self._backoff_max_s = backoff_max_s
        self._hold_s = hold_s
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="held-head", daemon=True)
        self._since = ""
        self._failures = 0

    def start(self) -> None:
        """Begin to wait."""
        self._thread.start()

    def use_token(self, token: str) -> None:
        """Show another token from the next request on."""
        self._client.use_token(token)

    def stop(self) -> None:
        """End soon, also in the middle of a request."""
        self._ended.set()
        self._client.stop()

    def close(self) -> None:
        """End, and let go of the connection."""
        self.stop()
        if self._thread.is_alive():
            self._thread.join(timeout=10)
        self._client.close()

    def _run(self) -> None:
        while not self._ended.is_set():
            began_s = time.monotonic()
            try:
                head = self._client.head(since=self._since or None, wait_s=self._hold_s)
            except Stopped:
                return
            except (Unreachable, HeadOfficeRefused):
                self._failures += 1
                longest_s = longest_backoff_s(self._failures, self._backoff_max_s)
                dice = random.random()  # noqa: S311 - spreads load, keeps no secret
                self._ended.wait(max(BACKOFF_FIRST_S, dice * longest_s))
                continue
            self._answered(head, took_s=time.monotonic() - began_s)

    def _answered(self, head: Head, *, took_s: float) -> None:
        is_back, self._failures = self._failures > 0, 0
        is_news = head.mark != self._since
        self._since = head.mark
        if is_news or is_back:
            self._ended.wait(spread_wait_s(self._till, head.spread_s))
            self._on_news()
        # Told that it holds and does not, or always has news: never ask in a tight loop.
        is_held = HELD_HEAD in head.capabilities
        self._ended.wait(max(0.0, PAUSE_S - took_s) if is_held else ASK_AGAIN_S)
