"""The whole sale as the till sends it: promotions.md §3 plus what only a till knows.

That is ``cashier``, ``rights``, ``generation``, ``codes``, ``decline_reasons``, ``training`` and
per line ``host_discount_minor``.

What the till does not send is filled here: shop, till and currency from the settings, article facts
from the cached master, a bare customer id from the cached customer.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, Strict, ValidationError

from pos_plugin import limits
from pos_plugin.errors import SaleError
from pos_plugin.model import VOUCHER_SALE, Basket, basket_to_dict
from pos_plugin.text import Text
from pos_plugin.validation import first_error, read_id

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


# What the article master knows of a line; the price is always the till's own.
ARTICLE_FACTS: Final = (
    "categories",
    "brand",
    "season",
    "tags",
    "markdown",
    "vat_rate_bp",
    "discountable",
)
_OURS: Final = ("cashier", "rights", "generation", "codes", "decline_reasons", "training")
_HOST_DISCOUNT: Final = "host_discount_minor"
_SOLD_VOUCHER: Final = "voucher"


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class ScannedCode(_Closed):
    """A voucher code as it was scanned.

    Args:
        code: as scanned or typed.
        amount_minor: how much of a value voucher is wanted, in minor units (cents); missing = all.
    """

    code: Text
    amount_minor: Annotated[int, Field(ge=1, le=limits.MAX_SALE_MINOR)] | None = None


class Extras(_Closed):
    """What a snapshot holds beside the sale of promotions.md §3.

    Args:
        cashier: number of the cashier.
        rights: what the host lets this cashier do.
        generation: the rules this sale began with; missing at its first evaluation.
        codes: scanned vouchers.
        decline_reasons: why the customer does not want a promotion of ``declined``, by its id; kept
            on the receipt.
        training: nothing of this sale is booked.
    """

    cashier: Text | None = None
    rights: Annotated[tuple[Text, ...], Field(max_length=100, strict=False)] = ()
    generation: Annotated[int, Field(ge=0, le=limits.INT64_MAX)] | None = None
    codes: Annotated[
        tuple[ScannedCode, ...], Field(max_length=limits.MAX_COUPONS, strict=False)
    ] = ()
    decline_reasons: Annotated[dict[Text, Text], Field(max_length=limits.MAX_LIST)] = {}
    training: Annotated[bool, Strict()] = False


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A checked snapshot; ``basket`` is complete but for the coupons that ``codes`` become.

    ``host_discounts``: manual discounts of the till by line id, in minor units (cents);
    ``sold_vouchers``: id of the planned voucher that a line sells, by line id.
    """

    basket: Basket
    extras: Extras
    host_discounts: Mapping[str, int]
    sold_vouchers: Mapping[str, str] = field(default_factory=dict)

    def is_same_sale(self, other: Snapshot) -> bool:
        """Say whether both sell the same to the same; master data may have filled in the rest."""
        return _what_is_sold(self) == _what_is_sold(other)

    def to_dict(self) -> dict[str, Any]:
        """Return the snapshot as the till could have sent it, every fact filled in."""
        value = {**basket_to_dict(self.basket), **self.extras.model_dump(exclude_unset=True)}
        for line in value["lines"]:
            if line["line_id"] in self.host_discounts:
                line[_HOST_DISCOUNT] = self.host_discounts[line["line_id"]]
            if line["line_id"] in self.sold_vouchers:
                line[_SOLD_VOUCHER] = self.sold_vouchers[line["line_id"]]
        return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Defaults:
    """What every snapshot of this till has in common."""

    shop: str
    till: str
    currency: str


def read_snapshot(
    value: Mapping[str, Any],
    *,
    defaults: Defaults,
    article: Callable[[str], Mapping[str, Any] | None],
    customer: Callable[[str], Mapping[str, Any] | None],
) -> Snapshot:
    """Return the checked and filled snapshot.

    Args:
        value: as the till sent it; not changed.
        defaults: from the settings.
        article: looks an article up by sku.
        customer: looks the facts of a customer up by id.

    Raises:
        SaleError: naming the first wrong place.
    """
    if not isinstance(value, dict):
        raise SaleError("wrong_type", "sale", "a sale is an object")
    extras = _read_extras({name: value[name] for name in _OURS if name in value})
    sale = {name: part for name, part in value.items() if name not in _OURS}
    sale.setdefault("shop", defaults.shop)
    sale.setdefault("till", defaults.till)
    sale.setdefault("currency", defaults.currency)
    lines = sale.get("lines")
    discounts: list[object] = []
    sold: list[object] = []
    if isinstance(lines, (list, tuple)):
        sold = [line.get(_SOLD_VOUCHER) if isinstance(line, dict) else None for line in lines]
        discounts = [line.get(_HOST_DISCOUNT, 0) if isinstance(line, dict) else 0 for line in lines]
        sale["lines"] = [_fill(line, article) for line in lines]
    known = sale.get("customer")
    if isinstance(known, dict) and list(known) == ["id"] and isinstance(known["id"], str):
        sale["customer"] = customer(known["id"]) or known
    basket = Basket.from_dict(sale)
    return Snapshot(
        basket=basket,
        extras=extras,
        host_discounts=_host_discounts(basket, discounts),
        sold_vouchers=_sold_vouchers(basket, sold),
    )


def _host_discounts(basket: Basket, discounts: list[object]) -> dict[str, int]:
    """Return what the host takes off each line; at most the line, and nothing off a return."""
    found: dict[str, int] = {}
    for number, (line, discount_minor) in enumerate(zip(basket.lines, discounts, strict=True)):
        where = f"sale.lines[{number}].{_HOST_DISCOUNT}"
        if not isinstance(discount_minor, int) or isinstance(discount_minor, bool):
            raise SaleError("wrong_type", where, "a whole number of minor units")
        if not 0 <= discount_minor <= max(0, line.gross_minor):
            message = f"from 0 to the {max(0, line.gross_minor)} minor units of the line"
            raise SaleError("out_of_range", where, message)
        if discount_minor:
            found[line.line_id] = discount_minor
    return found


def _sold_vouchers(basket: Basket, sold: list[object]) -> dict[str, str]:
    """Return which planned voucher each line sells; a line sells one."""
    found: dict[str, str] = {}
    for number, (line, given) in enumerate(zip(basket.lines, sold, strict=True)):
        where = f"sale.lines[{number}].{_SOLD_VOUCHER}"
        if given is None:
            continue
        voucher = read_id(given, where, SaleError)
        if voucher in found.values():
            raise SaleError("duplicate_id", where, f"voucher {voucher!r} stands twice")
        found[line.line_id] = voucher
    return found


def _what_is_sold(snapshot: Snapshot) -> tuple[object, ...]:
    basket = snapshot.basket
    return (
        [
            (line.line_id, line.sku, line.quantity_milli, line.unit_price_minor)
            for line in basket.lines
        ],
        basket.customer.id if basket.customer else None,
        basket.coupons,
        dict(snapshot.host_discounts),
        dict(snapshot.sold_vouchers),
        snapshot.extras.codes,
        snapshot.extras.training,
    )


def fingerprint(snapshot: Snapshot, *, generation: int, late: bool = False) -> str:
    """Return the id of an evaluation: the same sale and rules give the same id, on every till.

    Args:
        snapshot: that was evaluated.
        generation: the rules; 0 for none.
        late: it is the list price of a late answer, told apart from an evaluation without rules:
            who charges by that one has used the vouchers.
    """
    extras = snapshot.extras
    seen = {
        "sale": basket_to_dict(snapshot.basket),
        "codes": [(code.code, code.amount_minor) for code in extras.codes],
        "host_discounts": dict(snapshot.host_discounts),
        "rights": sorted(extras.rights),
        "generation": generation,
    }
    if late:
        seen["late"] = True
    text = json.dumps(seen, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _read_extras(value: dict[str, Any]) -> Extras:
    try:
        return Extras.model_validate(value)
    except ValidationError as error:
        code, place, message = first_error(error, value, "sale")
        raise SaleError(code, place, message) from None


def _fill(line: object, article: Callable[[str], Mapping[str, Any] | None]) -> object:
    """Add the facts of the article master that the till did not send."""
    if not isinstance(line, dict):
        return line  # the basket says what is wrong with it
    sells_voucher = line.get(_SOLD_VOUCHER) is not None
    ours = (_HOST_DISCOUNT, _SOLD_VOUCHER)
    line = {name: part for name, part in line.items() if name not in ours}
    if sells_voucher:
        # Fixed price, no goods: whatever the host or the article master says of the line.
        return {"vat_rate_bp": 0, **line, "discountable": False, "tags": [VOUCHER_SALE]}
    if not isinstance(line.get("sku"), str):
        return line
    missing = [name for name in ARTICLE_FACTS if name not in line]
    facts = article(line["sku"]) if missing else None
    if not facts:
        return line
    return {**line, **{name: facts[name] for name in missing}}
