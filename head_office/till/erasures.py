"""Which tills have said that an erased customer is gone from them (sync.md §10).

A till says it twice, because two programs hold its files: the agent with the status of the till,
the till with an event of its own.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import select

from head_office.portions import in_portions
from head_office.storage import erasure, erasure_word, till_status
from head_office.storage import till as till_table
from head_office.till.tills import REVOKED

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.engine import Connection

FILES: Final = "files"
JOURNAL: Final = "journal"
BOTH: Final = frozenset({FILES, JOURNAL})


class Missing(NamedTuple):
    """A till that has not confirmed yet, and when it was heard last."""

    till: str
    shop: str
    reported_at: str | None


class Erasure(NamedTuple):
    """Who was erased when, and how far that has come."""

    customer: str
    erased_at: str
    tills: int
    confirmed: int
    missing: list[Missing]


def note_erased(
    connection: Connection, customer: str, *, shops: Iterable[str], now_text: str
) -> None:
    """Remember who is erased now, and the shops whose tills held the customer."""
    known = erasure.c.customer == customer
    if connection.execute(select(erasure.c.customer).where(known)).first() is None:
        shops_text = json.dumps(sorted(shops))
        connection.execute(
            erasure.insert().values(customer=customer, erased_at=now_text, shops=shops_text)
        )


def confirm(
    connection: Connection, till: str, customers: Iterable[str], *, part: str, now_text: str
) -> None:
    """Remember that a till is rid of these customers, as far as ``part`` goes.

    Args:
        connection: an open write transaction.
        till: that says so.
        customers: ids; whoever was never erased is passed over.
        part: ``FILES`` of the agent, or ``JOURNAL`` of the till.
        now_text: the instant, ISO 8601 UTC.
    """
    said = (erasure_word.c.till == till) & (erasure_word.c.part == part)
    for some in in_portions(sorted(set(customers))):
        known = select(erasure_word.c.customer).where(said & erasure_word.c.customer.in_(some))
        new = connection.execute(
            select(erasure.c.customer).where(
                erasure.c.customer.in_(some) & erasure.c.customer.not_in(known)
            )
        ).scalars()
        rows = [
            {"customer": one, "till": till, "part": part, "said_at": now_text} for one in new.all()
        ]
        if rows:
            connection.execute(erasure_word.insert(), rows)


def erasures(connection: Connection) -> list[Erasure]:
    """Return all erasures, the latest first.

    Asked are the tills that held the customer: of those shops, in service, and known by then.
    """
    tills = connection.execute(
        select(till_table, till_status.c.received_at)
        .outerjoin(till_status, till_status.c.till == till_table.c.till)
        .order_by(till_table.c.shop, till_table.c.till)
    ).all()
    parts: dict[tuple[str, str], set[str]] = {}
    for word in connection.execute(select(erasure_word)):
        parts.setdefault((word.customer, word.till), set()).add(word.part)
    found = []
    for row in connection.execute(
        select(erasure).order_by(erasure.c.erased_at.desc(), erasure.c.customer)
    ):
        shops = set(json.loads(row.shops))
        asked = [
            one
            for one in tills
            if one.shop in shops
            and one.created_at <= row.erased_at
            and not one.token_sha256.startswith(REVOKED)
        ]
        missing = [
            Missing(one.till, one.shop, one.received_at)
            for one in asked
            if parts.get((row.customer, one.till), set()) < BOTH
        ]
        confirmed = len(asked) - len(missing)
        found.append(Erasure(row.customer, row.erased_at, len(asked), confirmed, missing))
    return found
