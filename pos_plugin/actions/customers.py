"""Customers made and changed at this till (K1), with the look at who it may already be (K4).

1. A new one gets an id nobody has to hand out and a number of this till's own range: two tills that
   are offline never give the same.
2. Names and contact data stand beside the event, never in its line (docs/adr/0025).
3. What is changed is said field by field with its old value, so that head office merges per field.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from pydantic import AfterValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from pos_plugin.actions.booked_once import Actions, Moment, Request, read_request
from pos_plugin.card_hash import normalised
from pos_plugin.customer.event_earning import changes_of, earned_by, effects_of, facts_of
from pos_plugin.customer.known import KnownCustomers
from pos_plugin.errors import SaleError
from pos_plugin.loyalty.duplicates import ranked
from pos_plugin.notices import Refusal, Refused
from pos_plugin.search_keys import email_hash, name_keys, name_words, phone_digits
from pos_plugin.storage import customer_store
from pos_plugin.storage.customer_store import LocalCustomer, sealed
from pos_plugin.text import PlainText as Text
from pos_plugin.uids import new_uid

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pos_plugin.answers import Receipt
    from pos_plugin.storage.cache_reader import CustomerRow
    from pos_plugin.till import Till

CREATED: Final = "customer_created"
POSTED: Final = "ledger_posted"
CHANGED: Final = "customer_changed"
_CHANGEABLE: Final = ("name", "phone", "email", "birthday_on", "language")
PRIVATE_FIELDS: Final = frozenset({"name", "birthday_on", "phone", "email"})
_ASKED_MAX: Final = 20  # known ones that are looked at for each reason
_OLDEST_YEAR: Final = 1900


def _day(text: str) -> str:
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        raise PydanticCustomError("day", "should be a day as 1980-12-24") from None
    if day.year < _OLDEST_YEAR or day.isoformat() != text:
        raise PydanticCustomError("day", "should be a day as 1980-12-24, from 1900 on")
    return text


Name = Annotated[Text, Field(description="with a letter or a digit")]
Phone = Annotated[
    Text,
    Field(
        description="digits, blanks, `+ ( ) / . -`; with its country 5 to 15 digits (ITU-T E.164)"
    ),
]
Email = Annotated[Text, Field(description="something on both sides of one @, no blanks")]
Birthday = Annotated[
    str,
    AfterValidator(_day),
    Field(
        description="a day from 1900 on, not in the future",
        json_schema_extra={"format": "date"},
    ),
]
Language = Annotated[str, Field(pattern="^[a-z]{2}$")]


class NewCustomer(Request):
    """A customer to be created.

    Args:
        request_id: the host's own id; the same request again gets the same answer.
        name: of the person or company.
        kind: ``person`` or ``company``.
        phone: to be found by it.
        email: to be found by it.
        birthday_on: day of birth.
        language: of letters and receipts.
        cashier: number of the cashier.
        confirm_new: the cashier looked at who it may already be, and it is none of them.
    """

    request_id: Text
    name: Name
    kind: Literal["person", "company"] = "person"
    phone: Phone | None = None
    email: Email | None = None
    birthday_on: Birthday | None = None
    language: Language | None = None
    cashier: Text | None = None
    confirm_new: bool = False


class CustomerChange(Request):
    """What is different about a customer; a field that is not sent stays, null removes it.

    Args:
        request_id: the host's own id; the same request again gets the same answer.
        customer: id of the customer.
        name: of the person or company.
        phone: in place of all known ones.
        email: in place of all known ones.
        birthday_on: day of birth.
        language: of letters and receipts.
        cashier: number of the cashier.
    """

    model_config = ConfigDict(
        json_schema_extra={"anyOf": [{"required": [name]} for name in _CHANGEABLE]}
    )

    request_id: Text
    customer: Text
    name: Name = ""
    phone: Phone | None = None
    email: Email | None = None
    birthday_on: Birthday | None = None
    language: Language | None = None
    cashier: Text | None = None


class CustomerDesk:
    """Creates and changes the customers of one till."""

    def __init__(self, till: Till, actions: Actions) -> None:
        self._till = till
        self._actions = actions

    def create(self, value: Mapping[str, Any]) -> Receipt | Refused:
        """Create a customer; ``customer_duplicate`` with the candidates unless it is confirmed."""
        asked = read_request(NewCustomer, value, "customer")
        contact = self._contact(asked.phone, asked.email)
        if not name_words(asked.name):
            raise SaleError("out_of_range", "customer.name", "a name has letters or digits")
        if asked.birthday_on is not None:
            self._check_born(asked.birthday_on)

        def work(moment: Moment) -> Mapping[str, Any] | Refused:
            known = KnownCustomers(self._till.cache.reader(), moment.journal)
            if not asked.confirm_new:
                candidates = self._candidates(known, asked, contact)
                if candidates:
                    params = {"count": len(candidates), "candidates": candidates}
                    return Refused(Refusal.CUSTOMER_DUPLICATE, params)
            return self._create(moment, known, asked, contact)

        return self._actions.once(
            f"customer:{asked.request_id}", asked.model_dump(exclude={"confirm_new"}), work
        )

    def change(self, value: Mapping[str, Any]) -> Receipt | Refused:
        """Change fields of a customer; ``customer_unknown`` for one nobody knows here."""
        asked = read_request(CustomerChange, value, "customer")
        named = [name for name in _CHANGEABLE if name in asked.model_fields_set]
        if not named:
            raise SaleError("missing", "customer", f"one of {', '.join(_CHANGEABLE)}")
        contact = self._contact(asked.phone, asked.email)
        if "name" in named and not name_words(asked.name):
            raise SaleError("out_of_range", "customer.name", "a name has letters or digits")
        if asked.birthday_on is not None:
            self._check_born(asked.birthday_on)

        def work(moment: Moment) -> Mapping[str, Any] | Refused:
            known = KnownCustomers(self._till.cache.reader(), moment.journal)
            row = known.row(asked.customer)
            if row is None:
                return Refused(Refusal.CUSTOMER_UNKNOWN)
            return self._change(moment, known, row, asked, named, contact)

        request = {name: getattr(asked, name) for name in asked.model_fields_set}
        return self._actions.once(f"customer_change:{asked.request_id}", request, work)

    def _create(
        self,
        moment: Moment,
        known: KnownCustomers,
        asked: NewCustomer,
        contact: tuple[tuple[str, ...], tuple[str, ...]],
    ) -> Mapping[str, Any]:
        config = self._till.config
        customer = str(new_uid(moment.now))
        number = self._number(moment, known)
        facts = {
            "kind": asked.kind,
            "number": number,
            "language": asked.language,
            "home_shop": config.shop,
            "created_shop": config.shop,
        }
        private = sealed(
            {name: getattr(asked, name) for name in ("name", "birthday_on", "phone", "email")}
        )
        seq = self._actions.add_event(
            CREATED,
            {**facts, "private": private.hash},
            customer=customer,
            cashier=asked.cashier,
            now=moment.now,
        )
        customer_store.add_private(moment.journal, seq, customer, private)
        customer_store.put_customer(
            moment.journal,
            LocalCustomer(
                id=customer,
                created=True,
                kind=asked.kind,
                number=number,
                name=asked.name,
                birthday_on=asked.birthday_on,
                language=asked.language,
                home_shop=config.shop,
                phones=contact[0],
                email_hashes=contact[1],
                fields=frozenset(_CHANGEABLE),
                epoch=self._till.journal.epoch,
                seq=seq,
            ),
        )
        return {
            "customer": customer,
            "number": number,
            "effects": self._enrolled(moment, customer, asked.cashier),
        }

    def _enrolled(self, moment: Moment, customer: str, cashier: str | None) -> list[dict[str, Any]]:
        """Give the points of an enrolment, if there are any."""
        earned = earned_by(
            CREATED, self._till.cache, customer=customer, is_in_time=True, now=moment.now
        )
        if not earned:
            return []
        seq = self._actions.add_event(
            POSTED, facts_of(earned), customer=customer, cashier=cashier, now=moment.now
        )
        self._till.journal.add_ledger(seq, earned, generation=0, at=moment.now)
        self._till.journal.add_own_entries(seq, customer, changes_of(earned))
        return effects_of(earned, self._till.earned_texts(earned))

    def _change(
        self,
        moment: Moment,
        known: KnownCustomers,
        row: CustomerRow,
        asked: CustomerChange,
        named: Sequence[str],
        contact: tuple[tuple[str, ...], tuple[str, ...]],
    ) -> Mapping[str, Any]:
        local = customer_store.customer(moment.journal, row.id)
        phones, emails = known.contacts(row.id)
        old: dict[str, Any] = {
            "name": row.name,
            "birthday_on": row.birthday_on,
            "phone": list(phones),
            "email": list(emails),
            "language": local.language if local else None,
        }
        changes = [{"field": name, "old": old[name], "new": getattr(asked, name)} for name in named]
        private = sealed({"changes": [one for one in changes if one["field"] in PRIVATE_FIELDS]})
        seq = self._actions.add_event(
            CHANGED,
            {
                "fields": list(named),
                "changes": [one for one in changes if one["field"] not in PRIVATE_FIELDS],
                "private": private.hash,
            },
            customer=row.id,
            cashier=asked.cashier,
            now=moment.now,
        )
        customer_store.add_private(moment.journal, seq, row.id, private)
        customer_store.put_customer(
            moment.journal,
            LocalCustomer(
                id=row.id,
                created=bool(local and local.created),
                kind=local.kind if local else "person",
                number=row.number,
                name=asked.name if "name" in named else row.name,
                birthday_on=asked.birthday_on if "birthday_on" in named else row.birthday_on,
                language=asked.language if "language" in named else old["language"],
                home_shop=row.home_shop,
                phones=contact[0] if "phone" in named else phones,
                email_hashes=contact[1] if "email" in named else emails,
                fields=frozenset(named) | (local.fields if local else frozenset()),
                epoch=self._till.journal.epoch,
                seq=seq,
            ),
        )
        return {"customer": row.id, "fields": list(named), "effects": []}

    def _candidates(
        self,
        known: KnownCustomers,
        asked: NewCustomer,
        contact: tuple[tuple[str, ...], tuple[str, ...]],
    ) -> list[dict[str, Any]]:
        """Return whom the new one may already be, the likeliest first, with reasons."""
        by_reason: dict[str, list[str]] = {}
        for reason, kind, keys in (("email", "email", contact[1]), ("phone", "phone", contact[0])):
            by_reason[reason] = [
                one.id for key in keys for one in known.by_key(kind, key, count_max=_ASKED_MAX)
            ]
        if asked.birthday_on is not None:
            folded = name_keys(asked.name)
            by_reason["birthday_name"] = [
                one.id
                for one in known.by_key("birthday", asked.birthday_on, count_max=_ASKED_MAX)
                if folded & name_keys(one.name)
            ]
        candidates = []
        for likeness in ranked(by_reason):
            row = known.row(likeness.customer)
            if row is not None:
                candidates.append(
                    {
                        "id": row.id,
                        "number": row.number,
                        "name": row.name,
                        "birthday": row.birthday_on[5:] if row.birthday_on else None,
                        "home_shop": row.home_shop,
                        "reasons": list(likeness.reasons),
                    }
                )
        return candidates

    def _number(self, moment: Moment, known: KnownCustomers) -> str:
        """Return the next number of this till that head office has not given to somebody."""
        for _ in range(1000):
            counted = customer_store.next_number(moment.journal, customer_store.CUSTOMERS)
            number = f"{self._till.config.till}-{counted:06d}"
            if not known.by_key("number", normalised(number), count_max=1):
                return number
        raise SaleError("limit", "customer", "the numbers of this till are given to others")

    def _contact(
        self, phone: str | None, email: str | None
    ) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return by what the customer is found: phone digits, e-mail hashes."""
        digits = phone_digits(phone) if phone is not None else None
        if phone is not None and digits is None:
            raise SaleError("out_of_range", "customer.phone", "is no phone number")
        keys = self._till.keys
        hashed = email_hash(email, keys.card_key if keys else b"") if email is not None else None
        if email is not None and hashed is None:
            raise SaleError("out_of_range", "customer.email", "is no e-mail address")
        return (digits,) if digits else (), (hashed,) if hashed and keys else ()

    def _check_born(self, birthday_on: str) -> None:
        if birthday_on > self._till.clock.now().date().isoformat():
            raise SaleError("out_of_range", "customer.birthday_on", "lies in the future")
