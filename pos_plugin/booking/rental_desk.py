"""Rentals as the host reports them: each report once, told to head office, never refused.

1. A return may give its customer a voucher (an event trigger of ``rental_returned``), unless it was
   reversed before it was reported.
2. A return that is reversed takes that voucher back when nobody used it; one that was used is noted
   in the event and stays as it is: head office settles that.
3. It may earn points (an earn trigger); a reversed return takes them back.
4. A report about a rental of another till is stored like any other: what only came back here counts
   as a rental of the day on which it came back.
5. Rentals count for the classes of their customer; one that was cancelled counts nowhere.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from pos_plugin.answers import Receipt, message
from pos_plugin.booking.once import keep_answer, stored_answer
from pos_plugin.booking.receipt_event import event_head
from pos_plugin.customer.event_earning import changes_of, earned_by, effects_of, facts_of
from pos_plugin.loyalty.lots import reverse
from pos_plugin.loyalty.voucher_code import voucher_hash
from pos_plugin.loyalty.vouchers import UNUSED, VoucherState
from pos_plugin.notices import Notice, NoticeCode
from pos_plugin.rental_report import Rental, RentalUndone, read_report
from pos_plugin.storage import journal_lookup, ledger_store, rental_store
from pos_plugin.storage.voucher_lookup import as_told
from pos_plugin.uids import new_uid

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Mapping, Sequence

    from pos_plugin.booking.issuing import Issuing
    from pos_plugin.loyalty.lots import LedgerEntry
    from pos_plugin.notices import Refused
    from pos_plugin.storage.cache_reader import CacheReader
    from pos_plugin.storage.journal_lookup import Journal
    from pos_plugin.till import Till

ISSUED: Final = "rental_issued"
CANCELLED: Final = "rental_cancelled"
RETURNED: Final = "rental_returned"
RETURN_REVERSED: Final = "rental_return_reversed"


class RentalDesk:
    """Takes the rental reports of one till.

    Every call returns the stored answer for the same report again, ``conflict`` for another one
    under the same id, and raises ``SaleError`` for what is no report.
    """

    def __init__(self, till: Till, issuing: Issuing) -> None:
        self._till = till
        self._issuing = issuing
        self._journal = till.journal

    def issued(self, value: Mapping[str, Any]) -> Receipt | Refused:
        """Report articles as rented out."""
        report = read_report(Rental, value)

        def store(journal: Journal, now: dt.datetime) -> None:
            cancelled = journal_lookup.answer_text(journal, _key(CANCELLED, report.rental))
            rental_store.add_issue(
                journal,
                report.rental,
                customer=report.customer,
                articles=report.request()["articles"],
                is_cancelled=cancelled is not None,
                now=now,
            )

        return self._plain(ISSUED, report, store)

    def cancelled(self, value: Mapping[str, Any]) -> Receipt | Refused:
        """Report that a rental was none: it counts nowhere."""
        report = read_report(RentalUndone, value)
        return self._plain(
            CANCELLED,
            report,
            lambda journal, now: rental_store.cancel(journal, report.rental, now=now),
        )

    def returned(self, value: Mapping[str, Any]) -> Receipt | Refused:
        """Report rented articles as back; may issue a voucher."""
        report = read_report(Rental, value)
        request = report.request()
        stored = self._stored(RETURNED, request)
        if stored is not None:
            return stored
        now = self._till.clock.now()
        offer = self._issuing.offer(RETURNED, report.customer)
        earned = earned_by(
            RETURNED,
            self._till.cache,
            customer=report.customer,
            is_in_time=not any(article.late_days for article in report.articles),
            now=now,
        )
        with self._journal.transaction() as journal:
            # Reports may come out of order: what is a return no more gives nothing.
            undone = journal_lookup.answer_text(journal, _key(RETURN_REVERSED, report.rental))
            issued = (
                offer.issue(journal, segments=offer.segments, redeemed=(), now=now)
                if undone is None
                else []
            )
            seq = self._add_event(
                RETURNED,
                report,
                {
                    **request,
                    "vouchers": [voucher.to_event() for voucher in issued],
                    **facts_of(earned),
                },
                now=now,
            )
            self._post(seq, earned, now)
            if undone is None:
                rental_store.add_return(
                    journal,
                    report.rental,
                    customer=report.customer,
                    articles=request["articles"],
                    now=now,
                )
            effects = self._issuing.store(
                issued, seq, offer.holder, receipt=None, cashier=report.cashier, now=now
            )
            effects += effects_of(earned, self._till.earned_texts(earned))
            return self._keep(RETURNED, request, effects, customer=report.customer)

    def return_reversed(self, value: Mapping[str, Any]) -> Receipt | Refused:
        """Report that a return was none; an unused voucher of it is cancelled."""
        report = read_report(RentalUndone, value)
        request = report.request()
        stored = self._stored(RETURN_REVERSED, request)
        if stored is not None:
            return stored
        now = self._till.clock.now()
        with self._journal.transaction() as journal:
            given = journal_lookup.answer_text(journal, _key(RETURNED, report.rental))
            known = json.loads(given) if given else {"customer": None, "effects": []}
            cache = self._till.cache.if_readable()
            unused, used = _vouchers_of(journal, cache, known["effects"])
            back = _points_of(journal, known["effects"], now)
            customer = report.customer or known["customer"]
            seq = self._add_event(
                RETURN_REVERSED,
                report.model_copy(update={"customer": customer}),
                {
                    **request,
                    "customer": customer,
                    "pending": given is None,
                    "cancelled": unused,
                    "exceptions": [
                        {"voucher": voucher, "reason": "issued_voucher_used"} for voucher in used
                    ],
                    **facts_of(back),
                },
                now=now,
            )
            self._post(seq, back, now)
            for voucher in unused:
                self._journal.cancel_voucher(seq, voucher, receipt=None, at=now)
            rental_store.reverse_return(journal, report.rental, now=now)
            notices = [NoticeCode.VOUCHER_CANCELLED] if unused else []
            notices += [NoticeCode.VOUCHER_USED_MEANWHILE] if used else []
            effects = [message(Notice(code), self._till.config.language) for code in notices]
            return self._keep(RETURN_REVERSED, request, effects, customer=customer)

    def print_jobs_of_return(self, rental: str) -> list[str]:
        """Return the print jobs of the vouchers that a return issued at this till."""
        with self._journal.reading() as journal:
            given = journal_lookup.answer_text(journal, _key(RETURNED, rental))
        return Receipt(json.loads(given)).print_jobs if given else []

    def _post(self, seq: int, entries: Sequence[LedgerEntry], now: dt.datetime) -> None:
        if entries:
            self._journal.add_ledger(seq, entries, generation=0, at=now)
            self._journal.add_own_entries(seq, entries[0].customer, changes_of(entries))

    def _plain(
        self,
        kind: str,
        report: Rental | RentalUndone,
        store: Callable[[Journal, dt.datetime], None],
    ) -> Receipt | Refused:
        """Book a report that gives nothing and takes nothing back."""
        request = report.request()
        stored = self._stored(kind, request)
        if stored is not None:
            return stored
        now = self._till.clock.now()
        with self._journal.transaction() as journal:
            self._add_event(kind, report, request, now=now)
            store(journal, now)
            return self._keep(kind, request, [], customer=report.customer)

    def _stored(self, kind: str, request: Mapping[str, Any]) -> Receipt | Refused | None:
        return stored_answer(self._journal, _key(kind, request["rental"]), request)

    def _keep(
        self,
        kind: str,
        request: Mapping[str, Any],
        effects: list[dict[str, Any]],
        *,
        customer: str | None,
    ) -> Receipt:
        answer = {"rental": request["rental"], "customer": customer, "effects": effects}
        keep_answer(self._journal, _key(kind, request["rental"]), request, answer)
        return Receipt(answer)

    def _add_event(
        self,
        kind: str,
        report: Rental | RentalUndone,
        facts: Mapping[str, Any],
        *,
        now: dt.datetime,
    ) -> int:
        customer = report.customer
        head = event_head(self._till.config, cashier=report.cashier, customer=customer, now=now)
        touches = [] if customer is None else [customer]
        return self._journal.add_event(kind=kind, body={**head, **facts}, touches=touches, at=now)


def _key(kind: str, rental: str) -> str:
    return f"{kind}:{rental}"


def _points_of(
    journal: Journal, effects: list[dict[str, Any]], now: dt.datetime
) -> list[LedgerEntry]:
    """Return the entries that take back what a return earned."""
    earned = [
        ledger_store.entry(journal, effect["effect_id"].removeprefix("earn:"))
        for effect in effects
        if effect["kind"] == "earn"
    ]
    return [
        reverse(entry, entry.delta, entry_id=str(new_uid(now)))
        for entry in earned
        if entry is not None
    ]


def _vouchers_of(
    journal: Journal, cache: CacheReader | None, effects: list[dict[str, Any]]
) -> tuple[list[str], list[str]]:
    """Return the vouchers that a return issued: those nobody used yet, and those already used.

    What other tills did counts as far as it is known. A blocked one nobody used ends, too: it may
    be let go again.
    """
    unused: list[str] = []
    used: list[str] = []
    for effect in effects:
        if effect["kind"] != "issue_voucher":
            continue
        code_hash = voucher_hash(effect["code"])
        known = as_told(journal, cache, code_hash) or journal_lookup.voucher_by_code(
            journal, code_hash
        )
        if known is None or known.state == VoucherState.CANCELLED:
            continue
        if known.state in UNUSED and known.balance_minor == known.value_minor:
            unused.append(effect["voucher_id"])
        else:
            used.append(effect["voucher_id"])
    return unused, used
