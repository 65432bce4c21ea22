"""Who the customer is when the card stayed at home: from this till's files, also without network.

One customer found is the answer of a card scan. Several are a short list that tells them apart and
no more; the one that the customer confirms is then asked for by id. Only active ones are found.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from pos_plugin.card_hash import normalised
from pos_plugin.customer.known import KnownCustomers
from pos_plugin.errors import SaleError
from pos_plugin.notices import Refusal, Refused
from pos_plugin.search_keys import email_hash, name_words, phone_digits
from pos_plugin.validation import read_id

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pos_plugin.answers import Scanned
    from pos_plugin.storage.cache_reader import FoundCustomer
    from pos_plugin.till import Till

LISTED_MAX: Final = 20
WAYS: Final = ("card", "customer", "number", "phone", "email", "name", "birthday")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """More than one customer fits: whom the cashier asks for.

    Args:
        customers: at most twenty, each with ``id``, ``number``, ``name``, ``birthday`` (month and
            day as ``12-24``, or None) and ``home_shop``.
        more: others fit too; a longer word narrows the search.
    """

    customers: tuple[Mapping[str, Any], ...]
    more: bool

    def to_dict(self) -> dict[str, Any]:
        """Return the answer as plain values."""
        return {
            "kind": "customers",
            "customers": [dict(customer) for customer in self.customers],
            "more": self.more,
        }


@dataclass(frozen=True, slots=True)
class Question:
    """By what a customer is looked for, one of ``WAYS``, and what was said or typed."""

    way: str
    text: str


def read_question(asked: Mapping[str, object]) -> Question:
    """Return the checked question.

    Args:
        asked: way to text; None = not asked by this way.

    Raises:
        SaleError: not exactly one way, or no text of at most 200 characters.
    """
    unknown = next((way for way in asked if way not in WAYS), None)
    if unknown is not None:
        raise SaleError("unknown_field", "identify", f"known are {', '.join(WAYS)}")
    given = {way: text for way, text in asked.items() if text is not None}
    if len(given) != 1:
        code = "out_of_range" if given else "missing"
        raise SaleError(code, "identify", f"exactly one of {', '.join(WAYS)}, not {len(given)}")
    ((way, text),) = given.items()
    return Question(way, read_id(text, f"identify.{way}", SaleError))


class Identify:
    """Finds the customers of one till."""

    def __init__(self, till: Till) -> None:
        self._till = till

    def find(self, question: Question) -> Scanned | Found | Refused:
        """Return the customer with the panel, a short list, or ``customer_unknown``."""
        if question.way == "card":
            return self._till.scan_card(normalised(question.text))
        if question.way == "customer":
            only: str | None = question.text
        else:
            with self._till.journal.reading() as journal:
                known = KnownCustomers(self._till.cache.reader(), journal)
                fitting = self._fitting(known, question)
            if len(fitting) > 1:
                listed = tuple(_entry(one) for one in fitting[:LISTED_MAX])
                return Found(customers=listed, more=len(fitting) > LISTED_MAX)
            only = fitting[0].id if fitting else None
        answer = self._till.scan_customer(only) if only is not None else None
        return answer or Refused(Refusal.CUSTOMER_UNKNOWN)

    def _fitting(self, known: KnownCustomers, question: Question) -> Sequence[FoundCustomer]:
        count_max = LISTED_MAX + 1
        if question.way == "name":
            words = name_words(question.text)
            return known.by_name(words, count_max=count_max) if words else []
        key = self._key(question)
        return known.by_key(question.way, key, count_max=count_max) if key else []

    def _key(self, question: Question) -> str | None:
        if question.way == "phone":
            return phone_digits(question.text)
        if question.way == "email":
            keys = self._till.keys
            return email_hash(question.text, keys.card_key) if keys else None
        if question.way == "birthday":
            return question.text.strip()
        return normalised(question.text)


def _entry(found: FoundCustomer) -> dict[str, Any]:
    return {
        "id": found.id,
        "number": found.number,
        "name": found.name,
        "birthday": found.birthday_on[5:] if found.birthday_on else None,
        "home_shop": found.home_shop,
    }
