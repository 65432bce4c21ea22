"""Lots: sums, order of use, maturity, expiry, debt, restoring; with what would break them."""

from __future__ import annotations

import datetime as dt
import itertools
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos_plugin.loyalty.lots import (
    Kind,
    Known,
    LedgerEntry,
    Lot,
    Movement,
    balance,
    fold,
    movement,
    restore,
    reverse,
    spend,
    standing,
    take,
)
from pos_plugin.loyalty.program_terms import Terms

FIRST = dt.date(2026, 3, 7)
OTHERS = [Terms(), Terms(14, "days:30"), Terms(0, "month_end:1"), Terms(7, "year_end_plus:1")]


def day(number: int) -> dt.date:
    return FIRST + dt.timedelta(days=number)


class Booked(NamedTuple):
    entry: LedgerEntry
    on: str


class Account:
    """An account whose owner earns, spends and brings goods back, day by day."""

    def __init__(self, number: int = 0) -> None:
        self.booked: list[Booked] = []
        self.number = number
        self.earned: list[LedgerEntry] = []
        self.left_of: dict[str, int] = {}

    def new_id(self) -> str:
        self.number += 1
        return f"e{self.number:04}"

    def lots(self) -> tuple[Lot, ...]:
        return fold(movement(entry, on=on) for entry, on in self.booked)

    def earn(self, amount: int, terms: Terms, on: dt.date) -> LedgerEntry:
        new = self.new_id()
        entry = LedgerEntry(
            id=new,
            customer="K1",
            program="points",
            kind=Kind.EARN,
            delta=amount,
            lot=new,
            matures_on=terms.matures_on(on),
            expires_on=terms.expires_on(on),
        )
        self.earned.append(entry)
        self.left_of[new] = amount
        self.booked.append(Booked(entry, on.isoformat()))
        return entry

    def spend(self, amount: int, on: dt.date) -> tuple[LedgerEntry, ...]:
        entries = spend(
            self.lots(),
            amount,
            customer="K1",
            program="points",
            kind=Kind.REDEEM,
            on=on.isoformat(),
            new_id=self.new_id,
        )
        self.booked += [Booked(entry, on.isoformat()) for entry in entries]
        return entries

    def reverse(self, entry: LedgerEntry, amount: int, on: dt.date) -> None:
        self.left_of[entry.id] -= amount
        back = reverse(entry, amount, entry_id=self.new_id())
        self.booked.append(Booked(back, on.isoformat()))

    @property
    def total(self) -> int:
        return sum(entry.delta for entry, _ in self.booked)


@st.composite
def accounts(draw: st.DrawFn) -> tuple[Account, int]:
    """An account after some random days, and the last of those days."""
    account = Account()
    today = 0
    for _ in range(draw(st.integers(1, 15))):
        today += draw(st.integers(0, 20))
        step = draw(st.sampled_from(["earn", "earn", "spend", "reverse", "restore"]))
        if step == "earn":
            account.earn(draw(st.integers(1, 200)), draw(st.sampled_from(OTHERS)), day(today))
        elif step == "spend":
            available = standing(account.lots(), on=day(today).isoformat()).available
            if available:
                account.spend(draw(st.integers(1, available)), day(today))
        elif step == "reverse":
            open_ones = [one for one in account.earned if account.left_of[one.id]]
            if open_ones:
                one = draw(st.sampled_from(open_ones))
                account.reverse(one, draw(st.integers(1, account.left_of[one.id])), day(today))
        else:
            redeemed = [e for e, _ in account.booked if e.kind is Kind.REDEEM]
            given_back = {e.reverses for e, _ in account.booked if e.kind is Kind.RESTORE}
            left = [(e, -e.delta) for e in redeemed if e.id not in given_back][:1]
            entries = restore(
                left, sum(rest for _, rest in left), on=day(today), new_id=account.new_id
            )
            account.booked += [Booked(entry, day(today).isoformat()) for entry in entries]
    return account, today


@pytest.mark.capability("B7", "case 5")
@given(accounts())
def test_lots_sum_to_the_entries(drawn: tuple[Account, int]) -> None:
    account, _ = drawn
    assert sum(lot.left for lot in account.lots()) == account.total


@given(accounts(), st.integers(0, 800))
def test_a_standing_loses_nothing_but_what_expired(drawn: tuple[Account, int], later: int) -> None:
    account, today = drawn
    now = standing(account.lots(), on=day(today + later).isoformat())
    assert now.value + sum(one.amount for one in now.expired) == account.total
    assert min(now.available, now.pending, now.debt) >= 0
    assert not (now.debt and now.available + now.pending)


@given(accounts(), st.data())
def test_the_order_of_entries_decides_nothing(
    drawn: tuple[Account, int], data: st.DataObject
) -> None:
    account, _ = drawn
    moved = [movement(entry, on=on) for entry, on in account.booked]
    shuffled = data.draw(st.permutations(moved))
    assert fold(shuffled) == fold(moved) == fold(moved)


@given(accounts(), st.integers(0, 20))
def test_a_snapshot_and_what_came_after_are_the_whole(drawn: tuple[Account, int], cut: int) -> None:
    account, _ = drawn
    moved = [movement(entry, on=on) for entry, on in account.booked]
    whole = fold(moved)
    on_top = fold(moved[cut:], start=fold(moved[:cut]))
    assert [(lot.id, lot.left) for lot in on_top] == [(lot.id, lot.left) for lot in whole]


@pytest.mark.capability("B3")
@given(accounts(), st.data())
def test_what_is_taken_comes_first_out_first(
    drawn: tuple[Account, int], data: st.DataObject
) -> None:
    account, today = drawn
    on = day(today).isoformat()
    lots = account.lots()
    available = standing(lots, on=on).available
    if not available:
        return
    amount = data.draw(st.integers(1, available))
    taken = take(lots, amount, on=on)
    assert sum(part for _, part in taken) == amount
    assert all(lot.matures_on <= on <= (lot.expires_on or "9999") for lot, _ in taken)
    # Whatever is left lies behind what was taken, and only the last lot is taken from in part.
    assert all(part == lot.left for lot, part in taken[:-1])
    last = taken[-1][0]
    untouched = {lot.id for lot in lots} - {lot.id for lot, _ in taken}
    assert not [
        lot
        for lot in lots
        if lot.id in untouched
        and lot.left > 0
        and lot.matures_on <= on <= (lot.expires_on or "9999")
        and lot.order < last.order
    ]


@given(st.permutations(range(4)), st.lists(st.integers(1, 90), min_size=4, max_size=4))
def test_reversals_in_any_order_end_the_same(order: list[int], amounts: list[int]) -> None:
    def end(sequence: list[int]) -> tuple[int, int, int]:
        account = Account()
        earned = [account.earn(100, OTHERS[number], FIRST) for number in range(4)]
        account.spend(150, day(1))
        for number in sequence:
            account.reverse(earned[number], amounts[number], day(2))
        now = standing(account.lots(), on=day(15).isoformat())
        return now.available, now.pending, now.debt

    assert end(order) == end([0, 1, 2, 3])


def test_a_reversal_that_stops_at_zero_would_forget_the_debt() -> None:
    # Negative control: clamped, the same return leaves a balance that no entries sum to.
    account = Account()
    earned = account.earn(110, Terms(), FIRST)
    account.spend(110, FIRST)
    clamped = min(44, sum(lot.left for lot in account.lots()))
    account.reverse(earned, 44, day(1))
    assert account.total == -44 != account.total + 44 - clamped


@pytest.mark.capability("B1")
def test_a_return_after_the_pay_out_leaves_a_debt() -> None:
    account = Account()
    earned = account.earn(110, Terms(), FIRST)
    account.spend(110, FIRST)
    account.reverse(earned, 44, day(1))
    now = standing(account.lots(), on=day(1).isoformat())
    assert (now.available, now.debt, now.value) == (0, 44, -44)
    account.earn(50, Terms(), day(2))
    repaid = standing(account.lots(), on=day(2).isoformat())
    assert (repaid.available, repaid.debt) == (6, 0)


def test_own_lot_is_taken_before_there_is_a_debt() -> None:
    account = Account()
    first = account.earn(110, Terms(), FIRST)
    account.earn(30, Terms(), FIRST)
    account.reverse(first, 44, day(1))
    assert [lot.left for lot in account.lots()] == [66, 30]
    assert standing(account.lots(), on=day(1).isoformat()).debt == 0


@pytest.mark.capability("B3")
@pytest.mark.parametrize(("after", "available"), [(0, 0), (13, 0), (14, 100), (30, 100), (31, 0)])
def test_an_earning_counts_from_maturity_until_closing_on_its_last_day(
    after: int, available: int
) -> None:
    account = Account()
    account.earn(100, Terms(14, "days:30"), FIRST)
    now = standing(account.lots(), on=day(after).isoformat())
    assert now.available == available
    assert now.value == (100 if after <= 30 else 0)


def test_an_expiry_that_is_booked_changes_nothing() -> None:
    account = Account()
    earned = account.earn(100, Terms(0, "days:30"), FIRST)
    account.spend(40, day(3))
    before = standing(account.lots(), on=day(40).isoformat())
    booked = LedgerEntry(
        id=account.new_id(),
        customer="K1",
        program="points",
        kind=Kind.EXPIRE,
        delta=-before.expired[0].amount,
        lot=earned.lot,
        matures_on=earned.matures_on,
        expires_on=earned.expires_on,
    )
    account.booked.append(Booked(booked, day(40).isoformat()))
    after = standing(account.lots(), on=day(40).isoformat())
    assert (before.value, after.value) == (0, 0)
    assert [one.amount for one in before.expired] == [60]
    assert after.expired == ()


def test_points_that_expired_repay_no_later_debt() -> None:
    lots = [
        Lot("old", 100, "2026-01-01", "2026-02-01"),
        Lot("d", -10, "2026-01-01", None, "2026-03-01"),
    ]
    assert standing(lots, on="2026-03-07").debt == 10
    lots[1] = lots[1]._replace(taken_on="2026-02-01")
    repaid = standing(lots, on="2026-03-07")
    assert (repaid.debt, [one.amount for one in repaid.expired]) == (0, [90])


@pytest.mark.capability("B5")
def test_redeemed_points_come_back_with_the_old_expiry_or_some_days() -> None:
    account = Account()
    account.earn(30, Terms(0, "days:10"), FIRST)
    account.earn(50, Terms(), FIRST)
    taken = account.spend(60, day(1))
    back = restore(
        [(entry, -entry.delta) for entry in taken], 60, on=day(20), new_id=account.new_id
    )
    assert [(entry.delta, entry.expires_on) for entry in back] == [
        (30, None),
        (30, day(34).isoformat()),
    ]
    account.booked += [Booked(entry, day(20).isoformat()) for entry in back]
    assert account.total == 80
    assert standing(account.lots(), on=day(34).isoformat()).available == 80
    assert standing(account.lots(), on=day(35).isoformat()).available == 50


def test_restoring_in_parts_never_gives_more_than_was_taken() -> None:
    account = Account()
    account.earn(30, Terms(0, "days:10"), FIRST)
    account.earn(50, Terms(), FIRST)
    rest = {entry.id: -entry.delta for entry in account.spend(60, day(1))}
    taken = {entry.id: entry for entry, _ in account.booked}
    given = 0
    for amount in (25, 25, 25):
        back = restore(
            [(taken[one], left) for one, left in rest.items()],
            amount,
            on=day(2),
            new_id=account.new_id,
        )
        for entry in back:
            assert entry.reverses is not None
            rest[entry.reverses] -= entry.delta
            given += entry.delta
    assert given == 60


@given(
    st.lists(st.tuples(st.integers(-50, 50), st.integers(0, 9), st.integers(0, 9)), max_size=12),
    st.integers(0, 9),
    st.integers(0, 9),
)
def test_a_balance_of_the_past_never_moves(
    entries: list[tuple[int, int, int]], as_of: int, known_at: int
) -> None:
    def at(number: int) -> str:
        return f"2026-03-0{number}T12:00:00.000Z"

    def known_entry(delta: int, occurred_at: str, recorded_at: str) -> Known:
        lot = Movement("lot", delta, "2026-01-01", None, None)
        return Known(lot, occurred_at, recorded_at)

    known = [known_entry(delta, at(a), at(max(a, b))) for delta, a, b in entries]
    then = balance(known, as_of=at(as_of), known_at=at(known_at), on="2026-03-20")
    # What is recorded later, even about the past, changes nothing of what was known.
    later = [known_entry(7, at(0), f"2026-03-1{number}T12:00:00.000Z") for number in range(3)]
    now = {"as_of": at(as_of), "known_at": at(known_at), "on": "2026-03-20"}
    assert balance([*known, *later], **now) == then
    everything = balance([*known, *later], as_of="9999", known_at="9999", on="2026-03-20")
    assert everything == sum(one.movement.delta for one in known) + 21


def test_a_balance_that_ignores_when_it_was_known_moves() -> None:
    # Negative control: only `as_of` counts.
    lot = Movement("lot", 10, "2026-01-01", None, None)
    late = Known(lot, "2026-03-01T12:00:00.000Z", "2026-03-05T12:00:00.000Z")
    assert balance([late], as_of="2026-03-02", known_at="2026-03-03", on="2026-03-02") == 0
    assert sum(one.movement.delta for one in [late] if one.occurred_at <= "2026-03-02") == 10


_DAYS = [f"2026-03-{day:02}" for day in range(1, 29)]


@st.composite
def _accounts(draw: st.DrawFn) -> list[Movement]:
    """Lots that mature and expire, some used up, some overdrawn by returns."""
    found: list[Movement] = []
    for number in range(draw(st.integers(0, 5))):
        matures, expires, taken = sorted(draw(st.tuples(*[st.sampled_from(_DAYS)] * 3)))
        lasts = draw(st.booleans())
        name = f"lot{number}"
        last_on = None if lasts else expires
        found.append(Movement(name, draw(st.integers(1, 90)), matures, last_on, None))
        if draw(st.booleans()):
            found.append(Movement(name, -draw(st.integers(1, 120)), matures, last_on, taken))
    return found


@given(_accounts(), st.sampled_from(_DAYS), st.sampled_from(_DAYS))
def test_a_booked_expiry_changes_no_figure(
    movements: list[Movement], booked_on: str, asked_on: str
) -> None:
    on = max(booked_on, asked_on)
    expired = standing(fold(movements), on=booked_on).expired
    entries = [
        Movement(one.lot.id, -one.amount, one.lot.matures_on, one.lot.expires_on, booked_on)
        for one in expired
    ]
    without = standing(fold(movements), on=on)
    booked = standing(fold([*movements, *entries]), on=on)
    assert booked._replace(expired=()) == without._replace(expired=())
    # What still says that it expired is what nobody had booked.
    assert sum(one.amount for one in without.expired) == sum(
        one.amount for one in (*expired, *booked.expired)
    )


def test_an_expiry_booked_of_what_had_not_expired_changes_figures() -> None:
    # Negative control: one booked a day too early.
    lot = Movement("lot", 10, "2026-03-01", "2026-03-07", None)
    early = Movement("lot", -10, "2026-03-01", "2026-03-07", "2026-03-07")
    assert standing(fold([lot]), on="2026-03-07").value == 10
    assert standing(fold([lot, early]), on="2026-03-07").value == 0


def test_lots_without_their_own_day_would_be_used_in_the_wrong_order() -> None:
    # Negative control: lots by id alone spend what lasts before what expires.
    lots = [Lot("a", 10, "2026-01-01", None), Lot("b", 10, "2026-01-01", "2026-03-31")]
    assert [lot.id for lot, _ in take(lots, 10, on="2026-03-07")] == ["b"]
    assert min(lots, key=lambda lot: lot.id).id == "a"


def test_folding_twice_would_be_seen() -> None:
    # Negative control of `the same entries give the same lots`.
    moved = [Movement("a", 10, "2026-01-01", None, None)]
    assert fold(moved) != fold(itertools.chain(moved, moved))
