"""Makes vouchers whose QR code a till believes without having heard of them (C2, sync.md §9.2).

1. Each is an ordinary voucher of head office, too: its row goes to the tills of its holder's shop,
   and what tills do with it comes back.
2. The file of codes stands before the transaction commits: no voucher whose code nobody has.
3. The key that signs rule packages signs: a till holds no other. When it retires, its codes are
   vouchers like all others, valid where their row is known.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from head_office import audit
from head_office.errors import LoadError
from head_office.load import take_vouchers
from head_office.private_file import write_private
from head_office.promotions.rules import signing_key
from head_office.storage import master
from pos_plugin.loyalty.signed_code import (
    NO_CUSTOMER,
    SignedCode,
    customer_tag,
    id_of,
    key_tag,
    type_tag,
)
from pos_plugin.loyalty.voucher_code import BITS, grouped
from pos_plugin.loyalty.voucher_type import LONG_LIVED, LegalKind, read_voucher_type

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from sqlalchemy.engine import Connection

    from head_office.storage import Database
    from pos_plugin.loyalty.voucher_type import VoucherType


ISSUED: Final = "voucher.issued"
_ORDERS_KNOWN: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is to be made.

    Args:
        type: code of the kind.
        customers: id of the holder of each; None = nobody's.
        value_minor: in minor units (cents); None = as the kind says.
        valid_from_on: first shop day; None = as the kind says.
        valid_to_on: last shop day; None = as the kind says.
    """

    type: str
    customers: Sequence[str | None]
    value_minor: int | None = None
    valid_from_on: dt.date | None = None
    valid_to_on: dt.date | None = None


class GivenAlready(Exception):  # noqa: N818 - a state: the page says so
    """This order was carried out before."""


def give(
    database: Database,
    wanted: Wanted,
    *,
    order: str,
    reason: str,
    by: str,
    now: dt.datetime,
) -> dict[str, Any]:
    """Issue one voucher by a person's word and return it with its codes, which stand nowhere else.

    Args:
        database: head office.
        wanted: names one customer.
        order: of this one voucher: sent twice, it is issued once.
        reason: in the words of who gives it.
        by: who gives it.
        now: instant.

    Raises:
        LoadError: kind, customer, value or days cannot be.
        GivenAlready: the order was carried out.
    """
    with database.write() as connection:
        earlier = audit.newest(connection, rows_max=_ORDERS_KNOWN)
        if any(one.action == ISSUED and one.detail.get("order") == order for one in earlier):
            raise GivenAlready
        (made,) = _issue(database, connection, wanted, on=now.astimezone().date())
        audit.note(
            connection,
            at=now,
            user=by,
            action=ISSUED,
            subject=made["id"],
            order=order,
            type=wanted.type,
            customer=made["customer"],
            value_minor=made["value_minor"],
            reason=reason,
        )
    return made


def make(
    database: Database,
    wanted: Wanted,
    out: Path,
    *,
    on: dt.date,
    progress: Callable[[int], None] = lambda _count: None,
) -> int:
    """Issue vouchers and write their codes, one JSON object a line; all or none.

    Args:
        database: head office.
        wanted: what to make.
        out: file of ``id, type, code, signed_code, customer, value_minor, valid_from_on,
            valid_to_on``; readable by its owner only: who has a code has the voucher.
        on: shop day of the issue.
        progress: told 1 after each.

    Returns:
        How many were made.

    Raises:
        LoadError: kind, customer, value or days cannot be.
    """
    with database.write() as connection:
        made = _issue(database, connection, wanted, on=on, progress=progress)
        lines = [json.dumps(one, ensure_ascii=False) + "\n" for one in made]
        write_private(out, "".join(lines))
    return len(made)


def _issue(
    database: Database,
    connection: Connection,
    wanted: Wanted,
    *,
    on: dt.date,
    progress: Callable[[int], None] = lambda _count: None,
) -> list[dict[str, Any]]:
    """Issue vouchers in a transaction; return each with its codes."""
    kind = _kind(connection, wanted.type)
    blank = _blank(kind, wanted, on)
    key_id, private = signing_key(connection, database.folder)
    rows: list[tuple[str, dict[str, Any]]] = []
    made: list[dict[str, Any]] = []
    for number, customer in enumerate(wanted.customers, start=1):
        unsigned = replace(
            blank,
            key=key_tag(key_id),
            customer=customer_tag(customer) if customer else NO_CUSTOMER,
            bits=secrets.randbits(BITS),
        )
        signed = replace(unsigned, signature=private.sign(unsigned.message))
        voucher = {
            "id": id_of(signed.code),
            "type": kind.code,
            "customer": customer,
            "value_minor": signed.value_minor,
            "valid_from_on": signed.valid_from_on.isoformat(),
            "valid_to_on": signed.valid_to_on.isoformat(),
        }
        rows.append((f"voucher {number}", {**voucher, "code": signed.code, "blocked": False}))
        codes = {"code": grouped(signed.code), "signed_code": signed.to_text()}
        made.append({**voucher, **codes})
        progress(1)
    take_vouchers(connection, database.card_key(connection), rows)
    return made


def _kind(connection: Connection, code: str) -> VoucherType:
    rows = connection.execute(select(master.c.row).where(master.c.table_name == "voucher_type"))
    kinds = {row["code"]: row for row in map(json.loads, rows.scalars())}
    kind = read_voucher_type(kinds.get(code))
    if kind is None:
        raise LoadError("unknown_word", "type", f"no voucher type {code!r}")
    twin = next((one for one in kinds if one != code and type_tag(one) == type_tag(code)), None)
    if twin is not None:
        raise LoadError(
            "duplicate_id", "type", f"a signed code cannot tell {code!r} from {twin!r}: rename one"
        )
    return kind


def _blank(kind: VoucherType, wanted: Wanted, on: dt.date) -> SignedCode:
    """Return what all of them have in common, checked; key, customer and code come later."""
    is_coupon = kind.effect.kind == "coupon"
    if is_coupon and wanted.value_minor is not None:
        raise LoadError("out_of_range", "value_minor", "a coupon has no value")
    value_minor = kind.effect.minor if wanted.value_minor is None else wanted.value_minor
    if not is_coupon and value_minor is None:
        raise LoadError("missing", "value_minor", "this kind has no value of its own")
    if kind.legal_kind is LegalKind.REWARD:
        raise LoadError("out_of_range", "type", "a reward is bought with points at a till")
    span = kind.validity.span(on, has_floor=kind.legal_kind in LONG_LIVED)
    first = wanted.valid_from_on or span.from_on
    last = wanted.valid_to_on or span.to_on
    if last < first or last < on:
        raise LoadError("out_of_range", "valid_to_on", f"{last} is over before it begins")
    blank = SignedCode(
        key=key_tag(""),
        type=type_tag(kind.code),
        customer=NO_CUSTOMER,
        value_minor=value_minor,
        valid_from_on=first,
        valid_to_on=last,
        scope=kind.scope,
        bits=0,
    )
    try:
        _ = blank.message
    except OverflowError:
        raise LoadError(
            "out_of_range", "valid_to_on", "a signed code holds days from 2000 to 2179"
        ) from None
    return blank
