# cython: boundscheck=True, wraparound=False, cdivision=False, overflowcheck=True, language_level=3
# cython: initializedcheck=False
"""Packs units into applications of the article layer, under fixed weights of the later layers.

*Units have prices.* Every class of equal units gets a multiplier: what a unit is worth to the best
of its users. Given these, each promotion is worth on its own what it makes beyond the multipliers
of the units it takes; multipliers of all units plus that is an upper bound of every packing
(Lagrangian relaxation). The multipliers move until the bound is low; every few moves the promotions
take their choice one after another, which is the packing to beat.

What that leaves open is asked elsewhere, in this order and for a share of the steps each; every
answer is a better packing or a lower bound:

- ``piles``: units of one class, and units beyond any use, by number;
- ``tiers``: quantity tiers are granted, the rest falls apart;
- ``branching``: how often a promotion applies, case by case, with the linear program of ``plans``;
- ``automata`` and ``beam``: labels decide unit by unit, the most promising so many of them; widths
  grow while the budget of steps lasts.

Amounts: discounts in 1/10_000 minor unit; values are discounts times weights. Nothing is rounded.
A sum beyond 64 bits raises OverflowError in the compiled form; the plain form has no such bound.
"""

from __future__ import annotations

from array import array
from typing import Any

import cython

from native import codes

from .automata import Automata
from .beam import Beam
from .branching import Branching
from .piles import Piles
from .rooms import zeros
from .tiers import Tiers

N_FOR_M = cython.declare(cython.longlong, codes.N_FOR_M)
BUNDLE = cython.declare(cython.longlong, codes.BUNDLE)
BUY_GET = cython.declare(cython.longlong, codes.BUY_GET)
STEPS = cython.declare(cython.longlong, codes.STEPS)
PERCENT = cython.declare(cython.longlong, codes.PERCENT)
AMOUNT_OFF = cython.declare(cython.longlong, codes.AMOUNT_OFF)
FIXED_PRICE = cython.declare(cython.longlong, codes.FIXED_PRICE)
UNITS = cython.declare(cython.longlong, codes.UNITS)
D = cython.declare(cython.longlong, 10_000)  # discounts are in 1/10_000 minor

# An application: promotion, times, members (class, units, targets), tier.
Given = tuple[int, int, tuple[tuple[int, int, int], ...], int]

_NEVER = cython.declare(
    cython.longlong, -(1 << 60)
)  # below every value: cannot be completed any more
_WIDTHS = (16, 800, 3_000)
_CELLS = cython.declare(cython.longlong, 1 << 21)  # of the table of an n-for-m at most
_ROUNDS = cython.declare(cython.longlong, 400)  # of moving the multipliers, each
_WIDE = cython.declare(
    cython.longlong, 200
)  # a gap above this part of the value is too wide for labels
_UNSURE = cython.declare(cython.longlong, -1)
_FEW = cython.declare(cython.longlong, 80)  # units, of which labels can carry any gap
_FRESH = cython.declare(cython.longlong, 64)  # weight of a round in the running mean, in 1/256
_STALE = cython.declare(
    cython.longlong, 2
)  # rounds without a lower bound, then the step gets smaller
_FAR = cython.declare(cython.longlong, 1 << 24)  # longest step along one axis, in 1/2^16 of the gap
_TURN = cython.declare(cython.longlong, 16)  # rounds, then other threads may run
_COMPOSED = cython.declare(cython.longlong, 2)  # rounds from one packing made to the next
# Cases are asked where the linear program stays small: more classes or promotions cost it more than
# they give.
_CASE_CLASSES = cython.declare(cython.Py_ssize_t, 36)
_CASE_PROMOS = cython.declare(cython.Py_ssize_t, 12)
_CASE_PERCENT = cython.declare(cython.longlong, 25)  # of what is left of the budget
_TIER_PERCENT = cython.declare(cython.longlong, 30)  # of what is left of the budget
_TIER_PERCENT_OF_FEW = cython.declare(cython.longlong, 10)  # where labels need it more
_FEW_FOR_LABELS = cython.declare(cython.longlong, 300)  # units
_NOTED = cython.declare(
    cython.longlong, 16
)  # rounds of the multipliers whose plans cases start with
_NO_LIMIT: cython.longlong = 1 << 40


# Small rooms are cut from one piece: making an array of their own for each costs more than a small
# packing. What was cut off is never handed out again.
_PIECE = cython.declare(cython.Py_ssize_t, 1_024)
_piece = cython.declare(cython.longlong[::1], array("q", bytes(8 * 1_024)))
_cut = cython.declare(cython.Py_ssize_t, 0)


@cython.cfunc
def _zeros(count: cython.Py_ssize_t) -> cython.longlong[::1]:
    """Room for so many integers: of 64 bits when compiled, of any size in the plain form."""
    global _piece, _cut  # noqa: PLW0603 - the piece that is being cut
    if not cython.compiled:
        return [0] * max(count, 1)
    start: cython.Py_ssize_t
    fresh: cython.longlong[::1]
    count = max(count, 1)
    if count > _PIECE // 8:
        fresh = zeros(count)
        return fresh
    if _cut + count > _PIECE:
        fresh = zeros(_PIECE)
        _piece = fresh
        _cut = 0
    start = _cut
    _cut = start + count
    return _piece[start : start + count]


def integers(values: list[int]) -> array[int]:
    """Return integers as this form takes them.

    Raises:
        OverflowError: compiled, where one is beyond 64 bits.
    """
    return array("q", values) if cython.compiled else values  # type: ignore[return-value]


@cython.cfunc
@cython.exceptval(-1, check=True)
def _benefit_on(
    price: cython.longlong, benefit: cython.longlong, value: cython.longlong
) -> cython.longlong:
    """Discount of a benefit on one price, in 1/10_000 minor."""
    if benefit == PERCENT:
        return price * value
    if benefit == AMOUNT_OFF:
        return (min(value, price)) * D
    return (price - value) * D if price > value else 0


@cython.cfunc
@cython.exceptval(-1, check=True)
def _discounted_of(
    units: cython.longlong, n: cython.longlong, d: cython.longlong
) -> cython.longlong:
    """How many of so many units in falling price are discounted: the d last of every n."""
    return units // n * d + max(0, units % n - (n - d))


@cython.cfunc
@cython.exceptval(-1, check=True)
def _give_turn() -> cython.int:
    """Let go of the interpreter's lock for a moment: other threads wait for no whole search.

    The loops themselves keep it: without it Cython reports a sum beyond 64 bits unsafely.
    """
    with cython.nogil:
        pass
    return 0


@cython.cfunc
@cython.exceptval(-1, check=True)
def _gcd(a: cython.longlong, b: cython.longlong) -> cython.longlong:
    if a < 0:
        a = -a
    if b < 0:
        b = -b
    while b:
        a, b = b, a % b
    return a


def benefit_on(price: int, benefit: int, value: int) -> int:
    """Discount of a benefit on one price, in 1/10_000 minor."""
    return _benefit_on(price, benefit, value)


@cython.cclass
class Offers:
    """The article promotions of one search as columns, prepared once (see ``search``).

    Promotions in ascending id. Slots that the same units fit are merged. ``most``: applications
    that could be formed at all; ``limit``: -1 where none can bind; ``cap``: in 1/10_000 minor, -1
    where none can bind. ``part``: what a slot bears of a fixed price or amount, a unit;
    ``correction``: what the parts of the slots miss of the whole, once an application.
    """

    columns: dict[str, array[int]]
    price: cython.longlong[::1]
    count: cython.longlong[::1]
    kind: cython.longlong[::1]
    size: cython.longlong[::1]
    discounted: cython.longlong[::1]
    benefit: cython.longlong[::1]
    value: cython.longlong[::1]
    limit: cython.longlong[::1]
    pool: cython.longlong[::1]
    cap: cython.longlong[::1]
    exclusive: cython.longlong[::1]
    within_buy: cython.longlong[::1]
    most: cython.longlong[::1]
    correction: cython.longlong[::1]
    step_start: cython.longlong[::1]
    step_least: cython.longlong[::1]
    step_benefit: cython.longlong[::1]
    step_value: cython.longlong[::1]
    slot_start: cython.longlong[::1]
    slot_quantity: cython.longlong[::1]
    slot_target: cython.longlong[::1]
    slot_part: cython.longlong[::1]
    slot_class_start: cython.longlong[::1]
    slot_class: cython.longlong[::1]
    # Per class its place in the packing that is being made, 0 = none.
    place: cython.longlong[::1]

    def __init__(self, columns: dict[str, array[int]]) -> None:
        self.columns = columns
        self.price = columns["price"]
        self.count = columns["count"]
        self.kind = columns["kind"]
        self.size = columns["size"]
        self.discounted = columns["discounted"]
        self.benefit = columns["benefit"]
        self.value = columns["value"]
        self.limit = columns["limit"]
        self.pool = columns["pool"]
        self.cap = columns["cap"]
        self.exclusive = columns["exclusive"]
        self.within_buy = columns["within_buy"]
        self.most = columns["most"]
        self.correction = columns["correction"]
        self.step_start = columns["step_start"]
        self.step_least = columns["step_least"]
        self.step_benefit = columns["step_benefit"]
        self.step_value = columns["step_value"]
        self.slot_start = columns["slot_start"]
        self.slot_quantity = columns["slot_quantity"]
        self.slot_target = columns["slot_target"]
        self.slot_part = columns["slot_part"]
        self.slot_class_start = columns["slot_class_start"]
        self.slot_class = columns["slot_class"]
        self.place = array("q", bytes(8 * len(columns["price"])))


@cython.cclass
class Packing:
    """One packing problem: some classes, the promotions that want them, weights.

    Args:
        offers: all promotions of the search.
        classes: the classes, ascending (falling price).
        promos: promotions with a state that want them, ascending.
        factor: for every class of the sale, what a discount is worth (``unit`` = all of it).
        unit: value of an undiminished discount of 1/10_000 minor.
        option_start, option_value, option_promo, option_spent, option_spent_2: for each class of
            ``classes`` the ways to treat a unit without any state, best value first (one of them
            without rows), with what each takes from the rows.
        rows: for up to two side constraints, for every class of the sale what a discount of
            1/10_000 minor takes of the row's room.
        rooms: how much may be taken of each row.
        even: for each of ``promos`` a factor that holds on all its units, -1 for that of the unit;
            for a bound where the spread of a discount over units of several factors is open.
    """

    offers: Offers
    unit: cython.longlong
    m: cython.longlong
    k: cython.longlong
    rows: cython.longlong
    room: cython.longlong
    room_2: cython.longlong
    used: cython.longlong
    budget: cython.longlong
    is_cut: cython.bint  # labels prove nothing
    is_thinned: cython.bint  # more was set aside than changes nothing
    gives_back: cython.bint  # whether a later unit may take less than nothing from a row
    grain: cython.longlong
    start_value: cython.longlong

    cls: cython.longlong[::1]
    promo: cython.longlong[::1]
    price: cython.longlong[::1]
    left: cython.longlong[::1]
    factor: cython.longlong[::1]
    coef: cython.longlong[::1]
    coef_2: cython.longlong[::1]
    option_start: cython.longlong[::1]
    option_value: cython.longlong[::1]
    option_promo: cython.longlong[::1]
    option_spent: cython.longlong[::1]
    option_spent_2: cython.longlong[::1]
    free: cython.longlong[::1]

    # Pairs (promotion, class), promotion by promotion; from ``pair_off`` on the gains by kind.
    pair_start: cython.longlong[::1]
    pair_class: cython.longlong[::1]
    pair_promo: cython.longlong[::1]
    pair_off: cython.longlong[::1]
    want_start: cython.longlong[::1]
    want: cython.longlong[::1]
    gain: cython.longlong[::1]  # value
    raw: cython.longlong[::1]  # discount
    spent: cython.longlong[::1]
    spent_2: cython.longlong[::1]
    kinds: cython.longlong[::1]
    even: cython.longlong[::1]

    # What piles set aside.
    aside_promo: cython.longlong[::1]
    aside_times: cython.longlong[::1]
    has_aside: cython.bint  # what labels need not decide was set aside
    with_aside: cython.bint  # the best packing was found with units set aside
    limit_of: cython.longlong[::1]
    bonus_of: cython.longlong[::1]
    cap_value: cython.longlong[::1]
    cap_place: cython.longlong[::1]
    pool_place: cython.longlong[::1]
    pool_left: cython.longlong[::1]
    extras: cython.longlong

    # Of the search by cases: what a case allows of each promotion, applications or tier + 1, and
    # what one application of an n-for-m costs there.
    is_case: cython.bint
    least: cython.longlong[::1]
    most: cython.longlong[::1]
    fee: cython.longlong[::1]
    cases: Any  # who notes what the promotions would take, if anybody

    # Multipliers.
    lam: cython.longlong[::1]
    best_lam: cython.longlong[::1]
    theta: cython.longlong[::1]  # of caps, in 1/1024
    best_theta: cython.longlong[::1]
    toll: cython.longlong[::1]  # of limited groups, one application
    best_toll: cython.longlong[::1]
    take: cython.longlong[::1]
    usage: cython.longlong[::1]
    best_take: cython.longlong[::1]
    made: cython.longlong[::1]
    rest: cython.longlong[::1]
    part: cython.longlong[::1]
    ranks: cython.longlong[::1]
    profit: cython.longlong[::1]
    excess: cython.longlong[::1]
    option_take: cython.longlong[::1]
    mean: cython.longlong[::1]
    mass: cython.longlong[::1]
    room_of: cython.longlong[::1]
    loss: cython.longlong[::1]
    live: cython.longlong[::1]
    is_losing: cython.bint
    beyond_cap: cython.longlong  # groups tried beyond those that a cap pays whole: 0, 1 in turn
    is_heir: cython.bint
    moved: cython.bint  # the multipliers have left their start: steps are small from then on
    given: dict[str, Any]
    sub: Packing | None
    narrowed: Packing | None
    seeks_ties: cython.bint  # whether packings worth as much as the best are followed, too
    spares: cython.longlong  # a bit for each promotion without which as much is packed
    seed: Packing | None  # to start with what it packed
    order: cython.longlong[::1]
    order_off: cython.longlong[::1]
    upper: cython.longlong
    lower: cython.longlong
    found: cython.bint
    scratch: cython.longlong[::1]

    def __init__(
        self,
        offers: Offers,
        *,
        classes: array[int],
        promos: array[int],
        factor: array[int],
        unit: int,
        option_start: array[int],
        option_value: array[int],
        option_promo: array[int],
        budget: int,
        pool_left: array[int],
        option_spent: array[int] | None = None,
        option_spent_2: array[int] | None = None,
        rows: tuple[array[int], ...] = (),
        rooms: tuple[int, ...] = (),
        even: array[int] | None = None,
    ) -> None:
        self.offers = offers
        self.cls = classes
        self.promo = promos
        self.m = len(classes)
        self.k = len(promos)
        self.unit = unit
        self.budget = budget
        self.used = 0
        self.is_cut = False
        self.is_thinned = False
        self.gives_back = False
        self.is_heir = False
        self.moved = False
        self.sub = None
        self.narrowed = None
        self.seeks_ties = False
        self.spares = _UNSURE
        self.seed = None
        self.given = {
            "classes": classes,
            "factor": factor,
            "unit": unit,
            "option_start": option_start,
            "option_value": option_value,
            "option_promo": option_promo,
            "pool_left": pool_left,
            "option_spent": option_spent,
            "option_spent_2": option_spent_2,
            "rows": rows,
            "rooms": rooms,
        }
        self.is_losing = False
        self.is_case = False
        self.cases = None
        self.beyond_cap = 1
        self.has_aside = False
        self.with_aside = False
        self.found = False
        self.start_value = 0
        self.rows = len(rows)
        self.room = rooms[0] if rooms else 0
        self.room_2 = rooms[1] if len(rooms) > 1 else 0
        self.option_start = option_start
        self.option_value = option_value
        self.option_promo = option_promo
        nothing: cython.longlong[::1] = _zeros(len(option_value))
        self.option_spent = self.option_spent_2 = nothing
        if option_spent is not None:
            self.option_spent = option_spent
        if option_spent_2 is not None:
            self.option_spent_2 = option_spent_2
        m: cython.Py_ssize_t = self.m
        self.price = _zeros(m)
        self.left = _zeros(m)
        self.factor = _zeros(m)
        self.coef = _zeros(m)
        self.coef_2 = _zeros(m)
        self.free = _zeros(m)
        self.lam = _zeros(m)
        self.best_lam = _zeros(m)
        self.usage = _zeros(m)
        given: cython.longlong[::1] = factor
        i: cython.Py_ssize_t
        c: cython.Py_ssize_t
        for i in range(m):
            c = self.cls[i]
            self.price[i] = offers.price[c]
            self.left[i] = offers.count[c]
            self.factor[i] = given[c]
            if self.rows:
                self.coef[i] = rows[0][c]
            if self.rows > 1:
                self.coef_2[i] = rows[1][c]
        if even is None:
            self.even = _zeros(self.k)
            for i in range(self.k):
                self.even[i] = -1
        else:
            self.even = even
        self._seat_limits(pool_left)
        self._pair_up()
        self._weigh()

    @cython.cfunc
    @cython.exceptval(check=True)
    def _seat_limits(self, pool_left: cython.longlong[::1]) -> cython.void:
        """Limits and caps of each promotion; a pool that several share is counted in the labels."""
        offers: Offers = self.offers
        k: cython.Py_ssize_t
        j: cython.Py_ssize_t
        p: cython.Py_ssize_t
        q: cython.Py_ssize_t
        shared: cython.bint
        pool: cython.longlong
        limit: cython.longlong
        self.limit_of = _zeros(self.k)
        self.cap_place = _zeros(self.k)
        self.cap_value = _zeros(self.k)
        self.pool_place = _zeros(self.k)
        self.pool_left = _zeros(self.k)
        self.bonus_of = _zeros(self.k)
        self.extras = 0
        for k in range(self.k):
            p = self.promo[k]
            limit = offers.limit[p] if offers.limit[p] >= 0 else _NO_LIMIT
            self.pool_place[k] = -1
            self.cap_place[k] = -1
            pool = offers.pool[p]
            if pool >= 0:
                limit = min(limit, pool_left[pool])
                shared = False
                for j in range(self.k):
                    q = self.promo[j]
                    if j != k and offers.pool[q] == pool:
                        shared = True
                        if j < k:
                            self.pool_place[k] = self.pool_place[j]
                            self.pool_left[k] = self.pool_left[j]
                if shared and self.pool_place[k] < 0:
                    self.pool_place[k] = self.k + self.extras
                    self.pool_left[k] = pool_left[pool]
                    self.extras += 1
            # The most that could be formed bounds anyway; a state for it would be waste.
            if limit >= offers.most[p] and offers.kind[p] != STEPS:
                limit = _NO_LIMIT
            self.limit_of[k] = limit
            if offers.cap[p] >= 0:
                self.cap_place[k] = self.k + self.extras
                self.extras += 1

    @cython.cfunc
    @cython.exceptval(check=True)
    def _pair_up(self) -> cython.void:
        """Find the pairs of promotion and class; number the kinds of gain of each promotion."""
        offers: Offers = self.offers
        place: cython.longlong[::1] = offers.place
        i: cython.Py_ssize_t
        k: cython.Py_ssize_t
        p: cython.Py_ssize_t
        s: cython.Py_ssize_t
        e: cython.Py_ssize_t
        c: cython.Py_ssize_t
        total: cython.Py_ssize_t = 0
        gains: cython.Py_ssize_t = 0
        for i in range(self.m):
            place[self.cls[i]] = i + 1
        for k in range(self.k):
            p = self.promo[k]
            total += (
                offers.slot_class_start[offers.slot_start[p + 1]]
                - offers.slot_class_start[offers.slot_start[p]]
            )
        self.pair_start = _zeros(self.k + 1)
        self.pair_class = _zeros(total)
        self.pair_promo = _zeros(total)
        self.pair_off = _zeros(total)
        self.kinds = _zeros(self.k)
        self.want_start = _zeros(self.m + 1)
        self.want = _zeros(total)
        seen: cython.longlong[::1] = _zeros(self.m)
        e = 0
        for k in range(self.k):
            p = self.promo[k]
            if offers.kind[p] == STEPS:
                self.kinds[k] = offers.step_start[p + 1] - offers.step_start[p]
            elif offers.kind[p] == N_FOR_M:
                self.kinds[k] = 2
            else:
                self.kinds[k] = offers.slot_start[p + 1] - offers.slot_start[p]
            self.pair_start[k] = e
            for s in range(offers.slot_start[p], offers.slot_start[p + 1]):
                for i in range(offers.slot_class_start[s], offers.slot_class_start[s + 1]):
                    c = place[offers.slot_class[i]] - 1
                    if c >= 0:
                        seen[c] = k + 1
            for c in range(self.m):
                if seen[c] == k + 1:
                    self.pair_class[e] = c
                    self.pair_promo[e] = k
                    self.pair_off[e] = gains
                    gains += self.kinds[k]
                    self.want_start[c + 1] += 1
                    e += 1
        for i in range(self.m):
            place[self.cls[i]] = 0
        self.pair_start[self.k] = e
        for c in range(self.m):
            self.want_start[c + 1] += self.want_start[c]
        at: cython.longlong[::1] = _zeros(self.m)
        for i in range(e):
            c = self.pair_class[i]
            self.want[self.want_start[c] + at[c]] = i
            at[c] += 1
        self.gain = _zeros(gains)
        self.raw = _zeros(gains)
        self.spent = _zeros(gains)
        self.spent_2 = _zeros(gains)
        self.take = _zeros(gains)
        self.best_take = _zeros(gains)
        self.made = _zeros(gains)
        self.rest = _zeros(self.m)
        self.part = _zeros(64)
        self.ranks = _zeros(self.k)
        self.profit = _zeros(self.k)
        self.excess = _zeros(self.k)
        self.loss = _zeros(self.k)
        self.live = _zeros(self.m)
        self.theta = _zeros(self.k)
        self.best_theta = _zeros(self.k)
        self.toll = _zeros(self.k)
        self.best_toll = _zeros(self.k)
        self.option_take = _zeros(len(self.option_value))

    @cython.cfunc
    @cython.exceptval(check=True)
    def _set_gain(
        self,
        at: cython.Py_ssize_t,
        c: cython.Py_ssize_t,
        p: cython.Py_ssize_t,
        discount: cython.longlong,
        even: cython.longlong,
    ) -> cython.void:
        """What a unit of a class brings in a promotion that discounts it by so much."""
        gone: cython.longlong = discount
        value: cython.longlong = discount * (self.factor[c] if even < 0 else even)
        if self.offers.exclusive[p] == UNITS:
            gone = self.price[c] * D
            value = discount * self.unit - gone * (self.unit - self.factor[c])
        self.raw[at] = discount
        self.gain[at] = value
        if self.rows:
            self.spent[at] = gone * self.coef[c]
            self.spent_2[at] = gone * self.coef_2[c]
            if gone < 0:
                self.gives_back = True

    @cython.cfunc
    @cython.exceptval(check=True)
    def _weigh(self) -> cython.void:
        """Fill in the gains, and the grain: every packing is worth a multiple of it."""
        offers: Offers = self.offers
        e: cython.Py_ssize_t
        k: cython.Py_ssize_t
        p: cython.Py_ssize_t
        c: cython.Py_ssize_t
        s: cython.Py_ssize_t
        g: cython.Py_ssize_t
        i: cython.Py_ssize_t
        off: cython.Py_ssize_t
        first: cython.Py_ssize_t
        discount: cython.longlong
        share: cython.longlong
        grain: cython.longlong = 0
        for e in range(self.pair_start[self.k]):
            k = self.pair_promo[e]
            p = self.promo[k]
            c = self.pair_class[e]
            off = self.pair_off[e]
            if offers.kind[p] == STEPS:
                first = offers.step_start[p]
                for g in range(self.kinds[k]):
                    discount = _benefit_on(
                        self.price[c], offers.step_benefit[first + g], offers.step_value[first + g]
                    )
                    self._set_gain(off + g, c, p, discount, self.even[k])
                    grain = _gcd(grain, self.gain[off + g])
                continue
            if offers.kind[p] == N_FOR_M:
                discount = _benefit_on(self.price[c], offers.benefit[p], offers.value[p])
                self._set_gain(off, c, p, 0, self.even[k])
                self._set_gain(off + 1, c, p, discount, self.even[k])
                grain = _gcd(_gcd(grain, self.gain[off]), self.gain[off + 1])
                continue
            for g in range(self.kinds[k]):
                self.gain[off + g] = _NEVER
        for k in range(self.k):
            p = self.promo[k]
            if offers.kind[p] != BUNDLE and offers.kind[p] != BUY_GET:
                continue
            # Class by class the kinds of gain: one for each slot that it fits.
            first = offers.slot_start[p]
            for s in range(first, offers.slot_start[p + 1]):
                e = self.pair_start[k]
                for i in range(offers.slot_class_start[s], offers.slot_class_start[s + 1]):
                    while e < self.pair_start[k + 1] and (
                        self.cls[self.pair_class[e]] != offers.slot_class[i]
                    ):
                        e += 1
                    if e == self.pair_start[k + 1]:
                        break
                    c = self.pair_class[e]
                    share = 0
                    if offers.kind[p] == BUY_GET:
                        if offers.slot_target[s]:
                            share = _benefit_on(self.price[c], offers.benefit[p], offers.value[p])
                    elif offers.benefit[p] == PERCENT:
                        share = self.price[c] * offers.value[p]
                    elif offers.benefit[p] == AMOUNT_OFF:
                        share = offers.slot_part[s]
                    else:
                        share = self.price[c] * D - offers.slot_part[s]
                    self._set_gain(self.pair_off[e] + s - first, c, p, share, self.even[k])
                    grain = _gcd(grain, self.gain[self.pair_off[e] + s - first])
            c = self.pair_class[self.pair_start[k]] if self.pair_start[k + 1] else 0
            share = self.unit if offers.exclusive[p] == UNITS else self.factor[c]
            if self.even[k] >= 0:
                share = self.even[k]
            self.bonus_of[k] = offers.correction[p] * share
            grain = _gcd(grain, self.bonus_of[k])
            if offers.correction[p] < 0:
                self.gives_back = True
        for i in range(len(self.option_value)):
            grain = _gcd(grain, self.option_value[i])
        for k in range(self.k):
            p = self.promo[k]
            if offers.cap[p] >= 0:
                discount = 0
                for e in range(self.pair_start[k], self.pair_start[k + 1]):
                    discount = max(discount, self.factor[self.pair_class[e]])
                if offers.exclusive[p] == UNITS:
                    # Beyond the cap a unit only costs what the later layers would have given.
                    discount = self.unit
                    for e in range(self.pair_start[k], self.pair_start[k + 1]):
                        c = self.pair_class[e]
                        grain = _gcd(grain, self.price[c] * D * (self.unit - self.factor[c]))
                if self.even[k] >= 0:
                    discount = self.even[k]
                self.cap_value[k] = discount
                grain = _gcd(grain, offers.cap[p] * discount)
        self.grain = grain or 1
        self._drop_caps_beyond_reach()
        for c in range(self.m):
            self.free[c] = self.option_value[self.option_start[c]]

    @cython.cfunc
    @cython.exceptval(check=True)
    def _drop_caps_beyond_reach(self) -> cython.void:
        """Forget caps that all the applications there can be do not reach: a state less each."""
        offers: Offers = self.offers
        k: cython.Py_ssize_t
        p: cython.Py_ssize_t
        e: cython.Py_ssize_t
        s: cython.Py_ssize_t
        most: cython.longlong
        group: cython.longlong
        best: cython.longlong
        for k in range(self.k):
            p = self.promo[k]
            if self.cap_place[k] < 0:
                continue
            group = 0
            for s in range(self.kinds[k]):
                best = 0
                for e in range(self.pair_start[k], self.pair_start[k + 1]):
                    if self.gain[self.pair_off[e] + s] != _NEVER:
                        best = max(best, self.raw[self.pair_off[e] + s])
                if offers.kind[p] == N_FOR_M:
                    group += best * offers.discounted[p]
                elif offers.kind[p] == STEPS:
                    group = max(group, best)
                else:
                    group += best * offers.slot_quantity[offers.slot_start[p] + s]
            most = min(offers.most[p], self.limit_of[k])
            if offers.kind[p] == STEPS:
                most = 0
                for e in range(self.pair_start[k], self.pair_start[k + 1]):
                    most += self.left[self.pair_class[e]]
            if not group or most <= offers.cap[p] // group:
                self.cap_place[k] = -1

    # --- what a promotion is worth on its own, given the multipliers

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _group_profit(self, k: cython.Py_ssize_t) -> cython.longlong:
        """N for m: groups over units of falling price, exact but for limit and cap.

        From the last class to the first, for every fill of the open group the best number of units
        to take. Positions count on over the groups, so that the choices of a class are a window of
        at most n positions that moves with the fill: its maximum costs constant work each.
        """
        p: cython.Py_ssize_t = self.promo[k]
        n: cython.Py_ssize_t = self.offers.size[p]
        d: cython.Py_ssize_t = self.offers.discounted[p]
        first: cython.Py_ssize_t = self.pair_start[k]
        last: cython.Py_ssize_t = first
        i: cython.Py_ssize_t
        e: cython.Py_ssize_t
        f: cython.Py_ssize_t
        x: cython.Py_ssize_t
        z: cython.Py_ssize_t
        off: cython.Py_ssize_t
        row: cython.Py_ssize_t
        head: cython.Py_ssize_t
        tail: cython.Py_ssize_t
        base: cython.Py_ssize_t
        span: cython.Py_ssize_t
        after: cython.Py_ssize_t
        lam: cython.longlong
        paid: cython.longlong
        unpaid: cython.longlong
        whole: cython.longlong
        value: cython.longlong
        count: cython.longlong
        if (self.pair_start[k + 1] - first + 1) * n > _CELLS:
            return self._group_reach(k)
        toll: cython.longlong = self.toll[k] + (self.fee[k] if self.is_case else 0)
        theta: cython.longlong = self.theta[k]
        groups: cython.longlong
        for e in range(first, self.pair_start[k + 1]):
            # Of a packing that is being made most classes are used up.
            if self.left[self.pair_class[e]]:
                self.live[last - first] = e
                last += 1
        rows: cython.Py_ssize_t = (last - first) * n
        need: cython.Py_ssize_t = 2 * rows + 6 * n + 2
        if len(self.scratch) < need:
            self.scratch = _zeros(2 * need)
        # Values of (class, fill), then the positions reached from there, then working space.
        table: cython.longlong[::1] = self.scratch
        reached: cython.Py_ssize_t = rows + n
        prefix: cython.Py_ssize_t = reached + rows
        window: cython.Py_ssize_t = prefix + n
        table[rows] = 0
        for f in range(1, n):
            table[rows + f] = _NEVER
        for i in range(last - first - 1, -1, -1):
            e = self.live[i]
            off = self.pair_off[e]
            lam = self.lam[self.pair_class[e]]
            paid = self.gain[off + 1] - lam
            if theta:
                paid -= self.raw[off + 1] * self.cap_value[k] * theta // 1_024
            unpaid = self.gain[off] - lam
            value = 0
            for x in range(n):
                table[prefix + x] = value
                value += paid if x >= n - d else unpaid
                if not x:
                    value -= toll
            whole = value
            count = self.left[self.pair_class[e]]
            row = i * n
            after = row + n
            span = n if count >= n else count + 1
            # Whole groups that pay are all taken.
            base = count - n + 1 if whole > 0 and count >= n else 0
            head = window
            tail = window
            z = base
            for f in range(n):
                while z < base + f + span:
                    x = z % n
                    value = table[after + x]
                    if value != _NEVER:
                        groups = z // n
                        value += table[prefix + x] + whole * groups
                        # Of equal ways the one that takes the first units.
                        while tail > head and table[tail - 1] <= value:
                            tail -= 2
                        table[tail] = z
                        table[tail + 1] = value
                        tail += 2
                    z += 1
                while head < tail and table[head] < base + f:
                    head += 2
                if head == tail:
                    table[row + f] = _NEVER
                    continue
                table[row + f] = table[head + 1] - table[prefix + f]
                table[reached + row + f] = table[head]
        self.used += rows // 3 + 1
        if self.is_losing:
            self._group_loss(k, table, last - first)
        f = 0
        for i in range(last - first):
            e = self.live[i]
            z = table[reached + i * n + f]
            self.take[self.pair_off[e]] = z - f
            f = z % n
        return table[0]

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _group_reach(self, k: cython.Py_ssize_t) -> cython.longlong:
        """What groups too large for a table could make at most: each unit its share of a group.

        The cheapest units of a group are discounted, so no share is too small.
        """
        p: cython.Py_ssize_t = self.promo[k]
        n: cython.longlong = self.offers.size[p]
        d: cython.longlong = self.offers.discounted[p]
        e: cython.Py_ssize_t
        off: cython.Py_ssize_t
        share: cython.longlong
        total: cython.longlong = 0
        for e in range(self.pair_start[k], self.pair_start[k + 1]):
            off = self.pair_off[e]
            share = self.gain[off + 1] * d + self.gain[off] * (n - d) + n - 1
            share = share // n - self.lam[self.pair_class[e]]
            if share > 0:
                total += share * self.left[self.pair_class[e]]
        self.loss[k] = 0
        return total

    @cython.cfunc
    @cython.exceptval(check=True)
    def _group_loss(
        self,
        k: cython.Py_ssize_t,
        table: cython.longlong[::1],
        live: cython.Py_ssize_t,
    ) -> cython.void:
        """What it costs to make one group at least, from the table of the best ways."""
        p: cython.Py_ssize_t = self.promo[k]
        n: cython.Py_ssize_t = self.offers.size[p]
        d: cython.Py_ssize_t = self.offers.discounted[p]
        e: cython.Py_ssize_t
        off: cython.Py_ssize_t
        t: cython.Py_ssize_t
        i: cython.Py_ssize_t
        row: cython.Py_ssize_t = 0
        value: cython.longlong
        best: cython.longlong = _NEVER
        paid: cython.longlong
        unpaid: cython.longlong
        count: cython.longlong
        whole: cython.longlong
        more: cython.longlong
        for i in range(live):
            e = self.live[i]
            off = self.pair_off[e]
            unpaid = self.gain[off] - self.lam[self.pair_class[e]]
            paid = self._net(k, e, 1)
            row += n
            value = -self.toll[k]
            count = self.left[self.pair_class[e]]
            whole = d * paid + (n - d) * unpaid - self.toll[k]
            for t in range(1, min(n, count) + 1):
                value += paid if t > n - d else unpaid
                if table[row + t % n] == _NEVER:
                    continue
                # More whole groups of the same class, as many as pay.
                more = whole * ((count - t) // n) if whole > 0 else 0
                best = max(best, value + more + table[row + t % n])
        self.loss[k] = table[0] - best

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _step_profit(self, k: cython.Py_ssize_t) -> cython.longlong:
        """Quantity tiers: for each tier the best units that it needs and may take."""
        first: cython.Py_ssize_t = self.pair_start[k]
        last: cython.Py_ssize_t = self.pair_start[k + 1]
        g: cython.Py_ssize_t
        best_tier: cython.Py_ssize_t = -1
        low: cython.Py_ssize_t = 0
        high: cython.Py_ssize_t = self.kinds[k]
        best: cython.longlong = 0
        most: cython.longlong = _NEVER
        value: cython.longlong
        if self.is_case:
            high = min(high, self.most[k])
            if self.least[k]:
                low = self.least[k] - 1
                best = _NEVER
        for g in range(low, high):
            value = self._tier_profit(k, g, False)
            most = max(most, value)
            if value > best:
                best = value
                best_tier = g
        if best_tier >= 0:
            self._tier_profit(k, best_tier, True)
        self.used += (last - first) * self.kinds[k] // 2 + 1
        self.loss[k] = best - most
        return best

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _tier_most(self, k: cython.Py_ssize_t, g: cython.Py_ssize_t) -> cython.longlong:
        """Units that a quantity tier may take: fewer than the next one where that is no better."""
        offers: Offers = self.offers
        p: cython.Py_ssize_t = self.promo[k]
        first: cython.Py_ssize_t = offers.step_start[p]
        e: cython.Py_ssize_t
        h: cython.Py_ssize_t
        off: cython.Py_ssize_t
        most: cython.longlong = self.limit_of[k]
        for h in range(g + 1, self.kinds[k]):
            if offers.step_least[first + h] - 1 >= most:
                break
            for e in range(self.pair_start[k], self.pair_start[k + 1]):
                off = self.pair_off[e]
                if self.raw[off + h] < self.raw[off + g] or (
                    self.rows and self.raw[off + h] != self.raw[off + g]
                ):
                    most = offers.step_least[first + h] - 1
                    break
        return most

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _tier_profit(
        self, k: cython.Py_ssize_t, g: cython.Py_ssize_t, note: cython.bint
    ) -> cython.longlong:
        offers: Offers = self.offers
        p: cython.Py_ssize_t = self.promo[k]
        first: cython.Py_ssize_t = self.pair_start[k]
        last: cython.Py_ssize_t = self.pair_start[k + 1]
        least: cython.longlong = offers.step_least[offers.step_start[p] + g]
        most: cython.longlong = self._tier_most(k, g)
        e: cython.Py_ssize_t
        units: cython.longlong = 0
        value: cython.longlong = 0
        more: cython.longlong
        number: cython.longlong
        at: cython.Py_ssize_t
        for e in range(first, last):
            more = self._net(k, e, g)
            if more > 0:
                number = self.left[self.pair_class[e]]
                units += number
                value += more * number
                if note:
                    self.take[self.pair_off[e] + g] = number
        if units >= least and units <= most:
            return value
        # Too few: the least bad units more; too many: the least good ones away.
        if len(self.scratch) < last - first:
            self.scratch = _zeros(2 * (last - first))
        done: cython.longlong[::1] = self.scratch
        for e in range(last - first):
            done[e] = 0
        while units < least or units > most:
            at = -1
            number = 0
            for e in range(first, last):
                if done[e - first]:
                    continue
                more = self._net(k, e, g)
                if (more > 0) != (units > most):
                    continue
                if at < 0 or (more > number if units < least else more < number):
                    at = e
                    number = more
            if at < 0:
                return _NEVER
            done[at - first] = 1
            more = number
            number = self.left[self.pair_class[at]]
            if units < least:
                number = min(number, least - units)
                units += number
                value += more * number
                if note:
                    self.take[self.pair_off[at] + g] = number
            else:
                number = min(number, units - most)
                units -= number
                value -= more * number
                if note:
                    self.take[self.pair_off[at] + g] -= number
        return value

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _slot_profit(self, k: cython.Py_ssize_t) -> cython.longlong:
        """Bundle or buy-get: so many applications as pay, the best units of each slot first.

        Each slot chooses for itself: a unit that two slots want counts for both, a gift may be
        dearer than what is bought.
        """
        offers: Offers = self.offers
        p: cython.Py_ssize_t = self.promo[k]
        slots: cython.Py_ssize_t = self.kinds[k]
        first: cython.Py_ssize_t = self.pair_start[k]
        pairs: cython.Py_ssize_t = self.pair_start[k + 1] - first
        s: cython.Py_ssize_t
        i: cython.Py_ssize_t
        j: cython.Py_ssize_t
        e: cython.Py_ssize_t
        base: cython.Py_ssize_t = self.order_off[k]
        quantity: cython.longlong
        rest: cython.longlong
        used: cython.longlong
        more: cython.longlong
        key: cython.longlong
        times: cython.longlong
        value: cython.longlong = 0
        best: cython.longlong = 0
        most: cython.longlong = offers.most[p]
        most = min(most, self.limit_of[k])
        least: cython.longlong = 0
        if self.is_case:
            most = min(most, self.most[k])
            least = self.least[k]
        if len(self.scratch) < 2 * slots + pairs * slots:
            self.scratch = _zeros(2 * (2 * slots + pairs * slots))
        place: cython.longlong[::1] = self.scratch
        order: cython.longlong[::1] = self.order
        # Sorted by what a unit brings beyond its multiplier; nearly sorted from the last time.
        for s in range(slots):
            place[2 * s] = 0
            place[2 * s + 1] = 0
            for i in range(1, pairs):
                e = order[base + s * pairs + i]
                key = self._slot_gain(e, s)
                j = i
                while j > 0 and self._slot_gain(order[base + s * pairs + j - 1], s) < key:
                    order[base + s * pairs + j] = order[base + s * pairs + j - 1]
                    j -= 1
                order[base + s * pairs + j] = e
        self.used += pairs * slots // 2
        done: cython.longlong = 0
        while done < most:
            more = self.bonus_of[k]
            times = most - done
            for s in range(slots):
                quantity = offers.slot_quantity[offers.slot_start[p] + s]
                i = place[2 * s]
                used = place[2 * s + 1]
                rest = quantity
                while rest:
                    if i == pairs:
                        times = 0
                        break
                    e = order[base + s * pairs + i]
                    if self.gain[self.pair_off[e] + s] == _NEVER:
                        times = 0
                        break
                    number: cython.longlong = self.left[self.pair_class[e]] - used
                    if number >= rest:
                        more += rest * self._slot_gain(e, s)
                        if rest == quantity:
                            times = min(times, number // quantity)
                        elif times > 1:
                            times = 1
                        rest = 0
                    else:
                        more += number * self._slot_gain(e, s)
                        rest -= number
                        i += 1
                        used = 0
                        times = min(times, 1)
                if not times:
                    break
            if not done:
                # Without units for a single one the promotion cannot be used at all.
                self.loss[k] = -_NEVER if not times else -more if more < 0 else 0
            if not times or (more <= 0 and done >= least):
                break
            if more <= 0:
                times = min(times, least - done)
            value += more * times
            done += times
            for s in range(slots):
                rest = offers.slot_quantity[offers.slot_start[p] + s] * times
                while rest:
                    e = order[base + s * pairs + place[2 * s]]
                    number = self.left[self.pair_class[e]] - place[2 * s + 1]
                    number = min(number, rest)
                    self.take[self.pair_off[e] + s] += number
                    place[2 * s + 1] += number
                    if place[2 * s + 1] == self.left[self.pair_class[e]]:
                        place[2 * s] += 1
                        place[2 * s + 1] = 0
                    rest -= number
        if least:
            return value if done >= least else _NEVER
        return max(best, value)

    @cython.cfunc
    @cython.exceptval(check=True)
    def _take_slots(self, k: cython.Py_ssize_t) -> cython.void:
        """Bundle or buy-get: one application after another, no unit in two slots.

        Slots that fewer classes fit choose first.
        """
        offers: Offers = self.offers
        p: cython.Py_ssize_t = self.promo[k]
        slots: cython.Py_ssize_t = self.kinds[k]
        pairs: cython.Py_ssize_t = self.pair_start[k + 1] - self.pair_start[k]
        base: cython.Py_ssize_t = self.order_off[k]
        first: cython.Py_ssize_t = offers.slot_start[p]
        s: cython.Py_ssize_t
        i: cython.Py_ssize_t
        j: cython.Py_ssize_t
        e: cython.Py_ssize_t
        c: cython.Py_ssize_t
        most: cython.longlong = min(self.limit_of[k], offers.most[p])
        done: cython.longlong = 0
        times: cython.longlong
        value: cython.longlong
        need: cython.longlong
        number: cython.longlong
        for e in range(self.pair_start[k], self.pair_start[k + 1]):
            for s in range(self.kinds[k]):
                self.take[self.pair_off[e] + s] = 0
        if len(self.scratch) < 2 * slots + pairs * slots:
            self.scratch = _zeros(2 * (2 * slots + pairs * slots))
        turn: cython.longlong[::1] = self.scratch
        for s in range(slots):
            i = s
            number = offers.slot_class_start[first + s + 1] - offers.slot_class_start[first + s]
            while i > 0 and (
                offers.slot_class_start[first + turn[i - 1] + 1]
                - offers.slot_class_start[first + turn[i - 1]]
                > number
            ):
                turn[i] = turn[i - 1]
                i -= 1
            turn[i] = s
            for i in range(1, pairs):
                e = self.order[base + s * pairs + i]
                number = self._slot_gain(e, s)
                j = i
                while j > 0 and self._slot_gain(self.order[base + s * pairs + j - 1], s) < number:
                    self.order[base + s * pairs + j] = self.order[base + s * pairs + j - 1]
                    j -= 1
                self.order[base + s * pairs + j] = e
        part: cython.longlong[::1] = self.part
        if len(part) < pairs * slots:
            part = _zeros(2 * pairs * slots)
            self.part = part
        while done < most:
            self.used += pairs * slots // 4 + 1
            for i in range(pairs * slots):
                part[i] = 0
            value = self.bonus_of[k]
            times = most - done
            for i in range(slots):
                s = turn[i]
                need = offers.slot_quantity[first + s]
                for j in range(pairs):
                    if not need:
                        break
                    e = self.order[base + s * pairs + j]
                    if self.gain[self.pair_off[e] + s] == _NEVER:
                        break
                    c = self.pair_class[e]
                    number = min(need, self.left[c])
                    if number:
                        part[s * pairs + j] = number
                        self.left[c] -= number
                        value += number * self._slot_gain(e, s)
                        need -= number
                if need:
                    value = 0
                    break
            if value > 0:
                # As often as no class runs dry: then the same units are the best again.
                for i in range(pairs * slots):
                    if part[i]:
                        c = self.pair_class[self.order[base + i]]
                        number = self.left[c]
                        need = 0
                        for j in range(pairs * slots):
                            if part[j] and self.pair_class[self.order[base + j]] == c:
                                need += part[j]
                        times = min(times, number // need + 1)
            for i in range(pairs * slots):
                if part[i]:
                    e = self.order[base + i]
                    if value > 0:
                        self.left[self.pair_class[e]] -= part[i] * (times - 1)
                        self.take[self.pair_off[e] + i // pairs] += part[i] * times
                    else:
                        self.left[self.pair_class[e]] += part[i]
            if value <= 0:
                break
            done += times
        for e in range(self.pair_start[k], self.pair_start[k + 1]):
            for s in range(self.kinds[k]):
                self.left[self.pair_class[e]] += self.take[self.pair_off[e] + s]

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _slot_gain(self, e: cython.Py_ssize_t, s: cython.Py_ssize_t) -> cython.longlong:
        if self.gain[self.pair_off[e] + s] == _NEVER:
            return _NEVER
        return self._net(self.pair_promo[e], e, s)

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _net(
        self, k: cython.Py_ssize_t, e: cython.Py_ssize_t, g: cython.Py_ssize_t
    ) -> cython.longlong:
        """What a unit brings beyond its multiplier, less what the cap will cut."""
        at: cython.Py_ssize_t = self.pair_off[e] + g
        net: cython.longlong = self.gain[at] - self.lam[self.pair_class[e]]
        if self.theta[k]:
            net -= self.raw[at] * self.cap_value[k] * self.theta[k] // 1_024
        return net

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _profit(self, k: cython.Py_ssize_t) -> cython.longlong:
        """What a promotion makes beyond the multipliers of the units it takes; notes its units."""
        i: cython.Py_ssize_t
        p: cython.Py_ssize_t = self.promo[k]
        kind: cython.longlong = self.offers.kind[p]
        value: cython.longlong
        if self.pair_start[k] == self.pair_start[k + 1]:
            return 0
        i = self.pair_start[k]
        low: cython.Py_ssize_t = self.pair_off[i]
        high: cython.Py_ssize_t = self.pair_off[self.pair_start[k + 1] - 1] + self.kinds[k]
        for i in range(low, high):
            self.take[i] = 0
        value = 0
        for i in range(self.pair_start[k], self.pair_start[k + 1]):
            value += self.left[self.pair_class[i]]
        self.used += (self.pair_start[k + 1] - self.pair_start[k]) // 16 + 1
        if value < (
            self.offers.step_least[self.offers.step_start[p]]
            if kind == STEPS
            else self.offers.size[p]
        ):
            self.loss[k] = -_NEVER
            return _NEVER if self.is_case and self.least[k] else 0
        if kind == N_FOR_M:
            value = self._group_profit(k)
        elif kind == STEPS:
            value = self._step_profit(k)
        else:
            value = self._slot_profit(k)
        if self.cap_place[k] >= 0:
            whole: cython.longlong = self.offers.cap[p] * self.cap_value[k]
            value += (whole * self.theta[k] + 1_023) // 1_024
            if value > whole:
                self.loss[k] = 0
                return whole
        if self.toll[k]:
            value += self.toll[k] * self.limit_of[k]
        return value

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _bound(self) -> cython.longlong:
        """Upper bound under the present multipliers; ``usage`` says who takes how many units."""
        c: cython.Py_ssize_t
        k: cython.Py_ssize_t
        e: cython.Py_ssize_t
        g: cython.Py_ssize_t
        total: cython.longlong = 0
        for c in range(self.m):
            self.usage[c] = 0
            total += self.lam[c] * self.left[c]
        for k in range(self.k):
            self.profit[k] = self._profit(k)
            total += self.profit[k]
            self.excess[k] = 0
            if self.cap_place[k] >= 0:
                self.excess[k] = self._raw_taken(k) - self.offers.cap[self.promo[k]]
            elif self.limit_of[k] < _NO_LIMIT and self.offers.kind[self.promo[k]] == N_FOR_M:
                number: cython.longlong = 0
                for e in range(self.pair_start[k], self.pair_start[k + 1]):
                    number += self.take[self.pair_off[e]]
                self.excess[k] = number // self.offers.size[self.promo[k]] - self.limit_of[k]
            for e in range(self.pair_start[k], self.pair_start[k + 1]):
                c = self.pair_class[e]
                for g in range(self.kinds[k]):
                    self.usage[c] += self.take[self.pair_off[e] + g]
        return total + self.start_value

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _raw_taken(self, k: cython.Py_ssize_t) -> cython.longlong:
        """Discount of what a promotion takes, before its cap."""
        e: cython.Py_ssize_t
        g: cython.Py_ssize_t
        raw: cython.longlong = 0
        p: cython.Py_ssize_t = self.promo[k]
        n: cython.longlong = self.offers.size[p]
        d: cython.longlong = self.offers.discounted[p]
        units: cython.longlong = 0
        after: cython.longlong
        paid: cython.longlong
        for e in range(self.pair_start[k], self.pair_start[k + 1]):
            if self.offers.kind[p] == N_FOR_M:
                after = units + self.take[self.pair_off[e]]
                paid = _discounted_of(after, n, d) - _discounted_of(units, n, d)
                raw += paid * self.raw[self.pair_off[e] + 1]
                units = after
                continue
            for g in range(self.pair_off[e], self.pair_off[e] + self.kinds[k]):
                if self.take[g]:
                    raw += self.take[g] * self.raw[g]
        return raw

    @cython.cfunc
    @cython.exceptval(check=True)
    def _compose(self) -> cython.void:
        """Make a packing: one promotion after another takes its choice of what is left.

        First those that make most beyond the multipliers; then everybody takes of the rest
        whatever is better than nothing.
        """
        c: cython.Py_ssize_t
        k: cython.Py_ssize_t
        i: cython.Py_ssize_t
        j: cython.Py_ssize_t
        turn: cython.longlong
        if self.rows:
            return
        whole: cython.longlong[::1] = self.left
        rest: cython.longlong[::1] = self.rest
        kept: cython.longlong[::1] = self.lam
        ranks: cython.longlong[::1] = self.ranks
        for c in range(self.m):
            rest[c] = whole[c]
        for i in range(len(self.made)):
            self.made[i] = 0
        for i in range(self.k):
            k = i
            j = i
            while j > 0 and self.profit[ranks[j - 1]] < self.profit[k]:
                ranks[j] = ranks[j - 1]
                j -= 1
            ranks[j] = k
        self.left = rest
        for turn in range(2):
            if turn:
                if self.used >= self.budget:
                    break
                self.lam = self.free
            for i in range(self.k):
                if turn or self.profit[ranks[i]] > 0:
                    self._take_more(ranks[i])
        self.left = whole
        self.lam = kept
        self._keep_if_better()

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _keep_if_better(self) -> cython.bint:
        """Keep the packing that was made where it is worth more than the best known one."""
        c: cython.Py_ssize_t
        k: cython.Py_ssize_t
        i: cython.Py_ssize_t
        value: cython.longlong = self.start_value
        for c in range(self.m):
            value += self.free[c] * self.rest[c]
        for k in range(self.k):
            value += self._value_made(k)
        self.used += self.pair_start[self.k] // 8
        if value <= self.lower:
            return False
        self.lower = value
        self.found = True
        self.with_aside = self.has_aside
        for i in range(len(self.made)):
            self.best_take[i] = self.made[i]
        for c in range(self.m):
            for i in range(self.option_start[c], self.option_start[c + 1]):
                self.option_take[i] = 0
            self.option_take[self.option_start[c]] = self.rest[c]
        return True

    @cython.cfunc
    @cython.exceptval(check=True)
    def _polish(self, share: cython.longlong) -> cython.void:
        """Take a promotion out of the best packing and fill up without it, as long as that helps.

        Then two of them together. Each try starts from the best packing known.
        """
        j: cython.Py_ssize_t = 0
        k: cython.Py_ssize_t = 0
        i: cython.Py_ssize_t
        tries: cython.longlong = 0
        until: cython.longlong = self.used + share
        whole: cython.longlong[::1] = self.left
        kept: cython.longlong[::1] = self.lam
        if self.rows or not self.found or not self.k:
            return
        self.left = self.rest
        self.lam = self.free
        # A full round over all without any gain ends it.
        while tries < self.k and self.used < until and not self._is_proven():
            tries += 1
            k = (k + 1) % self.k
            if not self._is_used(k):
                continue
            self._put_back(whole, k, k)
            self._fill(k)
            if self._keep_if_better():
                tries = 0
        tries = 0
        i = 0
        while tries < self.k * self.k and self.used < until and not self._is_proven():
            tries += 1
            i = (i + 1) % (self.k * self.k)
            k = i // self.k
            j = i % self.k
            if j <= k or not self._is_used(k) or not self._is_used(j):
                continue
            self._put_back(whole, k, j)
            self._fill(k)
            if self._keep_if_better():
                tries = 0
        self.left = whole
        self.lam = kept

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _is_used(self, k: cython.Py_ssize_t) -> cython.bint:
        e: cython.Py_ssize_t
        g: cython.Py_ssize_t
        for e in range(self.pair_start[k], self.pair_start[k + 1]):
            for g in range(self.pair_off[e], self.pair_off[e] + self.kinds[k]):
                if self.best_take[g]:
                    return True
        return False

    @cython.cfunc
    @cython.exceptval(check=True)
    def _put_back(
        self, whole: cython.longlong[::1], j: cython.Py_ssize_t, k: cython.Py_ssize_t
    ) -> cython.void:
        """The best packing without two promotions, and the units that are left then."""
        c: cython.Py_ssize_t
        e: cython.Py_ssize_t
        g: cython.Py_ssize_t
        for c in range(self.m):
            self.rest[c] = whole[c]
        for e in range(self.pair_start[self.k]):
            c = self.pair_promo[e]
            for g in range(self.pair_off[e], self.pair_off[e] + self.kinds[c]):
                if c in (j, k):
                    self.made[g] = 0
                else:
                    self.made[g] = self.best_take[g]
                    self.rest[self.pair_class[e]] -= self.best_take[g]
        self.used += self.pair_start[self.k] // 8

    @cython.cfunc
    @cython.exceptval(check=True)
    def _fill(self, last: cython.Py_ssize_t) -> cython.void:
        """Take of the rest whatever is better than nothing, dearest promotion first."""
        i: cython.Py_ssize_t
        j: cython.Py_ssize_t
        k: cython.Py_ssize_t
        ranks: cython.longlong[::1] = self.ranks
        for i in range(self.k):
            k = i
            self.profit[k] = self._profit(k) if k != last else 0
            j = i
            while j > 0 and self.profit[ranks[j - 1]] < self.profit[k]:
                ranks[j] = ranks[j - 1]
                j -= 1
            ranks[j] = k
        for i in range(self.k):
            k = ranks[i]
            if self.profit[k] > 0:
                self._take_more(k)
        self._take_more(last)

    @cython.cfunc
    @cython.exceptval(check=True)
    def _take_more(self, k: cython.Py_ssize_t) -> cython.void:
        """Let a promotion take of the rest what brings more than leaving it."""
        offers: Offers = self.offers
        p: cython.Py_ssize_t = self.promo[k]
        e: cython.Py_ssize_t
        g: cython.Py_ssize_t
        units: cython.longlong = 0
        if self.pair_start[k] == self.pair_start[k + 1]:
            return
        for e in range(self.pair_start[k], self.pair_start[k + 1]):
            for g in range(self.pair_off[e], self.pair_off[e] + self.kinds[k]):
                units += self.made[g]
        if units and (offers.kind[p] == STEPS or self.limit_of[k] < _NO_LIMIT or self.extras):
            return
        if offers.kind[p] == BUNDLE or offers.kind[p] == BUY_GET:
            self._take_slots(k)
        elif self._profit(k) <= 0:
            return
        self._keep_limits(k)
        if units and not self._gains_by(k):
            return
        for e in range(self.pair_start[k], self.pair_start[k + 1]):
            for g in range(self.pair_off[e], self.pair_off[e] + self.kinds[k]):
                self.made[g] += self.take[g]
                self.rest[self.pair_class[e]] -= self.take[g]

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _groups_within_cap(self, k: cython.Py_ssize_t) -> cython.longlong:
        """Groups of what an n-for-m takes, the dearest first, that its cap pays in full."""
        p: cython.Py_ssize_t = self.promo[k]
        n: cython.longlong = self.offers.size[p]
        d: cython.longlong = self.offers.discounted[p]
        e: cython.Py_ssize_t
        off: cython.Py_ssize_t
        units: cython.longlong = 0
        before: cython.longlong = 0
        after: cython.longlong
        payable: cython.longlong
        room: cython.longlong = self.offers.cap[p]
        for e in range(self.pair_start[k], self.pair_start[k + 1]):
            off = self.pair_off[e]
            units += self.take[off]
            after = _discounted_of(units, n, d)
            if after > before and self.raw[off + 1]:
                payable = room // self.raw[off + 1]
                if before + payable < after:
                    return (before + payable) // d
                room -= (after - before) * self.raw[off + 1]
            before = after
        return _NO_LIMIT

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _gains_by(self, k: cython.Py_ssize_t) -> cython.bint:
        """Whether what a promotion takes on top of what it has is better than leaving it."""
        g: cython.Py_ssize_t
        e: cython.Py_ssize_t
        before: cython.longlong = self._value_made(k)
        after: cython.longlong
        for e in range(self.pair_start[k], self.pair_start[k + 1]):
            for g in range(self.pair_off[e], self.pair_off[e] + self.kinds[k]):
                self.made[g] += self.take[g]
                before += self.take[g] * self.free[self.pair_class[e]]
        after = self._value_made(k)
        for e in range(self.pair_start[k], self.pair_start[k + 1]):
            for g in range(self.pair_off[e], self.pair_off[e] + self.kinds[k]):
                self.made[g] -= self.take[g]
        return after > before

    @cython.cfunc
    @cython.exceptval(check=True)
    def _keep_limits(self, k: cython.Py_ssize_t) -> cython.void:
        """Take back what a limit, shared coupons or the rule on dearer gifts do not allow."""
        offers: Offers = self.offers
        p: cython.Py_ssize_t = self.promo[k]
        e: cython.Py_ssize_t
        g: cython.Py_ssize_t
        j: cython.Py_ssize_t
        s: cython.Py_ssize_t
        units: cython.longlong = 0
        most: cython.longlong = self.limit_of[k]
        none: cython.bint = False
        lowest: cython.longlong = 1 << 40
        highest: cython.longlong = 0
        if self.pool_place[k] >= 0:
            # Shared coupons: the first to need them takes them all.
            for j in range(self.k):
                if j != k and self.pool_place[j] == self.pool_place[k]:
                    for e in range(self.pair_start[j], self.pair_start[j + 1]):
                        for g in range(self.pair_off[e], self.pair_off[e] + self.kinds[j]):
                            if self.made[g]:
                                none = True
        if offers.within_buy[p]:
            for e in range(self.pair_start[k], self.pair_start[k + 1]):
                for s in range(self.kinds[k]):
                    if not self.take[self.pair_off[e] + s]:
                        continue
                    units = self.price[self.pair_class[e]]
                    if offers.slot_target[offers.slot_start[p] + s]:
                        highest = max(highest, units)
                    elif units < lowest:
                        lowest = units
            none = none or highest > lowest
        if offers.kind[p] == N_FOR_M and self.cap_place[k] >= 0 and not none:
            most = min(most, self._groups_within_cap(k) + self.beyond_cap)
        if offers.kind[p] == N_FOR_M and most < _NO_LIMIT and not none:
            most *= offers.size[p]
            units = 0
            for e in range(self.pair_start[k], self.pair_start[k + 1]):
                g = self.pair_off[e]
                if units + self.take[g] > most:
                    self.take[g] = most - units
                units += self.take[g]
        if none:
            for e in range(self.pair_start[k], self.pair_start[k + 1]):
                for g in range(self.pair_off[e], self.pair_off[e] + self.kinds[k]):
                    self.take[g] = 0

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _value_made(self, k: cython.Py_ssize_t) -> cython.longlong:
        """True value of what a promotion has in the packing that is being made."""
        p: cython.Py_ssize_t = self.promo[k]
        offers: Offers = self.offers
        e: cython.Py_ssize_t
        g: cython.Py_ssize_t
        off: cython.Py_ssize_t
        value: cython.longlong = 0
        raw: cython.longlong = 0
        units: cython.longlong = 0
        n: cython.longlong
        d: cython.longlong
        y: cython.longlong
        paid: cython.longlong
        if offers.kind[p] == N_FOR_M:
            n = offers.size[p]
            d = offers.discounted[p]
            for e in range(self.pair_start[k], self.pair_start[k + 1]):
                off = self.pair_off[e]
                if not self.made[off]:
                    continue
                y = units + self.made[off]
                paid = _discounted_of(y, n, d) - _discounted_of(units, n, d)
                value += paid * self.gain[off + 1] + (y - units - paid) * self.gain[off]
                raw += paid * self.raw[off + 1]
                units = y
        else:
            for e in range(self.pair_start[k], self.pair_start[k + 1]):
                off = self.pair_off[e]
                for g in range(off, off + self.kinds[k]):
                    if self.made[g]:
                        value += self.made[g] * self.gain[g]
                        raw += self.made[g] * self.raw[g]
                        units += self.made[g]
            if offers.kind[p] != STEPS:
                value += units // offers.size[p] * self.bonus_of[k]
        if self.cap_place[k] >= 0 and raw > offers.cap[p]:
            value -= (raw - offers.cap[p]) * self.cap_value[k]
        return value

    @cython.cfunc
    @cython.exceptval(check=True)
    def _start_multipliers(self) -> cython.void:
        """Second-best share of a unit: what the runner-up would pay for it."""
        offers: Offers = self.offers
        c: cython.Py_ssize_t
        i: cython.Py_ssize_t
        e: cython.Py_ssize_t
        k: cython.Py_ssize_t
        p: cython.Py_ssize_t
        g: cython.Py_ssize_t
        off: cython.Py_ssize_t
        share: cython.longlong
        best: cython.longlong
        second: cython.longlong
        for c in range(self.m):
            best = self.free[c]
            second = self.free[c]
            for i in range(self.want_start[c], self.want_start[c + 1]):
                e = self.want[i]
                k = self.pair_promo[e]
                p = self.promo[k]
                off = self.pair_off[e]
                if offers.kind[p] == N_FOR_M:
                    share = (
                        self.gain[off + 1] * offers.discounted[p]
                        + self.gain[off] * (offers.size[p] - offers.discounted[p])
                    ) // offers.size[p]
                elif offers.kind[p] == STEPS:
                    share = _NEVER
                    for g in range(self.kinds[k]):
                        share = max(share, self.gain[off + g])
                else:
                    share = _NEVER
                    for g in range(self.kinds[k]):
                        share = max(share, self.gain[off + g])
                    if offers.kind[p] == BUY_GET:
                        share = share * offers.discounted[p] // offers.size[p]
                if share > best:
                    second = best
                    best = share
                elif share > second:
                    second = share
            self.lam[c] = second

    @cython.cfunc
    @cython.exceptval(check=True)
    def _improve(self, rounds: cython.longlong, share: cython.longlong) -> cython.void:
        """Move the multipliers against the units wanted too often or too seldom.

        The direction is the running mean of what all rounds wanted, seen from the best
        multipliers so far (volume algorithm): the mean tends to the fractional optimum, single
        rounds jump about it. Everything is relative, to the units of a class and to its share of
        the whole price, in 1/1024; the distance to the best known packing sets the step.
        """
        c: cython.Py_ssize_t
        i: cython.Py_ssize_t
        k: cython.Py_ssize_t
        norm: cython.longlong
        total: cython.longlong
        over: cython.longlong
        gap: cython.longlong
        shift: cython.longlong
        along: cython.longlong
        gain: cython.longlong
        before: cython.longlong
        stale: cython.longlong = 0
        scale: cython.longlong = 400 if not self.moved else 100
        mean: cython.longlong[::1] = self.mean
        mass: cython.longlong[::1] = self.mass
        for i in range(self.m):
            self.lam[i] = self.best_lam[i]
        for k in range(self.k):
            self.theta[k] = self.best_theta[k]
            self.toll[k] = self.best_toll[k]
        self.moved = True
        before = self.used
        for i in range(rounds):
            if i and self.used - before > share:
                break
            if not (i + 1) % _TURN:
                _give_turn()
            total = self._bound()
            if self.cases is not None:
                self.cases.note()
            along = 0
            for c in range(self.m):
                over = self._over(self.usage[c] - self.left[c], self.left[c])
                if over < 0 and self.lam[c] <= self.free[c]:
                    over = 0
                if i:
                    along += (over * mean[c] >> 10) * mass[c]
                    mean[c] += (over - mean[c]) * _FRESH >> 8
                else:
                    mean[c] = over
            for k in range(self.k):
                if mass[self.m + k]:
                    over = self._over(self.excess[k], self.room_of[k])
                    if over < 0 and not self.theta[k] and not self.toll[k]:
                        over = 0
                    if i:
                        mean[self.m + k] += (over - mean[self.m + k]) * _FRESH >> 8
                    else:
                        mean[self.m + k] = over
            if total < self.upper:
                self.upper = total
                for c in range(self.m):
                    self.best_lam[c] = self.lam[c]
                for k in range(self.k):
                    self.best_theta[k] = self.theta[k]
                    self.best_toll[k] = self.toll[k]
                stale = 0
                if along > 0 and scale < 2_048:
                    scale += scale // 8
            else:
                stale += 1
                if stale >= _STALE:
                    stale = 0
                    scale = scale * 3 // 4
            if not i % _COMPOSED:
                # The group that a cap pays in part may be worth its units, or not.
                self.beyond_cap ^= 1
                self._compose()
            if self._is_proven() or scale < 16:
                break
            norm = 0
            for c in range(self.m + self.k):
                norm += mean[c] * mean[c] * mass[c]
            if not norm:
                break
            gap = self.upper - self.lower
            shift = 0
            while gap > 1 << 30:
                gap >>= 1
                shift += 1
            for c in range(self.m):
                if not mean[c]:
                    continue
                gain = gap * self._ratio(mass[c] * mean[c], norm) // self.left[c]
                gain = (gain >> 10) * scale >> 16
                self.lam[c] = self.best_lam[c] + gain * (1 << shift)
                self.lam[c] = max(self.lam[c], self.free[c])
            for k in range(self.k):
                if mass[self.m + k]:
                    gain = gap * self._ratio(mass[self.m + k] * mean[self.m + k], norm)
                    if self.cap_place[k] >= 0:
                        total = (self.offers.cap[self.promo[k]] * self.cap_value[k] >> shift) + 1
                        self.theta[k] = self.best_theta[k] + ((gain // total) * scale >> 16)
                        self.theta[k] = min(self.theta[k], 1_024)
                        self.theta[k] = max(self.theta[k], 0)
                    else:
                        self.toll[k] = self.best_toll[k] + (
                            ((gain // self.limit_of[k] >> 10) * scale >> 16) * (1 << shift)
                        )
                        self.toll[k] = max(self.toll[k], 0)

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _start_where_units_are_free(self) -> cython.bint:
        """Start again from where no unit is scarce; False where that bounds no better.

        It does where limits and caps leave units over: far from where the multipliers began.
        """
        i: cython.Py_ssize_t
        k: cython.Py_ssize_t
        total: cython.longlong
        for i in range(self.m):
            self.lam[i] = self.free[i]
        for k in range(self.k):
            self.theta[k] = 0
            self.toll[k] = 0
        total = self._bound()
        if total >= self.upper:
            return False
        self.upper = total
        for i in range(self.m):
            self.best_lam[i] = self.lam[i]
        for k in range(self.k):
            self.best_theta[k] = 0
            self.best_toll[k] = 0
        return True

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _ratio(self, part: cython.longlong, norm: cython.longlong) -> cython.longlong:
        """Length of a step along one axis, in 1/2^16 of the gap, within bounds."""
        part = part * (1 << 26) // norm
        return max(-_FAR, min(_FAR, part))

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _over(self, over: cython.longlong, room: cython.longlong) -> cython.longlong:
        """What is wanted beyond the room, as a part of it in 1/1024; at most eight times."""
        if not room:
            return 0
        over = 1_024 * over // room
        return min(8192, over)

    @cython.cfunc
    @cython.exceptval(check=True)
    def _spread(self) -> cython.void:
        """Share of each class, limit and cap in the price of all, in 1/2^20."""
        offers: Offers = self.offers
        c: cython.Py_ssize_t
        k: cython.Py_ssize_t
        p: cython.Py_ssize_t
        all_units: cython.longlong = 0
        whole: cython.longlong = 1
        for c in range(self.m):
            whole += self.price[c] * self.left[c]
            all_units += self.left[c]
        self.mean = _zeros(self.m + self.k)
        self.mass = _zeros(self.m + self.k)
        self.room_of = _zeros(self.k)
        for c in range(self.m):
            self.mass[c] = (self.price[c] * self.left[c] << 20) // whole + 1
        for k in range(self.k):
            p = self.promo[k]
            if self.cap_place[k] >= 0:
                self.room_of[k] = offers.cap[p] + 1
                self.mass[self.m + k] = min(1 << 20, (offers.cap[p] // D << 20) // whole + 1)
            elif 0 < self.limit_of[k] < _NO_LIMIT and offers.kind[p] == N_FOR_M:
                self.room_of[k] = self.limit_of[k]
                self.mass[self.m + k] = min(
                    1 << 20, (offers.size[p] * self.limit_of[k] << 20) // (all_units + 1) + 1
                )

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _is_proven(self) -> cython.bint:
        """Whether nothing above the best known value is left below the bound."""
        return self.upper < (self.lower // self.grain + 1) * self.grain

    # --- solving

    @cython.cfunc
    @cython.exceptval(check=True)
    def _begin(self, floor: cython.longlong) -> cython.void:
        k: cython.Py_ssize_t
        c: cython.Py_ssize_t
        s: cython.Py_ssize_t
        e: cython.Py_ssize_t
        total: cython.Py_ssize_t = 0
        base: cython.Py_ssize_t
        pairs: cython.Py_ssize_t
        value: cython.longlong = self.start_value
        self.order_off = _zeros(self.k)
        for k in range(self.k):
            self.order_off[k] = total
            total += (self.pair_start[k + 1] - self.pair_start[k]) * self.kinds[k]
        self.order = _zeros(total)
        self.scratch = _zeros(64)
        for k in range(self.k):
            base = self.order_off[k]
            pairs = self.pair_start[k + 1] - self.pair_start[k]
            for s in range(self.kinds[k]):
                for e in range(pairs):
                    self.order[base + s * pairs + e] = self.pair_start[k] + e
        if not self.is_heir:
            self._start_multipliers()
        self._spread()
        for c in range(self.m):
            if not self.is_heir:
                self.best_lam[c] = self.lam[c]
            value += self.free[c] * self.left[c]
        self.upper = 1 << 60
        self.lower = floor
        if not self.rows and value > floor:
            # Nothing but the free discounts.
            self.lower = value
            self.found = True
            self.with_aside = self.has_aside
            for c in range(self.m):
                self.option_take[self.option_start[c]] = self.left[c]

    def solve(self, floor: int) -> bool:
        """Look for a packing worth more than ``floor``; True where one was found.

        Afterwards ``lower`` is its value, ``upper`` a bound that no packing exceeds (at least
        ``floor``).
        """
        self._solve(floor)
        return self.found

    def seek_ties(self) -> None:
        """Find out, too, without which promotions as much could be packed (see ``is_spare``)."""
        self.seeks_ties = not self.rows and self.k <= 62

    def is_spare(self, promo: int) -> bool | None:
        """Whether as much is packed without a promotion; None where the search did not tell."""
        if self.narrowed is not None:
            return self.narrowed.is_spare(promo)
        k: cython.Py_ssize_t
        for k in range(self.k):
            if self.promo[k] == promo and self.spares != _UNSURE:
                return bool(self.spares >> k & 1)
        return None

    @property
    def value(self) -> int:
        """Value of the best packing found."""
        return self.lower

    @property
    def bound(self) -> int:
        """What no packing exceeds."""
        return self.upper

    @property
    def steps(self) -> int:
        """Steps taken of the budget."""
        return self.used

    @cython.cfunc
    @cython.exceptval(check=True)
    def _solve(self, floor: cython.longlong) -> cython.void:
        before: cython.longlong
        asked: cython.longlong = 0  # steps that cases took before the labels
        is_asked: cython.bint = False
        self._begin(floor)
        if self.seed is not None:
            self._begin_with(self.seed)
        if not self.k and not self.rows:
            self.upper = self.lower
            return
        self._improve(_ROUNDS, self.budget * 5 // 8)
        if not self._is_proven() and self.used < self.budget and self._start_where_units_are_free():
            self._improve(_ROUNDS, self.budget // 8)
        if not self._is_proven() and self.used < self.budget:
            self._polish(min(self.budget // 5, self.used // 2))
        if self._is_proven() or self.used >= self.budget:
            self._close()
            return
        if self._narrow():
            self._close()
            return
        if self._pack_equal_units():
            self.upper = self.lower
            return
        if self._close_by_tiers():
            return
        if self._is_wide() and self._asks_cases():
            is_asked = True
            asked = self.used
            if self._close_by_cases():
                return
            asked = self.used - asked
        # Labels drown where the gap is wide and units are many.
        while self._is_wide() and self.used < self.budget:
            before = self.upper - self.lower
            self._improve(_ROUNDS, self.budget // 8)
            self._polish(self.budget // 8)
            if self.upper - self.lower == before:
                break
        if self._is_proven() or (self._is_wide() and 2 * (self.used - asked) > self.budget):
            self._close()
            return
        self._close_by_labels(is_asked)

    # --- proof by cases (``branching``)

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _asks_cases(self) -> cython.bint:
        """Whether cases are worth asking: not beside thresholds, and not among too many."""
        return not self.rows and self.m <= _CASE_CLASSES and self.k <= _CASE_PROMOS

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _close_by_cases(self) -> cython.bint:
        """Look at cases with a part of what is left; False where more is left to do."""
        self._ask_cases((self.budget - self.used) * _CASE_PERCENT // 100)
        if self._is_proven() or self.used >= self.budget:
            self._close()
            return True
        return False

    @cython.cfunc
    @cython.exceptval(check=True)
    def _ask_cases(self, share: cython.longlong) -> cython.void:
        """Look at cases for so many steps."""
        k: cython.Py_ssize_t
        upper: cython.longlong
        bound: cython.longlong
        until: cython.longlong = self.used + share
        self.least = _zeros(self.k)
        self.most = _zeros(self.k)
        self.fee = _zeros(self.k)
        for k in range(self.k):
            self.most[k] = _NO_LIMIT
        self.cases = Branching(self, until)
        self._improve(_NOTED, share)
        cases = self.cases
        self.cases = None
        if self._is_proven():
            return
        for k in range(self.m):
            self.lam[k] = self.best_lam[k]
        for k in range(self.k):
            self.theta[k] = self.best_theta[k]
            self.toll[k] = self.best_toll[k]
        upper = self.upper
        self.is_case = True
        bound = cases.search()
        self.is_case = False
        self.upper = max(self.lower, min(upper, bound))

    def lend(self) -> tuple[Any, ...]:
        """Share what the search by cases looks at and moves: arrays.

        Of each class its units, what one is worth alone, its multiplier, the units not used; of
        each promotion its pairs with classes, their places, kinds of places, its kind and size; of
        each place worth, units taken, units made; of each promotion what it makes beyond the
        multipliers, and what a case allows and charges.
        """
        kind: cython.longlong[::1] = _zeros(self.k)
        size: cython.longlong[::1] = _zeros(self.k)
        k: cython.Py_ssize_t
        for k in range(self.k):
            kind[k] = self.offers.kind[self.promo[k]]
            size[k] = max(1, self.offers.size[self.promo[k]])
        return (
            (self.left, self.free, self.lam, self.rest),
            (self.pair_start, self.pair_class, self.pair_off, self.kinds, kind, size),
            (self.gain, self.take, self.made),
            (self.profit, self.least, self.most, self.fee),
        )

    def bound_now(self) -> int:
        """Upper bound under the multipliers as they are."""
        return self._bound()

    def base(self) -> int:
        """What all units are worth to whoever wants them alone."""
        c: cython.Py_ssize_t
        total: cython.longlong = self.start_value
        for c in range(self.m):
            total += self.free[c] * self.left[c]
        return total

    def set_bound(self, bound: int) -> None:
        """Take a bound of the case that is looked at."""
        self.upper = bound

    def is_proven(self) -> bool:
        """Whether the case holds nothing better than the best packing known."""
        return self._is_proven()

    def spend(self, steps: int) -> None:
        """Count steps taken elsewhere."""
        self.used += steps

    # --- proof by tiers (``tiers``)

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _close_by_tiers(self) -> cython.bint:
        """Grant quantity tiers for a part of what is left; False where more is left to do."""
        upper: cython.longlong = self.upper
        bound: cython.longlong
        granted = [] if self.rows else self._grantable()
        if not granted:
            return False
        units: cython.longlong = 0
        c: cython.Py_ssize_t
        for c in range(self.m):
            units += self.left[c]
        share: cython.longlong = self.budget - self.used
        share *= _TIER_PERCENT_OF_FEW if units < _FEW_FOR_LABELS else _TIER_PERCENT
        tiers = Tiers(self, granted, self.used + share // 100)
        bound = tiers.search()
        self.upper = max(self.lower, min(upper, bound))
        if self._is_proven() or self.used >= self.budget:
            self._close()
            return True
        return False

    def _grantable(self) -> list[tuple[int, list[int]]]:
        """Promotions of which only the number of units ties a quantity tier to anything else.

        Their places, and the units that each of their tiers asks for. A higher tier is worth at
        least as much on each unit, so more units never hurt.
        """
        offers: Offers = self.offers
        found: list[tuple[int, list[int]]] = []
        k: cython.Py_ssize_t
        g: cython.Py_ssize_t
        e: cython.Py_ssize_t
        first: cython.Py_ssize_t
        for k in range(self.k):
            if (
                offers.kind[self.promo[k]] != STEPS
                or self.limit_of[k] < _NO_LIMIT
                or self.cap_place[k] >= 0
                or self.pool_place[k] >= 0
                or not self.kinds[k]
            ):
                continue
            rises: cython.bint = True
            for e in range(self.pair_start[k], self.pair_start[k + 1]):
                for g in range(self.pair_off[e] + 1, self.pair_off[e] + self.kinds[k]):
                    if self.gain[g] < self.gain[g - 1] or self.raw[g] < self.raw[g - 1]:
                        rises = False
            if rises:
                first = offers.step_start[self.promo[k]]
                found.append((k, [offers.step_least[first + g] for g in range(self.kinds[k])]))
        return found

    def lend_units(self) -> tuple[Any, ...]:
        """Share what the search by tiers looks at and makes: arrays.

        Of each class its units, what one is worth alone, the units not used; of each promotion its
        pairs with classes and their places; of each place what a unit brings, and units made.
        """
        return (
            (self.left, self.free, self.rest),
            (self.pair_start, self.pair_class, self.pair_off),
            (self.gain, self.made),
        )

    def within(
        self, classes: list[int], promos: list[int], worth: tuple[int, ...], budget: int
    ) -> Packing:
        """The same problem of some classes and promotions, by place; units alone are worth this."""
        given = dict(self.given)
        given["classes"] = array("q", [self.cls[c] for c in classes])
        given["promos"] = array("q", [self.promo[k] for k in promos])
        given["option_start"] = array("q", range(len(classes) + 1))
        given["option_value"] = integers(list(worth))
        given["option_promo"] = array("q", [-1] * len(classes))
        given["option_spent"] = given["option_spent_2"] = None
        given["budget"] = budget
        given["even"] = integers([self.even[k] for k in promos])
        return Packing(self.offers, **given)

    def hand_up(self, whole: Packing, classes: list[int], promos: list[int]) -> None:
        """Make in the whole problem what is packed best in this part of it."""
        c: cython.Py_ssize_t
        k: cython.Py_ssize_t
        e: cython.Py_ssize_t
        g: cython.Py_ssize_t
        at: cython.Py_ssize_t
        units: cython.longlong
        times: cython.longlong
        if self.sub is not None:
            # What was solved without the promotions that are of no use.
            places = [k for k in range(self.k) if self.sub.has(self.promo[k])]
            self.sub.hand_up(whole, classes, [promos[k] for k in places])
            return
        for k in range(self.k):
            at = whole.pair_start[promos[k]]
            for e in range(self.pair_start[k], self.pair_start[k + 1]):
                c = self.pair_class[e]
                while whole.pair_class[at] != classes[c]:
                    at += 1
                for g in range(self.kinds[k]):
                    units = self.best_take[self.pair_off[e] + g]
                    if self.with_aside and self.aside_promo[c] >= 0:
                        times = self.aside_times[c]
                        if self.aside_promo[c] == e:
                            if self.offers.kind[self.promo[k]] == N_FOR_M:
                                units += times * self.offers.size[self.promo[k]] if g == 0 else 0
                            else:
                                units += (
                                    times
                                    * self.offers.slot_quantity[
                                        self.offers.slot_start[self.promo[k]] + g
                                    ]
                                )
                    whole.made[whole.pair_off[at] + g] = units
                    whole.rest[classes[c]] -= units

    def has(self, promo: int) -> bool:
        """Whether a promotion is part of the problem."""
        return promo in self.promo

    def keep_parts(self) -> bool:
        """Keep what parts have handed up if it is better; True where that is proven best."""
        c: cython.Py_ssize_t
        e: cython.Py_ssize_t
        g: cython.Py_ssize_t
        k: cython.Py_ssize_t
        for c in range(self.m):
            if self.rest[c] < 0:
                return False
        for k in range(self.k):
            if self.pool_place[k] >= 0:
                # Parts do not know of each other's coupons.
                for e in range(self.pair_start[k], self.pair_start[k + 1]):
                    for g in range(self.pair_off[e], self.pair_off[e] + self.kinds[k]):
                        if self.made[g]:
                            return False
            if self.offers.kind[self.promo[k]] == STEPS and not self._is_legal(k):
                return False
            self._give_back_if_idle(k)
        self._keep_if_better()
        return self._is_proven()

    def start_from_now(self) -> None:
        """Keep the multipliers as they are: what is asked next starts from them."""
        c: cython.Py_ssize_t
        for c in range(self.m):
            self.best_lam[c] = self.lam[c]

    def try_now(self) -> bool:
        """Make a packing under the multipliers as they are; True where that is proven best."""
        self.beyond_cap ^= 1
        self._compose()
        return self._is_proven()

    def keep_made(self) -> bool:
        """Keep the packing made if it is legal and better; True where that is proven best."""
        c: cython.Py_ssize_t
        k: cython.Py_ssize_t
        for c in range(self.m):
            if self.rest[c] < 0:
                return False
        for k in range(self.k):
            if not self._is_legal(k):
                return False
            self._give_back_if_idle(k)
        self._keep_if_better()
        return self._is_proven()

    @cython.cfunc
    @cython.exceptval(check=True)
    def _give_back_if_idle(self, k: cython.Py_ssize_t) -> cython.void:
        """Leave units to themselves where a promotion makes no more of them."""
        e: cython.Py_ssize_t
        g: cython.Py_ssize_t
        value: cython.longlong = self._value_made(k)
        for e in range(self.pair_start[k], self.pair_start[k + 1]):
            for g in range(self.pair_off[e], self.pair_off[e] + self.kinds[k]):
                value -= self.made[g] * self.free[self.pair_class[e]]
        if value > 0:
            return
        for e in range(self.pair_start[k], self.pair_start[k + 1]):
            for g in range(self.pair_off[e], self.pair_off[e] + self.kinds[k]):
                self.rest[self.pair_class[e]] += self.made[g]
                self.made[g] = 0

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _is_legal(self, k: cython.Py_ssize_t) -> cython.bint:
        """Whether what a promotion has in the packing made is so many whole applications."""
        offers: Offers = self.offers
        p: cython.Py_ssize_t = self.promo[k]
        e: cython.Py_ssize_t
        g: cython.Py_ssize_t
        units: cython.longlong = 0
        number: cython.longlong
        times: cython.longlong = -1
        tier: cython.Py_ssize_t = -1
        if len(self.part) < self.kinds[k]:
            self.part = _zeros(2 * self.kinds[k])
        part: cython.longlong[::1] = self.part
        for g in range(self.kinds[k]):
            part[g] = 0
        for e in range(self.pair_start[k], self.pair_start[k + 1]):
            for g in range(self.kinds[k]):
                if self.made[self.pair_off[e] + g] < 0:
                    return False
                part[g] += self.made[self.pair_off[e] + g]
        for g in range(self.kinds[k]):
            if part[g]:
                units += part[g]
                if tier >= 0 and offers.kind[p] == STEPS:
                    return False
                tier = g
        if not units:
            return True
        if self.pool_place[k] >= 0 or offers.within_buy[p]:
            return False
        if offers.kind[p] == STEPS:
            number = offers.step_least[offers.step_start[p] + tier]
            return number <= units <= self._tier_most(k, tier)
        if offers.kind[p] == N_FOR_M:
            return units % offers.size[p] == 0 and units // offers.size[p] <= self.limit_of[k]
        for g in range(self.kinds[k]):
            if part[g] % offers.slot_quantity[offers.slot_start[p] + g]:
                return False
            if times < 0:
                times = part[g] // offers.slot_quantity[offers.slot_start[p] + g]
            if part[g] != times * offers.slot_quantity[offers.slot_start[p] + g]:
                return False
        return times <= self.limit_of[k]

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _is_wide(self) -> cython.bint:
        c: cython.Py_ssize_t
        units: cython.longlong = 0
        if self.rows:
            return False
        for c in range(self.m):
            units += self.left[c]
        return units > _FEW and self.upper - self.lower > self.lower // _WIDE

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _narrow(self) -> cython.bint:
        """Solve without the promotions whose use would push the bound to the best known packing.

        What remains is a smaller problem of the same form; it starts from these multipliers.
        """
        c: cython.Py_ssize_t
        k: cython.Py_ssize_t
        total: cython.longlong
        goal: cython.longlong = self.lower
        if not self.seeks_ties:
            goal = (self.lower // self.grain + 1) * self.grain
        for c in range(self.m):
            self.lam[c] = self.best_lam[c]
        for k in range(self.k):
            self.theta[k] = self.best_theta[k]
            self.toll[k] = self.best_toll[k]
            self.loss[k] = 0
        self.is_losing = True
        total = self._bound()
        self.is_losing = False
        kept = array("q", [])
        places: list[int] = []
        for k in range(self.k):
            if self.pair_start[k] < self.pair_start[k + 1] and total - self.loss[k] >= goal:
                kept.append(self.promo[k])
                places.append(k)
        if not self.k or 8 * len(kept) > 7 * self.k:
            return False
        given = dict(self.given)
        given["promos"] = kept
        given["budget"] = self.budget - self.used
        given["even"] = integers([self.even[k] for k in places] or [-1])
        sub: Packing = Packing(self.offers, **given)
        sub.inherit(self.best_lam, [(self.best_theta[k], self.best_toll[k]) for k in places])
        sub.seeks_ties = self.seeks_ties
        sub.solve(self.lower)
        self.used += sub.steps
        self.narrowed = sub
        self.upper = max(self.lower, min(self.upper, sub.bound))
        if sub.found:
            self.lower = sub.value
            self.found = True
            self.sub = sub
        return True

    @cython.cfunc
    def inherit(self, lam: cython.longlong[::1], own: list[tuple[int, int]]) -> cython.void:
        """Start from the multipliers of a larger problem of the same classes."""
        c: cython.Py_ssize_t
        self.is_heir = True
        self.moved = True
        for c in range(self.m):
            self.best_lam[c] = lam[c]
        k: cython.Py_ssize_t
        for k in range(self.k):
            self.best_theta[k], self.best_toll[k] = own[k]

    def start_like(self, other: Packing) -> None:
        """Start from a packing of the same classes that was solved before.

        From its multipliers, as the weights here scale them, and from what it packed.
        """
        own: list[tuple[int, int]] = []
        c: cython.Py_ssize_t
        k: cython.Py_ssize_t
        j: cython.Py_ssize_t = 0
        for k in range(self.k):
            # Both are in ascending order.
            while j < other.k and other.promo[j] < self.promo[k]:
                j += 1
            if j < other.k and other.promo[j] == self.promo[k]:
                c = self.pair_class[self.pair_start[k]] if self.pair_start[k + 1] else 0
                own.append((other.best_theta[j], self._scaled(other, c, other.best_toll[j])))
            else:
                own.append((0, 0))
        self.inherit(other.best_lam, own)
        for c in range(self.m):
            self.best_lam[c] = max(self.free[c], self._scaled(other, c, other.best_lam[c]))
        self.seed = other

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _scaled(
        self, other: Packing, c: cython.Py_ssize_t, value: cython.longlong
    ) -> cython.longlong:
        """A value of another packing under the weights of this one."""
        if self.factor[c] == other.factor[c] or not other.factor[c]:
            return value
        return value * self.factor[c] // other.factor[c]

    @cython.cfunc
    @cython.exceptval(check=True)
    def _begin_with(self, other: Packing) -> cython.void:
        """Make what another packing of the same classes has, as far as its promotions are here."""
        c: cython.Py_ssize_t
        e: cython.Py_ssize_t
        g: cython.Py_ssize_t
        j: cython.Py_ssize_t = 0
        k: cython.Py_ssize_t
        at: cython.Py_ssize_t
        while other.sub is not None:
            other = other.sub
        if self.rows or not other.found or other.with_aside:
            return
        for c in range(self.m):
            self.rest[c] = self.left[c]
        for k in range(self.k):
            while j < other.k and other.promo[j] < self.promo[k]:
                j += 1
            for e in range(self.pair_start[k], self.pair_start[k + 1]):
                for g in range(self.kinds[k]):
                    at = self.pair_off[e] + g
                    self.made[at] = 0
                    if j < other.k and other.promo[j] == self.promo[k]:
                        self.made[at] = other.best_take[
                            other.pair_off[other.pair_start[j] + e - self.pair_start[k]] + g
                        ]
                        self.rest[self.pair_class[e]] -= self.made[at]
        self._keep_if_better()

    @cython.cfunc
    @cython.exceptval(check=True)
    def _close(self) -> cython.void:
        if self._is_proven() or self.upper < self.lower:
            self.upper = self.lower

    # --- piles, and labels over single units (``piles``, ``automata``, ``beam``)

    def lend_all(self) -> dict[str, Any]:
        """Share the whole problem and the best multipliers: arrays, by name."""
        return {
            "offers": self.offers.columns,
            "promo": self.promo,
            # Of each class.
            "price": self.price,
            "left": self.left,
            "free": self.free,
            "rest": self.rest,
            "coef": self.coef,
            "coef_2": self.coef_2,
            "best_lam": self.best_lam,
            "want_start": self.want_start,
            "want": self.want,
            "option_start": self.option_start,
            "option_value": self.option_value,
            "option_spent": self.option_spent,
            "option_spent_2": self.option_spent_2,
            "option_take": self.option_take,
            # Of each promotion.
            "kinds": self.kinds,
            "limit_of": self.limit_of,
            "bonus_of": self.bonus_of,
            "cap_place": self.cap_place,
            "cap_value": self.cap_value,
            "pool_place": self.pool_place,
            "pool_left": self.pool_left,
            "best_theta": self.best_theta,
            # Of each pair, and of its places.
            "pair_start": self.pair_start,
            "pair_class": self.pair_class,
            "pair_promo": self.pair_promo,
            "pair_off": self.pair_off,
            "gain": self.gain,
            "raw": self.raw,
            "spent": self.spent,
            "spent_2": self.spent_2,
            "made": self.made,
            "best_take": self.best_take,
            # Of the side constraints.
            "rows": self.rows,
            "room": self.room,
            "room_2": self.room_2,
            "gives_back": self.gives_back,
        }

    def tier_most(self, k: int, g: int) -> int:
        """Units that a quantity tier may take."""
        return self._tier_most(k, g)

    def value_made(self, k: int) -> int:
        """True value of what a promotion has in the packing that is being made."""
        return self._value_made(k)

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _pack_equal_units(self) -> cython.bint:
        """Share the units out by number where all are equal; False where more is left to do."""
        if self.m != 1 or self.rows:
            return False
        if not Piles(self, self.lend_all()).share_out((self.budget - self.used) // 2):
            return False
        self._keep_if_better()
        return True

    @cython.cfunc
    @cython.exceptval(check=True)
    def _set_aside(self) -> cython.void:
        """Leave few enough units of large classes for the labels."""
        self.aside_promo, self.aside_times, worth, is_cut = Piles(self, self.lend_all()).set_aside()
        self.has_aside = True
        self.start_value += worth
        if any(self.aside_times):
            # What is set aside is one way of many that are worth as much.
            self.seeks_ties = False
        if is_cut:
            self.is_cut = self.is_thinned = True

    @cython.cfunc
    @cython.exceptval(check=True)
    def _close_by_labels(self, is_asked: cython.bint) -> cython.void:
        """Decide unit by unit, in growing widths; ``is_asked``: cases were asked before."""
        width: cython.longlong
        before: cython.longlong
        is_stale: cython.bint = True  # whether the multipliers have left the tables
        self._set_aside()
        lent = self.lend_all()
        automata = Automata(self, lent)
        self.is_cut = self.is_cut or automata.is_cut()
        if not automata.lay_out(2 * self.budget - self.used):
            # To fill them once would overrun the budget.
            self._close()
            return
        beam = Beam(lent | automata.lend(), extras=self.extras, with_ties=self.seeks_ties)
        for width in _WIDTHS:
            if width < _WIDTHS[1] and automata.has_few_states():
                continue  # labels of all states are hardly more
            before = self.lower
            if is_stale:
                self.used += automata.fill()
                is_stale = False
            self._label(beam, width, False)
            if self._is_proven():
                if self.seeks_ties and self.spares == _UNSURE and self.used < self.budget:
                    self._label(beam, width, True)
                break
            if self.used >= self.budget:
                break
            if self.is_thinned:
                # No bound of what is left holds for what was set aside.
                continue
            if not is_asked and self._asks_cases():
                is_asked = True
                if self._close_by_cases():
                    return
                is_stale = True
            if self.lower > before:
                self._improve(_ROUNDS, self.budget // 8)
                is_stale = True
                if self._is_proven():
                    break
        self._close()

    @cython.cfunc
    @cython.exceptval(check=True)
    def _label(
        self,
        beam: Any,  # noqa: ANN401 - of either form
        width: cython.longlong,
        with_ties: cython.bint,
    ) -> cython.void:
        """Decide unit by unit; what labels given up leave open is the bound.

        ``with_ties``: labels that could be worth as much as the best packing known live on, too.
        """
        goal: cython.longlong = self.lower
        lost: cython.longlong
        top: cython.longlong
        if not with_ties:
            goal = (self.lower // self.grain + 1) * self.grain
        steps, lost, top, spared = beam.run(
            width=width, start=self.start_value, goal=goal, steps=self.budget - self.used
        )
        self.used += steps
        self.spares = _UNSURE
        if self.seeks_ties and not self.is_cut and lost < top and top >= goal:
            self.spares = spared
        if top > self.lower:
            self.lower = top
            self.found = True
            self.with_aside = True
            beam.trace()
        if lost < self.upper and not self.is_cut and not with_ties:
            # Every label given up is bounded: the proof needs no more than the worst of them.
            self.upper = max(self.lower, lost)

    # --- the packing found

    def applications(self) -> list[Given]:
        """Return the applications: promotion, times, members (class, units, targets), tier.

        Units of a promotion go into its applications in falling price. An application that gives
        nothing does not exist: it would only use up units and coupons.
        """
        if self.sub is not None:
            return self.sub.applications()
        offers: Offers = self.offers
        c: cython.Py_ssize_t
        i: cython.Py_ssize_t
        k: cython.Py_ssize_t
        e: cython.Py_ssize_t
        g: cython.Py_ssize_t
        p: cython.Py_ssize_t
        found: list[Given] = []
        for c in range(self.m):
            for i in range(self.option_start[c], self.option_start[c + 1]):
                if self.option_take[i] and self.option_promo[i] >= 0:
                    members = ((self.cls[c], 1, 1),)
                    found.append((self.option_promo[i], self.option_take[i], members, 0))
        for k in range(self.k):
            p = self.promo[k]
            kinds: cython.Py_ssize_t = 1 if offers.kind[p] == N_FOR_M else self.kinds[k]
            slots: list[list[tuple[int, int]]] = [[] for _ in range(kinds)]
            if offers.kind[p] == STEPS:
                for g in range(kinds):
                    found += self._of_tier(k, g)
                continue
            taken: cython.bint = False
            for e in range(self.pair_start[k], self.pair_start[k + 1]):
                for g in range(kinds):
                    if self.best_take[self.pair_off[e] + g]:
                        taken = True
                        slots[g].append(
                            (self.cls[self.pair_class[e]], self.best_take[self.pair_off[e] + g])
                        )
            if taken:
                found += self._grouped(p, slots)
        if self.with_aside:
            for c in range(self.m):
                if self.aside_promo[c] == -1:
                    i = self.option_start[c]
                    if self.option_promo[i] >= 0:
                        found.append(
                            (self.option_promo[i], self.aside_times[c], ((self.cls[c], 1, 1),), 0)
                        )
                elif self.aside_promo[c] >= 0:
                    p = self.promo[self.pair_promo[self.aside_promo[c]]]
                    i = offers.size[p] if offers.kind[p] == BUNDLE else offers.discounted[p]
                    found.append((p, self.aside_times[c], ((self.cls[c], offers.size[p], i),), 0))
        return found

    def _of_tier(self, k: int, tier: int) -> list[Given]:
        """The units taken for a quantity tier; of those that get nothing as many as it needs."""
        p: int = self.promo[k]
        gives: cython.bint = False
        spare: int = -self.offers.step_least[self.offers.step_start[p] + tier]
        for e in range(self.pair_start[k], self.pair_start[k + 1]):
            at: int = self.pair_off[e] + tier
            spare += self.best_take[at]
            gives = gives or (self.best_take[at] > 0 and self.raw[at] > 0)
        found: list[Given] = []
        for e in range(self.pair_start[k], self.pair_start[k + 1]) if gives else ():
            at = self.pair_off[e] + tier
            units: int = self.best_take[at]
            if not self.raw[at] and spare > 0:
                idle: int = min(units, spare)
                spare -= idle
                units -= idle
            if units:
                found.append((p, units, ((self.cls[self.pair_class[e]], 1, 1),), tier))
        return found

    def _grouped(self, p: int, slots: list[list[tuple[int, int]]]) -> list[Given]:
        """Applications of a promotion that took these (class, units) per slot.

        Where dear units together leave an application of cheap ones that gives nothing, they are
        shared out evenly; the discounts of a bundle add up to the same.
        """
        found = self._chunked(p, slots)
        if self.offers.kind[p] != BUNDLE or self.offers.benefit[p] != FIXED_PRICE:
            return found
        base: int = self.offers.slot_start[p]
        times = sum([units for _, units in slots[0]]) // self.offers.slot_quantity[base]
        if sum([one[1] for one in found]) == times or times > 1_000:
            return found
        dealt: list[list[list[int]]] = [[] for _ in range(times)]
        turn = 0
        for slot in slots:
            for c, units in slot:
                for _ in range(units):
                    # There and back: the dearest of one slot with the cheapest of the next.
                    place = turn % (2 * times)
                    dealt[place if place < times else 2 * times - 1 - place].append([c])
                    turn += 1
        even: list[Given] = []
        for units_of in dealt:
            members: dict[int, int] = {}
            for (c,) in units_of:
                members[c] = members.get(c, 0) + 1
            one = tuple([(c, members[c], members[c]) for c in sorted(members)])
            if not self._gives(p, one):
                return found
            even.append((p, 1, one, 0))
        return even

    def _chunked(self, p: int, slots: list[list[tuple[int, int]]]) -> list[Given]:
        """Applications one after another, each of the dearest units left."""
        offers: Offers = self.offers
        kind: int = offers.kind[p]
        size: int = offers.size[p]
        base: int = offers.slot_start[p]
        quantities: list[int] = (
            [size]
            if kind == N_FOR_M
            else [offers.slot_quantity[base + s] for s in range(len(slots))]
        )
        found: list[Given] = []
        place = [0] * len(slots)
        left = [slot[0][1] if slot else 0 for slot in slots]
        while place[0] < len(slots[0]):
            # As often as every slot is served by one class: equal applications.
            times = min([n // q for n, q in zip(left, quantities, strict=True)]) or 1
            units: dict[int, int] = {}
            targets: dict[int, int] = {}
            for s, quantity in enumerate(quantities):
                need = quantity * times
                while need:
                    c = slots[s][place[s]][0]
                    used = min(need, left[s])
                    units[c] = units.get(c, 0) + used
                    if kind == BUNDLE or (kind == BUY_GET and offers.slot_target[base + s]):
                        targets[c] = targets.get(c, 0) + used
                    need -= used
                    left[s] -= used
                    if not left[s]:
                        place[s] += 1
                        left[s] = slots[s][place[s]][1] if place[s] < len(slots[s]) else 0
            if kind == N_FOR_M:
                missing: int = offers.discounted[p] * times
                for c in sorted(units, reverse=True):
                    targets[c] = min(missing, units[c])
                    missing -= targets[c]
            members = tuple(
                [(c, units[c] // times, targets.get(c, 0) // times) for c in sorted(units)]
            )
            if self._gives(p, members):
                found.append((p, times, members, 0))
        return found

    def _gives(self, p: int, members: tuple[tuple[int, int, int], ...]) -> bool:
        offers: Offers = self.offers
        if offers.kind[p] == BUNDLE:
            price = sum([offers.price[c] * units for c, units, _ in members])
            return _benefit_on(price, offers.benefit[p], offers.value[p]) > 0
        for c, _, targets in members:
            if targets and _benefit_on(offers.price[c], offers.benefit[p], offers.value[p]) > 0:
                return True
        return False
