"""The purchase price (Einkaufspreis) of an article in a file, as a price from a day on.

A price holds from the day on which it is taken, or from the one that the file names. One that is
not named stays, an empty one ends what was known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

FIELD: Final = "purchase_price_minor"
SINCE: Final = "purchase_price_since_on"


class NewPrice(NamedTuple):
    """A row of the table ``purchase_price``."""

    sku: str
    since_on: str
    purchase_price_minor: int | None


def price_of_article(
    article: Mapping[str, Any], *, on: dt.date, known: NewPrice | None
) -> NewPrice | None:
    """Return what a file says of the purchase price of an article, None when it is nothing new.

    Args:
        article: a line of the file, checked; fields it does not have are missing.
        on: today.
        known: the newest price of this article.
    """
    if FIELD not in article:
        return None
    price = NewPrice(article["sku"], article.get(SINCE) or on.isoformat(), article[FIELD])
    if known is None:
        return None if price.purchase_price_minor is None else price
    is_as_known = price.purchase_price_minor == known.purchase_price_minor
    return None if is_as_known and known.since_on <= price.since_on else price
