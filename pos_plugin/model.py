"""The sale as it is evaluated (promotions.md §3): frozen values, validated once at the edge."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from pydantic import (
    AwareDatetime,
    BeforeValidator,
    ConfigDict,
    Field,
    Strict,
    TypeAdapter,
    ValidationError,
)
from pydantic_core import PydanticCustomError

from pos_plugin import limits
from pos_plugin.errors import SaleError
from pos_plugin.text import Text
from pos_plugin.units import divide_half_up
from pos_plugin.validation import first_error, read_json

if TYPE_CHECKING:
    from collections.abc import Iterable

_CLOSED = ConfigDict(extra="forbid")

VOUCHER_SALE: Final = "voucher_sale"
"""Tag of a line that sells a voucher: never discounted, earns nothing, is no goods."""

REWARD: Final = "reward"
"""Tag of a line that is given for points: earns nothing."""

DEPOSIT: Final = "deposit"
"""Tag of a line that is a deposit (Pfand): it comes back, earns nothing, is no goods."""

RENTAL: Final = "rental"
"""Tag of a line that lends an article: the shop keeps it."""

EARNS_NOTHING: Final = frozenset({VOUCHER_SALE, REWARD, DEPOSIT})
NO_TURNOVER: Final = frozenset({VOUCHER_SALE, DEPOSIT})
"""Money for these is no turnover: it is owed, or comes back."""


LineKind = Literal["sale", "rental", "voucher_sale", "deposit"]
"""What a line of a receipt is: a sale of goods where no tag says otherwise."""


def line_kind(tags: Iterable[str]) -> LineKind:
    """Return the kind of a line with these tags; what is no goods stays none.

    >>> line_kind(["hosen"]), line_kind(["rental"]), line_kind(["rental", "deposit"])
    ('sale', 'rental', 'deposit')
    """
    given = frozenset(tags)
    if VOUCHER_SALE in given:
        return "voucher_sale"
    if DEPOSIT in given:
        return "deposit"
    return "rental" if RENTAL in given else "sale"


def _iso_text(value: object) -> object:
    """A date is text (or already a date), never a number of seconds, not even written as text."""
    if isinstance(value, dt.date) or (isinstance(value, str) and value[4:5] == "-"):
        return value
    raise PydanticCustomError("date_type", "Input should be a date or instant as ISO 8601 text")


Words = Annotated[tuple[Text, ...], Field(max_length=limits.MAX_LIST)]
Bool = Annotated[bool, Strict()]
Bp = Annotated[int, Strict(), Field(ge=0, le=limits.MAX_BP)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of the sale; several pieces of one article at one price, or one measured unit."""

    __pydantic_config__ = _CLOSED

    line_id: Text
    sku: Text
    quantity_milli: Annotated[
        int, Strict(), Field(ge=-limits.MAX_QUANTITY_MILLI, le=limits.MAX_QUANTITY_MILLI)
    ]
    unit_price_minor: Annotated[int, Strict(), Field(ge=0, le=limits.MAX_PRICE_MINOR)]
    categories: Words = ()
    brand: Text | None = None
    season: Text | None = None
    tags: Words = ()
    vat_rate_bp: Bp = 0
    markdown: Bool = False
    discountable: Bool = True
    measured: Bool = False

    @property
    def gross_minor(self) -> int:
        """Price times quantity in minor units, rounded half up; negative for a return."""
        return divide_half_up(self.quantity_milli * self.unit_price_minor, 1000)

    @property
    def is_one_unit(self) -> bool:
        """Weighed, by the metre, or not a whole number of pieces: one unit at the line amount."""
        return self.measured or self.quantity_milli % 1000 != 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """What the rules may know of the customer."""

    __pydantic_config__ = _CLOSED

    id: Text
    segments: Words = ()
    birthday: Annotated[dt.date, BeforeValidator(_iso_text)] | None = None
    instant_discount_bp: Bp = 0
    uses: dict[str, Annotated[int, Strict(), Field(ge=0)]] = field(default_factory=dict)
    history: dict[
        str, Annotated[int, Strict(), Field(ge=-limits.INT64_MAX, le=limits.INT64_MAX)]
    ] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Coupon:
    """A scanned coupon; ``series`` is the code of its voucher type."""

    __pydantic_config__ = _CLOSED

    code: Text
    series: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Basket:
    """The whole sale at one moment.

    ``at`` is the first scan; its wall-clock part is shop-local time and decides validity, windows,
    birthday and age, the offset is only recorded.
    """

    __pydantic_config__ = _CLOSED

    sale_id: Text
    at: Annotated[AwareDatetime, BeforeValidator(_iso_text)]
    lines: Annotated[tuple[Line, ...], Field(max_length=limits.MAX_LINES)]
    shop: Text | None = None
    till: Text | None = None
    currency: Annotated[str, Field(pattern="^[A-Z]{3}$")] = "EUR"
    customer: Customer | None = None
    coupons: Annotated[tuple[Coupon, ...], Field(max_length=limits.MAX_COUPONS)] = ()
    tenders: Words = ()
    declined: Words = ()

    @classmethod
    def from_dict(cls, value: object, where: str = "sale") -> Basket:
        """Return the basket of a §3 object.

        Raises:
            SaleError: naming the first wrong place below ``where``.
        """
        try:
            basket = _adapter().validate_python(value)
        except ValidationError as error:
            code, place, message = first_error(error, value, where)
            raise SaleError(code, place, message) from None
        basket.check(where)
        return basket

    @classmethod
    def from_json(cls, text: str | bytes, where: str = "sale") -> Basket:
        """Return the basket of a §3 document as text."""
        return cls.from_dict(read_json(text, where, SaleError), where)

    def check(self, where: str = "sale") -> None:
        """Raise SaleError where lines share an id or the sale is above its limit."""
        seen: set[str] = set()
        gross_minor = 0
        for number, line in enumerate(self.lines):
            if line.line_id in seen:
                raise SaleError(
                    "duplicate_id",
                    f"{where}.lines[{number}].line_id",
                    f"line_id {line.line_id!r} stands twice in this sale",
                )
            seen.add(line.line_id)
            gross_minor += abs(line.gross_minor)
            if gross_minor > limits.MAX_SALE_MINOR:
                raise SaleError(
                    "limit",
                    f"{where}.lines[{number}]",
                    f"a sale is at most {limits.MAX_SALE_MINOR} minor units",
                )

    @property
    def wall_at(self) -> dt.datetime:
        """Shop-local time of the first scan, without offset."""
        return self.at.replace(tzinfo=None)


_basket_adapter: TypeAdapter[Basket] | None = None


def _adapter() -> TypeAdapter[Basket]:
    global _basket_adapter  # noqa: PLW0603 - built once, on first use
    if _basket_adapter is None:
        _basket_adapter = TypeAdapter(Basket)
    return _basket_adapter


def basket_to_dict(basket: Basket) -> dict[str, Any]:
    """Return the §3 object of a basket, every default written out."""
    return dict(_adapter().dump_python(basket, mode="json"))
