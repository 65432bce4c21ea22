"""How customers moved between the classes, and what the vouchers of a class did.

Compared are customers of one class with and without a voucher. Nobody drew lots who got one, so a
difference is a hint and no proof.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from pos_plugin.loyalty.class_scheme import ABSENT, NEW, NONE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pos_plugin.loyalty.class_history import Fact


@dataclass(frozen=True, slots=True)
class Cell:
    """Customers who were in one class and are in another; what they brought, in cents.

    ``turnover_minor`` and ``margin_minor`` are in minor units; no purchase prices, no margin.
    """

    customers: int = 0
    turnover_minor: int = 0
    margin_minor: int = 0

    def plus(self, other: Cell) -> Cell:
        """Return both together."""
        return Cell(
            self.customers + other.customers,
            self.turnover_minor + other.turnover_minor,
            self.margin_minor + other.margin_minor,
        )


class Brought(NamedTuple):
    """What a customer brought in a time, in minor units (cents)."""

    turnover_minor: int = 0
    margin_minor: int = 0


def brought(facts: Iterable[Fact], *, from_on: dt.date, to_on: dt.date) -> dict[str, Brought]:
    """Return what each customer brought from one day to another, as known at its end."""
    found: dict[str, Brought] = {}
    for fact in facts:
        if from_on <= fact.counted_on <= to_on and fact.known_on <= to_on:
            before = found.get(fact.customer, Brought())
            found[fact.customer] = Brought(
                before.turnover_minor + fact.turnover_minor,
                before.margin_minor + fact.margin_minor,
            )
    return found


class Course(NamedTuple):
    """Where a customer was on two days, and what he brought in between."""

    before: str
    after: str
    brought: Brought


def courses(
    before: Mapping[str, str], after: Mapping[str, str], between: Mapping[str, Brought]
) -> dict[str, Course]:
    """Return the course of every customer.

    Args:
        before: class of every customer on the first day; who is not in it was absent.
        after: the same of the second day.
        between: what each customer brought between the days.
    """
    return {
        one: Course(before.get(one, ABSENT), after.get(one, ABSENT), between.get(one, Brought()))
        for one in before.keys() | after.keys()
    }


@dataclass(frozen=True, slots=True)
class Migration:
    """Who was where on two days.

    Args:
        codes: of both axes, the best class first, then ``none``, ``new``, ``absent``.
        cells: by the class of the first day and of the second.
    """

    codes: tuple[str, ...]
    cells: Mapping[tuple[str, str], Cell]

    def cell(self, before: str, after: str) -> Cell:
        """Return a cell; nobody there is zero."""
        return self.cells.get((before, after), Cell())

    def row(self, before: str) -> Cell:
        """Return all who were in a class on the first day."""
        return _sum(self.cell(before, after) for after in self.codes)

    def column(self, after: str) -> Cell:
        """Return all who were in a class on the second day."""
        return _sum(self.cell(before, after) for before in self.codes)


def migration(every: Iterable[Course], *, ranked: Sequence[str]) -> Migration:
    """Return how customers moved.

    Args:
        every: the course of each customer.
        ranked: the classes, the best first; others that the days name follow them.
    """
    named: set[str] = set()
    cells: dict[tuple[str, str], Cell] = {}
    for one in every:
        place = (one.before, one.after)
        named.update(place)
        cells[place] = cells.get(place, Cell()).plus(Cell(1, *one.brought))
    others = sorted(named - {*ranked, NONE, NEW, ABSENT})
    return Migration((*ranked, *others, NONE, NEW, ABSENT), cells)


class Grant(NamedTuple):
    """A voucher and what became of it; days are shop days, None where nobody knows."""

    customer: str | None
    class_at_issue: str | None
    issued_on: dt.date
    printed: bool
    handed_over: bool
    is_redeemed: bool
    redeemed_on: dt.date | None


@dataclass(frozen=True, slots=True)
class Redemption:
    """What became of the vouchers of a class.

    Args:
        code: class at the grant; None = the voucher asked for no class.
        granted: how many.
        printed: of them.
        handed_over: of them, as the cashier said.
        redeemed: of them.
        days: from the grant to each redemption whose day is known, sorted.
    """

    code: str | None
    granted: int
    printed: int
    handed_over: int
    redeemed: int
    days: tuple[int, ...]

    @property
    def median_days(self) -> int | None:
        """The lower of the middle days; half of those who came had come by then."""
        return self.days[(len(self.days) - 1) // 2] if self.days else None


def redemption(grants: Iterable[Grant]) -> list[Redemption]:
    """Return what became of vouchers, by the class at the grant."""
    by_class: dict[str | None, list[Grant]] = {}
    for grant in grants:
        by_class.setdefault(grant.class_at_issue, []).append(grant)
    return [
        Redemption(
            code=code,
            granted=len(some),
            printed=sum(one.printed for one in some),
            handed_over=sum(one.handed_over for one in some),
            redeemed=sum(one.is_redeemed for one in some),
            days=tuple(
                sorted(
                    (one.redeemed_on - one.issued_on).days
                    for one in some
                    if one.redeemed_on is not None
                )
            ),
        )
        for code, some in sorted(by_class.items(), key=lambda item: (item[0] is None, item[0]))
    ]


@dataclass(frozen=True, slots=True)
class Effect:
    """What one group did in as many days before as after; amounts in minor units (cents)."""

    code: str
    with_voucher: bool
    customers: int
    rentals_before: int = 0
    rentals_after: int = 0
    turnover_before_minor: int = 0
    turnover_after_minor: int = 0
    margin_before_minor: int = 0
    margin_after_minor: int = 0


def days_before(from_on: dt.date, to_on: dt.date) -> dt.date:
    """Return the first of as many days before as from the first to the last one, both included."""
    return from_on - (to_on - from_on) - dt.timedelta(days=1)


def effects(
    classes: Mapping[str, str],
    facts: Iterable[Fact],
    got_voucher: frozenset[str],
    *,
    from_on: dt.date,
    to_on: dt.date,
    codes: Sequence[str],
) -> list[Effect]:
    """Return for each class what its customers did, with a voucher and without.

    Args:
        classes: of every customer on the first day.
        facts: all there are.
        got_voucher: customers who got one between the days.
        from_on: first day of "after".
        to_on: last day of "after".
        codes: the classes to tell, in this order.
    """
    start_on = days_before(from_on, to_on)
    sums: dict[tuple[str, bool], list[int]] = {}
    for customer, code in classes.items():
        place = (code, customer in got_voucher)
        sums.setdefault(place, [0] * 7)[0] += 1
    for fact in facts:
        code_of = classes.get(fact.customer)
        if code_of is None or fact.known_on > to_on:
            continue
        here = sums[(code_of, fact.customer in got_voucher)]
        if from_on <= fact.counted_on <= to_on:
            here[2] += fact.rentals
            here[4] += fact.turnover_minor
            here[6] += fact.margin_minor
        elif start_on <= fact.counted_on < from_on:
            here[1] += fact.rentals
            here[3] += fact.turnover_minor
            here[5] += fact.margin_minor
    return [
        Effect(code, with_voucher, *sums[(code, with_voucher)])
        for code in codes
        for with_voucher in (True, False)
        if (code, with_voucher) in sums
    ]


def _sum(cells: Iterable[Cell]) -> Cell:
    whole = Cell()
    for cell in cells:
        whole = whole.plus(cell)
    return whole
