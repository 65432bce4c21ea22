"""The rows of master data as a shop writes them, one model a file; and what a till keeps of them.

Head office loads such files (``stammkunde head-office load``), a till without head office imports
them: one description for both.

Files (columns of domain.md §5; ``?`` = may be missing):

- ``program``: code, unit, maturity_days?, expiry?, payout_threshold?, payout_voucher_type?,
  payout_denominations?, liability?
- ``earn_trigger``: event, program, points, conditions?
- ``reward``: code, program, kind, label, points, value_minor?, min_points?, sku?, voucher_type?,
  valid_from_on?, valid_to_on?, stock?, limit_per_customer?
- ``voucher_type``: code, legal_kind, effect, validity, layout, conditions?, customer_bound?,
  transferable?, multi_use?, partial?, offline_scope?, offline_cap_minor?, code_scheme?,
  vat_rate_bp?, interval_days?, per_year_max?
- ``event_trigger``: event, voucher_type, conditions?
- ``voucher``: id, type, code, customer?, value_minor?, valid_from_on, valid_to_on, blocked?
- ``article``: sku, name, unit_price_minor, vat_rate_bp, categories?, brand?, season?, tags?,
  markdown?, discountable?, purchase_price_minor? (net), purchase_price_since_on?
- ``customer``: id, number, name, home_shop, segments? (codes), birthday_on?, status?,
  instant_discount_bp?, discount_group?, tier?, limit_left_minor?, phone?, email?
- ``card``: code (the number itself), customer, symbology?, role?, status?, instant_discount_bp?
- ``discount_group``: code, instant_discount_bp
- ``alias``: alias (an id that was merged), customer (the one it is now)
- ``abc_scheme``: code, revision, since_on, window, metrics, classes, method?, combine?,
  age_days_min?, cells?
- ``cover``: title, start_on, price_minor?, blob?
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Annotated, Any, Final, NotRequired

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError, with_config
from typing_extensions import TypedDict

from pos_plugin import limits
from pos_plugin.card_hash import card_hash
from pos_plugin.errors import RuleError
from pos_plugin.loyalty.class_scheme import read_scheme
from pos_plugin.loyalty.voucher_type import DEFAULT_SCOPE, LegalKind
from pos_plugin.search_keys import email_hash, phone_digits
from pos_plugin.text import has_control
from pos_plugin.validation import first_error
from printers.templates.fields import LONG_CHARACTERS, TEXT_CHARACTERS
from sync_agent.protocol import rows, words
from sync_agent.purchase_price import SINCE

if TYPE_CHECKING:
    from pos_plugin.errors import InputError

_CLOSED = ConfigDict(strict=True, extra="forbid")

# Words of a voucher type, and how many characters a paper has for them.
_PRINTED: Final = (
    ("effect", "label", LONG_CHARACTERS),
    ("conditions", "text", LONG_CHARACTERS),
    ("layout", "text", LONG_CHARACTERS),
    ("layout", "title", TEXT_CHARACTERS),
    ("layout", "issuer", TEXT_CHARACTERS),
)


@with_config(_CLOSED)
class _Program(TypedDict):
    code: words.Text
    unit: words.ProgramUnit
    maturity_days: NotRequired[words.Days]
    expiry: NotRequired[words.Expiry]
    payout_threshold: NotRequired[words.Sequence]
    payout_voucher_type: NotRequired[words.Text | None]
    payout_denominations: NotRequired[list[words.Minor]]
    liability: NotRequired[words.Liability]


@with_config(_CLOSED)
class _EarnTrigger(TypedDict):
    event: words.EarnEvent
    program: words.Text
    points: Annotated[int, Field(ge=1, le=limits.MAX_POINTS)]
    conditions: NotRequired[words.Document]


@with_config(_CLOSED)
class _Reward(TypedDict):
    code: words.Text
    program: words.Text
    kind: words.RewardKind
    label: words.Document
    points: Annotated[int, Field(ge=1, le=limits.MAX_POINTS)]
    value_minor: NotRequired[words.Minor | None]
    min_points: NotRequired[words.Sequence]
    sku: NotRequired[words.Text | None]
    voucher_type: NotRequired[words.Text | None]
    valid_from_on: NotRequired[words.Day | None]
    valid_to_on: NotRequired[words.Day | None]
    stock: NotRequired[words.Sequence | None]
    limit_per_customer: NotRequired[words.Sequence | None]


@with_config(_CLOSED)
class _VoucherType(TypedDict):
    code: words.Text
    legal_kind: words.LegalKind
    effect: words.Document
    validity: words.Document
    layout: words.Document
    conditions: NotRequired[words.Document]
    customer_bound: NotRequired[bool]
    transferable: NotRequired[bool]
    multi_use: NotRequired[bool]
    partial: NotRequired[bool]
    offline_scope: NotRequired[words.OfflineScope]
    offline_cap_minor: NotRequired[words.Minor]
    code_scheme: NotRequired[words.Text]
    vat_rate_bp: NotRequired[words.Bp | None]
    interval_days: NotRequired[words.Days | None]
    per_year_max: NotRequired[words.Sequence | None]


@with_config(_CLOSED)
class _Voucher(TypedDict):
    id: words.Text
    type: words.Text
    code: words.Text
    customer: NotRequired[words.Text | None]
    value_minor: NotRequired[words.Minor | None]
    valid_from_on: words.Day
    valid_to_on: words.Day
    blocked: NotRequired[bool]


@with_config(_CLOSED)
class _EventTrigger(TypedDict):
    event: words.Text
    voucher_type: words.Text
    conditions: NotRequired[words.Document]


@with_config(_CLOSED)
class _Article(TypedDict):
    sku: words.Text
    name: words.Text
    unit_price_minor: words.Minor
    vat_rate_bp: words.Bp
    purchase_price_minor: NotRequired[words.Minor | None]
    purchase_price_since_on: NotRequired[words.Day | None]
    categories: NotRequired[words.Words]
    brand: NotRequired[words.Text | None]
    season: NotRequired[words.Text | None]
    tags: NotRequired[words.Words]
    markdown: NotRequired[bool]
    discountable: NotRequired[bool]


@with_config(_CLOSED)
class _Customer(TypedDict):
    id: words.Text
    number: words.Text
    name: words.Text
    home_shop: words.Text
    segments: NotRequired[words.Words]
    birthday_on: NotRequired[words.Day | None]
    status: NotRequired[words.CustomerStatus]
    instant_discount_bp: NotRequired[words.Bp]
    discount_group: NotRequired[words.Text | None]
    tier: NotRequired[words.Text | None]
    limit_left_minor: NotRequired[words.Int64 | None]
    phone: NotRequired[words.Text | None]
    email: NotRequired[words.Text | None]


@with_config(_CLOSED)
class _Card(TypedDict):
    code: words.Text
    customer: words.Text
    symbology: NotRequired[words.Text]
    role: NotRequired[words.Text]
    status: NotRequired[words.CardStatus]
    instant_discount_bp: NotRequired[words.Bp]


@with_config(_CLOSED)
class _DiscountGroup(TypedDict):
    code: words.Text
    instant_discount_bp: words.Bp


@with_config(_CLOSED)
class _Alias(TypedDict):
    alias: words.Text
    customer: words.Text


@with_config(_CLOSED)
class _AbcScheme(TypedDict):
    code: words.Text
    revision: int
    since_on: words.Day
    window: words.Document
    metrics: words.Words
    classes: list[words.Document]
    method: NotRequired[words.Text]
    combine: NotRequired[words.Text]
    age_days_min: NotRequired[words.Days]
    cells: NotRequired[list[words.Document]]


@with_config(_CLOSED)
class _Cover(TypedDict):
    title: words.Text
    start_on: words.Day
    price_minor: NotRequired[words.Minor | None]
    blob: NotRequired[words.Sha256 | None]


DEFAULTS: Final[dict[str, dict[str, Any]]] = {
    "program": {
        "maturity_days": 0,
        "expiry": "none",
        "payout_threshold": 0,
        "payout_voucher_type": None,
        "payout_denominations": [],
        "liability": "earned",
    },
    "earn_trigger": {"conditions": {}},
    "reward": {
        "value_minor": None,
        "min_points": 0,
        "sku": None,
        "voucher_type": None,
        "valid_from_on": None,
        "valid_to_on": None,
        "stock": None,
        "limit_per_customer": None,
    },
    "voucher_type": {
        "conditions": {},
        "customer_bound": True,
        "transferable": False,
        "multi_use": False,
        "partial": False,
        "offline_cap_minor": 0,
        "code_scheme": "typed",
        "vat_rate_bp": None,
        "interval_days": None,
        "per_year_max": None,
    },
    "voucher": {"customer": None, "value_minor": None, "blocked": False},
    "event_trigger": {"conditions": {}},
    "article": {
        "categories": [],
        "brand": None,
        "season": None,
        "tags": [],
        "markdown": False,
        "discountable": True,
    },
    "customer": {
        "segments": [],
        "birthday_on": None,
        "status": "active",
        "instant_discount_bp": 0,
        "discount_group": None,
        "tier": None,
        "limit_left_minor": None,
        "phone": None,
        "email": None,
    },
    "discount_group": {},
    "alias": {},
    "card": {
        "symbology": "ean13",
        "role": "main",
        "status": "active",
        "instant_discount_bp": 0,
    },
    "abc_scheme": {"method": "bounds", "combine": "all", "age_days_min": 0, "cells": []},
    "cover": {"price_minor": None, "blob": None},
}
# In the order in which they are taken: what is referred to comes first.
FILES: Final[dict[str, TypeAdapter[Any]]] = {
    "program": TypeAdapter(_Program),
    "voucher_type": TypeAdapter(_VoucherType),
    "reward": TypeAdapter(_Reward),
    "earn_trigger": TypeAdapter(_EarnTrigger),
    "event_trigger": TypeAdapter(_EventTrigger),
    "article": TypeAdapter(_Article),
    "customer": TypeAdapter(_Customer),
    "card": TypeAdapter(_Card),
    "discount_group": TypeAdapter(_DiscountGroup),
    "alias": TypeAdapter(_Alias),
    "abc_scheme": TypeAdapter(_AbcScheme),
    "cover": TypeAdapter(_Cover),
}


HEAD_OFFICE_FILES: Final[dict[str, TypeAdapter[Any]]] = {**FILES, "voucher": TypeAdapter(_Voucher)}
"""A till without head office imports vouchers as CSV, with their balance (``import vouchers``)."""


def check_file_row(
    table: str, value: object, where: str, error: type[InputError]
) -> dict[str, Any]:
    """Return the row of a file with its defaults.

    Raises:
        InputError: of the given type, naming the first wrong place below ``where``.
    """
    try:
        row: dict[str, Any] = HEAD_OFFICE_FILES[table].validate_python(value)
    except ValidationError as fault:
        raise error(*first_error(fault, value, where)) from None
    if table == "abc_scheme":
        try:
            read_scheme(row, where)
        except RuleError as fault:
            raise error(fault.code, fault.where, fault.message) from None
    if table == "article":
        _check_day(row.get(SINCE), f"{where}.{SINCE}", error)
    for name, text in row.items():
        if isinstance(text, str) and has_control(text):
            raise error("out_of_range", f"{where}.{name}", "holds a control character")
    checked = {**DEFAULTS[table], **row}
    if table == "voucher_type":
        _check_print(row, where, error)
        kind = LegalKind(checked["legal_kind"])
        checked.setdefault("offline_scope", DEFAULT_SCOPE[kind])
    return checked


def _check_day(text: str | None, where: str, error: type[InputError]) -> None:
    try:
        dt.date.fromisoformat(text or "2000-01-01")
    except ValueError:
        raise error("out_of_range", where, "is no day") from None


def _check_print(row: dict[str, Any], where: str, error: type[InputError]) -> None:
    """Refuse words that no paper can hold: what a voucher promises is never cut."""
    for part, name, most in _PRINTED:
        texts = row.get(part, {}).get(name)
        if not isinstance(texts, dict):
            continue
        for language, text in texts.items():
            if isinstance(text, str) and len(text) > most:
                message = f"{len(text)} characters; no paper takes more than {most}"
                raise error("limit", f"{where}.{part}.{name}.{language}", message)


def identity(table: str) -> tuple[str, ...]:
    """Return the columns that tell two rows of a file apart."""
    if table == "voucher":
        return ("id",)
    return ("code",) if table == "card" else rows.TABLES[table].key


def take_search(
    row: dict[str, Any], where: str, card_key: bytes, error: type[InputError]
) -> dict[str, Any]:
    """Take phone and e-mail out of the row; return by what tills find the customer.

    Raises:
        InputError: one of them is none.
    """
    phone, email = row.pop("phone"), row.pop("email")
    digits = phone_digits(phone) if phone is not None else None
    if phone is not None and digits is None:
        raise error("out_of_range", f"{where}.phone", "is no phone number")
    hashed = email_hash(email, card_key) if email is not None else None
    if email is not None and hashed is None:
        raise error("out_of_range", f"{where}.email", "is no e-mail address")
    return {
        "customer": row["id"],
        "phones": [digits] if digits else [],
        "email_hashes": [hashed] if hashed else [],
    }


def card_row(row: dict[str, Any], card_key: bytes) -> dict[str, Any]:
    """Return a card as it is kept: by the keyed hash of its number."""
    return {
        "code_hash": card_hash(row["code"], card_key).hex(),
        "symbology": row["symbology"],
        "customer": row["customer"],
        "role": row["role"],
        "status": row["status"],
        "replaced_by": None,
        "instant_discount_bp": row["instant_discount_bp"],
    }
