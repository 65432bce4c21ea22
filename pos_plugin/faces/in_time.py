"""How every face of the plugin works: on the plugin's thread, in time, and then on paper.

1. What is booked is durable before anybody is told; whatever the printing does, it stays booked.
2. Nobody waits longer than the budget: late work goes on, and the same call again has its answer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

from pos_plugin.answers import Receipt
from pos_plugin.errors import StorageError
from pos_plugin.notices import Notice, NoticeCode, Refusal, Refused

if TYPE_CHECKING:
    from collections.abc import Callable

Answer = TypeVar("Answer")


class Counter(Protocol):
    """Does work on the plugin's own thread, never longer than its budget, never with a fault."""

    def do(
        self,
        work: Callable[[], Answer],
        *,
        within_ms: int,
        instead: Callable[[Exception], Answer],
        late: Callable[[], Answer],
        key: str | None = None,
    ) -> Answer:
        """Return what the work returns, ``instead`` of a fault, or ``late``."""
        ...


class InTime:
    """Does the work of a face; made by ``Plugin.open``.

    Args:
        counter: does the work itself.
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
        self.counter = counter
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

        receipt = self.do(booked)
        return self._for_host(receipt) if isinstance(receipt, Receipt) else receipt

    def do(
        self, work: Callable[[], Answer | Refused], *, within_ms: int | None = None
    ) -> Answer | Refused:
        """Return what the work returns, or why there is no answer; nothing goes on paper.

        Args:
            work: to be done.
            within_ms: how long it may take, in milliseconds; missing = as for every call.
        """
        return self.counter.do(
            work,
            within_ms=self._within_ms if within_ms is None else within_ms,
            instead=refusal_of,
            late=late_refusal,
        )


def notice_of(fault: Exception) -> Notice:
    """Return what the cashier should know of a fault."""
    if isinstance(fault, StorageError):
        return Notice(NoticeCode.CACHE_UNAVAILABLE)
    return Notice(NoticeCode.LIST_PRICE)


def refusal_of(fault: Exception) -> Refused:
    """Return why a fault left something undone."""
    if isinstance(fault, StorageError):
        return Refused(Refusal.JOURNAL_UNAVAILABLE)
    return Refused(Refusal.PLUGIN_FAULT)


def late_refusal() -> Refused:
    """Return that nobody has the answer yet."""
    return Refused(Refusal.LATE)
