"""Brings what stands in ``imports/`` into the cache, as pages of the shop's bucket.

The same way as a page of head office: rows checked by the wire models, rows and cursor in one
transaction, an older row never over a newer one. kill -9 at any line repeats at most one page.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pos_plugin.errors import StorageDamaged
from sync_agent import inbox
from sync_agent.imports.shelf import MARK, RULES, STEP
from sync_agent.imports.tables_of_till import TABLES
from sync_agent.protocol.json_bytes import ProtocolError
from sync_agent.protocol.messages import GenerationEntry
from sync_agent.protocol.pages import Change, Page
from sync_agent.protocol.rows import check_row

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from pos_plugin.storage.cache_writer import CacheWriter
    from sync_agent.imports.shelf import Entry, Shelf

PAGE_ROWS: Final = 500
BUCKET_EPOCH: Final = 1


def apply_imports(
    writer: CacheWriter,
    shelf: Shelf,
    *,
    data_dir: Path,
    bucket: str,
    position: int,
    rule_keys: Mapping[str, bytes],
    at: dt.datetime,
    between: Callable[[], bool] = lambda: True,
) -> int:
    """Apply every entry behind the cursor; return where the cursor stands now.

    Args:
        writer: the cache.
        shelf: what was taken.
        data_dir: of the till.
        bucket: of the shop.
        position: where the cursor of the bucket stands.
        rule_keys: by which rules are believed.
        at: the instant.
        between: called after each page; False = stop here.

    Raises:
        StorageError: an entry or the cache cannot be used; what was applied stays.
        PackageRejected: rules that this version does not take.
    """
    for entry in shelf.entries():
        if entry.last_seq <= position:
            continue
        if entry.kind == RULES:
            package = GenerationEntry.model_validate(entry.package)
            content = shelf.content(entry)
            inbox.take_package(writer, data_dir, package, content, keys=rule_keys, accepted_at=at)
        done = position - entry.order * STEP if position >= entry.order * STEP else 0
        changes: list[Change] = []
        for number, op, table, row in shelf.changes(entry, done) if entry.kind != RULES else ():
            if op == MARK:
                continue
            changes.append(_change(entry, number, op, table, row))
            if len(changes) == PAGE_ROWS:
                position = _apply(writer, bucket, position, changes, changes[-1].log_seq, at)
                changes = []
                if not between():
                    return position
        position = _apply(writer, bucket, position, changes, entry.last_seq, at)
        if not between():
            return position
    return position


def _apply(
    writer: CacheWriter,
    bucket: str,
    after: int,
    changes: list[Change],
    checkpoint: int,
    at: dt.datetime,
) -> int:
    page = Page(
        bucket=bucket,
        bucket_epoch=BUCKET_EPOCH,
        after=after,
        changes=tuple(changes),
        checkpoint=checkpoint,
        complete=True,
    )
    writer.apply_page(page, at=at)
    return checkpoint


def _change(entry: Entry, number: int, op: str, table: str, row: dict[str, Any]) -> Change:
    known = TABLES.get(table)
    fault = f"no table {table}" if known is None else None
    try:
        if known is not None and op == "P":
            place = entry.order * STEP + number
            return Change("P", table, place, entry.order, check_row(known, row))
    except ProtocolError as error:
        fault = str(error)
    raise StorageDamaged(
        f"import {entry.order} ({entry.name}), row {number}: {fault or op}",
        hint="It was taken by another version: import the file again.",
    )
