"""What a person at head office says of a customer: groups, standing discount, cards, consents.

1. A change reaches the tills that hold the customer, and stands in the log with who said it.
2. A later word of a till counts as it does after any other; a file that is loaded again says its
   own.
3. Nobody agrees to anything without the text that was read and a form that proves it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from head_office import audit, log, master_rows
from head_office.intake.customers import counting_word, take_word
from head_office.segments import CLASSES, Bits
from pos_plugin.clock import utc_text
from pos_plugin.loyalty.consents import GIVEN, Word, is_too_young
from pos_plugin.uids import new_uid

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

    from sqlalchemy.engine import Connection

    from head_office.log import Row
    from head_office.storage import Database

CARD_STEPS: Final = {
    "active": ("blocked", "lost"),
    "ordered": ("blocked",),
    "blocked": ("active",),
    "lost": ("active",),
}
"""What a person may make of a card, by what it is; one that was replaced stays so."""
_STATES: Final = ("active", "blocked")


class CustomerMoved(Exception):  # noqa: N818 - a state: the page says so
    """What is asked does not fit what stands there by now."""


class TooYoung(Exception):  # noqa: N818 - a state: the page says so
    """Below the age at which somebody may agree to this."""


def change(
    database: Database,
    customer: str,
    *,
    groups: Iterable[str],
    instant_discount_bp: int,
    is_blocked: bool,
    by: str,
    now: dt.datetime,
) -> bool:
    """Change groups, standing discount and whether tills serve somebody as a customer.

    Args:
        database: head office.
        customer: id.
        groups: all groups but the classes, which are counted.
        instant_discount_bp: 0 to 10,000 basis points; 0 = none.
        is_blocked: whether tills are to refuse the customer's cards and name.
        by: who says so.
        now: instant.

    Returns:
        False when head office does not know the customer.

    Raises:
        CustomerMoved: the customer was merged or erased.
        LoadError: a chain has no place for another group.
    """
    with database.write() as connection:
        row = master_rows.row(connection, "customer", customer)
        if row is None:
            return False
        if row["status"] not in _STATES:
            raise CustomerMoved(customer)
        bits = Bits(connection)
        named = sorted({one for one in groups if not one.startswith(CLASSES)})
        changed = row | {
            "segment_bits": row["segment_bits"] & bits.of_classes() | bits.of(named),
            "instant_discount_bp": instant_discount_bp,
            "status": "blocked" if is_blocked else "active",
        }
        if changed == row:
            return True
        shared: list[Row] = [("segment_bit", one) for one in bits.new]
        if shared:
            for bucket in log.buckets(connection):
                log.append(connection, bucket, [shared])
        _send(connection, "customer", changed, row)
        audit.note(
            connection,
            at=now,
            user=by,
            action="customer.changed",
            subject=customer,
            groups=named,
            instant_discount_bp=instant_discount_bp,
            status=changed["status"],
        )
    return True


def set_card(
    database: Database, customer: str, card: str, *, status: str, by: str, now: dt.datetime
) -> bool:
    """Block a card, say that it is lost, or let it be used again; False for one that is not theirs.

    Args:
        database: head office.
        customer: id of who has the card.
        card: its keyed hash.
        status: ``active``, ``blocked`` or ``lost``.
        by: who says so.
        now: instant.

    Raises:
        CustomerMoved: the card stands otherwise by now.
    """
    with database.write() as connection:
        owner = master_rows.row(connection, "customer", customer)
        row = master_rows.row(connection, "card", card)
        if owner is None or row is None or row["customer"] != customer:
            return False
        if status not in CARD_STEPS.get(row["status"], ()):
            raise CustomerMoved(customer)
        _send(connection, "card", row | {"status": status}, owner)
        audit.note(
            connection, at=now, user=by, action="card.changed", subject=customer, status=status
        )
    return True


def withdraw(
    database: Database, customer: str, *, purpose: str, channel: str, by: str, now: dt.datetime
) -> bool:
    """Take a consent back; False for somebody or a consent that head office does not know.

    Raises:
        CustomerMoved: it was taken back already.
    """
    place = (customer, purpose, channel)
    with database.write() as connection:
        owner = master_rows.row(connection, "customer", customer)
        known = counting_word(connection, place)
        if owner is None or known is None:
            return False
        if known.status not in (GIVEN, "pending"):
            raise CustomerMoved(customer)
        word = Word(
            id=str(new_uid(now)),
            status="withdrawn",
            captured_at=utc_text(now),
            text_id=known.text_id,
            text_revision=known.text_revision,
            replaces=known.id,
        )
        _say(connection, place, word, owner)
        audit.note(
            connection,
            at=now,
            user=by,
            action="consent.withdrawn",
            subject=customer,
            purpose=purpose,
            channel=channel,
        )
    return True


def agree(
    database: Database,
    customer: str,
    *,
    purpose: str,
    channel: str,
    text_id: str,
    text_revision: int,
    form_number: str,
    by: str,
    now: dt.datetime,
) -> bool:
    """Enter a consent that a signed form proves; False for somebody head office does not know.

    Args:
        database: head office.
        customer: id.
        purpose: one of ``consents.PURPOSES``.
        channel: one of ``consents.CHANNELS``.
        text_id: of what the customer read.
        text_revision: of it.
        form_number: on the signed form; stands in the log.
        by: who enters it.
        now: instant.

    Raises:
        TooYoung: below the age for this purpose.
    """
    place = (customer, purpose, channel)
    with database.write() as connection:
        owner = master_rows.row(connection, "customer", customer)
        if owner is None:
            return False
        if is_too_young(owner["birthday_on"], purpose=purpose, on=now.astimezone().date()):
            raise TooYoung
        known = counting_word(connection, place)
        word = Word(
            id=str(new_uid(now)),
            status=GIVEN,
            captured_at=utc_text(now),
            text_id=text_id,
            text_revision=text_revision,
            replaces=known.id if known else None,
        )
        _say(connection, place, word, owner)
        audit.note(
            connection,
            at=now,
            user=by,
            action="consent.given",
            subject=customer,
            purpose=purpose,
            channel=channel,
            text_id=text_id,
            text_revision=text_revision,
            form_number=form_number,
        )
    return True


def _say(
    connection: Connection, place: tuple[str, str, str], word: Word, owner: dict[str, Any]
) -> None:
    row = take_word(connection, place, word, shop=owner["home_shop"])
    for bucket in log.holders(connection, owner["id"]):
        log.append(connection, bucket, [[("consent", row)]])


def _send(connection: Connection, table: str, row: dict[str, Any], owner: dict[str, Any]) -> None:
    master_rows.put(connection, table, row, shop=owner["home_shop"])
    for bucket in log.holders(connection, owner["id"]):
        log.append(connection, bucket, [[(table, row)]])
