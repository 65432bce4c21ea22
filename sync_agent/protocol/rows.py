"""The rows that travel in pages, one model a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from pydantic import ConfigDict, Field, Strict, TypeAdapter, ValidationError, with_config
from typing_extensions import TypedDict

from pos_plugin import limits
from sync_agent.protocol.json_bytes import ProtocolError, first_wrong
from sync_agent.protocol.limits import CONTACTS_MAX, LOTS_MAX, SEGMENT_BITS
from sync_agent.protocol.words import (
    AccountKey,
    Bp,
    CardStatus,
    CodeHash,
    CustomerStatus,
    Day,
    Days,
    Document,
    InstantText,
    Int64,
    LegalKind,
    Liability,
    Minor,
    OfflineScope,
    PhoneDigits,
    ProgramUnit,
    RewardKind,
    Sequence,
    Sha256,
    Text,
    VoucherState,
    Words,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

_ROW = ConfigDict(strict=True, extra="ignore")


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


def check_row(table: Table, row: object) -> dict[str, Any]:
    """Return a full row of ``table`` with the columns this version knows.

    Raises:
        ProtocolError: naming the first wrong column.
    """
    try:
        checked: dict[str, Any] = table.row.validate_python(row)
    except ValidationError as error:
        raise ProtocolError(first_wrong(table.name, error)) from None
    return checked
