"""Blocks a voucher by a person's word, or lets it be used again, and tells the tills.

The newest word counts, a till's or this one; a file that is loaded again says its own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from head_office import audit, log
from head_office.storage import voucher
from head_office.vouchers import mark, row_of
from pos_plugin.clock import utc_text

if TYPE_CHECKING:
    import datetime as dt

    from head_office.storage import Database

_OPEN = frozenset({"issued", "partly_redeemed"})


class VoucherMoved(Exception):  # noqa: N818 - a state: the page says so
    """The voucher is used up, cancelled, blocked already, or not blocked."""


def set_blocked(
    database: Database, one: str, *, is_blocked: bool, by: str, now: dt.datetime
) -> bool:
    """Block a voucher or let it go; False for one that head office does not know.

    Raises:
        VoucherMoved: this step does not fit its state any more.
    """
    with database.write() as connection:
        found = connection.execute(select(voucher).where(voucher.c.id == one)).one_or_none()
        if found is None:
            return False
        if (found.state not in _OPEN) if is_blocked else (found.state != "blocked"):
            raise VoucherMoved(one)
        mark(connection, one, is_blocked=is_blocked, at=utc_text(now))
        row = row_of(connection, one)
        if row is not None:
            buckets = (
                log.buckets(connection)
                if found.customer is None
                else log.holders(connection, found.customer)
            )
            for bucket in buckets:
                log.append(connection, bucket, [[row]])
        audit.note(
            connection,
            at=now,
            user=by,
            action="voucher.blocked" if is_blocked else "voucher.unblocked",
            subject=one,
        )
    return True
