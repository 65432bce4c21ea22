"""Work beside the page: it ends, it fails in words, and it is remembered within bounds."""

from __future__ import annotations

import datetime as dt
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from waiting import until

from head_office.web.jobs import KEPT, OF_OWNER, Jobs, TooMuchWork

if TYPE_CHECKING:
    from collections.abc import Iterator

RULE = {
    "id": "A",
    "layer": "article",
    "offer": {"kind": "unit_discount", "benefit": {"type": "percent", "bp": 1000}},
}


def order(*promotions: dict[str, Any]) -> dict[str, Any]:
    return {
        "work": "lint",
        "promotions": list(promotions),
        "articles": [],
        "on": dt.date(2026, 3, 7).isoformat(),
        "max_combined_bp": 5000,
    }


@contextmanager
def opened() -> Iterator[Jobs]:
    jobs = Jobs()
    try:
        yield jobs
    finally:
        jobs.close()


def test_a_check_ends_with_its_findings() -> None:
    with opened() as jobs:
        job = jobs.start("olga", order(RULE))
        assert job.is_over.wait(60)
        assert job.percent == 100
        assert job.result is not None
        assert {one["code"] for one in job.result["findings"]} >= {"label_de_missing"}
        assert jobs.find(job.id, "olga") is job
        assert jobs.find(job.id, "emil") is None


def test_rules_that_are_none_are_a_fault_in_words() -> None:
    with opened() as jobs:
        job = jobs.start("olga", order(RULE, RULE))
        assert job.is_over.wait(60)
        assert job.result == {"fault": "promotions[1].id: the id 'A' stands twice"}


def test_a_process_that_breaks_is_a_fault_too() -> None:
    with opened() as jobs:
        job = jobs.start("olga", {"work": "lint"})
        assert job.is_over.wait(60)
        assert job.result == {"fault": "the work ended early"}


def test_closing_ends_what_runs() -> None:
    jobs = Jobs()
    job = jobs.start("olga", order(*({**RULE, "id": str(n)} for n in range(300))))
    until(lambda: job.most or job.is_over.is_set(), within_s=60, what="it begins")
    jobs.close()
    assert job.is_over.wait(60)
    late = jobs.start("olga", order(RULE))
    assert late.is_over.wait(60)
    assert late.result == {"fault": "the work ended early"}


def test_nobody_starts_more_than_is_finished() -> None:
    with opened() as jobs:
        long = order(*({**RULE, "id": str(n)} for n in range(300)))
        mine = [jobs.start("olga", long) for _ in range(OF_OWNER)]
        with pytest.raises(TooMuchWork):
            jobs.start("olga", order(RULE))
        others = jobs.start("emil", order(RULE))  # another owner waits for a turn only
        jobs.close()
        for job in (*mine, others):
            assert job.is_over.wait(60)
        assert jobs.start("olga", order(RULE)).is_over.wait(60)


def test_only_the_last_jobs_are_remembered() -> None:
    jobs = Jobs()
    jobs.close()
    first = jobs.start("olga", order(RULE))
    assert first.is_over.wait(60)
    for _ in range(KEPT):
        assert jobs.start("olga", order(RULE)).is_over.wait(60)
    assert jobs.find(first.id, "olga") is None
