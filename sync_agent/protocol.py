"""The wire models of ``/v1`` (sync.md §5): what till and head office say to each other.

Laws of this file:

1. Every number, text and list from outside has a maximum here, before anything else sees it.
2. Values are strict (no text becomes a number); fields nobody knows yet are kept or passed over,
   never refused: changes of the protocol are additive.
3. Nothing here does I/O. Bytes go in, values come out, or ``ProtocolError``.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, TypeVar

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    Strict,
    TypeAdapter,
    ValidationError,
    with_config,
)
from pydantic_core import PydanticCustomError
from typing_extensions import TypedDict

from pos_plugin import limits, text
from pos_plugin.loyalty.program_terms import EXPIRY_PATTERN

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

PAGE_ROWS_MAX: Final = 5_000
PAGE_BYTES_MAX: Final = 8 * 2**20
PAGE_LINES_MAX: Final = 2 * PAGE_ROWS_MAX + 2  # a page runs on to the end of its last group
ROW_BYTES_MAX: Final = 2**19
_PORTION_BYTES: Final = 2**18  # of a page are decoded at once
_KEPT_VALUES_MAX: Final = 200_000  # of a page stay decoded; five thousand customers are half of it
BLOB_BYTES_MAX: Final = 8 * 2**20
BATCH_EVENTS_MAX: Final = 200
BATCH_BYTES_MAX: Final = 2**20
EVENT_BYTES_MAX: Final = 8 * 2**20  # of an event that is a batch alone: a sale of 999 long lines
HOLD_S_MAX: Final = 55  # below the 60 s after which proxies and the agent give a request up
HELD_HEAD: Final = "held_head"  # capability: ``GET head`` with ``wait_s`` waits for something new
GZIP_UPLOADS: Final = "gzip_uploads"  # capability: events may come with ``Content-Encoding: gzip``
STATUS_BYTES_MAX: Final = 2**16  # status report, and every other small question
ENROL_CODE_PATTERN: Final = "^[0-9A-HJKMNP-TV-Z]{8}$"  # Crockford base32, upper case
ANSWER_BYTES_MAX: Final = 2**20  # head, events answer, problem document
TOUCHES_MAX: Final = 100
CONTACTS_MAX: Final = 20  # phone numbers, or e-mail addresses, of one customer
LOTS_MAX: Final = 10_000  # open lots of one account
SEGMENT_BITS: Final = 63  # bit 0 to 62 of a signed 64-bit column
PROBLEM_PREFIX: Final = "urn:stammkunde:problem:"
NDJSON: Final = "application/x-ndjson"
PROBLEM_JSON: Final = "application/problem+json"


Model = TypeVar("Model", bound=BaseModel)


class ProtocolError(ValueError):
    """Bytes that are not what the protocol says."""


def _iso_text(value: object) -> object:
    if isinstance(value, str):
        return value
    raise PydanticCustomError("date_type", "Input should be an instant as ISO 8601 text")


Text = text.Text
# Of a balance or counter: a programme, or `uses:` and the id of a promotion.
AccountKey = Annotated[str, Field(min_length=1, max_length=limits.MAX_TEXT + len("history:"))]
Words = Annotated[list[Text], Field(max_length=limits.MAX_LIST)]
Int64 = Annotated[int, Field(ge=-limits.INT64_MAX, le=limits.INT64_MAX)]
Sequence = Annotated[int, Field(ge=0, le=limits.INT64_MAX)]
Minor = Annotated[int, Field(ge=0, le=limits.MAX_PRICE_MINOR)]
Bp = Annotated[int, Field(ge=0, le=limits.MAX_BP)]
Day = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]
Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
PhoneDigits = Annotated[str, Field(pattern="^[0-9]{5,15}$")]
BearerToken = Annotated[str, Field(min_length=16, max_length=200, pattern="^[!-~]+$")]
PrunedSeq = Annotated[tuple[Int64, Sequence], Strict(strict=False)]
RowSum = Annotated[str, Field(pattern="^[0-9a-f]{16}$")]
CodeHash = Annotated[str, Field(pattern="^[0-9a-f]{32}$")]
Instant = Annotated[AwareDatetime, BeforeValidator(_iso_text), Strict(strict=False)]
InstantText = Annotated[str, Field(min_length=20, max_length=40)]
Document = dict[Annotated[str, Field(max_length=limits.MAX_TEXT)], JsonValue]
Days = Annotated[int, Field(ge=0, le=36_500)]
CustomerStatus = Literal["active", "blocked", "merged", "erased"]
CardStatus = Literal["ordered", "active", "blocked", "lost", "replaced"]
ProgramUnit = Literal["EUR_MINOR", "POINTS"]
Expiry = Annotated[str, Field(pattern=EXPIRY_PATTERN)]  # of lots; loyalty/program_terms.py
Liability = Literal["earned", "future_discount"]
EarnEvent = Literal["rental_returned", "customer_created"]
RewardKind = Literal["article", "discount", "voucher_type", "event", "donation"]
LegalKind = Literal["promo", "earned_bonus", "gift_mpv", "gift_spv", "goods_credit", "reward"]
VoucherState = Literal[
    "planned", "issued", "reserved", "partly_redeemed", "redeemed", "blocked", "cancelled"
]
OfflineScope = Literal["never", "issuing_till", "shop", "region"]

_WIRE = ConfigDict(strict=True, extra="ignore", frozen=True)
_ROW = ConfigDict(strict=True, extra="ignore")


class GenerationEntry(BaseModel):
    """A rule generation as the manifest names it; the signature covers the first five fields."""

    model_config = _WIRE

    chain: Text
    ring: Text
    generation: Sequence
    activate_at: InstantText
    sha256: Sha256
    key_id: Text
    signature: Annotated[str, Field(pattern="^[0-9a-f]{128}$")]
    # Names a new next key: offered as long as a till may have missed it, not only while active.
    rotates: bool = False


class BucketMark(BaseModel):
    """Where the log of a bucket stands."""

    model_config = _WIRE

    epoch: Sequence
    head: Sequence


class Head(BaseModel):
    """The answer of ``GET /v1/head``: everything there is to pull, in one small document."""

    model_config = _WIRE

    mark: Text
    capabilities: Words
    incarnation: Text
    buckets: Annotated[dict[Text, BucketMark], Field(max_length=1_000)]
    generations: Annotated[list[GenerationEntry], Field(max_length=100)]
    spread_s: Annotated[int, Field(ge=0, le=3_600)] = 0


class Event(BaseModel):
    """The envelope of something that happened at a till; ``body`` belongs to its kind."""

    model_config = ConfigDict(strict=True, extra="allow", frozen=True)

    epoch: Int64
    seq: Annotated[int, Field(ge=1, le=limits.INT64_MAX)]
    uid: Annotated[str, Field(pattern="^[0-9a-fA-F-]{32,36}$")]
    kind: Text
    schema_number: Annotated[int, Field(alias="schema", ge=1, le=1_000_000)]
    occurred_at: Instant
    touches: Annotated[list[Text], Field(max_length=TOUCHES_MAX)]
    body: dict[str, Any]

    @property
    def uid_hex(self) -> str:
        """The uid as 32 lower-case hex digits, however it was written."""
        return self.uid.replace("-", "").lower()


class PrivateOf(BaseModel):
    """Names and contact data of the event on the next line, which carries only their hash.

    The hash is SHA-256 of ``salt`` and ``content`` as UTF-8. A line of its own, so that the bytes
    of the event stay as the till hashed them when this is erased (docs/adr/0025).
    """

    model_config = _WIRE

    private_of: Annotated[int, Field(ge=1, le=limits.INT64_MAX)]
    salt: Annotated[str, Field(pattern="^[0-9a-f]{32}$")]
    content: Annotated[str, Field(max_length=100_000)]


class EventsAnswer(BaseModel):
    """The answer of ``POST /v1/tills/{t}/events``.

    ``acked_seq``: highest event of the batch's epoch that head office holds; ``durable_seq``: the
    highest that also stands in a verified backup of head office.
    """

    model_config = _WIRE

    acked_seq: Sequence
    durable_seq: Sequence
    incarnation: Text


class RuleKey(BaseModel):
    """A public Ed25519 key of the chain; ``before``: the generation from which it is retired."""

    model_config = _WIRE

    key_id: Text
    public_key: Sha256
    before: Sequence | None = None


class EnrolRequest(BaseModel):
    """``POST /v1/enrol``: a till shows the one-time code of head office and its voucher key."""

    model_config = _WIRE

    till: Text
    code: Annotated[str, Field(pattern=ENROL_CODE_PATTERN)]
    voucher_key: Sha256 | None = None


class EnrolAnswer(BaseModel):
    """What a till gets once: its token, the card key, the keys of the rules (current, next)."""

    model_config = _WIRE

    shop: Text
    till: Text
    token: BearerToken
    card_key: CodeHash
    rule_keys: Annotated[list[RuleKey], Field(min_length=1, max_length=2)]
    retired_keys: Annotated[list[RuleKey], Field(max_length=1_000)] = []


class TokenAnswer(BaseModel):
    """``POST /v1/tills/{t}/token``: a new token; the old one dies when this one is first used."""

    model_config = _WIRE

    token: BearerToken


class StatusReport(BaseModel):
    """``POST /v1/tills/{t}/status``: how a till is; every field may be missing."""

    model_config = ConfigDict(strict=True, extra="allow", frozen=True)

    version: Text | None = None
    bucket: Text | None = None
    bucket_epoch: Sequence | None = None
    position: Sequence | None = None
    generation: Sequence | None = None
    refused_packages: Annotated[dict[Text, Text], Field(max_length=100)] = {}
    # Epoch and highest event that the till has pruned.
    pruned_seq: Annotated[list[PrunedSeq], Field(max_length=1_000)] = []
    waiting_events: Sequence | None = None
    disk_free_bytes: Sequence | None = None
    clock_offset_ms: Int64 | None = None
    backup_at: InstantText | None = None
    offline_cap_minor: Minor | None = None
    erasures_done: Words = []


class EpochAcked(BaseModel):
    """What head office holds of an epoch, and what a verified backup of it holds, too."""

    model_config = _WIRE

    epoch: Int64
    acked_seq: Sequence
    durable_seq: Sequence


class StatusAnswer(BaseModel):
    """The answer to a status report: all epochs of this till."""

    model_config = _WIRE

    incarnation: Text
    epochs: Annotated[list[EpochAcked], Field(max_length=10_000)]


class ByCardRequest(BaseModel):
    """``POST /v1/customers/by-card``: take the owner of a card into the bucket of this shop."""

    model_config = _WIRE

    code_hash: CodeHash
    cashier: Text | None = None


class ByCardAnswer(BaseModel):
    """Whose card it is; the rows come with the pages up to ``checkpoint``."""

    model_config = _WIRE

    customer: Text
    checkpoint: Sequence


class ReserveRequest(BaseModel):
    """``POST /v1/vouchers/{id}/reserve``, ``confirm`` and ``release``: for one sale of one till.

    ``amount_minor``: of a voucher with a value, in minor units (cents).
    """

    model_config = _WIRE

    sale_id: Text
    amount_minor: Minor | None = None


class ReserveAnswer(BaseModel):
    """A voucher is held for a sale until an instant, spent by it, or free again."""

    model_config = _WIRE

    voucher: Text
    state: Literal["reserved", "confirmed", "released"]
    reserved_until: InstantText | None = None
    left_minor: Int64 | None = None


class Entry(BaseModel):
    """One signed change of a balance or counter (``key``), as ``own_entry`` holds it."""

    model_config = _WIRE

    customer: Text
    key: AccountKey
    delta: Int64


class Problem(BaseModel):
    """A problem document (RFC 9457); ``type`` is stable, the texts are for people."""

    model_config = _WIRE

    type: Annotated[str, Field(max_length=limits.MAX_TEXT)]
    title: Annotated[str, Field(max_length=1_000)]
    status: Annotated[int, Field(ge=400, le=599)]
    detail: Annotated[str, Field(max_length=10_000)] = ""

    @property
    def word(self) -> str:
        """The last part of the type: ``gap``, ``fork``, ``unauthorized``."""
        return self.type.removeprefix(PROBLEM_PREFIX)


@with_config(_ROW)
class ArticleRow(TypedDict):
    """An article as the till knows it."""

    sku: Text
    name: Text
    categories: Words
    brand: Text | None
    season: Text | None
    tags: Words
    unit_price_minor: Minor
    markdown: bool
    vat_rate_bp: Bp
    discountable: bool


@with_config(_ROW)
class CustomerRow(TypedDict):
    """A customer as a till may know one, without contact data.

    The log number of the row is its twelfth column at the till, ``version`` (domain.md, law 9).
    """

    id: Text
    number: Text
    name: Text
    birthday_on: Day | None
    home_shop: Text
    status: CustomerStatus
    instant_discount_bp: Bp
    discount_group: Text | None
    tier: Text | None
    segment_bits: Sequence
    limit_left_minor: Int64 | None


@with_config(_ROW)
class CustomerSearchRow(TypedDict):
    """By what a till finds a customer without a card: digits and hashes, nothing to read.

    Phone numbers in the form of ``search_keys.phone_digits``, e-mail addresses as keyed hashes.
    """

    customer: Text
    phones: Annotated[list[PhoneDigits], Field(max_length=CONTACTS_MAX)]
    email_hashes: Annotated[list[CodeHash], Field(max_length=CONTACTS_MAX)]


@with_config(_ROW)
class CardRow(TypedDict):
    """A card by the keyed hash of its number."""

    code_hash: CodeHash
    symbology: Text
    customer: Text
    role: Text
    status: CardStatus
    replaced_by: CodeHash | None
    instant_discount_bp: Bp


@with_config(_ROW)
class AliasRow(TypedDict):
    """An id that became a customer: one that was merged, or a card that got its owner."""

    alias: Text
    customer: Text


@with_config(_ROW)
class ConsentRow(TypedDict):
    """The word of a customer that counts for a purpose and channel; ``id`` names it."""

    customer: Text
    purpose: Text
    channel: Text
    id: Text
    status: Literal["pending", "given", "withdrawn", "objected"]
    text_id: Text | None
    text_revision: Sequence | None
    captured_at: InstantText


@with_config(_ROW)
class DiscountGroupRow(TypedDict):
    """A group of customers with a standing rate."""

    code: Text
    instant_discount_bp: Bp


@with_config(_ROW)
class SegmentBitRow(TypedDict):
    """Which bit of ``segment_bits`` stands for which segment."""

    bit: Annotated[int, Field(ge=0, lt=SEGMENT_BITS)]
    segment: Text


@with_config(_ROW)
class ProgramRow(TypedDict):
    """A points or bonus-money account of the rules."""

    code: Text
    unit: ProgramUnit
    maturity_days: Days
    expiry: Text
    payout_threshold: Sequence
    payout_voucher_type: Text | None
    payout_denominations: Annotated[list[Minor], Field(max_length=limits.MAX_LIST)]
    liability: Liability


@with_config(_ROW)
class EarnTriggerRow(TypedDict):
    """Points for an event outside a sale: ``rental_returned``, ``customer_created``."""

    event: Text
    program: Text
    points: Annotated[int, Field(ge=1, le=limits.MAX_POINTS)]
    conditions: Document


@with_config(_ROW)
class RewardRow(TypedDict):
    """Something that is given for points; empty days, stock and limit = without end."""

    code: Text
    program: Text
    kind: RewardKind
    label: Document
    points: Annotated[int, Field(ge=1, le=limits.MAX_POINTS)]
    value_minor: Minor | None
    min_points: Sequence
    sku: Text | None
    voucher_type: Text | None
    valid_from_on: Day | None
    valid_to_on: Day | None
    stock: Sequence | None
    limit_per_customer: Sequence | None


@with_config(_ROW)
class VoucherTypeRow(TypedDict):
    """A kind of voucher; ``legal_kind`` alone decides what it is for VAT."""

    code: Text
    legal_kind: LegalKind
    effect: Document
    conditions: Document
    validity: Document
    customer_bound: bool
    transferable: bool
    multi_use: bool
    partial: bool
    offline_scope: OfflineScope
    offline_cap_minor: Minor
    layout: Document
    code_scheme: Text
    vat_rate_bp: Bp | None
    interval_days: Days | None
    per_year_max: Sequence | None


@with_config(_ROW)
class EventTriggerRow(TypedDict):
    """Which event issues which voucher type under which conditions."""

    event: Text
    conditions: Document
    voucher_type: Text


# JSON knows lists only, so a tuple is read from one; what stands inside stays strict.
DaySum = Annotated[tuple[Day, Int64], Strict(strict=False)]
FoldedElement = Annotated[tuple[Text, Int64, Sequence], Strict(strict=False)]
Folded = Annotated[list[FoldedElement], Field(max_length=100_000)]


@with_config(_ROW)
class LotRow(TypedDict):
    """What is left of an earning (docs/accounts.md); below zero = a debt, since ``taken_on``."""

    id: Text
    left: Int64
    matures_on: Day
    expires_on: Day | None
    taken_on: Day | None


@with_config(_ROW)
class BalanceRow(TypedDict):
    """What a customer has in a program, and which events of which tills that includes.

    ``value`` is the sum of the open lots.
    """

    customer: Text
    program: Text
    value: Int64
    lots: Annotated[list[LotRow], Field(max_length=LOTS_MAX)]
    as_of: InstantText
    folded: Folded


@with_config(_ROW)
class VoucherRow(TypedDict):
    """A voucher wherever it was issued, by the hash of its code.

    ``uses`` are the redemptions that were not taken back; ``balance_minor`` is what they leave of
    the value (below zero after a double use); ``redeemed_on`` and ``redeemed_till`` are shop day
    and till of the latest of them, None where nobody knows. ``folded`` as of a balance. ``shop``
    and ``till`` issued it; None = head office, for every shop.
    """

    code_hash: CodeHash
    id: Text
    type: Text
    legal_kind: LegalKind
    customer: Text | None
    customer_bound: bool
    state: VoucherState
    value_minor: Minor | None
    balance_minor: Int64 | None
    uses: Sequence
    redeemed_on: Day | None
    redeemed_till: Text | None
    valid_from_on: Day
    valid_to_on: Day
    shop: Text | None
    till: Text | None
    folded: Folded


@with_config(_ROW)
class CustomerFoldedRow(TypedDict):
    """Which events of which tills the rows of a customer, its cards and consents include."""

    customer: Text
    folded: Folded


@with_config(_ROW)
class CustomerCounterRow(TypedDict):
    """What rules read of a customer's past: ``uses:<promotion>``, ``history:<metric>``.

    ``days`` are the sums of single shop days, the oldest first, of what is counted over the last
    365 days: the till adds up those of its window and ``value``, which holds what has no day.
    """

    customer: Text
    key: AccountKey
    value: Int64
    days: Annotated[list[DaySum], Field(max_length=limits.MAX_COUNTER_DAYS)]
    folded: Folded


@with_config(_ROW)
class AbcSchemeRow(TypedDict):
    """A revision of a scheme of classes, as ``loyalty.class_scheme`` reads it."""

    code: Text
    revision: Annotated[int, Field(ge=1, le=limits.MAX_POINTS)]
    since_on: Day
    window: Document
    metrics: Words
    method: Text
    combine: Text
    age_days_min: Days
    classes: Annotated[list[Document], Field(max_length=limits.MAX_LIST)]
    cells: Annotated[list[Document], Field(max_length=limits.MAX_LIST)]


@with_config(_ROW)
class CoverRow(TypedDict):
    """A title that comes soon, for the paper of vouchers; ``blob`` is a PBM file by its hash."""

    title: Text
    start_on: Day
    price_minor: Minor | None
    blob: Sha256 | None


@dataclass(frozen=True, slots=True)
class Table:
    """A table that travels: its row model and the columns that identify a row."""

    name: str
    row: TypeAdapter[Any]
    columns: tuple[str, ...]
    key: tuple[str, ...]


def _table(name: str, model: type, *key: str) -> Table:
    return Table(name, TypeAdapter(model), tuple(model.__annotations__), key)


TABLES: Final[Mapping[str, Table]] = {
    table.name: table
    for table in (
        _table("article", ArticleRow, "sku"),
        _table("customer", CustomerRow, "id"),
        _table("customer_search", CustomerSearchRow, "customer"),
        _table("card", CardRow, "code_hash"),
        _table("alias", AliasRow, "alias"),
        _table("consent", ConsentRow, "customer", "purpose", "channel"),
        _table("customer_folded", CustomerFoldedRow, "customer"),
        _table("discount_group", DiscountGroupRow, "code"),
        _table("segment_bit", SegmentBitRow, "bit"),
        _table("program", ProgramRow, "code"),
        _table("earn_trigger", EarnTriggerRow, "event", "program"),
        _table("reward", RewardRow, "code"),
        _table("voucher_type", VoucherTypeRow, "code"),
        _table("voucher", VoucherRow, "code_hash"),
        _table("event_trigger", EventTriggerRow, "event", "voucher_type"),
        _table("balance", BalanceRow, "customer", "program"),
        _table("customer_counter", CustomerCounterRow, "customer", "key"),
        _table("abc_scheme", AbcSchemeRow, "code", "revision"),
        _table("cover", CoverRow, "title", "start_on"),
    )
}


class PageHeader(BaseModel):
    """First line of a page."""

    model_config = _WIRE

    bucket: Text
    bucket_epoch: Sequence
    after: Sequence
    tables: Annotated[
        dict[Text, Annotated[list[Text], Field(max_length=100)]], Field(max_length=100)
    ]


class PageEnd(BaseModel):
    """Last line of a page: the new cursor, and whether the log ends there."""

    model_config = _WIRE

    checkpoint: Sequence
    complete: bool
    rows: Annotated[int, Field(ge=0, le=2 * PAGE_ROWS_MAX)]
    # At the end of the log: table to sum of its live rows (pos_plugin/row_sum.py).
    sums: Annotated[dict[Text, RowSum], Field(max_length=100)] | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """One row of a page: put (``P``, the whole row) or remove (``R``, its key and a reason)."""

    op: Literal["P", "R"]
    table: str
    log_seq: int
    group: int
    row: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Page:
    """A page of changes, checked; tables this version does not know are already left out."""

    bucket: str
    bucket_epoch: int
    after: int
    changes: Collection[Change]
    checkpoint: int
    complete: bool
    sums: Mapping[str, str] | None = None
    foreign: frozenset[str] = frozenset()
    """Tables with columns that this version does not know: their sums cannot be compared."""


_RowLine = Annotated[
    tuple[
        Literal["P", "R"],
        Text,
        Sequence,
        Sequence,
        # What was just decoded is JSON; the columns are checked with their row.
        Annotated[list[Any], Field(max_length=100)],
    ],
    Strict(strict=False),
]
_ROW_LINES: Final[TypeAdapter[list[tuple[Literal["P", "R"], str, int, int, list[Any]]]]] = (
    TypeAdapter(list[_RowLine], config=ConfigDict(strict=True))
)


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not a number here")


# Made once: every row of every page comes through it.
_DECODER: Final = json.JSONDecoder(parse_constant=_no_constant)


def parse_json(data: bytes) -> Any:  # noqa: ANN401
    """Return the value of a JSON document.

    Raises:
        ProtocolError: broken text, NaN, nesting or numbers beyond what the parser takes.
    """
    try:
        return _DECODER.decode(data.decode())
    except (ValueError, RecursionError) as fault:
        raise ProtocolError(f"not JSON: {fault}") from None


def parse_model(model: type[Model], data: bytes) -> Model:
    """Return the document as its model.

    Raises:
        ProtocolError: not JSON, or not what the model says; names the first wrong place.
    """
    return check_model(model, parse_json(data))


def check_model(model: type[Model], value: object) -> Model:
    """Return the parsed value as its model, or raise ProtocolError naming the first place."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise ProtocolError(_first(model.__name__, error)) from None


def check_row(table: Table, row: object) -> dict[str, Any]:
    """Return a full row of ``table`` with the columns this version knows.

    Raises:
        ProtocolError: naming the first wrong column.
    """
    try:
        checked: dict[str, Any] = table.row.validate_python(row)
    except ValidationError as error:
        raise ProtocolError(_first(table.name, error)) from None
    return checked


def _first(name: str, error: ValidationError) -> str:
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    place = ".".join(str(step) for step in first["loc"])
    return f"{name}: {place}: {first['msg']}" if place else f"{name}: {first['msg']}"


def parse_page(data: bytes, *, bucket: str, after: int) -> Page:
    """Return the page that answers ``changes?after=`` for ``bucket``.

    Checked here: the header answers the question that was asked, rows stand in ascending order
    above ``after`` and not above the checkpoint, each row fits its table, the end is there and
    counts the rows (a connection cut in the middle is no page).

    Raises:
        ProtocolError: anything else.
    """
    if data.count(b"\n") > PAGE_LINES_MAX:
        raise ProtocolError(f"a page has at most {PAGE_LINES_MAX} lines")
    lines = data.split(b"\n")
    if lines[-1] == b"":
        lines.pop()
    if len(lines) < 2:
        raise ProtocolError("a page has at least a header and an end")
    header = parse_model(PageHeader, lines[0])
    if header.bucket != bucket or header.after != after:
        raise ProtocolError(f"asked for {bucket} after {after}, got {header.bucket}")
    end = parse_model(PageEnd, lines[-1])
    if end.rows != len(lines) - 2:
        raise ProtocolError(f"the page promises {end.rows} rows and holds {len(lines) - 2}")
    rows = Rows(lines[1:-1], header.tables, after=after)
    if end.checkpoint < rows.last:
        raise ProtocolError(f"the checkpoint {end.checkpoint} stands before row {rows.last}")
    if not end.complete and end.checkpoint == after:
        raise ProtocolError("a page that is not the last one does not move on")
    return Page(
        bucket=bucket,
        bucket_epoch=header.bucket_epoch,
        after=after,
        changes=rows,
        checkpoint=end.checkpoint,
        complete=end.complete,
        sums=end.sums if end.complete else None,
        foreign=frozenset(
            name
            for name, columns in header.tables.items()
            if name in TABLES and set(columns) - set(TABLES[name].columns)
        ),
    )


class Rows(Collection["Change"]):
    """The rows of a page, all of them checked.

    A page of 8 MiB can become half a gigabyte of objects. So one of very many values is decoded
    anew, portion by portion, each time that somebody goes through it.

    Args:
        lines: one a row.
        columns: table to columns, as the header names them.
        after: every number is above it.

    Raises:
        ProtocolError: a line is no row, or not the next one.
    """

    def __init__(self, lines: list[bytes], columns: Mapping[str, list[str]], *, after: int) -> None:
        self._lines = lines
        self._columns = columns
        self._after = self.last = after
        self._kept: list[Change] | None = None
        values = sum(line.count(b",") + line.count(b"[") for line in lines)
        if values <= _KEPT_VALUES_MAX:
            self._kept = list(self._decoded())
        self._count = sum(1 for _ in self)

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Change]:
        return iter(self._decoded() if self._kept is None else self._kept)

    def __contains__(self, change: object) -> bool:
        return any(change == one for one in self)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Collection) and list(self) == list(other)

    __hash__ = None  # type: ignore[assignment]

    def _decoded(self) -> Iterator[Change]:
        """Yield the rows, without those of tables that this version does not know."""
        self.last = self._after
        for lines in _portions(self._lines):
            # Together: a call a row would take most of the time of a long page.
            decoded = parse_json(b"[" + b",".join(lines) + b"]")
            if len(decoded) != len(lines):
                raise ProtocolError("a row is a line of a page")
            try:
                rows = _ROW_LINES.validate_python(decoded)
            except ValidationError as error:
                raise ProtocolError(_first("row", error)) from None
            for op, name, log_seq, group, values in rows:
                if log_seq <= self.last:
                    raise ProtocolError(f"row {log_seq} does not follow {self.last}")
                self.last = log_seq
                row = self._row(op, name, values)
                if row is not None:
                    yield Change(op=op, table=name, log_seq=log_seq, group=group, row=row)

    def _row(self, op: str, name: str, values: list[Any]) -> dict[str, Any] | None:
        columns = self._columns.get(name)
        if columns is None:
            raise ProtocolError(f"the header does not name the table {name}")
        table = TABLES.get(name)
        if table is None:
            return None
        named = columns if op == "P" else _columns(op, table)
        if len(named) != len(values):
            raise ProtocolError(f"{name}: {len(values)} values for {len(named)} columns")
        row = dict(zip(named, values, strict=True))
        return check_row(table, row) if op == "P" else row


def _portions(lines: list[bytes]) -> Iterator[list[bytes]]:
    """Yield the lines some at a time."""
    some: list[bytes] = []
    size = 0
    for line in lines:
        if len(line) > ROW_BYTES_MAX:
            raise ProtocolError(f"a row has at most {ROW_BYTES_MAX} bytes")
        if some and size + len(line) > _PORTION_BYTES:
            yield some
            some, size = [], 0
        some.append(line)
        size += len(line)
    if some:
        yield some


def _columns(op: str, table: Table) -> tuple[str, ...]:
    """Return what a line of a page holds: the whole row, or the key and why it goes."""
    return table.columns if op == "P" else (*table.key, "reason")


# What travels was decoded or checked before: nothing in it holds itself.
_compact: Final = json.JSONEncoder(
    ensure_ascii=False, separators=(",", ":"), check_circular=False
).encode


def compact_json(value: object) -> bytes:
    """Return JSON without blanks, UTF-8; what both sides put on the wire."""
    return _compact(value).encode()


def page_bytes(
    *,
    bucket: str,
    bucket_epoch: int,
    after: int,
    changes: Iterable[tuple[str, str, int, int, Mapping[str, Any]]],
    checkpoint: int,
    complete: bool,
    sums: Mapping[str, str] | None = None,
) -> bytes:
    """Return a page as NDJSON; ``changes`` are (op, table, log_seq, group, row).

    The row of a removal holds its key and ``reason``; ``sums`` belong to the end of the log.
    """
    rows = [
        [op, name, log_seq, group, [row[column] for column in _columns(op, TABLES[name])]]
        for op, name, log_seq, group, row in changes
    ]
    named = sorted({str(row[1]) for row in rows})
    header = {
        "bucket": bucket,
        "bucket_epoch": bucket_epoch,
        "after": after,
        "tables": {name: TABLES[name].columns for name in named},
    }
    end: dict[str, Any] = {"checkpoint": checkpoint, "complete": complete, "rows": len(rows)}
    if sums is not None:
        end["sums"] = dict(sums)
    return b"".join(compact_json(line) + b"\n" for line in (header, *rows, end))
