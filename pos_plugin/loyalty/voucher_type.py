"""Kinds of voucher: what head office says about them, read strictly."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from pos_plugin import limits

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


REDUCES_PRICE: Final = frozenset({LegalKind.PROMO, LegalKind.EARNED_BONUS})
"""These reduce a price; the others settle a price. Never mixed."""

# DSFinV-K, GV_TYP. The host owns the fiscal record and may override it. A credit for returned goods
# is taken back like the multi-purpose voucher that it was issued as.
GV_TYP: Final[Mapping[LegalKind, str]] = {
    LegalKind.PROMO: "Rabatt",
    LegalKind.EARNED_BONUS: "Rabatt",
    LegalKind.GIFT_MPV: "MehrzweckgutscheinEinloesung",
    LegalKind.GIFT_SPV: "EinzweckgutscheinEinloesung",
    LegalKind.GOODS_CREDIT: "MehrzweckgutscheinEinloesung",
}


class _Document(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, strict=True)


class Effect(_Document):
    """What the voucher gives, in words ("5 EUR off your next purchase") and perhaps in money.

    Args:
        kind: ``coupon`` = what the promotions say that ask for it; ``value`` = money off or money.
        minor: value of each in minor units (cents); only a kind that is sold, refunded or paid out
            may leave it open, because then the sale decides it.
        label: the words.
    """

    kind: Literal["coupon", "value"] = "coupon"
    minor: Annotated[int, Field(ge=1, le=limits.MAX_PRICE_MINOR)] | None = None
    label: Words


class Conditions(_Document):
    """The small print."""

    text: Words


class Validity(_Document):
    """``days`` days from the day of issue, both included in the shop's own days."""

    days: Annotated[int, Field(ge=1, le=3660)]


class Layout(_Document):
    """What is printed besides; what is missing is not printed.

    Args:
        issuer: name of the shop.
        title: big, on top.
        text: below it.
        logo: SHA-256 of a PBM file.
        covers: how many coming titles are shown; at most four have room.
        cover_info: whether their day and price stand below them.
    """

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

    @model_validator(mode="after")
    def _effect_suits_the_legal_kind(self) -> Self:
        has_value = self.effect.kind == "value"
        if not has_value and self.effect.minor is not None:
            raise ValueError("a coupon has no value")
        if not has_value and self.legal_kind is not LegalKind.PROMO:
            raise ValueError("only free advertising can be a coupon")
        if has_value and self.legal_kind is LegalKind.PROMO and self.effect.minor is None:
            raise ValueError("free advertising says how much it is worth")
        if self.legal_kind is LegalKind.GIFT_SPV and self.vat_rate_bp is None:
            raise ValueError("a single-purpose voucher says its VAT rate")
        return self

    @property
    def is_issued_by_events(self) -> bool:
        """Whether a till may issue one on its own: advertising and earned bonus of a fixed value.

        What somebody paid for is issued by the sale that sells or refunds it.
        """
        is_fixed = self.effect.kind == "coupon" or self.effect.minor is not None
        return is_fixed and self.legal_kind in REDUCES_PRICE


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
