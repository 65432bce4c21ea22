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

from sqlalchemy import bindparam, select

from head_office.portions import in_portions
from head_office.problems import ProblemError
from head_office.storage import bucket as bucket_table
from head_office.storage import bucket_row, bucket_sum, master
from head_office.vouchers import rows_of_holder
from pos_plugin.row_sum import row_sum, sum_text
from sync_agent.protocol.json_bytes import compact_json
from sync_agent.protocol.limits import PAGE_BYTES_MAX
from sync_agent.protocol.messages import BucketMark
from sync_agent.protocol.pages import page_bytes
from sync_agent.protocol.rows import TABLES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy.engine import Connection

Row = tuple[str, dict[str, Any]]
"""Table name and wire row; one with a ``REASON`` beside its key is removed."""

REASON: Final = "reason"

_STANDING: Final = select(bucket_row.c.row_key, bucket_row.c.sum).where(
    (bucket_row.c.bucket == bindparam("bucket"))
    & (bucket_row.c.table_name == bindparam("table"))
    & bucket_row.c.row_key.in_(bindparam("keys", expanding=True))
)
_CHANGE_ROW: Final = (
    bucket_row.update()
    .where(
        (bucket_row.c.bucket == bindparam("of_bucket"))
        & (bucket_row.c.table_name == bindparam("of_table"))
        & (bucket_row.c.row_key == bindparam("of_key"))
    )
    .values({name: bindparam(name) for name in ("log_seq", "log_group", "op", "row", "sum")})
)

# Bucket by bucket, each a look at its primary key: the rows of all buckets are never read.
_HOLDERS: Final = (
    select(bucket_row.c.row_key, bucket_row.c.bucket)
    .where(
        bucket_row.c.bucket.in_(select(bucket_table.c.bucket))
        & (bucket_row.c.table_name == "customer")
        & bucket_row.c.row_key.in_(bindparam("keys", expanding=True))
    )
    .order_by(bucket_row.c.bucket)
)

# Header and end of a page are small; the rows keep this much away from the limit.
_ROWS_BYTES_MAX = PAGE_BYTES_MAX - 2**16


def shop_bucket(shop: str) -> str:
    """Return the name of a shop's bucket."""
    return f"shop:{shop}"


def shop_of(bucket: str) -> str:
    """Return the shop of a bucket."""
    return bucket.removeprefix(shop_bucket(""))


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
    groups_left = _newest(groups)
    before = _sums_before(connection, bucket, groups_left)
    sums: dict[str, int] = {}
    new: list[dict[str, Any]] = []
    old: list[dict[str, Any]] = []
    for rows in groups_left:
        group = head + 1
        for table, key, row in rows:
            head += 1
            is_live = REASON not in row
            sum_now = _sum_of(table, row) if is_live else 0
            values = {
                "log_seq": head,
                "log_group": group,
                "op": "P" if is_live else "R",
                "row": compact_json(row).decode(),
                "sum": sum_text(sum_now),
            }
            sum_before = before.get((table, key))
            if sum_before is None:
                new.append({"bucket": bucket, "table_name": table, "row_key": key, **values})
            else:
                old.append({"of_bucket": bucket, "of_table": table, "of_key": key, **values})
            sums[table] = sums.get(table, 0) + sum_now - (sum_before or 0)
    if new:
        connection.execute(bucket_row.insert(), new)
    if old:
        connection.execute(_CHANGE_ROW, old)
    _move_sums(connection, bucket, sums)
    connection.execute(
        bucket_table.update().where(bucket_table.c.bucket == bucket).values(head=head)
    )
    return head


_Keyed = tuple[str, str, dict[str, Any]]
"""Table, key and row."""


def _newest(groups: Iterable[Sequence[Row]]) -> list[list[_Keyed]]:
    """Return the groups with the key of each row, without rows that a later one here replaces.

    They become visible together, and a row stands in the log once: of a customer with many
    receipts in one batch the last balance is all that anybody reads.
    """
    keyed = [[(table, row_key(table, row), row) for table, row in rows] for rows in groups]
    kept: list[list[_Keyed]] = []
    seen: set[tuple[str, str]] = set()
    for rows in reversed(keyed):
        newest: list[_Keyed] = []
        for table, key, row in reversed(rows):
            if (table, key) not in seen:
                seen.add((table, key))
                newest.append((table, key, row))
        if newest:
            kept.append(newest[::-1])
    return kept[::-1]


def _sums_before(
    connection: Connection, bucket: str, groups: list[list[_Keyed]]
) -> dict[tuple[str, str], int]:
    """Return what the rows that stand in the log already count for, by table and key."""
    by_table: dict[str, list[str]] = {}
    for rows in groups:
        for table, key, _ in rows:
            by_table.setdefault(table, []).append(key)
    return {
        (table, row.row_key): int(row.sum, 16)
        for table, keys in by_table.items()
        for some in in_portions(keys)
        for row in connection.execute(_STANDING, {"bucket": bucket, "table": table, "keys": some})
    }


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
    held = all_holders(connection, [customer]).get(customer)
    if held:
        return held
    key = json.dumps([customer], ensure_ascii=False)
    home = connection.execute(
        select(master.c.shop).where((master.c.table_name == "customer") & (master.c.row_key == key))
    ).scalar_one_or_none()
    return [ensure_bucket(connection, home)] if home is not None else []


def shops_that_hold(connection: Connection, customer: str) -> list[str]:
    """Return the shops whose buckets hold this customer by now."""
    held = all_holders(connection, [customer]).get(customer, [])
    return [shop_of(bucket) for bucket in held]


def all_holders(connection: Connection, customers: Iterable[str]) -> dict[str, list[str]]:
    """Return the buckets that hold each of the customers by now; one nobody holds is left out."""
    by_key = {json.dumps([customer], ensure_ascii=False): customer for customer in customers}
    found: dict[str, list[str]] = {}
    for some in in_portions(by_key):
        for row in connection.execute(_HOLDERS, {"keys": some}):
            found.setdefault(by_key[row.row_key], []).append(row.bucket)
    return found
