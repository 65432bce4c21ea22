"""Rentals as the host reports them: checked before anything is stored.

What head office could not read would hold back every receipt behind it, so nothing goes into the
outbox that was not looked at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pos_plugin import limits
from pos_plugin.errors import SaleError
from pos_plugin.text import PlainText as Text
from pos_plugin.validation import first_error

if TYPE_CHECKING:
    from collections.abc import Mapping

Days = Annotated[int, Field(ge=0, le=36_500)]


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class RentedArticle(_Closed):
    """An article that is rented, as far as the host knows it; amounts in minor units (cents)."""

    sku: Text | None = None
    days: Days | None = None
    due_on: Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")] | None = None
    price_minor: Annotated[int, Field(ge=0, le=limits.MAX_PRICE_MINOR)] | None = None
    late_days: Days | None = None


class Rental(_Closed):
    """What was rented out or came back, under the host's own id of this issue or return."""

    rental: Text
    customer: Text | None = None
    cashier: Text | None = None
    articles: Annotated[
        tuple[RentedArticle, ...], Field(max_length=limits.MAX_LINES, strict=False)
    ] = ()

    def request(self) -> dict[str, Any]:
        """Return what makes two reports the same, as plain values; whoever reports it again."""
        return {
            "rental": self.rental,
            "customer": self.customer,
            "articles": [article.model_dump(exclude_unset=True) for article in self.articles],
        }


class RentalUndone(_Closed):
    """What the host takes back: an issue that is cancelled, a return that was none."""

    rental: Text
    customer: Text | None = None
    cashier: Text | None = None
    reason: Text | None = None

    def request(self) -> dict[str, Any]:
        """Return what makes two reports the same, as plain values; whoever reports it again."""
        return {"rental": self.rental, "customer": self.customer, "reason": self.reason}


Report = TypeVar("Report", Rental, RentalUndone)


def read_report(model: type[Report], value: Mapping[str, Any]) -> Report:
    """Return the checked report.

    Raises:
        SaleError: naming the first wrong place below ``rental``.
    """
    try:
        return model.model_validate(dict(value))
    except ValidationError as error:
        code, place, message = first_error(error, value, "rental")
        raise SaleError(code, place, message) from None
