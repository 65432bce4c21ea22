"""The question before publishing: can an article fall further than the shop allows?

Promotions of several layers add up. Where an article can fall more than the limit below its scanned
price by combination, the owner sees the sale and confirms, or nothing is published (promotions.md
§7).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from head_office.errors import HeadOfficeError
from head_office.storage import master
from pos_plugin.promotions.generation import RuleGeneration
from pos_plugin.promotions.lint.article import articles_of
from pos_plugin.promotions.lint.run import combined_reductions
from pos_plugin.promotions.lint.work import Options

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable

    from head_office.storage import Database
    from pos_plugin.promotions.lint.run import Report

BASKETS: Final = 20_000
"""Sales that are tried at most."""

_FIELDS = (
    *("sku", "unit_price_minor", "categories", "brand", "season", "tags"),
    *("markdown", "discountable"),
)


class CombinedTooDeep(HeadOfficeError):  # noqa: N818 - read as states, like the others
    """An article could fall further than the shop allows; nothing was published."""

    def __init__(self, *, findings: int, max_combined_bp: int) -> None:
        let = (
            "combination of promotions lets" if findings == 1 else "combinations of promotions let"
        )
        super().__init__(
            f"nothing is published: {findings} {let} an article fall by more than "
            f"{max_combined_bp} basis points below its scanned price",
            hint="Look at the sales above; if they are meant, publish with --confirm-combined.",
        )


def look(
    database: Database,
    text: bytes,
    *,
    max_combined_bp: int,
    now: dt.datetime,
    progress: Callable[[int], object] | None = None,
) -> Report:
    """Return how far the articles of head office can fall by combination under these rules.

    While no articles are loaded, articles are made up to fit the selectors.

    Args:
        database: for the articles.
        text: the rules.
        max_combined_bp: the limit, in basis points.
        now: for promotions without a beginning.
        progress: told how many more sales are tried.

    Raises:
        RuleError: naming the first wrong place.
    """
    rules = RuleGeneration.from_json(text)
    options = Options(on=now.date(), max_combined_bp=max_combined_bp, max_baskets=BASKETS)
    articles = articles_of(article_rows(database))
    return combined_reductions(rules, options, articles or None, progress=progress)


def article_rows(database: Database) -> list[dict[str, Any]]:
    """Return the articles of head office as lint takes them."""
    with database.read() as connection:
        rows = connection.execute(
            select(master.c.row).where(master.c.table_name == "article").order_by(master.c.row_key)
        ).scalars()
        found = [json.loads(row) for row in rows]
    return [{name: row[name] for name in _FIELDS if row.get(name) is not None} for row in found]
