"""What was published when, and the way back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from head_office import audit
from head_office.errors import HeadOfficeError
from head_office.promotions import rules, timeline
from head_office.storage import rule_generation
from head_office.users import Role
from head_office.web import promotion_list, said_faults
from head_office.web.door import Page
from pos_plugin.clock import utc_text
from pos_plugin.errors import RuleError

if TYPE_CHECKING:
    from starlette.responses import Response

    from head_office.web.visit import Visit

SHOWN: Final = 30


def show(visit: Visit) -> Response:
    """List the newest generations, and what changed from each to the next."""
    with visit.database.read() as connection:
        found = connection.execute(
            select(rule_generation.c.generation, rule_generation.c.activate_at)
            .order_by(rule_generation.c.generation.desc())
            .limit(SHOWN + 1)
        ).all()
        stages = timeline.stages(connection, now=visit.now)
        contents = [
            {
                one["id"]: one
                for one in rules.content_of(connection, row.generation).get("promotions", [])
            }
            for row in found
        ]
    waiting = {stage.generation for stage in stages if stage.activate_at > visit.now}
    active = next((s.generation for s in stages if s.activate_at <= visit.now), None)
    rows = []
    for number, row in enumerate(found[:SHOWN]):
        mine = contents[number]
        before = contents[number + 1] if number + 1 < len(contents) else {}
        name = {
            one: promotion_list.name_of(rule, visit.language)
            for one, rule in (before | mine).items()
        }
        rows.append(
            {
                "generation": row.generation,
                "activate_at": row.activate_at,
                "is_active": row.generation == active,
                "is_planned": row.generation in waiting,
                "added": [name[one] for one in mine if one not in before],
                "changed": [
                    name[one] for one in mine if one in before and mine[one] != before[one]
                ],
                "removed": [name[one] for one in before if one not in mine],
                "count": len(mine),
            }
        )
    return visit.page("history.html", rows=rows, is_planned=bool(waiting))


def go_back(visit: Visit) -> Response:
    """Make the content of an earlier generation hold from now on."""
    generation = visit.number("generation")
    try:
        entry = rules.republish(visit.database, generation, activate_at=visit.now)
        with visit.database.write() as connection:
            audit.note(
                connection,
                at=visit.now,
                user=visit.name,
                action="rules.rolled_back",
                subject=str(entry.generation),
                to=generation,
                activate_at=utc_text(visit.now),
            )
    except (RuleError, HeadOfficeError) as fault:
        why = said_faults.said(fault, visit.language)
        return visit.go("/history", visit.say("Nicht geschehen: ", "Not done: ") + why)
    said = visit.say(
        f"Es gilt wieder, was in Stand {generation} stand (jetzt Stand {entry.generation}).",
        f"What generation {generation} held is active again (as generation {entry.generation}).",
    )
    return visit.go("/history", said)


PAGES = (
    Page("GET", "/history", Role.VIEWER, show),
    Page("POST", "/history/go-back", Role.OWNER, go_back),
)
