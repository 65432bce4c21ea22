from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from pos_plugin.units import allocate, divide_half_up


def test_a_return_rounds_as_the_mirror_of_its_sale() -> None:
    assert divide_half_up(-1_500, 1_000) == -divide_half_up(1_500, 1_000) == -2


@given(
    total=st.integers(0, 10**9),
    weights=st.lists(st.fractions(0, 10**6), min_size=1, max_size=20).filter(any),
)
def test_allocated_parts_sum_to_the_whole_and_stay_near_their_share(
    total: int, weights: list[Fraction]
) -> None:
    parts = allocate(total, weights, list(range(len(weights))))
    assert sum(parts) == total
    whole = sum(weights)
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part - Fraction(total) * weight / whole) < 1
