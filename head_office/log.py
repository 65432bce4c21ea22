"""The log of a bucket: what changed for the tills of a shop, in commit order.

Laws of this file:

1. Numbers are given inside the one writing transaction, so a reader never skips a row.
2. The log is compacted as it is written: a row stands once, under its newest number. A till that
   starts at zero reads every live row once; a till that is up to date reads only what is newer.
3. Rows of one group become visible together: a page ends between two groups.
4. The sum of each table moves with its rows, so a till notices a row that it lacks.
5. Another life of a log is another epoch: numbers of two lives are never compared.
"""

from __future__ import annotations

import json
import secrets
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from head_office.problems import ProblemError
from head_office.storage import bucket as bucket_table
from head_office.storage import bucket_row, bucket_sum, master
from head_office.vouchers import rows_of_holder
from pos_plugin.row_sum import row_sum, sum_text
from sync_agent.protocol import PAGE_BYTES_MAX, TABLES, BucketMark, compact_json, page_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy.engine import Connection

Row = tuple[str, dict[str, Any]]
"""Table name and wire row; one with a ``REASON`` beside its key is removed."""

REASON: Final = "reason"

# Header and end of a page are small; the rows keep this much away from the limit.
_ROWS_BYTES_MAX = PAGE_BYTES_MAX - 2**16


def shop_bucket(shop: str) -> str:
    """Return the name of a shop's bucket."""
    return f"shop:{shop}"


def row_key(table: str, row: dict[str, Any]) -> str:
    """Return the identity of a wire row inside its table."""
    return json.dumps([row[column] for column in TABLES[table].key], ensure_ascii=False)


def ensure_bucket(connection: Connection, shop: str) -> str:
    """Return the shop's bucket; a new one starts with what the whole chain shares."""
    name = shop_bucket(shop)
    if connection.execute(select(bucket_table).where(bucket_table.c.bucket == name)).first():
        return name
    connection.execute(
        bucket_table.insert().values(bucket=name, epoch=secrets.randbits(62), head=0)
    )
    shared = connection.execute(
        select(master.c.table_name, master.c.row)
        .where(master.c.shop.is_(None))
        .order_by(master.c.table_name, master.c.row_key)
    )
    append(connection, name, ([(table, json.loads(row))] for table, row in shared))
    append(connection, name, ([row] for row in rows_of_holder(connection, None)))
    return name


def buckets(connection: Connection) -> list[str]:
    """Return the names of all buckets."""
    return list(
        connection.execute(select(bucket_table.c.bucket).order_by(bucket_table.c.bucket)).scalars()
    )


def append(connection: Connection, bucket: str, groups: Iterable[Sequence[Row]]) -> int:
    """Write groups of rows behind the head of the log and return the new head.

    The numbers of a group follow each other without a hole; the group bears its first number.
    Where several write at once (PostgreSQL) the next one waits here until this one has committed:
    numbers are given in the order in which rows become visible.
    """
    head = int(
        connection.execute(
            select(bucket_table.c.head).where(bucket_table.c.bucket == bucket).with_for_update()
        ).scalar_one()
    )
    sums: dict[str, int] = {}
    for rows in _newest(groups):
        group = head + 1
        for table, key, row in rows:
            head += 1
            is_live = REASON not in row
            values = {
                "log_seq": head,
                "log_group": group,
                "op": "P" if is_live else "R",
                "row": compact_json(row).decode(),
            }
            here = (
                (bucket_row.c.bucket == bucket)
                & (bucket_row.c.table_name == table)
                & (bucket_row.c.row_key == key)
            )
            change = _sum_of(table, row) if is_live else 0
            before = connection.execute(
                select(bucket_row.c.op, bucket_row.c.row).where(here)
            ).one_or_none()
            if before is None:
                connection.execute(
                    bucket_row.insert().values(
                        bucket=bucket, table_name=table, row_key=key, **values
                    )
                )
            else:
                if before.op == "P":
                    change -= _sum_of(table, json.loads(before.row))
                connection.execute(bucket_row.update().where(here).values(values))
            sums[table] = sums.get(table, 0) + change
    _move_sums(connection, bucket, sums)
    connection.execute(
        bucket_table.update().where(bucket_table.c.bucket == bucket).values(head=head)
    )
    return head


def _newest(groups: Iterable[Sequence[Row]]) -> list[list[tuple[str, str, dict[str, Any]]]]:
    """Return the groups with the key of each row, without rows that a later one here replaces.

    They become visible together, and a row stands in the log once: of a customer with many
    receipts in one batch the last balance is all that anybody reads.
    """
    keyed = [[(table, row_key(table, row), row) for table, row in rows] for rows in groups]
    last = {(table, key): number for number, rows in enumerate(keyed) for table, key, _ in rows}
    kept = [
        [one for one in rows if last[one[0], one[1]] == number] for number, rows in enumerate(keyed)
    ]
    return [rows for rows in kept if rows]


def _sum_of(table: str, row: dict[str, Any]) -> int:
    return row_sum(table, {column: row[column] for column in TABLES[table].columns})


def _move_sums(connection: Connection, bucket: str, changes: dict[str, int]) -> None:
    for table, change in changes.items():
        here = (bucket_sum.c.bucket == bucket) & (bucket_sum.c.table_name == table)
        before = connection.execute(select(bucket_sum.c.sum).where(here)).scalar_one_or_none()
        if before is None:
            connection.execute(
                bucket_sum.insert().values(bucket=bucket, table_name=table, sum=sum_text(change))
            )
        else:
            now = sum_text(int(before, 16) + change)
            connection.execute(bucket_sum.update().where(here).values(sum=now))


def begin_new_life(connection: Connection, bucket: str) -> int:
    """Give the log of a bucket a new epoch and return it: every till reads it from the start."""
    epoch = secrets.randbits(62)
    connection.execute(
        bucket_table.update().where(bucket_table.c.bucket == bucket).values(epoch=epoch)
    )
    return epoch


def compact(connection: Connection, bucket: str, *, up_to: int) -> int:
    """Drop removals up to a number that every till has passed; return how many went.

    A till that comes back with an older cursor keeps rows that nobody has: at the end of the log
    its sums are wrong, and it begins again.
    """
    old = (
        (bucket_row.c.bucket == bucket) & (bucket_row.c.op == "R") & (bucket_row.c.log_seq <= up_to)
    )
    return int(connection.execute(bucket_row.delete().where(old)).rowcount)


def mark(connection: Connection, bucket: str) -> BucketMark:
    """Return epoch and head of a bucket."""
    row = connection.execute(
        select(bucket_table.c.epoch, bucket_table.c.head).where(bucket_table.c.bucket == bucket)
    ).one()
    return BucketMark(epoch=row.epoch, head=row.head)


def page(connection: Connection, bucket: str, *, after: int, rows_max: int) -> bytes:
    """Return the page of rows above ``after`` as NDJSON.

    At most ``rows_max`` rows and 8 MiB, except that a group is never split: the page runs on to
    the end of the group it began.

    Raises:
        ProblemError: ``must-refetch`` when the cursor is ahead of the log.
    """
    state = mark(connection, bucket)
    if after > state.head:
        raise ProblemError("must-refetch", 409, f"{bucket} ends at {state.head}, not at {after}")
    taken: list[tuple[str, str, int, int, dict[str, Any]]] = []
    size = 0
    complete = True
    with connection.execute(
        select(
            bucket_row.c.table_name,
            bucket_row.c.log_seq,
            bucket_row.c.log_group,
            bucket_row.c.op,
            bucket_row.c.row,
        )
        .where((bucket_row.c.bucket == bucket) & (bucket_row.c.log_seq > after))
        .order_by(bucket_row.c.log_seq)
    ) as found:
        for table, log_seq, group, op, text in found:
            size += len(text.encode()) + 64
            full = len(taken) >= rows_max or size > _ROWS_BYTES_MAX
            if taken and full and group != taken[-1][3]:
                complete = False
                break
            taken.append((op, table, log_seq, group, json.loads(text)))
    checkpoint = state.head if complete else taken[-1][2]
    return page_bytes(
        bucket=bucket,
        bucket_epoch=state.epoch,
        after=after,
        changes=taken,
        checkpoint=checkpoint,
        complete=complete,
        sums=_sums(connection, bucket) if complete else None,
    )


def _sums(connection: Connection, bucket: str) -> dict[str, str]:
    found = connection.execute(
        select(bucket_sum.c.table_name, bucket_sum.c.sum).where(bucket_sum.c.bucket == bucket)
    )
    return {row.table_name: row.sum for row in found}


def holders(connection: Connection, customer: str) -> list[str]:
    """Return the buckets that hold this customer; a new one is held by its home shop."""
    held = _held_by(connection, customer)
    if held:
        return held
    key = json.dumps([customer], ensure_ascii=False)
    home = connection.execute(
        select(master.c.shop).where((master.c.table_name == "customer") & (master.c.row_key == key))
    ).scalar_one_or_none()
    return [ensure_bucket(connection, home)] if home is not None else []


def shops_that_hold(connection: Connection, customer: str) -> list[str]:
    """Return the shops whose buckets hold this customer by now."""
    return [bucket.removeprefix(shop_bucket("")) for bucket in _held_by(connection, customer)]


def _held_by(connection: Connection, customer: str) -> list[str]:
    key = json.dumps([customer], ensure_ascii=False)
    # Bucket by bucket, each a look at its primary key: the rows of all buckets are never read.
    each = select(bucket_table.c.bucket)
    return list(
        connection.execute(
            select(bucket_row.c.bucket)
            .where(
                bucket_row.c.bucket.in_(each)
                & (bucket_row.c.table_name == "customer")
                & (bucket_row.c.row_key == key)
            )
            .order_by(bucket_row.c.bucket)
        ).scalars()
    )
