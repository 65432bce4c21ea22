"""Two replays of the same receipts, receipt by receipt."""

from __future__ import annotations

import random
from typing import Any

from pos_plugin.replay.compare import TOP_CHANGES, Comparison, paired
from pos_plugin.replay.summary import Summary


def body(
    sale: int | str, discount_minor: int = 0, *, promotion: str = "A", points: int = 0
) -> dict[str, Any]:
    """The parts of a completed sale of one line that a comparison reads."""
    return {
        "receipt": {"sale_id": f"replay:{sale}", "discount_minor": discount_minor},
        "lines": [{"paid_minor": 10_000 - discount_minor}],
        "promotion_results": [{"promotion": promotion, "discount_minor": discount_minor}],
        "ledger": [{"program": "points", "delta": points}] if points else [],
    }


def nothing() -> Comparison:
    def side() -> Summary:
        return Summary(generation=1, currency="EUR", booked=0, seconds=0.0, per_promotion={})

    return Comparison(side(), side())


def test_changes_are_counted_by_what_the_customer_pays() -> None:
    both = nothing()
    both.add(body(1, 100), body(1, 100))
    both.add(body(2, 100), body(2, 100, promotion="B"))
    both.add(body(3, 150), body(3, 100))
    both.add(body(4, 20), body(4, 100))
    both.add(body(5, 100, points=3), body(5, 100, points=2))
    assert (both.changed, both.cheaper, both.dearer) == (3, 1, 1)
    assert both.greatest_rise_minor == 50


def test_the_same_total_on_other_lines_is_a_change() -> None:
    draft, live = body(1), body(1)
    draft["lines"] = [{"paid_minor": 400}, {"paid_minor": 600}]
    live["lines"] = [{"paid_minor": 500}, {"paid_minor": 500}]
    both = nothing()
    both.add(draft, live)
    assert (both.changed, both.cheaper, both.dearer, both.top) == (1, 0, 0, [])


def test_the_greatest_changes_stay_and_no_more() -> None:
    rises = list(range(-40, 41))
    random.Random(7).shuffle(rises)  # noqa: S311 - a seeded draw
    both = nothing()
    for sale, rise_minor in enumerate(rises):
        both.add(body(sale, 100 + rise_minor), body(sale, 100))
    expected = sorted(rises, key=lambda one: (-abs(one), rises.index(one)))[:TOP_CHANGES]
    assert [one.rise_minor for one in both.top] == expected
    assert [one.receipt for one in both.top] == [str(rises.index(one)) for one in expected]


def test_a_change_says_what_each_promotion_gave() -> None:
    both = nothing()
    both.add(body(1, 100, promotion="NEW"), body(1, 70, promotion="OLD"))
    (change,) = both.top
    assert change.to_dict() == {
        "receipt": "1",
        "live_minor": 70,
        "draft_minor": 100,
        "rise_minor": 30,
        "live": {"OLD": 70},
        "draft": {"NEW": 100},
    }


def test_sales_are_paired_by_number_in_any_order() -> None:
    numbers = list(range(50))
    others = list(numbers)
    random.Random(3).shuffle(others)  # noqa: S311 - a seeded draw
    pairs = list(paired(map(body, numbers), map(body, others)))
    assert [one["receipt"]["sale_id"] for one, _ in pairs] == [f"replay:{n}" for n in numbers]
    assert all(one["receipt"]["sale_id"] == two["receipt"]["sale_id"] for one, two in pairs)


def test_a_sale_of_one_side_alone_is_passed_over() -> None:
    pairs = list(paired(map(body, [1, 2, 3, 5]), map(body, [0, 2, 5, 6])))
    assert [one["receipt"]["sale_id"] for one, _ in pairs] == ["replay:2", "replay:5"]


def test_tills_in_step_are_never_held_in_memory() -> None:
    taken: list[int] = []

    def live() -> Any:
        for number in range(100):
            taken.append(number)
            yield body(number)

    pairs = paired(map(body, range(100)), live())
    for number in range(100):
        next(pairs)
        assert taken[-1] == number
