"""Thresholds at which one unit more costs less, or costs more than it is worth.

Both sides of every threshold are priced with the whole generation: without the unit that reaches
it, and with it.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Final, NamedTuple

from pos_plugin.limits import MAX_PIECES_A_LINE
from pos_plugin.promotions.condition import walk
from pos_plugin.promotions.conditions import MinQuantity, MinValue
from pos_plugin.promotions.lint.buying import (
    Wanted,
    needs_of,
    prices_worth_trying,
)
from pos_plugin.promotions.lint.engine import applied
from pos_plugin.promotions.lint.finding import Finding, FindingCode, Severity
from pos_plugin.promotions.offers import ReceiptDiscount
from pos_plugin.units import divide_down

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pos_plugin.promotions.lint.article import Article
    from pos_plugin.promotions.lint.finding import Sale
    from pos_plugin.promotions.lint.setting import Setting
    from pos_plugin.promotions.lint.work import Work
    from pos_plugin.promotions.promotion import Promotion
    from pos_plugin.promotions.selector import Selector

STEPS_EACH: Final = 12
"""Thresholds of one promotion that are looked at, the first ones."""


class Step(NamedTuple):
    """A threshold: so much value, or so many units, of a selector."""

    of: Selector
    minor: int = 0
    pieces: int = 0
    of_condition: MinValue | MinQuantity | None = None


class Cliff(NamedTuple):
    """Two sales, one unit apart."""

    step: Step
    below: Sale
    above: Sale
    below_minor: int
    above_minor: int
    unit_minor: int
    applied: frozenset[str]

    @property
    def drop_minor(self) -> int:
        """How much less the sale with the unit more costs; negative = it costs more."""
        return self.below_minor - self.above_minor


def find(work: Work) -> Iterator[Finding]:
    """Yield for every promotion its highest cliff of each kind."""
    for promotion in work.promotions:
        if promotion.id in work.dead or promotion.layer == "earn":
            continue
        steps = list(islice(_steps(promotion), STEPS_EACH))
        cliffs = [
            cliff
            for step in steps
            for cliff in _cliffs(work, promotion, step)
            if promotion.id in cliff.applied
        ]
        drops = [cliff for cliff in cliffs if cliff.drop_minor > 0]
        if drops:
            yield _finding(promotion, max(drops, key=lambda cliff: cliff.drop_minor))
        losses = [cliff for cliff in cliffs if -cliff.drop_minor > cliff.unit_minor]
        if losses:
            highest = max(losses, key=lambda cliff: -cliff.drop_minor - cliff.unit_minor)
            yield _loss(promotion, highest)


def _steps(promotion: Promotion) -> Iterator[Step]:
    offer = promotion.offer
    if isinstance(offer, ReceiptDiscount):
        for tier in sorted(offer.tiers, key=lambda tier: tier.min_value_minor):
            if tier.min_value_minor:
                yield Step(offer.on, minor=tier.min_value_minor)
    else:
        for needs in needs_of(promotion):
            last = needs[-1]
            # One piece of an offer that takes one piece is no threshold.
            if len(needs) > 1 or last.pieces > 1:
                yield Step(last.selector, pieces=last.pieces)
    for condition in walk(promotion.when):
        if isinstance(condition, MinValue) and condition.minor:
            yield Step(condition.of, minor=condition.minor, of_condition=condition)
        elif isinstance(condition, MinQuantity):
            yield Step(condition.of, pieces=condition.quantity, of_condition=condition)


def _cliffs(work: Work, promotion: Promotion, step: Step) -> Iterator[Cliff]:
    for setting in work.buyer.settings((promotion,))[:2]:
        bare = replace(
            setting,
            values=[value for value in setting.values if value != step.of_condition],
            quantities=[one for one in setting.quantities if one != step.of_condition],
        )
        for base, unit in _sides(work, promotion, step):
            yield from _priced(work, bare, step, base, unit)


def _sides(work: Work, promotion: Promotion, step: Step) -> Iterator[tuple[list[Wanted], Article]]:
    """Yield what is bought below the threshold, and the unit that reaches it."""
    shelf, prices_minor = work.buyer.shelf, prices_worth_trying(promotion)
    found = shelf.common((step.of,), prices_minor)
    if not found:
        return
    others = _other_slots(work, promotion) if step.of_condition is None else []
    if step.of_condition is not None:
        units = next(iter(work.buyer.applications(promotion)), [])
        others = [one for one in units if one.article not in found]
    if step.pieces:
        for article in {found[0].sku: found[0], found[-1].sku: found[-1]}.values():
            yield [*others, Wanted(article, step.pieces - 1)], article
        yield [*others, Wanted(found[-1], step.pieces - 1)], found[0]
        return
    for article in (found[-1], found[0]):
        worth_minor = max(article.unit_price_minor, 1)
        pieces = divide_down(step.minor - 1, worth_minor)
        missing_minor = step.minor - pieces * article.unit_price_minor
        if pieces > MAX_PIECES_A_LINE:
            continue
        filler = shelf.reaching(step.of, missing_minor) or article
        yield [*others, Wanted(article, pieces)], filler


def _other_slots(work: Work, promotion: Promotion) -> list[Wanted]:
    if isinstance(promotion.offer, ReceiptDiscount):
        return []
    units = []
    for need in needs_of(promotion)[0][:-1]:
        found = work.buyer.shelf.common((need.selector,), prices_worth_trying(promotion))
        units += [Wanted(article, need.pieces) for article in found[-1:]]
    return units


def _priced(
    work: Work, setting: Setting, step: Step, base: Sequence[Wanted], unit: Article
) -> Iterator[Cliff]:
    # What earlier layers take off does not move the threshold: the search may forgo it.
    kept = [one for one in base if one.pieces]
    below = work.buyer.sale(setting, kept)
    above = work.buyer.sale(setting, [*kept, Wanted(unit, 1)])
    if below is None or above is None:
        return
    if _worth_minor(above) - _worth_minor(below) != unit.unit_price_minor:
        return  # what else had to be bought was no longer needed: not one unit apart
    without = work.engine.price(below, work.allowance)
    with_it = work.engine.price(above, work.allowance)
    if without is not None and with_it is not None:
        yield Cliff(
            step,
            below,
            above,
            without.total_minor,
            with_it.total_minor,
            unit.unit_price_minor,
            frozenset(applied(without) | applied(with_it)),
        )


def _worth_minor(sale: Sale) -> int:
    return sum(
        divide_down(line["quantity_milli"], 1000) * int(line["unit_price_minor"])
        for line in sale["lines"]
    )


def _finding(promotion: Promotion, cliff: Cliff) -> Finding:
    return Finding(
        FindingCode.TIER_CLIFF,
        Severity.WARNING,
        (promotion.id,),
        f"At a threshold of {promotion.id} one unit more makes the sale "
        f"{cliff.drop_minor} cents cheaper: {cliff.below_minor} without it, "
        f"{cliff.above_minor} with it.",
        cliff.below,
        beside=cliff.above,
        figures=_figures(cliff) | {"drop_minor": cliff.drop_minor},
    )


def _loss(promotion: Promotion, cliff: Cliff) -> Finding:
    lost_minor = -cliff.drop_minor - cliff.unit_minor
    return Finding(
        FindingCode.LOSS_CLIFF,
        Severity.WARNING,
        (promotion.id,),
        f"At a threshold of {promotion.id} one unit of {cliff.unit_minor} cents makes the sale "
        f"{-cliff.drop_minor} cents dearer: {lost_minor} cents of discount are lost.",
        cliff.above,
        beside=cliff.below,
        figures=_figures(cliff) | {"lost_minor": lost_minor},
    )


def _figures(cliff: Cliff) -> dict[str, int]:
    threshold = (
        {"threshold_minor": cliff.step.minor}
        if cliff.step.minor
        else {"threshold_units": cliff.step.pieces}
    )
    return threshold | {
        "pays_below_minor": cliff.below_minor,
        "pays_above_minor": cliff.above_minor,
        "unit_minor": cliff.unit_minor,
    }
