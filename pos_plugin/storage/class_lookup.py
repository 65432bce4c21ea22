"""Reads schemes, the history of classes and covers from ``cache.db``."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pos_plugin.errors import RuleError
from pos_plugin.loyalty.class_history import segments
from pos_plugin.loyalty.class_scheme import read_scheme
from pos_plugin.loyalty.coming_titles import ComingTitle

if TYPE_CHECKING:
    import apsw

    from pos_plugin.loyalty.class_scheme import ClassScheme

_DOCUMENTS = ("window", "metrics", "classes", "cells")


@dataclass(frozen=True, slots=True)
class HistoryRow:
    """The class of a customer from a shop day to another; an open end is now."""

    customer: str
    scheme: str
    code: str
    revision: int
    since_on: str
    until_on: str | None


def schemes(cache: apsw.Connection) -> dict[str, list[ClassScheme]]:
    """Return the revisions of every scheme by its code.

    A revision that this version cannot read is left out, and with it nothing but its own days.
    """
    columns = (
        "code", "revision", "since_on", "window", "metrics", "method", "combine",
        "age_days_min", "classes", "cells",
    )  # fmt: skip
    found: defaultdict[str, list[ClassScheme]] = defaultdict(list)
    sql = f"SELECT {', '.join(columns)} FROM abc_scheme ORDER BY code, revision"  # noqa: S608
    for values in cache.execute(sql):
        row: dict[str, Any] = dict(zip(columns, values, strict=True))
        row |= {name: json.loads(row[name]) for name in _DOCUMENTS}
        try:
            scheme = read_scheme(row, "abc_scheme")
        except RuleError:
            continue
        found[scheme.code].append(scheme)
    return dict(found)


def history(cache: apsw.Connection, scheme: str) -> list[HistoryRow]:
    """Return every class of every customer, the oldest first."""
    rows: Any = cache.execute(
        "SELECT customer, scheme, class, revision, since_on, until_on FROM class_history "
        "WHERE scheme = ? ORDER BY since_on, customer",
        (scheme,),
    )
    return [HistoryRow(*row) for row in rows]


def class_segments(cache: apsw.Connection, customer: str) -> tuple[str, ...]:
    """Return the segments that the classes of a customer are for the rules."""
    rows: Any = cache.execute(
        "SELECT scheme, class FROM class_history WHERE customer = ? AND until_on IS NULL",
        (customer,),
    ).fetchall()
    if not rows:
        return ()
    count: Any = cache.execute("SELECT count(DISTINCT code) FROM abc_scheme").get
    return segments([(scheme, code) for scheme, code in rows], schemes=count)


def coming_titles(cache: apsw.Connection, *, on: str, count_max: int) -> list[ComingTitle]:
    """Return the next titles by their start, those of today included.

    Args:
        cache: for reading.
        on: shop day.
        count_max: so many at most.
    """
    rows: Any = cache.execute(
        "SELECT title, start_on, price_minor, blob FROM cover WHERE start_on >= ? "
        "ORDER BY start_on, title LIMIT ?",
        (on, count_max),
    )
    return [ComingTitle(*row) for row in rows]


def active_customers(cache: apsw.Connection) -> list[tuple[str, str, str]]:
    """Return id, number and name of every active customer."""
    rows: Any = cache.execute(
        "SELECT id, number, name FROM customer WHERE status = 'active' ORDER BY id"
    )
    return list(rows)
