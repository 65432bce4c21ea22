"""Customers: search, and everything about one."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any, NamedTuple

from head_office.crm import customer_file, voucher_search
from head_office.crm.customer_changes import CARD_STEPS
from head_office.segments import CLASSES
from head_office.users import Role
from head_office.web import customer_fields, names
from head_office.web.door import Page
from head_office.web.visit import NotThere

if TYPE_CHECKING:
    from starlette.responses import Response

    from head_office.web.forms.fields import FieldFault
    from head_office.web.visit import Visit


class Refused(NamedTuple):
    """A form of the page that could not be taken.

    Args:
        form: its code; it stays unfolded.
        said: what is wrong with it as a whole; empty = the fields say it.
        faults: what is wrong with each field.
    """

    form: str
    said: str
    faults: dict[str, FieldFault]


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
    return answer(visit, visit.query.get("id", ""))


def answer(visit: Visit, customer: str, refused: Refused | None = None) -> Response:
    """Show one, with what is wrong with the form that was sent."""
    language = visit.language
    with visit.database.read() as connection:
        found = customer_file.open_file(connection, customer, now=visit.now)
        if found is None:
            raise NotThere
        on = visit.now.astimezone().date()
        vouchers = voucher_search.of_customer(connection, customer, on=on)
        kinds = names.voucher_kinds(connection, language)
        accounts = names.accounts(connection, language)
        fields = customer_fields.of(connection, language)
        groups = [row["segment"] for row in names.rows(connection, "segment_bit")]
    shown: dict[str, list[str]] = {
        one.name: one.kind.show(_standing(found).get(one.name), language)
        for group in fields.values()
        for one in group
    }
    faults: dict[str, str] = {}
    if refused is not None:
        shown |= {one.name: list(visit.form.get(one.name, ())) for one in fields[refused.form]}
        faults = {
            name: visit.say(fault.german, fault.english) for name, fault in refused.faults.items()
        }
    return visit.page(
        "customer.html",
        status=200 if refused is None else 422,
        file=found,
        vouchers=vouchers,
        kinds=kinds,
        accounts=accounts,
        units={one.program: one.unit for one in found.accounts},
        groups=[names.group(one, language) for one in found.groups],
        fields=fields,
        shown=shown,
        faults=faults,
        refused=refused,
        stock={"groups": sorted(one for one in groups if not one.startswith(CLASSES))},
        steps=CARD_STEPS,
        order=secrets.token_urlsafe(12),
    )


def _standing(found: customer_file.File) -> dict[str, Any]:
    """What the fields show of a customer."""
    return {
        "groups": [one for one in found.groups if not one.startswith(CLASSES)],
        "rate": found.row["instant_discount_bp"] or None,
        "is_blocked": found.row["status"] == "blocked",
    }


PAGES = (
    Page("GET", "/customers", Role.VIEWER, search),
    Page("GET", "/customer", Role.VIEWER, show),
)
