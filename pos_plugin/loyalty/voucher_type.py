"""Kinds of voucher: what head office says about them, read strictly."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

if TYPE_CHECKING:
    from collections.abc import Mapping

Sentence = Annotated[str, Field(min_length=1, max_length=2000)]
Words = Annotated[dict[Literal["de", "en"], Sentence], Field(min_length=1)]
"""A text by language; at least one of the two."""


class _Document(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True, strict=True)


class Effect(_Document):
    """What the voucher is worth, in words: "5 EUR off your next purchase"."""

    label: Words


class Conditions(_Document):
    """The small print."""

    text: Words


class Validity(_Document):
    """``days`` days from the day of issue, both included in the shop's own days."""

    days: Annotated[int, Field(ge=1, le=3660)]


class Layout(_Document):
    """What is printed besides; ``logo`` is the SHA-256 of a PBM file."""

    issuer: Words | None = None
    title: Words
    text: Words | None = None
    logo: Annotated[str, Field(pattern="^[0-9a-f]{64}$")] | None = None


class VoucherType(BaseModel):
    """A kind of voucher that this till can issue: free advertising (``promo``) acting as coupon.

    Its code is the ``series`` of the promotions that ask for such a coupon.
    """

    model_config = ConfigDict(extra="ignore", frozen=True, strict=True, from_attributes=True)

    code: str
    legal_kind: Literal["promo"]
    effect: Effect
    conditions: Conditions
    validity: Validity
    customer_bound: bool
    layout: Layout


def read_voucher_type(row: object) -> VoucherType | None:
    """Return the kind of voucher of a cached row; None when this version cannot issue it."""
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
