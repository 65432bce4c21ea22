"""All promotions at a glance: what holds, what is planned, what is on its way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from head_office.promotions import drafts, timeline
from head_office.users import Role
from head_office.web.door import Page
from head_office.web.forms import FORMS
from head_office.web.reading import reader
from pos_plugin.promotions.promotion import Promotion

if TYPE_CHECKING:
    from starlette.responses import Response

    from head_office.promotions.drafts import Draft
    from head_office.promotions.timeline import Stage
    from head_office.web.visit import Visit

A_PAGE: Final = 100


class Known(NamedTuple):
    """A promotion wherever it is.

    Args:
        id: its id.
        live: as tills have it now, None when they do not.
        planned: as they will have it, None when nothing of it is planned.
        planned_at: from when, an instant as text.
        draft: what is on its way, None when nothing is.
    """

    id: str
    live: dict[str, Any] | None
    planned: dict[str, Any] | None
    planned_at: str | None
    draft: Draft | None

    @property
    def newest(self) -> dict[str, Any]:
        """The version that was written last."""
        if self.draft is not None:
            return self.draft.rule
        rule = self.planned or self.live
        assert rule is not None  # noqa: S101 - it is known by one of the three
        return rule


def known(visit: Visit) -> dict[str, Known]:
    """Return every promotion that head office knows, by id."""
    with visit.database.read() as connection:
        stages = timeline.stages(connection, now=visit.now)
        on_the_way = drafts.known(connection)
    active = [stage for stage in stages if stage.activate_at <= visit.now]
    planned = [stage for stage in stages if stage.activate_at > visit.now]
    live = active[-1].promotions if active else {}
    ids = sorted({*live, *on_the_way, *(one for stage in planned for one in stage.promotions)})
    return {one: _known(one, live, planned, on_the_way) for one in ids}


def name_of(rule: dict[str, Any], language: str) -> str:
    """Return what a promotion is called."""
    label = rule.get("label", {})
    return str(label.get(language) or label.get("de") or rule["id"])


def show(visit: Visit) -> Response:
    """List them."""
    everything = list(known(visit).values())
    text = visit.query.get("page", "")
    pages = max(1, -(-len(everything) // A_PAGE))
    number = (
        min(max(int(text), 1), pages)
        if text.isascii() and text.isdecimal() and len(text) < 10
        else 1
    )
    sentences = reader(visit)
    rows = [
        {
            "known": one,
            "name": name_of(one.newest, visit.language),
            "sentences": sentences(Promotion.model_validate(one.newest))[:2],
        }
        for one in everything[(number - 1) * A_PAGE : number * A_PAGE]
    ]
    ready = sum(one.draft is not None and one.draft.state == "approved" for one in everything)
    return visit.page("promotion_list.html", rows=rows, ready=ready, number=number, pages=pages)


def choose(visit: Visit) -> Response:
    """Offer the forms for a new promotion."""
    return visit.page("choose_form.html", forms=FORMS)


def _known(
    promotion_id: str,
    live: dict[str, dict[str, Any]],
    planned: list[Stage],
    on_the_way: dict[str, Draft],
) -> Known:
    now = live.get(promotion_id)
    later = next((stage for stage in planned if stage.promotions.get(promotion_id) != now), None)
    return Known(
        id=promotion_id,
        live=now,
        planned=later.promotions.get(promotion_id) if later else None,
        planned_at=later.activate_at.isoformat() if later else None,
        draft=on_the_way.get(promotion_id),
    )


PAGES = (
    Page("GET", "/promotions", Role.VIEWER, show),
    Page("GET", "/promotions/new", Role.EDITOR, choose),
)
