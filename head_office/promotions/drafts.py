"""Promotions on their way: written, approved, published, paused, taken up again.

| from | to | who |
|---|---|---|
| nothing, draft, approved, paused | draft: written or changed | editor |
| draft | approved | owner |
| approved | in the rules: published, the row is gone | owner |
| in the rules | paused: out of the rules, kept here | owner |
| paused | approved: may be published again | owner |

1. Nothing of it reaches a till but by publishing.
2. Whoever changes a row says which version was read; a row that moved meanwhile stays as it is.
"""

from __future__ import annotations

import json
from enum import StrEnum
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import delete, select

from head_office import audit
from head_office.errors import HeadOfficeError
from head_office.promotions import timeline
from head_office.promotions.timeline import Change
from head_office.storage import draft
from pos_plugin.clock import utc_text
from pos_plugin.promotions.generation import RuleGeneration
from sync_agent.protocol.json_bytes import compact_json

if TYPE_CHECKING:
    import datetime as dt

    from sqlalchemy.engine import Connection, Row

    from head_office.storage import Database


class State(StrEnum):
    """Where a promotion stands on its way."""

    DRAFT = "draft"
    APPROVED = "approved"
    PAUSED = "paused"


class Draft(NamedTuple):
    """A promotion on its way."""

    id: str
    rule: dict[str, Any]
    state: State
    version: int
    changed_at: str
    changed_by: str


class DraftMoved(HeadOfficeError):  # noqa: N818 - read as states, like the others
    """Somebody else changed it first, or it is not in the state that the step needs."""

    def __init__(self, promotion_id: str) -> None:
        super().__init__(
            f"{promotion_id} was changed by somebody else meanwhile", hint="Open it again."
        )


def known(connection: Connection) -> dict[str, Draft]:
    """Return all rows by id."""
    return {row.id: _draft(row) for row in connection.execute(select(draft).order_by(draft.c.id))}


def save(
    database: Database, rule: dict[str, Any], *, version: int, user: str, now: dt.datetime
) -> None:
    """Write a promotion as a draft; what was approved or paused is a draft again.

    Args:
        database: head office.
        rule: the promotion.
        version: that was read; 0 where there is no row yet.
        user: who writes.
        now: instant.

    Raises:
        RuleError: naming the first wrong place.
        DraftMoved: the row has another version.
    """
    RuleGeneration.from_value([rule])
    promotion_id = str(rule["id"])
    values = {
        "rule": compact_json(rule).decode(),
        "state": State.DRAFT.value,
        "version": version + 1,
        "changed_at": utc_text(now),
        "changed_by": user,
    }
    with database.write() as connection:
        if version == 0:
            if _row(connection, promotion_id) is not None:
                raise DraftMoved(promotion_id)
            connection.execute(draft.insert().values(id=promotion_id, **values))
        else:
            _move(connection, promotion_id, version, values, list(State))
        audit.note(
            connection,
            at=now,
            user=user,
            action="promotion.written",
            subject=promotion_id,
            rule=rule,
        )


def approve(
    database: Database, promotion_id: str, *, version: int, user: str, now: dt.datetime
) -> None:
    """Allow a draft, or a promotion that was paused, to be published.

    Raises:
        DraftMoved: the row has another version or is approved already.
    """
    values = {
        "state": State.APPROVED.value,
        "version": version + 1,
        "changed_at": utc_text(now),
        "changed_by": user,
    }
    with database.write() as connection:
        _move(connection, promotion_id, version, values, [State.DRAFT, State.PAUSED])
        audit.note(connection, at=now, user=user, action="promotion.approved", subject=promotion_id)


def drop(
    database: Database, promotion_id: str, *, version: int, user: str, now: dt.datetime
) -> None:
    """Throw a draft away; what is in the rules stays there.

    Raises:
        DraftMoved: the row has another version.
    """
    with database.write() as connection:
        _move(connection, promotion_id, version, {"version": version}, list(State))
        connection.execute(delete(draft).where(draft.c.id == promotion_id))
        audit.note(connection, at=now, user=user, action="promotion.dropped", subject=promotion_id)


def approved(connection: Connection) -> list[Draft]:
    """Return what may be published."""
    return [one for one in known(connection).values() if one.state is State.APPROVED]


def publish(
    database: Database,
    versions: dict[str, int],
    *,
    user: str,
    now: dt.datetime,
    activate_at: dt.datetime,
) -> list[int]:
    """Publish approved promotions from an instant on; return the new generations.

    Args:
        database: head office.
        versions: of the promotions, as they were shown to who publishes.
        user: who publishes.
        now: instant.
        activate_at: from when tills use them; before now = now.

    Raises:
        DraftMoved: one of them has another version or is not approved.
        RuleError: the rules as a whole are not taken.
    """
    with database.write() as connection:
        changes = []
        for promotion_id, version in sorted(versions.items()):
            row = _row(connection, promotion_id)
            if row is None or row.version != version or row.state != State.APPROVED:
                raise DraftMoved(promotion_id)
            changes.append(Change(promotion_id, json.loads(row.rule)))
            connection.execute(delete(draft).where(draft.c.id == promotion_id))
        numbers = timeline.change(database, connection, changes, now=now, activate_at=activate_at)
        audit.note(
            connection,
            at=now,
            user=user,
            action="rules.published",
            subject=", ".join(map(str, numbers)),
            promotions=sorted(versions),
            activate_at=utc_text(max(activate_at, now)),
        )
    return numbers


def pause(database: Database, promotion_id: str, *, user: str, now: dt.datetime) -> list[int]:
    """Take a promotion out of the rules from now on, also of those planned, and keep it here.

    Raises:
        DraftMoved: it is not in the rules, or somebody is changing it.
    """
    with database.write() as connection:
        found = [
            stage.promotions[promotion_id]
            for stage in timeline.stages(connection, now=now)
            if promotion_id in stage.promotions
        ]
        if not found or _row(connection, promotion_id) is not None:
            raise DraftMoved(promotion_id)
        connection.execute(
            draft.insert().values(
                id=promotion_id,
                rule=compact_json(found[-1]).decode(),
                state=State.PAUSED.value,
                version=1,
                changed_at=utc_text(now),
                changed_by=user,
            )
        )
        numbers = timeline.change(
            database, connection, [Change(promotion_id, None)], now=now, activate_at=now
        )
        audit.note(
            connection,
            at=now,
            user=user,
            action="promotion.paused",
            subject=promotion_id,
            generations=numbers,
        )
    return numbers


def _move(
    connection: Connection,
    promotion_id: str,
    version: int,
    values: dict[str, Any],
    states: list[State],
) -> None:
    here = (draft.c.id == promotion_id) & (draft.c.version == version)
    allowed = draft.c.state.in_([state.value for state in states])
    if connection.execute(draft.update().where(here & allowed).values(values)).rowcount == 0:
        raise DraftMoved(promotion_id)


def _row(connection: Connection, promotion_id: str) -> Row[Any] | None:
    return connection.execute(select(draft).where(draft.c.id == promotion_id)).one_or_none()


def _draft(row: Row[Any]) -> Draft:
    return Draft(
        id=row.id,
        rule=json.loads(row.rule),
        state=State(row.state),
        version=row.version,
        changed_at=row.changed_at,
        changed_by=row.changed_by,
    )
