"""From facts to the classes of every day: a pure function, whenever and how often it runs.

1. The class of a day counts what was known at the end of the day before: what is in force does not
   change during a sale.
2. A fact is never taken back from the past: a void or a cancellation counts from its own day on.
3. Days are walked one after the other, so ten runs and one run give the same history.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from pos_plugin.loyalty.class_shares import Shares
from pos_plugin.loyalty.classes import Measured, class_by_bounds

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from pos_plugin.loyalty.class_scheme import ClassScheme

_DAY = dt.timedelta(days=1)


class Fact(NamedTuple):
    """Something that counts for a class, or takes back what did (all numbers negative).

    Args:
        customer: id.
        counted_on: shop day on which it counts.
        known_on: shop day since which it is known.
        rentals: articles rented.
        presence: 1 for a receipt or a rental: the day is a visit.
        turnover_minor: paid, in minor units (cents).
        margin_minor: of it, what the goods did not cost, in minor units (cents).
        unpriced_lines: lines whose goods have no purchase price.
    """

    customer: str
    counted_on: dt.date
    known_on: dt.date
    rentals: int = 0
    presence: int = 0
    turnover_minor: int = 0
    margin_minor: int = 0
    unpriced_lines: int = 0

    @property
    def enters_on(self) -> dt.date:
        """First day whose class it can change."""
        return max(self.counted_on, self.known_on) + _DAY


class Standing(NamedTuple):
    """The class of a customer and the revision that said so."""

    code: str
    revision: int


@dataclass(frozen=True, slots=True)
class Change:
    """From this day on a customer is in another class, or another revision says so."""

    customer: str
    since_on: dt.date
    code: str
    revision: int
    measured: Measured


def changes(
    revisions: Sequence[ClassScheme],
    facts: Iterable[Fact],
    standing: Mapping[str, Standing],
    *,
    from_on: dt.date,
    to_on: dt.date,
) -> Iterator[Change]:
    """Yield what changes in the classes from one day to another, both included, day by day.

    Args:
        revisions: of one scheme.
        facts: all there are, in any order.
        standing: before ``from_on``.
        from_on: first day to be told.
        to_on: last day to be told.
    """
    now = dict(standing)
    by_entry = sorted(facts, key=lambda fact: fact.enters_on)
    counting: _Counting | None = None
    for day in _days(from_on, to_on):
        scheme = in_force(revisions, day)
        if scheme is None:
            continue
        if counting is None or counting.scheme is not scheme:
            counting = _Counting(scheme, by_entry)
        for customer, code in counting.classes_of(day):
            if now.get(customer) == (code, scheme.revision):
                continue
            now[customer] = Standing(code, scheme.revision)
            yield Change(customer, day, code, scheme.revision, counting.measured(customer, day))


def in_force(revisions: Iterable[ClassScheme], day: dt.date) -> ClassScheme | None:
    """Return the revision that gives the classes of a day."""
    begun = [one for one in revisions if one.starts_on <= day]
    return max(begun, key=lambda one: (one.starts_on, one.revision), default=None)


def _days(first: dt.date, last: dt.date) -> Iterator[dt.date]:
    for number in range((last - first).days + 1):
        yield first + dt.timedelta(days=number)


class _Counting:
    """Sums of the window that slides over the facts."""

    def __init__(self, scheme: ClassScheme, by_entry: Sequence[Fact]) -> None:
        self.scheme = scheme
        self._coming = by_entry
        self._next = 0
        self._inside: defaultdict[dt.date, list[Fact]] = defaultdict(list)
        self._first_on: dict[str, dt.date] = {}
        self._rentals: defaultdict[str, int] = defaultdict(int)
        self._visits: defaultdict[str, int] = defaultdict(int)
        self._turnover_minor: defaultdict[str, int] = defaultdict(int)
        self._margin_minor: defaultdict[str, int] = defaultdict(int)
        self._presence: defaultdict[tuple[str, dt.date], int] = defaultdict(int)
        self._grown_on: defaultdict[dt.date, set[str]] = defaultdict(set)
        self._shares = Shares(scheme) if scheme.method == "share" else None

    def classes_of(self, day: dt.date) -> list[tuple[str, str]]:
        """Return the class of every customer whose class can have changed, by id."""
        moved = {one: self.measured(one, day) for one in sorted(self._slide_to(day))}
        if self._shares is not None:
            return sorted(self._shares.move(moved).items())
        return [(one, class_by_bounds(self.scheme, measured)) for one, measured in moved.items()]

    def measured(self, customer: str, day: dt.date) -> Measured:
        """Return the sums of a customer."""
        return Measured(
            rentals=self._rentals[customer],
            visits=self._visits[customer],
            turnover_minor=self._turnover_minor[customer],
            margin_minor=self._margin_minor[customer],
            age_days=(day - self._first_on[customer]).days,
        )

    def _slide_to(self, day: dt.date) -> set[str]:
        first_on = self.scheme.window.first_on(day - _DAY)
        touched: set[str] = set()
        while self._next < len(self._coming) and self._coming[self._next].enters_on <= day:
            fact = self._coming[self._next]
            self._next += 1
            self._know(fact)
            touched.add(fact.customer)
            if fact.counted_on >= first_on:
                self._inside[fact.counted_on].append(fact)
                self._count(fact, 1)
        for gone in sorted(on for on in self._inside if on < first_on):
            for fact in self._inside.pop(gone):
                self._count(fact, -1)
                touched.add(fact.customer)
        return touched | self._grown_on.pop(day, set())

    def _know(self, fact: Fact) -> None:
        known = self._first_on.get(fact.customer)
        if known is None or fact.counted_on < known:
            self._first_on[fact.customer] = fact.counted_on
            grown_on = fact.counted_on + dt.timedelta(days=self.scheme.age_days_min)
            self._grown_on[grown_on].add(fact.customer)

    def _count(self, fact: Fact, sign: int) -> None:
        self._rentals[fact.customer] += sign * fact.rentals
        self._turnover_minor[fact.customer] += sign * fact.turnover_minor
        self._margin_minor[fact.customer] += sign * fact.margin_minor
        if fact.presence:
            place = (fact.customer, fact.counted_on)
            before = self._presence[place] > 0
            self._presence[place] += sign * fact.presence
            self._visits[fact.customer] += int(self._presence[place] > 0) - int(before)


def classes_on(history: Iterable[tuple[str, str, str, str | None]], day: dt.date) -> dict[str, str]:
    """Return the class of every customer on a day.

    Args:
        history: customer, class, since_on, until_on; a missing end is open.
        day: shop day.
    """
    text = day.isoformat()
    return {
        customer: code
        for customer, code, since_on, until_on in history
        if since_on <= text and (until_on is None or until_on >= text)
    }


def segments(standing: Collection[tuple[str, str]], *, schemes: int) -> tuple[str, ...]:
    """Return the segments that rules read: ``abc:A``; with several schemes ``abc:<scheme>:A``.

    Args:
        standing: scheme and class of a customer.
        schemes: how many the shop has.

    >>> segments([("vip", "A")], schemes=1)
    ('abc:A',)
    """
    if schemes == 1:
        return tuple(f"abc:{code}" for _, code in standing)
    return tuple(sorted(f"abc:{scheme}:{code}" for scheme, code in standing))
