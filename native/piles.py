# cython: boundscheck=True, wraparound=False, cdivision=False, overflowcheck=True, language_level=3
# cython: initializedcheck=False
"""Piles are counted: units of a class are equal, so for most of them a number is enough.

Where all units are of one class, they are shared out among the promotions by number, exactly.
Where classes have more units than limits, caps and sizes of groups can tell apart, whole groups are
set aside before units are decided one by one (``beam``).
"""

from __future__ import annotations

from typing import Any

import cython

from native import codes

from .rooms import zeros

N_FOR_M = cython.declare(cython.longlong, codes.N_FOR_M)
STEPS = cython.declare(cython.longlong, codes.STEPS)

_NEVER = cython.declare(cython.longlong, -(1 << 60))  # worth of what cannot be
_NO_LIMIT = cython.declare(cython.longlong, 1 << 40)
_UNITS = cython.declare(cython.longlong, 4_000)  # decided one by one at most


@cython.cclass
class Piles:
    """The classes of one packing, as numbers of units.

    Args:
        packing: the problem; what is made here is in its arrays.
        lent: its arrays, by name.
    """

    packing: Any
    m: cython.Py_ssize_t
    k: cython.Py_ssize_t
    rows: cython.longlong
    promo: cython.longlong[::1]
    left: cython.longlong[::1]
    free: cython.longlong[::1]
    rest: cython.longlong[::1]
    want_start: cython.longlong[::1]
    want: cython.longlong[::1]
    kinds: cython.longlong[::1]
    limit_of: cython.longlong[::1]
    bonus_of: cython.longlong[::1]
    cap_place: cython.longlong[::1]
    pool_place: cython.longlong[::1]
    pair_start: cython.longlong[::1]
    pair_promo: cython.longlong[::1]
    pair_off: cython.longlong[::1]
    gain: cython.longlong[::1]
    raw: cython.longlong[::1]
    made: cython.longlong[::1]
    option_start: cython.longlong[::1]
    option_value: cython.longlong[::1]
    kind: cython.longlong[::1]
    size: cython.longlong[::1]
    discounted: cython.longlong[::1]
    step_start: cython.longlong[::1]
    step_least: cython.longlong[::1]
    slot_start: cython.longlong[::1]
    slot_quantity: cython.longlong[::1]
    cap: cython.longlong[::1]

    def __init__(self, packing: Any, lent: dict[str, Any]) -> None:  # noqa: ANN401 - either form
        self.packing = packing
        self.rows = lent["rows"]
        self.promo = lent["promo"]
        self.left = lent["left"]
        self.free = lent["free"]
        self.rest = lent["rest"]
        self.want_start = lent["want_start"]
        self.want = lent["want"]
        self.kinds = lent["kinds"]
        self.limit_of = lent["limit_of"]
        self.bonus_of = lent["bonus_of"]
        self.cap_place = lent["cap_place"]
        self.pool_place = lent["pool_place"]
        self.pair_start = lent["pair_start"]
        self.pair_promo = lent["pair_promo"]
        self.pair_off = lent["pair_off"]
        self.gain = lent["gain"]
        self.raw = lent["raw"]
        self.made = lent["made"]
        self.option_start = lent["option_start"]
        self.option_value = lent["option_value"]
        offers = lent["offers"]
        self.kind = offers["kind"]
        self.size = offers["size"]
        self.discounted = offers["discounted"]
        self.step_start = offers["step_start"]
        self.step_least = offers["step_least"]
        self.slot_start = offers["slot_start"]
        self.slot_quantity = offers["slot_quantity"]
        self.cap = offers["cap"]
        self.m = len(self.want_start) - 1
        self.k = len(self.promo)

    # --- one class of equal units

    def share_out(self, steps: int) -> bool:
        """Share the units of one class out among the promotions, exactly.

        Only numbers of units count here: promotion by promotion, the most that so many units make.
        False where this takes more ``steps``, or where promotions share a coupon.
        """
        k: cython.Py_ssize_t
        u: cython.Py_ssize_t
        x: cython.Py_ssize_t
        at: cython.Py_ssize_t
        step: cython.Py_ssize_t
        work: cython.longlong = 0
        value: cython.longlong
        n: cython.Py_ssize_t = self.left[0]
        for k in range(self.k):
            if self.pool_place[k] >= 0:
                return False
            step = 1 if self.kind[self.promo[k]] == STEPS else self.size[self.promo[k]]
            work += n * (n // step + 1) // 2
        if work // 8 > steps:
            return False
        self.packing.spend(work // 8)
        best: cython.longlong[::1] = zeros(n + 1)
        alone: cython.longlong[::1] = zeros(n + 1)
        given: cython.longlong[::1] = zeros(self.k * (n + 1))
        for at in range(len(self.made)):
            self.made[at] = 0
        for u in range(n + 1):
            best[u] = u * self.free[0]
        for k in range(self.k):
            step = 1 if self.kind[self.promo[k]] == STEPS else self.size[self.promo[k]]
            for x in range(step, n + 1, step):
                alone[x] = self._value_alone(k, x)
            # From many units to few: what remains for the promotions before is not yet changed.
            for u in range(n, 0, -1):
                at = k * (n + 1) + u
                for x in range(step, u + 1, step):
                    if alone[x] == _NEVER:
                        continue
                    value = best[u - x] + alone[x]
                    if value > best[u]:
                        best[u] = value
                        given[at] = x
        u = n
        for k in range(self.k - 1, -1, -1):
            x = given[k * (n + 1) + u]
            if x:
                self._make_alone(k, x)
            u -= x
        self.rest[0] = u
        return True

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _value_alone(self, k: cython.Py_ssize_t, units: cython.longlong) -> cython.longlong:
        """Value of a promotion on so many equal units; ``_NEVER`` where it cannot use them all."""
        at: cython.Py_ssize_t
        value: cython.longlong
        if not self._make_alone(k, units):
            return _NEVER
        value = self.packing.value_made(k)
        for at in range(self.kinds[k]):
            self.made[self.pair_off[self.pair_start[k]] + at] = 0
        return value

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _make_alone(self, k: cython.Py_ssize_t, units: cython.longlong) -> cython.bint:
        """Have a promotion use so many equal units; False where whole applications do not."""
        p: cython.Py_ssize_t = self.promo[k]
        s: cython.Py_ssize_t
        e: cython.Py_ssize_t = self.pair_start[k]
        if e == self.pair_start[k + 1]:
            return False
        if self.kind[p] == STEPS:
            for s in range(self.kinds[k] - 1, -1, -1):
                if self.step_least[self.step_start[p] + s] <= units <= self.packing.tier_most(k, s):
                    self.made[self.pair_off[e] + s] = units
                    return True
            return False
        times: cython.longlong = units // self.size[p]
        if times * self.size[p] != units or times > self.limit_of[k]:
            return False
        if self.kind[p] == N_FOR_M:
            self.made[self.pair_off[e]] = units
            return True
        if not self._fits_within(k, e):
            return False
        for s in range(self.kinds[k]):
            self.made[self.pair_off[e] + s] = times * (self.slot_quantity[self.slot_start[p] + s])
        return True

    # --- equal units beyond any use

    def set_aside(self) -> tuple[Any, Any, int, bool]:
        """Decide units of large classes in whole groups, so that few are left for the labels.

        Whole groups inside one class are worth the same a unit, so more than a few groups of a
        lesser promotion can always be swapped for groups of the best unlimited one, and so can
        groups of a better one that its cap no longer pays. With rows, or beyond what labels can
        carry, this is a cut: then the labels prove nothing.

        Returned are, for each class, what is set aside in groups (the pair, -1 for units without
        any state, -2 for none) and how many, what all of it is worth, and whether it is a cut.
        """
        c: cython.Py_ssize_t
        i: cython.Py_ssize_t
        e: cython.Py_ssize_t
        g: cython.Py_ssize_t
        k: cython.Py_ssize_t
        p: cython.Py_ssize_t
        best: cython.Py_ssize_t
        size: cython.longlong
        best_size: cython.longlong
        best_value: cython.longlong
        value: cython.longlong
        need: cython.longlong
        use: cython.longlong
        count: cython.longlong
        groups: cython.longlong
        all_units: cython.longlong = 0
        share: cython.longlong
        worth: cython.longlong = 0
        is_cut: cython.bint = False
        aside_promo: cython.longlong[::1] = zeros(self.m)
        aside_times: cython.longlong[::1] = zeros(self.m)
        for c in range(self.m):
            all_units += self.left[c]
        for c in range(self.m):
            aside_promo[c] = -2
            count = self.left[c]
            best = -1
            best_size = 1
            best_value = self.option_value[self.option_start[c]]
            for i in range(self.want_start[c], self.want_start[c + 1]):
                e = self.want[i]
                k = self.pair_promo[e]
                p = self.promo[k]
                if (
                    self.kind[p] == STEPS
                    or self.limit_of[k] < _NO_LIMIT
                    or self.cap_place[k] >= 0
                    or self.pool_place[k] >= 0
                    or not self._fits_within(k, e)
                ):
                    continue
                size = self.size[p]
                value = self._group_value(k, e)
                if value * best_size > best_value * size:
                    best = i
                    best_size = size
                    best_value = value
            need = 2 * best_size
            for i in range(self.want_start[c], self.want_start[c + 1]):
                e = self.want[i]
                k = self.pair_promo[e]
                p = self.promo[k]
                size = self.size[p]
                if self.kind[p] == STEPS:
                    use = count  # where its tier is worth more a unit, all of them may want it
                    for g in range(self.pair_off[e], self.pair_off[e] + self.kinds[k]):
                        if self.gain[g] * best_size > best_value:
                            break
                    else:
                        use = self.step_least[self.step_start[p + 1] - 1] + best_size
                else:
                    groups = best_size + (2 if self.kind[p] == N_FOR_M else all_units - count)
                    if self._fits_within(k, e) and (
                        self._group_value(k, e) * best_size > best_value * size
                    ):
                        # Better than the best unlimited one: only its own limits end it.
                        groups += self._groups_to_cap(k, e, count)
                    use = size * groups
                if self.limit_of[k] < _NO_LIMIT and size * self.limit_of[k] < use:
                    use = size * self.limit_of[k]
                need += min(count, use)
            if self.rows:
                need = min(count, 256)
            share = _UNITS * count // all_units
            share = max(share, 40)
            if all_units > _UNITS and need > share:
                need = share
                is_cut = is_cut or count > need
            if self.rows and count > need:
                is_cut = True
            if count <= need:
                continue
            groups = (count - need) // best_size
            if all_units > _UNITS and count - groups * best_size > 2 * need:
                # Groups larger than what labels can carry: the rest stays without.
                best = -1
                best_size = 1
                best_value = self.option_value[self.option_start[c]]
                groups = count - need
                is_cut = True
            if not groups:
                continue
            self.left[c] -= groups * best_size
            aside_promo[c] = -1 if best < 0 else self.want[best]
            aside_times[c] = groups
            worth += groups * best_value
        return aside_promo, aside_times, worth, is_cut

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _fits_within(self, k: cython.Py_ssize_t, e: cython.Py_ssize_t) -> cython.bint:
        g: cython.Py_ssize_t
        for g in range(self.kinds[k]):
            if self.gain[self.pair_off[e] + g] == _NEVER:
                return False
        return True

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _group_value(self, k: cython.Py_ssize_t, e: cython.Py_ssize_t) -> cython.longlong:
        """Value of one application made of units of one class."""
        p: cython.Py_ssize_t = self.promo[k]
        s: cython.Py_ssize_t
        off: cython.Py_ssize_t = self.pair_off[e]
        value: cython.longlong = self.bonus_of[k]
        if self.kind[p] == N_FOR_M:
            return self.gain[off + 1] * self.discounted[p] + self.gain[off] * (
                self.size[p] - self.discounted[p]
            )
        for s in range(self.kinds[k]):
            value += self.gain[off + s] * self.slot_quantity[self.slot_start[p] + s]
        return value

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _groups_to_cap(
        self, k: cython.Py_ssize_t, e: cython.Py_ssize_t, count: cython.longlong
    ) -> cython.longlong:
        """Applications made of units of one class until the cap is reached, ``count`` at most."""
        p: cython.Py_ssize_t = self.promo[k]
        s: cython.Py_ssize_t
        off: cython.Py_ssize_t = self.pair_off[e]
        raw: cython.longlong = 0
        if self.cap_place[k] < 0:
            return count
        if self.kind[p] == N_FOR_M:
            raw = self.raw[off + 1] * self.discounted[p]
        else:
            for s in range(self.kinds[k]):
                raw += self.raw[off + s] * self.slot_quantity[self.slot_start[p] + s]
        return count if raw <= 0 else min(count, -(-self.cap[p] // raw))
