# cython: boundscheck=True, wraparound=False, cdivision=False, overflowcheck=True, language_level=3
# cython: initializedcheck=False
"""Hands the chosen solution to the lines, layer by layer, in minor units.

Rounded once per promotion, half up; handed down to units by largest remainder (ties: higher price,
then sku, then line order). Later layers compute on the rounded amounts (promotions.md §4). Equal
units of a line that have the same history stay together as a *piece* with a count. What a promotion
gives is exact until then: a share of a unit is a fraction, and only remainders are compared.
"""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Any

import cython

from native import codes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .found import Found
    from .match import Matches
    from .pose import Pose

PROMO = cython.declare(cython.longlong, codes.PROMO_COLUMNS)
STEP = cython.declare(cython.longlong, codes.STEP_COLUMNS)
TIER = cython.declare(cython.longlong, codes.TIER_COLUMNS)
PERCENT = cython.declare(cython.longlong, codes.PERCENT)
AMOUNT_OFF = cython.declare(cython.longlong, codes.AMOUNT_OFF)
N_FOR_M = cython.declare(cython.longlong, codes.N_FOR_M)
BUNDLE = cython.declare(cython.longlong, codes.BUNDLE)
STEPS = cython.declare(cython.longlong, codes.STEPS)
UNITS = cython.declare(cython.longlong, codes.UNITS)
TARGET = cython.declare(cython.longlong, 1)
QUALIFIER = cython.declare(cython.longlong, 0)

# Columns of a piece: class, line, units, what is left to pay for one of them, and 1 where later
# layers give nothing.
PIECE = cython.declare(cython.longlong, 5)
# A share of a promotion: a piece, its exact discount per unit as numerator and denominator, group
# of equal applications, how many of them, role; then what a unit gets at least, and how many units
# get one more.
SHARE = cython.declare(cython.longlong, 12)
# What is handed out: see Settle.
APPLIED = cython.declare(cython.longlong, codes.APPLIED_COLUMNS)
GIVEN = cython.declare(cython.longlong, codes.GIVEN_COLUMNS)


@cython.cclass
class Settle:
    """The settlement of one sale after another; the arrays are used again.

    Args:
        promo, step_start, step, base: of ``native.pose.Offers``; ``base`` is the first selector of
            each promotion.
        classes: the arrays of ``native.classes.Classes``.
        matches: the ``native.match.Matches`` of the sale.
        pose: the ``native.pose.Pose`` of the sale.

    After ``give``: ``applied`` has a row for each of ``applications`` promotions that apply, in the
    order of the layers: number, applications, discount. ``given`` has a row for each of ``gifts``
    discounts of a line: promotion, line, group of equal applications, how many of them, 1 for a
    target, units, discount; and the next row of its promotion and line, -1 = none.
    """

    applications = cython.declare(cython.longlong, visibility="readonly")
    applied = cython.declare(object, visibility="readonly")
    gifts = cython.declare(cython.longlong, visibility="readonly")
    given = cython.declare(object, visibility="readonly")
    # Of the generation.
    promo: cython.longlong[::1]
    step_start: cython.longlong[::1]
    step: cython.longlong[::1]
    base: cython.longlong[::1]
    # Of the sale.
    matches: Matches
    pose: Pose
    price_minor: cython.longlong[::1]
    is_open: cython.longlong[::1]
    tie: cython.longlong[::1]
    line_start: cython.longlong[::1]
    line: cython.longlong[::1]
    line_units: cython.longlong[::1]
    start: cython.longlong[::1]
    number: cython.longlong[::1]
    article: cython.longlong[::1]
    open_class: cython.longlong[::1]
    next_class: cython.longlong[::1]
    at: cython.longlong[::1]  # of each class of the search: the class of the sale whose turn it is
    tier: cython.longlong[::1]
    tier_owner: cython.longlong[::1]
    # Of the solution.
    app: cython.longlong[::1]
    member: cython.longlong[::1]
    group: cython.longlong[::1]
    # Per class: the line whose turn it is, the units it still has, and the sale's last tier.
    turn: cython.longlong[::1]
    has: cython.longlong[::1]
    wanted: cython.longlong[::1]
    # Tables. Pieces are kept while a later layer wants them.
    keeps: cython.bint
    pieces: cython.longlong
    piece: cython.longlong[::1]
    others: cython.longlong[::1]
    shares: cython.longlong
    share: cython.longlong[::1]
    order: cython.longlong[::1]
    # The promotion at work; per line the first row it was given by it, where the stamp is now.
    promotion: cython.longlong
    first_given: cython.longlong[::1]
    given_now: cython.longlong[::1]
    now: cython.longlong
    tier_now: cython.longlong
    applied_rows: cython.longlong[::1]
    given_rows: cython.longlong[::1]

    def __init__(
        self,
        *,
        promo: array[int],
        step_start: array[int],
        step: array[int],
        base: array[int],
        classes: Mapping[str, array[int]],
        matches: Matches,
        pose: Pose,
    ) -> None:
        self.promo = promo
        self.step_start = step_start
        self.step = step
        self.base = base
        self.price_minor = classes["price_minor"]
        self.is_open = classes["is_open"]
        self.tie = classes["tie"]
        self.line_start = classes["line_start"]
        self.line = classes["line"]
        self.line_units = classes["line_units"]
        self.matches = matches
        self.start = matches.arrays["start"]
        self.number = matches.arrays["number"]
        self.pose = pose
        self.article = pose.article
        self.open_class = pose.open_class
        self.next_class = pose.next_class
        self.at = _room(len(pose.open_class))
        self.tier = pose.tier
        self.tier_owner = pose.tier_owner
        lines: cython.longlong = len(classes["line"])
        self.turn = _room(lines)
        self.has = _room(lines)
        self.wanted = _room(lines)
        self.promotion = 0
        self.first_given = _room(lines)
        self.given_now = _room(lines)
        self.group = _room(FIRST_ROWS)
        self.piece = _unbounded(FIRST_ROWS * PIECE)
        self.others = _unbounded(FIRST_ROWS * PIECE)
        self.share = _unbounded(FIRST_ROWS * SHARE)
        self.order = _unbounded(FIRST_ROWS)
        self.keeps = False
        self.pieces = 0
        self.shares = 0
        self.now = 0
        self.tier_now = 0
        self.applications = 0
        self.applied = _room(FIRST_ROWS * APPLIED)
        self.applied_rows = self.applied
        self.gifts = 0
        self.given = _room(FIRST_ROWS * GIVEN)
        self.given_rows = self.given

    def give(
        self,
        classes: int,
        found: Found,
        bases: dict[str, list[tuple[int, int, int, int, bool]]] | None = None,
    ) -> None:
        """Hand a solution to the lines.

        Args:
            classes: of the sale.
            found: the answer of the search to the question of ``pose``.
            bases: takes for ``receipt`` and ``customer`` the pieces that earlier layers left, as
                (class, line, units, what is left to pay for one, closed).
        """
        receipt_choice: cython.longlong = found.receipt_choice
        customer_choice: cython.longlong = found.customer_choice
        self._begin(classes)
        # What is left matters only where somebody looks at it.
        self.keeps = receipt_choice >= 0 or customer_choice >= 0 or bases is not None
        self._give_articles(found)
        if self.keeps:
            self._give_rest(classes)
        if bases is not None:
            bases["receipt"] = self._pieces()
        self.keeps = customer_choice >= 0 or bases is not None
        if receipt_choice >= 0:
            self._give_tier(receipt_choice)
        if bases is not None:
            bases["customer"] = self._pieces()
        self.keeps = False
        if customer_choice >= 0:
            self._give_tier(customer_choice)

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _begin(self, classes: cython.longlong) -> cython.int:
        c: cython.longlong
        self.pieces = 0
        self.applications = 0
        self.gifts = 0
        for c in range(classes):
            self.at[c] = self.open_class[c]
            self.turn[c] = self.line_start[c]
            self.has[c] = self.line_units[self.line_start[c]]
        return 0

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _give_articles(self, found: Found) -> cython.int:
        """Hand the applications to lines, promotion by promotion in the order of ids."""
        k: cython.longlong
        i: cython.longlong
        end: cython.longlong
        self.app = found.groups
        groups: cython.longlong = len(self.app) // 3
        if groups == 0:
            return 0
        self.member = found.members
        if groups > len(self.group):
            self.group = _room(2 * groups)
        for k in range(groups):
            # As a rule they come in this order already.
            i = k
            while i > 0 and self.app[3 * self.group[i - 1]] > self.app[3 * k]:
                self.group[i] = self.group[i - 1]
                i -= 1
            self.group[i] = k
        k = 0
        while k < groups:
            end = k + 1
            while end < groups and (self.app[3 * self.group[end]] == self.app[3 * self.group[k]]):
                end += 1
            self._give_article(k, end)
            k = end
        return 0

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _give_article(self, first: cython.longlong, end: cython.longlong) -> cython.int:
        """Hand the groups of applications of one promotion to lines."""
        k: cython.longlong
        s: cython.longlong
        g: cython.longlong
        discount: cython.longlong
        total: cython.longlong = 0
        total_minor: cython.longlong
        applications: cython.longlong = 0
        promotion: cython.longlong = self.article[self.app[3 * self.group[first]]]
        row: cython.longlong = promotion * PROMO
        kind: cython.longlong = self.promo[row]
        benefit: cython.longlong = self.promo[row + 3]
        value: cython.longlong = self.promo[row + 4]
        cap: cython.longlong = self.promo[row + 7] * 10_000
        single: cython.bint = kind == STEPS or (kind == N_FOR_M and self.promo[row + 1] == 1)
        for k in range(first, end):
            applications += self.app[3 * self.group[k] + 1]
        for s in range(self.step_start[promotion], self.step_start[promotion + 1]):
            if self.step[s * STEP] <= applications:
                benefit = self.step[s * STEP + 1]
                value = self.step[s * STEP + 2]
        for k in range(first, end):
            g = self.group[k]
            total += self.app[3 * g + 1] * self._discount(g, kind, benefit, value)
        if 0 <= cap < total:
            total_minor = cap // 10_000
        else:
            total_minor = (2 * total + 10_000) // 20_000
            cap = total
        self.shares = 0
        s = 0
        for k in range(first, end):
            g = self.group[k]
            discount = self._discount(g, kind, benefit, value)
            if single:
                self._share(g, discount, cap, total, 1, applications)
            else:
                s = self._share(g, discount, cap, total, s, 0)
        self._begin_promotion(promotion, applications, total_minor)
        self._hand_down(total_minor, self.promo[row + 8] == UNITS)
        return 0

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _first_member(self, g: cython.longlong) -> cython.longlong:
        return self.app[3 * g - 1] if g else 0

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _price_sum(self, g: cython.longlong) -> cython.longlong:
        """Scanned price of all units of one application of a group."""
        m: cython.longlong
        total: cython.longlong = 0
        for m in range(self._first_member(g), self.app[3 * g + 2]):
            total += self.price_minor[self.open_class[self.member[3 * m]]] * self.member[3 * m + 1]
        return total

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _discount(
        self,
        g: cython.longlong,
        kind: cython.longlong,
        benefit: cython.longlong,
        value: cython.longlong,
    ) -> cython.longlong:
        """Exact discount of one application of a group before any cap, in 1/10_000 minor."""
        m: cython.longlong
        price_minor: cython.longlong
        total: cython.longlong = 0
        if kind == BUNDLE:
            return _benefit_on(self._price_sum(g), benefit, value)
        for m in range(self._first_member(g), self.app[3 * g + 2]):
            if self.member[3 * m + 2]:
                price_minor = self.price_minor[self.open_class[self.member[3 * m]]]
                total += _benefit_on(price_minor, benefit, value) * self.member[3 * m + 2]
        return total

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _share(
        self,
        g: cython.longlong,
        discount: cython.longlong,
        cap: cython.longlong,
        total: cython.longlong,
        label: cython.longlong,
        all_times: cython.longlong,
    ) -> cython.longlong:
        """Take the units of a group of equal applications from the lines whose turn it is.

        A unit bears of the discount of its application in proportion to its price, and ``cap`` of
        ``total`` of that. Every stretch of applications that the same lines serve in full is a
        group of its own, numbered on from ``label``, which is returned; where ``all_times`` is
        given, all units are in the group ``label``.
        """
        m: cython.longlong
        c: cython.longlong
        times: cython.longlong
        price_sum: cython.longlong = self._price_sum(g)
        left: cython.longlong = self.app[3 * g + 1]
        cut: cython.longlong = 1
        whole: cython.longlong = 1
        by: cython.longlong
        if total:
            by = _common(cap, total)
            cut, whole = cap // by, total // by
        if price_sum and discount:
            by = _common(discount, price_sum)
            discount, price_sum = discount // by, price_sum // by
            by = _common(cut, price_sum)
            cut, price_sum = cut // by, price_sum // by
        else:
            discount, price_sum = 0, 1
        while left:
            times = left
            for m in range(self._first_member(g), self.app[3 * g + 2]):
                c = self.at[self.member[3 * m]]
                times = min(times, self.has[c] // self.member[3 * m + 1])
            times = max(times, 1)
            left -= times
            if not all_times:
                label += 1
            for m in range(self._first_member(g), self.app[3 * g + 2]):
                c = self.open_class[self.member[3 * m]]
                self._take(
                    self.member[3 * m],
                    self.member[3 * m + 2] * times,
                    discount * self.price_minor[c] * cut,
                    price_sum * 10_000 * whole,
                    label,
                    all_times or times,
                    TARGET,
                )
                self._take(
                    self.member[3 * m],
                    (self.member[3 * m + 1] - self.member[3 * m + 2]) * times,
                    discount * self.price_minor[c] * cut,
                    price_sum * 10_000 * whole,
                    label,
                    all_times or times,
                    QUALIFIER,
                )
        return label

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _take(
        self,
        place: cython.longlong,
        count: cython.longlong,
        numerator: cython.longlong,
        denominator: cython.longlong,
        label: cython.longlong,
        times: cython.longlong,
        role: cython.longlong,
    ) -> cython.int:
        """Take so many untouched units, from the first lines on, as shares."""
        c: cython.longlong
        used: cython.longlong
        row: cython.longlong
        while count:
            c = self.at[place]
            row = self._next_share()
            used = min(self.has[c], count)
            if not used:
                raise ValueError("the solution takes more units than the sale has")
            self.share[row] = c
            self.share[row + 1] = self.line[self.turn[c]]
            self.share[row + 2] = used
            self.share[row + 3] = self.price_minor[c]
            self.share[row + 4] = 0
            self.share[row + 5] = numerator
            self.share[row + 6] = denominator
            self.share[row + 7] = label
            self.share[row + 8] = times
            self.share[row + 9] = role
            count -= used
            self.has[c] -= used
            if self.has[c]:
                continue
            if self.turn[c] + 1 < self.line_start[c + 1]:
                self.turn[c] += 1
                self.has[c] = self.line_units[self.turn[c]]
            elif self.next_class[c] >= 0:
                self.at[place] = self.next_class[c]
        return 0

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _next_share(self) -> cython.longlong:
        """Return the row of a new share."""
        row: cython.longlong = self.shares * SHARE
        if row + SHARE > len(self.share):
            self.share = _twice(self.share)
            self.order = _twice(self.order)
        self.shares += 1
        return row

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _give_rest(self, classes: cython.longlong) -> cython.int:
        """Turn everything that no article promotion took into pieces."""
        c: cython.longlong
        k: cython.longlong
        for c in range(classes):
            if self.has[c]:
                self._add_piece(c, self.line[self.turn[c]], self.has[c], self.price_minor[c], 0)
            for k in range(self.turn[c] + 1, self.line_start[c + 1]):
                self._add_piece(c, self.line[k], self.line_units[k], self.price_minor[c], 0)
        return 0

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _add_piece(
        self,
        c: cython.longlong,
        line: cython.longlong,
        count: cython.longlong,
        left_minor: cython.longlong,
        closed: cython.longlong,
    ) -> cython.int:
        row: cython.longlong = self.pieces * PIECE
        if row + PIECE > len(self.piece):
            self.piece = _twice(self.piece)
        self.piece[row] = c
        self.piece[row + 1] = line
        self.piece[row + 2] = count
        self.piece[row + 3] = left_minor
        self.piece[row + 4] = closed
        self.pieces += 1
        return 0

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _give_tier(self, number: cython.longlong) -> cython.int:
        """Hand a receipt or customer discount to the units of its base, on the rounded amounts."""
        i: cython.longlong
        k: cython.longlong
        row: cython.longlong
        base_minor: cython.longlong = 0
        total_minor: cython.longlong
        promotion: cython.longlong = self.tier_owner[number]
        benefit: cython.longlong = self.tier[number * TIER + 2]
        value: cython.longlong = self.tier[number * TIER + 3]
        cap: cython.longlong = self.tier[number * TIER + 7]
        pieces: cython.longlong = self.pieces
        self._want(self.base[promotion])
        # The pieces of the base become shares, the others stay.
        self.piece, self.others = self.others, self.piece
        self.pieces = 0
        self.shares = 0
        for i in range(pieces):
            k = i * PIECE
            if self.wanted[self.others[k]] != self.tier_now or self.others[k + 4]:
                self._add_piece(
                    self.others[k],
                    self.others[k + 1],
                    self.others[k + 2],
                    self.others[k + 3],
                    self.others[k + 4],
                )
                continue
            row = self._next_share()
            self.share[row] = self.others[k]
            self.share[row + 1] = self.others[k + 1]
            self.share[row + 2] = self.others[k + 2]
            self.share[row + 3] = self.others[k + 3]
            self.share[row + 4] = 0
            self.share[row + 7] = 1
            self.share[row + 8] = 1
            self.share[row + 9] = TARGET
            base_minor += self.others[k + 2] * self.others[k + 3]
        if benefit == PERCENT:
            total_minor = (2 * base_minor * value + 10_000) // 20_000
            if cap >= 0:
                total_minor = min(total_minor, cap)
        else:
            total_minor = min(value, base_minor)
        for i in range(self.shares):
            row = i * SHARE
            # In proportion to what is left.
            self.share[row + 5] = total_minor * self.share[row + 3]
            self.share[row + 6] = max(base_minor, 1)
        self._begin_promotion(promotion, 1, total_minor)
        self._hand_down(total_minor, False)
        return 0

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _want(self, selector: cython.longlong) -> cython.int:
        """Note the discountable classes that a selector matches."""
        k: cython.longlong
        members: cython.longlong[::1] = self.matches.member
        self.tier_now += 1
        for k in range(self.start[selector], self.start[selector] + self.number[selector]):
            if self.is_open[members[k]]:
                self.wanted[members[k]] = self.tier_now
        return 0

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _hand_down(self, total_minor: cython.longlong, close: cython.bint) -> cython.int:
        """Give the shares whole minor units that sum to the total; they become pieces again.

        Each unit gets its exact discount rounded down, then the largest remainders get one more.
        """
        i: cython.longlong
        row: cython.longlong
        floor: cython.longlong
        lucky: cython.longlong
        closed: cython.longlong = 1 if close else 0
        left: cython.longlong = total_minor
        for i in range(self.shares):
            row = i * SHARE
            floor = self.share[row + 5] // self.share[row + 6]
            self.share[row + 5] -= floor * self.share[row + 6]
            self.share[row + 10] = floor
            self.share[row + 11] = 0
            self.order[i] = row
            left -= floor * self.share[row + 2]
        if left:
            self._put_first(left)
            for i in range(self.shares):
                row = self.order[i]
                self.share[row + 11] = min(left, self.share[row + 2])
                left -= self.share[row + 11]
        self.now += 1
        for i in range(self.shares):
            row = i * SHARE
            floor = self.share[row + 10]
            lucky = self.share[row + 11]
            self._note(row, floor * self.share[row + 2] + lucky)
            if not self.keeps:
                continue
            if lucky:
                self._add_piece(
                    self.share[row],
                    self.share[row + 1],
                    lucky,
                    self.share[row + 3] - floor - 1,
                    closed,
                )
            if self.share[row + 2] > lucky:
                self._add_piece(
                    self.share[row],
                    self.share[row + 1],
                    self.share[row + 2] - lucky,
                    self.share[row + 3] - floor,
                    closed,
                )
        return 0

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _put_first(self, left: cython.longlong) -> cython.int:
        """Put first the shares that get one more, the last of them behind the others.

        Hoare's way: split by one of them, go on in the part where the last one lies.
        """
        low: cython.longlong = 0
        high: cython.longlong = self.shares
        i: cython.longlong
        k: cython.longlong
        row: cython.longlong
        middle: cython.longlong
        units: cython.longlong
        while high - low > 1:
            k = (low + high) // 2
            middle = self.order[k]
            self.order[k] = self.order[high - 1]
            k = low
            units = 0
            for i in range(low, high - 1):
                row = self.order[i]
                if self._comes_before(row, middle):
                    self.order[i] = self.order[k]
                    self.order[k] = row
                    units += self.share[row + 2]
                    k += 1
            self.order[high - 1] = self.order[k]
            self.order[k] = middle
            if units >= left:
                high = k
            else:
                left -= units + self.share[middle + 2]
                low = k + 1
                if left <= 0:
                    break
        return 0

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _comes_before(self, a: cython.longlong, b: cython.longlong) -> cython.bint:
        """Larger remainder, then higher price and sku, then line, then the order of taking."""
        by: cython.longlong
        if self.share[a + 6] == self.share[b + 6]:
            by = self.share[a + 5] - self.share[b + 5]
        else:
            by = _compare(
                self.share[a + 5], self.share[a + 6], self.share[b + 5], self.share[b + 6]
            )
        if by == 0:
            by = self.tie[self.share[b]] - self.tie[self.share[a]]
        if by == 0:
            by = self.share[b + 1] - self.share[a + 1]
        if by == 0:
            by = b - a
        return by > 0

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _note(self, row: cython.longlong, discount_minor: cython.longlong) -> cython.int:
        """Add what a share gives to the row of its promotion, line, group and role."""
        line: cython.longlong = self.share[row + 1]
        k: cython.longlong = -1
        last: cython.longlong = -1
        if self.given_now[line] == self.now:
            k = self.first_given[line]
        while k >= 0:
            if (
                self.given_rows[k + 2] == self.share[row + 7]
                and self.given_rows[k + 4] == self.share[row + 9]
            ):
                self.given_rows[k + 5] += self.share[row + 2]
                self.given_rows[k + 6] += discount_minor
                return 0
            last = k
            k = self.given_rows[k + 7]
        k = self.gifts * GIVEN
        if k + GIVEN > len(self.given_rows):
            self.given = _more(self.given)
            self.given_rows = self.given
        self.gifts += 1
        self.given_rows[k] = self.promotion
        self.given_rows[k + 1] = line
        self.given_rows[k + 2] = self.share[row + 7]
        self.given_rows[k + 3] = self.share[row + 8]
        self.given_rows[k + 4] = self.share[row + 9]
        self.given_rows[k + 5] = self.share[row + 2]
        self.given_rows[k + 6] = discount_minor
        self.given_rows[k + 7] = -1
        if last >= 0:
            self.given_rows[last + 7] = k
        else:
            self.given_now[line] = self.now
            self.first_given[line] = k
        return 0

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _begin_promotion(
        self,
        promotion: cython.longlong,
        applications: cython.longlong,
        total_minor: cython.longlong,
    ) -> cython.int:
        """Add a promotion that applies; what follows is given by it."""
        k: cython.longlong = self.applications * APPLIED
        if k + APPLIED > len(self.applied_rows):
            self.applied = _more(self.applied)
            self.applied_rows = self.applied
        self.promotion = promotion
        self.applied_rows[k] = promotion
        self.applied_rows[k + 1] = applications
        self.applied_rows[k + 2] = total_minor
        self.applications += 1
        return 0

    @cython.cfunc
    def _pieces(self) -> list[tuple[int, int, int, int, bool]]:
        """Return the pieces as values."""
        found = []
        for k in range(0, self.pieces * PIECE, PIECE):
            c, line, count, left_minor, closed = [self.piece[k + n] for n in range(PIECE)]
            found.append((c, line, count, left_minor, closed == 1))
        return found


FIRST_ROWS = 64


def _room(size: int) -> array[int]:
    return array("q", bytes(8 * (size + 1)))


def _unbounded(size: int) -> Any:  # noqa: ANN401 - an array or a list
    """Return room for values that a sale of millions takes beyond 64 bits.

    The compiled form says so by an OverflowError; then the plain form answers, with room for them.
    """
    return _room(size) if cython.compiled else [0] * (size + 1)


@cython.cfunc
def _twice(values: cython.longlong[::1]) -> cython.longlong[::1]:
    """Return the same values with twice the room."""
    k: cython.longlong
    more: cython.longlong[::1] = _unbounded(2 * len(values))
    for k in range(len(values)):
        more[k] = values[k]
    return more


def _more(values: array[int]) -> array[int]:
    """Return the same values with room for as many more."""
    return values + values


@cython.cfunc
@cython.exceptval(-1, check=True)
def _benefit_on(
    price_minor: cython.longlong, benefit: cython.longlong, value: cython.longlong
) -> cython.longlong:
    """Discount of a benefit on a price, in 1/10_000 minor."""
    if benefit == PERCENT:
        return price_minor * value
    if benefit == AMOUNT_OFF:
        return min(price_minor, value) * 10_000
    return max(0, price_minor - value) * 10_000


@cython.cfunc
@cython.exceptval(-1, check=True)
def _common(a: cython.longlong, b: cython.longlong) -> cython.longlong:
    """Greatest common divisor of two numbers that are not both 0."""
    while b:
        a, b = b, a % b
    return a


@cython.cfunc
@cython.exceptval(-2, check=True)
def _compare(
    a: cython.longlong, b: cython.longlong, c: cython.longlong, d: cython.longlong
) -> cython.longlong:
    """Return 1, 0 or -1 where a/b is more than, equal to or less than c/d, all of them >= 0.

    Whole parts decide, else the reciprocals of what remains: no product can leave 64 bits.
    """
    sign: cython.longlong = 1
    while a // b == c // d:
        a, c = a % b, c % d
        if a == 0 or c == 0:
            return sign * ((a > 0) - (c > 0))
        a, b, c, d = b, a, d, c
        sign = -sign
    return sign if a // b > c // d else -sign
