"""Takes back what a receipt gave beside its goods: points, redemptions, issued vouchers.

1. Points earned go back in proportion to the refunded part; with the last goods all of them. Points
   spent come back with their old expiry.
2. What a voucher had not covered was never paid: it is withheld first. Then a refund goes to the
   vouchers that had paid: that never becomes cash.
3. A coupon or price reduction is valid again when everything is back; of a part of the goods its
   share stays used, or becomes a new voucher, as the shop says.
4. A voucher that the receipt issued ends with its occasion, or shrinks with it. What was used of it
   by then is deducted from the refund, owed, or kept, as the shop says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pos_plugin.booking.taken_back import Reduced, Reissued, Settled, TakenBack
from pos_plugin.loyalty.lots import restore, reverse
from pos_plugin.loyalty.returns import part_left, returned_part, reversed_until_now, spent_until_now
from pos_plugin.loyalty.voucher_type import LegalKind, read_voucher_type
from pos_plugin.loyalty.vouchers import UNUSED, VoucherState, new_voucher
from pos_plugin.storage import journal_lookup, ledger_store, return_store
from pos_plugin.storage.voucher_lookup import as_told
from pos_plugin.uids import new_uid

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    from pos_plugin.loyalty.returns import SoldLine
    from pos_plugin.loyalty.voucher_type import VoucherType
    from pos_plugin.storage.cache_reader import CacheReader
    from pos_plugin.storage.journal_lookup import BookedSale, Journal
    from pos_plugin.storage.return_store import GivenVoucher, MovedRest
    from pos_plugin.till import Till


_WITH_A_REST: Final = (VoucherState.PARTLY_REDEEMED, VoucherState.BLOCKED)


class Occasion(NamedTuple):
    """What is taken back, and when.

    Args:
        journal: in the transaction of the void or return.
        sale: the receipt; None when this till does not have it.
        after: its lines by id, after the return; of a void everything is back.
        refund_minor: given back for goods, in minor units (cents).
        now: instant.
        is_void: the whole receipt was none.
    """

    journal: Journal
    sale: BookedSale | None
    after: Mapping[str, SoldLine]
    refund_minor: int
    now: dt.datetime
    is_void: bool = False

    @property
    def is_whole(self) -> bool:
        """Whether everything of the receipt is back."""
        return all(not line.left_milli for line in self.after.values())


def undo(till: Till, occasion: Occasion, exceptions: list[dict[str, Any]]) -> TakenBack:
    """Return what a void or return takes back beside the goods.

    Args:
        till: knows settings and kinds of vouchers.
        occasion: what is taken back.
        exceptions: what head office should know of the goods.
    """
    taken = TakenBack(exceptions=exceptions)
    if occasion.sale is not None:
        unpaid_minor = occasion.sale.uncovered_minor
        taken.withheld_minor = max(0, min(unpaid_minor, occasion.refund_minor))
    _take_points(till, occasion, taken)
    _give_vouchers_back(till, occasion, taken)
    _end_issued(till, occasion, taken)
    return taken


def goods_credit(occasion: Occasion, taken: TakenBack, kind: VoucherType) -> None:
    """Give what is left of the refund as goods credit."""
    value_minor = taken.left_of(occasion.refund_minor) - taken.deducted_minor
    if value_minor > 0:
        taken.credit = new_voucher(
            kind,
            customer=occasion.sale.customer if occasion.sale else None,
            trigger="items_returned",
            at=occasion.now,
            value_minor=value_minor,
        )


def goods_credit_kind(till: Till) -> VoucherType | None:
    """Return the kind of voucher of a refund as goods credit; None where the shop has none."""
    code = till.config.returns.goods_credit
    kind = _kind(till.cache.if_readable(), code) if code else None
    return kind if kind is not None and kind.legal_kind is LegalKind.GOODS_CREDIT else None


def _take_points(till: Till, occasion: Occasion, taken: TakenBack) -> None:
    journal, sale, after, _, now, _ = occasion
    if sale is None or sale.customer is None:
        return
    for earned in ledger_store.earnings_of(journal, sale.seq):
        amount = earned.amount
        if not occasion.is_whole:
            amount = reversed_until_now(earned.amount, earned.basis, after)
        back = amount - earned.reversed
        if back > 0:
            taken.ledger.append(reverse(earned.entry, back, entry_id=str(new_uid(now))))
            taken.count(earned.entry.program, -back)
    spent = ledger_store.redeemed_by(journal, sale.seq)
    for program in dict.fromkeys(entry.program for entry, _ in spent):
        here = [(entry, rest) for entry, rest in spent if entry.program == program]
        whole = sum(-entry.delta for entry, _ in here)
        left = sum(rest for _, rest in here)
        due = whole if occasion.is_whole else spent_until_now(whole, after.values())
        entries = restore(
            here,
            max(0, due - (whole - left)),
            on=now.date(),
            new_id=lambda: str(new_uid(now)),
            grace_days=till.config.returns.restore_grace_days,
        )
        taken.ledger += entries
        for entry in entries:
            taken.count(program, entry.delta)


def _give_vouchers_back(till: Till, occasion: Occasion, taken: TakenBack) -> None:
    refund_minor = occasion.refund_minor - taken.withheld_minor
    if occasion.sale is None:
        return
    rests = return_store.moved_rests(occasion.journal, occasion.sale.seq)
    for used in journal_lookup.used_by(occasion.journal, occasion.sale.seq):
        if used.pays:
            part = used if occasion.is_void else used.up_to(refund_minor)
            if part is not None:
                refund_minor -= part.amount_minor or 0
                taken.rolled_back.append(part)
                rest = rests.get(used.voucher)
                if rest is not None and not rest.is_settled:
                    _take_rest(till, occasion, taken, rest, old=used.voucher)
        elif occasion.is_whole:
            taken.rolled_back.append(used)
        elif till.config.returns.redeemed_voucher == "reissued":
            _reissue(till, occasion, taken, voucher=used.voucher, receipt=occasion.sale.seq)


def _take_rest(
    till: Till, occasion: Occasion, taken: TakenBack, rest: MovedRest, *, old: str
) -> None:
    """Let the rest of a voucher be in one place: on it again, or on the new one if that was used.

    With the first part that comes back the old voucher can be used again, and its rest with it.
    """
    journal, sale = occasion.journal, occasion.sale
    assert sale is not None  # noqa: S101 - a receipt moved it
    cache = till.cache.if_readable()
    for given in return_store.given_by(journal, sale.seq):
        if given.voucher != rest.new:
            continue
        now = _as_known(journal, given, cache)
        if now.state == VoucherState.ISSUED and not now.used_minor:
            taken.cancelled.append(rest.new)
            return
    taken.reduced.append(Reduced(old, rest.amount_minor))


def _reissue(
    till: Till, occasion: Occasion, taken: TakenBack, *, voucher: str, receipt: int
) -> None:
    """Give the share of a price reduction that belongs to the returned goods as a new voucher."""
    now = occasion.now
    found = return_store.reduction(occasion.journal, voucher, receipt)
    if found is None or found.valid_to_on < now.date().isoformat():
        return
    value_minor = returned_part(found.lines, occasion.after) - found.reissued_minor
    kind = _kind(till.cache.if_readable(), found.type)
    if kind is None or value_minor <= 0:
        return
    taken.reissued.append(
        Reissued(
            voucher,
            new_voucher(
                kind,
                customer=found.customer,
                trigger="items_returned",
                at=now,
                value_minor=value_minor,
                valid_to_on=found.valid_to_on,
                class_at_issue=found.class_at_issue,
            ),
        )
    )


def _end_issued(till: Till, occasion: Occasion, taken: TakenBack) -> None:
    journal, sale = occasion.journal, occasion.sale
    if sale is None:
        return
    cache = till.cache.if_readable()
    how = till.config.returns.used_voucher
    cash_minor = max(0, taken.left_of(occasion.refund_minor))
    rests = {rest.new for rest in return_store.moved_rests(journal, sale.seq).values()}
    for given in return_store.given_by(journal, sale.seq):
        if given.voucher in rests:
            continue  # it belongs to the voucher that it comes from
        now = _as_known(journal, given, cache)
        allowed = _allowed(occasion, now, cache)
        if now.state in UNUSED and not now.used_minor:
            # A blocked one ends with its occasion, too: it may be let go again.
            if not allowed:
                taken.cancelled.append(now.voucher)
            elif now.value_minor is not None and allowed < now.value_minor:
                taken.reduced.append(Reduced(now.voucher, now.value_minor - allowed))
            continue
        if now.value_minor is not None and now.state in _WITH_A_REST:
            by_minor = now.value_minor - max(allowed, now.used_minor)
            if by_minor > 0:
                taken.reduced.append(Reduced(now.voucher, by_minor))
        owed_minor = max(0, now.used_minor - allowed) - now.settled_minor
        if owed_minor <= 0:
            continue
        deducted_minor = min(owed_minor, cash_minor) if how == "deduct" else 0
        cash_minor -= deducted_minor
        rest_is = "debt" if how == "deduct" and deducted_minor < owed_minor else how
        taken.settled.append(Settled(now.voucher, owed_minor, rest_is, deducted_minor))


def _as_known(journal: Journal, given: GivenVoucher, cache: CacheReader | None) -> GivenVoucher:
    """Return an issued voucher after what other tills did with it, as far as that is known.

    It is found by its code: a sold one may have been bought by somebody without a card.
    """
    now = as_told(journal, cache, given.code_hash)
    if now is None:
        return given
    used_minor = given.used_minor
    if now.value_minor is not None and now.balance_minor is not None:
        used_minor = now.value_minor - now.balance_minor
    return given._replace(
        state=now.state, value_minor=now.value_minor, used_minor=max(0, used_minor)
    )


def _allowed(occasion: Occasion, given: GivenVoucher, cache: CacheReader | None) -> int:
    """Return what the customer may keep of an issued voucher, in minor units (cents).

    A sold one belongs to its line, a share of the receipt shrinks with it; any other one stays as
    long as anything of the receipt does. Of a coupon, all it gave.
    """
    worth_minor = given.used_minor if given.value_minor is None else given.issued_minor
    if given.sold_line is not None:
        line = occasion.after.get(given.sold_line)
        return worth_minor if line is not None and not line.returned_milli else 0
    if occasion.is_whole:
        return 0
    kind = _kind(cache, given.type)
    if kind is None or kind.effect.share_bp is None:
        return max(1, worth_minor)
    return part_left(given.issued_minor, occasion.after.values())


def _kind(cache: CacheReader | None, code: str) -> VoucherType | None:
    return read_voucher_type(cache.voucher_type(code)) if cache else None
