# cython: boundscheck=True, wraparound=False, cdivision=False, overflowcheck=True, language_level=3
# cython: initializedcheck=False
"""The answer of the search: a solution while it is sought, and how it is told.

Equal solutions are told alike, in whatever order the search came by their applications.
"""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, NamedTuple

import cython

from native import codes
from native.arrays import room

if TYPE_CHECKING:
    from native.problem import Exact

    from .packing import Packing

FREE = cython.declare(cython.longlong, codes.FREE)

# An application as ``packing`` gives it: promotion, times, members (class, units, targets), tier.
Given = tuple[int, int, tuple[tuple[int, int, int], ...], int]


class Packed(NamedTuple):
    """A component without later layers: value and bound in 1/10_000 minor."""

    value: int
    bound: int
    applications: list[Given]
    packing: Packing | None  # None where it is composed of single applications


class Answer(NamedTuple):
    """A solution: its saving, a bound that none exceeds, its tiers (-1 none), its applications.

    ``rivals``: whether another choice may save as much. ``applications`` is None where they are
    those of the plain packing and of single units, as the search holds them.
    """

    saving: Exact  # 1/10^12 minor
    bound: Exact
    receipt: int
    customer: int
    applications: list[Given] | None
    rivals: bool


@cython.cclass
class Found:
    """The chosen solution.

    ``groups``: a row per group of equal applications: promotion, times, and where its members end;
    ``members``: a row per member: class, units per application, and how many of them are targets.
    ``receipt_choice`` and ``customer_choice`` are indices into the choices or -1. ``gap_minor``:
    proven upper bound of what could still be saved, rounded up; 0 when optimal.
    """

    optimal = cython.declare(cython.bint, visibility="readonly")
    gap_minor = cython.declare(object, visibility="readonly")
    steps = cython.declare(cython.longlong, visibility="readonly")
    receipt_choice = cython.declare(cython.longlong, visibility="readonly")
    customer_choice = cython.declare(cython.longlong, visibility="readonly")
    groups = cython.declare(object, visibility="readonly")
    members = cython.declare(object, visibility="readonly")

    @property
    def app_promo(self) -> array[int]:
        """Promotion of each group."""
        return self._column(self.groups, 0)

    @property
    def app_times(self) -> array[int]:
        """Equal applications of each group."""
        return self._column(self.groups, 1)

    @property
    def member_start(self) -> array[int]:
        """Where the members of each group begin, and the end of all."""
        return array("q", [0]) + self._column(self.groups, 2)

    @property
    def member_class(self) -> array[int]:
        """Class of each member."""
        return self._column(self.members, 0)

    @property
    def member_units(self) -> array[int]:
        """Units of each member in one application."""
        return self._column(self.members, 1)

    @property
    def member_targets(self) -> array[int]:
        """How many of them are targets."""
        return self._column(self.members, 2)

    def _column(self, rows: array[int], column: int) -> array[int]:
        return rows[column::3]

    def said(self) -> tuple[object, ...]:
        """Return everything it says."""
        return (
            *(bool(self.optimal), self.gap_minor, self.steps),
            *(self.receipt_choice, self.customer_choice),
            *(tuple(self.groups), tuple(self.members)),
        )

    def __eq__(self, other: object) -> bool:
        if type(other).__name__ != "Found":
            return False
        said: tuple[object, ...] = other.said()  # type: ignore[attr-defined]
        return self.said() == said

    def __hash__(self) -> int:
        return hash(self.said())


@cython.cclass
class Teller:
    """Tells one solution after another; the arrays are used again.

    Args (arrays of the search, which fills them):
        count: units of each class.
        best_row: who gives the best discount on a single unit of each class, -1 for nobody.
        home: the component of each class, -1 for none.
        number: of each row of the columns, the number of the promotion in the call.
    """

    count: cython.longlong[::1]
    best_row: cython.longlong[::1]
    home: cython.longlong[::1]
    number: cython.longlong[::1]
    # A row a group (promotion, times, first member, end), and its members.
    groups: cython.Py_ssize_t
    members: cython.Py_ssize_t
    group: cython.longlong[::1]
    member: cython.longlong[::1]
    order: cython.longlong[::1]
    told_groups: array[int]
    told_members: array[int]
    told_group: cython.longlong[::1]
    told_member: cython.longlong[::1]

    def __init__(
        self, *, count: array[int], best_row: array[int], home: array[int], number: array[int]
    ) -> None:
        self.count = count
        self.best_row = best_row
        self.home = home
        self.number = number
        self._make_group_room(len(count))
        self._make_member_room(len(count))

    def tell(
        self, answer: Answer, plain: list[Packed], classes: int, gap_minor: int, steps: int
    ) -> Found:
        """Return a solution in arrays; ``plain`` is the plain packing of each component."""
        c: cython.Py_ssize_t
        found: Found = Found.__new__(Found)
        found.optimal = not gap_minor
        found.gap_minor = gap_minor
        found.steps = steps
        found.receipt_choice = answer.receipt
        found.customer_choice = answer.customer
        self.groups = 0
        self.members = 0
        given: list[Given] | None = answer.applications
        if given is None:
            for c in range(classes):
                if self.best_row[c] >= 0 and self.home[c] < 0:
                    self._tell_group(self.best_row[c] - FREE, self.count[c])
                    self._tell_member(c, 1, 1)
            for packed in plain:
                self._tell_all(packed.applications)
        else:
            self._tell_all(given)
        self._sort_groups()
        self._write()
        found.groups = self.told_groups[: self.groups * 3]
        found.members = self.told_members[: self.members * 3]
        return found

    @cython.cfunc
    @cython.exceptval(check=True)
    def _write(self) -> cython.void:
        """Write groups and members in their order."""
        i: cython.Py_ssize_t
        c: cython.Py_ssize_t
        g: cython.Py_ssize_t
        m: cython.Py_ssize_t = 0
        for i in range(self.groups):
            g = self.order[i] * 4
            self.told_group[3 * i] = self.group[g]
            self.told_group[3 * i + 1] = self.group[g + 1]
            for c in range(self.group[g + 2], self.group[g + 3]):
                self.told_member[3 * m] = self.member[3 * c]
                self.told_member[3 * m + 1] = self.member[3 * c + 1]
                self.told_member[3 * m + 2] = self.member[3 * c + 2]
                m += 1
            self.told_group[3 * i + 2] = m

    @cython.cfunc
    @cython.exceptval(check=True)
    def _tell_all(self, applications: list[Given]) -> cython.void:
        for row, times, members, _ in applications:
            self._tell_group(row - FREE if row >= FREE else self.number[row], times)
            for c, units, targets in members:
                self._tell_member(c, units, targets)

    @cython.cfunc
    @cython.exceptval(check=True)
    def _tell_group(self, number: cython.longlong, times: cython.longlong) -> cython.void:
        """Begin a group of equal applications."""
        at: cython.Py_ssize_t = self.groups * 4
        if at + 4 > len(self.group):
            old: cython.longlong[::1] = self.group
            i: cython.Py_ssize_t
            self._make_group_room(2 * self.groups)
            for i in range(len(old)):
                self.group[i] = old[i]
        self.group[at] = number
        self.group[at + 1] = times
        self.group[at + 2] = self.members
        self.group[at + 3] = self.members
        self.groups += 1

    @cython.cfunc
    @cython.exceptval(check=True)
    def _tell_member(
        self, c: cython.longlong, units: cython.longlong, targets: cython.longlong
    ) -> cython.void:
        """Add a member to the last group."""
        at: cython.Py_ssize_t = self.members * 3
        if at + 3 > len(self.member):
            old: cython.longlong[::1] = self.member
            i: cython.Py_ssize_t
            self._make_member_room(2 * self.members)
            for i in range(len(old)):
                self.member[i] = old[i]
        self.member[at] = c
        self.member[at + 1] = units
        self.member[at + 2] = targets
        self.members += 1
        self.group[self.groups * 4 - 1] = self.members

    def _make_group_room(self, groups: int) -> None:
        self.group = room(4 * groups + 4)
        self.order = room(groups + 1)
        self.told_groups = room(3 * groups + 3)
        self.told_group = self.told_groups

    def _make_member_room(self, members: int) -> None:
        self.member = room(3 * members + 3)
        self.told_members = room(3 * members + 3)
        self.told_member = self.told_members

    @cython.cfunc
    @cython.exceptval(check=True)
    def _sort_groups(self) -> cython.void:
        """Order the groups (Shell's way)."""
        gap: cython.Py_ssize_t = 1
        g: cython.Py_ssize_t
        i: cython.Py_ssize_t
        k: cython.Py_ssize_t
        for i in range(self.groups):
            self.order[i] = i
        while gap < self.groups:
            gap = 3 * gap + 1
        while gap > 1:
            gap = (gap - 1) // 3
            for i in range(gap, self.groups):
                k = i
                g = self.order[i]
                while k >= gap and self._comes_before(g, self.order[k - gap]):
                    self.order[k] = self.order[k - gap]
                    k -= gap
                self.order[k] = g

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _comes_before(self, a: cython.Py_ssize_t, b: cython.Py_ssize_t) -> cython.bint:
        """By promotion, by members, else as they were found."""
        i: cython.Py_ssize_t
        first: cython.longlong
        second: cython.longlong
        if self.group[4 * a] != self.group[4 * b]:
            return self.group[4 * a] < self.group[4 * b]
        first = self.group[4 * a + 2]
        second = self.group[4 * b + 2]
        for i in range(3 * min(self.group[4 * a + 3] - first, self.group[4 * b + 3] - second)):
            if self.member[3 * first + i] != self.member[3 * second + i]:
                return self.member[3 * first + i] < self.member[3 * second + i]
        if self.group[4 * a + 3] - first != self.group[4 * b + 3] - second:
            return self.group[4 * a + 3] - first < self.group[4 * b + 3] - second
        return a < b
