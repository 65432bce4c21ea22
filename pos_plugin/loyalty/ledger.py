"""Points and bonus: what a receipt adds to the accounts and counters of its customer.

A balance is never a stored number: it is the cached number of head office plus the own entries
that are not in it yet (sync.md §6). Included is what ``folded`` of that row covers, nothing else.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Final, NamedTuple

from pos_plugin.promotions.classes import classes_of
from pos_plugin.promotions.earning import EarnedParts
from pos_plugin.promotions.facts import SaleFacts
from pos_plugin.units import divide_down

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Mapping, Sequence

    from pos_plugin.model import Basket
    from pos_plugin.promotions.generation import RuleGeneration
    from pos_plugin.promotions.result import Earned

MILLIONTHS: Final = 1_000_000
USES = "uses:"
HISTORY = "history:"
RECEIPTS = "history:receipts_365d"  # this and the next by the day (windows.py)
REVENUE = "history:revenue_minor_365d"
YEAR = "history:revenue_minor_year:"  # and the calendar year; never rolls off, so it stays exact
LAST_DAY = "history:days_since_last"  # holds a day, as a number of days since 1970-01-01


class OwnEntry(NamedTuple):
    """A signed change by this till that head office may not know yet."""

    key: str
    epoch: int
    seq: int
    delta: int


class Shown(NamedTuple):
    """A balance or counter as it is shown now; ``own`` tells whether own entries are in it."""

    value: int
    own: bool


def shown(
    cached: Mapping[str, tuple[int, Mapping[int, int]]], own: Iterable[OwnEntry]
) -> dict[str, Shown]:
    """Return every balance and counter: cached value plus own entries that it does not include.

    Args:
        cached: key to value and ``folded``: epoch to the highest event that is in the value.
        own: entries of this till for the customer.

    Example: 100 includes event 4 of epoch 1; event 5 is on top.

    >>> own = [OwnEntry("points", 1, 4, 30), OwnEntry("points", 1, 5, 7)]
    >>> shown({"points": (100, {1: 4})}, own)
    {'points': Shown(value=107, own=True)}
    """
    values = {key: Shown(value, own=False) for key, (value, _) in cached.items()}
    for entry in own:
        here = values.get(entry.key)
        if entry.key == LAST_DAY:
            # The later day counts; taking an own day twice changes nothing.
            values[entry.key] = Shown(max(entry.delta, here.value if here else 0), own=True)
            continue
        folded = cached[entry.key][1] if entry.key in cached else {}
        if folded.get(entry.epoch, 0) >= entry.seq:
            continue
        values[entry.key] = Shown((here.value if here else 0) + entry.delta, own=True)
    return values


def day_number(day: dt.date) -> int:
    """Return a day as a number of days since 1970-01-01.

    >>> import datetime
    >>> day_number(datetime.date(1970, 1, 2))
    1
    """
    return day.toordinal() - 719_163


def entries_of(
    *,
    earned: Iterable[Earning],
    given: Iterable[str],
    turnover_minor: int,
    is_purchase: bool,
    business_on: dt.date,
) -> dict[str, int]:
    """Return what a receipt changes for its customer: key to signed change.

    Args:
        earned: what the receipt earns.
        given: ids of the promotions it used.
        turnover_minor: what was paid for goods in minor units (cents); returns count negative.
        is_purchase: whether anything was sold; a pure return is no visit.
        business_on: shop day.
    """
    changes: defaultdict[str, int] = defaultdict(int)
    for one in earned:
        changes[one.account] += one.amount
    for promotion in given:
        changes[USES + promotion] += 1
    changes[f"{REVENUE}:{business_on.isoformat()}"] += turnover_minor
    changes[f"{YEAR}{business_on.year}"] += turnover_minor
    if is_purchase:
        changes[f"{RECEIPTS}:{business_on.isoformat()}"] += 1
        changes[HISTORY + "receipts_total"] += 1
        changes[LAST_DAY] = day_number(business_on)
    return {key: delta for key, delta in changes.items() if delta}


@dataclass(frozen=True, slots=True)
class Earning:
    """What an account earns with a receipt, and what each line has in it.

    Args:
        account: code of the programme.
        amount: in the account's unit, rounded down once.
        promotions: that earned it.
        basis: line id to its part before rounding, in millionths, rounded down.
    """

    account: str
    amount: int
    promotions: tuple[str, ...]
    basis: Mapping[str, int]


def earnings(
    rules: RuleGeneration, basket: Basket, earned: Sequence[Earned], paid_minor: Sequence[int]
) -> tuple[Earning, ...]:
    """Return what the same earning promotions give on what was really paid.

    Args:
        rules: the generation of the sale.
        basket: the sale.
        earned: what they gave as evaluated; it names the promotions.
        paid_minor: per line, in minor units (cents).

    Returns:
        Amounts per account, fractions summed over the receipt and rounded down once.
    """
    if not earned:
        return ()
    classes = classes_of(basket)
    facts = SaleFacts(
        basket, classes, rules.packed.selectors, rules.packed.selectors.matching(classes)
    )
    names = {name for one in earned for name in one.promotions}
    found = EarnedParts(
        [promotion for promotion in rules.promotions if promotion.id in names],
        classes,
        facts,
        {line: max(0, paid) for line, paid in enumerate(paid_minor)},
    )
    booked = []
    for one in earned:
        exact = found.parts.get(one.account, {})
        amount = sum(exact.values(), Fraction(0))
        booked.append(
            Earning(
                account=one.account,
                amount=divide_down(amount.numerator, amount.denominator),
                promotions=one.promotions,
                basis={
                    basket.lines[line].line_id: divide_down(
                        part.numerator * MILLIONTHS, part.denominator
                    )
                    for line, part in sorted(exact.items())
                },
            )
        )
    return tuple(booked)
