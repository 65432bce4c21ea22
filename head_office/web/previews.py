"""What a promotion would have cost: the shop's own receipts, once as they are, once with it."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, Final

from head_office.promotions import drafts, preview
from head_office.promotions.timeline import Change
from head_office.users import Role
from head_office.web import promotion_list
from head_office.web.door import Page
from head_office.web.stock import query
from head_office.web.visit import NotThere

if TYPE_CHECKING:
    from starlette.responses import Response

    from head_office.web.visit import Visit

DAYS: Final = 28


def begin(visit: Visit) -> Response:
    """Begin to replay: one promotion, or all that are approved."""
    asked = visit.word("id")
    if asked:
        known = promotion_list.known(visit).get(asked)
        if known is None:
            raise NotThere
        changes = [Change(asked, known.newest)]
    else:
        with visit.database.read() as connection:
            changes = [Change(one.id, one.rule) for one in drafts.approved(connection)]
    today = visit.now.astimezone().date()
    order = preview.order(
        visit.database,
        changes,
        now=visit.now,
        first_on=today - dt.timedelta(days=DAYS),
        last_on=today,
    )
    otherwise = f"/promotion?{query(id=asked)}" if asked else "/publish"
    return visit.start(order | {"asked": asked}, shown_at="/previews", otherwise=otherwise)


def show(visit: Visit) -> Response:
    """Show how far it is, or what came out."""
    job = visit.site.jobs.find(visit.path["job"], visit.name)
    if job is None or job.order["work"] != "replay":
        raise NotThere
    result: dict[str, Any] = (job.result or {}) if job.is_over.is_set() else {}
    names = {
        rule["id"]: promotion_list.name_of(rule, visit.language)
        for side in ("live", "draft")
        for rule in job.order[side]["promotions"]
    }
    return visit.page(
        "preview.html",
        job=job,
        days=DAYS,
        receipts=len(job.order["receipts"]),
        most=preview.RECEIPTS_MAX,
        result=result,
        changes=result.get("changes", {}),
        fault=result.get("fault", ""),
        names=names,
        back=job.order["asked"],
    )


PAGES = (
    Page("POST", "/previews", Role.EDITOR, begin),
    Page("GET", "/previews/{job}", Role.EDITOR, show),
)
