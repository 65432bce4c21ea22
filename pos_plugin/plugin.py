"""The face of the plugin, and the one place that turns faults into notices.

The plugin advises and never vetoes: whatever goes wrong inside, or takes too long, the sale goes on
at list price. Raised into the host are only ``MisuseError`` (a broken contract) and ``SaleError``
(a snapshot that is no sale, with its place); ``open`` may also raise ``ConfigError`` and
``StorageError``, each with one sentence that says what to do.
"""

from __future__ import annotations

import logging
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

import native
from pos_plugin.actions.accounts import AccountDesk
from pos_plugin.actions.approvals import ApprovalDesk
from pos_plugin.actions.booked_once import Actions
from pos_plugin.actions.card_scans import CardScans
from pos_plugin.actions.erasure import ErasureDesk
from pos_plugin.actions.responses import ResponseDesk
from pos_plugin.actions.statements import StatementDesk
from pos_plugin.actions.vouchers import VoucherDesk
from pos_plugin.agent_calls import AgentCalls
from pos_plugin.answers import Scanned
from pos_plugin.booking.completing import Booking
from pos_plugin.booking.issuing import Issuing
from pos_plugin.booking.parked import Parked
from pos_plugin.booking.rental_desk import RentalDesk
from pos_plugin.booking.takeback import Takeback
from pos_plugin.clock import SystemClock
from pos_plugin.closing import Closing
from pos_plugin.config import TillConfig, read_config
from pos_plugin.effective_clock import EffectiveClock
from pos_plugin.errors import InputError, MisuseError, StorageFull
from pos_plugin.faces.accounts import Accounts
from pos_plugin.faces.approvals import Approvals
from pos_plugin.faces.customers import Customers
from pos_plugin.faces.in_time import InTime, late_refusal, notice_of
from pos_plugin.faces.rentals import Rentals
from pos_plugin.faces.responses import Responses
from pos_plugin.faces.sale import Sale, words_of
from pos_plugin.faces.sales import Sales
from pos_plugin.faces.vouchers import Vouchers
from pos_plugin.identify import Identify, read_question
from pos_plugin.keys import read_keys
from pos_plugin.notices import Notice, NoticeCode, Refusal, Refused
from pos_plugin.online import Online
from pos_plugin.printing.prints import Prints
from pos_plugin.rule_shelf import RuleShelf
from pos_plugin.storage.current_cache import CurrentCache
from pos_plugin.storage.journal_writer import JournalWriter
from pos_plugin.storage.pruning import Pruning
from pos_plugin.till import Till
from pos_plugin.uids import new_uid
from pos_plugin.version import __version__
from pos_plugin.worker import Ended, Late, Worker

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pos_plugin.actions.card_scans import ScanMoment
    from pos_plugin.answers import Receipt
    from pos_plugin.clock import Clock
    from pos_plugin.identify import Found
    from printers.ports import JobChange

_log = logging.getLogger("pos_plugin")

Answer = TypeVar("Answer")

WARM_UP_MS: Final = 10_000
CLOSE_MS: Final = 5_000


class _Counter:
    """The plugin's thread, with the one place where a fault becomes an answer."""

    def __init__(self, when_idle: Callable[[], None], *, make_room: Callable[[], bool]) -> None:
        self._make_room = make_room

        def look() -> None:
            self._guard(when_idle, lambda _fault: None)

        self._worker = Worker("stammkunde", when_idle=look)

    def do(
        self,
        work: Callable[[], Answer],
        *,
        within_ms: int,
        instead: Callable[[Exception], Answer],
        late: Callable[[], Answer],
        key: str | None = None,
    ) -> Answer:
        """Return what the work returns, ``instead`` of a fault, or ``late``."""
        try:
            return self._worker.ask(
                lambda: self._guard(work, instead), within_ms=within_ms, key=key
            )
        except Ended:
            raise MisuseError("the plugin is closed", hint="Open it again.") from None
        except Late:
            return late()

    def _guard(self, work: Callable[[], Answer], instead: Callable[[Exception], Answer]) -> Answer:
        try:
            try:
                return work()
            except StorageFull:
                # Nothing was booked; once, and only once, there is room in reserve.
                if not self._make_room():
                    raise
                _log.exception("the disk is full: the reserve was given up")
                return work()
        except (MisuseError, InputError):
            raise
        # The one place: whatever went wrong inside, the till goes on.
        except Exception as fault:  # noqa: BLE001
            _log.exception("a fault became a notice")
            return instead(fault)

    def end(self) -> bool:
        """Finish what waits; say whether the thread has ended."""
        return self._worker.end(within_ms=CLOSE_MS)


class Plugin(Closing):
    """Promotions and loyalty inside one till; made by ``Plugin.open``.

    ``sales`` is the life of a sale in plain values, ``rentals`` that of a rental, ``approvals``
    that of goods on approval, ``customers`` who they are, their cards and consents, ``accounts``
    what they have, ``vouchers`` those that are sold or blocked, ``responses`` who answered a
    campaign, ``prints`` the print jobs, ``config`` the settings.
    """

    def __init__(
        self,
        till: Till,
        counter: _Counter,
        *,
        sales: Sales,
        rentals: Rentals,
        prints: Prints,
        customers: Customers,
        accounts: Accounts,
        approvals: Approvals,
        vouchers: Vouchers,
        responses: Responses,
    ) -> None:
        self._till = till
        self._counter = counter
        self._identify = Identify(till)
        self._card_scans = CardScans(till, Actions(till))
        self._closed = False
        self.config = till.config
        self.sales = sales
        self.rentals = rentals
        self.prints = prints
        self.customers = customers
        self.accounts = accounts
        self.approvals = approvals
        self.vouchers = vouchers
        self.responses = responses

    @classmethod
    def open(
        cls,
        settings: str | Path | TillConfig,
        *,
        clock: Clock | None = None,
        on_print: Callable[[dict[str, Any]], object] | None = None,
        on_notice: Callable[[dict[str, Any]], object] | None = None,
    ) -> Plugin:
        """Return the plugin of a till, ready to sell.

        Args:
            settings: path of ``till.toml``, or the settings themselves (``data_dir`` absolute).
            clock: tells the time; the machine's own when missing, put right by head office.
            on_print: the host's own function that prints what its printer is to print, called on
                the printing thread; answers then carry no payload. What it raises is a doubt.
            on_notice: told of every notice about a print job, on the printing thread.

        Raises:
            ConfigError: ``till.toml`` or ``keys.json`` cannot be taken.
            StorageError: the journal cannot be opened; nothing was changed.
        """
        config = settings if isinstance(settings, TillConfig) else read_config(Path(settings))
        clock = clock or _clock_of(config)
        keys = read_keys(config.data_dir)
        journal = JournalWriter.open(config.data_dir, at=clock.now())
        if isinstance(clock, EffectiveClock):
            clock.follow(lambda: journal.newest_at)
        cache = CurrentCache(config.data_dir)
        prints = Prints(
            journal,
            clock,
            config,
            on_change=_log_change,
            on_fault=_log_fault,
            on_print=on_print,
            on_notice=on_notice,
        )
        till = Till(
            config=config,
            clock=clock,
            journal=journal,
            cache=cache,
            rules=RuleShelf(config.data_dir, keys),
            keys=keys,
            online=Online(AgentCalls(config.data_dir) if config.head_office else None),
        )
        actions = Actions(till)
        erasure = ErasureDesk(till, actions, on_erased=prints.forget_erased)
        pruning = Pruning(
            journal,
            cache,
            clock,
            bucket=f"shop:{config.shop}" if config.head_office else None,
        )

        def when_idle() -> None:
            till.look_ahead()
            erasure.follow()
            prints.follow(cache)
            journal.ballast.look()
            pruning.look()

        counter = _Counter(when_idle, make_room=journal.ballast.give_up)
        issuing = Issuing(config, journal, cache)

        def print_soon(answer: Receipt) -> None:
            if answer.print_jobs:
                # What is booked stays booked, whatever the printing does.
                counter.do(
                    lambda: prints.booked(answer),
                    within_ms=config.budget_ms.complete,
                    instead=lambda _fault: None,
                    late=lambda: None,
                )

        def cancel_print(job: str) -> None:
            # What is taken back stays taken back, whatever the printing does.
            counter.do(
                lambda: prints.taken_back(job),
                within_ms=config.budget_ms.complete,
                instead=lambda _fault: None,
                late=lambda: None,
            )

        approval_desk = ApprovalDesk(till, actions)

        def sold(answer: Receipt) -> None:
            print_soon(answer)
            till.settle_online(str(answer.values["sale_id"]))
            # A voucher that was redeemed here is printed no more.
            counter.do(
                prints.settle,
                within_ms=0,
                instead=lambda _fault: None,
                late=lambda: None,
            )
            if config.approvals.enabled:
                # A receipt stands, whatever becomes of the approval that it settles.
                counter.do(
                    approval_desk.follow,
                    within_ms=config.budget_ms.complete,
                    instead=lambda _fault: None,
                    late=lambda: None,
                )

        make_in_time = partial(
            InTime, counter, within_ms=config.budget_ms.complete, for_host=prints.completed
        )
        sales = Sales(
            till,
            Booking(till, issuing),
            Parked(till),
            Takeback(till, issuing),
            make_in_time(on_booked=sold),
            on_taken_back=cancel_print,
        )
        in_time = make_in_time(on_booked=print_soon)
        rentals = Rentals(RentalDesk(till, issuing), in_time, on_taken_back=cancel_print)
        customers = Customers(till, actions, erasure, in_time)
        accounts = Accounts(
            till, AccountDesk(till, actions, issuing), StatementDesk(till, actions), in_time
        )
        approvals = Approvals(approval_desk, in_time)
        vouchers = Vouchers(VoucherDesk(till, actions, issuing), in_time)
        responses = Responses(ResponseDesk(actions), in_time)
        plugin = cls(
            till,
            counter,
            sales=sales,
            rentals=rentals,
            prints=prints,
            customers=customers,
            accounts=accounts,
            approvals=approvals,
            vouchers=vouchers,
            responses=responses,
        )

        def start() -> None:
            # Before anything is printed: what happened while this till was off.
            prints.follow(cache)
            prints.start_if_needed()
            till.warm_up()

        counter.do(start, within_ms=WARM_UP_MS, instead=lambda _fault: None, late=lambda: None)
        return plugin

    def close(self) -> None:
        """Stop printing and let go of both files; sales not completed are the till's own."""
        self.prints.stop()
        if self._closed:
            return
        self._closed = True
        self._till.online.close()
        if self._counter.end():
            self._till.cache.close()
            self._till.journal.close()
        else:
            # Files are not closed under work that still writes: the end of the process does it.
            _log.error("work was not finished within %d ms; the files stay open", CLOSE_MS)

    def begin_sale(
        self,
        sale_id: str | None = None,
        *,
        cashier: str | None = None,
        rights: Sequence[str] | frozenset[str] | set[str] = (),
        training: bool = False,
    ) -> Sale:
        """Return a new open sale.

        Args:
            sale_id: the host's own id; made here when missing.
            cashier: number of the cashier, for the receipt.
            rights: what this cashier may, for example ``override_expired_voucher``.
            training: nothing of it is booked, and what it prints says TRAINING.
        """
        snapshot: dict[str, Any] = {
            "sale_id": sale_id or str(new_uid(self._till.clock.now())),
            "lines": [],
        }
        if cashier is not None:
            snapshot["cashier"] = cashier
        if rights:
            snapshot["rights"] = sorted(words_of(rights, "rights"))
        if training:
            snapshot["training"] = True
        return self._sale(snapshot)

    def recall(self, sale_id: str) -> Sale | Refused:
        """Return a parked sale, open again; one of another shop day is evaluated anew."""
        found = self.sales.recall(sale_id)
        if isinstance(found, Refused):
            return found
        return self._sale(found.snapshot, found.notices)

    def scan(
        self, code: str, *, sale_id: str | None = None, moment: ScanMoment | None = None
    ) -> Scanned | Refused:
        """Say what a code is: a card with customer and panel, a voucher, an article.

        Args:
            code: as scanned or typed.
            sale_id: of the sale it is scanned in; a card is then reported as ``card_scanned``.
            moment: ``before_lines``, ``lines`` or ``after_total``; missing = as this till last saw
                the sale.
        """
        found = self._counter.do(
            lambda: self._till.scan(code),
            within_ms=self.config.budget_ms.scan,
            instead=lambda _fault: Refused(Refusal.PLUGIN_FAULT),
            late=late_refusal,
        )
        self._print_for(found)
        if sale_id is not None:
            # Behind the answer: nobody waits for the disk.
            self._counter.do(
                lambda: self._card_scans.note(code, found, sale_id, moment),
                within_ms=0,
                instead=lambda _fault: None,
                late=lambda: None,
            )
        return found

    def identify(
        self,
        *,
        card: str | None = None,
        customer: str | None = None,
        number: str | None = None,
        phone: str | None = None,
        email: str | None = None,
        name: str | None = None,
        birthday: str | None = None,
    ) -> Scanned | Found | Refused:
        """Say who the customer is by exactly one of these, with or without network.

        Args:
            card: a code that the host knows to be a card.
            customer: id, for example of an entry of a short list.
            number: what the customer calls it; upper and lower case, blanks and hyphens are equal.
            phone: ``+49 170 …``, ``0049170…`` and ``0170…`` are the same number.
            email: the whole address, in upper or lower case.
            name: beginnings of words, ``müller an`` finds ``Müller, Anna``.
            birthday: day of birth as ``1980-12-24``.

        Returns:
            The customer with the panel, as of a card; a short list when several fit;
            ``customer_unknown``, of a card also ``card_unknown`` or ``card_blocked``.

        Raises:
            SaleError: not exactly one of them, or no text.
        """
        question = read_question(
            {
                "card": card,
                "customer": customer,
                "number": number,
                "phone": phone,
                "email": email,
                "name": name,
                "birthday": birthday,
            }
        )
        found = self._counter.do(
            lambda: self._identify.find(question),
            within_ms=self.config.budget_ms.scan,
            instead=lambda _fault: Refused(Refusal.PLUGIN_FAULT),
            late=late_refusal,
        )
        self._print_for(found)
        return found

    def rental_returned(
        self,
        rental_id: str,
        *,
        customer: str | None,
        articles: Sequence[Mapping[str, Any]] = (),
        cashier: str | None = None,
    ) -> Receipt | Refused:
        """Report rented articles as back, once per rental id; may issue a voucher.

        Args:
            rental_id: the host's own id of this return.
            customer: id of the customer, if known.
            articles: what came back: ``sku``, ``days``, ``due_on``, ``price_minor``, ``late_days``
                as far as the host knows them.
            cashier: number of the cashier.

        Raises:
            SaleError: the report is none; names the place.
        """
        return self.rentals.returned(
            {
                "rental": rental_id,
                "customer": customer,
                "cashier": cashier,
                "articles": articles,
            }
        )

    def health(self) -> dict[str, Any]:
        """Return versions, rule generation, age of the data, queue lengths, what is wrong."""

        def look() -> dict[str, Any]:
            return {**self._till.health(), "print_jobs_open": self.prints.open_jobs()}

        state: dict[str, Any] = self._counter.do(
            look,
            within_ms=self.config.budget_ms.evaluate,
            instead=lambda fault: self._ill(notice_of(fault)),
            late=lambda: self._ill(Notice(NoticeCode.LATE)),
        )
        return {
            "version": __version__,
            "compiled": native.COMPILED,
            "shop": self.config.shop,
            "till": self.config.till,
            **state,
        }

    def _print_for(self, found: Scanned | Found | Refused) -> None:
        """Print what was held for a customer who is back; behind the answer."""
        customer = found.customer if isinstance(found, Scanned) else None
        if customer is not None:
            self._counter.do(
                lambda: self.prints.identified(self._till.ids_of(str(customer["id"]))),
                within_ms=0,
                instead=lambda _fault: None,
                late=lambda: None,
            )

    def _ill(self, notice: Notice) -> dict[str, Any]:
        return {"notices": [notice.to_dict(self.config.language)]}

    def _sale(self, snapshot: dict[str, Any], notices: tuple[Notice, ...] = ()) -> Sale:
        return Sale(
            self.sales,
            snapshot,
            scan=self.scan,
            now=self._till.clock.now,
            article=self._article,
            notices=notices,
        )

    def _article(self, sku: str) -> Mapping[str, Any] | None:
        return self._counter.do(
            lambda: self._till.article(sku),
            # Without its price there is no line, and without its categories no discount: better
            # a slow answer than none.
            within_ms=self.config.budget_ms.complete,
            instead=lambda _fault: None,
            late=lambda: None,
        )


def _log_change(change: JobChange) -> None:
    _log.info("print job %s is %s %s", change.job_uid, change.state, change.reason)


def _log_fault(fault: Exception) -> None:
    _log.error("printing: %s", type(fault).__name__, exc_info=fault)


def _clock_of(config: TillConfig) -> Clock:
    """Return the clock of a till; without a head office the machine's own is all there is."""
    wall = SystemClock()
    return EffectiveClock(wall, config.data_dir) if config.head_office else wall
