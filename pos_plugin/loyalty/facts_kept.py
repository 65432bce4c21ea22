"""How long facts count for classes: some months, and never less than a class needs.

Of what is older only the day stays on which a customer came first, so that nobody becomes new a
second time. What is told is what all facts would say: days whose time is not kept whole are not.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

from pos_plugin.loyalty.class_history import Fact

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pos_plugin.loyalty.class_scheme import ClassScheme

_DAY: Final = dt.timedelta(days=1)


def kept_since(revisions: Iterable[ClassScheme], *, on: dt.date, months: int) -> dt.date:
    """Return the first day whose facts count; it moves with the month, so that classes may stay.

    Args:
        revisions: of one scheme; a window that is longer than the months has all it needs.
        on: shop day.
        months: whole months before that of ``on``.

    Example: with 36 months, in August 2026 everything since August 2023 counts:

    >>> kept_since([], on=dt.date(2026, 8, 15), months=36)
    datetime.date(2023, 8, 1)
    """
    month_on = on.replace(day=1)
    year, month = divmod(month_on.year * 12 + month_on.month - 1 - months, 12)
    needed = [one.window.first_on(month_on - _DAY) for one in revisions]
    return min([dt.date(year, month + 1, 1), *needed])


def first_told_on(revisions: Sequence[ClassScheme], *, on: dt.date, months: int) -> dt.date:
    """Return the first day whose classes are told: from it on every window is kept whole.

    Args:
        revisions: of one scheme, at least one.
        on: shop day.
        months: as ``kept_since`` takes them.
    """
    since_on = kept_since(revisions, on=on, months=months)
    day = since_on
    # Ends with the month of `on` at the latest, see `needed` above.
    while any(one.window.first_on(day - _DAY) < since_on for one in revisions):
        day += _DAY
    return max(day, min(one.starts_on for one in revisions))


def kept(facts: Iterable[Fact], *, since_on: dt.date) -> Iterator[Fact]:
    """Yield the facts since a day, and of older ones the first day of each customer.

    Args:
        facts: all there are, in any order.
        since_on: as ``kept_since`` returns it.
    """
    first: dict[str, Fact] = {}
    for fact in facts:
        if fact.counted_on >= since_on:
            yield fact
            continue
        came = Fact(fact.customer, fact.counted_on, fact.known_on)
        first[fact.customer] = min(came, first.get(fact.customer, came))
    yield from first.values()
