# cython: boundscheck=True, wraparound=False, cdivision=False, overflowcheck=True, language_level=3
# cython: initializedcheck=False
"""Poses the question of one sale to the search: its units and what may apply, as tables.

What cannot be of use is left out: tiers that give nothing or whose base cannot reach them, and of
promotions alike in all but the size of the benefit the lesser ones. Those are of use after all
where less discount keeps a tier open: if the search met a threshold, they are asked for, too.
"""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Any

import cython

from native import codes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .found import Found
    from .match import Matches
    from .search import Search

PROMO = cython.declare(cython.longlong, codes.PROMO_COLUMNS)
POOL = cython.declare(cython.longlong, 6)
CAP_MINOR = cython.declare(cython.longlong, 7)
EXCLUSIVE = cython.declare(cython.longlong, 8)
RANK = cython.declare(cython.longlong, 10)
STEP = cython.declare(cython.longlong, codes.STEP_COLUMNS)
SLOT = cython.declare(cython.longlong, codes.SLOT_COLUMNS)
TIER = cython.declare(cython.longlong, codes.TIER_COLUMNS)
TIER_RANK = cython.declare(cython.longlong, 8)
RULE_TIER = cython.declare(cython.longlong, codes.RULE_TIER_COLUMNS)
PERCENT = cython.declare(cython.longlong, codes.PERCENT)
AMOUNT_OFF = cython.declare(cython.longlong, codes.AMOUNT_OFF)
CUSTOMER_RATE = cython.declare(cython.longlong, codes.CUSTOMER_RATE)
ARTICLE = cython.declare(cython.longlong, codes.ARTICLE)
EARN = cython.declare(cython.longlong, codes.EARN)


@cython.cclass
class Offers:
    """What the promotions of a generation offer, as tables in ascending id.

    Args (each ``array("q")``):
        promo: a row per promotion as ``search`` takes those of the article layer, pool -1 and rank
            0; of the others only cap and exclusive mean something.
        layer: per promotion.
        twins: its group of promotions alike in all but the size of the benefit, -1 = none.
        place: its place in that group, the best first, of equal ones the first by id.
        step_start, step: quantity tiers, as ``search`` takes them.
        slot_start, slot, selector: slots as ``search`` takes them, and the selector of each; the
            base of a receipt or customer promotion is its one slot.
        tier_start, tier: of receipt and customer promotions: benefit, value, least base in minor.
    """

    promotions = cython.declare(cython.longlong, visibility="readonly")
    promo: cython.longlong[::1]
    layer: cython.longlong[::1]
    twins: cython.longlong[::1]
    place: cython.longlong[::1]
    step_start: cython.longlong[::1]
    step: cython.longlong[::1]
    slot_start: cython.longlong[::1]
    slot: cython.longlong[::1]
    selector: cython.longlong[::1]
    tier_start: cython.longlong[::1]
    tier: cython.longlong[::1]

    def __init__(
        self,
        *,
        promo: array[int],
        layer: array[int],
        twins: array[int],
        place: array[int],
        step_start: array[int],
        step: array[int],
        slot_start: array[int],
        slot: array[int],
        selector: array[int],
        tier_start: array[int],
        tier: array[int],
    ) -> None:
        self.promotions = len(layer)
        self.promo = promo
        self.layer = layer
        self.twins = twins
        self.place = place
        self.step_start = step_start
        self.step = step
        self.slot_start = slot_start
        self.slot = slot
        self.selector = selector
        self.tier_start = tier_start
        self.tier = tier


@cython.cclass
class Pose:
    """The question of one sale after another; the arrays are used again.

    Args:
        offers: of the generation.
        classes: the arrays of ``native.classes.Classes``.
        matches: the ``native.match.Matches`` that finds what selectors match.

    After ``fill``: ``articles`` promotions of the article layer are posed, their numbers stand in
    ``article``; ``tiers`` tiers, their promotions in ``tier_owner`` and their rows in ``tier``. A
    class of the search is the one of the sale that stands in ``open_class``, and those of the same
    price that no promotion tells apart from it: ``next_class`` leads on to them, -1 ends.
    """

    articles = cython.declare(cython.longlong, visibility="readonly")
    tiers = cython.declare(cython.longlong, visibility="readonly")
    article = cython.declare(object, visibility="readonly")
    tier_owner = cython.declare(object, visibility="readonly")
    tier = cython.declare(object, visibility="readonly")
    open_class = cython.declare(object, visibility="readonly")
    next_class = cython.declare(object, visibility="readonly")
    offers: Offers
    matches: Matches
    # Of the sale.
    price_minor: cython.longlong[::1]
    count: cython.longlong[::1]
    is_open: cython.longlong[::1]
    start: cython.longlong[::1]
    number: cython.longlong[::1]
    member: Any
    members: cython.longlong[::1]
    place_of: cython.longlong[::1]  # of the class that stands in the tables, else -1
    last: cython.longlong[::1]  # of each class of the search: the last of the sale so far
    opened: cython.longlong[::1]
    following: cython.longlong[::1]
    # Of the classes of one price: the cell of each, -1 for one that is alone; selectors split them.
    cell: cython.longlong[::1]
    cells: cython.longlong
    split: cython.longlong[::1]  # of each cell: what became of it, and when that was said
    split_now: cython.longlong[::1]
    cut: cython.longlong
    asked_now: cython.longlong[::1]  # of each selector: the sale that it has split for
    # Of the twins: which is the best so far, and of which sale that is said.
    now: cython.longlong
    best: cython.longlong[::1]
    best_now: cython.longlong[::1]
    # Of the tables: the arrays that are handed out in part, and how full they are.
    open_price: Any
    open_count: Any
    promo: Any
    step_start: Any
    step: Any
    slot_start: Any
    slot: Any
    slot_class_start: Any
    slot_class: Any
    tier_class_start: Any
    tier_class: Any
    pool_limit: Any
    # The search that knows the tables, and whether one of them has moved since.
    asked: Any
    has_grown: cython.bint
    question: Any
    has_left_out: cython.bint  # whether there are twins that are not posed
    keeps_twins = cython.declare(cython.bint, visibility="readonly")
    open_prices: cython.longlong[::1]
    open_counts: cython.longlong[::1]
    promo_rows: cython.longlong[::1]
    article_numbers: cython.longlong[::1]
    step_starts: cython.longlong[::1]
    step_rows: cython.longlong[::1]
    slot_starts: cython.longlong[::1]
    slot_rows: cython.longlong[::1]
    slot_class_starts: cython.longlong[::1]
    slot_classes: cython.longlong[::1]
    tier_rows: cython.longlong[::1]
    tier_owners: cython.longlong[::1]
    tier_class_starts: cython.longlong[::1]
    tier_classes: cython.longlong[::1]
    size: cython.longlong
    steps: cython.longlong
    slots: cython.longlong
    slot_members: cython.longlong
    tier_members: cython.longlong

    def __init__(self, offers: Offers, classes: Mapping[str, array[int]], matches: Matches) -> None:
        self.offers = offers
        self.matches = matches
        self.price_minor = classes["price_minor"]
        self.count = classes["count"]
        self.is_open = classes["is_open"]
        self.start = matches.arrays["start"]
        self.number = matches.arrays["number"]
        self.member = None
        lines = len(classes["price_minor"])
        self.place_of = _room(lines)
        self.last = _room(lines)
        self.open_class = _room(lines)
        self.opened = self.open_class
        self.next_class = _room(lines)
        self.following = self.next_class
        self.cell = _room(lines)
        self.cells = 0
        self.split = _room(lines)
        self.split_now = _room(lines)
        self.cut = 0
        self.asked_now = _room(len(matches.arrays["stamp"]))
        self.open_price = _room(lines)
        self.open_prices = self.open_price
        self.open_count = _room(lines)
        self.open_counts = self.open_count
        self.now = 0
        self.best = _room(offers.promotions)
        self.best_now = _room(offers.promotions)
        self.article = _room(offers.promotions)
        self.article_numbers = self.article
        self.promo = _room(offers.promotions * PROMO)
        self.promo_rows = self.promo
        self.step_start = _room(offers.promotions)
        self.step_starts = self.step_start
        self.step = _room(len(offers.step))
        self.step_rows = self.step
        self.slot_start = _room(offers.promotions)
        self.slot_starts = self.slot_start
        self.slot = _room(len(offers.slot))
        self.slot_rows = self.slot
        self.slot_class_start = _room(len(offers.selector))
        self.slot_class_starts = self.slot_class_start
        self.slot_class = _room(FIRST_MEMBERS)
        self.slot_classes = self.slot_class
        # A tier with a cap is posed as two.
        tiers = 2 * (len(offers.tier) // RULE_TIER)
        self.tier_owner = _room(tiers)
        self.tier_owners = self.tier_owner
        self.tier = _room(tiers * TIER)
        self.tier_rows = self.tier
        self.tier_class_start = _room(tiers)
        self.tier_class_starts = self.tier_class_start
        self.tier_class = _room(FIRST_MEMBERS)
        self.tier_classes = self.tier_class
        self.pool_limit = _NONE
        self.has_grown = False
        self.asked = None
        self._begin()

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _begin(self) -> cython.int:
        self.now += 1
        self.articles = 0
        self.tiers = 0
        self.steps = 0
        self.slots = 0
        self.slot_members = 0
        self.tier_members = 0
        if self.member is not self.matches.member:
            self.member = self.matches.member
            self.members = self.member
        return 0

    def fill(
        self,
        classes: int,
        eligible: array[int],
        promotions: int,
        pools: dict[int, int],
        pool_limit: Sequence[int],
        customer_rate_bp: int,
        *,
        keeps_twins: bool = False,
    ) -> None:
        """Fill the tables for a sale.

        Args:
            classes: of the sale.
            eligible: numbers of the promotions that may apply, ascending.
            promotions: how many of them.
            pools: promotion to its pool of coupons; without one it needs no coupon.
            pool_limit: coupons per pool.
            customer_rate_bp: the customer's own rate in basis points, 0 without a customer.
            keeps_twins: as ``keeps_twins`` was when an answer was found that is read once more.
        """
        self.question = (classes, eligible, promotions, pools, pool_limit, customer_rate_bp)
        self._fill(keeps_twins=keeps_twins)

    def _fill(self, *, keeps_twins: bool) -> None:
        number: cython.longlong
        k: cython.longlong
        pool: cython.longlong
        layer: cython.longlong
        classes: cython.longlong
        size: cython.longlong
        rate_bp: cython.longlong
        numbers: cython.longlong[::1]
        classes, numbers, size, pools, pool_limit, rate_bp = self.question
        self.has_left_out = False
        self.keeps_twins = keeps_twins
        self._begin()
        self._open(classes, numbers, size)
        for k in range(size):
            number = numbers[k]
            if self.offers.twins[number] >= 0 and not (pools and number in pools):
                self._compare(self.offers.twins[number], self.offers.place[number])
        for k in range(size):
            number = numbers[k]
            layer = self.offers.layer[number]
            if layer == EARN:
                continue
            pool = pools.get(number, -1) if pools else -1
            if layer != ARTICLE:
                self._add_tiers(number, layer, pool, rate_bp)
            elif pool >= 0 or keeps_twins or self._is_best(number):
                self._add_article(number, pool)
            else:
                self.has_left_out = True
        self._rank()
        self.pool_limit = array("q", pool_limit) if pool_limit else _NONE

    def ask(self, search: Search, max_steps: int) -> Found:
        """Put the question to the search; its answer speaks of the numbers given here."""
        found = self._ask(search, max_steps)
        if self.has_left_out and search.met_threshold:
            # The lesser of two twins may be what keeps a base over its threshold.
            self._fill(keeps_twins=True)
            found = self._ask(search, max_steps)
        return found

    def _ask(self, search: Search, max_steps: int) -> Found:
        if self.has_grown or search is not self.asked:
            self.has_grown = False
            self.asked = search
            search.bind(
                {
                    "price_minor": self.open_price,
                    "count": self.open_count,
                    "promo": self.promo,
                    "step_start": self.step_start,
                    "step": self.step,
                    "slot_start": self.slot_start,
                    "slot": self.slot,
                    "slot_class_start": self.slot_class_start,
                    "slot_class": self.slot_class,
                    "tier": self.tier,
                    "tier_class_start": self.tier_class_start,
                    "tier_class": self.tier_class,
                }
            )
        return search.solve(self.size, self.articles, self.tiers, self.pool_limit, max_steps)

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _open(
        self, classes: cython.longlong, numbers: cython.longlong[::1], size: cython.longlong
    ) -> cython.int:
        """Number the classes that may be discounted; those that nobody tells apart get one number.

        Only the first of them stands in the tables, with the units of all.
        """
        c: cython.longlong
        g: cython.longlong
        k: cython.longlong
        s: cython.longlong
        place: cython.longlong
        selector: cython.longlong
        if self._hold_equal_prices(classes):
            for k in range(size):
                if self.offers.layer[numbers[k]] == EARN:
                    continue
                for s in range(
                    self.offers.slot_start[numbers[k]], self.offers.slot_start[numbers[k] + 1]
                ):
                    selector = self.offers.selector[s]
                    if self.number[selector] < classes and self.asked_now[selector] != self.now:
                        self.asked_now[selector] = self.now
                        self._split_by(selector)
        self.cut += 1
        self.size = 0
        for c in range(classes):
            self.place_of[c] = -1
            self.following[c] = -1
            if not self.is_open[c]:
                continue
            g = self.cell[c]
            if g >= 0 and self.split_now[g] == self.cut:
                place = self.split[g]
                self.following[self.last[place]] = c
                self.open_counts[place] += self.count[c]
            else:
                place = self.size
                self.size += 1
                self.place_of[c] = place
                self.opened[place] = c
                self.open_prices[place] = self.price_minor[c]
                self.open_counts[place] = self.count[c]
                if g >= 0:
                    self.split_now[g] = self.cut
                    self.split[g] = place
            self.last[place] = c
        return 0

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _hold_equal_prices(self, classes: cython.longlong) -> cython.bint:
        """Put open classes of one price into a cell; False where there are none."""
        c: cython.longlong
        last: cython.longlong = -1
        self.cells = 0
        for c in range(classes):
            self.cell[c] = -1
            if not self.is_open[c]:
                continue
            if last >= 0 and self.price_minor[last] == self.price_minor[c]:
                if self.cell[last] < 0:
                    self.cell[last] = self.cells
                    self.cells += 1
                self.cell[c] = self.cell[last]
            last = c
        return self.cells > 0

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _split_by(self, selector: cython.longlong) -> cython.int:
        """Tell the classes that a selector matches from the others of their cells."""
        k: cython.longlong
        c: cython.longlong
        g: cython.longlong
        self.cut += 1
        for k in range(self.start[selector], self.start[selector] + self.number[selector]):
            c = self.members[k]
            g = self.cell[c]
            if g < 0:
                continue
            if self.split_now[g] != self.cut:
                if self.cells + 1 >= len(self.split):
                    self.split = _twice(self.split)
                    self.split_now = _twice(self.split_now)
                self.split_now[g] = self.cut
                self.split[g] = self.cells
                self.cells += 1
            self.cell[c] = self.split[g]
        return 0

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _compare(self, twins: cython.longlong, place: cython.longlong) -> cython.int:
        """Note the best of a group of twins."""
        if self.best_now[twins] != self.now or place < self.best[twins]:
            self.best_now[twins] = self.now
            self.best[twins] = place
        return 0

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _is_best(self, number: cython.longlong) -> cython.bint:
        twins: cython.longlong = self.offers.twins[number]
        return twins < 0 or self.best[twins] == self.offers.place[number]

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _add_article(self, number: cython.longlong, pool: cython.longlong) -> cython.int:
        """Add a promotion of the article layer with its steps and slots."""
        k: cython.longlong
        s: cython.longlong
        row: cython.longlong = self.articles * PROMO
        offers: Offers = self.offers
        for k in range(PROMO):
            self.promo_rows[row + k] = offers.promo[number * PROMO + k]
        self.promo_rows[row + POOL] = pool
        for s in range(offers.step_start[number], offers.step_start[number + 1]):
            for k in range(STEP):
                self.step_rows[self.steps * STEP + k] = offers.step[s * STEP + k]
            self.steps += 1
        for s in range(offers.slot_start[number], offers.slot_start[number + 1]):
            for k in range(SLOT):
                self.slot_rows[self.slots * SLOT + k] = offers.slot[s * SLOT + k]
            self._add_slot_classes(offers.selector[s])
            self.slots += 1
            self.slot_class_starts[self.slots] = self.slot_members
        self.article_numbers[self.articles] = number
        self.articles += 1
        self.step_starts[self.articles] = self.steps
        self.slot_starts[self.articles] = self.slots
        return 0

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _add_slot_classes(self, selector: cython.longlong) -> cython.int:
        k: cython.longlong
        place: cython.longlong
        start: cython.longlong = self.start[selector]
        number: cython.longlong = self.number[selector]
        if self.slot_members + number > len(self.slot_class):
            self.slot_class = _more(self.slot_class, self.slot_members + number)
            self.slot_classes = self.slot_class
            self.has_grown = True
        for k in range(start, start + number):
            place = self.place_of[self.members[k]]
            if place >= 0:
                self.slot_classes[self.slot_members] = place
                self.slot_members += 1
        return 0

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _add_tiers(
        self,
        number: cython.longlong,
        layer: cython.longlong,
        pool: cython.longlong,
        rate_bp: cython.longlong,
    ) -> cython.int:
        """Add the tiers of a receipt or customer promotion that could give something."""
        t: cython.longlong
        benefit: cython.longlong
        value: cython.longlong
        least: cython.longlong
        cap: cython.longlong = self.offers.promo[number * PROMO + CAP_MINOR]
        selector: cython.longlong = self.offers.selector[self.offers.slot_start[number]]
        worth: cython.longlong = self._worth(selector)
        for t in range(self.offers.tier_start[number], self.offers.tier_start[number + 1]):
            benefit = self.offers.tier[t * RULE_TIER]
            value = self.offers.tier[t * RULE_TIER + 1]
            least = self.offers.tier[t * RULE_TIER + 2]
            if benefit == CUSTOMER_RATE:
                benefit = PERCENT
                value = min(value, rate_bp)
            if value == 0 or cap == 0:
                continue
            if cap < 0:
                self._add_tier(number, layer, benefit, value, least, pool, -1, selector, worth)
            elif benefit == AMOUNT_OFF:
                value = min(value, cap)
                self._add_tier(number, layer, benefit, value, least, pool, -1, selector, worth)
            else:
                # Below the cap a rate, from there on an amount: the search takes both as tiers.
                self._add_tier(number, layer, benefit, value, least, pool, cap, selector, worth)
                least = max(least, -(-cap * 10_000 // value))
                self._add_tier(number, layer, AMOUNT_OFF, cap, least, pool, -1, selector, worth)
        return 0

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _worth(self, selector: cython.longlong) -> cython.longlong:
        """Scanned value of the discountable units that a selector matches, in minor units."""
        k: cython.longlong
        c: cython.longlong
        total: cython.longlong = 0
        for k in range(self.start[selector], self.start[selector] + self.number[selector]):
            c = self.members[k]
            if self.is_open[c]:
                total += self.price_minor[c] * self.count[c]
        return total

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _add_tier(
        self,
        number: cython.longlong,
        layer: cython.longlong,
        benefit: cython.longlong,
        value: cython.longlong,
        least: cython.longlong,
        pool: cython.longlong,
        cap: cython.longlong,
        selector: cython.longlong,
        worth: cython.longlong,
    ) -> cython.int:
        """Add a tier, where its base can reach it: what earlier layers leave is never more."""
        k: cython.longlong
        place: cython.longlong
        at: cython.longlong = self.tier_members
        row: cython.longlong = self.tiers * TIER
        if worth < least:
            return 0
        self.tier_rows[row] = layer
        self.tier_rows[row + 2] = benefit
        self.tier_rows[row + 3] = value
        self.tier_rows[row + 4] = least
        self.tier_rows[row + 5] = pool
        self.tier_rows[row + 6] = self.offers.promo[number * PROMO + EXCLUSIVE]
        self.tier_rows[row + 7] = cap
        self.tier_owners[self.tiers] = number
        if at + self.number[selector] > len(self.tier_class):
            self.tier_class = _more(self.tier_class, at + self.number[selector])
            self.tier_classes = self.tier_class
            self.has_grown = True
        for k in range(self.start[selector], self.start[selector] + self.number[selector]):
            place = self.place_of[self.members[k]]
            if place >= 0:
                self.tier_classes[at] = place
                at += 1
        self.tier_members = at
        self.tiers += 1
        self.tier_class_starts[self.tiers] = at
        return 0

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _rank(self) -> cython.int:
        """Say of every promotion its place in ascending id; number those of tiers after the rest.

        The numbers of promotions ascend with their ids, in both lists.
        """
        i: cython.longlong = 0
        k: cython.longlong = 0
        rank: cython.longlong = 0
        owners: cython.longlong = 0
        owner: cython.longlong
        while i < self.articles or k < self.tiers:
            if k == self.tiers or (
                i < self.articles and self.article_numbers[i] < self.tier_owners[k]
            ):
                self.promo_rows[i * PROMO + RANK] = rank
                i += 1
            else:
                owner = self.tier_owners[k]
                while k < self.tiers and self.tier_owners[k] == owner:
                    self.tier_rows[k * TIER + 1] = self.articles + owners
                    self.tier_rows[k * TIER + TIER_RANK] = rank
                    k += 1
                owners += 1
            rank += 1
        return 0


FIRST_MEMBERS = 256
_NONE = array("q")


def _room(size: int) -> array[int]:
    return array("q", bytes(8 * (size + 1)))


@cython.cfunc
def _twice(values: cython.longlong[::1]) -> cython.longlong[::1]:
    """Return the same values with twice the room."""
    k: cython.longlong
    more: cython.longlong[::1] = _room(2 * len(values))
    for k in range(len(values)):
        more[k] = values[k]
    return more


def _more(values: array[int], size: int) -> array[int]:
    """Return the same values with room for twice as many as are wanted."""
    return values + _room(2 * size)
