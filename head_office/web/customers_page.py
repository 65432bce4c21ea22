"""Customers: search, and everything about one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from head_office.crm import customer_file
from head_office.users import Role
from head_office.web.door import Page
from head_office.web.visit import NotThere

if TYPE_CHECKING:
    from starlette.responses import Response

    from head_office.web.visit import Visit


def search(visit: Visit) -> Response:
    """Find customers by id, number, name or phone."""
    term = visit.query.get("term", "")[:80]
    with visit.database.read() as connection:
        found = customer_file.find(connection, term)
    return visit.page(
        "customers.html",
        term=term,
        found=found,
        is_full=len(found) >= customer_file.FOUND_MAX,
        is_asked=len(term.strip()) >= customer_file.TERM_MIN,
    )


def show(visit: Visit) -> Response:
    """Show one."""
    with visit.database.read() as connection:
        found = customer_file.open_file(connection, visit.query.get("id", ""), now=visit.now)
    if found is None:
        raise NotThere
    return visit.page("customer.html", file=found)


PAGES = (
    Page("GET", "/customers", Role.VIEWER, search),
    Page("GET", "/customer", Role.VIEWER, show),
)
