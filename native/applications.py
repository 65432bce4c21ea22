"""From the trace of a label back to applications: which units each of them takes."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from native.problem import BUY_GET, N_FOR_M, Application, Promo, discount_of
from native.state import NEW, NO_ZONES, Open

if TYPE_CHECKING:
    from native.worth import Worth

Trace = tuple["Trace | None", tuple[Any, ...]]


def applications_of(
    trace: Trace | None, stateful: list[Promo], worth: Worth, fixed: list[Application]
) -> list[Application]:
    """Return the applications that a label stands for, and those decided before it."""
    taken: dict[int, list[list[tuple[int, int]]]] = {}
    single: dict[tuple[int, int], int] = {}
    explicit: dict[int, list[tuple[Open, list[tuple[int, int]]]]] = {}
    finished: list[tuple[int, list[tuple[int, int]]]] = []
    actions = []
    while trace is not None:
        trace, action = trace
        actions.append(action)
    by_index = {p.index: p for p in stateful}
    for action in reversed(actions):
        promo, c, portion = action[0], action[1], action[2]
        if len(action) == 3:
            if promo >= 0:
                single[promo, c] = single.get((promo, c), 0) + portion
            continue
        slot, before = action[3], action[4]
        p = by_index[promo]
        if before is None:
            slots = taken.setdefault(promo, [[] for _ in p.slots])
            slots[slot].append((c, 1))
            continue
        groups = explicit.setdefault(promo, [])
        if before is NEW:
            groups.append((Open((0,) * len(p.slots), NO_ZONES, 0, 0, 0), []))
            place = len(groups) - 1
        else:
            place = next(k for k, group in enumerate(groups) if group[0] == before)
        one, members = groups.pop(place)
        members.append((c, slot))
        now = worth.grown(p, slot, c, one)
        if sum(now.fill) == p.size:
            finished.append((promo, members))
        else:
            groups.append((now, members))
    result = list(fixed)
    for (promo, c), count in single.items():
        result.append(Application(promo, count, ((c, 1, 1),)))
    for promo, slots in taken.items():
        result += _chunked(by_index[promo], slots)
    for promo, members in finished:
        result.append(application_of_slots(by_index[promo], members))
    # An application that gives nothing does not exist: it would only use up units and coupons. A
    # unit that fills up a quantity tier does.
    price = worth.problem.price
    return [
        a
        for a in result
        if a.promo not in by_index
        or by_index[a.promo].least
        or discount_of(by_index[a.promo], a, price) > 0
    ]


def application_of_slots(p: Promo, units: list[tuple[int, int]]) -> Application:
    """Return the application of these (class, slot) units."""
    if p.kind != BUY_GET:
        return application(p, 1, Counter(c for c, _ in units))
    targets = Counter(c for c, slot in units if p.slots[slot].is_target)
    taken = Counter(c for c, _ in units)
    return Application(p.index, 1, tuple((c, taken[c], targets[c]) for c in sorted(taken)))


def application(p: Promo, times: int, units: dict[int, int]) -> Application:
    """Return an application of these units per class: members in falling price.

    Of an n-for-m the last ``discounted`` units are the targets.
    """
    targets_left = p.discounted if p.kind == N_FOR_M else p.size
    members = []
    for c in sorted(units, reverse=True):
        targets = min(units[c], targets_left)
        targets_left -= targets
        members.append((c, units[c], targets))
    return Application(p.index, times, tuple(reversed(members)))


def _chunked(p: Promo, slots: list[list[tuple[int, int]]]) -> list[Application]:
    """Applications of a promotion that took these units per slot, in falling price."""
    result: list[Application] = []
    flat = [[c for c, units in slot for _ in range(units)] for slot in slots]
    times = len(flat[0]) // p.slots[0].quantity
    for number in range(times):
        units: list[tuple[int, int]] = []
        for s, (slot, taken) in enumerate(zip(p.slots, flat, strict=True)):
            own = taken[number * slot.quantity : (number + 1) * slot.quantity]
            units += [(c, s) for c in own]
        one = application_of_slots(p, units)
        if result and result[-1].members == one.members:
            result[-1] = result[-1]._replace(times=result[-1].times + 1)
        else:
            result.append(one)
    return result
