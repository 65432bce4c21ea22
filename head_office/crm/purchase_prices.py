"""The purchase prices of a chain (Einkaufspreise): kept here for classes by margin, never sent."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from head_office.storage import purchase_price
from pos_plugin.loyalty.margin import PurchasePrice
from sync_agent.purchase_price import NewPrice, price_of_article

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.engine import Connection


def take(connection: Connection, article: Mapping[str, Any], *, on: dt.date) -> bool:
    """Keep what a line of ``article.jsonl`` says of its purchase price; say whether it was news.

    Args:
        connection: an open write transaction.
        article: the line, checked.
        on: day from which a price holds that names none.
    """
    row = purchase_price.c
    newest = connection.execute(
        select(purchase_price)
        .where(row.sku == article["sku"])
        .order_by(row.since_on.desc())
        .limit(1)
    ).first()
    price = price_of_article(article, on=on, known=None if newest is None else NewPrice(*newest))
    if price is None:
        return False
    here = (row.sku == price.sku) & (row.since_on == price.since_on)
    stored = connection.execute(select(purchase_price).where(here)).first()
    if stored is not None and NewPrice(*stored) == price:
        return False
    connection.execute(purchase_price.delete().where(here))
    connection.execute(purchase_price.insert().values(price._asdict()))
    return True


def read(connection: Connection) -> list[PurchasePrice]:
    """Return every purchase price of every day."""
    rows = connection.execute(select(purchase_price))
    return [PurchasePrice(sku, dt.date.fromisoformat(on), minor) for sku, on, minor in rows]
