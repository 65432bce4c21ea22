"""What head office knows of its tills: their own reports, and what it holds of each."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import func, select

from head_office.storage import till as till_table
from head_office.storage import till_epoch, till_event, till_status
from head_office.till import erasures
from head_office.till.caps import TILL_CAP_MINOR, take_cap
from head_office.till.tills import REVOKED
from sync_agent.protocol import EpochAcked, StatusAnswer, StatusReport

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
        )
        for row in found
    ]


def known_tills(connection: Connection) -> list[Known]:
    """Return all tills, by shop and number."""
    found = []
    for row in connection.execute(
        select(till_table).order_by(till_table.c.shop, till_table.c.till)
    ):
        mine = till_event.c.till == row.till
        said = connection.execute(
            select(till_status).where(till_status.c.till == row.till)
        ).one_or_none()
        events = connection.execute(
            select(func.count(), func.max(till_event.c.received_at)).where(mine)
        ).one()
        quarantined = connection.execute(
            select(func.count()).where(
                mine & till_event.c.took_effect.is_(False) & (till_event.c.problem != KNOWN_UID)
            )
        ).scalar_one()
        not_durable = connection.execute(
            select(func.sum(till_epoch.c.acked_seq - till_epoch.c.durable_seq)).where(
                (till_epoch.c.till == row.till)
                & (till_epoch.c.acked_seq > till_epoch.c.durable_seq)
            )
        ).scalar()
        found.append(
            Known(
                till=row.till,
                shop=row.shop,
                is_revoked=row.token_sha256.startswith(REVOKED),
                reported_at=said.received_at if said else None,
                last_event_at=events[1],
                events=int(events[0]),
                not_durable=int(not_durable or 0),
                quarantined=int(quarantined),
                report=json.loads(said.report) if said else {},
            )
        )
    return found


def worst_case_minor(tills: list[Known]) -> int:
    """Return what can be lost at most when all tills are offline at once, in minor units (cents).

    One cap a till that is not revoked: the one that it reported last, else 500 EUR.
    """
    return sum(
        int(one.report.get("offline_cap_minor", TILL_CAP_MINOR))
        for one in tills
        if not one.is_revoked
    )


KNOWN_UID: Final = "the uid is known"
"""What stands beside an event that came again under another number: no quarantine."""
