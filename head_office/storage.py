"""Head office's own file and its tables (sync.md §13).

SQLAlchemy Core, so that PostgreSQL can take the place of the embedded SQLite; what only SQLite
understands stands in ``_prepare``. Rollback journal, never WAL: Python's own SQLite library
serves here and older ones of it lose data in WAL.
"""

from __future__ import annotations

import secrets
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import (
    JSON,
    URL,
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    cast,
    create_engine,
    event,
    select,
    text,
    type_coerce,
)
from sqlalchemy.exc import DatabaseError, IntegrityError

from head_office.errors import HeadOfficeBusy, HeadOfficeError, HeadOfficeMissing, HeadOfficeStorage

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import ColumnElement
    from sqlalchemy.engine import Connection, Engine

FILE_NAME: Final = "head_office.db"
BUSY_TIMEOUT_MS: Final = 10_000
TURN_S: Final = 50.0  # below the 60 s after which an agent gives a request up

metadata = MetaData()

meta = Table(
    "meta",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

till = Table(
    "till",
    metadata,
    Column("till", Text, primary_key=True),
    Column("shop", Text, nullable=False),
    # Empty once the till is revoked; a new token waits in `next_token_sha256` for its first use.
    Column("token_sha256", Text, nullable=False, unique=True),
    Column("created_at", Text, nullable=False),
    Column("next_token_sha256", Text, unique=True),
    Column("voucher_key", Text),
)

# Tokens of tills that were revoked: whoever shows one is told so.
revoked_token = Table(
    "revoked_token",
    metadata,
    Column("token_sha256", Text, primary_key=True),
    Column("till", Text, nullable=False),
    Column("revoked_at", Text, nullable=False),
)

# A till that is expected; the code itself is nowhere.
enrolment = Table(
    "enrolment",
    metadata,
    Column("till", Text, primary_key=True),
    Column("shop", Text, nullable=False),
    Column("code_sha256", Text, nullable=False),
    Column("expires_at", Text, nullable=False),
    Column("tries_left", BigInteger, nullable=False),
)

# The last status report of each till, as it was sent.
till_status = Table(
    "till_status",
    metadata,
    Column("till", Text, primary_key=True),
    Column("received_at", Text, nullable=False),
    Column("report", Text, nullable=False),
)

# Caps of offline spending above what was accepted before; empty until a person answers for one.
raised_cap = Table(
    "raised_cap",
    metadata,
    Column("till", Text, nullable=False),
    Column("cap_minor", BigInteger, nullable=False),
    Column("raised_at", Text, nullable=False),
    Column("accepted_by", Text),
    Column("accepted_at", Text),
    PrimaryKeyConstraint("till", "cap_minor"),
)

# A voucher that is held for a sale, or spent by one whose event has not come yet.
reservation = Table(
    "reservation",
    metadata,
    Column("voucher", Text, nullable=False),
    Column("till", Text, nullable=False),
    Column("sale_id", Text, nullable=False),
    Column("amount_minor", BigInteger),
    Column("state", Text, nullable=False),
    Column("reserved_until", Text, nullable=False),
    PrimaryKeyConstraint("voucher", "till", "sale_id"),
)

# Master data of the whole chain (shop NULL) or of one shop's customers; `row` is the wire row,
# `customer` whom it names, so that nobody's cards are sought among all cards of the chain.
master = Table(
    "master",
    metadata,
    Column("table_name", Text, nullable=False),
    Column("row_key", Text, nullable=False),
    Column("shop", Text),
    Column("row", Text, nullable=False),
    Column("customer", Text),
    PrimaryKeyConstraint("table_name", "row_key"),
    Index("master_customer", "customer", "table_name"),
)

# By what people search customers (customer_words.py), under the key that they have in `master`.
customer_words = Table(
    "customer_words",
    metadata,
    Column("row_key", Text, primary_key=True),
    Column("plain", Text, nullable=False, server_default=""),
    Column("folded", Text, nullable=False, server_default=""),
    Column("phones", Text, nullable=False, server_default=""),
)

bucket = Table(
    "bucket",
    metadata,
    Column("bucket", Text, primary_key=True),
    Column("epoch", BigInteger, nullable=False),
    Column("head", BigInteger, nullable=False),
)

# The log of a bucket, already compacted: each row stands once, under its newest number.
bucket_row = Table(
    "bucket_row",
    metadata,
    Column("bucket", Text, nullable=False),
    Column("table_name", Text, nullable=False),
    Column("row_key", Text, nullable=False),
    Column("log_seq", BigInteger, nullable=False),
    Column("log_group", BigInteger, nullable=False),
    Column("op", Text, nullable=False),
    Column("row", Text, nullable=False),
    # What the row adds to `bucket_sum`, 16 hexadecimal digits; nothing once it is removed.
    Column("sum", Text, nullable=False),
    PrimaryKeyConstraint("bucket", "table_name", "row_key"),
    Index("bucket_row_log", "bucket", "log_seq", unique=True),
)

# What the live rows of a table add up to, as tills compare it at the end of the log.
bucket_sum = Table(
    "bucket_sum",
    metadata,
    Column("bucket", Text, nullable=False),
    Column("table_name", Text, nullable=False),
    Column("sum", Text, nullable=False),
    PrimaryKeyConstraint("bucket", "table_name"),
)

rule_key = Table(
    "rule_key",
    metadata,
    Column("key_id", Text, primary_key=True),
    Column("role", Text, nullable=False),
    Column("public_key", Text, nullable=False),
    # Of a retired key: the first generation that it may not have signed.
    Column("retired_before", BigInteger),
)

blob = Table(
    "blob",
    metadata,
    Column("sha256", Text, primary_key=True),
    Column("content", LargeBinary, nullable=False),
)

rule_generation = Table(
    "rule_generation",
    metadata,
    Column("chain", Text, nullable=False),
    Column("ring", Text, nullable=False),
    Column("generation", BigInteger, nullable=False),
    Column("activate_at", Text, nullable=False),
    Column("sha256", Text, nullable=False),
    Column("key_id", Text, nullable=False),
    Column("signature", Text, nullable=False),
    PrimaryKeyConstraint("chain", "ring", "generation"),
)

till_epoch = Table(
    "till_epoch",
    metadata,
    Column("till", Text, nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("first_seq", BigInteger, nullable=False),
    Column("acked_seq", BigInteger, nullable=False),
    # Up to there a verified backup holds the events, too.
    Column("durable_seq", BigInteger, nullable=False, server_default="0"),
    PrimaryKeyConstraint("till", "epoch"),
)

# `line` holds the very bytes the till sent; `problem` says why an event had no effect.
till_event = Table(
    "till_event",
    metadata,
    Column("till", Text, nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("uid", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("occurred_at", Text, nullable=False),
    Column("received_at", Text, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("line", LargeBinary, nullable=False),
    Column("took_effect", Boolean, nullable=False),
    Column("problem", Text),
    PrimaryKeyConstraint("till", "epoch", "seq"),
    Index("till_event_uid", "uid"),
)
# The few events that the page and the doctor look for among all: found by these alone.
Index(
    "till_event_without_effect",
    till_event.c.till,
    sqlite_where=till_event.c.took_effect.is_(False),
    postgresql_where=till_event.c.took_effect.is_(False),
)
IS_TAKING_BACK: Final = text("till_event.kind IN ('sale_voided', 'items_returned')")
_TAKING_BACK: Final = text("kind IN ('sale_voided', 'items_returned')")
Index(
    "till_event_taking_back",
    till_event.c.occurred_at,
    till_event.c.till,
    till_event.c.epoch,
    till_event.c.seq,
    sqlite_where=_TAKING_BACK,
    postgresql_where=_TAKING_BACK,
)

# Whom an event touches that had no effect: later events of the same till about them wait for it.
quarantine = Table(
    "quarantine",
    metadata,
    Column("till", Text, nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("touched", Text, nullable=False),
    Column("seq", BigInteger, nullable=False),
    PrimaryKeyConstraint("till", "epoch", "touched", "seq"),
)

# Who was erased, and the shops (a JSON list) whose tills held the customer.
erasure = Table(
    "erasure",
    metadata,
    Column("customer", Text, primary_key=True),
    Column("erased_at", Text, nullable=False),
    Column("shops", Text, nullable=False),
)

# A till's word that an erased customer is gone from its files, or from its journal.
erasure_word = Table(
    "erasure_word",
    metadata,
    Column("customer", Text, nullable=False),
    Column("till", Text, nullable=False),
    Column("part", Text, nullable=False),
    Column("said_at", Text, nullable=False),
    PrimaryKeyConstraint("customer", "till", "part"),
)

# Names and contact data of an event, beside its bytes: erased without touching them.
event_private = Table(
    "event_private",
    metadata,
    Column("till", Text, nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("customer", Text, nullable=False),
    Column("salt", Text, nullable=False),
    Column("content", Text, nullable=False),
    PrimaryKeyConstraint("till", "epoch", "seq"),
    Index("event_private_customer", "customer"),
)

# What was said of a customer, field by field, as JSON; the later word stands here.
customer_field = Table(
    "customer_field",
    metadata,
    Column("customer", Text, nullable=False),
    Column("field", Text, nullable=False),
    Column("value", Text, nullable=False),
    Column("changed_at", Text, nullable=False),
    PrimaryKeyConstraint("customer", "field"),
)

customer_folded = Table(
    "customer_folded",
    metadata,
    Column("customer", Text, primary_key=True),
    Column("folded", Text, nullable=False),
)

alias = Table(
    "alias",
    metadata,
    Column("alias", Text, primary_key=True),
    Column("customer", Text, nullable=False),
    Index("alias_customer", "customer"),
)

# The word that counts; every word ever said stands in the events.
consent_word = Table(
    "consent_word",
    metadata,
    Column("customer", Text, nullable=False),
    Column("purpose", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("word", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("text_id", Text),
    Column("text_revision", BigInteger),
    Column("captured_at", Text, nullable=False),
    PrimaryKeyConstraint("customer", "purpose", "channel"),
)

balance = Table(
    "balance",
    metadata,
    Column("customer", Text, nullable=False),
    Column("account", Text, nullable=False),
    Column("value", BigInteger, nullable=False),
    Column("lots", Text, nullable=False),
    Column("as_of", Text, nullable=False),
    Column("folded", Text, nullable=False),
    PrimaryKeyConstraint("customer", "account"),
)

# Of counters of the last 365 days: the sum of each shop day, however old.
counter_day = Table(
    "counter_day",
    metadata,
    Column("customer", Text, nullable=False),
    Column("counter", Text, nullable=False),
    Column("day", Text, nullable=False),
    Column("value", BigInteger, nullable=False),
    PrimaryKeyConstraint("customer", "counter", "day"),
)

receipt = Table(
    "receipt",
    metadata,
    Column("uid", Text, primary_key=True),
    Column("till", Text, nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("sale_id", Text, nullable=False),
    Column("receipt_number", Text),
    Column("shop", Text),
    Column("cashier", Text),
    Column("customer", Text),
    Column("occurred_at", Text, nullable=False),
    Column("business_on", Text),
    Column("generation", BigInteger),
    Column("gross_minor", BigInteger, nullable=False),
    Column("discount_minor", BigInteger, nullable=False),
    Column("total_minor", BigInteger, nullable=False),
    Column("charged_differs", Boolean, nullable=False),
    Index("receipt_customer", "customer"),
    Index("receipt_day", "business_on", "uid"),
)

receipt_line = Table(
    "receipt_line",
    metadata,
    Column("receipt_uid", Text, nullable=False),
    Column("line_number", BigInteger, nullable=False),
    Column("line_id", Text, nullable=False),
    Column("sku", Text, nullable=False),
    Column("quantity_milli", BigInteger, nullable=False),
    Column("gross_minor", BigInteger, nullable=False),
    Column("discount_minor", BigInteger, nullable=False),
    Column("paid_minor", BigInteger, nullable=False),
    Column("vat_rate_bp", BigInteger, nullable=False),
    PrimaryKeyConstraint("receipt_uid", "line_number"),
)

ledger_entry = Table(
    "ledger_entry",
    metadata,
    Column("id", Text, primary_key=True),
    Column("till", Text, nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("customer", Text, nullable=False),
    Column("program", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("delta", BigInteger, nullable=False),
    Column("lot", Text, nullable=False),
    Column("matures_on", Text, nullable=False),
    Column("expires_on", Text),
    Column("business_on", Text, nullable=False),
    Column("occurred_at", Text, nullable=False),
    Column("recorded_at", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Index("ledger_entry_customer", "customer", "program"),
)

voucher = Table(
    "voucher",
    metadata,
    Column("id", Text, primary_key=True),
    Column("type", Text, nullable=False),
    Column("customer", Text),
    Column("state", Text, nullable=False),
    Column("till", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("shop", Text),
    Column("folded", Text, nullable=False, server_default="[]"),
    Index("voucher_customer", "customer", "id"),
)

# What tills did with a voucher, wherever it was issued; the state is worked out from these.
voucher_fact = Table(
    "voucher_fact",
    metadata,
    Column("voucher", Text, nullable=False),
    Column("till", Text, nullable=False),
    Column("epoch", BigInteger, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("sale_id", Text),
    Column("amount_minor", BigInteger),
    Column("lapsed_minor", BigInteger, nullable=False),
    Column("cashier", Text),
    Column("occurred_at", Text, nullable=False),
    # Shop day; empty for a word of head office.
    Column("business_on", Text),
    PrimaryKeyConstraint("voucher", "till", "epoch", "seq", "kind"),
)


# Pieces on approval, wherever they went out; worth at issue prices in minor units (cents).
approval_piece = Table(
    "approval_piece",
    metadata,
    Column("approval", Text, nullable=False),
    Column("line_id", Text, nullable=False),
    Column("customer", Text, nullable=False),
    Column("till", Text, nullable=False),
    Column("worth_minor", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    PrimaryKeyConstraint("approval", "line_id"),
    Index("approval_piece_customer", "customer"),
)

# What a piece of an article costs from a shop day on, without VAT, in minor units (cents); null =
# not known any more. It never leaves head office.
purchase_price = Table(
    "purchase_price",
    metadata,
    Column("sku", Text, nullable=False),
    Column("since_on", Text, nullable=False),
    Column("purchase_price_minor", BigInteger),
    PrimaryKeyConstraint("sku", "since_on"),
)

# Who was in which class from when to when; `until_on` is empty while it lasts, `run_on` the day of
# the run that wrote the row, `measured` what was counted, as JSON.
class_history = Table(
    "class_history",
    metadata,
    Column("scheme", Text, nullable=False),
    Column("customer", Text, nullable=False),
    Column("since_on", Text, nullable=False),
    Column("until_on", Text),
    Column("revision", BigInteger, nullable=False),
    Column("class", Text, key="code", nullable=False),
    Column("measured", Text, nullable=False),
    Column("run_on", Text, nullable=False),
    PrimaryKeyConstraint("scheme", "customer", "since_on"),
)

# What two tills could not know of each other; `subject` and `other` are vouchers.
exception = Table(
    "exception",
    metadata,
    Column("kind", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("other", Text, nullable=False),
    Column("customer", Text),
    Column("till", Text, nullable=False),
    Column("other_till", Text, nullable=False),
    Column("cashier", Text),
    Column("occurred_at", Text, nullable=False),
    PrimaryKeyConstraint("kind", "subject", "other"),
)

# People who use the owner's page; `password_hash` is Argon2id in PHC form.
user = Table(
    "user",
    metadata,
    Column("name", Text, primary_key=True),
    Column("role", Text, nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("created_at", Text, nullable=False),
    Column("disabled_at", Text),
)

# Who is signed in; the key itself is in the browser only.
user_session = Table(
    "user_session",
    metadata,
    Column("key_sha256", Text, primary_key=True),
    Column("user", Text, nullable=False),
    Column("begun_at", Text, nullable=False),
    Column("seen_at", Text, nullable=False),
)

# What people changed, and every sign-in that failed; rows are only added.
audit = Table(
    "audit",
    metadata,
    Column("number", Integer, primary_key=True),
    Column("at", Text, nullable=False),
    Column("user", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("detail", Text, nullable=False),
)

# Promotions that are not in the rules, or not as they stand there; `rule` is JSON, `version` counts
# the changes so that two people do not write over each other.
draft = Table(
    "draft",
    metadata,
    Column("id", Text, primary_key=True),
    Column("rule", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("changed_at", Text, nullable=False),
    Column("changed_by", Text, nullable=False),
)


class Database:
    """The open file of head office; ``read`` and ``write`` are the only ways in.

    Args:
        folder: data folder of head office.
        create: make the folder and an empty file when there is none.

    Raises:
        HeadOfficeMissing: no data there and ``create`` is off.
        HeadOfficeStorage: the file cannot be opened: damaged, disk full, no rights.
    """

    def __init__(self, folder: Path, *, create: bool = False) -> None:
        self.folder = folder
        self._path = path = folder / FILE_NAME
        self._engine = _engine(path)
        self._turn = threading.Lock()
        if not create and not path.is_file():
            raise HeadOfficeMissing(folder)
        try:
            if create:
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if create:
                metadata.create_all(self._engine)
                self._first_words()
            with self.read() as connection:
                self.incarnation = _word(connection, "incarnation")
                self.chain = _word(connection, "chain")
        except (OSError, DatabaseError) as fault:
            self.close()
            raise HeadOfficeStorage(path, getattr(fault, "orig", None) or fault) from fault
        except HeadOfficeError:
            self.close()
            raise

    def _first_words(self) -> None:
        with self.write() as connection:
            if connection.execute(select(meta.c.name).limit(1)).first() is None:
                words = {
                    "incarnation": secrets.token_hex(8),
                    "chain": secrets.token_hex(8),
                    "card_key": secrets.token_hex(16),
                }
                connection.execute(
                    meta.insert(), [{"name": name, "value": value} for name, value in words.items()]
                )

    @property
    def path(self) -> Path:
        """The file."""
        return self._path

    def card_key(self, connection: Connection) -> bytes:
        """Return the chain's key of card hashes, 16 bytes."""
        return bytes.fromhex(_word(connection, "card_key"))

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Give one consistent view; nothing is written."""
        with (
            self._mapped(),
            self._engine.connect() as connection,
            connection.begin() as transaction,
        ):
            yield connection
            transaction.rollback()

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Give one transaction: all of it is committed at the end, or nothing of it.

        Writers of this process wait for each other here: in a queue each comes in its turn, in the
        file's busy handler whoever asks at the right moment.

        Raises:
            HeadOfficeBusy: it was not this one's turn in time.
        """
        if not self._turn.acquire(timeout=TURN_S):
            raise HeadOfficeBusy
        try:
            with self._write() as connection:
                yield connection
        finally:
            self._turn.release()

    @contextmanager
    def _write(self) -> Iterator[Connection]:
        options = {"stammkunde_write": True}
        with (
            self._mapped(),
            self._engine.connect().execution_options(**options) as connection,
            connection.begin(),
        ):
            yield connection

    @contextmanager
    def _mapped(self) -> Iterator[None]:
        """Foreign exceptions become ours; a row that contradicts another stays one."""
        try:
            yield
        except IntegrityError:
            raise
        except DatabaseError as fault:
            if "locked" in str(fault.orig):
                raise HeadOfficeBusy from fault
            raise HeadOfficeStorage(self._path, fault.orig or fault) from fault

    def close(self) -> None:
        """Close every connection to the file."""
        self._engine.dispose()


def json_field(column: Column[str], name: str) -> ColumnElement[str]:
    """Return a field of a JSON text as the database reads it."""
    read = cast(column, Text().with_variant(JSON(), "postgresql"))
    field: ColumnElement[str] = type_coerce(read, JSON)[name].as_string()
    return field


def _word(connection: Connection, name: str) -> str:
    value = connection.execute(select(meta.c.value).where(meta.c.name == name)).scalar_one()
    return str(value)


def _engine(path: Path) -> Engine:
    engine = create_engine(URL.create("sqlite", database=str(path)))
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: Any, _record: object) -> None:  # noqa: ANN401 - the driver's own object
    # Transactions are opened by `_begin` alone; the driver's guesses would start them too late.
    connection.isolation_level = None
    for pragma, wanted in (
        (f"busy_timeout={BUSY_TIMEOUT_MS}", BUSY_TIMEOUT_MS),
        ("journal_mode=TRUNCATE", "truncate"),
        ("synchronous=FULL", None),
        ("foreign_keys=ON", None),
        ("trusted_schema=OFF", None),
    ):
        row = connection.execute(f"PRAGMA {pragma}").fetchone()
        if wanted is not None and row[0] != wanted:
            raise RuntimeError(f"PRAGMA {pragma} answered {row[0]}")


def _begin(connection: Connection) -> None:
    # A writer takes its lock at once: upgrading in the middle would meet another one and fail.
    write = connection.get_execution_options().get("stammkunde_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")
