"""Entries of accounts in the journal: written once, summed by lot, listed for a statement."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pos_plugin.clock import utc_text
from pos_plugin.loyalty.lots import Kind, LedgerEntry, Movement
from pos_plugin.storage.pruned import included_up_to, pruned

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection, Iterable, Mapping

    from pos_plugin.storage.journal_lookup import Journal

_COLUMNS: Final = (
    "id, customer, program, kind, delta, lot, matures_on, expires_on, "
    '"group", reverses, reason, promotions, basis'
)


def add(
    journal: Journal,
    entries: Iterable[LedgerEntry],
    *,
    epoch: int,
    seq: int,
    generation: int,
    at: dt.datetime,
    worth_minor: Mapping[str, int] | None = None,
) -> None:
    """Store entries.

    Args:
        journal: in the transaction of their event.
        entries: of the event.
        epoch: of the journal.
        seq: number of the event.
        generation: of the rules that earned.
        at: now, shop-local.
        worth_minor: by entry id: what of it was spent is worth, in minor units (cents).
    """
    worth = worth_minor or {}
    journal.executemany(
        "INSERT INTO ledger_entry (id, epoch, seq, customer, program, kind, delta, lot, "
        'matures_on, expires_on, business_on, "group", reverses, reason, worth_minor, basis, '
        "promotions, generation, occurred_at) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (
                entry.id,
                epoch,
                seq,
                entry.customer,
                entry.program,
                entry.kind.value,
                entry.delta,
                entry.lot,
                entry.matures_on,
                entry.expires_on,
                at.date().isoformat(),
                entry.group,
                entry.reverses,
                entry.reason,
                worth.get(entry.id, 0),
                _json(dict(entry.basis)),
                _json(list(entry.promotions)),
                generation,
                utc_text(at),
            )
            for entry in entries
        ],
    )


def movements(
    journal: Journal, customer: str, folded: Mapping[str, Mapping[int, int]]
) -> dict[str, list[Movement]]:
    """Return by account what this till booked and head office has not folded, summed by lot.

    Args:
        journal: of this till.
        customer: whose accounts.
        folded: by account: epoch to the highest event that head office's number includes.

    Summed in SQL: a customer of many years has thousands of entries, a panel must not wait.
    """
    rows: Any = journal.execute(
        "SELECT program, epoch, max(seq), lot, sum(delta), max(matures_on), max(expires_on), "
        "max(CASE WHEN lot <> id THEN business_on END) "
        "FROM ledger_entry WHERE customer = ? GROUP BY program, epoch, lot",
        (customer,),
    ).fetchall()
    found: dict[str, list[Movement]] = {}
    gone = pruned(journal)
    for program, epoch, seq, *lot in rows:
        included = included_up_to(folded.get(program), epoch, gone)
        if included >= seq:
            continue
        rest: Any = lot
        if included:
            rest = journal.execute(
                "SELECT lot, sum(delta), max(matures_on), max(expires_on), "
                "max(CASE WHEN lot <> id THEN business_on END) FROM ledger_entry "
                "WHERE customer = ? AND program = ? AND epoch = ? AND lot = ? AND seq > ?",
                (customer, program, epoch, lot[0], included),
            ).fetchone()
        found.setdefault(program, []).append(Movement(*rest))
    return found


def doubtful(
    journal: Journal, customer: str, folded: Mapping[str, Mapping[int, int]]
) -> frozenset[str]:
    """Return the accounts whose sum nobody can tell now.

    Events that a restore gave a new life may be in head office's number under their old one. Until
    it names the new life, counting them could count them twice, and leaving them out could miss
    them.

    Args:
        journal: of this till.
        customer: whose accounts.
        folded: by account: epoch to the highest event that head office's number includes.
    """
    rows: Any = journal.execute(
        "SELECT program, ledger_entry.epoch, max(seq) FROM ledger_entry "
        "JOIN epoch ON epoch.epoch = ledger_entry.epoch "
        "WHERE customer = ? AND seq <= rekeyed_to GROUP BY program, ledger_entry.epoch",
        (customer,),
    ).fetchall()
    gone = pruned(journal)
    return frozenset(
        program
        for program, epoch, seq in rows
        if folded.get(program) and included_up_to(folded[program], epoch, gone) < seq
    )


class BookedEarning(NamedTuple):
    """What an account earned with a receipt, and what of it was reversed; in its own unit."""

    entry: LedgerEntry
    reversed: int

    @property
    def amount(self) -> int:
        """What was earned."""
        return self.entry.delta

    @property
    def basis(self) -> Mapping[str, int]:
        """What each line of the receipt has in it, in millionths."""
        return self.entry.basis


def earnings_of(journal: Journal, receipt: int) -> list[BookedEarning]:
    """Return what a receipt earned."""
    rows: Any = journal.execute(
        f"SELECT {_COLUMNS}, (SELECT -coalesce(sum(r.delta), 0) FROM ledger_entry AS r "  # noqa: S608
        "WHERE r.customer = e.customer AND r.program = e.program AND r.lot = e.lot "
        "AND r.reverses = e.id) FROM ledger_entry AS e "
        "WHERE seq = ? AND kind = 'earn' ORDER BY program, id",
        (receipt,),
    )
    return [BookedEarning(_entry(row), row[-1]) for row in rows]


def redeemed_by(journal: Journal, receipt: int) -> list[tuple[LedgerEntry, int]]:
    """Return what a receipt redeemed, in its order, each with what of it was not given back yet."""
    rows: Any = journal.execute(
        f"SELECT {_COLUMNS}, -delta - (SELECT coalesce(sum(r.delta), 0) "  # noqa: S608
        "FROM ledger_entry AS r WHERE r.customer = e.customer AND r.program = e.program "
        "AND r.reverses = e.id) FROM ledger_entry AS e "
        "WHERE seq = ? AND kind = 'redeem' ORDER BY program, rowid",
        (receipt,),
    )
    return [(_entry(row), row[-1]) for row in rows]


def entry(journal: Journal, entry_id: str) -> LedgerEntry | None:
    """Return an entry of this till by its id."""
    row: Any = journal.execute(
        f"SELECT {_COLUMNS} FROM ledger_entry WHERE id = ?",  # noqa: S608
        (entry_id,),
    ).fetchone()
    return _entry(row) if row else None


class Listed(NamedTuple):
    """An entry, or several of one action, as a statement shows them."""

    epoch: int
    seq: int
    kind: str
    delta: int
    matures_on: str
    expires_on: str | None
    occurred_at: str
    reason: str | None
    receipt_number: str | None


def latest(journal: Journal, customer: str, program: str, *, count_max: int) -> list[Listed]:
    """Return the latest entries of an account, the newest first; one line per event and kind.

    Args:
        journal: of this till.
        customer: whose account.
        program: the account.
        count_max: so many at most.
    """
    rows: Any = journal.execute(
        "SELECT e.epoch, e.seq, kind, sum(delta), max(matures_on), max(expires_on), "
        "max(occurred_at), max(reason), max(receipt.receipt_number) FROM ledger_entry AS e "
        "LEFT JOIN receipt ON receipt.seq = e.seq "
        "WHERE e.customer = ? AND program = ? GROUP BY e.seq, kind "
        "ORDER BY e.seq DESC, kind LIMIT ?",
        (customer, program, count_max),
    )
    return [Listed(*row) for row in rows]


class Spent(NamedTuple):
    """What was spent of accounts since the last upload, in minor units (cents)."""

    customer_minor: int
    till_minor: int


def spent_since(journal: Journal, seq: int, *, customers: Collection[str]) -> Spent:
    """Return what was spent of accounts in events that head office does not hold.

    Args:
        journal: of this till.
        seq: the highest event that head office holds.
        customers: ids of the customer whose share is told apart.
    """
    rows: Any = journal.execute(
        "SELECT customer, sum(worth_minor) FROM ledger_entry "
        "WHERE seq > ? AND worth_minor > 0 GROUP BY customer",
        (seq,),
    ).fetchall()
    return Spent(
        customer_minor=sum(worth for customer, worth in rows if customer in customers),
        till_minor=sum(worth for _, worth in rows),
    )


def add_reward(
    journal: Journal,
    redemption: str,
    *,
    epoch: int,
    seq: int,
    reward: str,
    customer: str,
    quantity: int,
    at: dt.datetime,
) -> None:
    """Store that a reward was given.

    Args:
        journal: in the transaction of its event.
        redemption: the host's own id of the exchange.
        epoch: of the journal.
        seq: number of the event.
        reward: its code.
        customer: who got it.
        quantity: how many.
        at: now.
    """
    journal.execute(
        "INSERT INTO reward_given (redemption, epoch, seq, reward, customer, quantity, given_at) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        (redemption, epoch, seq, reward, customer, quantity, utc_text(at)),
    )


def rewards_given(journal: Journal, reward: str) -> int:
    """Return how many of a reward this till gave."""
    given: Any = journal.execute(
        "SELECT coalesce(sum(quantity), 0) FROM reward_given WHERE reward = ?", (reward,)
    ).get
    return int(given)


def _entry(row: Any) -> LedgerEntry:  # noqa: ANN401 - a row of SQLite
    (
        entry_id,
        customer,
        program,
        kind,
        delta,
        lot,
        matures_on,
        expires_on,
        group,
        reverses,
        reason,
        promotions,
        basis,
    ) = row[:13]
    return LedgerEntry(
        id=entry_id,
        customer=customer,
        program=program,
        kind=Kind(kind),
        delta=delta,
        lot=lot,
        matures_on=matures_on,
        expires_on=expires_on,
        group=group,
        reverses=reverses,
        reason=reason,
        promotions=tuple(json.loads(promotions)),
        basis=json.loads(basis),
    )


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
