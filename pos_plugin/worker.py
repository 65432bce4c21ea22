"""The plugin's own thread: one piece of work after the other, and nobody waits longer than asked.

1. Work is done in the order in which it came, whole, on one thread.
2. Who asks waits at most as long as he said; the work goes on without him, its outcome stays.
3. Work that nobody has begun is dropped for newer work under the same key: a till that asks again
   and again while one answer is slow makes no queue.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from threading import Condition, Lock, Thread, get_ident
from typing import TYPE_CHECKING, Final, Generic, TypeVar, cast

if TYPE_CHECKING:
    from collections.abc import Callable

Answer = TypeVar("Answer")

IDLE_S: Final = 1.0
WAITING_MAX: Final = 256
"""Pieces of work that may wait; who comes later is told ``late`` at once."""


class Late(Exception):  # noqa: N818 - an answer, read as a state
    """Nobody has the answer yet; the work goes on."""


class Ended(Exception):  # noqa: N818
    """The thread takes no more work."""


@dataclass(slots=True, eq=False)
class _Task(Generic[Answer]):
    work: Callable[[], Answer]
    key: str | None
    # Held until the work is done: waiting for a lock costs a third of waiting for an Event.
    open: Lock = field(default_factory=Lock)
    answer: Answer | None = None
    fault: BaseException | None = None
    done: bool = False

    def run(self) -> None:
        try:
            self.answer = self.work()
        # Whoever asked gets it; on this thread nobody would see it.
        except BaseException as fault:  # noqa: BLE001
            self.fault = fault
        self.done = True
        self.open.release()

    def outcome(self) -> Answer:
        if self.fault is not None:
            raise self.fault
        return cast("Answer", self.answer)


class Worker:
    """One thread with a queue before it; starts with the first piece of work.

    Args:
        name: of the thread.
        when_idle: called on the thread when nothing was asked for a second, once a second; must
            not raise.
    """

    def __init__(self, name: str, *, when_idle: Callable[[], None] | None = None) -> None:
        self._name = name
        self._when_idle = when_idle
        self._waiting: deque[_Task[object]] = deque()
        self._changed = Condition(Lock())
        self._ended = False
        self._thread: Thread | None = None

    def ask(self, work: Callable[[], Answer], *, within_ms: int, key: str | None = None) -> Answer:
        """Return what the work returns, or raise what it raises.

        Args:
            work: called once on the worker's thread; asked from there, it is called at once.
            within_ms: how long to wait at most.
            key: work under the same key that nobody has begun yet is dropped for this.

        Raises:
            Late: the time is over, too much waits, or newer work took the place of this.
            Ended: after ``end``.
        """
        if self._thread is not None and self._thread.ident == get_ident():
            return work()
        task = _Task(work, key)
        task.open.acquire()
        with self._changed:
            if self._ended:
                raise Ended
            self._drop(key)
            if len(self._waiting) >= WAITING_MAX:
                raise Late
            self._waiting.append(cast("_Task[object]", task))
            if self._thread is None:
                self._thread = Thread(target=self._run, name=self._name, daemon=True)
                self._thread.start()
            self._changed.notify()
        if not task.open.acquire(timeout=within_ms / 1000) or not task.done:
            raise Late
        return task.outcome()

    def end(self, *, within_ms: int) -> bool:
        """Take no more work and finish what waits; say whether it was finished in time."""
        with self._changed:
            self._ended = True
            self._changed.notify()
        if self._thread is None or self._thread.ident == get_ident():
            return True
        self._thread.join(within_ms / 1000)
        return not self._thread.is_alive()

    def _drop(self, key: str | None) -> None:
        if key is None:
            return
        for task in [one for one in self._waiting if one.key == key]:
            self._waiting.remove(task)
            task.open.release()  # not done: its asker is told `late`

    def _run(self) -> None:
        while True:
            with self._changed:
                if not self._waiting and not self._ended:
                    self._changed.wait(IDLE_S)
                task = self._waiting.popleft() if self._waiting else None
                if task is None and self._ended:
                    return
            if task is not None:
                task.run()
            elif self._when_idle is not None:
                self._when_idle()
            del task  # an answer may hold a whole sale until the next one comes
