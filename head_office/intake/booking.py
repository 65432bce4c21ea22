"""Books the effects of events inside the transaction of their batch.

Laws of this file (sync.md 5.3):

1. A known ``uid`` under another number has no second effect, but counts as folded.
2. Head office rejects no receipt: what it does not understand is stored, acknowledged, and not
   folded, so that no balance is shown as if it were in it. Later events of that till about the same
   customers wait behind it (quarantine), so that each balance is whole up to one number.
3. What nobody asks for before the end of the batch is written then, all at once; of a customer with
   many receipts the tills get the last balance only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, func, select
from sqlalchemy.exc import IntegrityError

from head_office import log
from head_office.intake.approvals import take_approval
from head_office.intake.customers import MOVING, Customers, of_owners, survivor
from head_office.intake.effects import NotUnderstood, effects_of
from head_office.intake.folding import Folding
from head_office.portions import in_portions
from head_office.storage import alias, quarantine, receipt, receipt_line, till_event
from head_office.till import erasures
from head_office.till.status import KNOWN_UID
from head_office.vouchers import FOR_EVERY_SHOP, changed_rows
from pos_plugin.limits import MAX_TEXT

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.engine import Connection

    from head_office.intake.effects import ReceiptRows
    from head_office.log import Row
    from head_office.sources import Source
    from sync_agent.protocol.messages import Event, PrivateOf

ERASURE: Final = "erasure_applied"
NAMED_MAX: Final = 1_000
PROBLEM_MAX: Final = 500

_BOOKED: Final = select(till_event.c.uid).where(
    till_event.c.uid.in_(bindparam("uids", expanding=True)) & till_event.c.took_effect.is_(True)
)
_WAITING: Final = select(quarantine.c.till, quarantine.c.epoch).distinct()
_BECAME: Final = select(alias.c.alias).where(alias.c.alias.in_(bindparam("ids", expanding=True)))
_OLD_IDS: Final = select(alias.c.alias).where(alias.c.customer == bindparam("customer"))


class Booking:
    """The events of one transaction: what they meet, and what they change.

    Args:
        connection: an open write transaction.
        card_key: of the chain.
        now_text: instant of arrival, ISO 8601 UTC.
        events: those that may be booked.
    """

    def __init__(
        self, connection: Connection, *, card_key: bytes, now_text: str, events: Iterable[Event]
    ) -> None:
        self._connection = connection
        self._card_key = card_key
        self._now_text = now_text
        self._folding = Folding(connection, as_of=now_text)
        self._changed: dict[str, list[Row]] = {}
        self._receipts: list[ReceiptRows] = []
        uids: set[str] = set()
        customers: set[str] = set()
        for event in events:
            uids.add(event.uid_hex)
            customers.update(event.touches)
        self._booked = {
            uid
            for some in in_portions(sorted(uids))
            for uid in connection.execute(_BOOKED, {"uids": some}).scalars()
        }
        self._waiting = {(row.till, row.epoch) for row in connection.execute(_WAITING)}
        self._folding.expect(customers)
        became = {
            one
            for some in in_portions(sorted(customers))
            for one in connection.execute(_BECAME, {"ids": some}).scalars()
        }
        # Whoever is not in it may have become another customer: asked event by event.
        self._unmerged = customers - became
        self._buckets = log.all_holders(connection, customers)

    def book(self, event: Event, private: PrivateOf | None, *, source: Source) -> str | None:
        """Book the effects of an event; return why it has none, None when all is booked.

        Args:
            event: stored under this number, or about to be.
            private: what stands beside it.
            source: till and number.
        """
        # One that is quarantined under another number had no effect yet.
        repeated = event.uid_hex in self._booked
        moves = event.kind in MOVING
        if moves:
            self._settle()  # rows of balances are given to another customer
            self._unmerged = set()
        try:
            self._wait_for_earlier(event, source)
            changed = self._whole(event, private, source, repeated=repeated)
        except IntegrityError as fault:
            problem = f"{event.kind}: {fault.orig}"
        except NotUnderstood as fault:
            problem = str(fault)
        except (ArithmeticError, LookupError, TypeError, ValueError, RecursionError) as fault:
            # Numbers, instants and texts that no till writes: one of them must not block a till.
            problem = f"{event.kind}: {fault}"[:PROBLEM_MAX]
        else:
            self._booked.add(event.uid_hex)
            self._note(changed)
            return KNOWN_UID if repeated else None
        if moves:
            self._folding.forget()
        self._quarantine(event, source)
        return problem

    def send(self) -> None:
        """Write the receipts, and what all events changed into the logs the tills read."""
        self._settle()
        if self._receipts:
            self._connection.execute(receipt.insert(), [head for head, _ in self._receipts])
        if lines := [line for _, lines in self._receipts for line in lines]:
            self._connection.execute(receipt_line.insert(), lines)
        groups: dict[str, list[list[Row]]] = {}
        for customer, rows in self._changed.items():
            # A shop that opened in this batch gets what nobody holds, too.
            every = customer == FOR_EVERY_SHOP
            for bucket in log.buckets(self._connection) if every else self._buckets[customer]:
                groups.setdefault(bucket, []).append(rows)
        for bucket, changed in groups.items():
            log.append(self._connection, bucket, changed)

    def _whole(
        self, event: Event, private: PrivateOf | None, source: Source, *, repeated: bool
    ) -> dict[str, list[Row]]:
        """Book an event and return the changed rows by customer; all of it, or nothing."""
        connection = self._connection
        effects = effects_of(event)
        named = {*event.touches, *(one.customer for one in effects.body.ledger)}
        if not self._unmerged.issuperset(named):
            effects = of_owners(connection, effects)
        with connection.begin_nested():
            if not repeated:
                effects.store(connection, till=source.till, event=event, recorded_at=self._now_text)
                take_approval(connection, event, source=source)
            changed = changed_rows(connection, effects.touched_vouchers, source=source)
            if not repeated:
                customers = Customers(
                    connection, card_key=self._card_key, source=source, as_of=self._now_text
                )
                booked = customers.book(event, private)
                if event.kind == ERASURE:
                    self._note_erasure(event, booked, till=source.till)
                for customer, rows in booked.items():
                    changed.setdefault(customer, []).extend(rows)
            # Last, because it is not in the tables yet: nothing behind it can fail.
            self._folding.take(effects.entries, source=source, counts=not repeated)
        if not repeated and (
            rows_of_receipt := effects.receipt_rows(till=source.till, event=event)
        ):
            self._receipts.append(rows_of_receipt)
        return changed

    def _note_erasure(self, event: Event, erased: Iterable[str], *, till: str) -> None:
        """Remember who is erased and who held it; the till says of its journal that it is done."""
        for customer in erased:
            held = self._buckets.get(customer) or log.all_holders(self._connection, [customer]).get(
                customer, []
            )
            erasures.note_erased(
                self._connection,
                customer,
                shops=[log.shop_of(bucket) for bucket in held],
                now_text=self._now_text,
            )
        gone = survivor(self._connection, str(event.body["customer"]))
        erasures.confirm(
            self._connection, till, [gone], part=erasures.JOURNAL, now_text=self._now_text
        )

    def _settle(self) -> None:
        self._note(self._folding.settle())

    def _note(self, changed: dict[str, list[Row]]) -> None:
        for customer, rows in changed.items():
            self._changed.setdefault(customer, []).extend(rows)
            # As soon as it is known: of who is erased later in the batch nobody could tell.
            if not self._buckets.get(customer) and customer != FOR_EVERY_SHOP:
                self._buckets[customer] = log.holders(self._connection, customer)

    def _quarantine(self, event: Event, source: Source) -> None:
        self._waiting.add((source.till, source.epoch))
        for touched in sorted({*event.touches, *_named(event.body)}):
            self._connection.execute(
                quarantine.insert(),
                {
                    "till": source.till,
                    "epoch": source.epoch,
                    "touched": touched,
                    "seq": source.seq,
                },
            )

    def _wait_for_earlier(self, event: Event, source: Source) -> None:
        """Hold an event back whose customers have an earlier one of this till in quarantine.

        A balance says of one number per till that everything up to it is in it. Booked out of
        order, either the earlier event would be missing in what the till shows, or this one counted
        twice.

        Raises:
            NotUnderstood: it waits.
        """
        if (source.till, source.epoch) not in self._waiting:
            return
        known = set(event.touches)
        for touched in event.touches:
            now = survivor(self._connection, touched)
            known |= {now, *self._connection.execute(_OLD_IDS, {"customer": now}).scalars()}
        here = (quarantine.c.till == source.till) & (quarantine.c.epoch == source.epoch)
        earlier = self._connection.execute(
            select(func.min(quarantine.c.seq)).where(
                here & quarantine.c.touched.in_(sorted(known)) & (quarantine.c.seq < source.seq)
            )
        ).scalar()
        if earlier is not None:
            raise NotUnderstood(f"waits for event {earlier} of this till")


def _named(body: dict[str, Any]) -> set[str]:
    """Return whom a body names, as far as it can be read; its envelope may have left them out."""
    found = {body.get("customer")}
    for name in ("entries", "ledger"):
        rows = body.get(name)
        if isinstance(rows, list):
            found |= {row.get("customer") for row in rows[:NAMED_MAX] if isinstance(row, dict)}
    return {one for one in found if isinstance(one, str) and 0 < len(one) <= MAX_TEXT}
