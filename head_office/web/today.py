"""The first page: what is on today, and what waits for somebody."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from head_office.promotions.drafts import State
from head_office.till.status import reports
from head_office.users import Role
from head_office.web import promotion_list
from head_office.web.door import Page
from head_office.web.reading import reader
from head_office.web.stock import query
from pos_plugin.clock import instant
from pos_plugin.promotions.promotion import Promotion, Validity

if TYPE_CHECKING:
    from starlette.responses import Response

    from head_office.till.status import Reported
    from head_office.web.promotion_list import Known
    from head_office.web.visit import Visit

SHOWN: Final = 24
SILENT: Final = dt.timedelta(days=3)
"""A till that said nothing for so long is asked about; a Sunday and a holiday fit in."""


class Task(NamedTuple):
    """Something that waits for somebody; ``path`` leads to where it is done."""

    text: str
    button: str
    path: str


def show(visit: Visit) -> Response:
    """Show the day."""
    on = visit.now.astimezone().date()
    known = list(promotion_list.known(visit).values())
    with visit.database.read() as connection:
        tills = [one for one in reports(connection) if not one.is_revoked]
    # Only the times of each: a chain with a thousand promotions waits for nothing else here.
    live = [(one, Validity.model_validate(one.live.get("validity") or {})) for one in known
            if one.live is not None]  # fmt: skip
    running = [one for one, validity in live if is_on(validity, on)]
    sentences = reader(visit)

    def words(one: Known) -> str:  # what it gives, and when
        return " ".join(sentences(Promotion.model_validate(one.live))[:2])

    return visit.page(
        "today.html",
        on=on.isoformat(),
        weekday=on.isoweekday(),
        tasks=[*_tasks(known, visit), *_of_tills(tills, visit)],
        running=[_row(one, visit, words(one)) for one in running[:SHOWN]],
        more=max(0, len(running) - SHOWN),
        resting=len(live) - len(running),
        planned=[_row(one, visit, one.planned_at) for one in known if one.planned][:SHOWN],
        is_new=not known,
        tills=len(tills),
    )


def is_on(validity: Validity, on: dt.date) -> bool:
    """Return whether a promotion holds at some moment of a day.

    >>> from pos_plugin.promotions.promotion import Promotion, Validity
    >>> saturdays = Validity.model_validate({"windows": [{"weekdays": [6]}]})
    >>> is_on(saturdays, dt.date(2026, 3, 7)), is_on(saturdays, dt.date(2026, 3, 9))
    (True, False)
    """
    # Whatever holds begins to hold at one of these, or did so before midnight.
    begins = {dt.time(0), *(window.from_ for window in validity.windows)}
    if validity.from_ is not None and validity.from_.date() == on:
        begins.add(validity.from_.time())
    return any(validity.refusal(dt.datetime.combine(on, time)) is None for time in begins)


def _row(one: Known, visit: Visit, when: str | None) -> dict[str, Any]:
    return {"id": one.id, "name": promotion_list.name_of(one.newest, visit.language), "when": when}


def _tasks(known: list[Known], visit: Visit) -> list[Task]:
    found = []
    drafts = [one for one in known if one.draft is not None]
    approved = [one for one in drafts if one.draft and one.draft.state is State.APPROVED]
    if approved and visit.may(Role.OWNER):
        text = visit.say(
            f"Freigegeben und noch nicht in den Kassen: {_names(approved, visit)}",
            f"Approved and not in the tills yet: {_names(approved, visit)}",
        )
        found.append(Task(text, visit.say("Veröffentlichen", "Publish"), "/publish"))
    for one in drafts:
        if one.draft is None or one.draft.state is not State.DRAFT or not visit.may(Role.EDITOR):
            continue
        name = promotion_list.name_of(one.newest, visit.language)
        text = visit.say(f"Entwurf: {name}", f"Draft: {name}")
        path = f"/promotion?{query(id=one.id)}"
        button = (
            visit.say("Ansehen und freigeben", "Look and approve")
            if visit.may(Role.OWNER)
            else visit.say("Ansehen", "Look")
        )
        found.append(Task(text, button, path))
    return found[:SHOWN]


def _of_tills(tills: list[Reported], visit: Visit) -> list[Task]:
    found = []
    button = visit.say("Kassen ansehen", "Look at the tills")
    for one in tills:
        said = one.report
        if one.reported_at is None:
            text = visit.say(
                f"Kasse {one.till} hat sich noch nie gemeldet.",
                f"Till {one.till} has never reported.",
            )
        elif visit.now - instant(one.reported_at) >= SILENT:
            text = visit.say(
                f"Kasse {one.till} hat sich seit Tagen nicht gemeldet: Läuft sie, hat sie Netz?",
                f"Till {one.till} has not reported for days: does it run, has it a network?",
            )
        elif said.get("refused_packages"):
            text = visit.say(
                f"Kasse {one.till} hat einen Stand der Aktionen abgelehnt.",
                f"Till {one.till} refused a generation of rules.",
            )
        elif visit.now - instant(said.get("backup_at") or one.created_at) >= SILENT:
            text = visit.say(
                f"Kasse {one.till} hat seit Tagen keine Sicherung gemacht: Ist ein Ordner dafür "
                "eingerichtet, ist die Platte da?",
                f"Till {one.till} has made no backup for days: has it a folder for them, is the "
                "disk there?",
            )
        else:
            continue
        found.append(Task(text, button, "/tills"))
    return found


def _names(some: list[Known], visit: Visit) -> str:
    names = [promotion_list.name_of(one.newest, visit.language) for one in some]
    return ", ".join(names[:5]) + (" …" if len(names) > 5 else "")


PAGES = (Page("GET", "/", Role.VIEWER, show),)
