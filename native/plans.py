# cython: boundscheck=True, wraparound=False, cdivision=False, overflowcheck=True, language_level=3
# cython: initializedcheck=False
"""A linear program over plans: which multipliers fit what the promotions would do.

A plan is what one promotion could take of all classes at once, with what that is worth. Wanted are
shares of plans, one whole plan a promotion, that use no unit twice and are worth most; the duals of
that are the multipliers of the units. Applications are counted where a case bounds them.

Rows: a class (units taken, and its slack), a promotion (its shares, and being idle), what is
counted (applications, less their own column). The primal simplex on columns with bounds: what is
basic and outside its bounds is charged until it is back. In doubles, because nothing depends on
them but what is asked next: every bound is computed anew in integers from the rounded duals. Both
forms do the same operations in the same order, so that they ask the same.

What comes in and what goes out are integers: this is the only file of the core with doubles (0033).
The simplex itself checks no index in the compiled form, as each is made in this file.

Source: the revised simplex with an explicit inverse and columns as they are asked for, V. Chvatal,
Linear Programming (1983), chapters 7, 8 and 26.
"""

from __future__ import annotations

from array import array

import cython

_ROOM = cython.declare(cython.longlong, 1 << 30)  # of all values in the program
_ENDLESS = cython.declare(cython.double, 1e30)
_CHARGE = cython.declare(cython.double, 1e12)  # for each unit outside the bounds
_NEAR = cython.declare(cython.double, 1e-7)  # what counts as within the bounds
_GAIN = cython.declare(cython.double, 1e-2)  # least reduced value of a column that enters
_PIVOT = cython.declare(cython.double, 1e-7)  # least pivot
_FRESH = cython.declare(cython.longlong, 150)  # moves from one inverse made anew to the next
_FAR = cython.declare(cython.double, 1e18)
_WHOLE = cython.declare(cython.longlong, 1 << 30)  # of a share
_ZERO = cython.declare(cython.double, 1e-13)
_MOVES = cython.declare(cython.Py_ssize_t, 400)  # of one solution at most


@cython.cfunc
@cython.exceptval(check=False)
def _rounded(value: cython.double) -> cython.longlong:
    """The nearest integer; 0 for what is not a number or far beyond every price."""
    if not -_FAR < value < _FAR:
        return 0
    if value < 0:
        return -cython.cast(cython.longlong, 0.5 - value)
    return cython.cast(cython.longlong, value + 0.5)


@cython.cfunc
def _doubles(count: cython.Py_ssize_t) -> cython.double[::1]:
    """Room for so many doubles."""
    if not cython.compiled:
        return [0.0] * count
    fresh: cython.double[::1] = array("d", bytes(8 * count))
    return fresh


@cython.cfunc
def _indexes(count: cython.Py_ssize_t) -> cython.longlong[::1]:
    """Room for so many integers."""
    if not cython.compiled:
        return [0] * count
    fresh: cython.longlong[::1] = array("q", bytes(8 * count))
    return fresh


@cython.cfunc
def _more_doubles(
    values: cython.double[::1], used: cython.Py_ssize_t, need: cython.Py_ssize_t
) -> cython.double[::1]:
    """The same values with room for at least ``need``."""
    i: cython.Py_ssize_t
    if need <= len(values):
        return values
    grown: cython.double[::1] = _doubles(2 * need)
    for i in range(used):
        grown[i] = values[i]
    return grown


@cython.cfunc
def _more_indexes(
    values: cython.longlong[::1], used: cython.Py_ssize_t, need: cython.Py_ssize_t
) -> cython.longlong[::1]:
    """The same values with room for at least ``need``."""
    i: cython.Py_ssize_t
    if need <= len(values):
        return values
    grown: cython.longlong[::1] = _indexes(2 * need)
    for i in range(used):
        grown[i] = values[i]
    return grown


@cython.cclass
class Plans:
    """The plans known so far and the best shares of them.

    Columns: a slack for each class, being idle for each promotion, then plans and counted times
    as they come.

    Args:
        rooms: units of each class.
        promos: how many promotions there are.
        most: about what all plans together may be worth.
    """

    classes: cython.Py_ssize_t
    promos: cython.Py_ssize_t
    rows: cython.Py_ssize_t
    wide: cython.Py_ssize_t  # from a row of the inverse to the next
    columns: cython.Py_ssize_t
    entries: cython.Py_ssize_t
    spent: cython.longlong
    moves: cython.longlong
    fresh: cython.longlong  # moves after which the inverse is made anew
    scale: cython.double  # of one in the program
    outside: cython.double  # how far basic columns lie outside their bounds, together

    inverse: cython.double[::1]
    right: cython.double[::1]
    basic: cython.double[::1]  # values of the basic columns
    dual: cython.double[::1]
    entering: cython.double[::1]
    seat: cython.longlong[::1]  # row -> column

    start: cython.longlong[::1]  # of a column's entries
    row: cython.longlong[::1]
    entry: cython.double[::1]
    value: cython.double[::1]
    low: cython.double[::1]
    high: cython.double[::1]
    place: cython.longlong[::1]  # column -> row where basic, -1 elsewhere
    is_high: cython.longlong[::1]
    owner: cython.longlong[::1]  # promotion of a plan or of being idle, -1 elsewhere
    times: cython.double[::1]  # applications in a plan
    counter: cython.longlong[::1]  # promotion -> row that counts it, -1 for none
    own_column: cython.longlong[::1]  # promotion -> column of what is counted

    def __init__(self, rooms: list[int], promos: int, most: int) -> None:
        i: cython.Py_ssize_t
        self.classes = len(rooms)
        self.promos = promos
        self.rows = self.classes + promos
        self.wide = self.rows + promos
        self.columns = 0
        self.entries = 0
        self.spent = 0
        self.moves = 0
        self.fresh = _FRESH
        self.outside = 0.0
        self.scale = 1.0
        while most > _ROOM:
            most //= 2
            self.scale *= 2.0
        self.inverse = _doubles(self.wide * self.wide)
        self.right = _doubles(self.wide)
        self.basic = _doubles(self.wide)
        self.dual = _doubles(self.wide)
        self.entering = _doubles(self.wide)
        self.seat = _indexes(self.wide)
        room: cython.Py_ssize_t = 4 * self.rows + 16
        self.start = _indexes(room + 1)
        self.row = _indexes(4 * room)
        self.entry = _doubles(4 * room)
        self.value = _doubles(room)
        self.low = _doubles(room)
        self.high = _doubles(room)
        self.place = _indexes(room)
        self.is_high = _indexes(room)
        self.owner = _indexes(room)
        self.times = _doubles(room)
        self.counter = _indexes(promos)
        self.own_column = _indexes(promos)
        for i in range(promos):
            self.counter[i] = -1
        for i in range(self.rows):
            self.inverse[i * self.wide + i] = 1.0
            self.right[i] = rooms[i] if i < self.classes else 1.0
            self.basic[i] = self.right[i]
            self.seat[i] = i
            self._open(i - self.classes if i >= self.classes else -1, 0.0, 0.0)
            self._enter(i, 1.0)
            self._close_column()
            self.place[i] = i

    # --- columns

    @cython.cfunc
    @cython.exceptval(check=True)
    def _open(
        self, owner: cython.longlong, value: cython.double, times: cython.double
    ) -> cython.void:
        j: cython.Py_ssize_t = self.columns
        self.start = _more_indexes(self.start, j + 1, j + 2)
        self.value = _more_doubles(self.value, j, j + 1)
        self.low = _more_doubles(self.low, j, j + 1)
        self.high = _more_doubles(self.high, j, j + 1)
        self.place = _more_indexes(self.place, j, j + 1)
        self.is_high = _more_indexes(self.is_high, j, j + 1)
        self.owner = _more_indexes(self.owner, j, j + 1)
        self.times = _more_doubles(self.times, j, j + 1)
        self.start[j] = self.entries
        self.value[j] = value
        self.low[j] = 0.0
        self.high[j] = _ENDLESS
        self.place[j] = -1
        self.is_high[j] = 0
        self.owner[j] = owner
        self.times[j] = times

    @cython.cfunc
    @cython.exceptval(check=True)
    def _enter(self, row: cython.longlong, entry: cython.double) -> cython.void:
        self.row = _more_indexes(self.row, self.entries, self.entries + 1)
        self.entry = _more_doubles(self.entry, self.entries, self.entries + 1)
        self.row[self.entries] = row
        self.entry[self.entries] = entry
        self.entries += 1

    @cython.cfunc
    @cython.exceptval(check=True)
    def _close_column(self) -> cython.void:
        self.columns += 1
        self.start[self.columns] = self.entries

    def add(self, promo: int, value: int, units: list[tuple[int, int]], times: int) -> int:
        """Take a plan in that makes the shares better: its column, or -1 where it does not.

        Args:
            promo: whose plan it is.
            value: what it is worth.
            units: class and units, ascending.
            times: how often the promotion applies.
        """
        column: cython.Py_ssize_t = self.columns
        i: cython.Py_ssize_t
        number: cython.Py_ssize_t
        scaled: cython.double = value / self.scale
        beyond: cython.double = scaled - self.dual[self.classes + promo]
        for i, number in units:
            beyond -= self.dual[i] * number
        if self.counter[promo] >= 0:
            beyond -= self.dual[self.counter[promo]] * times
        if beyond < _GAIN:
            return -1
        self._open(promo, scaled, times)
        for i, number in units:
            self._enter(i, number)
        self._enter(self.classes + promo, 1.0)
        self._close_column()
        return column

    def count(self, promo: int) -> int:
        """Begin to count how often a promotion applies: the row that does."""
        i: cython.Py_ssize_t
        q: cython.Py_ssize_t
        at: cython.Py_ssize_t = self.rows
        times: cython.double
        self.rows += 1
        # The new row of the inverse: what the basic columns count, carried back.
        self.inverse[at * self.wide + at] = -1.0
        for i in range(at):
            times = self.times[self.seat[i]]
            if self.owner[self.seat[i]] == promo and times != 0.0:
                self.basic[at] += times * self.basic[i]
                for q in range(at):
                    self.inverse[at * self.wide + q] += times * self.inverse[i * self.wide + q]
                self.spent += at
        self.counter[promo] = at
        self.own_column[promo] = self.columns
        self._open(-1, 0.0, 0.0)
        self._enter(at, -1.0)
        self._close_column()
        self.place[self.own_column[promo]] = at
        self.seat[at] = self.own_column[promo]
        return at

    def allow(self, column: int, is_allowed: bool) -> None:
        """Let a plan, or being idle, be taken or not."""
        self.high[column] = _ENDLESS if is_allowed else 0.0
        self.is_high[column] = 0

    def limit(self, promo: int, low: int, high: int) -> None:
        """Bounds of what is counted of a promotion; ``high`` below 0 means none."""
        j: cython.Py_ssize_t = self.own_column[promo]
        self.low[j] = low
        self.high[j] = high if high >= 0 else _ENDLESS
        if high < 0:
            self.is_high[j] = 0

    def tell(self, dual: cython.longlong[::1], share: cython.longlong[::1]) -> None:
        """Say what one of each row is worth, and what part of each column is taken, in 1/2^30."""
        i: cython.Py_ssize_t
        value: cython.double
        for i in range(self.rows):
            dual[i] = _rounded(self.dual[i] * self.scale)
        for i in range(self.columns):
            if self.place[i] >= 0:
                value = self.basic[self.place[i]]
            else:
                value = self.high[i] if self.is_high[i] else self.low[i]
            share[i] = _rounded(value * _WHOLE)

    @property
    def width(self) -> int:
        """Columns so far; no less than the rows."""
        return self.columns

    @property
    def worth(self) -> int:
        """What the shares are worth together."""
        i: cython.Py_ssize_t
        total: cython.double = 0.0
        for i in range(self.rows):
            total += self.value[self.seat[i]] * self.basic[i]
        return _rounded(total * self.scale)

    @property
    def steps(self) -> int:
        """Multiplications so far, about."""
        return self.spent

    # --- the simplex

    @cython.boundscheck(False)
    @cython.overflowcheck(False)
    @cython.cfunc
    @cython.exceptval(check=True)
    def _settle(self) -> cython.void:
        """Values of the basic columns, from where the others stand."""
        i: cython.Py_ssize_t
        j: cython.Py_ssize_t
        q: cython.Py_ssize_t
        at: cython.double
        sum_: cython.double
        inverse: cython.double[::1] = self.inverse
        entering: cython.double[::1] = self.entering
        for q in range(self.rows):
            self.entering[q] = self.right[q]
        for i in range(self.promos):
            j = self.own_column[i]
            if self.counter[i] >= 0 and self.place[j] < 0:
                at = self.high[j] if self.is_high[j] else self.low[j]
                self.entering[self.counter[i]] += at
        for i in range(self.rows):
            sum_ = 0.0
            for q in range(self.rows):
                sum_ += inverse[i * self.wide + q] * entering[q]
            self.basic[i] = sum_
        self.spent += self.rows * self.rows

    @cython.boundscheck(False)
    @cython.overflowcheck(False)
    @cython.cfunc
    @cython.exceptval(check=True)
    def _charge(self) -> cython.void:
        """Duals from scratch, with the charges of what lies outside its bounds."""
        i: cython.Py_ssize_t
        j: cython.Py_ssize_t
        q: cython.Py_ssize_t
        at: cython.Py_ssize_t
        value: cython.double
        rows: cython.Py_ssize_t = self.rows
        dual: cython.double[::1] = self.dual
        inverse: cython.double[::1] = self.inverse
        self.outside = 0.0
        for q in range(rows):
            dual[q] = 0.0
        for i in range(self.rows):
            j = self.seat[i]
            value = self.value[j]
            if self.basic[i] < self.low[j] - _NEAR:
                value += _CHARGE
                self.outside += self.low[j] - self.basic[i]
            elif self.basic[i] > self.high[j] + _NEAR:
                value -= _CHARGE
                self.outside += self.basic[i] - self.high[j]
            if value != 0.0:
                at = i * self.wide
                for q in range(rows):
                    dual[q] += value * inverse[at + q]
                self.spent += rows
        self.spent += self.rows

    @cython.boundscheck(False)
    @cython.overflowcheck(False)
    @cython.cfunc
    @cython.exceptval(check=True)
    def _column(self, j: cython.Py_ssize_t) -> cython.void:
        """What one of a column changes in the basic ones."""
        e: cython.Py_ssize_t
        i: cython.Py_ssize_t
        q: cython.Py_ssize_t
        entry: cython.double
        rows: cython.Py_ssize_t = self.rows
        entering: cython.double[::1] = self.entering
        inverse: cython.double[::1] = self.inverse
        for q in range(rows):
            entering[q] = 0.0
        for e in range(self.start[j], self.start[j + 1]):
            i = self.row[e]
            entry = self.entry[e]
            for q in range(rows):
                entering[q] += inverse[q * self.wide + i] * entry
            self.spent += rows
        if self.times[j] != 0.0 and self.counter[self.owner[j]] >= 0:
            i = self.counter[self.owner[j]]
            entry = self.times[j]
            for q in range(rows):
                entering[q] += inverse[q * self.wide + i] * entry
            self.spent += rows

    @cython.boundscheck(False)
    @cython.overflowcheck(False)
    @cython.cfunc
    @cython.exceptval(check=True)
    def _invert(self) -> cython.void:
        """Make the inverse anew from the basic columns: rounding has gathered in it."""
        i: cython.Py_ssize_t
        j: cython.Py_ssize_t
        q: cython.Py_ssize_t
        e: cython.Py_ssize_t
        at: cython.Py_ssize_t
        wide: cython.Py_ssize_t = self.wide
        factor: cython.double
        self.fresh = self.moves + _FRESH
        basis: cython.double[::1] = _doubles(wide * wide)
        inverse: cython.double[::1] = _doubles(wide * wide)
        for i in range(self.rows):
            j = self.seat[i]
            inverse[i * wide + i] = 1.0
            for e in range(self.start[j], self.start[j + 1]):
                basis[self.row[e] * wide + i] += self.entry[e]
            if self.times[j] != 0.0 and self.counter[self.owner[j]] >= 0:
                basis[self.counter[self.owner[j]] * wide + i] = self.times[j]
        for i in range(self.rows):
            at = i
            for q in range(i + 1, self.rows):
                if abs(basis[q * wide + i]) > abs(basis[at * wide + i]):
                    at = q
            if abs(basis[at * wide + i]) < 1e-12:
                return
            if at != i:
                for q in range(self.rows):
                    factor = basis[i * wide + q]
                    basis[i * wide + q] = basis[at * wide + q]
                    basis[at * wide + q] = factor
                    factor = inverse[i * wide + q]
                    inverse[i * wide + q] = inverse[at * wide + q]
                    inverse[at * wide + q] = factor
            factor = basis[i * wide + i]
            for q in range(self.rows):
                basis[i * wide + q] /= factor
                inverse[i * wide + q] /= factor
            for at in range(self.rows):
                factor = basis[at * wide + i]
                if at == i or factor == 0.0:
                    continue
                self.spent += 2 * self.rows
                for q in range(self.rows):
                    basis[at * wide + q] -= factor * basis[i * wide + q]
                    inverse[at * wide + q] -= factor * inverse[i * wide + q]
        self.inverse = inverse

    @cython.boundscheck(False)
    @cython.overflowcheck(False)
    def solve(self) -> bool:
        """Find the best shares; False where that took too many moves, or they are endless."""
        j: cython.Py_ssize_t
        i: cython.Py_ssize_t
        q: cython.Py_ssize_t
        n: cython.Py_ssize_t
        at: cython.Py_ssize_t
        leaving: cython.Py_ssize_t
        enters: cython.Py_ssize_t
        value: cython.double
        best: cython.double
        reduced: cython.double
        sign: cython.double
        step: cython.double
        pivot: cython.double
        change: cython.double
        bound: cython.double
        held: cython.double
        reach: cython.double
        to_high: cython.bint
        is_high: cython.bint
        rows: cython.Py_ssize_t = self.rows
        e: cython.Py_ssize_t
        start: cython.longlong[::1] = self.start
        row: cython.longlong[::1] = self.row
        entry: cython.double[::1] = self.entry
        dual: cython.double[::1] = self.dual
        entering: cython.double[::1] = self.entering
        if self.moves >= self.fresh:
            self._invert()
        inverse: cython.double[::1] = self.inverse
        self._settle()
        self._charge()
        for _ in range(_MOVES):
            best = _GAIN
            enters = -1
            sign = 1.0
            reduced = 0.0
            for j in range(self.columns):
                if self.place[j] >= 0 or self.low[j] == self.high[j]:
                    continue
                value = self.value[j]
                for e in range(start[j], start[j + 1]):
                    value -= dual[row[e]] * entry[e]
                self.spent += start[j + 1] - start[j]
                if self.times[j] != 0.0 and self.counter[self.owner[j]] >= 0:
                    value -= dual[self.counter[self.owner[j]]] * self.times[j]
                if self.is_high[j]:
                    if -value > best:
                        best = -value
                        enters = j
                        sign = -1.0
                        reduced = value
                elif value > best:
                    best = value
                    enters = j
                    sign = 1.0
                    reduced = value
            if enters < 0:
                return True
            self._column(enters)
            self.moves += 1
            # How far it can go until a basic column meets a bound.
            step = self.high[enters] - self.low[enters]
            leaving = -1
            to_high = False
            pivot = 0.0
            for i in range(self.rows):
                change = -sign * entering[i]
                if -_PIVOT < change < _PIVOT:
                    continue
                j = self.seat[i]
                held = self.basic[i]
                if change > 0:
                    if held > self.high[j] + _NEAR:
                        continue
                    is_high = held >= self.low[j] - _NEAR
                else:
                    if held < self.low[j] - _NEAR:
                        continue
                    is_high = held > self.high[j] + _NEAR
                bound = self.high[j] if is_high else self.low[j]
                if bound >= _ENDLESS:
                    continue
                reach = max(0.0, (bound - held) / change)
                if reach < step - 1e-12 or (
                    leaving >= 0 and reach <= step + 1e-12 and abs(change) > abs(pivot)
                ):
                    step = min(step, reach)
                    leaving = i
                    to_high = is_high
                    pivot = change
            if step >= _ENDLESS:
                return False
            for i in range(rows):
                self.basic[i] -= sign * entering[i] * step
            if leaving < 0:
                self.is_high[enters] = 1 - self.is_high[enters]
                if self.outside > 0:
                    self._charge()
                continue
            j = self.seat[leaving]
            self.place[j] = -1
            self.is_high[j] = to_high
            self.seat[leaving] = enters
            self.place[enters] = leaving
            self.basic[leaving] = sign * step + (
                self.high[enters] if self.is_high[enters] else self.low[enters]
            )
            # The inverse of the new basis.
            pivot = self.entering[leaving]
            at = leaving * self.wide
            for q in range(rows):
                inverse[at + q] /= pivot
                if -_ZERO < inverse[at + q] < _ZERO:
                    inverse[at + q] = 0.0
            for i in range(rows):
                change = entering[i]
                if i != leaving and change != 0.0:
                    n = i * self.wide
                    for q in range(rows):
                        inverse[n + q] -= change * inverse[at + q]
                    self.spent += rows
            if self.outside > 0:
                self._charge()
            else:
                for q in range(rows):
                    dual[q] += reduced * inverse[at + q]
            self.spent += 2 * rows
        return False
