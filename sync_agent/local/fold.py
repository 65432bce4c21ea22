"""Folds the till's own entries into the cache of a till without head office (sync.md §6).

1. Shown = cached row + own entries that its ``folded`` does not cover, here as with a head office.
   Value and ``folded`` of a row change together, so no entry is ever counted twice or missed,
   wherever a fold is interrupted.
2. The cursor of the journal moves last and saves work only: entries before it are covered by the
   rows. A journal of another life (restored, re-keyed) makes the cache start again from nothing.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final

from pos_plugin.clock import utc_text
from pos_plugin.loyalty.ledger import HISTORY, LAST_DAY, USES
from pos_plugin.loyalty.lots import Lot, Movement, fold
from pos_plugin.loyalty.windows import newest, row_and_day
from sync_agent.protocol.pages import Change, Page
from sync_agent.protocol.rows import TABLES, check_row

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator

    from pos_plugin.storage.cache_writer import CacheWriter
    from pos_plugin.storage.journal_reader import JournalReader
    from sync_agent.imports.stored import Stored

BUCKET: Final = "journal"
PAGE_ROWS: Final = 500
_COUNTERS: Final = (USES, HISTORY)
_Entry = tuple[int, int, str | None, int]  # epoch, event, shop day, signed change


def fold_journal(
    writer: CacheWriter,
    stored: Stored,
    journal: JournalReader,
    *,
    till: str,
    position: int,
    at: dt.datetime,
) -> int:
    """Take every entry behind ``position`` into the rows; return the last event taken in.

    Args:
        writer: the cache.
        stored: the rows as they are.
        journal: of the till.
        till: number of the till.
        position: where the cursor of the journal stands.
        at: the instant, shown beside balances.
    """
    # Events end here before entries are read: what comes meanwhile waits for the next fold.
    last = journal.last_seq()
    epoch = journal.epochs()[-1][0]
    changes = [
        Change("P", table, last, last, check_row(TABLES[table], row))
        for table, row in _rows(stored, journal, till=till, after=position, last=last, at=at)
    ]
    for start in range(0, len(changes), PAGE_ROWS):
        some = tuple(changes[start : start + PAGE_ROWS])
        done = position if start + PAGE_ROWS < len(changes) else last
        writer.apply_page(_page(epoch, position, some, done), at=at)
    if not changes and last > position:
        writer.apply_page(_page(epoch, position, (), last), at=at)
    return last


def _page(epoch: int, after: int, changes: tuple[Change, ...], checkpoint: int) -> Page:
    return Page(BUCKET, epoch, after, changes, checkpoint, complete=True)


def _rows(
    stored: Stored, journal: JournalReader, *, till: str, after: int, last: int, at: dt.datetime
) -> Iterator[tuple[str, dict[str, Any]]]:
    counted: defaultdict[tuple[str, str], list[_Entry]] = defaultdict(list)
    for customer, key_of_entry, epoch, seq, delta in journal.own_entries_after(after):
        if seq <= last and key_of_entry.startswith(_COUNTERS):
            key, day = row_and_day(key_of_entry)
            counted[customer, key].append((epoch, seq, day, delta))
    for (customer, key), entries in counted.items():
        yield "customer_counter", _counter(stored, customer, key, entries, till=till)
    moved: defaultdict[tuple[str, str], list[tuple[int, int, Movement]]] = defaultdict(list)
    for customer, program, epoch, seq, *movement in journal.movements_after(after):
        if seq <= last:
            lot, delta, matures_on, expires_on, on = movement
            moved[customer, program].append(
                (epoch, seq, Movement(lot, delta, matures_on, expires_on, on))
            )
    for (customer, program), movements in moved.items():
        yield "balance", _balance(stored, customer, program, movements, till=till, at=at)


def _counter(
    stored: Stored, customer: str, key: str, entries: list[_Entry], *, till: str
) -> dict[str, Any]:
    before = stored.row("customer_counter", [customer, key])
    value = before["value"] if before else 0
    days: defaultdict[str, int] = defaultdict(int, before["days"] if before else ())
    covered = _covered(before)
    for epoch, seq, day, delta in entries:
        if seq <= covered.get(epoch, 0):
            continue
        if day is not None:
            days[day] += delta
        else:
            # Of a day the later one counts, everything else adds up.
            value = max(value, delta) if key == LAST_DAY else value + delta
    folded = _folded(covered, ((epoch, seq) for epoch, seq, *_ in entries), till)
    return {
        "customer": customer,
        "key": key,
        "value": value,
        "days": newest(days),
        "folded": folded,
    }


def _balance(
    stored: Stored,
    customer: str,
    program: str,
    movements: list[tuple[int, int, Movement]],
    *,
    till: str,
    at: dt.datetime,
) -> dict[str, Any]:
    before = stored.row("balance", [customer, program])
    covered = _covered(before)
    lots = fold(
        (one for epoch, seq, one in movements if seq > covered.get(epoch, 0)),
        [Lot(**lot) for lot in before["lots"]] if before else (),
    )
    return {
        "customer": customer,
        "program": program,
        "value": sum(lot.left for lot in lots),
        "lots": [lot._asdict() for lot in lots],
        "as_of": utc_text(at),
        "folded": _folded(covered, ((epoch, seq) for epoch, seq, _ in movements), till),
    }


def _covered(row: dict[str, Any] | None) -> dict[int, int]:
    return {epoch: seq for _, epoch, seq in row["folded"]} if row else {}


def _folded(
    covered: dict[int, int], taken: Iterable[tuple[int, int]], till: str
) -> list[list[Any]]:
    highest = dict(covered)
    for epoch, seq in taken:
        highest[epoch] = max(seq, highest.get(epoch, 0))
    return [[till, epoch, seq] for epoch, seq in sorted(highest.items(), key=lambda one: one[1])]
