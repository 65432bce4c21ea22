"""Shortens the logs of the shops: removals that every till has read are needed by nobody.

A removal says to a till that a row is gone; rows that stand are in the log once anyway. It may go
as soon as the slowest till of the shop has passed it, by that till's own report. A till that comes
back with an older cursor counts other sums than head office and reads everything anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from head_office import log
from head_office.till.status import known_tills

if TYPE_CHECKING:
    from head_office.storage import Database
    from head_office.till.status import Known
    from sync_agent.protocol.messages import BucketMark


class Compacted(NamedTuple):
    """What became of one log; ``waits_for`` are tills that have not said how far they are."""

    bucket: str
    up_to: int
    dropped: int
    waits_for: list[str]


def compact(database: Database) -> list[Compacted]:
    """Drop from every log the removals that all tills of the shop have passed."""
    done: list[Compacted] = []
    with database.write() as connection:
        tills = known_tills(connection)
        for bucket in log.buckets(connection):
            mark = log.mark(connection, bucket)
            readers = [
                one for one in tills if log.shop_bucket(one.shop) == bucket and not one.is_revoked
            ]
            passed = {one.till: _passed(one, bucket, mark) for one in readers}
            up_to = min(passed.values(), default=mark.head)
            dropped = log.compact(connection, bucket, up_to=up_to)
            waits_for = [till for till, position in passed.items() if position == 0]
            done.append(Compacted(bucket, up_to, dropped, waits_for))
    return done


def _passed(till: Known, bucket: str, mark: BucketMark) -> int:
    """Return up to where a till has read this life of the log, by its last report."""
    report = till.report
    if (report.get("bucket"), report.get("bucket_epoch")) != (bucket, mark.epoch):
        return 0
    return int(report.get("position") or 0)
