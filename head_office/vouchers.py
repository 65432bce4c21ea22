"""Vouchers at head office: what tills did with each, and the row that every till gets of it.

1. What a till did is a fact; state and balance are worked out from all of them, in any order.
2. A voucher that two tills used without knowing of each other: both receipts stand, and one
   exception names both.
3. State and ``folded`` are one row, so a till can tell which of its own events are in it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from sqlalchemy import bindparam, func, select

from head_office.storage import exception, voucher, voucher_fact
from pos_plugin.loyalty.voucher_standing import Happened, Wear

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy.engine import Connection

    from head_office.log import Row
    from head_office.sources import Source
    from pos_plugin.loyalty.vouchers import Standing

DOUBLE_REDEMPTION: Final = "double_redemption"
FOR_EVERY_SHOP: Final = ""
"""In place of a customer: nobody holds it, so every shop gets the row."""

_VOUCHER: Final = select(voucher).where(voucher.c.id == bindparam("id"))
_FOLDED: Final = (
    voucher.update().where(voucher.c.id == bindparam("of_id")).values(folded=bindparam("folded"))
)
_STATE: Final = (
    voucher.update().where(voucher.c.id == bindparam("of_id")).values(state=bindparam("state"))
)
_FACTS: Final = (
    select(
        voucher_fact.c.kind,
        voucher_fact.c.amount_minor,
        voucher_fact.c.lapsed_minor,
        voucher_fact.c.sale_id,
        voucher_fact.c.business_on,
        voucher_fact.c.till,
    )
    .where(voucher_fact.c.voucher == bindparam("voucher"))
    .order_by(voucher_fact.c.occurred_at, voucher_fact.c.till, voucher_fact.c.seq)
)
_REDEEMED_BY: Final = (
    select(voucher_fact.c.till)
    .where(voucher_fact.c.voucher == bindparam("voucher"), voucher_fact.c.kind == "redeemed")
    .order_by(voucher_fact.c.occurred_at)
)


class Fact(NamedTuple):
    """What an event did with a voucher; amounts in minor units (cents)."""

    voucher: str
    kind: str
    sale_id: str | None = None
    amount_minor: int | None = None
    lapsed_minor: int = 0


def take_facts(
    connection: Connection,
    facts: Iterable[Fact],
    *,
    source: Source,
    cashier: str | None,
    occurred_at: str,
    business_on: str | None,
) -> None:
    """Store what an event did; note a voucher that was used more than there was of it.

    Args:
        connection: in the transaction of the event, its own vouchers stored.
        facts: of the event.
        source: the event.
        cashier: of it.
        occurred_at: instant of it.
        business_on: shop day of it, where it says one.
    """
    for fact in facts:
        lapsed_minor = fact.lapsed_minor
        if fact.kind == "rolled_back":
            lapsed_minor = _lapsed_with(connection, fact)
        before = _wear(connection, fact.voucher)
        others = _tills_that_used(connection, fact.voucher, but=source.till)
        connection.execute(
            voucher_fact.insert(),
            {
                "voucher": fact.voucher,
                "till": source.till,
                "epoch": source.epoch,
                "seq": source.seq,
                "kind": fact.kind,
                "sale_id": fact.sale_id,
                "amount_minor": fact.amount_minor,
                "lapsed_minor": lapsed_minor,
                "cashier": cashier,
                "occurred_at": occurred_at,
                "business_on": business_on,
            },
        )
        after = _wear(connection, fact.voucher)
        was_overused = before is not None and before.is_overused
        is_overused = after is not None and after.is_overused
        if fact.kind == "redeemed" and is_overused and not was_overused:
            _note(connection, fact, source, others, cashier, occurred_at)
        _settle(connection, fact.voucher)


def changed_rows(
    connection: Connection, vouchers: Iterable[str], *, source: Source
) -> dict[str, list[Row]]:
    """Return the rows that an event changed by the customer who holds each, ``folded`` moved on."""
    changed: dict[str, list[Row]] = {}
    for one in dict.fromkeys(vouchers):
        found = connection.execute(_VOUCHER, {"id": one}).one_or_none()
        if found is None:
            continue
        elements = [
            element
            for element in json.loads(found.folded)
            if (element[0], element[1]) != (source.till, source.epoch)
        ]
        folded = [*elements, [source.till, source.epoch, source.seq]]
        connection.execute(_FOLDED, {"of_id": one, "folded": json.dumps(folded)})
        row = _wire(connection, one)
        if row is not None:
            changed.setdefault(found.customer or FOR_EVERY_SHOP, []).append(("voucher", row))
    return changed


def rows_of_holder(connection: Connection, customer: str | None) -> list[Row]:
    """Return the rows of all vouchers of a customer, or of those that nobody holds."""
    ids = connection.execute(
        select(voucher.c.id).where(voucher.c.customer == customer).order_by(voucher.c.id)
    ).scalars()
    rows = [_wire(connection, one) for one in ids.all()]
    return [("voucher", row) for row in rows if row is not None]


def issue_here(connection: Connection, terms: Mapping[str, Any]) -> bool:
    """Store a voucher of head office; False when it stands there already with equal terms.

    Args:
        connection: in a transaction.
        terms: id, code_hash, type, legal_kind, customer, customer_bound, value_minor,
            valid_from_on, valid_to_on.
    """
    detail = json.dumps(dict(terms), sort_keys=True)
    known = connection.execute(
        select(voucher.c.detail).where(voucher.c.id == terms["id"])
    ).scalar_one_or_none()
    if known is not None:
        return False
    connection.execute(
        voucher.insert().values(
            id=terms["id"],
            type=terms["type"],
            customer=terms["customer"],
            state="issued",
            till="",
            detail=detail,
        )
    )
    _settle(connection, terms["id"])
    return True


def row_of(connection: Connection, one: str) -> Row | None:
    """Return the row of a voucher as tills get it; None for one whose code nobody knows."""
    row = _wire(connection, one)
    return None if row is None else ("voucher", row)


def mark(connection: Connection, one: str, *, is_blocked: bool, at: str | None = None) -> bool:
    """Block a voucher from head office, or let it be used again; False when it is so already.

    Args:
        connection: in a transaction.
        one: id of the voucher.
        is_blocked: what is to be.
        at: instant of a person's word, which a later one of a till overrules; None = the word of a
            file, which holds whatever tills say.
    """
    wear = _wear(connection, one)
    if wear is None or wear.is_blocked == is_blocked:
        return False
    here = (voucher_fact.c.voucher == one) & (voucher_fact.c.till == "")
    number = connection.execute(select(func.count()).where(here)).scalar_one()
    connection.execute(
        voucher_fact.insert().values(
            voucher=one,
            till="",
            epoch=0,
            seq=number + 1,
            kind="blocked" if is_blocked else "unblocked",
            lapsed_minor=0,
            # After everything a till has told so far, whatever its clock says.
            occurred_at=f"9999-{number:06}" if at is None else _after_all(connection, one, at),
        )
    )
    _settle(connection, one)
    return True


def _after_all(connection: Connection, one: str, at: str) -> str:
    asked = select(func.max(voucher_fact.c.occurred_at)).where(voucher_fact.c.voucher == one)
    latest = connection.execute(asked).scalar_one() or ""
    return max(at, f"{latest}+")  # a text that goes on sorts behind the one that ended


def standing(connection: Connection, one: str) -> Standing | None:
    """Return state and rest of a voucher as head office knows it, or None for an unknown one."""
    wear = _wear(connection, one)
    return None if wear is None else wear.standing()


def worn(terms: Mapping[str, Any], happened: Iterable[Happened]) -> Wear:
    """Return what is gone of a voucher.

    Args:
        terms: of its issue; ``value_minor`` and ``multi_use`` count.
        happened: all that happened to it, blocks in their order.
    """
    # Redemptions first: one that is taken back may have been learnt before it.
    ordered = sorted(happened, key=lambda fact: fact.kind != "redeemed")
    fresh = Wear(
        value_minor=terms.get("value_minor"), is_multi_use=bool(terms.get("multi_use", False))
    )
    return fresh.after(ordered)


def _settle(connection: Connection, one: str) -> None:
    wear = _wear(connection, one)
    if wear is not None:
        state = wear.standing().state.value
        connection.execute(_STATE, {"of_id": one, "state": state})


def _wear(connection: Connection, one: str) -> Wear | None:
    found = connection.execute(_VOUCHER, {"id": one}).one_or_none()
    return None if found is None else _wear_of(connection, found)


def _wear_of(connection: Connection, found: Any) -> Wear:  # noqa: ANN401 - a row of SQLAlchemy
    return worn(json.loads(found.detail), map(_happened, _facts(connection, found.id)))


def _facts(connection: Connection, one: str) -> Sequence[Any]:
    return connection.execute(_FACTS, {"voucher": one}).all()


def _happened(fact: Any) -> Happened:  # noqa: ANN401 - a row of SQLAlchemy
    return Happened(fact.kind, fact.amount_minor, fact.lapsed_minor)


def _last_redemption(facts: Sequence[Any]) -> tuple[str | None, str | None]:
    """Return shop day and till of the latest redemption that was not taken back whole."""
    standing = {fact.sale_id: fact for fact in facts if fact.kind == "redeemed"}
    left_minor = {sale: fact.amount_minor or 0 for sale, fact in standing.items()}
    for fact in facts:
        if fact.kind == "rolled_back" and fact.sale_id in standing:
            left_minor[fact.sale_id] -= fact.amount_minor or 0
            if left_minor[fact.sale_id] <= 0:
                del standing[fact.sale_id]
    latest = max(standing.values(), key=lambda fact: fact.business_on or "", default=None)
    return (None, None) if latest is None else (latest.business_on, latest.till)


def _wire(connection: Connection, one: str) -> dict[str, Any] | None:
    found = connection.execute(_VOUCHER, {"id": one}).one()
    terms = json.loads(found.detail)
    if "code_hash" not in terms:
        return None
    facts = _facts(connection, one)
    wear = worn(terms, map(_happened, facts))
    now = wear.standing()
    redeemed_on, redeemed_till = _last_redemption(facts)
    value_minor = terms["value_minor"]
    return {
        "code_hash": terms["code_hash"],
        "id": one,
        "type": found.type,
        "legal_kind": terms["legal_kind"],
        "customer": found.customer,
        "customer_bound": terms["customer_bound"],
        "state": now.state.value,
        "value_minor": None if value_minor is None else value_minor - wear.reduced_minor,
        "balance_minor": now.balance_minor,
        "uses": wear.uses,
        "redeemed_on": redeemed_on,
        "redeemed_till": redeemed_till,
        "valid_from_on": terms["valid_from_on"],
        "valid_to_on": terms["valid_to_on"],
        "shop": found.shop,
        "till": found.till or None,
        "folded": json.loads(found.folded),
    }


def _lapsed_with(connection: Connection, fact: Fact) -> int:
    """Return what is usable again with a redemption: with the first part of it that comes back."""
    of_sale = (voucher_fact.c.voucher == fact.voucher, voucher_fact.c.sale_id == fact.sale_id)
    earlier = select(voucher_fact.c.seq).where(*of_sale, voucher_fact.c.kind == "rolled_back")
    if connection.execute(earlier).first() is not None:
        return 0
    redeemed = select(voucher_fact.c.lapsed_minor).where(
        *of_sale, voucher_fact.c.kind == "redeemed"
    )
    row = connection.execute(redeemed).first()
    return 0 if row is None else int(row[0])


def _tills_that_used(connection: Connection, one: str, *, but: str) -> list[str]:
    rows = connection.execute(_REDEEMED_BY, {"voucher": one})
    return [till for till in rows.scalars() if till != but]


def _note(
    connection: Connection,
    fact: Fact,
    source: Source,
    others: list[str],
    cashier: str | None,
    occurred_at: str,
) -> None:
    holder = connection.execute(
        select(voucher.c.customer).where(voucher.c.id == fact.voucher)
    ).scalar_one_or_none()
    connection.execute(
        exception.insert().values(
            kind=DOUBLE_REDEMPTION,
            subject=fact.voucher,
            other=fact.sale_id or f"{source.epoch}:{source.seq}",
            customer=holder,
            till=source.till,
            other_till=others[0] if others else source.till,
            cashier=cashier,
            occurred_at=occurred_at,
        )
    )
