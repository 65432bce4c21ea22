"""The shop's day ends over HTTP (Kassenabschluss): what is still open goes on the host's list.

Nothing is booked and nothing is lost by asking twice. The agent is asked for a copy of the journal.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastapi import FastAPI, Request, Response

from pos_plugin.clock import SystemClock
from pos_plugin.notices import Notice, NoticeCode, Refused
from pos_plugin.service.contract.calls import NOT_BOOKED, described
from pos_plugin.service.exchange import answer, language_of, not_done, read_nothing
from pos_plugin.service.print_calls import ask
from pos_plugin.storage import backup

if TYPE_CHECKING:
    from pos_plugin.plugin import Plugin
    from pos_plugin.service.desk import Desk


def add_day_calls(app: FastAPI, desk: Desk) -> None:
    """Add the end of the day."""
    own_language = desk.plugin.config.language

    @app.post(
        "/v1/day-close",
        **described(
            "The shop's day ends: what is still open",
            body="Nothing",
            body_needed=False,
            answer="DayClosed",
            may_be_late=True,
            problems=NOT_BOOKED,
        ),
    )
    async def day_close(request: Request) -> Response:
        await read_nothing(request, "day_close")
        language = language_of(request, own_language)

        def work(plugin: Plugin) -> dict[str, Any] | Refused:
            suspended = plugin.sales.suspended()
            if isinstance(suspended, Refused):
                return suspended
            backup.request(plugin.config.data_dir)
            state = plugin.health()
            last_seq, acked_seq = state.get("last_seq"), state.get("acked_seq")
            unsent = None if last_seq is None or acked_seq is None else last_seq - acked_seq
            return {
                "suspended": suspended,
                # Also what was put off: nobody goes home with a question open.
                "notices": [
                    one.to_dict(language) for one in plugin.prints.notices(with_put_off=True)
                ],
                "print_jobs_open": state.get("print_jobs_open"),
                "events_unsent": unsent,
                "warnings": [one.to_dict(language) for one in _overdue(plugin)],
            }

        found = await ask(desk, work)
        return not_done(found, language) if isinstance(found, Refused) else answer(found)


def _overdue(plugin: Plugin) -> list[Notice]:
    """Return that no copy of the journal was taken for days, where copies have a place."""
    if plugin.config.backup.folder is None:
        return []
    days = backup.overdue_days(plugin.config.data_dir, at=SystemClock().now())
    if days is not None and days < backup.OVERDUE_DAYS:
        return []
    return [Notice(NoticeCode.BACKUP_OVERDUE)]
