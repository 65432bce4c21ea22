"""Kinds of voucher: what head office says about them, read strictly."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from pos_plugin import limits
from pos_plugin.promotions.selector import EVERY_UNIT, Selector

if TYPE_CHECKING:
    from collections.abc import Mapping

Sentence = Annotated[str, Field(min_length=1, max_length=2000)]
Words = Annotated[dict[Literal["de", "en"], Sentence], Field(min_length=1)]
"""A text by language; at least one of the two."""


class LegalKind(StrEnum):
    """What a voucher is for VAT; it alone decides how the voucher acts (domain.md §3)."""

    PROMO = "promo"
    EARNED_BONUS = "earned_bonus"
    GIFT_MPV = "gift_mpv"
    GIFT_SPV = "gift_spv"
    GOODS_CREDIT = "goods_credit"
    REWARD = "reward"


REDUCES_PRICE: Final = frozenset({LegalKind.PROMO, LegalKind.EARNED_BONUS})
"""These reduce a price; the others settle a price. Never mixed."""

LONG_LIVED: Final = frozenset(
    {LegalKind.GIFT_MPV, LegalKind.GIFT_SPV, LegalKind.GOODS_CREDIT, LegalKind.EARNED_BONUS}
)
"""What somebody paid for or earned: shorter than three years risks being void (domain.md L8)."""

GIFTS: Final = frozenset({LegalKind.GIFT_MPV, LegalKind.GIFT_SPV})
SETTLES_PRICE: Final = GIFTS | {LegalKind.GOODS_CREDIT}
"""These were paid for in full; what is open of them is a liability."""

# DSFinV-K, GV_TYP of the sale that issues a voucher against money.
SOLD_AS: Final[Mapping[LegalKind, str]] = {
    LegalKind.GIFT_MPV: "MehrzweckgutscheinKauf",
    LegalKind.GIFT_SPV: "EinzweckgutscheinKauf",
}

# DSFinV-K, GV_TYP. The host owns the fiscal record and may override it. A credit for returned goods
# is taken back like the multi-purpose voucher that it was issued as.
GV_TYP: Final[Mapping[LegalKind, str]] = {
    LegalKind.PROMO: "Rabatt",
    LegalKind.EARNED_BONUS: "Rabatt",
    LegalKind.GIFT_MPV: "MehrzweckgutscheinEinloesung",
    LegalKind.GIFT_SPV: "EinzweckgutscheinEinloesung",
    LegalKind.GOODS_CREDIT: "MehrzweckgutscheinEinloesung",
}


OfflineScope = Literal["never", "issuing_till", "shop", "region"]

DEFAULT_SCOPE: Final[Mapping[LegalKind, OfflineScope]] = {
    LegalKind.PROMO: "shop",
    LegalKind.EARNED_BONUS: "shop",
    LegalKind.GOODS_CREDIT: "issuing_till",
    LegalKind.GIFT_MPV: "never",
    LegalKind.GIFT_SPV: "never",
    LegalKind.REWARD: "never",
}
"""Where a voucher may be used offline unless its type says otherwise (domain.md §3)."""


class _Document(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, strict=True)


class Effect(_Document):
    """What the voucher gives, in words ("5 EUR off your next purchase") and perhaps in money.

    Args:
        kind: ``coupon`` = what the promotions say that ask for it; ``value`` = money off or money.
        minor: value of each in minor units (cents); only a kind that is sold, refunded or paid out
            may leave it open, because then the sale decides it.
        share_bp: the value is this share of what the issuing receipt was paid for goods, in basis
            points, rounded down; for coupons under the receipt.
        rest: what becomes of the rest of a value: it stays on the voucher, lapses, or a new voucher
            holds it; missing = as the legal kind and ``partial`` say.
        label: the words.
    """

    kind: Literal["coupon", "value"] = "coupon"
    minor: Annotated[int, Field(ge=1, le=limits.MAX_PRICE_MINOR)] | None = None
    share_bp: Annotated[int, Field(ge=1, le=limits.MAX_BP)] | None = None
    rest: Literal["stays", "lapses", "new"] | None = None
    label: Words


class MinPurchase(_Document):
    """What a sale must be worth: of which lines, and at which price.

    Args:
        minor: in minor units (cents).
        basis: ``scanned`` = before any discount; ``paid`` = after promotions, before vouchers.
        of: the lines that count; every one when missing.
    """

    minor: Annotated[int, Field(ge=1, le=limits.MAX_SALE_MINOR)]
    basis: Literal["scanned", "paid"] = "scanned"
    of: Annotated[Selector, Field(strict=False)] = EVERY_UNIT


class Conditions(_Document):
    """The small print, and what a till checks of it.

    Args:
        text: the small print.
        min_purchase: what the sale must be worth.
        shops: numbers of the shops that take it; empty = all.
        sets_customer: scanning it names the customer, as a card does (personal promotion barcode).
    """

    text: Words
    min_purchase: MinPurchase | None = None
    shops: Annotated[tuple[str, ...], Field(max_length=1000, strict=False)] = ()
    sets_customer: bool = False


class Span(NamedTuple):
    """First and last shop day."""

    from_on: dt.date
    to_on: dt.date


class Validity(_Document):
    """When a voucher counts; the shop's own days, both included.

    Args:
        days: after the day of issue; missing with ``to_on``, or to the end of the third year.
        from_on: absolute first day, for one that is not valid at once.
        to_on: absolute last day.
    """

    days: Annotated[int, Field(ge=1, le=3660)] | None = None
    from_on: Annotated[dt.date, Field(strict=False)] | None = None
    to_on: Annotated[dt.date, Field(strict=False)] | None = None

    def span(self, issued_on: dt.date, *, has_floor: bool) -> Span:
        """Return the days of a voucher that is issued on a day.

        Args:
            issued_on: shop day.
            has_floor: without a word of the kind it lives three years from the end of this one.
        """
        from_on = max(issued_on, self.from_on or issued_on)
        if self.to_on is not None:
            return Span(from_on, self.to_on)
        if self.days is None and has_floor:
            return Span(from_on, floor_of(issued_on))
        return Span(from_on, from_on + dt.timedelta(days=self.days or 0))

    def is_short(self, issued_on: dt.date) -> bool:
        """Say whether a voucher of today lives shorter than three years from the end of the year.

        Source: §§ 195, 199 BGB; LG Braunschweig 22 O 211/12 (domain.md L8). A warning, no refusal.
        """
        return self.span(issued_on, has_floor=True).to_on < floor_of(issued_on)


def floor_of(issued_on: dt.date) -> dt.date:
    """Return the last day of the third year after the year of issue.

    >>> floor_of(dt.date(2026, 3, 7)).isoformat()
    '2029-12-31'
    """
    return dt.date(issued_on.year + 3, 12, 31)


class Layout(_Document):
    """What is printed besides; what is missing is not printed.

    Args:
        layout_id: template of its paper; missing = the one for vouchers.
        issuer: name of the shop.
        title: big, on top.
        text: below it.
        logo: SHA-256 of a PBM file.
        covers: how many coming titles are shown; at most four have room.
        cover_info: whether their day and price stand below them.
    """

    layout_id: Annotated[str, Field(pattern="^[a-z0-9][a-z0-9-]{0,63}$")] | None = None
    issuer: Words | None = None
    title: Words
    text: Words | None = None
    logo: Annotated[str, Field(pattern="^[0-9a-f]{64}$")] | None = None
    covers: Annotated[int, Field(ge=0, le=100)] = 0
    cover_info: bool = True


class VoucherType(BaseModel):
    """A kind of voucher: a coupon, or one with a value.

    The code of a coupon is the ``series`` of the promotions that ask for it; only free advertising
    can be one.
    """

    model_config = ConfigDict(extra="ignore", frozen=True, strict=True, from_attributes=True)

    code: str
    legal_kind: Annotated[LegalKind, Field(strict=False)]
    effect: Effect
    conditions: Conditions
    validity: Validity
    customer_bound: bool
    layout: Layout
    partial: bool = False
    vat_rate_bp: Annotated[int, Field(ge=0, le=limits.MAX_BP)] | None = None
    interval_days: Annotated[int, Field(ge=0, le=36_500)] | None = None
    per_year_max: Annotated[int, Field(ge=0, le=limits.MAX_POINTS)] | None = None
    transferable: bool = False
    multi_use: bool = False
    offline_scope: OfflineScope | None = None
    offline_cap_minor: Annotated[int, Field(ge=0, le=limits.MAX_PRICE_MINOR)] = 0

    @model_validator(mode="after")
    def _effect_suits_the_legal_kind(self) -> Self:
        has_value = self.effect.kind == "value"
        if not has_value and self.effect.minor is not None:
            raise ValueError("a coupon has no value")
        if not has_value and self.legal_kind not in (LegalKind.PROMO, LegalKind.REWARD):
            raise ValueError("only free advertising can be a coupon")
        if has_value and self.legal_kind is LegalKind.REWARD:
            raise ValueError("a reward is no money")
        is_open = self.effect.minor is None and self.effect.share_bp is None
        if has_value and self.legal_kind is LegalKind.PROMO and is_open:
            raise ValueError("free advertising says how much it is worth")
        if not has_value and self.effect.share_bp is not None:
            raise ValueError("a coupon has no value")
        if self.legal_kind in SETTLES_PRICE and self.effect.rest == "lapses":
            raise ValueError("what was paid for does not lapse")
        minimum = self.conditions.min_purchase
        if not has_value and minimum is not None and minimum.basis == "paid":
            raise ValueError("a coupon changes what is paid: its minimum is as scanned")
        is_open_ended = self.validity.days is None and self.validity.to_on is None
        if is_open_ended and self.legal_kind not in LONG_LIVED:
            raise ValueError("free advertising says how long it is valid")
        if self.legal_kind is LegalKind.GIFT_SPV and self.vat_rate_bp is None:
            raise ValueError("a single-purpose voucher says its VAT rate")
        return self

    @property
    def is_issued_by_events(self) -> bool:
        """Whether a till may issue one on its own: advertising and earned bonus of a fixed value.

        What somebody paid for is issued by the sale that sells or refunds it.
        """
        is_open = self.effect.minor is None and self.effect.share_bp is None
        is_fixed = self.effect.kind == "coupon" or not is_open
        return is_fixed and self.legal_kind in REDUCES_PRICE

    @property
    def rest_stays(self) -> bool:
        """Whether what a sale leaves of the value can be used later, on this voucher."""
        if self.effect.rest is not None:
            return self.effect.rest == "stays"
        return rest_stays(self.legal_kind, partial=self.partial)

    @property
    def scope(self) -> OfflineScope:
        """Where it may be used without asking head office."""
        return self.offline_scope or DEFAULT_SCOPE[self.legal_kind]


SHORT_LIVED: Final = (
    "vouchers of kind {code!r} live shorter than three years from the end of their year; what was "
    "paid for or earned may be valid longer all the same (LG Braunschweig 22 O 211/12)"
)


def is_short_lived(row: Mapping[str, Any], *, on: dt.date) -> bool:
    """Say whether a kind of voucher that somebody pays for or earns may live too short (L8).

    Args:
        row: of the kind, checked.
        on: shop day of an issue.
    """
    if row["legal_kind"] not in LONG_LIVED:
        return False
    try:
        return Validity.model_validate(row["validity"]).is_short(on)
    except ValidationError:
        return False  # of a later version


def rest_stays(legal_kind: LegalKind, *, partial: bool) -> bool:
    """Say whether what a sale leaves of the value can be used later.

    What was free lapses unless its type says ``partial``; what was earned or paid for stays.
    """
    return partial or legal_kind is not LegalKind.PROMO


def read_voucher_type(row: object) -> VoucherType | None:
    """Return the kind of voucher of a cached row; None when this version does not know it."""
    try:
        return VoucherType.model_validate(row)
    except ValidationError:
        return None


def in_language(words: Mapping[Any, str] | None, language: str) -> str:
    """Return a text in the shop's language, else in the other one, else nothing.

    >>> in_language({"de": "Gutschein"}, "en")
    'Gutschein'
    """
    if not words:
        return ""
    return words.get(language) or next(iter(words.values()))
