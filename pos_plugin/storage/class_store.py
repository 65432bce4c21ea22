"""Writes the history of classes into ``cache.db``: changes only, in one transaction."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any, NamedTuple

from pos_plugin.clock import utc_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import apsw

    from pos_plugin.loyalty.class_history import Change, Standing


class LastRun(NamedTuple):
    """The newest run of a scheme: up to which day, and by which terms (one word for them)."""

    to_on: dt.date
    terms: str

    @property
    def next_on(self) -> dt.date:
        """First day that is not there yet."""
        return self.to_on + dt.timedelta(days=1)


def last_run(cache: apsw.Connection, scheme: str) -> LastRun | None:
    """Return the newest run, or None before the first."""
    row: Any = cache.execute(
        "SELECT to_on, terms FROM class_run WHERE scheme = ? ORDER BY to_on DESC, run DESC LIMIT 1",
        (scheme,),
    ).fetchone()
    return None if row is None else LastRun(dt.date.fromisoformat(row[0]), row[1])


def standing(cache: apsw.Connection, scheme: str) -> dict[str, Standing]:
    """Return the class of every customer after the last run."""
    # Loaded with the first scheme: a till without classes never reads one.
    from pos_plugin.loyalty.class_history import Standing

    rows: Any = cache.execute(
        "SELECT customer, class, revision FROM class_history WHERE scheme = ? AND until_on IS NULL",
        (scheme,),
    )
    return {customer: Standing(code, revision) for customer, code, revision in rows}


def first_on(cache: apsw.Connection, scheme: str) -> dt.date | None:
    """Return the first day of the history, or None while there is none."""
    day: Any = cache.execute(
        "SELECT min(since_on) FROM class_history WHERE scheme = ?", (scheme,)
    ).get
    return None if day is None else dt.date.fromisoformat(day)


def add_run(
    cache: apsw.Connection,
    scheme: str,
    found: Iterable[Change],
    *,
    to_on: dt.date,
    terms: str,
    is_anew: bool,
    at: dt.datetime,
    beginning: Sequence[Change] = (),
) -> int:
    """Store a run in the open transaction; return how many changes it brought.

    Args:
        cache: for writing.
        scheme: its code.
        found: the changes, day by day.
        to_on: last day that was computed.
        terms: stands for the revisions.
        is_anew: what was computed before is forgotten first.
        at: now.
        beginning: where every customer stands on a day with which the history begins from now on;
            what lies before it is forgotten. Empty = it stays.
    """
    if is_anew:
        cache.execute("DELETE FROM class_history WHERE scheme = ?", (scheme,))
        cache.execute("DELETE FROM class_run WHERE scheme = ?", (scheme,))
    cache.execute(
        "INSERT INTO class_run (scheme, to_on, terms, run_at) VALUES (?, ?, ?, ?)",
        (scheme, to_on.isoformat(), terms, utc_text(at)),
    )
    run = cache.last_insert_rowid()
    _begin(cache, scheme, beginning, run=run)
    count = 0
    for change in found:
        count += 1
        cache.execute(
            "UPDATE class_history SET until_on = ? "
            "WHERE customer = ? AND scheme = ? AND until_on IS NULL",
            (_day_before(change.since_on), change.customer, scheme),
        )
        _add(cache, scheme, change, run=run, until_on=None)
    return count


def _begin(cache: apsw.Connection, scheme: str, beginning: Sequence[Change], *, run: int) -> None:
    """Let the history begin with a day: as a run over what still counts would write it."""
    if not beginning:
        return
    cache.execute(
        "DELETE FROM class_history WHERE scheme = ? AND since_on <= ?",
        (scheme, beginning[0].since_on.isoformat()),
    )
    for change in beginning:
        following: Any = cache.execute(
            "SELECT min(since_on) FROM class_history WHERE customer = ? AND scheme = ?",
            (change.customer, scheme),
        ).get
        until_on = None if following is None else _day_before(dt.date.fromisoformat(following))
        _add(cache, scheme, change, run=run, until_on=until_on)


def _day_before(on: dt.date) -> str:
    return (on - dt.timedelta(days=1)).isoformat()


def _add(
    cache: apsw.Connection, scheme: str, change: Change, *, run: int, until_on: str | None
) -> None:
    cache.execute(
        "INSERT INTO class_history (customer, scheme, since_on, until_on, revision, class, run, "
        "rentals, visits, turnover_minor, margin_minor) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            change.customer,
            scheme,
            change.since_on.isoformat(),
            until_on,
            change.revision,
            change.code,
            run,
            change.measured.rentals,
            change.measured.visits,
            change.measured.turnover_minor,
            change.measured.margin_minor,
        ),
    )
