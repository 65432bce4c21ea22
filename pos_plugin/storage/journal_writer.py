"""Writes ``journal.db``: the till's half. One connection, one lock, one transaction per fact.

1. A receipt with everything that follows from it is one transaction; it is confirmed after the
   commit returned, never before.
2. An event is serialised once; those bytes are stored, hashed and sent.
3. The thread that prints shares the connection under the same lock.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import RLock
from typing import TYPE_CHECKING, Any, Final

import apsw

from pos_plugin.clock import instant, utc_text
from pos_plugin.errors import StorageBusy, StorageDamaged, StorageError
from pos_plugin.folder_lock import FolderLock, FolderTaken
from pos_plugin.sale.repricing import facts_of
from pos_plugin.storage import ledger_store, voucher_store
from pos_plugin.storage.ballast import Ballast
from pos_plugin.storage.connect import (
    JOURNAL_NAME,
    checkpointed,
    make_data_dir,
    open_journal,
    quick_check,
)
from pos_plugin.storage.envelope import hash_of, serialised
from pos_plugin.storage.faults import mapped
from pos_plugin.storage.journal_swap import (
    DAMAGED,
    begin_run,
    end_run,
    forget_damage,
    forget_fork,
    forked_after,
    has_damaged,
    is_marked_damaged,
    move_away,
)
from pos_plugin.storage.print_strips import keep_strip
from pos_plugin.storage.rekey import open_epoch, rekey, without_triggers
from pos_plugin.storage.voucher_store import Booked
from pos_plugin.uids import new_uid

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from pos_plugin.loyalty.lots import LedgerEntry
    from pos_plugin.loyalty.vouchers import NewVoucher
    from pos_plugin.model import Basket
    from pos_plugin.sale.receipts import BookedReceipt


LOCK_NAME: Final = "till.lock"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptHead:
    """What a receipt knows beside its amounts; ``at`` is the first scan."""

    sale_id: str
    receipt_number: str | None
    cashier: str | None
    customer: str | None
    at: dt.datetime
    completed_at: dt.datetime
    currency: str
    generation: int
    evaluation_id: str
    optimal: bool
    gap_minor: int
    evaluated_total_minor: int
    late: bool
    tenders: list[dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Redemption:
    """A voucher that a sale used: as the coupon of a promotion, or for its value.

    Args:
        voucher: its id.
        promotion: that it was the coupon of; None for its value.
        legal_kind: of the voucher.
        amount_minor: what was used of its value in minor units (cents); None for a coupon.
        given_minor: what the customer got: that, or the discount of the coupon's promotion.
        lapsed_minor: what of its value nobody can use any more.
        lines: what it took off each line that it reduced, by line id, in minor units (cents).
        state: of the voucher afterwards.
        balance_minor: of the voucher afterwards in minor units (cents); None for a coupon.
        state_before: of the voucher.
        rights_used: rights of the cashier that lifted a refusal.
        is_multi_use: it stays as it is, any number of sales may use it.
    """

    voucher: str
    promotion: str | None
    legal_kind: str = "promo"
    amount_minor: int | None = None
    given_minor: int = 0
    lapsed_minor: int = 0
    lines: Mapping[str, int] = field(default_factory=dict)
    state: str = "redeemed"
    balance_minor: int | None = None
    state_before: str = "issued"
    rights_used: tuple[str, ...] = ()
    is_multi_use: bool = False

    @property
    def is_used_up(self) -> bool:
        """Whether nothing of it can be used later."""
        return self.state == "redeemed"

    def to_event(self) -> dict[str, Any]:
        """Return the redemption as it stands in the body of an event."""
        return {
            "voucher": self.voucher,
            "promotion": self.promotion,
            "amount_minor": self.amount_minor,
            "given_minor": self.given_minor,
            "lapsed_minor": self.lapsed_minor,
            "lines": [
                {"line_id": line_id, "discount_minor": discount_minor}
                for line_id, discount_minor in self.lines.items()
            ],
            "state": self.state,
            "rights_used": list(self.rights_used),
        }


@dataclass(frozen=True, slots=True)
class ReturnedLine:
    """Part of a line that came back; the refund in minor units (cents)."""

    line_id: str
    quantity_milli: int
    refund_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NewReturn:
    """Goods that came back; ``receipt`` is None when this till does not have their sale.

    ``turnover_minor``: of the refund, for goods; ``withheld_minor``: of it, because the sale was
    not paid that far; in minor units (cents).
    """

    return_id: str
    sale_id: str
    receipt: int | None
    lines: tuple[ReturnedLine, ...]
    turnover_minor: int
    withheld_minor: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPrintJob:
    """A document to be printed; stored as JSON, laid out by the printing thread.

    Args:
        uid: of the job.
        kind: of the document: ``voucher``, ``approval`` ...
        subject_uid: what is printed: id of the voucher.
        coupons: ids of all vouchers of a strip, the subject first; empty on any other paper.
        customer: whose it is, if anybody's.
        printer_role: which printer takes it.
        document: as JSON.
        training: nothing of it counts.
        is_held: the cashier says when.
        hold_after_at: when nobody waits for it any more.
        template_id: what laid it out.
        template_version: of that template.
    """

    uid: str
    kind: str = "voucher"
    subject_uid: str
    coupons: tuple[str, ...] = ()
    customer: str | None = None
    printer_role: str = "voucher"
    document: str
    training: bool = False
    is_held: bool = False
    hold_after_at: dt.datetime | None = None
    template_id: str | None = None
    template_version: int | None = None


class JournalWriter:
    """The one writer of the journal of a data folder."""

    def __init__(self, connection: apsw.Connection, path: Path, owner: FolderLock) -> None:
        self._connection = connection
        self._path = path
        self._owner = owner
        self._lock = RLock()
        self._log_path = path.with_name(path.name + "-wal")
        self._file = _identity(path)
        self._log: tuple[int, int] | None = None
        self.epoch = 0
        self.ballast = Ballast(path.parent)
        self.newest_at: dt.datetime | None = None
        """When the newest event happened."""
        self.circumstances: Mapping[str, Any] = {"generation": 0, "offline": False}
        """What every event says beside its body: rules in force, no contact with head office."""
        self.is_writable = True
        """Whether the last receipt could be stored."""
        self.was_damaged = has_damaged(path.parent)
        """Whether a damaged journal waits for a restore."""

    @classmethod
    def open(cls, data_dir: Path, *, at: dt.datetime) -> JournalWriter:
        """Return the writer; the journal is created or migrated first where needed.

        Args:
            data_dir: folder of the till.
            at: now; instant of a new epoch.

        Raises:
            StorageBusy: another till has this folder.
            StorageError: nothing was changed.
        """
        owner = _own(data_dir)
        try:
            writer = cls(_sound_journal(data_dir, at), data_dir / JOURNAL_NAME, owner)
        except BaseException:
            owner.release()
            raise
        try:
            with writer.transaction():
                writer._leave_a_fork(at)
                writer.epoch = writer._current_epoch(at)
                writer.newest_at = writer._newest_at()
            forget_fork(data_dir)
            begin_run(data_dir)
        except BaseException:
            writer.close()
            raise
        return writer

    def close(self) -> None:
        """Let go of the file; its log goes back into it."""
        with self._lock:
            try:
                with mapped(self._path):
                    self._connection.close()
                end_run(self._path.parent)
            finally:
                self._owner.release()

    @contextmanager
    def transaction(self) -> Iterator[apsw.Connection]:
        """Hold the writer's lock and one transaction; committed when this returns.

        Raises:
            StorageError: the transaction was rolled back.
        """
        with self._lock, self._watched(), mapped(self._path):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._check_its_name()
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    @contextmanager
    def rewriting(self) -> Iterator[apsw.Connection]:
        """Hold a transaction in which rows that others name are taken out and put back.

        Nobody looks at references meanwhile: looking for who names a row reads whole tables.

        Raises:
            StorageError: the transaction was rolled back.
        """
        with self._lock, mapped(self._path):
            try:
                self._connection.pragma("foreign_keys", 0)
                with self.transaction() as connection:
                    yield connection
            finally:
                self._connection.pragma("foreign_keys", 1)

    @contextmanager
    def _watched(self) -> Iterator[None]:
        """Remember whether the file could be written."""
        try:
            yield
        except StorageError:
            self.is_writable = False
            raise
        self.is_writable = True

    def empty_log(self) -> bool:
        """Write the log back and cut it to nothing; False while somebody reads an older state.

        After an erasure: what was overwritten in the file must not stand in the log any more.
        """
        with self._lock, mapped(self._path):
            return checkpointed(self._connection)

    def _check_its_name(self) -> None:
        """Refuse to confirm into a file without a name: it ends with this process.

        The log has everything that is not in the file yet; it stays one file as long as it is open.
        """
        log = _identity(self._log_path)
        self._log = self._log or log
        for path, now, at_first in (
            (self._path, _identity(self._path), self._file),
            (self._log_path, log, self._log),
        ):
            if now != at_first:
                raise StorageDamaged(
                    f"{path.name} was deleted or replaced while the till ran",
                    hint="Put the file back, or start the till again.",
                )

    @contextmanager
    def reading(self) -> Iterator[apsw.Connection]:
        """Hold the writer's lock to look something up."""
        with self._lock, mapped(self._path):
            yield self._connection

    def add_event(
        self,
        *,
        kind: str,
        body: Mapping[str, Any],
        touches: Iterable[str],
        at: dt.datetime,
    ) -> int:
        """Store an event in the outbox and return its number.

        Args:
            kind: word of domain.md §6.
            body: plain values; what it says itself stands above ``circumstances``.
            touches: ids of the customers it concerns.
            at: when it happened.
        """
        # sqlite_sequence and not max(seq): a pruned number is never used again.
        last: Any = self._connection.execute(
            "SELECT seq FROM sqlite_sequence WHERE name = 'event'"
        ).get
        seq = (last or 0) + 1
        before: Any = self._connection.execute(
            "SELECT hash FROM event ORDER BY seq DESC LIMIT 1"
        ).get
        uid = new_uid(at)
        occurred_at = utc_text(at)
        line = serialised(
            epoch=self.epoch,
            seq=seq,
            uid=str(uid),
            kind=kind,
            occurred_at=occurred_at,
            prev_hash=before,
            touches=touches,
            body={**self.circumstances, **body},
        )
        self._connection.execute(
            "INSERT INTO event (seq, epoch, uid, kind, line, hash, occurred_at) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            (seq, self.epoch, uid.bytes, kind, line, hash_of(line), occurred_at),
        )
        self.newest_at = at
        return seq

    def add_receipt(
        self,
        seq: int,
        head: ReceiptHead,
        basket: Basket,
        booked: BookedReceipt,
        *,
        turnover_minor: int,
        uncovered_minor: int = 0,
    ) -> None:
        """Store a receipt, its lines and what each promotion gave on them.

        Args:
            seq: of its event.
            head: who, when, which rules.
            basket: what was sold.
            booked: what was charged.
            turnover_minor: what of it was paid for goods, in minor units (cents).
            uncovered_minor: what its means of payment did not hold, in minor units (cents).
        """
        self._connection.execute(
            "INSERT INTO receipt (seq, sale_id, receipt_number, cashier, customer, at, "
            "business_on, completed_at, currency, generation, evaluation_id, optimal, gap_minor, "
            "gross_minor, discount_minor, total_minor, evaluated_total_minor, charged_differs, "
            "late, tenders, facts, uncovered_minor, turnover_minor) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                seq,
                head.sale_id,
                head.receipt_number,
                head.cashier,
                head.customer,
                head.at.isoformat(),
                head.completed_at.date().isoformat(),
                utc_text(head.completed_at),
                head.currency,
                head.generation,
                head.evaluation_id,
                int(head.optimal),
                head.gap_minor,
                booked.gross_minor,
                booked.discount_minor,
                booked.total_minor,
                head.evaluated_total_minor,
                int(booked.charged_differs),
                int(head.late),
                _json(head.tenders),
                _json(facts_of(basket)),
                uncovered_minor,
                turnover_minor,
            ),
        )
        self._connection.executemany(
            "INSERT INTO receipt_line (receipt, position, line_id, sku, categories, brand, "
            "season, tags, quantity_milli, unit_price_minor, gross_minor, discount_minor, "
            "paid_minor, host_discount_minor, voucher_discount_minor, host_difference_minor, "
            "vat_rate_bp, discountable, markdown, measured) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    seq,
                    position,
                    line.line_id,
                    line.sku,
                    _json(line.categories),
                    line.brand,
                    line.season,
                    _json(line.tags),
                    line.quantity_milli,
                    line.unit_price_minor,
                    amounts.gross_minor,
                    amounts.gross_minor - amounts.paid_minor,
                    amounts.paid_minor,
                    amounts.host_discount_minor,
                    amounts.voucher_discount_minor,
                    amounts.host_difference_minor,
                    line.vat_rate_bp,
                    int(line.discountable),
                    int(line.markdown),
                    int(line.measured),
                )
                for position, (line, amounts) in enumerate(
                    zip(basket.lines, booked.lines, strict=True)
                )
            ],
        )
        self._connection.executemany(
            "INSERT INTO promotion_result (receipt, position, number, promotion, revision, layer, "
            "application, role, times, units_milli, vat_rate_bp, discount_minor) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (
                    seq,
                    position,
                    number,
                    one.promotion,
                    one.revision,
                    one.layer,
                    one.application,
                    one.role,
                    one.times,
                    one.units_milli,
                    line.vat_rate_bp,
                    one.discount_minor,
                )
                for position, (line, amounts) in enumerate(
                    zip(basket.lines, booked.lines, strict=True)
                )
                for number, one in enumerate(amounts.discounts)
            ],
        )

    def add_ledger(
        self,
        seq: int,
        entries: Iterable[LedgerEntry],
        *,
        generation: int,
        at: dt.datetime,
        worth_minor: Mapping[str, int] | None = None,
    ) -> None:
        """Store what the accounts of a customer get or give back.

        Args:
            seq: of the event.
            entries: of the event.
            generation: of the rules that earned.
            at: now, shop-local.
            worth_minor: by entry id: what of it was spent is worth, in minor units (cents).
        """
        ledger_store.add(
            self._connection,
            entries,
            epoch=self.epoch,
            seq=seq,
            generation=generation,
            at=at,
            worth_minor=worth_minor,
        )

    def add_own_entries(self, seq: int, customer: str, changes: Mapping[str, int]) -> None:
        """Store what balances and counters of a customer get until head office has folded it."""
        self._connection.executemany(
            "INSERT INTO own_entry (customer, key, epoch, seq, delta) VALUES (?, ?, ?, ?, ?)",
            [(customer, key, self.epoch, seq, delta) for key, delta in changes.items()],
        )

    def redeem(
        self,
        seq: int,
        redemption: Redemption,
        *,
        receipt: int,
        customer: str | None,
        at: dt.datetime,
    ) -> None:
        """Use a voucher, wholly or in part; ``customer`` is the sale's."""
        booked = Booked(self.epoch, seq, at)
        voucher_store.redeem(
            self._connection, redemption, booked, receipt=receipt, customer=customer
        )

    def add_voucher(
        self,
        seq: int,
        voucher: NewVoucher,
        *,
        receipt: int | None,
        cashier: str | None,
        at: dt.datetime,
    ) -> None:
        """Issue a voucher."""
        booked = Booked(self.epoch, seq, at)
        voucher_store.add(self._connection, voucher, booked, receipt=receipt, cashier=cashier)

    def roll_back(
        self,
        seq: int,
        voucher: str,
        *,
        state: str,
        balance_minor: int | None,
        amount_minor: int | None,
        receipt: int,
        at: dt.datetime,
    ) -> None:
        """Take a redemption back, as ``voucher_store.roll_back`` says."""
        voucher_store.roll_back(
            self._connection,
            voucher,
            Booked(self.epoch, seq, at),
            state=state,
            balance_minor=balance_minor,
            amount_minor=amount_minor,
            receipt=receipt,
        )

    def cancel_voucher(
        self, seq: int, voucher: str, *, receipt: int | None, at: dt.datetime
    ) -> None:
        """Cancel an unused voucher whose occasion was taken back."""
        booked = Booked(self.epoch, seq, at)
        voucher_store.cancel(self._connection, voucher, booked, receipt=receipt)

    def add_void(
        self, seq: int, *, receipt: int, reason: str | None, cashier: str | None, at: dt.datetime
    ) -> None:
        """Store that a receipt was taken back whole."""
        self._connection.execute(
            "INSERT INTO sale_void (receipt, seq, reason, cashier, voided_at) "
            "VALUES (?, ?, ?, ?, ?)",
            (receipt, seq, reason, cashier, utc_text(at)),
        )

    def add_return(self, seq: int, returned: NewReturn, *, at: dt.datetime) -> None:
        """Store goods that came back."""
        self._connection.execute(
            "INSERT INTO return_receipt (seq, return_id, sale_id, receipt, refund_minor, "
            "withheld_minor, turnover_minor, returned_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                seq,
                returned.return_id,
                returned.sale_id,
                returned.receipt,
                sum(line.refund_minor for line in returned.lines),
                returned.withheld_minor,
                returned.turnover_minor,
                utc_text(at),
            ),
        )
        self._connection.executemany(
            "INSERT INTO return_line (seq, line_id, quantity_milli, refund_minor) "
            "VALUES (?, ?, ?, ?)",
            [
                (seq, line.line_id, line.quantity_milli, line.refund_minor)
                for line in returned.lines
            ],
        )

    def add_print_job(self, job: NewPrintJob, *, at: dt.datetime) -> None:
        """Queue a document for its printer, or hold it until the cashier says so."""
        state, reason = ("HELD", "after_ack") if job.is_held else ("QUEUED", "")
        self._connection.execute(
            "INSERT INTO print_job (uid, kind, subject_uid, customer, printer_role, template_id, "
            "template_version, document, copy_index, training, state, reason, created_at, "
            "hold_after_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?, ?, ?)",
            (
                job.uid,
                job.kind,
                job.subject_uid,
                job.customer,
                job.printer_role,
                job.template_id,
                job.template_version,
                job.document,
                int(job.training),
                state,
                reason,
                utc_text(at),
                None if job.hold_after_at is None else utc_text(job.hold_after_at),
            ),
        )
        if job.coupons:
            keep_strip(self._connection, job.coupons)

    def keep_answer(self, key: str, *, request_hash: bytes, answer: str) -> None:
        """Keep what a call answered, for the same call again."""
        self._connection.execute(
            "INSERT INTO answer (key, request_hash, answer) VALUES (?, ?, ?)",
            (key, request_hash, answer),
        )

    def suspend(self, sale_id: str, *, snapshot: str, at: dt.datetime) -> None:
        """Park a basket, or replace the one parked under the same id."""
        self._connection.execute(
            "INSERT INTO suspended_sale (sale_id, snapshot, suspended_at, business_on) "
            "VALUES (?, ?, ?, ?) ON CONFLICT (sale_id) DO UPDATE SET snapshot = excluded.snapshot, "
            "suspended_at = excluded.suspended_at, business_on = excluded.business_on, "
            "recalled_at = NULL",
            (sale_id, snapshot, utc_text(at), at.date().isoformat()),
        )

    def mark_recalled(self, sale_id: str, *, at: dt.datetime) -> None:
        """Say that a parked basket is on the screen again; it stays until the sale is closed."""
        self._connection.execute(
            "UPDATE suspended_sale SET recalled_at = ? WHERE sale_id = ?", (utc_text(at), sale_id)
        )

    def drop_suspended(self, sale_id: str) -> None:
        """Forget a parked basket; its sale is completed or cancelled."""
        self._connection.execute("DELETE FROM suspended_sale WHERE sale_id = ?", (sale_id,))

    def _leave_a_fork(self, at: dt.datetime) -> None:
        """Give what head office refused as somebody else's numbers a life of its own."""
        after = forked_after(self._path.parent)
        if after is not None:
            with without_triggers(self._connection):
                rekey(self._connection, after=after, at=at, reason="forked")

    def _newest_at(self) -> dt.datetime | None:
        newest: Any = self._connection.execute(
            "SELECT occurred_at FROM event ORDER BY seq DESC LIMIT 1"
        ).get
        return instant(newest) if newest else None

    def _current_epoch(self, at: dt.datetime) -> int:
        newest: Any = self._connection.execute(
            "SELECT epoch FROM epoch ORDER BY first_seq DESC, opened_at DESC LIMIT 1"
        ).get
        if newest is not None:
            return int(newest)
        reason = "damaged" if self.was_damaged else "new"
        return open_epoch(self._connection, first_seq=1, at=at, reason=reason, rekeyed_to=0)


def _sound_journal(data_dir: Path, at: dt.datetime) -> apsw.Connection:
    """Open the journal; a damaged one moves away, so that the sale goes on with a new one."""
    try:
        connection = open_journal(data_dir)
        if not is_marked_damaged(data_dir):
            return connection
        if _is_sound(connection, data_dir):
            forget_damage(data_dir)
            return connection
    except StorageDamaged as fault:
        if not isinstance(fault.__cause__, apsw.Error):
            raise  # a database of somebody else: not ours to move
    move_away(data_dir, DAMAGED, utc_text(at).replace(":", ""))
    forget_damage(data_dir)
    return open_journal(data_dir)


def _is_sound(connection: apsw.Connection, data_dir: Path) -> bool:
    """Look at every page; a connection to a damaged file is closed."""
    try:
        with mapped(data_dir / JOURNAL_NAME):
            is_sound = quick_check(connection) is None
    except StorageDamaged:
        is_sound = False
    if not is_sound:
        connection.close()
    return is_sound


def _own(data_dir: Path) -> FolderLock:
    """Keep every other till out: it would take what this one prints for a print cut short."""
    make_data_dir(data_dir)
    try:
        return FolderLock(data_dir / LOCK_NAME)
    except FolderTaken:
        raise StorageBusy(
            f"another till process has the data folder {data_dir.name}",
            hint="One process a folder: end the other one, or ask it over `stammkunde serve`.",
        ) from None


def _identity(path: Path) -> tuple[int, int] | None:
    """Say which file stands under a name now; None when there is none."""
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_dev, stat.st_ino


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
