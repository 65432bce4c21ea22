"""The models of the documents and lines of ``/v1``, but for the rows (``rows.py``)."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field

from pos_plugin import limits
from sync_agent.protocol.limits import PAGE_ROWS_MAX, TOUCHES_MAX
from sync_agent.protocol.words import (
    AccountKey,
    BearerToken,
    CodeHash,
    Instant,
    InstantText,
    Int64,
    Minor,
    PrunedSeq,
    RowSum,
    Sequence,
    Sha256,
    Text,
    Words,
)

HELD_HEAD: Final = "held_head"  # capability: ``GET head`` with ``wait_s`` waits for something new
GZIP_UPLOADS: Final = "gzip_uploads"  # capability: events may come with ``Content-Encoding: gzip``
ENROL_CODE_PATTERN: Final = "^[0-9A-HJKMNP-TV-Z]{8}$"  # Crockford base32, upper case
PROBLEM_PREFIX: Final = "urn:stammkunde:problem:"
NDJSON: Final = "application/x-ndjson"
PROBLEM_JSON: Final = "application/problem+json"

_WIRE = ConfigDict(strict=True, extra="ignore", frozen=True)


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
