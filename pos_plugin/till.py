"""What a till knows and works out: codes, customers, the price of a sale under its rules.

1. A sale that is open is kept in memory only: its basket is the till's own and is sent again.
2. The same snapshot under the same rules gives the same answer, on every till.

Everything here may raise; ``plugin.py`` alone turns faults into notices.
"""

from __future__ import annotations

import copy
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

from pos_plugin import agent_word, wording
from pos_plugin.answers import Evaluation, Scanned, VoucherAnswer
from pos_plugin.card_hash import card_hash, normalised
from pos_plugin.customer import view as customer_view
from pos_plugin.customer.known import KnownCustomers
from pos_plugin.customer.points_off import Offered, offered
from pos_plugin.effective_clock import EffectiveClock
from pos_plugin.errors import SaleError, StorageError
from pos_plugin.loyalty.ledger import earnings
from pos_plugin.loyalty.provisional import provisional_id
from pos_plugin.loyalty.rewards import is_reward_code
from pos_plugin.loyalty.signed_code import voucher_symbols
from pos_plugin.loyalty.value_vouchers import settle_vouchers
from pos_plugin.model import Basket, Coupon, Line
from pos_plugin.notices import Notice, NoticeCode, Refusal, Refused
from pos_plugin.promotions.result import Earned
from pos_plugin.sale.host_discount import lowered, put_together
from pos_plugin.sale.list_price import list_price
from pos_plugin.sale.snapshot import Defaults, Snapshot, fingerprint, read_snapshot
from pos_plugin.scan import Routed, is_ean13, route
from pos_plugin.storage import account_lookup, approval_store, journal_lookup
from pos_plugin.voucher.effects import voucher_effects
from pos_plugin.voucher.presented import (
    Presented,
    VoucherBook,
    check_paid_minimum,
    coupons_over_their_cap,
    given_under_caps,
    present,
)
from pos_plugin.voucher.redeeming import with_value
from pos_plugin.voucher.sold import check_sold

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from pos_plugin.clock import Clock
    from pos_plugin.config import TillConfig
    from pos_plugin.customer.known import KnownCard
    from pos_plugin.customer.points_off import PointsOff
    from pos_plugin.keys import Keys
    from pos_plugin.loyalty.lots import LedgerEntry
    from pos_plugin.loyalty.program_terms import Terms
    from pos_plugin.loyalty.vouchers import Accepted
    from pos_plugin.online import Online
    from pos_plugin.promotions.generation import RuleGeneration
    from pos_plugin.promotions.result import Result
    from pos_plugin.rule_shelf import RuleShelf
    from pos_plugin.storage.cache_reader import CustomerRow
    from pos_plugin.storage.current_cache import CurrentCache
    from pos_plugin.storage.journal_writer import JournalWriter

RUNNING_MAX: Final = 100  # sales whose last evaluation is kept in memory; others are sent again
_ACTIVE: Final = "active"
_EARN: Final = "earn"


@dataclass(frozen=True, slots=True)
class Running:
    """The last evaluation of a sale that is not completed yet."""

    snapshot: Snapshot
    basket: Basket  # with the coupons that the codes became
    rules: RuleGeneration | None
    accepted: Mapping[str, Accepted]  # by code
    evaluation: Evaluation
    known: Mapping[str, str] = field(default_factory=dict)  # code to id, of every voucher found
    points: Mapping[str, PointsOff] = field(default_factory=dict)  # by code


class Till:
    """One till: its settings, its two files, its rules, its open sales.

    Args:
        config: of this till.
        clock: tells the time.
        journal: the writer of journal.db.
        cache: the current cache file.
        rules: the generations.
        keys: from head office, None before enrolment.
        online: asks head office while it sells.
    """

    def __init__(
        self,
        *,
        config: TillConfig,
        clock: Clock,
        journal: JournalWriter,
        cache: CurrentCache,
        rules: RuleShelf,
        keys: Keys | None,
        online: Online,
    ) -> None:
        self.online = online
        self.config = config
        self.clock = clock
        self.journal = journal
        self.cache = cache
        self._rules = rules
        self.keys = keys
        self._running: dict[str, Running] = {}
        # Written by whoever was told `late`, on his own thread.
        self._late_lock = Lock()
        self._late: dict[str, tuple[str, Mapping[str, Any]]] = {}
        self._defaults = Defaults(shop=config.shop, till=config.till, currency=config.currency)

    def warm_up(self) -> None:
        """Load what the first sale would have to wait for: rules and the checks of a snapshot."""
        now = self.clock.now()
        self.look_ahead()
        self.evaluate_basket(
            self.read(
                {
                    "sale_id": "warm-up",
                    "at": now.isoformat(),
                    "lines": [
                        {
                            "line_id": "1",
                            "sku": "warm-up",
                            "quantity_milli": 1000,
                            "unit_price_minor": 100,
                        }
                    ],
                }
            )
        ).effects()

    def look_ahead(self) -> None:
        """Load rules that the agent has brought, so that no sale waits for them."""
        cache = self.cache.reader()
        now = self.clock.now()
        rules = None
        if cache is not None:
            manifests = cache.generations()
            self._rules.look_ahead(manifests)
            rules, _ = self._rules.active(manifests, now)
        # In one piece: events are written on other threads, too.
        self.journal.circumstances = {
            "generation": rules.generation if rules else 0,
            "offline": self.config.head_office is not None
            and agent_word.is_offline(self.config.data_dir, at=now),
        }

    def read(self, value: Mapping[str, Any]) -> Snapshot:
        """Return the checked snapshot, filled from the article and customer master.

        Raises:
            SaleError: it is no sale; names the place.
        """
        return read_snapshot(
            value, defaults=self._defaults, article=self.article, customer=self._customer
        )

    def read_bare(self, value: Mapping[str, Any]) -> Snapshot:
        """Return the checked snapshot with nothing but what the till sent."""
        return read_snapshot(value, defaults=self._defaults, article=_nothing, customer=_nothing)

    def article(self, sku: str) -> dict[str, Any] | None:
        """Return what the article master knows of an article."""
        cache = self.cache.reader()
        return cache.article(sku) if cache else None

    def _piece(self, sku: str) -> Line | None:
        """Return one piece of an article at its price, for the hint of a gift."""
        try:
            facts = self.article(sku)
        except StorageError:
            return None  # a hint less, the sale has its price
        if facts is None:
            return None
        del facts["name"]
        facts |= {name: tuple(facts[name]) for name in ("categories", "tags")}
        return Line(line_id=sku, sku=sku, quantity_milli=1000, **facts)

    def scan(self, code: str) -> Scanned | Refused:
        """Say what a code is; a card brings the customer and the panel."""
        if is_reward_code(code.strip()):
            # As a voucher: the code goes into the snapshot, what it does says the sale.
            return Scanned(kind="voucher", code=code.strip())
        routed = route(code, self.config.prefix)
        if routed is None:
            return Refused(Refusal.CODE_UNKNOWN, {"code": code.strip()[:50]})
        if routed.kind == "voucher":
            # One article number of 17 signs in 36 has its check symbol, digits for line scanners
            # have none; a voucher nobody here knows may be one of another shop.
            return (
                self._voucher(routed.code)
                or self._article_of(code.strip())
                or Scanned(kind="voucher", code=routed.code)
            )
        if routed.kind == "card":
            return self.scan_card(routed.code)
        if routed.kind == "approval":
            if self.config.approvals.enabled:
                # One article number like A123456789 in ten has the check digit of a paper.
                return (
                    self._approval(routed.code)
                    or self._article_of(code.strip())
                    or Refused(Refusal.APPROVAL_UNKNOWN)
                )
            routed = Routed("article", code.strip())
        # A generic code ("SOMMER10") looks like an article until somebody knows it.
        return (
            self._article_of(routed.code)
            or self._voucher(normalised(routed.code))
            or Refused(Refusal.CODE_UNKNOWN, {"code": routed.code[:50]})
        )

    def _article_of(self, sku: str) -> Scanned | None:
        line = self.article(sku)
        return Scanned(kind="article", code=sku, line={"sku": sku, **line}) if line else None

    def _approval(self, number: str) -> Scanned | None:
        """Return goods on approval of this till; their customer comes with them."""
        with self.journal.reading() as journal:
            approval = approval_store.find(journal, number)
        if approval is None:
            return None
        found = self.scan_customer(approval.customer) or Scanned(kind="approval", code=number)
        state = approval_store.state_of(approval)
        return replace(found, kind="approval", code=number, approval=state)

    def _voucher(self, code: str) -> Scanned | None:
        """Return a voucher that is known; a personal promotion barcode brings its customer, too."""
        with self.book() as book:
            voucher, kind = book.find(code)[:2]
        if voucher is None:
            return None
        holder = voucher.customer
        if holder is None or kind is None or not kind.conditions.sets_customer:
            return Scanned(kind="voucher", code=code)
        found = self.scan_customer(holder)
        if found is None:
            return Scanned(kind="voucher", code=code)
        return replace(found, kind="voucher", code=code)

    def scan_card(self, code: str) -> Scanned | Refused:
        """Return the customer of a card with the panel."""
        if self.keys is None:
            return Refused(Refusal.CARD_UNKNOWN)
        cache = self.cache.reader()
        code_hash = card_hash(code, self.keys.card_key)
        with self.journal.reading() as journal:
            known = KnownCustomers(cache, journal)
            card = known.card(code_hash)
            row = known.row(card.customer) if card else None
            if card is not None and (card.status != _ACTIVE or (row and row.status != _ACTIVE)):
                return Refused(Refusal.CARD_BLOCKED)
            if card is not None and row is not None:
                return self._with_panel(known, row, card=card, kind="card", code=code)
            if card is None:
                # The answer does not wait: who it is comes with the agent's next pull.
                self.online.enrich(code_hash.hex(), None)
            if card is not None or not is_ean13(code):
                return Refused(Refusal.CARD_UNKNOWN)
            # A check digit is all that tells it from a typing error; head office knows the rest.
            member = customer_view.provisional(
                provisional_id(code_hash), code, self.config.language
            )
            return self._with_panel(known, member, card=None, kind="card", code=code)

    def scan_customer(self, customer: str) -> Scanned | None:
        """Return an active customer with the panel, found without a card; None if there is none."""
        with self.journal.reading() as journal:
            known = KnownCustomers(self.cache.reader(), journal)
            row = known.row(customer)
            if row is None or row.status != _ACTIVE:
                return None
            return self._with_panel(known, row, card=None, kind="customer", code=row.number)

    def ids_of(self, customer: str) -> list[str]:
        """Return every id under which a customer may have got something, her own first."""
        with self.journal.reading() as journal:
            return KnownCustomers(self.cache.if_readable(), journal).ids(customer)

    def _with_panel(
        self,
        known: KnownCustomers,
        row: CustomerRow,
        *,
        card: KnownCard | None,
        kind: str,
        code: str,
    ) -> Scanned:
        on = self.clock.now().date()
        rate_bp = known.rate_bp(row, card)
        has = customer_view.accounts(row, known, on=on)
        panel = customer_view.panel(
            row, known, rate_bp=rate_bp, on=on, language=self.config.language
        )
        panel["notices"] += [
            notice.to_dict(self.config.language) for notice in self._of_balances(known, row, panel)
        ]
        return Scanned(
            kind=kind,
            code=code,
            customer=customer_view.facts(row, has.shown, rate_bp=rate_bp, on=on),
            panel=panel,
        )

    def _of_balances(
        self, known: KnownCustomers, row: CustomerRow, panel: Mapping[str, Any]
    ) -> Iterator[Notice]:
        """Yield what the cashier should know before talking of points."""
        if any(one["unknown"] for one in panel["balances"]) or customer_view.has_doubtful_counters(
            row, known
        ):
            yield Notice(NoticeCode.BALANCE_UNKNOWN)
        elif self.config.head_office is not None and panel["balances"]:
            notice = agent_word.balance_notice(self.config.data_dir, at=self.clock.now())
            if notice is not None:
                yield notice

    def _customer(self, customer: str) -> dict[str, Any] | None:
        on = self.clock.now().date()
        with self.journal.reading() as journal:
            known = KnownCustomers(self.cache.reader(), journal)
            row = known.row(customer)
            if row is None:
                return None
            has = customer_view.accounts(row, known, on=on)
            rate_bp = known.rate_bp(row)
        return customer_view.facts(row, has.shown, rate_bp=rate_bp, on=on)

    def evaluate(self, value: Mapping[str, Any]) -> Evaluation | Refused:
        """Evaluate a snapshot with the promotions of its generation; ``conflict`` when booked."""
        snapshot = self.read(value)
        if self._is_completed(snapshot.basket.sale_id):
            return Refused(Refusal.CONFLICT)
        notices: list[Notice] = []
        if snapshot.sold_vouchers:
            with self.journal.reading() as journal:
                notices = check_sold(journal, snapshot)
        evaluation = self.evaluate_basket(snapshot, keep=True)
        return replace(evaluation, notices=(*evaluation.notices, *notices))

    def evaluate_charged(self, value: Mapping[str, Any]) -> None:
        """Evaluate a basket that was charged already: what it sells is not questioned any more."""
        self.evaluate_basket(self.read(value), keep=True)

    def evaluate_basket(self, snapshot: Snapshot, *, keep: bool = False) -> Evaluation:
        """Evaluate a checked snapshot; ``keep`` = the sale is open and may be completed."""
        rules, notices = self._rules_for(snapshot)
        found = self._present(snapshot)
        result, basket = self._price(rules, snapshot, found)
        check_paid_minimum(found, snapshot, [line.paid_minor for line in result.lines])
        accepted, rejected = found.accepted, found.rejected
        points = self._offer_points(snapshot, taken_minor=given_under_caps(found, result))
        vouchers = self._use_vouchers(snapshot, accepted, points, rules, result)
        rejected.update(points.rejected)
        used = {one.code for one in result.coupons_used}
        if vouchers is not None:
            used |= {one.voucher.code for one in vouchers.settlement.used}
        for code in accepted:
            if code not in used:
                rejected[code] = Refused(Refusal.VOUCHER_NOTHING_TO_APPLY)
        for code in points.accepted:
            if code not in used and code not in rejected:
                rejected[code] = Refused(Refusal.REWARD_NOTHING_TO_APPLY)
        evaluation = Evaluation(
            evaluation_id=fingerprint(snapshot, generation=result.generation),
            result=result,
            rejected=rejected,
            notices=notices,
            language=self.config.language,
            currency=basket.currency,
            programs=self._programs() if result.earned else {},
            vouchers=vouchers,
        )
        if keep:
            self._keep(
                Running(snapshot, basket, rules, accepted, evaluation, found.known, points.accepted)
            )
        return evaluation

    def _price(
        self, rules: RuleGeneration | None, snapshot: Snapshot, found: Presented
    ) -> tuple[Result, Basket]:
        """Return the prices; a coupon that gives more than its cap allows is left out."""
        for _ in range(len(found.accepted) + 1):
            basket = _with_coupons(snapshot.basket, found.accepted)
            result = _result(rules, basket, snapshot, article=self._piece)
            too_much = coupons_over_their_cap(found, result)
            if not too_much:
                break
            for code, why in too_much.items():
                found.reject(code, why)
        return result, basket

    def _offer_points(self, snapshot: Snapshot, *, taken_minor: int) -> Offered:
        """Say which rewards of a sale may lower its price."""
        if not any(is_reward_code(one.code) for one in snapshot.extras.codes):
            return Offered()
        if self.journal.ballast.is_spent:
            codes = (one.code for one in snapshot.extras.codes if is_reward_code(one.code))
            return Offered(rejected=dict.fromkeys(codes, Refused(Refusal.DISK_RESERVE)))
        on = self.clock.now().date().isoformat()
        with self.journal.reading() as journal:
            cache = self.cache.reader()
            return offered(snapshot, self.config, cache, journal, on=on, taken_minor=taken_minor)

    def _use_vouchers(
        self,
        snapshot: Snapshot,
        accepted: Mapping[str, Accepted],
        points: Offered,
        rules: RuleGeneration | None,
        result: Result,
    ) -> VoucherAnswer | None:
        """Say what value vouchers and points do after all promotions; None without any."""
        asked_minor = {
            voucher_symbols(one.code) or normalised(one.code): one.amount_minor
            for one in snapshot.extras.codes
        }
        vouchers, labels = with_value(accepted, asked_minor, language=self.config.language)
        vouchers += [one.voucher for one in points.accepted.values()]
        labels |= {code: one.label for code, one in points.accepted.items()}
        if not vouchers:
            return None
        basket = snapshot.basket
        paid_minor = [line.paid_minor for line in result.lines]
        done = settle_vouchers(basket.lines, paid_minor, vouchers)
        for used in done.used:
            offer = points.accepted.get(used.voucher.code)
            refused = offer.too_little(used) if offer else None
            if refused is not None:
                points.rejected[used.voucher.code] = refused
                vouchers.remove(used.voucher)
        if points.rejected:
            done = settle_vouchers(basket.lines, paid_minor, vouchers)
        earned = result.earned
        if done.discount_minor and rules is not None:
            after = earnings(rules, basket, result.earned, done.paid_minor)
            earned = tuple(
                Earned(one.account, one.amount, one.promotions) for one in after if one.amount
            )
        effects = voucher_effects(
            done,
            basket.lines,
            labels=labels,
            currency=basket.currency,
            language=self.config.language,
            credit_gv_typ=self.config.fiscal.goods_credit,
        )
        return VoucherAnswer(settlement=done, effects=tuple(effects), earned=earned)

    def earned_texts(self, entries: Iterable[LedgerEntry]) -> dict[str, str]:
        """Return what entries that earned say to the customer, by their id."""
        entries = list(entries)
        programs = self._programs() if entries else {}
        return {
            entry.id: wording.earned(
                entry.delta,
                programs.get(entry.program),
                account=entry.program,
                currency=self.config.currency,
                language=self.config.language,
            )
            for entry in entries
        }

    def terms(self) -> Mapping[str, Terms]:
        """Return what each programme says of its lots; a broken cache costs no receipt."""
        try:
            cache = self.cache.reader()
            programs = account_lookup.programs(cache) if cache else {}
        except StorageError:
            return {}
        return {code: program.terms for code, program in programs.items()}

    def _programs(self) -> Mapping[str, str]:
        cache = self.cache.reader()
        return cache.programs() if cache else {}

    def evaluate_at_list_price(self, value: Mapping[str, Any], *, notice: Notice) -> Evaluation:
        """Evaluate a snapshot without rules, cache or vouchers: what is left when those fail."""
        snapshot = self.read_bare(value)
        evaluation = self._at_list_price(snapshot, notice, late=False)
        self._keep(Running(snapshot, snapshot.basket, None, {}, evaluation))
        return evaluation

    def late(self, value: Mapping[str, Any]) -> Evaluation:
        """Return the list price of a sale whose answer is not there in time; on any thread."""
        snapshot = self.read_bare(value)
        evaluation = self._at_list_price(snapshot, Notice(NoticeCode.LATE), late=True)
        # As it was sent: what the master data know is filled in when it is booked.
        given = (evaluation.evaluation_id, copy.deepcopy(dict(value)))
        with self._late_lock:
            while len(self._late) >= RUNNING_MAX:
                del self._late[next(iter(self._late))]
            self._late[snapshot.basket.sale_id] = given
        return evaluation

    def _at_list_price(self, snapshot: Snapshot, notice: Notice, *, late: bool) -> Evaluation:
        basket = lowered(snapshot.basket, snapshot.host_discounts)
        result = put_together(list_price(basket), snapshot.basket, snapshot.host_discounts)
        return Evaluation(
            evaluation_id=fingerprint(snapshot, generation=0, late=late),
            result=result,
            notices=(notice,),
            language=self.config.language,
            currency=basket.currency,
            late=late,
        )

    def sold_late(self, value: Mapping[str, Any]) -> Running:
        """Return a sale as it was sold at list price: it uses nothing, and earns.

        Args:
            value: its snapshot; codes in it are not looked at. A broken cache costs no receipt: the
                sale then earns nothing.
        """
        sold = {**value, "codes": []}
        programs: Mapping[str, str] = {}
        try:
            snapshot = self.read(sold)
            rules, _ = self._rules_for(snapshot)
            programs = self._programs()
        except StorageError:
            snapshot, rules = self.read_bare(sold), None
        basket = replace(snapshot.basket, coupons=())
        if rules is not None:
            others = tuple(one.id for one in rules.promotions if one.layer != _EARN)
            basket = replace(basket, declined=others)
        evaluation = Evaluation(
            evaluation_id=fingerprint(snapshot, generation=0, late=True),
            result=_result(rules, basket, snapshot),
            language=self.config.language,
            currency=basket.currency,
            programs=programs,
            late=True,
        )
        return Running(snapshot, basket, rules, {}, evaluation)

    def late_snapshot(
        self,
        sale_id: str,
        evaluation_id: str | None,
        handed_in: Mapping[str, Any] | None = None,
    ) -> Mapping[str, Any] | None:
        """Return the snapshot that was answered late under this id, if it was.

        Args:
            sale_id: of the sale.
            evaluation_id: by which it was charged.
            handed_in: its snapshot; tells a late answer of a process that has ended, too.
        """
        with self._late_lock:
            given = self._late.get(sale_id)
        if given and evaluation_id == given[0]:
            return given[1]
        running = self._running.get(sale_id)
        if handed_in is None or evaluation_id is None:
            return None
        if running is not None and evaluation_id == running.evaluation.evaluation_id:
            return None
        late_id = fingerprint(self.read_bare(handed_in), generation=0, late=True)
        return handed_in if evaluation_id == late_id else None

    def settle_online(self, sale_id: str) -> None:
        """Tell head office what a completed or cancelled sale used of what it held for it."""
        with self.journal.reading() as journal:
            used = journal_lookup.vouchers_used(journal, sale_id)
        self.online.settle(sale_id, used)

    def running(self, sale_id: str) -> Running | None:
        """Return the last evaluation of an open sale, if it is still in memory."""
        return self._running.get(sale_id)

    def forget(self, sale_id: str) -> None:
        """Drop what is in memory of a sale."""
        self._running.pop(sale_id, None)
        with self._late_lock:
            self._late.pop(sale_id, None)

    def _is_completed(self, sale_id: str) -> bool:
        with self.journal.reading() as journal:
            return journal_lookup.is_completed(journal, sale_id)

    def _keep(self, running: Running) -> None:
        sale_id = running.basket.sale_id
        self._running.pop(sale_id, None)
        while len(self._running) >= RUNNING_MAX:
            del self._running[next(iter(self._running))]
        self._running[sale_id] = running

    def _rules_for(self, snapshot: Snapshot) -> tuple[RuleGeneration | None, tuple[Notice, ...]]:
        cache = self.cache.reader()
        manifests = cache.generations() if cache else ()
        begun_with = snapshot.extras.generation
        if not begun_with:
            return self._rules.active(manifests, snapshot.basket.at)
        begun = self.rules_of(begun_with)
        if begun is not None:
            return begun, ()
        rules, notices = self._rules.active(manifests, snapshot.basket.at)
        gone = Notice(NoticeCode.RULES_DAMAGED, {"generation": begun_with})
        return rules, (gone, *(notice for notice in notices if notice != gone))

    def rules_of(self, generation: int) -> RuleGeneration | None:
        """Return the rules of a generation, if they are still here."""
        cache = self.cache.reader()
        for manifest in cache.generations() if cache else ():
            if manifest.generation == generation:
                return self._rules.load(manifest)
        return None

    def birthday_on(self, customer: str) -> str | None:
        """Return the birthday of a customer as a shop day, if it is known here."""
        cache = self.cache.reader()
        row = cache.customer(customer) if cache else None
        return row.birthday_on if row else None

    def _present(self, snapshot: Snapshot) -> Presented:
        if not snapshot.extras.codes:
            return Presented()
        if self.journal.ballast.is_spent:
            # Earning goes on; what is spent could not be undone when the disk is full altogether.
            refused = Refused(Refusal.DISK_RESERVE)
            codes = (one.code for one in snapshot.extras.codes if not is_reward_code(one.code))
            return Presented(rejected=dict.fromkeys(codes, refused))
        with self.book() as book:
            return present(snapshot, book)

    @contextmanager
    def book(self) -> Iterator[VoucherBook]:
        """Hold the journal to look vouchers up."""
        cache = self.cache.reader()
        with self.journal.reading() as journal:
            keys = self.keys.rule_keys if self.keys else {}
            yield VoucherBook(self.config, journal, cache, keys, self.online.hold)

    def health(self) -> dict[str, Any]:
        """Return what of this till's state a screen or a technician asks for."""
        with self.journal.reading() as journal:
            own = {
                "approvals": self.config.approvals.enabled,
                "last_seq": journal_lookup.last_seq(journal),
                "suspended": journal_lookup.suspended_ids(journal),
            }
        try:
            brought, notices = self._brought()
        except StorageError:
            brought, notices = {}, (Notice(NoticeCode.CACHE_UNAVAILABLE),)
        if self.keys is None:
            notices = (*notices, Notice(NoticeCode.KEYS_MISSING))
        notices = (*notices, *self._of_the_journal())
        if self.config.head_office is not None:
            said = agent_word.notices_of(self.config.data_dir, at=self.clock.now())
            notices = (*notices, *said)
            is_said = any(one.code is NoticeCode.CLOCK_SUSPECT for one in notices)
            if isinstance(self.clock, EffectiveClock) and self.clock.is_held and not is_said:
                notices = (*notices, Notice(NoticeCode.CLOCK_SUSPECT))
        return {
            **brought,
            **own,
            "notices": [notice.to_dict(self.config.language) for notice in notices],
        }

    def _of_the_journal(self) -> Iterator[Notice]:
        """Yield what is wrong with the file of receipts and its disk."""
        if not self.journal.is_writable:
            yield Notice(NoticeCode.JOURNAL_UNAVAILABLE)
        if self.journal.ballast.is_spent:
            yield Notice(NoticeCode.DISK_RESERVE)
        if self.journal.was_damaged:
            yield Notice(NoticeCode.JOURNAL_DAMAGED)

    def _brought(self) -> tuple[dict[str, Any], tuple[Notice, ...]]:
        """Return what the agent has brought so far."""
        cache = self.cache.reader()
        manifests = cache.generations() if cache else ()
        rules, notices = self._rules.active(manifests, self.clock.now())
        state = {
            "generation": rules.generation if rules else 0,
            "synced_at": cache.synced_at() if cache else None,
            "acked_seq": cache.acked().get(self.journal.epoch, 0) if cache else 0,
        }
        return state, notices


def _result(
    rules: RuleGeneration | None,
    basket: Basket,
    snapshot: Snapshot,
    *,
    article: Callable[[str], Line | None] | None = None,
) -> Result:
    cheaper = lowered(basket, snapshot.host_discounts)
    result = rules.evaluate(cheaper, article=article) if rules else list_price(cheaper)
    return put_together(result, basket, snapshot.host_discounts)


def _nothing(_key: str) -> None:
    return None


def _with_coupons(basket: Basket, accepted: Mapping[str, Accepted]) -> Basket:
    """Add the accepted vouchers as coupons, the earliest expiry first: they are used up first.

    Those with a value are none: they act after all promotions.
    """
    if not accepted:
        return basket
    ordered = sorted(accepted.items(), key=lambda item: (item[1].voucher.valid_to_on, item[0]))
    given = {coupon.code for coupon in basket.coupons}
    doubled = next((code for code, _ in ordered if code in given), None)
    if doubled is not None:
        raise SaleError("duplicate_id", "sale.codes", f"{doubled!r} is a coupon and a code")
    coupons = tuple(
        Coupon(code=code, series=one.voucher.type)
        for code, one in ordered
        if one.voucher.value_minor is None
    )
    return replace(basket, coupons=(*basket.coupons, *coupons))
