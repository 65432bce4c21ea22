"""Quantity tiers tier by tier: what a choice of tiers could be worth is never forgotten."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from native.problem import N_FOR_M, SHARED, STEPS, Application, Budget, Promo, Solved, Step
from native.steps import best_of_steps

if TYPE_CHECKING:
    from native.problem import Exact


class _Labels:
    """Labels that find the same for whatever tier is chosen, with one bound for all."""

    def __init__(self, promos: list[Promo], found: list[Application]) -> None:
        self.classes = [0]
        self._solved = Solved(None, 0, [])
        if promos:
            self._solved = Solved(50, 90, found)

    def root(self) -> Exact:
        return 100

    def solve(self, floor: Exact) -> Solved:
        return self._solved if self._solved.value else Solved(None, max(floor, 0), [])


def _tiers() -> Promo:
    """Three units at least, of four."""
    return Promo(
        index=0,
        kind=STEPS,
        size=1,
        discounted=1,
        benefit=0,
        value=0,
        limit=None,
        pool=-1,
        cap=None,
        exclusive=SHARED,
        slots=[],
        classes=frozenset({0}),
        units=4,
        most=4,
        steps=(Step(3, 0, 1_000),),
    )


def _solved(units: int) -> Solved:
    found = [Application(0, units, ((0, 1, 1),))]

    def labels_of(promos: list[Promo]) -> Any:
        assert all(p.kind == N_FOR_M for p in promos)
        return _Labels(promos, found)

    return best_of_steps([_tiers()], -1, Budget(1_000), labels_of)


def test_a_solution_below_its_tier_leaves_its_bound() -> None:
    """Two units reach no tier: nothing is found, and up to 90 may still be there."""
    assert _solved(2) == Solved(None, 90, [])


def test_a_solution_that_keeps_its_tier_is_taken() -> None:
    """The control: three units are what the tier asks for."""
    assert _solved(3) == Solved(50, 90, [Application(0, 3, ((0, 1, 1),), 0)])
