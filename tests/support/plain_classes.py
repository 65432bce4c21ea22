"""Classes counted plainly, everybody anew on every day: the judge of what is kept between days."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from pos_plugin.loyalty.class_history import Change, Standing
from pos_plugin.loyalty.classes import Measured, class_by_bounds

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pos_plugin.loyalty.class_history import Fact
    from pos_plugin.loyalty.class_scheme import ClassScheme

_DAY = dt.timedelta(days=1)


def plain_changes(
    revisions: Sequence[ClassScheme], facts: Iterable[Fact], *, from_on: dt.date, to_on: dt.date
) -> Iterator[Change]:
    """Yield what changes in the classes from one day to another, both included."""
    facts = list(facts)
    standing: dict[str, Standing] = {}
    for number in range((to_on - from_on).days + 1):
        day = from_on + dt.timedelta(days=number)
        begun = [one for one in revisions if one.starts_on <= day]
        if not begun:
            continue
        scheme = max(begun, key=lambda one: one.revision)
        people = plain_measures(scheme, facts, day)
        for customer, code in sorted(plain_classes(scheme, people).items()):
            found = Standing(code, scheme.revision)
            if standing.get(customer) != found:
                standing[customer] = found
                yield Change(customer, day, code, scheme.revision, people[customer])


def plain_measures(scheme: ClassScheme, facts: Iterable[Fact], day: dt.date) -> dict[str, Measured]:
    """Return what everybody did in the window of a day."""
    last = day - _DAY
    known = [fact for fact in facts if max(fact.counted_on, fact.known_on) <= last]
    first = scheme.window.first_on(last)
    people: dict[str, Measured] = {}
    for customer in {fact.customer for fact in known}:
        own = [fact for fact in known if fact.customer == customer]
        inside = [fact for fact in own if fact.counted_on >= first]
        days = {fact.counted_on for fact in inside}
        people[customer] = Measured(
            rentals=sum(fact.rentals for fact in inside),
            visits=sum(
                sum(fact.presence for fact in inside if fact.counted_on == one) > 0 for one in days
            ),
            turnover_minor=sum(fact.turnover_minor for fact in inside),
            margin_minor=sum(fact.margin_minor for fact in inside),
            age_days=(day - min(fact.counted_on for fact in own)).days,
        )
    return people


def plain_classes(scheme: ClassScheme, people: Mapping[str, Measured]) -> dict[str, str]:
    """Return the class of everybody."""
    if scheme.method != "share":
        return {one: class_by_bounds(scheme, measured) for one, measured in people.items()}
    rated = {one: m for one, m in people.items() if m.age_days >= scheme.age_days_min}
    ranks = [_ranks(scheme, rated, metric) for metric in scheme.metrics]
    choose = max if scheme.combine == "all" else min
    code_of = {one.rank: one.code for one in scheme.classes}
    return {
        one: code_of.get(choose(rank[one] for rank in ranks), "none") if one in rated else "new"
        for one in people
    }


def _ranks(scheme: ClassScheme, people: Mapping[str, Measured], metric: str) -> dict[str, int]:
    amounts = {one: measured.value(metric) for one, measured in people.items()}
    total = sum(amount for amount in amounts.values() if amount > 0)
    ranks = dict.fromkeys(people, 99)
    begins_at = 0
    for one in sorted(people, key=lambda one: (-amounts[one], one)):
        if amounts[one] <= 0:
            break
        held = [b.rank for b in scheme.classes if begins_at * 10_000 < (b.share_to_bp or 0) * total]
        ranks[one] = min(held, default=99)
        begins_at += amounts[one]
    return ranks
