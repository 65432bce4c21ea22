"""The plugin's own thread: in order, never longer than asked, no queue behind a slow answer."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Self

import pytest

from pos_plugin.worker import WAITING_MAX, Ended, Late, Worker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LONG_MS = 20_000


@pytest.fixture
def worker() -> Iterator[Worker]:
    one = Worker("test")
    yield one
    assert one.end(within_ms=LONG_MS)


class Held:
    """Work that holds the thread until it is let go."""

    def __init__(self, worker: Worker) -> None:
        self.begun = threading.Event()
        self.go_on = threading.Event()
        self._worker = worker

    def __enter__(self) -> Self:
        self._asker = threading.Thread(target=self._ask)
        self._asker.start()
        assert self.begun.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self.go_on.set()
        self._asker.join(10)

    def _ask(self) -> None:
        def hold() -> None:
            self.begun.set()
            assert self.go_on.wait(10)

        self._worker.ask(hold, within_ms=LONG_MS)


def test_who_asks_gets_the_answer(worker: Worker) -> None:
    assert worker.ask(lambda: 42, within_ms=LONG_MS) == 42


def test_who_asks_gets_the_fault(worker: Worker) -> None:
    with pytest.raises(ZeroDivisionError):
        worker.ask(lambda: 1 // 0, within_ms=LONG_MS)
    assert worker.ask(lambda: 1, within_ms=LONG_MS) == 1


def test_everything_is_done_on_one_thread(worker: Worker) -> None:
    own = threading.get_ident()
    idents = {worker.ask(threading.get_ident, within_ms=LONG_MS) for _ in range(5)}
    assert len(idents) == 1
    assert own not in idents


def test_work_asked_from_the_thread_itself_does_not_wait_for_itself(worker: Worker) -> None:
    inner: Callable[[], int] = lambda: worker.ask(lambda: 7, within_ms=LONG_MS)  # noqa: E731
    assert worker.ask(inner, within_ms=LONG_MS) == 7


def test_nobody_waits_longer_than_asked_and_the_work_goes_on(worker: Worker) -> None:
    done: list[int] = []
    with Held(worker), pytest.raises(Late):
        worker.ask(lambda: done.append(1), within_ms=1)
    worker.ask(lambda: None, within_ms=LONG_MS)
    assert done == [1]


def test_newer_work_takes_the_place_of_what_nobody_began(worker: Worker) -> None:
    done: list[int] = []
    with Held(worker):
        for number in range(3):
            with pytest.raises(Late):
                worker.ask(lambda number=number: done.append(number), within_ms=1, key="sale")
        with pytest.raises(Late):
            worker.ask(lambda: done.append(99), within_ms=1, key="another sale")
    worker.ask(lambda: None, within_ms=LONG_MS)
    assert done == [2, 99]


def test_work_that_was_dropped_ends_the_wait_of_its_asker(worker: Worker) -> None:
    told: list[str] = []
    waiting = threading.Event()

    def ask() -> None:
        waiting.set()
        try:
            worker.ask(lambda: None, within_ms=LONG_MS, key="sale")
        except Late:
            told.append("late")

    with Held(worker):
        older = threading.Thread(target=ask)
        older.start()
        assert waiting.wait(10)
        # Whether the older one is in the queue already or not, one of the two is dropped.
        for _ in range(1000):
            with pytest.raises(Late):
                worker.ask(lambda: None, within_ms=1, key="sale")
            older.join(0.01)
            if not older.is_alive():
                break
        assert told == ["late"]


def test_too_much_waiting_is_late_at_once(worker: Worker) -> None:
    done: list[int] = []
    with Held(worker):
        for number in range(WAITING_MAX):
            with pytest.raises(Late):
                worker.ask(lambda number=number: done.append(number), within_ms=0)
        with pytest.raises(Late):
            worker.ask(lambda: done.append(-1), within_ms=LONG_MS)
    worker.ask(lambda: None, within_ms=LONG_MS)
    assert done == list(range(WAITING_MAX))


def test_what_waits_is_finished_at_the_end() -> None:
    worker = Worker("test")
    done: list[int] = []
    with Held(worker):
        with pytest.raises(Late):
            worker.ask(lambda: done.append(1), within_ms=1)
        assert not worker.end(within_ms=1)
    assert worker.end(within_ms=LONG_MS)
    assert done == [1]
    with pytest.raises(Ended):
        worker.ask(lambda: None, within_ms=1)


def test_an_idle_thread_looks_ahead_once_in_a_while() -> None:
    looked = threading.Event()
    worker = Worker("test", when_idle=looked.set)
    worker.ask(lambda: None, within_ms=LONG_MS)
    assert looked.wait(20)
    assert worker.ask(lambda: 1, within_ms=LONG_MS) == 1
    assert worker.end(within_ms=LONG_MS)
