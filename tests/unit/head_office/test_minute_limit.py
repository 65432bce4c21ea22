"""Who asks too much waits for the next minute, and nobody else."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from head_office.minute_limit import MinuteLimit


def test_who_is_beyond_waits_for_the_next_minute() -> None:
    limit = MinuteLimit(3)
    assert [limit.allows("vera", at_s=second) for second in (0, 1, 58.5, 59.9)] == [
        True,
        True,
        True,
        False,
    ]
    assert limit.allows("vera", at_s=60)


def test_nobody_waits_for_another() -> None:
    limit = MinuteLimit(1)
    assert limit.allows("vera", at_s=0)
    assert not limit.allows("vera", at_s=0)
    assert limit.allows("olga", at_s=0)


def test_a_question_counts_for_all_its_names() -> None:
    limit = MinuteLimit(2)
    assert limit.allows("till 1", "cashier 7", at_s=0)
    assert limit.allows("till 2", "cashier 7", at_s=0)
    # The cashier asked at two tills; each of these may ask once more for another one.
    assert not limit.allows("till 1", "cashier 7", at_s=0)
    assert limit.allows("till 2", "cashier 8", at_s=0)
    assert not limit.allows("till 2", "cashier 8", at_s=0)


def test_behind_a_name_that_is_beyond_no_other_is_counted() -> None:
    limit = MinuteLimit(1)
    assert limit.allows("till 1", at_s=0)
    assert not limit.allows("till 1", "cashier 7", at_s=0)
    assert limit.allows("cashier 7", at_s=0)


def test_questions_at_once_are_all_counted() -> None:
    limit = MinuteLimit(1_000)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: limit.allows("vera", at_s=0), range(1_500)))
    assert answers.count(True) == 1_000


def test_memory_of_names_is_bounded() -> None:
    limit = MinuteLimit(1)
    assert limit.allows("first", at_s=0)
    assert limit.allows(*(f"cashier {number}" for number in range(99_999)), at_s=0)
    assert not limit.allows("first", at_s=0)
    assert limit.allows("one too many", at_s=0)
    assert limit.allows("first", at_s=0)
