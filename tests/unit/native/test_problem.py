"""The room under a threshold is never less than what the tiers before it really leave."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from native.problem import (
    CUSTOMER,
    PERCENT,
    RECEIPT,
    SHARED,
    Choice,
    D,
    Problem,
    Tier,
    make_choice,
)

if TYPE_CHECKING:
    from native.packing import Offers

BASE_MINOR = 10_000


def _choice(*, cap_minor: int | None) -> Choice | None:
    """Half off the receipt, up to a cap; then a customer tier from 97.00 on."""
    everything = frozenset({0})
    cap = None if cap_minor is None else cap_minor * D
    receipt = Tier(0, RECEIPT, 98, PERCENT, 5_000, 0, everything, -1, SHARED, cap)
    customer = Tier(1, CUSTOMER, 99, PERCENT, 1_000, 9_700 * D, everything, -1, SHARED)
    offers: Offers = None  # type: ignore[assignment] - nothing is packed here
    problem = Problem([BASE_MINOR], [1], [], [receipt, customer], [], offers, {})
    return make_choice(problem, [], receipt, customer)


@pytest.mark.parametrize("cap_minor", [100, 300, 301])
def test_a_capped_tier_takes_no_more_room_than_its_cap(cap_minor: int) -> None:
    choice = _choice(cap_minor=cap_minor)
    assert choice is not None
    whole = BASE_MINOR * D
    open_at_all = choice.saving(0, (whole, whole, whole)) is not None
    assert open_at_all == (cap_minor <= 300)
    assert choice.rooms()[0].slack >= 0


def test_a_tier_without_a_cap_takes_its_rate() -> None:
    assert _choice(cap_minor=None) is None
    assert _choice(cap_minor=5_000) is None  # it never binds
