"""Refunds: as paid, never more, whatever the order."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pos_plugin.loyalty.returns import SoldLine, as_paid_minor, reversed_until_now


@given(
    pieces=st.integers(1, 20),
    paid_minor=st.integers(0, 100_000),
    data=st.data(),
)
def test_all_pieces_give_back_exactly_what_was_paid(
    pieces: int, paid_minor: int, data: st.DataObject
) -> None:
    line = SoldLine("1", "a", pieces * 1000, paid_minor)
    left = pieces
    while left:
        now = data.draw(st.integers(1, left))
        refund = as_paid_minor(line, now * 1000)
        assert refund >= 0
        line = line.after(now * 1000, refund)
        assert line.refunded_minor <= paid_minor
        left -= now
    assert line.refunded_minor == paid_minor
    assert line.left_milli == 0


def test_a_line_of_the_worked_example_refunds_what_was_paid_for_it() -> None:
    # 3 for 2 on 60.00/50.00/40.00 was paid 44.00/36.67/29.33 (domain.md §7.2).
    assert as_paid_minor(SoldLine("1", "a", 1000, 4400), 1000) == 4400


def test_a_host_that_gave_back_too_much_gets_nothing_more() -> None:
    line = SoldLine("1", "a", 2000, 1000, returned_milli=1000, refunded_minor=1200)
    assert as_paid_minor(line, 1000) == 0


lines = st.lists(
    st.tuples(st.integers(1, 5), st.integers(0, 1000), st.integers(0, 5)), min_size=1, max_size=4
)


@given(sold=lines, amount=st.integers(0, 5000))
def test_reversals_grow_with_what_came_back_and_end_with_all(
    sold: list[tuple[int, int, int]], amount: int
) -> None:
    basis = {str(number): points * 1_000_000 for number, (_, points, _) in enumerate(sold)}
    before = {
        str(number): SoldLine(str(number), "a", pieces * 1000, 100)
        for number, (pieces, _, _) in enumerate(sold)
    }
    some = {
        str(number): before[str(number)].after(min(back, pieces) * 1000, 0)
        for number, (pieces, _, back) in enumerate(sold)
    }
    all_back = {name: line.after(line.left_milli, 0) for name, line in some.items()}
    if any(basis.values()):
        assert reversed_until_now(amount, basis, before) == 0
    assert 0 <= reversed_until_now(amount, basis, some) <= amount
    assert reversed_until_now(amount, basis, all_back) == amount


def test_a_basis_by_quantity_alone_would_reverse_the_wrong_points() -> None:
    """Negative control: half of the pieces is not half of the points."""
    after = {
        "1": SoldLine("1", "a", 1000, 9000, returned_milli=1000, refunded_minor=9000),
        "2": SoldLine("2", "b", 1000, 1000),
    }
    assert reversed_until_now(100, {"1": 90_000_000, "2": 10_000_000}, after) == 90
    assert reversed_until_now(100, {"1": 1, "2": 1}, after) == 50
