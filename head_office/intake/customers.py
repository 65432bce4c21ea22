"""What tills say about customers, cards and consents, as head office keeps it.

1. A field is merged on its own: of two edits the one that was said later counts, whatever came in
   first. A consent follows ``pos_plugin.loyalty.consents``: withdrawal beats the rest.
2. Every change goes down again with the number of the event that it includes, so that the till
   stops showing its own.
3. A card that gets an owner brings what it earned without one.
4. Who is erased is gone everywhere; facts stay under the id.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError
from sqlalchemy import bindparam, delete, select, update

from head_office import master_rows
from head_office.intake.balances import move, with_event
from head_office.intake.effects import Effects, NotUnderstood
from head_office.storage import (
    alias,
    consent_word,
    customer_field,
    customer_folded,
    event_private,
    ledger_entry,
)
from pos_plugin.clock import utc_text
from pos_plugin.loyalty.consents import Word, counting
from pos_plugin.loyalty.provisional import provisional_id
from pos_plugin.search_keys import email_hash, phone_digits
from sync_agent.protocol import words
from sync_agent.protocol.json_bytes import Model, ProtocolError, parse_model
from sync_agent.protocol.rows import TABLES, check_row

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement
    from sqlalchemy.engine import Connection

    from head_office.log import Row
    from head_office.sources import Source
    from sync_agent.protocol.messages import Event, PrivateOf

_OPEN = ConfigDict(strict=True, extra="allow", frozen=True)
ALIASES_MAX: Final = 8
MOVING: Final = frozenset({"card_assigned"})
"""Kinds of event that give the rows of balances to another customer."""

_BECAME: Final = select(alias.c.customer).where(alias.c.alias == bindparam("alias"))


class _Created(BaseModel):
    model_config = _OPEN

    customer: words.Text
    kind: words.Text
    number: words.Text
    language: words.Text | None = None
    home_shop: words.Text
    private: words.Sha256


class _Names(BaseModel):
    model_config = _OPEN

    name: words.Text
    birthday_on: words.Day | None = None
    phone: words.Text | None = None
    email: words.Text | None = None


class _FieldChange(BaseModel):
    model_config = _OPEN

    field: words.Text
    new: JsonValue


class _Changed(BaseModel):
    model_config = _OPEN

    customer: words.Text
    changes: Annotated[list[_FieldChange], Field(max_length=100)] = []
    private: words.Sha256


class _Changes(BaseModel):
    model_config = _OPEN

    changes: Annotated[list[_FieldChange], Field(max_length=100)]


class _Card(BaseModel):
    model_config = _OPEN

    customer: words.Text
    code_hash: words.CodeHash
    symbology: words.Text = "ean13"
    role: words.Text
    status: words.CardStatus
    replaces: words.CodeHash | None = None


class _Consent(BaseModel):
    model_config = _OPEN

    id: words.Text
    purpose: words.Text
    channel: words.Text
    status: Literal["pending", "given", "withdrawn", "objected"]
    text_id: words.Text | None = None
    text_revision: words.Sequence | None = None
    captured_at: words.InstantText
    replaces: words.Text | None = None


class _Said(BaseModel):
    model_config = _OPEN

    customer: words.Text
    consent: _Consent


class _Erased(BaseModel):
    model_config = _OPEN

    customer: words.Text


def survivor(connection: Connection, customer: str) -> str:
    """Return the id that another one became, else the id itself."""
    for _ in range(ALIASES_MAX):
        found = connection.execute(_BECAME, {"alias": customer}).scalar_one_or_none()
        if found is None:
            break
        customer = found
    return customer


def survivors(connection: Connection) -> dict[str, str]:
    """Return who each id is now that became another one, as ``survivor`` says it of one."""
    became = {row.alias: row.customer for row in connection.execute(select(alias))}
    found: dict[str, str] = {}
    for old in became:
        now = old
        for _ in range(ALIASES_MAX):
            now = became.get(now, now)
        found[old] = now
    return found


def join(
    connection: Connection,
    old: str,
    customer: str,
    *,
    shop: str,
    as_of: str | None = None,
    source: Source | None = None,
) -> list[Row]:
    """Make an id another name of a customer, with everything it has; return what changed.

    Args:
        connection: an open write transaction.
        old: an id that was merged, or that of a card without an owner.
        customer: who it is now.
        shop: home of the customer.
        as_of: instant shown beside what is moved; its own when missing.
        source: the event that says so; None when head office says it itself.
    """
    if survivor(connection, old) == customer:
        return []
    connection.execute(alias.insert().values(alias=old, customer=customer))
    connection.execute(
        update(ledger_entry).where(ledger_entry.c.customer == old).values(customer=customer)
    )
    row = {"alias": old, "customer": customer}
    master_rows.put(connection, "alias", row, shop=shop)
    return [("alias", row), *move(connection, old, customer, source=source, as_of=as_of)]


def counting_word(connection: Connection, place: tuple[str, str, str]) -> Word | None:
    """Return the word that counts for customer, purpose and channel."""
    found = connection.execute(select(consent_word).where(_of_place(place))).one_or_none()
    if found is None:
        return None
    return Word(
        id=found.word,
        status=found.status,
        captured_at=found.captured_at,
        text_id=found.text_id,
        text_revision=found.text_revision,
    )


def take_word(
    connection: Connection, place: tuple[str, str, str], said: Word, *, shop: str
) -> dict[str, Any]:
    """Keep what a customer said about a purpose and channel; return the row of what counts now.

    Args:
        connection: an open write transaction.
        place: customer, purpose and channel.
        said: the word that came in.
        shop: home of the customer.
    """
    counts = counting(counting_word(connection, place), said)
    values = {
        "status": counts.status,
        "text_id": counts.text_id,
        "text_revision": counts.text_revision,
        "captured_at": counts.captured_at,
    }
    named = dict(zip(("customer", "purpose", "channel"), place, strict=True))
    connection.execute(delete(consent_word).where(_of_place(place)))
    connection.execute(consent_word.insert().values(**named, word=counts.id, **values))
    row = {**named, "id": counts.id, **values}
    master_rows.put(connection, "consent", row, shop=shop)
    return row


def _of_place(place: tuple[str, str, str]) -> ColumnElement[bool]:
    customer, purpose, channel = place
    return (
        (consent_word.c.customer == customer)
        & (consent_word.c.purpose == purpose)
        & (consent_word.c.channel == channel)
    )


def of_owners(connection: Connection, effects: Effects) -> Effects:
    """Return effects under the ids that their customers have now."""
    body = effects.body
    named = {entry.customer for entry in body.entries}
    named |= {entry.customer for entry in body.ledger}
    owner = {customer: survivor(connection, customer) for customer in named}
    if all(customer == now for customer, now in owner.items()):
        return effects
    moved = {
        name: [
            one.model_copy(update={"customer": owner[one.customer]}) for one in getattr(body, name)
        ]
        for name in ("entries", "ledger")
    }
    return replace(effects, body=body.model_copy(update=moved))


class Customers:
    """Books one event about a customer inside the transaction of its batch.

    Args:
        connection: the open write transaction.
        card_key: of the chain, for the hashes by which people are found.
        source: the event.
        as_of: instant shown beside what changes.
    """

    def __init__(
        self, connection: Connection, *, card_key: bytes, source: Source, as_of: str
    ) -> None:
        self._connection = connection
        self._card_key = card_key
        self._source = source
        self._as_of = as_of

    def book(self, event: Event, private: PrivateOf | None) -> dict[str, list[Row]]:
        """Return the changed rows by customer; nothing for an event about something else.

        Raises:
            NotUnderstood: nothing of it is booked.
        """
        body = event.body
        at = utc_text(event.occurred_at)
        match event.kind:
            case "customer_created":
                created = _read(_Created, body, event.kind)
                names = self._opened(_Names, created.private, private)
                return self._created(created, names, at)
            case "customer_changed":
                changed = _read(_Changed, body, event.kind)
                beside = self._opened(_Changes, changed.private, private)
                hidden = beside.changes if beside else []
                return self._changed(changed.customer, [*changed.changes, *hidden], at)
            case "card_assigned" | "card_blocked":
                return self._card(_read(_Card, body, event.kind), event.kind)
            case "consent_given" | "consent_withdrawn":
                said = _read(_Said, body, event.kind)
                return self._consent(said.customer, said.consent)
            case "erasure_applied":
                return self._erased(_read(_Erased, body, event.kind).customer)
        return {}

    def _created(self, created: _Created, names: _Names | None, at: str) -> dict[str, list[Row]]:
        if master_rows.row(self._connection, "customer", created.customer) is not None:
            raise NotUnderstood(f"the customer {created.customer} is known already")
        wire: dict[str, Any] = {
            "id": created.customer,
            "number": created.number,
            "name": created.number,
            "birthday_on": None,
            "home_shop": created.home_shop,
            "status": "active" if names else "erased",
            "instant_discount_bp": 0,
            "discount_group": None,
            "tier": None,
            "segment_bits": 0,
            "limit_left_minor": None,
        }
        master_rows.put(self._connection, "customer", wire, shop=created.home_shop)
        said: dict[str, Any] = {"kind": created.kind, "language": created.language}
        if names is not None:
            said |= names.model_dump(include={"name", "birthday_on", "phone", "email"})
        changes = [_FieldChange(field=field, new=value) for field, value in said.items()]
        return self._changed(created.customer, changes, at)

    def _changed(self, customer: str, changes: list[_FieldChange], at: str) -> dict[str, list[Row]]:
        customer, wire = self._customer(customer)
        here = customer_field.c.customer == customer
        for change in changes:
            this = here & (customer_field.c.field == change.field)
            known = self._connection.execute(
                select(customer_field.c.changed_at).where(this)
            ).scalar_one_or_none()
            if known is not None and known > at:
                continue
            self._connection.execute(delete(customer_field).where(this))
            self._connection.execute(
                customer_field.insert().values(
                    customer=customer,
                    field=change.field,
                    value=json.dumps(change.new, ensure_ascii=False),
                    changed_at=at,
                )
            )
            if change.field in ("name", "birthday_on"):
                wire[change.field] = change.new
        shop = str(wire["home_shop"])
        rows: list[Row] = []
        for table, row in (
            ("customer", wire),
            ("customer_search", self._search(customer, changes)),
        ):
            checked = check_row(TABLES[table], row)
            master_rows.put(self._connection, table, checked, shop=shop)
            rows.append((table, checked))
        return {customer: [*rows, self._folded(customer)]}

    def _search(self, customer: str, changes: list[_FieldChange]) -> dict[str, Any]:
        """Return by what the customer is found now; what was not said stays."""
        known = master_rows.row(self._connection, "customer_search", customer)
        found = known or {"customer": customer, "phones": [], "email_hashes": []}
        if any(change.field in ("phone", "email") for change in changes):
            said = {
                row.field: json.loads(row.value)
                for row in self._connection.execute(
                    select(customer_field).where(customer_field.c.customer == customer)
                )
            }
            if "phone" in said:
                digits = phone_digits(str(said["phone"] or ""))
                found["phones"] = [digits] if digits else []
            if "email" in said:
                hashed = email_hash(str(said["email"] or ""), self._card_key)
                found["email_hashes"] = [hashed] if hashed else []
        return found

    def _card(self, card: _Card, kind: str) -> dict[str, list[Row]]:
        customer, wire = self._customer(card.customer)
        shop = str(wire["home_shop"])
        known = master_rows.row(self._connection, "card", card.code_hash)
        if known is not None and survivor(self._connection, known["customer"]) != customer:
            raise NotUnderstood(f"the card is one of {known['customer']}")
        row = {
            "code_hash": card.code_hash,
            "symbology": known["symbology"] if known else card.symbology,
            "customer": customer,
            "role": card.role,
            "status": card.status,
            "replaced_by": known["replaced_by"] if known else None,
            "instant_discount_bp": known["instant_discount_bp"] if known else 0,
        }
        rows: list[Row] = [("card", row)]
        if card.replaces is not None:
            old = master_rows.row(self._connection, "card", card.replaces)
            if old is not None:
                rows.append(("card", {**old, "status": "replaced", "replaced_by": card.code_hash}))
        for table, changed in rows:
            master_rows.put(self._connection, table, changed, shop=shop)
        if kind == "card_assigned":
            old_id = provisional_id(bytes.fromhex(card.code_hash))
            rows += join(
                self._connection,
                old_id,
                customer,
                shop=shop,
                as_of=self._as_of,
                source=self._source,
            )
        return {customer: [*rows, self._folded(customer)]}

    def _consent(self, customer: str, said: _Consent) -> dict[str, list[Row]]:
        customer, wire = self._customer(customer)
        word = Word(
            id=said.id,
            status=said.status,
            captured_at=said.captured_at,
            text_id=said.text_id,
            text_revision=said.text_revision,
            replaces=said.replaces,
        )
        place = (customer, said.purpose, said.channel)
        row = take_word(self._connection, place, word, shop=str(wire["home_shop"]))
        return {customer: [("consent", row), self._folded(customer)]}

    def _erased(self, customer: str) -> dict[str, list[Row]]:
        customer = survivor(self._connection, customer)
        wire = master_rows.row(self._connection, "customer", customer)
        if wire is None:
            return {}
        for table in (customer_field, consent_word, event_private):
            self._connection.execute(delete(table).where(table.c.customer == customer))
        removed = master_rows.erase(self._connection, customer)
        return {customer: [*removed, self._folded(customer)]}

    def _customer(self, customer: str) -> tuple[str, dict[str, Any]]:
        customer = survivor(self._connection, customer)
        wire = master_rows.row(self._connection, "customer", customer)
        if wire is None:
            raise NotUnderstood(f"the customer {customer} is not known here")
        return customer, wire

    def _folded(self, customer: str) -> Row:
        """Note that the rows of a customer include this event; return the row that says so."""
        here = customer_folded.c.customer == customer
        known = self._connection.execute(
            select(customer_folded.c.folded).where(here)
        ).scalar_one_or_none()
        folded = with_event(json.loads(known) if known else [], self._source)
        self._connection.execute(delete(customer_folded).where(here))
        self._connection.execute(
            customer_folded.insert().values(customer=customer, folded=json.dumps(folded))
        )
        return "customer_folded", {"customer": customer, "folded": folded}

    def _opened(self, model: type[Model], digest: str, private: PrivateOf | None) -> Model | None:
        """Return what stands beside the event; None when it was erased before it was sent."""
        if private is None:
            return None
        content = private.content.encode()
        if hashlib.sha256(bytes.fromhex(private.salt) + content).hexdigest() != digest:
            raise NotUnderstood("what stands beside the event is not what its line names")
        try:
            return parse_model(model, content)
        except ProtocolError as fault:
            raise NotUnderstood(str(fault)) from None


def _read(model: type[Model], body: dict[str, Any], kind: str) -> Model:
    try:
        return model.model_validate(body)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(step) for step in first["loc"])
        raise NotUnderstood(f"{kind}: {place}: {first['msg']}") from None
