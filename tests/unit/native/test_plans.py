"""The linear program over plans: against GLOP, and the same to the last bit in both forms."""

from __future__ import annotations

import importlib
import random
from array import array
from typing import Any, NamedTuple

import pytest
from ortools.linear_solver import pywraplp

import native

FORMS = ["native.plans", *(["native._compiled.plans"] if native.COMPILED else [])]
PROGRAMS = 120
STEPS = 40
ENDLESS = pywraplp.Solver.infinity()


class Plan(NamedTuple):
    """A plan in both programs."""

    column: int
    promo: int
    times: int
    value: int
    variable: Any


class Programs:
    """The same linear program twice: ours and GLOP's, changed at random."""

    def __init__(self, form: str, seed: int) -> None:
        self.rng = random.Random(seed)  # noqa: S311 - repeatable on purpose
        rooms = [self.rng.randint(1, 12) for _ in range(self.rng.randint(1, 8))]
        self.promos = self.rng.randint(1, 4)
        self.classes = len(rooms)
        self.ours = importlib.import_module(form).Plans(rooms, self.promos, 1)
        self.glop = pywraplp.Solver.CreateSolver("GLOP")
        self.rooms = [self.glop.Constraint(-ENDLESS, float(room)) for room in rooms]
        self.rights = [self.glop.Constraint(1.0, 1.0) for _ in range(self.promos)]
        self.glop.Objective().SetMaximization()
        for right in self.rights:
            right.SetCoefficient(self.glop.NumVar(0, ENDLESS, ""), 1.0)
        self.plans: list[Plan] = []
        self.counted: dict[int, Any] = {}

    def change(self) -> None:
        """Add a plan, count a promotion or bound what is counted, forbid a plan or allow it."""
        draw = self.rng.random()
        if draw < 0.6 or not self.plans:
            self.add()
        elif draw < 0.7 and len(self.counted) < self.promos:
            self.count()
        elif draw < 0.85 and self.counted:
            low = self.rng.randint(0, 4)
            high = self.rng.choice([-1, low, low + 3])
            promo = self.rng.choice([*self.counted])
            self.ours.limit(promo, low, high)
            self.counted[promo].SetBounds(low, ENDLESS if high < 0 else high)
        else:
            plan = self.rng.choice(self.plans)
            is_allowed = self.rng.random() < 0.5
            self.ours.allow(plan.column, is_allowed)
            plan.variable.SetBounds(0, ENDLESS if is_allowed else 0.0)

    def add(self) -> None:
        """Offer a plan; one that does not make the shares better is not taken in."""
        promo, value = self.rng.randrange(self.promos), self.rng.randint(1, 1000)
        units = [
            (c, self.rng.randint(1, 8)) for c in range(self.classes) if self.rng.random() < 0.5
        ]
        times = self.rng.randint(1, 9)
        column = self.ours.add(promo, value, units, times)
        if column < 0:
            return
        variable = self.glop.NumVar(0, ENDLESS, "")
        self.glop.Objective().SetCoefficient(variable, value)
        self.rights[promo].SetCoefficient(variable, 1.0)
        for c, number in units:
            self.rooms[c].SetCoefficient(variable, number)
        if promo in self.counted:
            self.counted[promo].SetCoefficient(variable, times)
        self.plans.append(Plan(column, promo, times, value, variable))

    def count(self) -> None:
        """Count how often a promotion applies."""
        promo = self.rng.choice([one for one in range(self.promos) if one not in self.counted])
        row = self.glop.Constraint(0.0, ENDLESS)
        for plan in self.plans:
            if plan.promo == promo:
                row.SetCoefficient(plan.variable, plan.times)
        self.ours.count(promo)
        self.counted[promo] = row

    def answer(self) -> tuple[float, list[float]]:
        """Value of our shares, and our duals."""
        dual = array("q", bytes(8 * self.ours.width))
        share = array("q", bytes(8 * self.ours.width))
        self.ours.tell(dual, share)
        value = sum(plan.value * share[plan.column] for plan in self.plans)
        return value / (1 << 30), [*dual, *share]


@pytest.mark.parametrize("form", FORMS)
def test_the_shares_are_worth_what_another_solver_finds(form: str) -> None:
    solved = 0
    for seed in range(PROGRAMS):
        both = Programs(form, seed)
        for _ in range(STEPS):
            both.change()
            is_solved = both.ours.solve()
            if both.glop.Solve() != pywraplp.Solver.OPTIMAL:
                # Bounds that no shares keep: ours are charged for that and worth nothing.
                continue
            solved += 1
            assert is_solved, seed
            assert both.answer()[0] == pytest.approx(both.glop.Objective().Value(), rel=1e-6), seed
    assert solved > PROGRAMS * STEPS // 2


@pytest.mark.skipif(not native.COMPILED, reason="the compiled core was not built here")
def test_both_forms_answer_the_same_to_the_last_bit() -> None:
    for seed in range(PROGRAMS):
        plain, compiled = Programs("native.plans", seed), Programs("native._compiled.plans", seed)
        for _ in range(STEPS):
            for one in (plain, compiled):
                one.change()
                one.ours.solve()
            assert plain.answer() == compiled.answer(), seed
            assert plain.ours.steps == compiled.ours.steps
