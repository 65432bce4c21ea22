"""Which rules hold when: the generation that is active now, and those that wait for their instant.

Tills use the highest generation whose instant has come. So a generation that is followed by a
higher one with an earlier instant never becomes active, and does not stand here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import select

from head_office.promotions import rules
from head_office.storage import rule_generation
from pos_plugin.clock import instant, utc_text

if TYPE_CHECKING:
    import datetime as dt

    from sqlalchemy.engine import Connection

    from head_office.storage import Database

PLANNED_MAX = 20
"""Generations looked at behind the active one."""


class Stage(NamedTuple):
    """A generation that is active, or will be."""

    generation: int
    activate_at: dt.datetime
    content: dict[str, Any]

    @property
    def promotions(self) -> dict[str, dict[str, Any]]:
        """Its promotions by id."""
        return {one["id"]: one for one in self.content.get("promotions", [])}


class Change(NamedTuple):
    """What is done with one promotion: ``rule`` takes its place, None takes it out."""

    id: str
    rule: dict[str, Any] | None


def stages(connection: Connection, *, now: dt.datetime) -> list[Stage]:
    """Return the active generation, if there is one, and those planned, by their instants."""
    now_text = utc_text(now)
    rows = connection.execute(
        select(rule_generation.c.generation, rule_generation.c.activate_at)
        .order_by(rule_generation.c.generation.desc())
        .limit(rules.NEWEST_MAX)
    ).all()
    found: list[Stage] = []
    earliest: str | None = None
    for generation, activate_at in rows:
        if earliest is None or activate_at < earliest:
            earliest = activate_at
            content = rules.content_of(connection, generation)
            found.append(Stage(generation, instant(activate_at), content))
        if activate_at <= now_text or len(found) > PLANNED_MAX:
            break
    return found[::-1]


def change(
    database: Database,
    connection: Connection,
    changes: list[Change],
    *,
    now: dt.datetime,
    activate_at: dt.datetime,
) -> list[int]:
    """Publish changes from an instant on, over whatever is planned behind it.

    What is planned for later keeps its instant and gets the same changes: publishing for today does
    not lose tomorrow, and tomorrow does not undo today.

    Args:
        database: head office.
        connection: its open write transaction.
        changes: each promotion at most once.
        now: instant.
        activate_at: from when they hold; before now = now.

    Returns:
        The new generations.

    Raises:
        RuleError: the rules are not taken; the transaction has to be given up.
    """
    planned = contents(connection, changes, now=now, activate_at=activate_at)
    return [entry.generation for entry in rules.publish_in_turn(database, connection, planned)]


def contents(
    connection: Connection, changes: list[Change], *, now: dt.datetime, activate_at: dt.datetime
) -> list[tuple[dict[str, Any], dt.datetime]]:
    """Return what ``change`` would publish, with the instants; at least one content."""
    begin = max(activate_at, now)
    known = stages(connection, now=now)
    base = [stage.content for stage in known if stage.activate_at <= begin]
    return [
        (changed(base[-1] if base else {}, changes), begin),
        *(
            (changed(stage.content, changes), stage.activate_at)
            for stage in known
            if stage.activate_at > begin
        ),
    ]


def changed(content: dict[str, Any], changes: list[Change]) -> dict[str, Any]:
    """Return a content with the changes made.

    >>> changed({"promotions": [{"id": "A"}]}, [Change("B", {"id": "B"}), Change("A", None)])
    {'promotions': [{'id': 'B'}]}
    """
    promotions = {one["id"]: one for one in content.get("promotions", [])}
    for one in changes:
        if one.rule is None:
            promotions.pop(one.id, None)
        else:
            promotions[one.id] = one.rule
    return {**content, "promotions": list(promotions.values())}
