"""Takes uploads that wait at the same instant together: one flush onto the disk for all of them.

Laws of this file:

1. Nobody is answered before the transaction that holds its batch has returned.
2. Who waits together is bounded by the size of one full batch: whoever else writes, a voucher held
   for a customer at the counter, waits no longer than for one large upload.
3. A fault in one batch is no fault of the others: each is tried again alone.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from fastapi.concurrency import run_in_threadpool

from head_office.intake.events import Upload, take_uploads
from sync_agent.protocol.limits import BATCH_BYTES_MAX
from sync_agent.protocol.messages import EventsAnswer

if TYPE_CHECKING:
    from head_office.storage import Database
    from pos_plugin.clock import Clock

TOGETHER_BYTES_MAX: Final = BATCH_BYTES_MAX

_Answer = asyncio.Future[EventsAnswer]


class UploadQueue:
    """The uploads that wait for their turn to be written.

    Args:
        database: head office.
        clock: tells the instant of arrival.
    """

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._waiting: list[tuple[Upload, _Answer]] = []
        self._work: asyncio.Task[None] | None = None

    async def take(self, till: str, body: bytes) -> EventsAnswer:
        """Take a batch of one till, together with what else is waiting.

        Raises:
            ProblemError: nothing of it was taken.
            HeadOfficeError: busy, full or damaged; nothing of it was taken.
        """
        answer: _Answer = asyncio.get_running_loop().create_future()
        self._waiting.append((Upload(till, body), answer))
        if self._work is None or self._work.done():
            self._work = asyncio.create_task(self._take_all())
        return await answer

    async def _take_all(self) -> None:
        while self._waiting:
            together = self._next()
            try:
                await self._take_together(together)
            except Exception:  # noqa: BLE001 - whose fault it is shows when each is taken alone
                for one in together:
                    await self._take_alone(*one)

    def _next(self) -> list[tuple[Upload, _Answer]]:
        size = count = 0
        for upload, _ in self._waiting:
            size += len(upload.body)
            if count and size > TOGETHER_BYTES_MAX:
                break
            count += 1
        together, self._waiting = self._waiting[:count], self._waiting[count:]
        return together

    async def _take_together(self, together: list[tuple[Upload, _Answer]]) -> None:
        uploads = [upload for upload, _ in together]
        answers = await run_in_threadpool(
            take_uploads, self._database, uploads, now=self._clock.now()
        )
        for (_, answer), found in zip(together, answers, strict=True):
            _resolve(answer, found)

    async def _take_alone(self, upload: Upload, answer: _Answer) -> None:
        try:
            await self._take_together([(upload, answer)])
        except Exception as fault:  # noqa: BLE001 - the server maps it to an answer, as everywhere
            _resolve(answer, fault)


def _resolve(answer: _Answer, found: EventsAnswer | Exception) -> None:
    if answer.done():
        return  # whoever asked has gone; what was taken stays taken
    if isinstance(found, Exception):
        answer.set_exception(found)
    else:
        answer.set_result(found)
