"""A line from an agent to head office without HTTP, which loses, repeats and forgets by dice.

It stands where the agent has its ``HeadOfficeClient``: the same calls, over the same bytes, into
the functions of head office. For seeded schedules alone; everything else speaks HTTP.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy import select

from head_office import log
from head_office.errors import HeadOfficeError
from head_office.intake import events
from head_office.problems import ProblemError
from head_office.service.hints import Hints
from head_office.storage import blob
from sync_agent.errors import HeadOfficeRefused, Unreachable
from sync_agent.protocol.pages import parse_page

if TYPE_CHECKING:
    import datetime as dt
    import random
    from collections.abc import Callable

    from head_office.storage import Database
    from pos_plugin.clock import Clock
    from sync_agent.protocol.messages import EventsAnswer, Head
    from sync_agent.protocol.pages import Page

Answer = TypeVar("Answer")
KEPT_BATCHES = 20


class DirectLine:
    """The connection of one till.

    Args:
        office: gives the open head office; it may be another one later.
        clock: of head office.
        machine: the clock of the till's machine.
        bucket: of the till's shop.
        dice: draws what becomes of each call.
    """

    def __init__(
        self,
        office: Callable[[], Database],
        *,
        clock: Clock,
        machine: Clock,
        bucket: str,
        dice: random.Random,
    ) -> None:
        self._office = office
        self._clock = clock
        self._machine = machine
        self._bucket = bucket
        self._dice = dice
        self._sent: list[tuple[str, bytes]] = []
        self.is_bad = False
        """Whether calls are lost and repeated."""
        self.clock_offset_ms: int | None = None
        self.head_office_at: dt.datetime | None = None

    def head(self) -> Head:
        return self._over(lambda: Hints(self._office(), self._clock).head(self._bucket))

    def changes(self, bucket: str, *, after: int, limit: int) -> Page:
        def ask() -> bytes:
            with self._office().read() as connection:
                return log.page(connection, bucket, after=after, rows_max=limit)

        return parse_page(self._over(ask), bucket=bucket, after=after)

    def blob(self, sha256: str, *, bytes_max: int = 0) -> bytes:
        del bytes_max

        def ask() -> bytes:
            with self._office().read() as connection:
                return bytes(
                    connection.execute(
                        select(blob.c.content).where(blob.c.sha256 == sha256)
                    ).scalar_one()
                )

        return self._over(ask)

    def send_events(self, till: str, body: bytes, *, as_gzip: bool = False) -> EventsAnswer:
        del as_gzip
        self._sent = [*self._sent[-KEPT_BATCHES:], (till, body)]
        return self._over(lambda: self._take(till, body))

    def arrive_late(self) -> None:
        """A batch of some time ago comes again, out of order; nobody waits for the answer."""
        if self._sent:
            till, body = self._dice.choice(self._sent)
            try:
                self._take(till, body)
            except HeadOfficeRefused:
                return

    def stop(self) -> None:
        """As the client's."""

    def close(self) -> None:
        """As the client's."""

    def _take(self, till: str, body: bytes) -> EventsAnswer:
        return _mapped(
            lambda: events.take_batch(self._office(), till=till, body=body, now=self._clock.now())
        )

    def _over(self, ask: Callable[[], Answer]) -> Answer:
        fate = self._dice.random() if self.is_bad else 1.0
        if fate < 0.1:
            raise Unreachable("the question was lost")
        answer = _mapped(ask)
        if fate < 0.2:
            raise Unreachable("the answer was lost")
        if fate < 0.3:
            answer = _mapped(ask)
        self.head_office_at = self._clock.now()
        distance: Any = self._clock.now() - self._machine.now()
        self.clock_offset_ms = int(distance.total_seconds()) * 1_000
        return answer


def _mapped(ask: Callable[[], Answer]) -> Answer:
    try:
        return ask()
    except ProblemError as fault:
        raise HeadOfficeRefused(fault.word, str(fault), status=fault.problem.status) from None
    except HeadOfficeError as fault:
        raise Unreachable(str(fault)) from None
