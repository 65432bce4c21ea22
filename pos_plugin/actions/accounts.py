"""Accounts outside a sale: paid out, corrected, exchanged for rewards (B2, B4, B7).

1. Nothing is spent that is not available; with a head office also nothing above the caps of what
   it does not know yet.
2. A pay-out is one transaction: entries over the lots, voucher, print job, event.
3. A correction needs a reason and a second person; nothing is ever edited.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final, NamedTuple

from pydantic import Field

from pos_plugin import wording
from pos_plugin.actions.booked_once import Actions, Moment, Request, read_request
from pos_plugin.customer.account_view import Account, accounts_of, counter
from pos_plugin.customer.known import KnownCustomers
from pos_plugin.limits import MAX_POINTS
from pos_plugin.loyalty.ledger import USES
from pos_plugin.loyalty.lots import Kind, LedgerEntry, earn, spend
from pos_plugin.loyalty.payout import PayOut, notes
from pos_plugin.loyalty.rewards import RewardKind, not_enough, not_now, sold_out
from pos_plugin.loyalty.voucher_type import LegalKind, in_language, read_voucher_type
from pos_plugin.loyalty.vouchers import new_voucher
from pos_plugin.notices import Refusal, Refused
from pos_plugin.storage import account_lookup, ledger_store
from pos_plugin.text import PlainText as Text
from pos_plugin.uids import new_uid
from pos_plugin.voucher.spending import room_minor

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pos_plugin.answers import Receipt
    from pos_plugin.booking.issuing import Issuing
    from pos_plugin.loyalty.rewards import Reward
    from pos_plugin.loyalty.voucher_type import VoucherType
    from pos_plugin.storage.cache_reader import CacheReader, CustomerRow
    from pos_plugin.till import Till

PAID_OUT: Final = "bonus_paid_out"
ADJUSTED: Final = "balance_adjusted"
REDEEMED: Final = "reward_redeemed"
EUR_MINOR: Final = "EUR_MINOR"
REWARD_USES: Final = f"{USES}reward:"
"""Counter of how many of a reward a customer got: of every till, by the rule of sync.md §6."""

Amount = Annotated[int, Field(ge=1, le=MAX_POINTS)]


class PayOutRequest(Request):
    """Bonus money that becomes a voucher.

    Args:
        request_id: the host's own id; the same request again gets the same answer.
        customer: id of the customer.
        program: the account.
        amount_minor: in minor units (cents); missing = as much as possible.
        cashier: number of the cashier.
    """

    request_id: Text
    customer: Text
    program: Text
    amount_minor: Amount | None = None
    cashier: Text | None = None


class AdjustRequest(Request):
    """A correction of an account.

    Args:
        request_id: the host's own id; the same request again gets the same answer.
        customer: id of the customer.
        program: the account.
        delta: what it gets, or loses below zero, in its unit.
        reason: why.
        cashier: number of the cashier.
        second_person: number of somebody else who agrees.
    """

    request_id: Text
    customer: Text
    program: Text
    delta: Annotated[int, Field(ge=-MAX_POINTS, le=MAX_POINTS)]
    reason: Text
    cashier: Text
    second_person: Text | None = None


class RewardRequest(Request):
    """Points for a reward.

    Args:
        request_id: the host's own id; the same request again gets the same answer.
        customer: id of the customer.
        reward: its code.
        quantity: how many.
        cashier: number of the cashier.
    """

    request_id: Text
    customer: Text
    reward: Text
    quantity: Annotated[int, Field(ge=1, le=999)] = 1
    cashier: Text | None = None


class _Holder(NamedTuple):
    """A customer with the ids and accounts that are hers now."""

    row: CustomerRow
    ids: Sequence[str]
    accounts: Mapping[str, Account]


class AccountDesk:
    """Books what happens to accounts outside a sale.

    Every call returns the stored answer for the same request again, ``conflict`` for another one
    under the same id, and raises ``SaleError`` for what is no request.
    """

    def __init__(self, till: Till, actions: Actions, issuing: Issuing) -> None:
        self._till = till
        self._actions = actions
        self._issuing = issuing

    def pay_out(self, value: Mapping[str, Any]) -> Receipt | Refused:
        """Turn bonus money into vouchers of ``earned_bonus``."""
        asked = read_request(PayOutRequest, value, "payout")
        return self._actions.once(
            f"payout:{asked.request_id}",
            asked.model_dump(),
            lambda moment: self._pay_out(moment, asked),
        )

    def adjust(self, value: Mapping[str, Any]) -> Receipt | Refused:
        """Correct an account, with a reason and a second person."""
        asked = read_request(AdjustRequest, value, "adjustment")
        return self._actions.once(
            f"adjust:{asked.request_id}",
            asked.model_dump(),
            lambda moment: self._adjust(moment, asked),
        )

    def redeem_reward(self, value: Mapping[str, Any]) -> Receipt | Refused:
        """Give a reward for points."""
        asked = read_request(RewardRequest, value, "reward")
        return self._actions.once(
            f"reward:{asked.request_id}",
            asked.model_dump(),
            lambda moment: self._redeem(moment, asked),
        )

    def _pay_out(self, moment: Moment, asked: PayOutRequest) -> Mapping[str, Any] | Refused:
        if self._till.journal.ballast.is_spent:
            return Refused(Refusal.DISK_RESERVE)
        cache = self._till.cache.reader()
        found = self._account(moment, cache, asked.customer, asked.program)
        if isinstance(found, Refused):
            return found
        holder, account = found
        kind = self._payout_kind(cache, account)
        if kind is None:
            return Refused(Refusal.PAYOUT_NOT_OFFERED)
        on = moment.now.date().isoformat()
        caps = self._till.config.offline
        room = room_minor(self._till.config, moment.journal, cache, holder.ids)
        values = notes(
            PayOut(
                threshold=account.program.payout_threshold,
                denominations=account.program.payout_denominations,
                room_minor=room,
                note_max_minor=None if room is None else caps.voucher_minor,
            ),
            account.standing(on),
            asked_minor=asked.amount_minor,
        )
        if isinstance(values, Refused):
            return values
        entries = self._spend(moment, holder, account, sum(values), Kind.PAYOUT)
        vouchers = [
            new_voucher(
                kind,
                customer=holder.row.id,
                trigger=PAID_OUT,
                at=moment.now,
                value_minor=value_minor,
            )
            for value_minor in values
        ]
        facts = {
            "program": asked.program,
            "amount_minor": sum(values),
            **_of_accounts(entries),
            "vouchers": [voucher.to_event() for voucher in vouchers],
        }
        seq = self._book(moment, PAID_OUT, facts, holder, cashier=asked.cashier)
        self._store(moment, seq, entries, worth=True)
        effects = self._issuing.store(
            vouchers, seq, holder.row.name, receipt=None, cashier=asked.cashier, now=moment.now
        )
        return {
            "customer": holder.row.id,
            "program": asked.program,
            "amount_minor": sum(values),
            "effects": effects,
        }

    def _adjust(self, moment: Moment, asked: AdjustRequest) -> Mapping[str, Any] | Refused:
        if (asked.second_person or "").strip() in ("", asked.cashier.strip()):
            return Refused(Refusal.SECOND_PERSON_NEEDED)
        cache = self._till.cache.reader()
        found = self._account(moment, cache, asked.customer, asked.program)
        if isinstance(found, Refused):
            return found
        holder, account = found
        on = moment.now.date()
        entries: tuple[LedgerEntry, ...] = ()
        if asked.delta < 0:
            has = account.standing(on.isoformat())
            refused = not_enough(has, -asked.delta, unit=account.program.unit)
            if refused is not None:
                return refused
            entries = self._spend(
                moment, holder, account, -asked.delta, Kind.ADJUST, reason=asked.reason
            )
        elif asked.delta:
            terms = account.program.terms._replace(maturity_days=0)
            entries = (
                earn(
                    entry_id=str(new_uid(moment.now)),
                    customer=holder.row.id,
                    program=asked.program,
                    amount=asked.delta,
                    terms=terms,
                    on=on,
                    kind=Kind.ADJUST,
                    reason=asked.reason,
                ),
            )
        facts = {
            "program": asked.program,
            "delta": asked.delta,
            "reason": asked.reason,
            "second_person": asked.second_person,
            **_of_accounts(entries),
        }
        seq = self._book(moment, ADJUSTED, facts, holder, cashier=asked.cashier)
        self._store(moment, seq, entries)
        return {
            "customer": holder.row.id,
            "program": asked.program,
            "delta": asked.delta,
            "effects": [],
        }

    def _redeem(self, moment: Moment, asked: RewardRequest) -> Mapping[str, Any] | Refused:
        if self._till.journal.ballast.is_spent:
            return Refused(Refusal.DISK_RESERVE)
        cache = self._till.cache.reader()
        reward = account_lookup.reward(cache, asked.reward) if cache else None
        on = moment.now.date().isoformat()
        refused = not_now(reward, on=on)
        if cache is None or reward is None or refused is not None:
            return refused or Refused(Refusal.REWARD_UNKNOWN)
        if reward.kind is RewardKind.DISCOUNT:
            return Refused(Refusal.REWARD_NOT_HERE)
        found = self._account(moment, cache, asked.customer, reward.program)
        if isinstance(found, Refused):
            return found
        holder, account = found
        price = reward.points * asked.quantity
        unit = account.program.unit
        refused = (
            self._limited(moment, cache, holder, reward, asked.quantity)
            or not_enough(account.standing(on), price, unit=unit)
            or self._over_cap(moment, cache, holder, reward, account, asked.quantity)
        )
        if refused is not None:
            return refused
        article = cache.article(reward.sku) if reward.sku else None
        kind = read_voucher_type(
            cache.voucher_type(reward.voucher_type) if reward.voucher_type else None
        )
        if (reward.kind is RewardKind.ARTICLE and article is None) or (
            reward.kind is RewardKind.VOUCHER_TYPE and kind is None
        ):
            return Refused(Refusal.REWARD_NOT_HERE)
        entries = self._spend(moment, holder, account, price, Kind.REDEEM)
        vouchers = (
            [
                new_voucher(kind, customer=holder.row.id, trigger=REDEEMED, at=moment.now)
                for _ in range(asked.quantity)
            ]
            if kind is not None
            else []
        )
        uses = {REWARD_USES + reward.code: asked.quantity}
        facts = {
            "redemption": asked.request_id,
            **reward.snapshot(),
            "quantity": asked.quantity,
            **_of_accounts(entries, uses),
            "vouchers": [voucher.to_event() for voucher in vouchers],
        }
        seq = self._book(moment, REDEEMED, facts, holder, cashier=asked.cashier)
        self._store(moment, seq, entries, uses, worth=unit == EUR_MINOR)
        ledger_store.add_reward(
            moment.journal,
            asked.request_id,
            epoch=self._till.journal.epoch,
            seq=seq,
            reward=reward.code,
            customer=holder.row.id,
            quantity=asked.quantity,
            at=moment.now,
        )
        effects = [self._reward_effect(reward, asked, article, unit=unit)]
        effects += self._issuing.store(
            vouchers, seq, holder.row.name, receipt=None, cashier=asked.cashier, now=moment.now
        )
        return {
            "customer": holder.row.id,
            "reward": reward.code,
            "program": reward.program,
            "points": price,
            "effects": effects,
        }

    def _account(
        self, moment: Moment, cache: CacheReader | None, customer: str, program: str
    ) -> tuple[_Holder, Account] | Refused:
        """Return the customer and the account as they are inside the transaction."""
        known = KnownCustomers(cache, moment.journal)
        row = known.row(customer)
        if row is None or row.status != "active":
            return Refused(Refusal.CUSTOMER_UNKNOWN)
        ids = known.ids(row.id)
        accounts = accounts_of(ids, cache, moment.journal)
        if program not in accounts:
            return Refused(Refusal.ACCOUNT_UNKNOWN)
        return _Holder(row, ids, accounts), accounts[program]

    def _payout_kind(self, cache: CacheReader | None, account: Account) -> VoucherType | None:
        code = account.program.payout_voucher_type
        if cache is None or code is None or account.program.unit != EUR_MINOR:
            return None
        kind = read_voucher_type(cache.voucher_type(code))
        return kind if kind and kind.legal_kind is LegalKind.EARNED_BONUS else None

    def _limited(
        self,
        moment: Moment,
        cache: CacheReader,
        holder: _Holder,
        reward: Reward,
        quantity: int,
    ) -> Refused | None:
        if reward.stock is not None and self._till.config.head_office is not None:
            # How many are left only head office knows: another till may give the last one now.
            return Refused(Refusal.REWARD_NEEDS_ONLINE)
        held = counter(REWARD_USES + reward.code, holder.ids, cache, moment.journal)
        given = ledger_store.rewards_given(moment.journal, reward.code)
        return sold_out(reward, given=given, held=held, quantity=quantity)

    def _over_cap(
        self,
        moment: Moment,
        cache: CacheReader,
        holder: _Holder,
        reward: Reward,
        account: Account,
        quantity: int,
    ) -> Refused | None:
        """Say that head office does not know enough yet; of points nobody says what they cost."""
        if account.program.unit != EUR_MINOR:
            return None
        room = room_minor(self._till.config, moment.journal, cache, holder.ids)
        if room is None or reward.points * quantity <= room:
            return None
        return Refused(Refusal.OFFLINE_CAP, {"cap_minor": room})

    def _spend(
        self,
        moment: Moment,
        holder: _Holder,
        account: Account,
        amount: int,
        kind: Kind,
        *,
        reason: str | None = None,
    ) -> tuple[LedgerEntry, ...]:
        return spend(
            account.lots,
            amount,
            customer=holder.row.id,
            program=account.program.code,
            kind=kind,
            on=moment.now.date().isoformat(),
            new_id=lambda: str(new_uid(moment.now)),
            reason=reason,
        )

    def _book(
        self,
        moment: Moment,
        event: str,
        facts: Mapping[str, Any],
        holder: _Holder,
        *,
        cashier: str | None,
    ) -> int:
        return self._actions.add_event(
            event, facts, customer=holder.row.id, cashier=cashier, now=moment.now
        )

    def _store(
        self,
        moment: Moment,
        seq: int,
        entries: Sequence[LedgerEntry],
        counters: Mapping[str, int] | None = None,
        *,
        worth: bool = False,
    ) -> None:
        journal = self._till.journal
        ledger_store.add(
            moment.journal,
            entries,
            epoch=journal.epoch,
            seq=seq,
            generation=0,
            at=moment.now,
            worth_minor={entry.id: -entry.delta for entry in entries} if worth else None,
        )
        if entries:
            changes = {**_sums(entries), **(counters or {})}
            journal.add_own_entries(seq, entries[0].customer, changes)

    def _reward_effect(
        self,
        reward: Reward,
        asked: RewardRequest,
        article: Mapping[str, Any] | None,
        *,
        unit: str,
    ) -> dict[str, Any]:
        language = self._till.config.language
        price = reward.points * asked.quantity
        label = in_language(reward.label, language)
        said = (
            wording.money(price, currency=self._till.config.currency, language=language)
            if unit == EUR_MINOR
            else wording.points(price, language=language)
        )
        effect: dict[str, Any] = {
            "effect_id": f"reward:{asked.request_id}",
            "kind": "reward",
            "reward": True,
            "code": reward.code,
            "reward_kind": reward.kind.value,
            "points": price,
            "quantity": asked.quantity,
            "text": f"{label}: {said}",
        }
        if article is not None and reward.kind is RewardKind.ARTICLE:
            # A taxable supply: the host sells it, at its list price, with its own fiscal record.
            effect["line"] = {"sku": reward.sku, **article}
        return effect


def _sums(entries: Sequence[LedgerEntry]) -> dict[str, int]:
    sums: dict[str, int] = {}
    for entry in entries:
        sums[entry.program] = sums.get(entry.program, 0) + entry.delta
    return sums


def _of_accounts(
    entries: Sequence[LedgerEntry], counters: Mapping[str, int] | None = None
) -> dict[str, Any]:
    """Return what an event says of accounts: each entry once, and the sums by account."""
    if not entries:
        return {"ledger": [], "entries": []}
    changes = {**_sums(entries), **(counters or {})}
    return {
        "ledger": [entry.to_event() for entry in entries],
        "entries": [
            {"customer": entries[0].customer, "key": key, "delta": delta}
            for key, delta in changes.items()
        ],
    }
