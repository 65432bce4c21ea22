"""Removals leave the log when every till has read them, and never before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from head_office_site import ANNA, ARTICLE, PROGRAM, Site
from processes import stammkunde
from sqlalchemy import select

from head_office import log
from head_office.compacting import compact
from head_office.storage import bucket_row
from head_office.till import tills
from head_office.till.status import take_report
from sync_agent.protocol.messages import StatusReport

if TYPE_CHECKING:
    from pathlib import Path

BUCKET = "shop:001"
NOON = "2026-03-07T12:00:00.000Z"


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """Two tills of a shop whose only customer was taken out."""
    site = Site(tmp_path)
    site.load(article=[ARTICLE], program=[PROGRAM], customer=[ANNA])
    site.add_till("3")
    site.add_till("4")
    with site.database() as database, database.write() as connection:
        log.append(connection, BUCKET, [[("customer", {"id": "K1", "reason": "deleted"})]])
    return site


def say(site: Site, till: str, *, position: int, epoch: int | None = None) -> None:
    with site.database() as database:
        with database.read() as connection:
            mark = log.mark(connection, BUCKET)
        said = StatusReport(
            bucket=BUCKET, bucket_epoch=mark.epoch if epoch is None else epoch, position=position
        )
        take_report(database, till, said, now_text=NOON)


def head(site: Site) -> int:
    with site.database() as database, database.read() as connection:
        return log.mark(connection, BUCKET).head


def removals(site: Site) -> int:
    with site.database() as database, database.read() as connection:
        gone = select(bucket_row.c.row_key).where(bucket_row.c.op == "R")
        return len(connection.execute(gone).all())


def test_removal_goes_when_the_slowest_till_has_passed_it(site: Site) -> None:
    last = head(site)
    say(site, "3", position=last)
    say(site, "4", position=last - 1)
    assert compacted(site) == 0
    say(site, "4", position=last)
    assert compacted(site) == 1
    assert removals(site) == 0


def compacted(site: Site) -> int:
    with site.database() as database:
        return sum(one.dropped for one in compact(database))


def test_till_that_never_spoke_keeps_every_removal(site: Site) -> None:
    say(site, "3", position=head(site))
    done = stammkunde("head-office", "compact", "--data", site.data)
    assert done.returncode == 0
    assert "no report yet from till 4" in done.stdout
    assert removals(site) == 1


def test_cursor_of_another_life_of_the_log_says_nothing(site: Site) -> None:
    say(site, "3", position=head(site))
    say(site, "4", position=head(site), epoch=1)
    assert compacted(site) == 0


def test_till_that_was_revoked_is_not_waited_for(site: Site) -> None:
    say(site, "3", position=head(site))
    with site.database() as database:
        tills.revoke(database, "4", now_text=NOON)
    assert compacted(site) == 1
