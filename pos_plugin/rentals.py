"""A return of rented articles as the host reports it: checked before anything is stored.

What head office could not read would hold back every receipt behind it, so nothing goes into the
outbox that was not looked at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pos_plugin import limits
from pos_plugin.errors import SaleError
from pos_plugin.validation import first_error

if TYPE_CHECKING:
    from collections.abc import Mapping

Text = Annotated[str, Field(min_length=1, max_length=limits.MAX_TEXT)]
Days = Annotated[int, Field(ge=0, le=36_500)]


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class RentedArticle(_Closed):
    """An article that came back, as far as the host knows it; amounts in minor units (cents)."""

    sku: Text | None = None
    days: Days | None = None
    due_on: Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")] | None = None
    price_minor: Annotated[int, Field(ge=0, le=limits.MAX_PRICE_MINOR)] | None = None
    late_days: Days | None = None


class RentalReturn(_Closed):
    """One return under the host's own id."""

    rental: Text
    customer: Text | None = None
    cashier: Text | None = None
    articles: Annotated[
        tuple[RentedArticle, ...], Field(max_length=limits.MAX_LINES, strict=False)
    ] = ()

    def plain_articles(self) -> list[dict[str, Any]]:
        """Return the articles as plain values, with what the host said and nothing else."""
        return [article.model_dump(exclude_unset=True) for article in self.articles]


def read_rental(value: Mapping[str, Any]) -> RentalReturn:
    """Return the checked report.

    Raises:
        SaleError: naming the first wrong place below ``rental``.
    """
    try:
        return RentalReturn.model_validate(dict(value))
    except ValidationError as error:
        code, place, message = first_error(error, value, "rental")
        raise SaleError(code, place, message) from None
