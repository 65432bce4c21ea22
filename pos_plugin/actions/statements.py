"""The statement of a customer's accounts on paper (Kontoauszug); it books nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pos_plugin import agent_word
from pos_plugin.actions.booked_once import Actions, Moment, Request, read_request
from pos_plugin.answers import message
from pos_plugin.customer.known import ACTIVE, KnownCustomers
from pos_plugin.customer.statement import statement
from pos_plugin.customer.view import open_vouchers_of
from pos_plugin.loyalty.statement_document import ENTRIES_PRINTED, statement_values
from pos_plugin.notices import Notice, NoticeCode, Refusal, Refused
from pos_plugin.printing.orders import print_order
from pos_plugin.printing.papers import Papers
from pos_plugin.text import PlainText as Text
from pos_plugin.uids import new_uid

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pos_plugin.answers import Receipt
    from pos_plugin.storage.cache_reader import CacheReader
    from pos_plugin.till import Till


class StatementRequest(Request):
    """A statement that a customer wants on paper.

    Args:
        request_id: the host's own id; the same request again prints nothing more.
        customer: id of the customer.
    """

    request_id: Text
    customer: Text


class StatementDesk:
    """Orders the paper of a statement.

    Args:
        till: knows the accounts.
        actions: orders it once.
    """

    def __init__(self, till: Till, actions: Actions) -> None:
        self._till = till
        self._actions = actions

    def print(self, value: Mapping[str, Any]) -> Receipt | Refused:
        """Order the paper, as the accounts are now."""
        asked = read_request(StatementRequest, value, "statement")
        return self._actions.once(
            f"statement:{asked.request_id}",
            asked.model_dump(),
            lambda moment: self._print(moment, asked),
        )

    def _print(self, moment: Moment, asked: StatementRequest) -> Mapping[str, Any] | Refused:
        # Loaded with the first document: a till that prints none never needs it.
        from printers.errors import DocumentInvalid

        if self._till.journal.ballast.is_spent:
            return Refused(Refusal.DISK_RESERVE)
        config = self._till.config
        cache = self._till.cache.reader()
        known = KnownCustomers(cache, moment.journal)
        row = known.row(asked.customer)
        if row is None or row.status != ACTIVE:
            return Refused(Refusal.CUSTOMER_UNKNOWN)
        on = moment.now.date().isoformat()
        values = statement_values(
            statement(
                known.ids(row.id),
                cache,
                moment.journal,
                on=on,
                count_max=ENTRIES_PRINTED,
                is_alone=config.head_office is None,
            ),
            holder=row.name,
            number=row.number,
            vouchers=[
                one
                for one in open_vouchers_of(row.id, known, on=on, language=config.language)
                if one["benefit"]
            ],
            now=moment.now,
            is_offline=self._is_offline(cache, moment),
            shop=config.shop,
            language=config.language,
            currency=config.currency,
        )
        uid = str(new_uid(moment.now))
        try:
            paper = Papers(config, self._till.cache).statement(values, uid=uid)
        except DocumentInvalid:
            notice = Notice(NoticeCode.PRINT_DOCUMENT_INVALID, {"paper": "statement"})
            return {"customer": row.id, "effects": [message(notice, config.language)]}
        job = print_order(config, paper, customer=row.id, now=moment.now, uid=uid)
        self._till.journal.add_print_job(job, at=moment.now)
        effect = {"effect_id": f"print:{uid}", "kind": "print", "job": uid, "attempt": 1}
        return {"customer": row.id, "effects": [effect]}

    def _is_offline(self, cache: CacheReader | None, moment: Moment) -> bool:
        """Say whether head office cannot be reached, or was never: entries may be missing."""
        if self._till.config.head_office is None:
            return False
        if cache is None or cache.synced_at() is None:
            return True
        said = agent_word.notices_of(self._till.config.data_dir, at=moment.now)
        away = (NoticeCode.OFFLINE, NoticeCode.RULES_STALE)
        return any(notice.code in away for notice in said)
