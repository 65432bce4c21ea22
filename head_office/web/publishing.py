"""Publishing: what is ready, what is wrong with it beside all others, and from when it holds."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any, Final

from head_office.promotions import drafts, publish_gate, timeline
from head_office.promotions.timeline import Change
from head_office.read_back import findings
from head_office.users import Role
from head_office.web import promotion_list, said_faults
from head_office.web.door import Page
from head_office.web.reading import reader
from head_office.web.visit import NotThere
from pos_plugin.errors import PosPluginError
from pos_plugin.promotions.generation import RuleGeneration
from pos_plugin.promotions.promotion import Promotion

if TYPE_CHECKING:
    from starlette.responses import Response

    from head_office.promotions.drafts import Draft
    from head_office.web.visit import Visit

MAX_COMBINED_BP: Final = 5_000
_ORDER: Final = ("error", "warning", "info")


def show(visit: Visit) -> Response:
    """Show what is approved."""
    return _page(visit)


def check(visit: Visit) -> Response:
    """Begin to look at the rules as they would be."""
    order = {
        "work": "lint",
        "promotions": _planned(visit, visit.now)[-1],
        "articles": publish_gate.article_rows(visit.database),
        "on": visit.now.astimezone().date().isoformat(),
        "max_combined_bp": MAX_COMBINED_BP,
    }
    return visit.start(order, shown_at="/checks", otherwise="/publish")


def checked(visit: Visit) -> Response:
    """Show how far the check is, or what it found."""
    job = visit.site.jobs.find(visit.path["job"], visit.name)
    if job is None or job.order["work"] != "lint":
        raise NotThere
    found: list[findings.Said] = []
    fault = ""
    if job.is_over.is_set():
        fault = (job.result or {}).get("fault", "")
        rules = RuleGeneration.from_value(job.order["promotions"])
        found = [
            findings.said(one, rules, visit.language)
            for one in (job.result or {}).get("findings", [])
            if one["code"] != "search_effort"
        ]
        found.sort(key=lambda one: _ORDER.index(one.severity))
    return visit.page("check.html", job=job, found=found, fault=fault)


def moment(visit: Visit) -> Response:
    """Say a day and a time in words: browsers write them each their own way."""
    asked = {name: visit.query.get(name, "") for name in ("day", "time")}
    return visit.page("moment.html", chosen_at=_chosen(**asked))


def publish(visit: Visit) -> Response:
    """Publish what was ticked; ask first when a piece could fall too far."""
    versions = {
        one.id: one.version
        for one in _ready(visit)
        if f"{one.version}:{one.id}" in visit.form.get("promotion", [])
    }
    if not versions or len(versions) < len(visit.form.get("promotion", [])):
        return _page(
            visit,
            status=409,
            fault=visit.say(
                "Bitte wählen, was veröffentlicht werden soll. Was sich inzwischen geändert hat, "
                "ist nicht mehr angehakt.",
                "Choose what is to be published. What has changed since is not ticked any more.",
            ),
        )
    if visit.word("when") != "later" and visit.word("day"):
        fault = visit.say(
            "Nicht veröffentlicht: Es steht ein Tag da, gewählt ist aber „Sofort“. Was gilt?",
            "Not published: there is a day, but “At once” is chosen. Which one?",
        )
        return _page(visit, status=422, fault=fault)
    try:
        activate_at = _instant(visit)
        deep = _too_deep(visit, activate_at, set(versions))
        if deep and not visit.word("confirm"):
            return _page(visit, status=409, deep=deep)
        numbers = drafts.publish(
            visit.database,
            versions,
            user=visit.name,
            now=visit.now,
            activate_at=activate_at,
        )
    except ValueError:
        fault = visit.say("Bitte Tag und Uhrzeit prüfen.", "Please look at day and time.")
        return _page(visit, status=422, fault=fault)
    except PosPluginError as refused:
        why = said_faults.said(refused, visit.language)
        fault = visit.say("Nicht veröffentlicht: ", "Not published: ") + why
        return _page(visit, status=409, fault=fault)
    at = f"{activate_at.astimezone():%d.%m.%Y %H:%M}"
    later = activate_at > visit.now
    said = visit.say(
        f"Veröffentlicht als Stand {numbers[0]}, gilt {f'ab {at}' if later else 'ab sofort'}.",
        f"Published as generation {numbers[0]}, holds {f'from {at}' if later else 'at once'}.",
    )
    return visit.go("/history", said)


def _page(
    visit: Visit,
    *,
    status: int = 200,
    fault: str = "",
    deep: list[findings.Said] | None = None,
) -> Response:
    sentences = reader(visit)
    ready = [
        {
            "draft": one,
            "name": promotion_list.name_of(one.rule, visit.language),
            "sentences": sentences(Promotion.model_validate(one.rule)),
        }
        for one in _ready(visit)
    ]
    return visit.page(
        "publish.html",
        status=status,
        ready=ready,
        fault=fault,
        deep=deep or [],
        ticked=visit.form.get("promotion"),
        when=visit.word("when") or "now",
        chosen_day=visit.word("day"),
        chosen_time=visit.word("time") or "00:00",
        chosen_at=_chosen(visit.word("day"), visit.word("time")),
    )


def _ready(visit: Visit) -> list[Draft]:
    with visit.database.read() as connection:
        return drafts.approved(connection)


def _planned(
    visit: Visit, activate_at: dt.datetime, ids: set[str] | None = None
) -> list[list[dict[str, Any]]]:
    """The promotions of every generation that publishing would make; None = all that is ready."""
    with visit.database.read() as connection:
        ready = drafts.approved(connection)
        changes = [Change(one.id, one.rule) for one in ready if ids is None or one.id in ids]
        planned = timeline.contents(connection, changes, now=visit.now, activate_at=activate_at)
    return [content["promotions"] for content, _ in planned]


def _too_deep(visit: Visit, activate_at: dt.datetime, ids: set[str]) -> list[findings.Said]:
    found = []
    for promotions in _planned(visit, activate_at, ids):
        report = publish_gate.look(
            visit.database,
            json.dumps({"promotions": promotions}).encode(),
            max_combined_bp=MAX_COMBINED_BP,
            now=visit.now,
        )
        rules = RuleGeneration.from_value(promotions)
        found += [findings.said(one.to_dict(), rules, visit.language) for one in report.errors]
    return found


def _instant(visit: Visit) -> dt.datetime:
    """From when it holds; the clock of the shop is the one of this machine."""
    if visit.word("when") != "later":
        return visit.now
    chosen = _chosen(visit.word("day"), visit.word("time"))
    if chosen is None:
        raise ValueError
    return chosen.astimezone()


def _chosen(day: str, time: str) -> dt.datetime | None:
    """Day and time of the shop, None when they are none."""
    try:
        found = dt.time.fromisoformat(time or "00:00").replace(tzinfo=None)
        return dt.datetime.combine(dt.date.fromisoformat(day), found)
    except ValueError:
        return None


PAGES = (
    Page("GET", "/publish", Role.VIEWER, show),
    Page("GET", "/publish/moment", Role.VIEWER, moment),
    Page("POST", "/publish", Role.OWNER, publish),
    Page("POST", "/checks", Role.EDITOR, check),
    Page("GET", "/checks/{job}", Role.EDITOR, checked),
)
