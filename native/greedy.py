"""One promotion after another: a quick solution where the labels gave up.

Promotions in falling worth of a single unit; each takes what is left in whole applications, the
dearest units first, as long as an application is worth more than treating its units freely.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from native.applications import application_of_slots
from native.problem import Application

if TYPE_CHECKING:
    from native.problem import Exact, Problem, Promo
    from native.worth import Worth


def one_after_another(
    problem: Problem,
    worth: Worth,
    options: dict[int, list[tuple[Exact, tuple[Exact, ...], int]]],
    stateful: list[Promo],
) -> list[Application]:
    """Return applications for the classes in ``options``; coupons and limits are kept."""
    left = {c: problem.count[c] for c in options}
    coupons = list(worth.choice.pool_left)
    result: list[Application] = []

    def best_share(p: Promo) -> Exact:
        return max(
            (
                worth.share(p, s, c) - options[c][0][0]
                for s, slot in enumerate(p.slots)
                for c in slot.classes
                if c in options
            ),
            default=0,
        )

    for p in sorted(stateful, key=lambda p: (-best_share(p), p.index)):
        allowed = p.most if p.limit is None else min(p.most, p.limit)
        if p.pool >= 0:
            allowed = min(allowed, coupons[p.pool])
        while allowed > 0:
            units = _dearest(p, left, problem.price)
            if units is None:
                break
            one = application_of_slots(p, units)
            taken = Counter(c for c, _ in units)
            times = min(allowed, *(left[c] // number for c, number in taken.items()))
            free = sum(options[c][0][0] * number for c, number in taken.items())
            if worth.value_of([one], [p]) <= free:
                break
            result.append(one._replace(times=times))
            allowed -= times
            if p.pool >= 0:
                coupons[p.pool] -= times
            for c, number in taken.items():
                left[c] -= number * times
    for c, number in left.items():
        promo = options[c][0][2]
        if number and promo >= 0:
            result.append(Application(promo, number, ((c, 1, 1),)))
    return result


def _dearest(p: Promo, left: dict[int, int], price: list[int]) -> list[tuple[int, int]] | None:
    """The dearest (class, slot) units left that form one application; narrow slots choose first.

    What must be bought chooses before what is given where the gift may not be dearer.
    """
    units: list[tuple[int, int]] = []
    taken: Counter[int] = Counter()
    order = sorted(
        range(len(p.slots)),
        key=lambda s: (len(p.slots[s].classes), p.slots[s].is_target == p.within_buy),
    )
    for s in order:
        missing = p.slots[s].quantity
        for c in sorted(p.slots[s].classes):
            used = min(missing, left.get(c, 0) - taken[c])
            if used > 0:
                taken[c] += used
                units += [(c, s)] * used
                missing -= used
            if not missing:
                break
        if missing:
            return None
    if p.within_buy:
        gift = max(price[c] for c, s in units if p.slots[s].is_target)
        if gift > min(price[c] for c, s in units if not p.slots[s].is_target):
            return None
    return units
