"""Vouchers: found, blocked, let go again, and what all that is open is worth."""

from __future__ import annotations

from typing import TYPE_CHECKING

from head_office.crm import voucher_blocks, voucher_search
from head_office.crm.liability import liability
from head_office.users import Role
from head_office.web import names
from head_office.web.door import Page
from head_office.web.stock import query
from head_office.web.visit import NotThere
from pos_plugin.limits import MAX_TEXT

if TYPE_CHECKING:
    from starlette.responses import Response

    from head_office.web.visit import Visit


def show(visit: Visit) -> Response:
    """List those that fit what was asked."""
    term = visit.query.get("term", "")[:MAX_TEXT]
    state = visit.query.get("state", "")
    if state not in voucher_search.STATES:
        state = ""
    on = visit.now.astimezone().date()
    with visit.database.read() as connection:
        found = voucher_search.find(connection, term=term, state=state, on=on)
        kinds = names.voucher_kinds(connection, visit.language)
    return visit.page(
        "vouchers.html",
        term=term,
        state=state,
        states=voucher_search.STATES,
        found=found,
        kinds=kinds,
        is_full=len(found) >= voucher_search.FOUND_MAX,
    )


def block(visit: Visit) -> Response:
    """Let nobody use it, or let it be used again."""
    one, is_blocked = visit.word("id"), visit.word("blocked") == "1"
    try:
        is_known = voucher_blocks.set_blocked(
            visit.database, one, is_blocked=is_blocked, by=visit.name, now=visit.now
        )
    except voucher_blocks.VoucherMoved:
        said = visit.say(
            "Nicht geschehen: Der Gutschein steht inzwischen anders.",
            "Not done: the voucher stands otherwise by now.",
        )
    else:
        if not is_known:
            raise NotThere
        said = (
            visit.say(
                "Gesperrt. Kassen mit Netz wissen es in wenigen Sekunden, andere, sobald sie es "
                "wieder haben.",
                "Blocked. Tills with a network know in a few seconds, others once they have it "
                "again.",
            )
            if is_blocked
            else visit.say(
                "Der Gutschein gilt wieder.",
                "The voucher may be used again.",
            )
        )
    return visit.go(f"/vouchers?{query(term=one)}", said)


def worth(visit: Visit) -> Response:
    """Say what open vouchers and accounts are worth today."""
    on = visit.now.astimezone().date()
    with visit.database.read() as connection:
        figures = liability(connection, on=on)
        accounts = names.accounts(connection, visit.language)
    return visit.page("liability.html", figures=figures, accounts=accounts, on=on.isoformat())


PAGES = (
    Page("GET", "/vouchers", Role.VIEWER, show),
    Page("GET", "/liability", Role.VIEWER, worth),
    Page("POST", "/vouchers/block", Role.OWNER, block),
)
