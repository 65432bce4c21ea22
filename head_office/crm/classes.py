"""Classes of the whole chain: the same rules as at a till, from the events of all tills.

The classes go down as segments of the customer. Only bits that change are sent.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, select

from head_office import log
from head_office.crm import class_facts
from head_office.crm.class_history import count_run, difference, keep, periods, runs, stored
from head_office.portions import in_portions
from head_office.segments import Bits
from head_office.storage import master
from pos_plugin.limits import FACTS_MONTHS
from pos_plugin.loyalty.class_history import changes, segments
from pos_plugin.loyalty.class_scheme import gaps, read_scheme
from pos_plugin.loyalty.facts_kept import first_told_on, kept, kept_since
from pos_plugin.loyalty.margin import by_margin, unpriced_warning
from sync_agent.protocol.json_bytes import compact_json

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

    from sqlalchemy.engine import Connection

    from head_office.crm.class_history import Period
    from head_office.storage import Database
    from pos_plugin.loyalty.class_history import Fact
    from pos_plugin.loyalty.class_scheme import ClassScheme

_CUSTOMERS: Final = select(master.c.row).where(
    (master.c.table_name == "customer") & master.c.row_key.in_(bindparam("keys", expanding=True))
)
_CHANGE_CUSTOMER: Final = (
    master.update()
    .where((master.c.table_name == "customer") & (master.c.row_key == bindparam("of_key")))
    .values(row=bindparam("text"))
)


@dataclass(frozen=True, slots=True)
class Computed:
    """What a run did: customers by scheme and class, rows for the tills, rows of the history."""

    counts: dict[str, dict[str, int]]
    changed: int
    written: int
    warnings: tuple[str, ...]


def compute(database: Database, *, on: dt.date, facts_months: int = FACTS_MONTHS) -> Computed:
    """Compute the classes in force on a day and send what changed to the tills.

    What counts is what head office held when the run began to read. Tills send on meanwhile: they
    wait for a portion that is read, and for what is written in the end. Of what they send nothing
    counts in this run and everything in the next, as if it had come a moment after this one.

    Args:
        database: head office.
        on: shop day; what was known at the end of the day before counts.
        facts_months: so many months facts count, as ``classes.facts_months`` at a till.
    """
    while True:
        with database.read() as connection:
            ran = runs(connection)
            known = schemes(connection)
            with_margin = any(by_margin(revisions) for revisions in known.values())
            at = class_facts.instant(connection, with_margin=with_margin)
        found = _find(known, class_facts.facts(database, at), on=on, facts_months=facts_months)
        with database.read() as connection:
            before = {code: stored(connection, code) for code in known}
            shown = _Shown(connection)
        # Between two runs neither changes; a class that a load brings the next run puts right.
        histories = {code: difference(before[code], found.histories[code]) for code in known}
        others = shown.others_than(found.segments)
        with database.write() as connection:
            # Each turn more is one in which somebody else has brought something to an end.
            if class_facts.is_still_so(connection, at) and count_run(connection, after=ran):
                written = sum(
                    keep(connection, code, changed, run_on=on)
                    for code, changed in histories.items()
                )
                changed = _send(connection, others, found.segments)
                return Computed(found.counts, changed, written, found.warnings)


@dataclass(frozen=True, slots=True)
class _Found:
    """What a run says: history by scheme, segments by customer."""

    histories: dict[str, list[Period]]
    segments: dict[str, tuple[str, ...]]
    counts: dict[str, dict[str, int]]
    warnings: tuple[str, ...]


def _find(
    known: dict[str, list[ClassScheme]], every: list[Fact], *, on: dt.date, facts_months: int
) -> _Found:
    warnings = tuple(
        f"{code}: {warning}"
        for code, revisions in known.items()
        for warning in (*gaps(revisions[-1]), unpriced_warning(revisions[-1], every, on=on))
        if warning is not None
    )
    histories: dict[str, list[Period]] = {}
    standing: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    counts: dict[str, dict[str, int]] = {}
    for code, revisions in known.items():
        since_on = kept_since(revisions, on=on, months=facts_months)
        first_on = first_told_on(revisions, on=on, months=facts_months)
        counted = kept(every, since_on=since_on)
        found = list(changes(revisions, counted, {}, from_on=first_on, to_on=on))
        histories[code] = list(periods(found))
        counts[code] = {}
        for customer, name in {change.customer: change.code for change in found}.items():
            standing[customer].append((code, name))
            counts[code][name] = counts[code].get(name, 0) + 1
    named = {one: segments(places, schemes=len(known)) for one, places in standing.items()}
    return _Found(histories, named, counts, warnings)


def schemes(connection: Connection) -> dict[str, list[ClassScheme]]:
    """Return the revisions of each scheme, the oldest first."""
    found: dict[str, list[ClassScheme]] = {}
    for row in _rows(connection, "abc_scheme"):
        scheme = read_scheme(row, f"abc_scheme {row['code']}")
        found.setdefault(scheme.code, []).append(scheme)
    return {
        code: sorted(revisions, key=lambda one: one.revision)
        for code, revisions in sorted(found.items())
    }


def _rows(connection: Connection, table: str) -> list[dict[str, Any]]:
    return [json.loads(text) for text in _texts(connection, table)]


def _texts(connection: Connection, table: str) -> Sequence[str]:
    return (
        connection.execute(
            select(master.c.row).where(master.c.table_name == table).order_by(master.c.row_key)
        )
        .scalars()
        .all()
    )


class _Shown:
    """The classes that tills read of each customer, as they stand."""

    def __init__(self, connection: Connection) -> None:
        self._bits = Bits(connection)
        self._customers = _texts(connection, "customer")

    def others_than(self, segments: Mapping[str, tuple[str, ...]]) -> list[str]:
        """Return the customers of whom tills are to read other classes."""
        found: list[str] = []
        for row in map(json.loads, self._customers):
            shown = self._bits.names(row["segment_bits"] & self._bits.of_classes())
            if shown != sorted(segments.get(row["id"], ())):
                found.append(row["id"])
        return found


def _send(
    connection: Connection, customers: list[str], segments: Mapping[str, tuple[str, ...]]
) -> int:
    """Set the bits of classes of customers; return how many rows changed."""
    bits = Bits(connection)
    groups: defaultdict[str, list[list[log.Row]]] = defaultdict(list)
    changed: list[dict[str, str]] = []
    for some in in_portions(log.row_key("customer", {"id": one}) for one in customers):
        # Read here: whatever else was said of them meanwhile stays.
        texts = connection.execute(_CUSTOMERS, {"keys": some}).scalars().all()
        for row in map(json.loads, texts):
            wanted = bits.of(segments.get(row["id"], ()))
            row["segment_bits"] = row["segment_bits"] & ~bits.of_classes() | wanted
            key = log.row_key("customer", row)
            changed.append({"of_key": key, "text": compact_json(row).decode()})
            groups[log.shop_bucket(row["home_shop"])].append([("customer", row)])
    if changed:
        connection.execute(_CHANGE_CUSTOMER, changed)
    shared: list[list[log.Row]] = [[("segment_bit", one)] for one in bits.new]
    for bucket in log.buckets(connection):
        log.append(connection, bucket, shared + groups.get(bucket, []))
    return len(changed)
