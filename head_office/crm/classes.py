"""Classes of the whole chain: the same rules as at a till, from the events of all tills.

The classes go down as segments of the customer. Only bits that change are sent.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from head_office import log
from head_office.crm import purchase_prices
from head_office.crm.class_history import keep
from head_office.intake.customers import survivor
from head_office.segments import Bits
from head_office.storage import master, till_event
from pos_plugin.limits import FACTS_MONTHS
from pos_plugin.loyalty.class_events import KINDS, Reported, facts_of_events
from pos_plugin.loyalty.class_history import changes, segments
from pos_plugin.loyalty.class_scheme import gaps, read_scheme
from pos_plugin.loyalty.facts_kept import first_told_on, kept, kept_since
from pos_plugin.loyalty.margin import PurchasePrices, by_margin, margin_facts, unpriced_warning
from pos_plugin.loyalty.margin_events import deals_of_events
from sync_agent.protocol.json_bytes import compact_json

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    from sqlalchemy.engine import Connection

    from head_office.storage import Database
    from pos_plugin.loyalty.class_history import Fact
    from pos_plugin.loyalty.class_scheme import ClassScheme


@dataclass(frozen=True, slots=True)
class Computed:
    """What a run did: customers by scheme and class, rows for the tills, rows of the history."""

    counts: dict[str, dict[str, int]]
    changed: int
    written: int
    warnings: tuple[str, ...]


def compute(database: Database, *, on: dt.date, facts_months: int = FACTS_MONTHS) -> Computed:
    """Compute the classes in force on a day and send what changed to the tills.

    Args:
        database: head office.
        on: shop day; what was known at the end of the day before counts.
        facts_months: so many months facts count, as ``classes.facts_months`` at a till.
    """
    with database.write() as connection:
        known = schemes(connection)
        counting = list(facts(connection))
        if any(by_margin(revisions) for revisions in known.values()):
            counting += margins(connection)
        became = {one: survivor(connection, one) for one in {fact.customer for fact in counting}}
        every = [replace_customer(fact, became[fact.customer]) for fact in counting]
        warnings = tuple(
            f"{code}: {warning}"
            for code, revisions in known.items()
            for warning in (*gaps(revisions[-1]), unpriced_warning(revisions[-1], every, on=on))
            if warning is not None
        )
        standing: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
        counts: dict[str, dict[str, int]] = {}
        written = 0
        for code, revisions in known.items():
            since_on = kept_since(revisions, on=on, months=facts_months)
            first_on = first_told_on(revisions, on=on, months=facts_months)
            counted = kept(every, since_on=since_on)
            found = list(changes(revisions, counted, {}, from_on=first_on, to_on=on))
            written += keep(connection, code, found, run_on=on)
            latest = {change.customer: change.code for change in found}
            counts[code] = {}
            for customer, name in latest.items():
                standing[customer].append((code, name))
                counts[code][name] = counts[code].get(name, 0) + 1
        changed = _send(connection, standing, schemes=len(known))
    return Computed(counts=counts, changed=changed, written=written, warnings=warnings)


def facts(connection: Connection) -> Iterator[Fact]:
    """Yield what counts of all events that took effect, but for the margin."""
    yield from facts_of_events(_reported(connection))


def margins(connection: Connection) -> Iterator[Fact]:
    """Yield what all events that took effect say of the margin."""
    prices = PurchasePrices(purchase_prices.read(connection))
    yield from margin_facts(deals_of_events(_reported(connection)), prices)


def _reported(connection: Connection) -> Iterator[Reported]:
    rows = connection.execute(
        select(till_event.c.kind, till_event.c.line)
        .where(till_event.c.took_effect, till_event.c.kind.in_(KINDS))
        .order_by(till_event.c.occurred_at, till_event.c.till, till_event.c.epoch, till_event.c.seq)
    )
    for kind, line in rows:
        yield Reported(kind, json.loads(bytes(line))["body"])


def replace_customer(fact: Fact, customer: str) -> Fact:
    """Return the fact under the id that its customer has now."""
    return fact if customer == fact.customer else fact._replace(customer=customer)


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
    texts = connection.execute(
        select(master.c.row).where(master.c.table_name == table).order_by(master.c.row_key)
    )
    return [json.loads(text) for text in texts.scalars()]


def _send(
    connection: Connection, standing: dict[str, list[tuple[str, str]]], *, schemes: int
) -> int:
    """Set the bits of every customer; return how many rows changed."""
    bits = Bits(connection)
    groups: defaultdict[str, list[list[log.Row]]] = defaultdict(list)
    for row in _rows(connection, "customer"):
        wanted = segments(standing.get(row["id"], ()), schemes=schemes)
        mask = row["segment_bits"] & ~bits.of_classes() | bits.of(wanted)
        if mask == row["segment_bits"]:
            continue
        row["segment_bits"] = mask
        key = log.row_key("customer", row)
        connection.execute(
            master.update()
            .where((master.c.table_name == "customer") & (master.c.row_key == key))
            .values(row=compact_json(row).decode())
        )
        groups[log.shop_bucket(row["home_shop"])].append([("customer", row)])
    shared: list[list[log.Row]] = [[("segment_bit", one)] for one in bits.new]
    for bucket in log.buckets(connection):
        log.append(connection, bucket, shared + groups.get(bucket, []))
    return sum(len(some) for some in groups.values())
