"""Uploads that wait together are written together, and each has its own answer."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest
from head_office_site import ANNA, ARTICLE, PROGRAM, Site
from sqlalchemy import event, func, select
from till_events import batch, sale_event

from head_office.intake.events import take_uploads
from head_office.problems import ProblemError
from head_office.service import upload_queue
from head_office.service.upload_queue import UploadQueue
from head_office.storage import till_event
from pos_plugin.clock import SystemClock

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from head_office.intake.events import Upload
    from head_office.storage import Database
    from sync_agent.protocol.messages import EventsAnswer

POISON = b"poison"


@pytest.fixture
def site(tmp_path: Path) -> Site:
    site = Site(tmp_path)
    site.load(article=[ARTICLE], program=[PROGRAM], customer=[ANNA])
    return site


def upload_all(database: Database, uploads: dict[str, bytes]) -> dict[str, object]:
    """Each till's answer: a number, or the word of the refusal, or the fault."""

    async def ask(queue: UploadQueue, till: str, body: bytes) -> tuple[str, object]:
        try:
            return till, (await queue.take(till, body)).acked_seq
        except ProblemError as problem:
            return till, problem.problem.word
        except ArithmeticError as fault:
            return till, str(fault)

    async def ask_all() -> dict[str, object]:
        queue = UploadQueue(database, SystemClock())
        return dict(await asyncio.gather(*(ask(queue, *one) for one in uploads.items())))

    return asyncio.run(ask_all())


def sales(till: str, *seqs: int) -> bytes:
    return batch(*(sale_event(seq, uid=f"{int(till) * 1000 + seq:032x}") for seq in seqs))


def held(database: Database) -> dict[str, int]:
    with database.read() as connection:
        rows = connection.execute(select(till_event.c.till, func.count()).group_by("till"))
        return {row.till: row[1] for row in rows}


def test_waiting_uploads_share_one_commit(site: Site) -> None:
    commits: list[object] = []
    with site.database() as database:
        event.listen(database._engine, "commit", commits.append)
        answers = upload_all(database, {str(till): sales(str(till), 1, 2) for till in range(1, 9)})
        assert held(database) == {str(till): 2 for till in range(1, 9)}
    assert answers == {str(till): 2 for till in range(1, 9)}
    assert len(commits) <= 2


def test_refused_upload_leaves_nothing_and_harms_nobody(site: Site) -> None:
    with site.database() as database:
        answers = upload_all(
            database, {"1": sales("1", 1), "2": sales("2", 1, 9), "3": sales("3", 1)}
        )
        assert answers == {"1": 1, "2": "gap", "3": 1}
        assert held(database) == {"1": 1, "3": 1}


def poisoned(
    database: Database, uploads: Sequence[Upload], **when: object
) -> list[EventsAnswer | ProblemError]:
    if any(POISON in upload.body for upload in uploads):
        raise ArithmeticError("nobody foresaw this")
    return take_uploads(database, uploads, **when)  # type: ignore[arg-type]


def test_fault_in_one_upload_is_no_fault_of_the_others(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upload_queue, "take_uploads", poisoned)
    wanted = {"1": 1, "2": "nobody foresaw this", "3": 1}
    uploads = {"1": sales("1", 1), "2": POISON, "3": sales("3", 1)}
    with site.database() as database:
        assert upload_all(database, uploads) == wanted
        # The control: whoever is not tried again alone falls with the one that failed.
        monkeypatch.setattr(UploadQueue, "_take_alone", _fail)
        uploads = {"1": sales("1", 2), "2": POISON, "3": sales("3", 2)}
        assert upload_all(database, uploads)["1"] != 2


async def _fail(_queue: UploadQueue, _upload: Upload, answer: asyncio.Future[object]) -> None:
    answer.set_exception(ArithmeticError("together"))
