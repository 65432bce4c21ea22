"""What the calls outside a sale answer."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from pos_plugin.service.contract.approvals import ApprovalState
from pos_plugin.service.contract.effects import Effect
from pos_plugin.service.contract.words import Answer, Bp, Day, Instant, Minor, Notice
from pos_plugin.text import Text


class Connection(Answer):
    """Whether this client sends well (docs/http.md)."""

    requests: int
    waited_requests: int
    waited_ms_max: int
    advice: str | None


class Prefix(Answer):
    """What a scanned code is; the first row that takes it says so (docs/till-toml.md)."""

    kind: Literal["card", "voucher", "article", "approval"]
    starts_with: str
    length: int | None
    check: Literal["none", "ean13", "voucher", "approval"]


class Health(Answer):
    """How the till is; what it cannot say now is missing."""

    version: str
    compiled: bool
    shop: str
    till: str
    language: str
    currency: str
    generation: int | None = None
    synced_at: Instant | None = None
    last_seq: int | None = None
    acked_seq: int | None = None
    suspended: list[str] | None = None
    print_jobs_open: int | None = None
    approvals: bool | None = Field(default=None, description="goods on approval are on")
    prefixes: list[Prefix] | None = Field(default=None, description="what scanned codes are")
    notices: list[Notice]
    connection: Connection


class Balance(Answer):
    """What an account holds, and since when head office says so.

    ``value`` is available and pending together, less a debt. ``expiring`` of the available expires
    after ``expires_on``. ``pays_out``: enough is there to be paid out.
    """

    program: str
    unit: str
    value: int
    available: int
    pending: int
    matures_on: Day | None
    expires_on: Day | None
    expiring: int
    pays_out: bool
    as_of: Instant | None
    own_entries: bool
    unknown: bool = Field(description="cannot be told until head office has counted a restore")


class PanelVoucher(Answer):
    """A voucher that this customer can redeem."""

    type: str
    title: str
    benefit: str
    valid_to_on: Day
    balance_minor: Minor | None


class PanelConsent(Answer):
    """What the customer said last about a purpose and a channel, with the text that was read."""

    purpose: str
    channel: str
    status: str
    text_id: str | None
    text_revision: int | None


class Purchase(Answer):
    """A purchase at this till."""

    business_on: Day
    receipt_number: str | None
    total_minor: Minor
    pieces: int
    skus: list[str] = Field(description="the first three")


class Panel(Answer):
    """What the cashier sees of a customer."""

    name: str
    number: str | None
    group: str | None
    tier: str | None
    instant_discount_bp: Bp
    limit_left_minor: Minor | None
    consents: list[PanelConsent]
    last_purchases: list[Purchase] = Field(description="the newest first")
    balances: list[Balance]
    vouchers: list[PanelVoucher]
    birthday_on: Day | None
    notices: list[Notice]
    synced_at: Instant | None


class Card(Answer):
    """A card: the customer goes into the snapshot unchanged."""

    kind: Literal["card"]
    code: str
    customer: dict[str, Any]
    panel: Panel


class IdentifiedCustomer(Answer):
    """A customer without a card; ``code`` is the number."""

    kind: Literal["customer"]
    code: str
    customer: dict[str, Any]
    panel: Panel


class ListedCustomer(Answer):
    """One of several; asked for by ``customer`` when it is the one."""

    id: str
    number: str | None
    name: str
    birthday: str | None = Field(description="month and day, as 12-24")
    home_shop: str | None


class Customers(Answer):
    """More than one customer fits; ``more``: others do, too."""

    kind: Literal["customers"]
    customers: list[ListedCustomer]
    more: bool


class ScannedVoucher(Answer):
    """A voucher: the code goes into the snapshot."""

    kind: Literal["voucher"]
    code: str


class ScannedApproval(Answer):
    """Goods on approval; the customer goes into the snapshot, as of a card."""

    kind: Literal["approval"]
    code: str
    customer: dict[str, Any] | None = None
    panel: Panel | None = None
    approval: ApprovalState


class ArticleLine(Answer):
    """Facts and price for a new line."""

    sku: str
    name: str
    unit_price_minor: Minor
    categories: list[str]
    brand: str | None
    season: str | None
    tags: list[str]
    markdown: bool
    vat_rate_bp: Bp
    discountable: bool


class Article(Answer):
    """An article."""

    kind: Literal["article"]
    code: str
    line: ArticleLine


class RentalBooked(Answer):
    """A report about a rental was stored; the same report again gives the same."""

    rental: Text
    customer: str | None
    effects: list[Effect]


class ResponseKept(Answer):
    """A response to a campaign was kept; the same report again gives the same."""

    response: Text
    campaign: Text
    sale_id: str | None
    customer: str | None
    effects: list[Effect]
