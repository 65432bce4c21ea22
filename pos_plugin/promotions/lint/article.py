"""Articles as lint knows them: what selectors ask for, price, and 30-day reference price."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Final

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from pos_plugin.errors import SaleError
from pos_plugin.limits import MAX_ARTICLES, MAX_PRICE_MINOR
from pos_plugin.model import Bool, Bp, Words  # noqa: TC001 - read by pydantic
from pos_plugin.text import Text  # noqa: TC001 - read by pydantic
from pos_plugin.validation import first_error

_Price = Annotated[int, Field(strict=True, ge=0, le=MAX_PRICE_MINOR)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    """An article of the master data.

    ``reference_price_30d_minor`` is the lowest price of the last 30 days in minor units (cents),
    which an announced reduction must state (§ 11 PAngV).
    """

    __pydantic_config__ = ConfigDict(extra="forbid")

    sku: Text
    unit_price_minor: _Price
    name: str = ""
    categories: Words = ()
    brand: Text | None = None
    season: Text | None = None
    tags: Words = ()
    vat_rate_bp: Bp = 0
    markdown: Bool = False
    discountable: Bool = True
    reference_price_30d_minor: _Price | None = None

    def line(self, line_id: str, pieces: int) -> dict[str, Any]:
        """Return so many pieces of it as a line of a sale; defaults are left out."""
        line: dict[str, Any] = {
            "line_id": line_id,
            "sku": self.sku,
            "quantity_milli": pieces * 1000,
            "unit_price_minor": self.unit_price_minor,
        }
        facts: dict[str, Any] = {
            "categories": list(self.categories),
            "brand": self.brand,
            "season": self.season,
            "tags": list(self.tags),
            "vat_rate_bp": self.vat_rate_bp,
            "markdown": self.markdown,
        }
        line |= {name: value for name, value in facts.items() if value}
        if not self.discountable:
            line["discountable"] = False
        return line


_ROWS: Final[TypeAdapter[tuple[Article, ...]]] = TypeAdapter(
    Annotated[tuple[Article, ...], Field(max_length=MAX_ARTICLES)]
)


def articles_of(rows: object, where: str = "articles") -> tuple[Article, ...]:
    """Return the articles of parsed rows (docs/master-data.md, and the reference price).

    Raises:
        SaleError: naming the first wrong place below ``where``.
    """
    if not isinstance(rows, list):
        raise SaleError("wrong_type", where, "Input should be a list of articles")
    try:
        found = _ROWS.validate_python(rows)
    except ValidationError as error:
        raise SaleError(*first_error(error, rows, where)) from None
    seen: set[str] = set()
    for number, article in enumerate(found):
        if article.sku in seen:
            raise SaleError(
                "duplicate_id", f"{where}[{number}].sku", f"{article.sku!r} stands twice"
            )
        seen.add(article.sku)
    return found
