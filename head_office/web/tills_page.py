"""The tills: who was heard of when, what waits, which rules they use, how old their backup is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from head_office.promotions import timeline
from head_office.till.status import known_tills, worst_case_minor
from head_office.users import Role
from head_office.web.door import Page

if TYPE_CHECKING:
    from starlette.responses import Response

    from head_office.web.visit import Visit


def show(visit: Visit) -> Response:
    """List them."""
    with visit.database.read() as connection:
        tills = known_tills(connection)
        stages = timeline.stages(connection, now=visit.now)
    active = [stage.generation for stage in stages if stage.activate_at <= visit.now]
    return visit.page(
        "tills.html",
        tills=tills,
        generation=active[-1] if active else None,
        worst_case_minor=worst_case_minor(tills),
    )


PAGES = (Page("GET", "/tills", Role.VIEWER, show),)
