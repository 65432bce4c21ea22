from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos_plugin.loyalty.value_vouchers import (
    Settlement,
    UsedVoucher,
    ValueVoucher,
    settle_vouchers,
)
from pos_plugin.loyalty.voucher_type import REDUCES_PRICE, LegalKind
from pos_plugin.model import Line

if TYPE_CHECKING:
    from collections.abc import Sequence
    from random import Random


def line(
    number: int, price_minor: int, vat_rate_bp: int = 1900, *, discountable: bool = True
) -> Line:
    return Line(
        line_id=str(number),
        sku=f"S{number}",
        quantity_milli=1000 if price_minor >= 0 else -1000,
        unit_price_minor=abs(price_minor),
        vat_rate_bp=vat_rate_bp,
        discountable=discountable,
    )


def voucher(
    code: str = "C",
    legal_kind: LegalKind = LegalKind.PROMO,
    balance_minor: int = 1000,
    *,
    asked_minor: int | None = None,
    valid_to_on: str = "2026-12-31",
    rest_stays: bool = False,
    vat_rate_bp: int | None = None,
) -> ValueVoucher:
    return ValueVoucher(
        code=code,
        voucher=f"v{code}",
        legal_kind=legal_kind,
        balance_minor=balance_minor,
        asked_minor=asked_minor,
        valid_to_on=valid_to_on,
        rest="stays" if rest_stays else "lapses",
        vat_rate_bp=vat_rate_bp,
    )


def settle(lines: Sequence[Line], *vouchers: ValueVoucher) -> Settlement:
    return settle_vouchers(lines, [one.gross_minor for one in lines], vouchers)


SHELF = [line(1, 4999), line(2, 1299, 700), line(3, 899)]
"""49.99 (19 %), 12.99 (7 %), 8.99 (19 %): the example of domain.md §7.2."""


def test_ten_euros_split_by_largest_remainder() -> None:
    done = settle(SHELF, voucher())
    assert done.used == (UsedVoucher(voucher(), 1000, (695, 180, 125)),)
    assert done.paid_minor == (4304, 1119, 774)
    assert (done.discount_minor, done.tendered_minor, done.payable_minor) == (1000, 0, 6197)


def test_gift_voucher_pays_and_leaves_prices_alone() -> None:
    gift = voucher(legal_kind=LegalKind.GIFT_MPV, rest_stays=True)
    done = settle(SHELF, gift)
    assert done.used == (UsedVoucher(gift, 1000),)
    assert done.paid_minor == (4999, 1299, 899)
    assert (done.discount_minor, done.tendered_minor, done.payable_minor) == (0, 1000, 6197)


def test_what_has_a_fixed_price_is_paid_and_never_reduced() -> None:
    book = [line(1, 2000, discountable=False), line(2, 500)]
    reduced = settle(book, voucher())
    assert [one.amount_minor for one in reduced.used] == [500]
    assert reduced.paid_minor == (2000, 0)
    paid = settle(book, voucher(legal_kind=LegalKind.GOODS_CREDIT, balance_minor=2300))
    assert paid.payable_minor == 200


def test_single_purpose_voucher_pays_its_rate_only() -> None:
    seven = voucher(legal_kind=LegalKind.GIFT_SPV, balance_minor=5000, vat_rate_bp=700)
    assert settle(SHELF, seven).tendered_minor == 1299
    other = voucher("D", LegalKind.GIFT_SPV, 5000, vat_rate_bp=700)
    # Two of the same rate do not pay its lines twice.
    assert settle(SHELF, seven, other).tendered_minor == 1299
    unknown = voucher(legal_kind=LegalKind.GIFT_SPV, balance_minor=5000)
    assert settle(SHELF, unknown).used == ()


def test_reductions_come_before_payments_and_the_earliest_expiry_first() -> None:
    gift = voucher("A", LegalKind.GIFT_MPV, 9000, valid_to_on="2026-01-01")
    late = voucher("B", balance_minor=500, valid_to_on="2026-12-31")
    soon = voucher("Z", balance_minor=500, valid_to_on="2026-02-01")
    done = settle([line(1, 800)], gift, late, soon)
    assert [(one.voucher.code, one.amount_minor) for one in done.used] == [("Z", 500), ("B", 300)]
    assert done.payable_minor == 0


def test_customer_decides_how_much_of_it_and_never_more_than_it_holds() -> None:
    some = settle(SHELF, voucher(asked_minor=400, rest_stays=True)).used[0]
    assert (some.amount_minor, some.rest_minor, some.is_cut) == (400, 600, False)
    cut = settle(SHELF, voucher(asked_minor=1500)).used[0]
    assert (cut.amount_minor, cut.rest_minor, cut.is_cut) == (1000, 0, True)


@pytest.mark.parametrize(("rest_stays", "rest_minor"), [(True, 200), (False, 0)])
def test_rest_stays_or_lapses(rest_stays: bool, rest_minor: int) -> None:
    used = settle([line(1, 800)], voucher(rest_stays=rest_stays)).used[0]
    assert (used.amount_minor, used.left_minor, used.rest_minor) == (800, 200, rest_minor)


def test_voucher_is_never_paid_out_in_cash() -> None:
    # 50.00 bought, 30.00 brought back: 20.00 left to pay.
    exchange = [line(1, 5000), line(2, -3000)]
    for kind in LegalKind:
        one = voucher(legal_kind=kind, balance_minor=4000, vat_rate_bp=1900)
        assert settle(exchange, one).payable_minor == 0
        assert settle([line(1, -3000)], one).used == ()


LINES = st.lists(
    st.tuples(st.integers(-5_000, 9_000), st.sampled_from([0, 700, 1900]), st.booleans()),
    max_size=8,
).map(
    lambda rows: [
        line(number, price_minor, rate_bp, discountable=discountable)
        for number, (price_minor, rate_bp, discountable) in enumerate(rows)
    ]
)
VOUCHERS = st.lists(
    st.builds(
        voucher,
        code=st.text("ABCDEFGH", min_size=8, max_size=8),
        legal_kind=st.sampled_from([kind for kind in LegalKind if kind != "reward"]),
        balance_minor=st.integers(1, 12_000),
        asked_minor=st.none() | st.integers(1, 15_000),
        valid_to_on=st.sampled_from(["2026-03-31", "2026-12-31"]),
        rest_stays=st.booleans(),
        vat_rate_bp=st.sampled_from([None, 700, 1900]),
    ),
    max_size=5,
    unique_by=lambda one: one.code,
)


def assert_laws(lines: Sequence[Line], vouchers: Sequence[ValueVoucher], done: Settlement) -> None:
    """Hold a settlement against the laws of the module."""
    before_minor = [one.gross_minor for one in lines]
    off_minor = [0] * len(lines)
    for used in done.used:
        wanted_minor = used.voucher.asked_minor or used.voucher.balance_minor
        assert 0 < used.amount_minor <= min(used.voucher.balance_minor, wanted_minor)
        assert 0 <= used.rest_minor <= used.left_minor
        if used.reduces_price:
            assert sum(used.lines) == used.amount_minor
            off_minor = [one + part for one, part in zip(off_minor, used.lines, strict=True)]
    for one, before, off, paid in zip(lines, before_minor, off_minor, done.paid_minor, strict=True):
        assert paid == before - off
        assert 0 <= off <= max(0, before if one.discountable else 0)
    assert sum(off_minor) == done.discount_minor
    assert sum(done.paid_minor) - done.tendered_minor == done.payable_minor
    assert done.payable_minor >= min(0, sum(before_minor))
    for rate_bp in {one.vat_rate_bp for one in lines}:
        of_rate_minor = sum(
            max(0, paid)
            for one, paid in zip(lines, done.paid_minor, strict=True)
            if one.vat_rate_bp == rate_bp
        )
        assert of_rate_minor >= sum(
            used.amount_minor
            for used in done.used
            if used.voucher.legal_kind is LegalKind.GIFT_SPV and used.voucher.vat_rate_bp == rate_bp
        )
    # Nothing is left on the table: who gave less than it could has nothing left to act on.
    reductions_open = any(
        one.discountable and paid > 0 for one, paid in zip(lines, done.paid_minor, strict=True)
    )
    given = {used.voucher.code: used.amount_minor for used in done.used}
    for one in vouchers:
        could_minor = min(one.balance_minor, one.asked_minor or one.balance_minor)
        if given.get(one.code, 0) < could_minor and one.legal_kind is not LegalKind.GIFT_SPV:
            is_reduction = one.legal_kind in REDUCES_PRICE
            assert not (reductions_open if is_reduction else True) or done.payable_minor <= 0


@given(LINES, VOUCHERS)
def test_parts_add_up_and_nobody_gives_more_than_there_is(
    lines: list[Line], vouchers: list[ValueVoucher]
) -> None:
    assert_laws(lines, vouchers, settle(lines, *vouchers))


@given(LINES, VOUCHERS, st.randoms(use_true_random=False))
def test_order_of_scanning_decides_nothing(
    lines: list[Line], vouchers: list[ValueVoucher], random: Random
) -> None:
    shuffled = list(vouchers)
    random.shuffle(shuffled)
    done = settle(lines, *vouchers)
    assert settle(lines, *shuffled) == done
    # Every line has a sku of its own here: their order decides nothing either.
    mixed = list(lines)
    random.shuffle(mixed)
    by_line = dict(zip([one.line_id for one in lines], done.paid_minor, strict=True))
    again = settle(mixed, *vouchers)
    assert dict(zip([one.line_id for one in mixed], again.paid_minor, strict=True)) == by_line


def test_laws_notice_a_cent_too_much() -> None:
    """Negative control."""
    done = settle(SHELF, voucher())
    wrong = Settlement(
        (UsedVoucher(voucher(), 1000, (695, 180, 126)),), done.paid_minor, done.payable_minor
    )
    with pytest.raises(AssertionError):
        assert_laws(SHELF, [voucher()], wrong)
    with pytest.raises(AssertionError):
        assert_laws(SHELF, [voucher()], settle(SHELF))
