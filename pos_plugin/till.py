"""The work of the plugin: evaluate a snapshot, book what was charged, answer the same again.

1. What was charged is the fact; a receipt with all that follows from it is one transaction.
2. The same sale id and body again: the stored answer again; another body: ``conflict``.
3. Vouchers are used up in ``complete`` only, and only when their promotion was really given.

Everything here may raise; ``plugin.py`` alone turns faults into notices.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from pos_plugin import customer_view
from pos_plugin.answers import Evaluation, Receipt, Scanned, message
from pos_plugin.card_hash import card_hash
from pos_plugin.errors import SaleError, StorageError
from pos_plugin.list_price import list_price
from pos_plugin.loyalty.ledger import entries_of
from pos_plugin.loyalty.voucher_code import read_code, voucher_hash
from pos_plugin.loyalty.voucher_document import voucher_document
from pos_plugin.loyalty.voucher_type import in_language
from pos_plugin.loyalty.vouchers import Accepted, VoucherState, check
from pos_plugin.model import Basket, Coupon
from pos_plugin.notices import Notice, NoticeCode, Refusal, Refused
from pos_plugin.receipt_event import line_events, promotion_events, receipt_event, sale_answer
from pos_plugin.receipts import book, read_charge, tenders_of
from pos_plugin.rentals import read_rental
from pos_plugin.scan import route
from pos_plugin.snapshot import Defaults, Snapshot, fingerprint, read_snapshot
from pos_plugin.storage import journal_lookup
from pos_plugin.storage.journal_writer import (
    LedgerEntry,
    NewPrintJob,
    ReceiptHead,
    Redemption,
)
from pos_plugin.uids import new_uid
from pos_plugin.voucher_offer import Offer, read_offer

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection, Mapping, Sequence

    from pos_plugin.clock import Clock
    from pos_plugin.config import TillConfig
    from pos_plugin.keys import Keys
    from pos_plugin.loyalty.vouchers import NewVoucher
    from pos_plugin.promotions.generation import RuleGeneration
    from pos_plugin.receipts import BookedReceipt, Charge
    from pos_plugin.rule_shelf import RuleShelf
    from pos_plugin.storage.current_cache import CurrentCache
    from pos_plugin.storage.journal_lookup import Journal
    from pos_plugin.storage.journal_writer import JournalWriter

RUNNING_MAX: Final = 100  # sales whose last evaluation is kept in memory; others are sent again
_ACTIVE: Final = "active"


@dataclass(frozen=True, slots=True)
class Running:
    """The last evaluation of a sale that is not completed yet."""

    snapshot: Snapshot
    basket: Basket  # with the coupons that the codes became
    rules: RuleGeneration | None
    accepted: Mapping[str, Accepted]  # by code
    evaluation: Evaluation


class Till:
    """One till: its settings, its two files, its rules.

    Args:
        config: of this till.
        clock: tells the time.
        journal: the writer of journal.db.
        cache: the current cache file.
        rules: the generations.
        keys: from head office, None before enrolment.
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
    ) -> None:
        self._config = config
        self._clock = clock
        self._journal = journal
        self._cache = cache
        self._rules = rules
        self._keys = keys
        self._running: dict[str, Running] = {}
        self._defaults = Defaults(shop=config.shop, till=config.till, currency=config.currency)

    def article(self, sku: str) -> dict[str, Any] | None:
        """Return what the article master knows of an article."""
        cache = self._cache.reader()
        return cache.article(sku) if cache else None

    def scan(self, code: str) -> Scanned | Refused:
        """Say what a code is; a card brings the customer and the panel."""
        routed = route(code, self._config.prefix)
        if routed is None:
            return Refused(Refusal.CODE_UNKNOWN, {"code": code.strip()[:50]})
        if routed.kind == "voucher":
            return Scanned(kind="voucher", code=routed.code)
        if routed.kind == "card":
            return self._scan_card(routed.code)
        line = self.article(routed.code)
        if line is None:
            return Refused(Refusal.CODE_UNKNOWN, {"code": routed.code[:50]})
        return Scanned(kind="article", code=routed.code, line={"sku": routed.code, **line})

    def _scan_card(self, code: str) -> Scanned | Refused:
        cache = self._cache.reader()
        if cache is None or self._keys is None:
            return Refused(Refusal.CARD_UNKNOWN)
        card = cache.card(card_hash(code, self._keys.card_key))
        row = cache.customer(card[0]) if card else None
        if card is None or row is None:
            return Refused(Refusal.CARD_UNKNOWN)
        if card[1] != _ACTIVE or row.status != _ACTIVE:
            return Refused(Refusal.CARD_BLOCKED)
        on = self._clock.now().date()
        with self._journal.reading() as journal:
            has = customer_view.accounts(row, cache, journal)
            return Scanned(
                kind="card",
                code=code,
                customer=customer_view.facts(row, has.shown, on=on),
                panel=customer_view.panel(
                    row, has, cache, journal, on=on, language=self._config.language
                ),
            )

    def _customer(self, customer: str) -> dict[str, Any] | None:
        cache = self._cache.reader()
        row = cache.customer(customer) if cache else None
        if cache is None or row is None:
            return None
        with self._journal.reading() as journal:
            has = customer_view.accounts(row, cache, journal)
        return customer_view.facts(row, has.shown, on=self._clock.now().date())

    def evaluate(self, value: Mapping[str, Any]) -> Evaluation:
        """Evaluate a snapshot with the promotions of its generation."""
        snapshot = read_snapshot(
            value, defaults=self._defaults, article=self.article, customer=self._customer
        )
        rules, notices = self._rules_for(snapshot)
        accepted, rejected = self._check_codes(snapshot)
        basket = _with_coupons(snapshot.basket, accepted)
        result = rules.evaluate(basket) if rules else list_price(basket)
        used = {one.code for one in result.coupons_used}
        for code in accepted:
            if code not in used:
                rejected[code] = Refused(Refusal.VOUCHER_NOTHING_TO_APPLY)
        evaluation = Evaluation(
            evaluation_id=fingerprint(snapshot, generation=result.generation),
            result=result,
            rejected=rejected,
            notices=notices,
            language=self._config.language,
        )
        self._keep(Running(snapshot, basket, rules, accepted, evaluation))
        return evaluation

    def evaluate_at_list_price(self, value: Mapping[str, Any], *, notice: Notice) -> Evaluation:
        """Evaluate a snapshot without rules, cache or vouchers: what is left when those fail."""
        snapshot = read_snapshot(
            value, defaults=self._defaults, article=_nothing, customer=_nothing
        )
        evaluation = Evaluation(
            evaluation_id=fingerprint(snapshot, generation=0),
            result=list_price(snapshot.basket),
            notices=(notice,),
            language=self._config.language,
        )
        self._keep(Running(snapshot, snapshot.basket, None, {}, evaluation))
        return evaluation

    def _rules_for(self, snapshot: Snapshot) -> tuple[RuleGeneration | None, tuple[Notice, ...]]:
        cache = self._cache.reader()
        manifests = cache.generations() if cache else ()
        begun_with = snapshot.extras.generation
        if not begun_with:
            return self._rules.active(manifests, snapshot.basket.at)
        for manifest in manifests:
            if manifest.generation == begun_with:
                rules = self._rules.load(manifest)
                if rules is not None:
                    return rules, ()
        rules, notices = self._rules.active(manifests, snapshot.basket.at)
        gone = Notice(NoticeCode.RULES_DAMAGED, {"generation": begun_with})
        return rules, (gone, *(notice for notice in notices if notice != gone))

    def _check_codes(self, snapshot: Snapshot) -> tuple[dict[str, Accepted], dict[str, Refused]]:
        accepted: dict[str, Accepted] = {}
        rejected: dict[str, Refused] = {}
        customer = snapshot.basket.customer
        for scanned in snapshot.extras.codes:
            code = read_code(scanned.code)
            if code is None:
                rejected[scanned.code] = Refused(Refusal.VOUCHER_UNKNOWN)
                continue
            with self._journal.reading() as journal:
                voucher = journal_lookup.voucher_by_code(journal, voucher_hash(code))
            answer = check(
                voucher,
                customer=customer.id if customer else None,
                on=snapshot.basket.wall_at.date(),
                rights=snapshot.extras.rights,
            )
            if isinstance(answer, Accepted):
                accepted[code] = answer
            else:
                rejected[code] = answer
        return accepted, rejected

    def _keep(self, running: Running) -> None:
        sale_id = running.basket.sale_id
        self._running.pop(sale_id, None)
        while len(self._running) >= RUNNING_MAX:
            del self._running[next(iter(self._running))]
        self._running[sale_id] = running

    def is_running(self, sale_id: str) -> bool:
        """Say whether the last evaluation of a sale is still in memory."""
        return sale_id in self._running

    def complete(self, sale_id: str, completion: Mapping[str, Any]) -> Receipt | Refused:
        """Book a sale with what was charged, once."""
        charge = read_charge(completion)
        key = f"complete:{sale_id}"
        request_hash = _hash(completion)
        stored = self._stored(key, request_hash)
        if stored is not None:
            return stored
        running = self._running.get(sale_id)
        if running is None:
            return Refused(Refusal.SALE_UNKNOWN)
        receipt = self._book(running, charge, key=key, request_hash=request_hash)
        del self._running[sale_id]
        return receipt

    def _stored(self, key: str, request_hash: bytes) -> Receipt | Refused | None:
        with self._journal.reading() as journal:
            stored = journal_lookup.stored_answer(journal, key)
        if stored is None:
            return None
        if stored.request_hash != request_hash:
            return Refused(Refusal.CONFLICT)
        return Receipt(json.loads(stored.answer))

    def _book(self, running: Running, charge: Charge, *, key: str, request_hash: bytes) -> Receipt:
        now = self._clock.now()
        basket, result = running.basket, running.evaluation.result
        booked = book(
            basket,
            result,
            running.rules,
            charge,
            evaluation_id=running.evaluation.evaluation_id,
        )
        head = ReceiptHead(
            sale_id=basket.sale_id,
            receipt_number=charge.receipt_number,
            cashier=running.snapshot.extras.cashier,
            customer=basket.customer.id if basket.customer else None,
            at=basket.at,
            completed_at=now,
            currency=basket.currency,
            generation=result.generation,
            evaluation_id=running.evaluation.evaluation_id,
            optimal=result.optimal,
            gap_minor=result.gap_minor,
            evaluated_total_minor=result.total_minor,
            tenders=tenders_of(charge),
        )
        is_purchase = any(line.quantity_milli > 0 for line in basket.lines)
        offer = self._offer("sale_completed", head.customer if is_purchase else None)
        with self._journal.transaction() as journal:
            redemptions, exceptions = _redemptions(journal, running, booked)
            issued = offer.issue(
                journal,
                segments=basket.customer.segments if basket.customer else (),
                redeemed={one.voucher for one in redemptions},
                now=now,
            )
            ledger, changes = _accruals(basket, booked, is_purchase=is_purchase, now=now)
            body = {
                **self._event_head(head.cashier, head.customer, now),
                "generation": result.generation,
                "receipt": receipt_event(head, booked),
                "lines": line_events(basket, booked),
                "promotion_results": promotion_events(basket, booked),
                "ledger": [entry.to_event() for entry in ledger],
                "entries": [
                    {"customer": head.customer, "key": name, "delta": delta}
                    for name, delta in changes.items()
                ],
                "redemptions": [one.to_event() for one in redemptions],
                "vouchers": [voucher.to_event() for voucher in issued],
                "exceptions": exceptions,
                "proof": {"optimal": result.optimal, "gap_minor": result.gap_minor},
            }
            seq = self._journal.add_event(
                kind="sale_completed", body=body, touches=_touches(head.customer), at=now
            )
            self._journal.add_receipt(seq, head, basket, booked)
            if head.customer is not None:
                self._journal.add_ledger(seq, ledger, generation=result.generation, at=now)
                self._journal.add_own_entries(seq, head.customer, changes)
            for redemption in redemptions:
                self._journal.redeem(seq, redemption, receipt=seq, at=now)
            effects = self._store_vouchers(
                issued, seq, offer.holder, receipt=seq, cashier=head.cashier, now=now
            )
            if booked.charged_differs:
                effects.append(message(Notice(NoticeCode.CHARGED_DIFFERS), self._config.language))
            answer = sale_answer(head, booked, effects)
            self._journal.keep_answer(key, request_hash=request_hash, answer=_json(answer))
            self._journal.drop_suspended(basket.sale_id)
        return Receipt(answer)

    def rental_returned(
        self,
        rental_id: str,
        *,
        customer: str | None,
        articles: Sequence[Mapping[str, Any]],
        cashier: str | None,
    ) -> Receipt | Refused:
        """Report rented articles as back, once per rental id; may issue a voucher."""
        now = self._clock.now()
        rental = read_rental(
            {
                "rental": rental_id,
                "customer": customer,
                "cashier": cashier,
                "articles": articles,
            }
        )
        request = {
            "rental": rental_id,
            "customer": customer,
            "articles": rental.plain_articles(),
        }
        key = f"rental_returned:{rental_id}"
        request_hash = _hash(request)
        stored = self._stored(key, request_hash)
        if stored is not None:
            return stored
        offer = self._offer("rental_returned", customer)
        with self._journal.transaction() as journal:
            issued = offer.issue(journal, segments=offer.segments, redeemed=(), now=now)
            seq = self._journal.add_event(
                kind="rental_returned",
                body={
                    **self._event_head(cashier, customer, now),
                    "rental": rental_id,
                    "articles": request["articles"],
                    "vouchers": [voucher.to_event() for voucher in issued],
                },
                touches=_touches(customer),
                at=now,
            )
            effects = self._store_vouchers(
                issued, seq, offer.holder, receipt=None, cashier=cashier, now=now
            )
            answer = {"rental": rental_id, "effects": effects}
            self._journal.keep_answer(key, request_hash=request_hash, answer=_json(answer))
        return Receipt(answer)

    def _offer(self, event: str, customer: str | None) -> Offer:
        """Read what an event issues before its transaction: a broken cache costs no receipt."""
        if customer is None:
            return Offer(event)
        try:
            cache = self._cache.reader()
            return read_offer(cache, event, customer) if cache else Offer(event)
        except StorageError:
            return Offer(event)

    def _store_vouchers(
        self,
        issued: Collection[NewVoucher],
        seq: int,
        holder: str,
        *,
        receipt: int | None,
        cashier: str | None,
        now: dt.datetime,
    ) -> list[dict[str, Any]]:
        """Store issued vouchers with their print jobs; return the effects that say so."""
        effects: list[dict[str, Any]] = []
        for voucher in issued:
            self._journal.add_voucher(seq, voucher, receipt=receipt, cashier=cashier, at=now)
            effects.append(self._issue_effect(voucher))
            effects.append(self._print(voucher, holder, now))
        return effects

    def _issue_effect(self, voucher: NewVoucher) -> dict[str, Any]:
        language = self._config.language
        return {
            "effect_id": f"voucher:{voucher.id}",
            "kind": "issue_voucher",
            "voucher_id": voucher.id,
            "type": voucher.type.code,
            "title": in_language(voucher.type.layout.title, language),
            "benefit": in_language(voucher.type.effect.label, language),
            "code": voucher.code,
            "valid_to_on": voucher.valid_to_on,
        }

    def _print(self, voucher: NewVoucher, holder: str, now: dt.datetime) -> dict[str, Any]:
        """Queue the paper of a voucher, or say that it cannot be printed; it is valid anyway."""
        # Loaded with the first voucher: a till that issues none never needs it.
        from printers.document import Document
        from printers.errors import DocumentInvalid

        try:
            document = Document.from_dict(
                voucher_document(
                    voucher,
                    holder=holder,
                    shop=self._config.shop,
                    language=self._config.language,
                ),
                customer_bound=voucher.type.customer_bound,
            )
        except DocumentInvalid:
            return message(Notice(NoticeCode.PRINT_DOCUMENT_INVALID), self._config.language)
        uid = str(new_uid(now))
        self._journal.add_print_job(
            NewPrintJob(uid=uid, subject_uid=voucher.id, document=document.to_json()), at=now
        )
        return {"effect_id": f"print:{uid}", "kind": "print", "job": uid, "attempt": 1}

    def suspend(self, value: Mapping[str, Any]) -> Refused | None:
        """Park a snapshot under its sale id."""
        snapshot = read_snapshot(
            value, defaults=self._defaults, article=_nothing, customer=_nothing
        )
        sale_id = snapshot.basket.sale_id
        with self._journal.transaction() as journal:
            if journal_lookup.stored_answer(journal, f"complete:{sale_id}") is not None:
                return Refused(Refusal.CONFLICT)
            self._journal.suspend(sale_id, snapshot=_json(dict(value)), at=self._clock.now())
        return None

    def recall(self, sale_id: str) -> tuple[dict[str, Any], tuple[Notice, ...]] | Refused:
        """Return a parked snapshot; one of another shop day begins anew, and says so."""
        now = self._clock.now()
        with self._journal.transaction() as journal:
            parked = journal_lookup.suspended(journal, sale_id)
            if parked is None:
                return Refused(Refusal.SALE_UNKNOWN)
            self._journal.mark_recalled(sale_id, at=now)
        snapshot: dict[str, Any] = json.loads(parked.snapshot)
        if parked.business_on == now.date().isoformat():
            return snapshot, ()
        snapshot["at"] = now.isoformat(timespec="milliseconds")
        snapshot.pop("generation", None)
        if isinstance(snapshot.get("customer"), dict):
            snapshot["customer"] = {"id": snapshot["customer"]["id"]}
        notice = Notice(NoticeCode.RECALLED_OTHER_DAY, {"business_on": parked.business_on})
        return snapshot, (notice,)

    def forget(self, sale_id: str) -> None:
        """Drop what is kept of a sale that is given up."""
        self._running.pop(sale_id, None)
        with self._journal.transaction():
            self._journal.drop_suspended(sale_id)

    def health(self) -> dict[str, Any]:
        """Return what of this till's state a screen or a technician asks for."""
        cache = self._cache.reader()
        manifests = cache.generations() if cache else ()
        rules, notices = self._rules.active(manifests, self._clock.now())
        if self._keys is None:
            notices = (*notices, Notice(NoticeCode.KEYS_MISSING))
        with self._journal.reading() as journal:
            last_seq = journal_lookup.last_seq(journal)
            parked = journal_lookup.suspended_ids(journal)
        return {
            "generation": rules.generation if rules else 0,
            "synced_at": cache.synced_at() if cache else None,
            "last_seq": last_seq,
            "acked_seq": cache.acked().get(self._journal.epoch, 0) if cache else 0,
            "suspended": parked,
            "notices": [notice.to_dict(self._config.language) for notice in notices],
        }

    def _event_head(
        self, cashier: str | None, customer: str | None, now: dt.datetime
    ) -> dict[str, Any]:
        return {
            "shop": self._config.shop,
            "till": self._config.till,
            "cashier": cashier,
            "customer": customer,
            "business_on": now.date().isoformat(),
        }


def _nothing(_key: str) -> None:
    return None


def _touches(customer: str | None) -> list[str]:
    return [] if customer is None else [customer]


def _with_coupons(basket: Basket, accepted: Mapping[str, Accepted]) -> Basket:
    """Add the accepted vouchers as coupons, the earliest expiry first: they are used up first."""
    if not accepted:
        return basket
    ordered = sorted(accepted.items(), key=lambda item: (item[1].voucher.valid_to_on, item[0]))
    given = {coupon.code for coupon in basket.coupons}
    doubled = next((code for code, _ in ordered if code in given), None)
    if doubled is not None:
        raise SaleError("duplicate_id", "sale.codes", f"{doubled!r} is a coupon and a code")
    coupons = tuple(Coupon(code=code, series=one.voucher.type) for code, one in ordered)
    return replace(basket, coupons=(*basket.coupons, *coupons))


def _redemptions(
    journal: Journal, running: Running, booked: BookedReceipt
) -> tuple[list[Redemption], list[dict[str, Any]]]:
    """Return the vouchers used up, and those that another sale used up meanwhile."""
    redemptions: list[Redemption] = []
    exceptions: list[dict[str, Any]] = []
    for used in booked.coupons_used:
        accepted = running.accepted.get(used.code)
        if accepted is None:
            continue  # a coupon of the host's own
        voucher = journal_lookup.voucher_by_code(journal, voucher_hash(used.code))
        if voucher is None or voucher.state != VoucherState.ISSUED:
            exceptions.append(
                {"voucher": accepted.voucher.id, "reason": Refusal.VOUCHER_REDEEMED.value}
            )
            continue
        redemptions.append(
            Redemption(voucher=voucher.id, promotion=used.promotion, right_used=accepted.right_used)
        )
    return redemptions, exceptions


def _accruals(
    basket: Basket, booked: BookedReceipt, *, is_purchase: bool, now: dt.datetime
) -> tuple[list[LedgerEntry], dict[str, int]]:
    if basket.customer is None:
        return [], {}
    ledger = [
        LedgerEntry(
            id=str(new_uid(now)),
            customer=basket.customer.id,
            program=one.account,
            delta=one.amount,
            promotions=one.promotions,
        )
        for one in booked.earned
    ]
    changes = entries_of(
        earned=booked.earned,
        given=booked.given,
        total_minor=booked.total_minor,
        is_purchase=is_purchase,
        business_on=now.date(),
    )
    return ledger, changes


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _hash(request: Mapping[str, Any]) -> bytes:
    text = json.dumps(request, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    return hashlib.sha256(text.encode()).digest()
