"""Accounts in plain values: statement, pay-out, correction, rewards; what a host calls.

Each booking carries the host's own ``request_id`` and is done once: the same request again gets the
same answer, another one under the same id ``conflict``. Everything works without network.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pos_plugin.customer.known import KnownCustomers
from pos_plugin.customer.statement import statement
from pos_plugin.errors import SaleError
from pos_plugin.loyalty.rewards import not_now
from pos_plugin.loyalty.voucher_type import in_language
from pos_plugin.notices import Refusal, Refused
from pos_plugin.storage import account_lookup
from pos_plugin.validation import read_id

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pos_plugin.actions.accounts import AccountDesk
    from pos_plugin.actions.statements import StatementDesk
    from pos_plugin.answers import Receipt
    from pos_plugin.faces.in_time import InTime
    from pos_plugin.till import Till

ENTRIES_MAX: Final = 200


class Accounts:
    """The accounts of the customers of one till; made by ``Plugin.open``.

    Args:
        till: looks customers up.
        desk: books what is asked for.
        statements: prints statements.
        in_time: does the work.
    """

    def __init__(
        self, till: Till, desk: AccountDesk, statements: StatementDesk, in_time: InTime
    ) -> None:
        self._till = till
        self._desk = desk
        self._statements = statements
        self._in_time = in_time

    def statement(self, customer: str, *, count_max: int = 20) -> dict[str, Any] | Refused:
        """Return the accounts of a customer with their latest entries, the newest first.

        Args:
            customer: id of the customer.
            count_max: entries of each account, at most 200.

        Returns:
            ``customer, name, accounts``; each account with ``value``, ``available``, ``pending``,
            ``debt``, open ``lots``, what ``expired`` and ``entries``; ``customer_unknown``.

        Raises:
            SaleError: the customer is no id, or ``count_max`` no number.
        """
        read_id(customer, "statement.customer", SaleError)
        if not isinstance(count_max, int) or isinstance(count_max, bool):
            raise SaleError("wrong_type", "statement.count_max", "a whole number")

        def look() -> dict[str, Any] | Refused:
            cache = self._till.cache.reader()
            with self._till.journal.reading() as journal:
                known = KnownCustomers(cache, journal)
                row = known.row(customer)
                if row is None:
                    return Refused(Refusal.CUSTOMER_UNKNOWN)
                return {
                    "customer": row.id,
                    "name": row.name,
                    "accounts": statement(
                        known.ids(row.id),
                        cache,
                        journal,
                        on=self._till.clock.now().date().isoformat(),
                        count_max=max(1, min(count_max, ENTRIES_MAX)),
                        is_alone=self._till.config.head_office is None,
                    ),
                }

        return self._in_time.do(look)

    def print_statement(self, request: Mapping[str, Any]) -> Receipt | Refused:
        """Print the accounts of a customer; books nothing.

        Args:
            request: ``request_id``, ``customer`` (id).

        Returns:
            ``customer, effects`` with the effect ``print``, or with a ``message`` when the paper
            cannot be printed; ``customer_unknown``.

        Raises:
            SaleError: the request is none; names the place.
        """
        return self._in_time.book(lambda: self._statements.print(request))

    def rewards(self) -> list[dict[str, Any]] | Refused:
        """Return what can be had for points today, the cheapest first."""

        def look() -> list[dict[str, Any]] | Refused:
            cache = self._till.cache.reader()
            on = self._till.clock.now().date().isoformat()
            language = self._till.config.language
            return [
                {
                    "code": one.code,
                    "program": one.program,
                    "kind": one.kind.value,
                    "label": in_language(one.label, language),
                    "points": one.points,
                    "value_minor": one.value_minor,
                    "valid_to_on": one.valid_to_on,
                }
                for one in (account_lookup.rewards(cache) if cache else ())
                if not_now(one, on=on) is None
            ]

        return self._in_time.do(look)

    def pay_out(self, request: Mapping[str, Any]) -> Receipt | Refused:
        """Turn bonus money into vouchers of the kind that its programme names.

        Args:
            request: ``request_id``, ``customer`` (id), ``program``; ``amount_minor`` for exactly
                so much, missing = as much as possible; ``cashier``.

        Returns:
            ``customer, program, amount_minor, effects``; ``payout_threshold``,
            ``balance_not_mature`` with the day, ``offline_cap``, ``payout_not_offered`` …

        Raises:
            SaleError: the request is none; names the place.
        """
        return self._in_time.book(lambda: self._desk.pay_out(request))

    def adjust(self, request: Mapping[str, Any]) -> Receipt | Refused:
        """Correct an account.

        Args:
            request: ``request_id``, ``customer``, ``program``, ``delta`` (signed), ``reason``,
                ``cashier`` and ``second_person``, another one.

        Returns:
            ``customer, program, delta, effects``; ``second_person_needed``, ``balance_too_low`` …

        Raises:
            SaleError: the request is none; names the place.
        """
        return self._in_time.book(lambda: self._desk.adjust(request))

    def redeem_reward(self, request: Mapping[str, Any]) -> Receipt | Refused:
        """Give a reward for points; a discount belongs into a sale instead.

        Args:
            request: ``request_id``, ``customer``, ``reward`` (code), ``quantity``, ``cashier``.

        Returns:
            ``customer, reward, program, points, effects``: of an article, the effect ``reward``
            brings the ``line`` that the host sells; ``balance_not_mature`` with the day,
            ``reward_lapsed``, ``reward_needs_online`` …

        Raises:
            SaleError: the request is none; names the place.
        """
        return self._in_time.book(lambda: self._desk.redeem_reward(request))
