"""Rentals in the journal: one row an article, written in the transaction of the report.

A row is a fact with a few steps: issued, back, out again when the return was none, cancelled. What
a day counted never changes afterwards: a cancellation counts from its own day on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pos_plugin.clock import utc_text
from pos_plugin.loyalty.rental_matching import OpenRental, brought_back

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

    from pos_plugin.storage.journal_lookup import Journal


def add_issue(
    journal: Journal,
    rental: str,
    *,
    customer: str | None,
    articles: Sequence[Mapping[str, Any]],
    is_cancelled: bool,
    now: dt.datetime,
) -> None:
    """Store articles as rented out.

    Args:
        journal: in the transaction of the report.
        rental: the host's id.
        customer: who rented them, if known.
        articles: as reported; none = one that nobody named.
        is_cancelled: the cancellation was reported before this.
        now: instant of the report, shop-local.
    """
    for article in articles or ({},):
        # The return may have been reported first: then only the issue is missing there.
        known: Any = journal.execute(
            "SELECT position FROM rental WHERE rental = ? AND out_at IS NULL AND customer IS ? "
            "AND sku IS ? AND cancelled_at IS NULL ORDER BY position LIMIT 1",
            (rental, customer, article.get("sku")),
        ).get
        if known is not None:
            journal.execute(
                "UPDATE rental SET out_at = ? WHERE rental = ? AND position = ?",
                (utc_text(now), rental, known),
            )
        else:
            _add(journal, rental, customer, article, now, out_at=utc_text(now))
    if is_cancelled:
        cancel(journal, rental, now=now)


def add_return(
    journal: Journal,
    rental: str,
    *,
    customer: str | None,
    articles: Sequence[Mapping[str, Any]],
    now: dt.datetime,
) -> None:
    """Store articles as back; what this till never saw going out becomes a rental, too.

    Args:
        journal: in the transaction of the report.
        rental: the host's id of the return.
        customer: who brought them, if known.
        articles: as reported; none = everything of this rental id.
        now: instant of the report, shop-local.
    """
    rows: Any = journal.execute(
        "SELECT rental, position, customer, sku FROM rental WHERE (rental = ? OR customer = ?) "
        "AND returned_at IS NULL AND cancelled_at IS NULL AND out_at IS NOT NULL "
        "ORDER BY out_at, rental, position",
        (rental, customer),
    ).fetchall()
    found = brought_back(
        [article.get("sku") for article in articles],
        [OpenRental(*row) for row in rows],
        rental=rental,
        customer=customer,
    )
    # A return without articles brings back as many as were out.
    said: list[Mapping[str, Any]] = list(articles) or [{}] * len(found)
    for article, rented in zip(said, found, strict=True):
        if rented is None:
            place = rental, _add(journal, rental, customer, article, now, out_at=None)
        else:
            place = rented.rental, rented.position
        journal.execute(
            "UPDATE rental SET returned_at = ?, returned_as = ?, late_days = ? "
            "WHERE rental = ? AND position = ?",
            (utc_text(now), rental, article.get("late_days"), *place),
        )


def reverse_return(journal: Journal, rental: str, *, now: dt.datetime) -> None:
    """Store that a return was none: what went out is out again, what only came back counts not.

    Args:
        journal: in the transaction of the report.
        rental: the host's id of the return.
        now: instant of the report, shop-local.
    """
    journal.execute(
        "UPDATE rental SET cancelled_at = ?, cancelled_on = ? "
        "WHERE returned_as = ? AND out_at IS NULL AND cancelled_at IS NULL",
        (utc_text(now), now.date().isoformat(), rental),
    )
    journal.execute(
        "UPDATE rental SET returned_at = NULL, returned_as = NULL, late_days = NULL "
        "WHERE returned_as = ? AND cancelled_at IS NULL",
        (rental,),
    )


def cancel(journal: Journal, rental: str, *, now: dt.datetime) -> None:
    """Store that a rental was none.

    Args:
        journal: in the transaction of the report.
        rental: the host's id.
        now: instant of the report, shop-local.
    """
    journal.execute(
        "UPDATE rental SET cancelled_at = ?, cancelled_on = ? "
        "WHERE rental = ? AND out_at IS NOT NULL AND cancelled_at IS NULL",
        (utc_text(now), now.date().isoformat(), rental),
    )


def _add(
    journal: Journal,
    rental: str,
    customer: str | None,
    article: Mapping[str, Any],
    now: dt.datetime,
    *,
    out_at: str | None,
) -> int:
    used: Any = journal.execute("SELECT max(position) FROM rental WHERE rental = ?", (rental,)).get
    position: int = 0 if used is None else used + 1
    journal.execute(
        "INSERT INTO rental (rental, position, customer, sku, days, due_on, price_minor, "
        "counted_on, out_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            rental,
            position,
            customer,
            article.get("sku"),
            article.get("days"),
            article.get("due_on"),
            article.get("price_minor"),
            now.date().isoformat(),
            out_at,
        ),
    )
    return position
