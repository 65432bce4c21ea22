"""Takes the owner of a card into the bucket of the shop where the card is shown (sync.md 5.1)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sqlalchemy import select

from head_office import log, master_rows
from head_office.intake.customers import survivor
from head_office.problems import ProblemError
from head_office.storage import alias, bucket_row
from head_office.vouchers import rows_of_holder
from sync_agent.protocol.messages import ByCardAnswer

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from head_office.log import Row
    from head_office.storage import Database

_OF_CUSTOMER = (
    "customer",
    "customer_search",
    "consent",
    "customer_folded",
    "balance",
    "customer_counter",
)
_LAST_LETTER = "\U0010ffff"


def take_by_card(database: Database, shop: str, code_hash: str) -> ByCardAnswer:
    """Copy everything of the owner of a card into a shop's bucket; once, however often asked.

    Raises:
        ProblemError: ``not-found``: nobody has this card.
    """
    with database.write() as connection:
        card = master_rows.row(connection, "card", code_hash)
        if card is None:
            raise ProblemError("not-found", 404)
        customer = survivor(connection, str(card["customer"]))
        here = log.ensure_bucket(connection, shop)
        held = log.holders(connection, customer)
        if here not in held and held:
            rows = _rows(connection, held[0], customer)
            rows.append(("card", card))
            log.append(connection, here, [rows])
        checkpoint = log.mark(connection, here).head
    return ByCardAnswer(customer=customer, checkpoint=checkpoint)


def _rows(connection: Connection, bucket: str, customer: str) -> list[Row]:
    """Return the live rows of a customer as another bucket holds them."""
    # A key begins with the customer: a range of the primary key, no look at other rows.
    first = json.dumps([customer], ensure_ascii=False)[:-1]
    found = connection.execute(
        select(bucket_row.c.table_name, bucket_row.c.row)
        .where(
            (bucket_row.c.bucket == bucket)
            & bucket_row.c.table_name.in_(_OF_CUSTOMER)
            & (bucket_row.c.row_key >= first)
            & (bucket_row.c.row_key < first + _LAST_LETTER)
            & (bucket_row.c.op == "P")
        )
        .order_by(bucket_row.c.table_name.desc(), bucket_row.c.row_key)
    )
    rows: list[Row] = []
    for table, text in found:
        row = json.loads(text)
        if row.get("customer", row.get("id")) == customer:
            rows.append((table, row))
    old = connection.execute(select(alias.c.alias).where(alias.c.customer == customer)).scalars()
    rows += [("alias", {"alias": one, "customer": customer}) for one in old]
    return rows + rows_of_holder(connection, customer)
