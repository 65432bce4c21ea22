"""What a preview replays: the shop's own receipts, the rules as they are and as they would be.

What a receipt does not tell is left out, and the page says so: which vouchers were scanned, how it
was paid, in which groups the customer was on that day. Customers have the groups they have today.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from head_office import master_rows
from head_office.promotions import past_sales, timeline
from head_office.segments import Bits
from head_office.storage import master
from pos_plugin.errors import SaleError
from pos_plugin.model import Basket

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

    from sqlalchemy.engine import Connection

    from head_office.promotions.timeline import Change
    from head_office.storage import Database

RECEIPTS_MAX: Final = 5_000
_LINE: Final = ("line_id", "sku", "quantity_milli", "unit_price_minor", "vat_rate_bp")
_AT_VALUE: Final = frozenset({"voucher_sale", "deposit"})
_ARTICLE_KEYS_AT_ONCE: Final = 500


def order(
    database: Database,
    changes: list[Change],
    *,
    now: dt.datetime,
    first_on: dt.date,
    last_on: dt.date,
) -> dict[str, Any]:
    """Return the order for ``pos_plugin.replay.beside``.

    Args:
        database: head office.
        changes: what is tried; their first and last day do not count, their hours do.
        now: instant; the rules that are active then are compared with.
        first_on: first shop day.
        last_on: last shop day.
    """
    sold = past_sales.bodies(
        database, first_on=first_on, last_on=last_on, receipts_max=RECEIPTS_MAX
    )
    with database.read() as connection:
        known = timeline.stages(connection, now=now)
    live = [stage.content for stage in known if stage.activate_at <= now]
    content = {"promotions": live[-1].get("promotions", [])} if live else {"promotions": []}
    tried = [one._replace(rule=_at_any_time(one.rule)) for one in changes]
    bodies = list(sold)
    with database.read() as connection:
        groups = Bits(connection)
        asked = (sale_of(connection, groups, body) for body in bodies)
        receipts = [sale for sale in asked if sale is not None]
        skus = {line["sku"] for sale in receipts for line in sale["lines"]}
        articles = _articles(connection, sorted(skus))
    return {
        "work": "replay",
        "receipts": sorted(receipts, key=lambda sale: (sale["at"], sale["sale_id"])),
        "articles": articles,
        "live": content,
        "draft": timeline.changed(content, tried),
    }


def _at_any_time(rule: dict[str, Any] | None) -> dict[str, Any] | None:
    if rule is None:
        return None
    validity = rule.get("validity", {})
    windows = {"windows": validity["windows"]} if validity.get("windows") else {}
    return {**rule, "validity": windows}


def sale_of(connection: Connection, groups: Bits, body: dict[str, Any]) -> dict[str, Any] | None:
    """Return a past sale as a till would send it again, None when its event does not tell enough.

    Args:
        connection: for the customer's facts.
        groups: of the chain.
        body: of its event.
    """
    try:
        receipt = body["receipt"]
        sale: dict[str, Any] = {
            "sale_id": receipt["sale_id"],
            "at": receipt["at"],
            "shop": body["shop"],
            "till": body["till"],
            "currency": receipt["currency"],
            "lines": [
                {name: line[name] for name in _LINE}
                | ({"discountable": False} if line.get("kind") in _AT_VALUE else {})
                for line in body["lines"]
            ],
        }
        customer = receipt.get("customer")
        if customer:
            row = master_rows.row(connection, "customer", customer) or {}
            sale["customer"] = {
                "id": customer,
                "segments": groups.names(row.get("segment_bits") or 0),
                "birthday": row.get("birthday_on"),
                "instant_discount_bp": row.get("instant_discount_bp") or 0,
            }
        Basket.from_dict(sale)
    except (KeyError, TypeError, SaleError):
        return None
    return sale


def _articles(connection: Connection, skus: Iterable[str]) -> list[dict[str, Any]]:
    keys = [json.dumps([sku], ensure_ascii=False) for sku in skus]
    found: list[dict[str, Any]] = []
    for begin in range(0, len(keys), _ARTICLE_KEYS_AT_ONCE):
        rows = connection.execute(
            select(master.c.row).where(
                (master.c.table_name == "article")
                & master.c.row_key.in_(keys[begin : begin + _ARTICLE_KEYS_AT_ONCE])
            )
        ).scalars()
        found += [json.loads(row) for row in rows]
    return found
