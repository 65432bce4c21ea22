"""The audit log, for the owner's eyes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from head_office import audit
from head_office.users import Role
from head_office.web.door import Page

if TYPE_CHECKING:
    from starlette.responses import Response

    from head_office.web.visit import Visit

SHOWN: Final = 200


def show(visit: Visit) -> Response:
    """List the newest entries."""
    with visit.database.read() as connection:
        rows = audit.newest(connection, rows_max=SHOWN)
    return visit.page("log.html", rows=rows)


PAGES = (Page("GET", "/log", Role.OWNER, show),)
