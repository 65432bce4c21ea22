"""Quantity tiers: solved tier by tier, each as a plain unit discount.

With its tier chosen, a promotion with quantity tiers is a discount on single units, of which it
takes at least the tier's quantity and less than the next tier's. First the least number is left
open: mostly the solution reaches it anyway. Only where it does not, the labels count. Choices of
tiers come in falling bound; what cannot beat the best known solution is not looked at.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import chain, product
from typing import TYPE_CHECKING

from native.problem import N_FOR_M, STEPS, Application, Solved

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from native.labels import Labels
    from native.problem import Budget, Exact, Promo

_CHOICES = 200  # choices of tiers that are looked at; the others stay in the bound

Chosen = tuple[int, ...]  # per promotion with quantity tiers the number of its tier, -1 none


def loosest(promos: list[Promo]) -> list[Promo]:
    """Return the promotions with every quantity tier open from the first unit on: for bounds."""
    return [replace(p, kind=N_FOR_M) if p.kind == STEPS else p for p in promos]


def step_reached(p: Promo, units: int) -> int:
    """Return the number of the highest tier that so many units reach, -1 below the lowest."""
    return max((i for i, step in enumerate(p.steps) if step.least <= units), default=-1)


def best_of_steps(
    promos: list[Promo], floor: Exact, budget: Budget, labels_of: Callable[[list[Promo]], Labels]
) -> Solved:
    """Return the best solution over all choices of quantity tiers, and a bound.

    Args:
        promos: of one component or choice.
        floor: solutions worth at most this are of no interest.
        budget: of steps.
        labels_of: the labels over their units, for promotions without open tiers.
    """
    stepped = [p for p in promos if p.kind == STEPS]
    if not stepped:
        return labels_of(promos).solve(floor)
    bound = floor
    # Without any of them first, then from the highest tiers on.
    none = (-1,) * len(stepped)
    ways = product(*[range(len(p.steps) - 1, -2, -1) for p in stepped])
    ranked = []
    for number, chosen in enumerate(chain((none,), (way for way in ways if way != none))):
        if number and (number >= _CHOICES or budget.spent):
            # Choices that nobody looks at stay in the bound.
            bound = max(bound, labels_of(loosest(promos)).root())
            break
        labels = labels_of(_with_tiers(promos, stepped, chosen, counted=False))
        budget.used += 20 + 3 * len(labels.classes)
        ranked.append((-labels.root(), number, chosen, labels))
    ranked.sort(key=lambda entry: entry[:2])
    best: Solved | None = None
    for root, _, chosen, labels in ranked:
        known = floor if best is None or best.value is None else best.value
        if -root <= known:
            break
        if budget.exhausted and best is not None:
            bound = max(bound, -root)
            break
        solved = labels.solve(known)
        reach = solved.bound
        if solved.value is not None and not _is_kept(stepped, chosen, solved.applications):
            counted = labels_of(_with_tiers(promos, stepped, chosen, counted=True))
            solved = counted.solve(known)
            reach = min(reach, solved.bound)
        bound = max(bound, reach)
        if solved.value is not None and _is_kept(stepped, chosen, solved.applications):
            best = replace(solved, applications=_numbered(stepped, chosen, solved.applications))
    if best is None or best.value is None:
        return Solved(None, bound, [])
    return Solved(best.value, max(bound, best.value), best.applications)


def _with_tiers(
    promos: list[Promo], stepped: list[Promo], chosen: Chosen, *, counted: bool
) -> list[Promo]:
    """Return the promotions with the chosen tiers as unit discounts, and without those not used."""
    tier_of = {p.index: tier for p, tier in zip(stepped, chosen, strict=True)}
    result = []
    for p in promos:
        tier = tier_of.get(p.index)
        if tier is None:
            result.append(p)
        elif tier >= 0:
            step = p.steps[tier]
            limit = p.limit
            if tier + 1 < len(p.steps):
                below = p.steps[tier + 1].least - 1
                limit = below if limit is None else min(limit, below)
            result.append(
                replace(
                    p,
                    kind=N_FOR_M,
                    steps=(),
                    benefit=step.benefit,
                    value=step.value,
                    limit=None if limit is None or limit >= p.units else limit,
                    least=step.least if counted else 0,
                )
            )
    return result


def _units_of(p: Promo, applications: Iterable[Application]) -> int:
    return sum(a.times for a in applications if a.promo == p.index)


def _is_kept(stepped: list[Promo], chosen: Chosen, applications: list[Application]) -> bool:
    """Whether every promotion takes as many units as its chosen tier says."""
    return all(
        step_reached(p, _units_of(p, applications)) == tier
        for p, tier in zip(stepped, chosen, strict=True)
    )


def _numbered(
    stepped: list[Promo], chosen: Chosen, applications: list[Application]
) -> list[Application]:
    tier_of = {p.index: tier for p, tier in zip(stepped, chosen, strict=True)}
    return [a._replace(step=tier_of.get(a.promo, -1)) for a in applications]
