"""The tables that imports fill: those that travel, and what only a till alone may hold.

Purchase prices are a secret of the shop. Head office keeps those of a chain and counts its classes;
no page may carry them to a till, so they stand here and not in the protocol.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pydantic import ConfigDict, TypeAdapter, with_config
from typing_extensions import TypedDict

from sync_agent.protocol import rows, words

if TYPE_CHECKING:
    from collections.abc import Mapping


@with_config(ConfigDict(strict=True, extra="forbid"))
class _PurchasePriceRow(TypedDict):
    sku: words.Text
    since_on: words.Day
    purchase_price_minor: words.Minor | None


PURCHASE_PRICE: Final = "purchase_price"
TABLES: Final[Mapping[str, rows.Table]] = {
    **rows.TABLES,
    PURCHASE_PRICE: rows.Table(
        PURCHASE_PRICE,
        TypeAdapter(_PurchasePriceRow),
        tuple(_PurchasePriceRow.__annotations__),
        ("sku", "since_on"),
    ),
}
