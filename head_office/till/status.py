"""What head office knows of its tills: their own reports, and what it holds of each."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import and_, bindparam, func, select

from head_office.storage import till as till_table
from head_office.storage import till_epoch, till_event, till_status
from head_office.till import erasures
from head_office.till.caps import TILL_CAP_MINOR, take_cap
from head_office.till.tills import REVOKED
from sync_agent.protocol.messages import EpochAcked, StatusAnswer, StatusReport

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from head_office.storage import Database


class Known(NamedTuple):
    """A till as ``head-office status`` shows it."""

    till: str
    shop: str
    is_revoked: bool
    reported_at: str | None
    last_event_at: str | None
    events: int
    not_durable: int
    quarantined: int
    report: dict[str, Any]


def take_report(
    database: Database, till: str, report: StatusReport, *, now_text: str
) -> StatusAnswer:
    """Keep the report of a till; answer what head office holds of its events."""
    text = report.model_dump_json(exclude_unset=True)
    with database.write() as connection:
        here = till_status.c.till == till
        values = {"received_at": now_text, "report": text}
        if connection.execute(till_status.update().where(here).values(values)).rowcount == 0:
            connection.execute(till_status.insert().values(till=till, **values))
        take_cap(connection, till, report.offline_cap_minor, now_text=now_text)
        erasures.confirm(
            connection, till, report.erasures_done, part=erasures.FILES, now_text=now_text
        )
        rows = connection.execute(
            select(till_epoch).where(till_epoch.c.till == till).order_by(till_epoch.c.first_seq)
        )
        epochs = [
            EpochAcked(
                epoch=row.epoch,
                acked_seq=row.acked_seq,
                durable_seq=min(row.durable_seq, row.acked_seq),
            )
            for row in rows
        ]
    return StatusAnswer(incarnation=database.incarnation, epochs=epochs)


class Reported(NamedTuple):
    """A till and its last report, without a look at its events."""

    till: str
    shop: str
    is_revoked: bool
    reported_at: str | None
    report: dict[str, Any]
    created_at: str


def reports(connection: Connection) -> list[Reported]:
    """Return the last report of each till, by shop and number."""
    found = connection.execute(
        select(till_table, till_status.c.received_at, till_status.c.report)
        .outerjoin(till_status, till_status.c.till == till_table.c.till)
        .order_by(till_table.c.shop, till_table.c.till)
    )
    return [
        Reported(
            till=row.till,
            shop=row.shop,
            is_revoked=row.token_sha256.startswith(REVOKED),
            reported_at=row.received_at,
            report=json.loads(row.report) if row.report else {},
            created_at=row.created_at,
        )
        for row in found
    ]


def known_tills(connection: Connection) -> list[Known]:
    """Return all tills, by shop and number; the time does not grow with the number of events."""
    return [
        Known(
            till=one.till,
            shop=one.shop,
            is_revoked=one.is_revoked,
            reported_at=one.reported_at,
            report=one.report,
            **_held(connection, one.till),
            quarantined=connection.execute(QUARANTINED, {"till": one.till}).scalar_one(),
        )
        for one in reports(connection)
    ]


LAST_OF_EPOCHS: Final = (
    select(till_epoch, till_event.c.received_at)
    .join(
        till_event,
        and_(
            till_event.c.till == till_epoch.c.till,
            till_event.c.epoch == till_epoch.c.epoch,
            till_event.c.seq == till_epoch.c.acked_seq,
        ),
    )
    .where(till_epoch.c.till == bindparam("till"))
)
"""Each epoch of a till, with when its newest event came: numbers leave no gap and come in order."""

KNOWN_UID: Final = "the uid is known"
"""What stands beside an event that came again under another number: no quarantine."""

QUARANTINED: Final = select(func.count()).where(
    till_event.c.till == bindparam("till"),
    till_event.c.took_effect.is_(False),
    till_event.c.problem != KNOWN_UID,
)
"""How many events of a till were not understood."""


def _held(connection: Connection, till: str) -> dict[str, Any]:
    """What head office holds of a till's events: how many, since when, how many in no backup."""
    epochs = connection.execute(LAST_OF_EPOCHS, {"till": till}).all()
    return {
        "events": sum(one.acked_seq - one.first_seq + 1 for one in epochs),
        "last_event_at": max((one.received_at for one in epochs), default=None),
        "not_durable": sum(max(0, one.acked_seq - one.durable_seq) for one in epochs),
    }


def worst_case_minor(tills: list[Known]) -> int:
    """Return what can be lost at most when all tills are offline at once, in minor units (cents).

    One cap a till that is not revoked: the one that it reported last, else 500 EUR.
    """
    return sum(
        int(one.report.get("offline_cap_minor", TILL_CAP_MINOR))
        for one in tills
        if not one.is_revoked
    )
