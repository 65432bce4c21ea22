"""One promotion: in words, where it stands, and the next step."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from head_office.errors import HeadOfficeError
from head_office.promotions import drafts
from head_office.users import Role
from head_office.web import promotion_form, promotion_list, said_faults, stock
from head_office.web.door import Page
from head_office.web.reading import reader
from head_office.web.visit import NotThere
from pos_plugin.errors import RuleError
from pos_plugin.promotions.promotion import Promotion

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.responses import Response

    from head_office.web.visit import Visit


def show(visit: Visit) -> Response:
    """Show it."""
    known = promotion_list.known(visit).get(visit.query.get("id", ""))
    if known is None:
        raise NotThere
    newest, sentences = known.newest, reader(visit)
    return visit.page(
        "promotion.html",
        known=known,
        name=promotion_list.name_of(newest, visit.language),
        sentences=sentences(Promotion.model_validate(newest)),
        now_sentences=(
            sentences(Promotion.model_validate(known.live))
            if known.live is not None and known.live != newest
            else []
        ),
        json_text=json.dumps(newest, ensure_ascii=False, indent=2),
        form_code=promotion_form.opened(newest, visit.language)[0],
    )


def approve(visit: Visit) -> Response:
    """Allow it to be published."""
    said = visit.say(
        "Freigegeben. Zum Veröffentlichen unten auf „Veröffentlichen“.",
        "Approved. It can be published now.",
    )
    return _step(visit, said, lambda: drafts.approve(visit.database, **_draft(visit)))


def drop(visit: Visit) -> Response:
    """Throw the draft away."""
    said = visit.say("Der Entwurf ist gelöscht.", "The draft is gone.")
    return _step(
        visit, said, lambda: drafts.drop(visit.database, **_draft(visit)), to="/promotions"
    )


def pause(visit: Visit) -> Response:
    """Take it out of the rules from now on."""
    said = visit.say("Die Aktion ist angehalten.", "The promotion is paused.")
    return _step(
        visit,
        said,
        lambda: drafts.pause(visit.database, visit.word("id"), user=visit.name, now=visit.now),
    )


def _draft(visit: Visit) -> dict[str, Any]:
    return {
        "promotion_id": visit.word("id"),
        "version": visit.number("version"),
        "user": visit.name,
        "now": visit.now,
    }


def _step(visit: Visit, said: str, step: Callable[[], object], *, to: str = "") -> Response:
    back = f"/promotion?{stock.query(id=visit.word('id'))}"
    try:
        step()
    except drafts.DraftMoved:
        said = visit.say(
            "Nicht geschehen: Jemand anderes hat die Aktion inzwischen geändert.",
            "Not done: somebody else has changed the promotion meanwhile.",
        )
        to = ""
    except (RuleError, HeadOfficeError) as fault:
        said = visit.say("Nicht geschehen: ", "Not done: ") + said_faults.said(
            fault, visit.language
        )
        to = ""
    return visit.go(to or back, said)


PAGES = (
    Page("GET", "/promotion", Role.VIEWER, show),
    Page("POST", "/promotion/approve", Role.OWNER, approve),
    Page("POST", "/promotion/drop", Role.EDITOR, drop),
    Page("POST", "/promotion/pause", Role.OWNER, pause),
)
