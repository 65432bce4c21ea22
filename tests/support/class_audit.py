"""Recomputes the class of every customer on a day with SQL of its own; knows nothing of the plugin.

For schemes with bounds on one metric over rolling days. Call it on files that nobody has open.
"""

from __future__ import annotations

import datetime as dt
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

# Everything known before the day, inside the window; what was taken back before the day is not.
_MEASURED = """
WITH sold AS (
    SELECT receipt.seq, customer, receipt.business_on, total_minor,
        (SELECT json_extract(CAST(line AS TEXT), '$.body.business_on') FROM sale_void
            JOIN event USING (seq) WHERE sale_void.receipt = receipt.seq) AS void_on
    FROM receipt WHERE customer IS NOT NULL
), back AS (
    SELECT customer, refund_minor,
        json_extract(CAST(line AS TEXT), '$.body.business_on') AS back_on
    FROM return_receipt JOIN receipt USING (sale_id)
    JOIN event ON event.seq = return_receipt.seq WHERE customer IS NOT NULL
), presence AS (
    SELECT customer, business_on AS day FROM sold
        WHERE business_on < :on AND (void_on IS NULL OR void_on >= :on)
    UNION
    SELECT customer, counted_on FROM rental
        WHERE counted_on < :on AND (cancelled_on IS NULL OR cancelled_on >= :on)
), seen AS (
    SELECT customer, min(day) AS first_on FROM (
        SELECT customer, business_on AS day FROM sold WHERE business_on < :on
        UNION ALL SELECT customer, counted_on FROM rental
            WHERE customer IS NOT NULL AND counted_on < :on
        UNION ALL SELECT customer, back_on FROM back WHERE back_on < :on
    ) GROUP BY customer
)
SELECT customer, julianday(:on) - julianday(first_on),
    (SELECT count(*) FROM rental WHERE rental.customer = seen.customer
        AND counted_on BETWEEN :first AND :last
        AND (cancelled_on IS NULL OR cancelled_on >= :on)) AS rentals,
    (SELECT count(*) FROM presence WHERE presence.customer = seen.customer
        AND day BETWEEN :first AND :last) AS visits,
    (SELECT coalesce(sum(total_minor), 0) FROM sold WHERE sold.customer = seen.customer
        AND business_on BETWEEN :first AND :last AND (void_on IS NULL OR void_on >= :on))
    - (SELECT coalesce(sum(refund_minor), 0) FROM back WHERE back.customer = seen.customer
        AND back_on BETWEEN :first AND :last) AS turnover
FROM seen"""


def classes_of(
    journal: Path,
    on: dt.date,
    *,
    days: int,
    metric: str,
    bounds: Sequence[tuple[str, int, int | None]],
    age_days_min: int = 0,
) -> dict[str, str]:
    """Return the class of every customer on a day.

    Args:
        journal: of the till.
        on: shop day.
        days: of the rolling window.
        metric: ``rentals``, ``visits`` or ``turnover``.
        bounds: code, first value, and first value above it, the best class first.
        age_days_min: as in the scheme.
    """
    values = {
        "on": on.isoformat(),
        "last": (on - dt.timedelta(days=1)).isoformat(),
        "first": (on - dt.timedelta(days=days)).isoformat(),
    }
    with closing(sqlite3.connect(f"file:{journal}?mode=ro", uri=True)) as db:
        rows = db.execute(_MEASURED, values).fetchall()
    found: dict[str, str] = {}
    for customer, age_days, rentals, visits, turnover in rows:
        value = {"rentals": rentals, "visits": visits, "turnover": turnover}[metric]
        code = next(
            (code for code, low, high in bounds if low <= value and (high is None or value < high)),
            "none",
        )
        found[customer] = "new" if age_days < age_days_min else code
    return found


def classes_stored(data_dir: Path, on: dt.date, scheme: str) -> dict[str, str]:
    """Return what the history in the current cache says of a day."""
    path = data_dir / (data_dir / "cache.current").read_text("utf-8").strip()
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
        rows: list[Any] = db.execute(
            "SELECT customer, class FROM class_history WHERE scheme = ? AND since_on <= ? "
            "AND (until_on IS NULL OR until_on >= ?)",
            (scheme, on.isoformat(), on.isoformat()),
        ).fetchall()
    assert len(rows) == len(dict(rows)), "a customer is in two classes"
    return dict(rows)
