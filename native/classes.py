# cython: boundscheck=True, wraparound=False, cdivision=False, overflowcheck=True, language_level=3
# cython: initializedcheck=False
"""Equal units of a sale as classes with a count, in canonical order: prices fall, then by sku.

The order of lines decides only between units that are equal in every fact. Most lines differ in
price or in article from every other one; only where both are equal the other facts are looked at.
"""

from __future__ import annotations

import sys
from array import array
from types import MemberDescriptorType
from typing import Any

import cython

from .sorting import sort_first

# What is read of every line; ``place`` says under these numbers where it lies.
FIELDS = (
    *("quantity_milli", "unit_price_minor", "measured", "markdown", "discountable"),
    *("vat_rate_bp", "line_id"),
)
QUANTITY_MILLI = cython.declare(cython.Py_ssize_t, 0)
UNIT_PRICE_MINOR = cython.declare(cython.Py_ssize_t, 1)
MEASURED = cython.declare(cython.Py_ssize_t, 2)
MARKDOWN = cython.declare(cython.Py_ssize_t, 3)
DISCOUNTABLE = cython.declare(cython.Py_ssize_t, 4)
VAT_RATE_BP = cython.declare(cython.Py_ssize_t, 5)
LINE_ID = cython.declare(cython.Py_ssize_t, 6)


@cython.cclass
class Classes:
    """The units of one sale after another; the arrays are used again.

    Args:
        capacity: lines that a sale may have.
        line: the class whose lines are read where their fields lie; others are asked by name.

    ``size`` is the number of classes. Per class, in arrays: ``price_minor`` of one unit (a measured
    line is one unit at its line amount), ``count``, ``markdown`` and ``is_open`` (discountable) as
    0 or 1, ``tie`` (the first class of the same price and sku), ``first_line``, and with
    ``line_start`` its lines: ``line`` and ``line_units``, in line order. Per line:
    ``gross_minor``, negative for a return, ``is_one_unit``, ``vat_rate_bp``, and ``line_id`` in a
    list of its own, which holds on to those of the last sale.
    """

    capacity = cython.declare(cython.longlong, visibility="readonly")
    size = cython.declare(cython.longlong, visibility="readonly")
    arrays = cython.declare(object, visibility="readonly")
    line_id = cython.declare(list, visibility="readonly")
    known_line: Any
    place: cython.longlong[::1]
    price_minor: cython.longlong[::1]
    count: cython.longlong[::1]
    markdown: cython.longlong[::1]
    is_open: cython.longlong[::1]
    tie: cython.longlong[::1]
    first_line: cython.longlong[::1]
    line_start: cython.longlong[::1]
    line: cython.longlong[::1]
    line_units: cython.longlong[::1]
    gross_minor: cython.longlong[::1]
    is_one_unit: cython.longlong[::1]
    unit_minor: cython.longlong[::1]
    units: cython.longlong[::1]
    order: cython.longlong[::1]
    orders: Any
    vat_rate_bp: cython.longlong[::1]
    marked_down: cython.longlong[::1]
    discountable: cython.longlong[::1]

    def __init__(self, capacity: int, line: type | None = None) -> None:
        self.capacity = capacity
        self.known_line = line
        self.place = places_of(line)
        self.size = 0
        shared = {name: array("q", bytes(8 * (capacity + 1))) for name in SHARED}
        self.arrays = shared
        self.price_minor = shared["price_minor"]
        self.count = shared["count"]
        self.markdown = shared["markdown"]
        self.is_open = shared["is_open"]
        self.tie = shared["tie"]
        self.first_line = shared["first_line"]
        self.line_start = shared["line_start"]
        self.line = shared["line"]
        self.line_units = shared["line_units"]
        self.gross_minor = shared["gross_minor"]
        self.is_one_unit = shared["is_one_unit"]
        self.vat_rate_bp = shared["vat_rate_bp"]
        self.unit_minor = array("q", bytes(8 * (capacity + 1)))
        self.units = array("q", bytes(8 * (capacity + 1)))
        self.orders = array("q", bytes(8 * (capacity + 1)))
        self.order = self.orders
        self.marked_down = array("q", bytes(8 * (capacity + 1)))
        self.discountable = array("q", bytes(8 * (capacity + 1)))
        self.line_id = [None] * (capacity + 1)

    def read(self, lines: tuple[Any, ...]) -> int:
        """Take the lines of a sale (``pos_plugin.model.Line``); return the number of classes."""
        i: cython.longlong
        sold: cython.longlong = 0
        quantity_milli: cython.longlong
        price_minor: cython.longlong
        whole: cython.longlong
        is_one_unit: cython.bint
        if len(lines) > self.capacity:
            raise ValueError(f"a sale of {len(lines)} lines: room is for {self.capacity}")
        for i in range(len(lines)):
            line = lines[i]
            if cython.compiled and type(line) is self.known_line:
                quantity_milli = self._field(line, QUANTITY_MILLI)
                price_minor = self._field(line, UNIT_PRICE_MINOR)
                is_one_unit = self._field(line, MEASURED)
                self.marked_down[i] = self._field(line, MARKDOWN)
                self.discountable[i] = self._field(line, DISCOUNTABLE)
                self.vat_rate_bp[i] = self._field(line, VAT_RATE_BP)
                self.line_id[i] = self._field(line, LINE_ID)
            else:
                quantity_milli = line.quantity_milli
                price_minor = line.unit_price_minor
                is_one_unit = line.measured
                self.marked_down[i] = line.markdown
                self.discountable[i] = line.discountable
                self.vat_rate_bp[i] = line.vat_rate_bp
                self.line_id[i] = line.line_id
            whole = quantity_milli // 1000
            is_one_unit = is_one_unit or whole * 1000 != quantity_milli
            self.is_one_unit[i] = is_one_unit
            if not is_one_unit:
                self.gross_minor[i] = whole * price_minor
                self.unit_minor[i] = price_minor
                self.units[i] = whole
            else:
                self.gross_minor[i] = _thousandth(quantity_milli * price_minor)
                self.unit_minor[i] = self.gross_minor[i]
                self.units[i] = 1
            if quantity_milli > 0:
                # Price falling, then line rising, as one number.
                self.order[sold] = i - self.unit_minor[i] * self.capacity
                sold += 1
        sort_first(self.orders, sold)
        self._gather(lines, sold)
        return int(self.size)

    @cython.cfunc
    @cython.inline
    def _field(self, line: Any, field: cython.Py_ssize_t) -> Any:  # noqa: ANN401 - a field of any kind
        """Return a field of a line of the known class from where it lies, else by its name.

        By name it takes several times as long: an eighth of an evaluation went into finding fields.
        """
        place: cython.longlong = self.place[field]
        if place and _words(line)[place] != cython.NULL:
            return cython.cast(object, _words(line)[place])
        return getattr(line, FIELDS[field])

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _gather(self, lines: tuple[Any, ...], sold: cython.longlong) -> cython.int:
        """Turn the sorted lines into classes."""
        k: cython.longlong = 0
        end: cython.longlong
        i: cython.longlong
        self.size = 0
        self.line_start[0] = 0
        while k < sold:
            i = self.order[k] % self.capacity
            end = k + 1
            while end < sold and self.order[end] - self.order[k] < self.capacity - i:
                end += 1  # the same price
            if end - k > 1:
                self._gather_equal_prices(lines, k, end)
            else:
                self._add(i, k, self.size)
            k = end
        return 0

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _gather_equal_prices(
        self, lines: tuple[Any, ...], start: cython.longlong, end: cython.longlong
    ) -> cython.int:
        """Order lines of one price by sku, those of one sku by the other facts."""
        k: cython.longlong
        at: cython.longlong = start
        i: cython.longlong
        tie: cython.longlong
        by_sku = []
        for k in range(start, end):
            i = self.order[k] % self.capacity
            by_sku.append((lines[i].sku, i))
        by_sku.sort()
        k = 0
        while k < end - start:
            sku, i = by_sku[k]
            same = [i]
            k += 1
            while k < end - start and by_sku[k][0] == sku:
                same.append(by_sku[k][1])
                k += 1
            tie = self.size
            if len(same) == 1:
                self._add(i, at, tie)
                at += 1
                continue
            known = None
            for facts, number in sorted([(facts_of(lines[one]), one) for one in same]):
                i = number
                if facts == known:
                    self._add_more(i, at)
                else:
                    self._add(i, at, tie)
                known = facts
                at += 1
        return 0

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _add(
        self, number: cython.longlong, at: cython.longlong, tie: cython.longlong
    ) -> cython.int:
        """Begin a class with a line."""
        c: cython.longlong = self.size
        self.size = c + 1
        self.price_minor[c] = self.unit_minor[number]
        self.count[c] = 0
        self.markdown[c] = self.marked_down[number]
        self.is_open[c] = self.discountable[number]
        self.tie[c] = tie
        self.first_line[c] = number
        return self._add_more(number, at)

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _add_more(self, number: cython.longlong, at: cython.longlong) -> cython.int:
        """Add a line to the last class."""
        c: cython.longlong = self.size - 1
        self.count[c] = self.count[c] + self.units[number]
        self.line[at] = number
        self.line_units[at] = self.units[number]
        self.line_start[c + 1] = at + 1
        return 0

    def members(self) -> list[tuple[int, int, list[tuple[int, int]]]]:
        """Return for each class the price of a unit, the count and its (line, units)."""
        found = []
        for c in range(self.size):
            lines = [
                (self.line[k], self.line_units[k])
                for k in range(self.line_start[c], self.line_start[c + 1])
            ]
            found.append((self.price_minor[c], self.count[c], lines))
        return found


SHARED = (
    *("price_minor", "count", "markdown", "is_open", "tie", "first_line"),
    *("line_start", "line", "line_units", "gross_minor", "is_one_unit"),
    "vat_rate_bp",
)


def places_of(line: type | None) -> array[int]:
    """Return for each of FIELDS which word of an object of this very class points to its value.

    0 where none is known to: a field without a slot of this class, a class with its own way to
    give attributes, an interpreter of another make.
    """
    word: cython.Py_ssize_t
    size: cython.Py_ssize_t
    place = array("q", bytes(8 * len(FIELDS)))
    if not cython.compiled or line is None or sys.implementation.name != "cpython":
        return place
    given: Any = line.__getattribute__
    if given is not object.__getattribute__:
        return place
    one: Any = object.__new__(line)
    size = cython.sizeof(cython.p_void)
    for number, name in enumerate(FIELDS):
        slot = vars(line).get(name)
        if isinstance(slot, MemberDescriptorType):
            # A value that nothing else points to shows where the slot puts it.
            value = object()
            slot.__set__(one, value)
            for word in range(object.__basicsize__ // size, line.__basicsize__ // size):
                if _words(one)[word] == cython.cast(cython.p_void, value):
                    place[number] = word
    return place


@cython.cfunc
@cython.inline
def _words(one: object) -> cython.pp_void:
    """Return the memory of an object as the pointers it is made of."""
    return cython.cast(cython.pp_void, cython.cast(cython.p_void, one))


@cython.cfunc
@cython.exceptval(check=False)
def _thousandth(value: cython.longlong) -> cython.longlong:
    """Divide by 1000, halves away from zero: a return is the mirror of its sale."""
    return (value + 500) // 1000 if value >= 0 else -((500 - value) // 1000)


def facts_of(line: Any) -> tuple[object, ...]:  # noqa: ANN401 - a line of the model above this package
    """Return all that tells units of one price and sku apart, in canonical order."""
    return (
        tuple(sorted(set(line.categories))),
        line.brand or "",
        line.season or "",
        tuple(sorted(set(line.tags))),
        line.vat_rate_bp,
        line.markdown,
        line.discountable,
        line.quantity_milli if line.measured or line.quantity_milli % 1000 else 1000,
    )
