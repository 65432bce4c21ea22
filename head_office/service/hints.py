"""Holds ``GET head`` until there is something newer than the till has seen (sync.md 5.4).

Laws of this file:

1. A hint carries nothing: it says that there is something to pull. One that is lost costs time.
2. Whoever waits says what it knows (``since``). It is compared anew at every look, so a change
   between question and waiting is never missed.
3. One look serves all who wait: a look costs the same for one till and for five thousand.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from fastapi.concurrency import run_in_threadpool
from sqlalchemy import func, select

from head_office import log
from head_office.errors import HeadOfficeError
from head_office.promotions import rules
from head_office.storage import bucket as bucket_table
from head_office.storage import rule_generation
from head_office.storage import till as till_table
from sync_agent.protocol.messages import GZIP_UPLOADS, HELD_HEAD, BucketMark, Head

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from head_office.storage import Database
    from pos_plugin.clock import Clock

LOOK_S: Final = 0.2
HELD_A_TILL: Final = 4  # one, and some whose connection broke without a word
SPREAD_S_MAX: Final = 3  # a published generation is to be active at every till within 5 s
TILLS_A_SECOND: Final = 200  # so many tills a second come for what they were told of


class Hints:
    """The tills that wait for something new.

    Args:
        database: head office.
        clock: tells which generations are of interest.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._waiting: dict[str, set[tuple[str, asyncio.Future[Head | None]]]] = {}
        self._held: Counter[str] = Counter()
        self._somebody = asyncio.Event()
        self._end = asyncio.Event()

    def head(self, bucket: str) -> Head:
        """Return what there is to pull for the tills of a bucket."""
        database = self._database
        with database.read() as connection:
            place = log.mark(connection, bucket)
            generations = rules.manifest(connection, now=self._clock.now())
            highest = _highest(connection)
            tills = connection.execute(select(func.count()).select_from(till_table)).scalar_one()
        return Head(
            mark=self._mark(place, highest),
            capabilities=[HELD_HEAD, GZIP_UPLOADS],
            incarnation=database.incarnation,
            buckets={bucket: place},
            generations=generations,
            spread_s=min(SPREAD_S_MAX, tills // TILLS_A_SECOND),
        )

    async def newer(self, bucket: str, *, till: str, since: str, wait_s: float) -> Head:
        """Return the head as soon as its mark is not ``since``, at the latest after ``wait_s``.

        A till that has ``HELD_A_TILL`` requests here already is answered at once.
        """
        head = await run_in_threadpool(self.head, bucket)
        if head.mark != since or wait_s <= 0 or self._end.is_set():
            return head
        if self._held[till] >= HELD_A_TILL:
            return head
        woken: asyncio.Future[Head | None] = asyncio.get_running_loop().create_future()
        me = (since, woken)
        found: Head | None = None
        self._waiting.setdefault(bucket, set()).add(me)
        self._held[till] += 1
        self._somebody.set()
        try:
            with suppress(TimeoutError):
                found = await asyncio.wait_for(woken, wait_s)
        finally:
            waiting = self._waiting[bucket]
            waiting.discard(me)
            if not waiting:
                del self._waiting[bucket]
            self._held[till] -= 1
            if not self._held[till]:
                del self._held[till]
        return await run_in_threadpool(self.head, bucket) if found is None else found

    async def look_on(self) -> None:
        """Look for news every 0.2 s while somebody waits, until the task is cancelled."""
        while not self._end.is_set():
            if not self._waiting:
                self._somebody.clear()
                await self._somebody.wait()
            # A busy or full file: the next look finds what this one missed.
            with suppress(HeadOfficeError):
                await self._wake(await run_in_threadpool(self._marks))
            with suppress(TimeoutError):
                await asyncio.wait_for(self._end.wait(), LOOK_S)

    def end(self) -> None:
        """Answer everybody who waits; nobody is held any more."""
        self._end.set()
        self._somebody.set()
        for waiting in self._waiting.values():
            for _, woken in waiting:
                _resolve(woken, None)

    async def _wake(self, marks: dict[str, str]) -> None:
        """Answer who waits for a bucket that changed; the answer is made once for all of them."""
        for bucket, waiting in list(self._waiting.items()):
            if all(marks.get(bucket) == since for since, _ in waiting):
                continue
            head = await run_in_threadpool(self.head, bucket)
            for since, woken in list(waiting):
                if head.mark != since:
                    _resolve(woken, head)

    def _marks(self) -> dict[str, str]:
        with self._database.read() as connection:
            highest = _highest(connection)
            return {
                row.bucket: self._mark(BucketMark(epoch=row.epoch, head=row.head), highest)
                for row in connection.execute(select(bucket_table))
            }

    def _mark(self, place: BucketMark, highest: int) -> str:
        return f"{self._database.incarnation}-{place.epoch}-{place.head}-{highest}"


def _highest(connection: Connection) -> int:
    highest = connection.execute(select(func.max(rule_generation.c.generation))).scalar()
    return int(highest or 0)


def _resolve(woken: asyncio.Future[Head | None], head: Head | None) -> None:
    if not woken.done():
        woken.set_result(head)
