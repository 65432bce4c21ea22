"""Recomputes the class of every customer on a day with SQL of its own; knows nothing of the plugin.

For schemes with bounds on one metric over rolling days. Call it on files that nobody has open.
"""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections import defaultdict
from contextlib import closing
from decimal import ROUND_HALF_UP, Decimal
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

# Every line that was charged, and after it every piece of it that came back, in their order.
_MOVES = """
SELECT receipt.customer, receipt.seq || '/' || line.line_id, receipt.business_on,
    receipt.business_on, line.sku, line.tags, line.vat_rate_bp, line.quantity_milli,
    line.paid_minor,
    (SELECT json_extract(CAST(line AS TEXT), '$.body.business_on') FROM sale_void
        JOIN event USING (seq) WHERE sale_void.receipt = receipt.seq), receipt.seq AS place
FROM receipt JOIN receipt_line AS line ON line.receipt = receipt.seq WHERE customer IS NOT NULL
UNION ALL
SELECT receipt.customer, receipt.seq || '/' || line.line_id, receipt.business_on,
    json_extract(CAST(event.line AS TEXT), '$.body.business_on'), line.sku, line.tags,
    line.vat_rate_bp, -back.quantity_milli, -back.refund_minor, NULL, ret.seq
FROM return_receipt AS ret JOIN event USING (seq) JOIN return_line AS back USING (seq)
JOIN receipt ON receipt.sale_id = ret.sale_id
JOIN receipt_line AS line ON line.receipt = receipt.seq AND line.line_id = back.line_id
WHERE customer IS NOT NULL ORDER BY place"""

Prices = dict[str, list[tuple[str, int]]]
"""First day and net purchase price in cents of each article, the oldest first."""


def margins_of(journal: Path, on: dt.date, *, days: int, prices: Prices) -> dict[str, int]:
    """Return the margin of every customer in the days before a day, in cents.

    What is left of a line is worth its net price, rounded, less its cost, rounded; each move counts
    by what it changed in that.
    """
    text, first = on.isoformat(), (on - dt.timedelta(days=days)).isoformat()
    with closing(sqlite3.connect(f"file:{journal}?mode=ro", uri=True)) as db:
        rows = db.execute(_MOVES).fetchall()
    left: defaultdict[str, tuple[int, int]] = defaultdict(lambda: (0, 0))
    margins: defaultdict[str, int] = defaultdict(int)
    for customer, line, sold_on, day, sku, tags, vat_bp, quantity, paid, void_on, _ in rows:
        old = left[line]
        left[line] = new = (old[0] + quantity, old[1] + paid)
        known = [price for since, price in prices.get(sku, []) if since <= sold_on]
        if not known or "voucher_sale" in tags or "deposit" in tags:
            continue
        is_void = void_on is not None and void_on < text
        if first <= day < text and not is_void:
            margins[customer] += _worth(new, vat_bp, known[-1]) - _worth(old, vat_bp, known[-1])
    return dict(margins)


def _worth(left: tuple[int, int], vat_bp: int, price_minor: int) -> int:
    quantity_milli, paid_minor = left
    net = Decimal(paid_minor) / (1 + Decimal(vat_bp) / 10_000)
    cost = Decimal(quantity_milli) / 1_000 * price_minor
    return sum(int(one.quantize(Decimal(1), ROUND_HALF_UP)) for one in (net, -cost))


def classes_of(
    journal: Path,
    on: dt.date,
    *,
    days: int,
    metric: str,
    bounds: Sequence[tuple[str, int, int | None]],
    age_days_min: int = 0,
    prices: Prices | None = None,
) -> dict[str, str]:
    """Return the class of every customer on a day.

    Args:
        journal: of the till.
        on: shop day.
        days: of the rolling window.
        metric: ``rentals``, ``visits``, ``turnover`` or ``margin``.
        bounds: code, first value, and first value above it, the best class first.
        age_days_min: as in the scheme.
        prices: for the margin.
    """
    values = {
        "on": on.isoformat(),
        "last": (on - dt.timedelta(days=1)).isoformat(),
        "first": (on - dt.timedelta(days=days)).isoformat(),
    }
    with closing(sqlite3.connect(f"file:{journal}?mode=ro", uri=True)) as db:
        rows = db.execute(_MEASURED, values).fetchall()
    margins = margins_of(journal, on, days=days, prices=prices or {})
    found: dict[str, str] = {}
    for customer, age_days, rentals, visits, turnover in rows:
        by_metric = {"rentals": rentals, "visits": visits, "turnover": turnover}
        value = {**by_metric, "margin": margins.get(customer, 0)}[metric]
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
