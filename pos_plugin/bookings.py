"""How every face of the plugin books: on the plugin's thread, in time, and then on paper.

1. What is booked is durable before anybody is told; whatever the printing does, it stays booked.
2. Nobody waits longer than the budget: a late booking goes on, and the same call again has its
   answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from pos_plugin.answers import Receipt
from pos_plugin.sales import late_refusal, refusal_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from pos_plugin.notices import Refused
    from pos_plugin.sales import Counter

Answer = TypeVar("Answer")


class Bookings:
    """Does for a host what is no sale; made by ``Plugin.open``.

    Args:
        counter: does the work in time.
        within_ms: how long a call may take, in milliseconds.
        on_booked: told on the plugin's thread what was booked, when it is durable.
        for_host: completes an answer for the host that asked, on its own thread.
    """

    def __init__(
        self,
        counter: Counter,
        *,
        within_ms: int,
        on_booked: Callable[[Receipt], None],
        for_host: Callable[[Receipt], Receipt],
    ) -> None:
        self._counter = counter
        self._within_ms = within_ms
        self._on_booked = on_booked
        self._for_host = for_host

    def book(self, work: Callable[[], Receipt | Refused]) -> Receipt | Refused:
        """Return what the work booked, or why it did not."""

        def booked() -> Receipt | Refused:
            receipt = work()
            if isinstance(receipt, Receipt):
                self._on_booked(receipt)
            return receipt

        receipt = self.look(booked)
        return self._for_host(receipt) if isinstance(receipt, Receipt) else receipt

    def look(self, work: Callable[[], Answer | Refused]) -> Answer | Refused:
        """Return what the work finds; it books nothing."""
        return self._counter.do(
            work, within_ms=self._within_ms, instead=refusal_of, late=late_refusal
        )
