"""Customers, cards and consents in plain values: what a host calls outside a sale.

Each request carries the host's own ``request_id`` and is booked once: the same request again gets
the same answer, another one under the same id ``conflict``. Everything works without network.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pos_plugin.actions.cards import CardDesk
from pos_plugin.actions.consents import ConsentDesk
from pos_plugin.actions.customers import CustomerDesk
from pos_plugin.errors import SaleError
from pos_plugin.validation import read_id

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pos_plugin.actions.booked_once import Actions
    from pos_plugin.actions.erasure import ErasureDesk
    from pos_plugin.answers import Receipt
    from pos_plugin.faces.in_time import InTime
    from pos_plugin.notices import Refused
    from pos_plugin.till import Till


class Customers:
    """The customers of one till; made by ``Plugin.open``.

    Args:
        till: looks customers up.
        actions: books what is asked for.
        erasure: erases persons, also when head office asked for it.
        in_time: does the work.
    """

    def __init__(self, till: Till, actions: Actions, erasure: ErasureDesk, in_time: InTime) -> None:
        self._desk = CustomerDesk(till, actions)
        self._cards = CardDesk(till, actions)
        self._consents = ConsentDesk(till, actions)
        self._erasure = erasure
        self._in_time = in_time

    def create(self, request: Mapping[str, Any]) -> Receipt | Refused:
        """Create a customer; this shop is its home.

        Args:
            request: ``request_id``, ``name``, and as far as known ``kind`` (``person`` or
                ``company``), ``phone``, ``email``, ``birthday_on``, ``language``, ``cashier``;
                ``confirm_new`` when the cashier looked at the candidates.

        Returns:
            ``customer, number, effects``; ``customer_duplicate`` with at most ten ``candidates``
            and their ``reasons`` (``birthday_name``, ``phone``, ``email``).

        Raises:
            SaleError: the request is none; names the place.
        """
        return self._in_time.book(lambda: self._desk.create(request))

    def change(self, request: Mapping[str, Any]) -> Receipt | Refused:
        """Change fields of a customer; head office merges them one by one.

        Args:
            request: ``request_id``, ``customer`` (id), and what is different: ``name``, ``phone``,
                ``email``, ``birthday_on``, ``language``; null removes.

        Returns:
            ``customer, fields, effects``; ``customer_unknown``.

        Raises:
            SaleError: the request is none; names the place.
        """
        return self._in_time.book(lambda: self._desk.change(request))

    def assign_card(self, request: Mapping[str, Any]) -> Receipt | Refused:
        """Give a card to a customer; what an unknown card earned before is its owner's then.

        Args:
            request: ``request_id``, ``customer``, ``code``, ``role`` (``main``, ``partner``,
                ``app``), ``replaces`` (code of the old card), ``cashier``.

        Returns:
            ``customer, status, effects``; ``card_taken`` when it is somebody else's or was
            blocked, ``card_unknown`` for a card to be replaced that is not this customer's.

        Raises:
            SaleError: the request is none; names the place.
        """
        return self._in_time.book(lambda: self._cards.assign(request))

    def block_card(self, request: Mapping[str, Any]) -> Receipt | Refused:
        """Block a card, at this till at once.

        Args:
            request: ``request_id``, ``code``, ``reason`` (``blocked`` or ``lost``), ``cashier``.

        Returns:
            ``customer, status, effects``; ``card_unknown``.

        Raises:
            SaleError: the request is none; names the place.
        """
        return self._in_time.book(lambda: self._cards.block(request))

    def consent(self, request: Mapping[str, Any]) -> Receipt | Refused:
        """Keep what a customer said about one purpose and one channel; it counts here at once.

        Args:
            request: ``request_id``, ``customer``, ``purpose``, ``channel``, ``status`` (``given``,
                ``withdrawn``, ``objected``); for ``given`` also ``text_id``, ``text_revision`` and
                ``signature_sha256`` or ``form_number``.

        Returns:
            ``consent, customer, status, effects``; ``consent_too_young``, ``customer_unknown``.

        Raises:
            SaleError: the request is none; names the place.
        """
        return self._in_time.book(lambda: self._consents.say(request))

    def erase(self, customer: str, *, cashier: str | None = None) -> Receipt | Refused:
        """Erase a person from this till's journal; receipts and sums stay under the id.

        Args:
            customer: id of the customer.
            cashier: number of whoever does it.

        Returns:
            ``customer, counts`` (rows by table) ``, effects``; ``customer_unknown``.

        Raises:
            SaleError: the customer is no id.
        """
        read_id(customer, "erasure.customer", SaleError)
        request = {"customer": customer, "cashier": cashier}
        return self._in_time.book(lambda: self._erasure.erase(request))
