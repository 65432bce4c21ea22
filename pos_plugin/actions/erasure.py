"""Erasure of a person (L4, Art. 17 GDPR): gone from this till's journal, sums unchanged.

1. What is personal is deleted and overwritten (`secure_delete`), then the log is emptied.
2. Facts stay under the customer's id, which leads to nobody any more.
3. `erasure_applied` says how far the till had written and how much is gone, nothing of the person.

The rows of head office stand in the agent's file; the agent removes them as soon as it sees this.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pos_plugin.actions.booked_once import Actions, Moment, Request, read_request
from pos_plugin.answers import Receipt, message
from pos_plugin.customer.known import KnownCustomers
from pos_plugin.notices import Notice, NoticeCode, Refusal, Refused
from pos_plugin.storage import customer_lookup, erasure_store, journal_lookup
from pos_plugin.storage.print_choices import PrintChoices
from pos_plugin.text import PlainText as Text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pos_plugin.till import Till

APPLIED: Final = "erasure_applied"


class ErasureRequest(Request):
    """Whom to erase.

    Args:
        customer: id of the customer.
        cashier: number of whoever does it.
    """

    customer: Text
    cashier: Text | None = None


class ErasureDesk:
    """Erases persons at one till.

    Args:
        till: holds the journal.
        actions: books once.
        on_erased: deletes files that show papers of erased persons.
    """

    def __init__(self, till: Till, actions: Actions, *, on_erased: Callable[[], object]) -> None:
        self._till = till
        self._actions = actions
        self._on_erased = on_erased
        config = till.config
        self._papers = PrintChoices(till.journal, till.clock, shop=config.shop, till=config.till)
        self._seen_ver = 0
        self._log_is_empty = True

    def erase(self, value: Mapping[str, Any]) -> Receipt | Refused:
        """Erase a person; ``customer_unknown`` for one this till knows nothing of."""
        asked = read_request(ErasureRequest, value, "erasure")

        def work(moment: Moment) -> Mapping[str, Any] | Refused:
            return self._erase(moment, asked.customer, asked.cashier)

        key = f"erase:{asked.customer}"
        answer = self._actions.once(key, {"customer": asked.customer}, work)
        if isinstance(answer, Receipt):
            # Behind the commit; a kill in between is made good at the next start.
            self._on_erased()
        self._log_is_empty = self._till.journal.empty_log()
        return answer

    def follow(self) -> None:
        """Erase here whom head office has erased, and empty a log that somebody was reading."""
        if not self._log_is_empty:
            self._log_is_empty = self._till.journal.empty_log()
        cache = self._till.cache.reader()
        if cache is None:
            return
        for customer, ver in customer_lookup.erased_after(cache, self._seen_ver):
            with self._till.journal.reading() as journal:
                is_done = erasure_store.is_erased(journal, customer)
            if not is_done:
                self.erase({"customer": customer})
            self._seen_ver = ver

    def _erase(
        self, moment: Moment, customer: str, cashier: str | None
    ) -> Mapping[str, Any] | Refused:
        cache = self._till.cache.reader()
        known = KnownCustomers(cache, moment.journal)
        survivor = known.survivor(customer)
        was_sent = cache is not None and cache.was_erased(survivor)
        if (
            known.row(survivor) is None
            and not was_sent
            and not erasure_store.knows_person(moment.journal, survivor)
        ):
            return Refused(Refusal.CUSTOMER_UNKNOWN)
        ids = known.ids(survivor)
        out = erasure_store.goods_out(moment.journal, ids)
        counts = erasure_store.erase(moment.journal, ids, give_up_papers=self._papers.erased)
        # Papers that were given up have events of their own; this is the last one before ours.
        cursor = journal_lookup.last_seq(moment.journal)
        seq = self._actions.add_event(
            APPLIED,
            {"cursor": cursor, "counts": counts},
            customer=survivor,
            cashier=cashier,
            now=moment.now,
        )
        erasure_store.note(moment.journal, ids, seq=seq, at=moment.now)
        told = [Notice(NoticeCode.ERASED_GOODS_OUT, {"pieces": out})] if out else []
        effects = [message(notice, self._till.config.language) for notice in told]
        return {"customer": survivor, "counts": counts, "effects": effects}
