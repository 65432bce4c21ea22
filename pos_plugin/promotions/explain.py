"""Why a promotion does not apply: the first reason in the order of promotions.md §5."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pos_plugin.promotions.beaten import beaten_by, outdone_by
from pos_plugin.promotions.condition import Missing
from pos_plugin.promotions.eligible import allowed_units, refusal
from pos_plugin.promotions.forced import ForcedSale
from pos_plugin.promotions.formed import places_of, too_few
from pos_plugin.promotions.offers import QuantityTiers, ReceiptDiscount
from pos_plugin.promotions.result import NotApplied
from pos_plugin.promotions.saving import could_save

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pos_plugin.model import Basket
    from pos_plugin.promotions.classes import UnitClass
    from pos_plugin.promotions.facts import SaleFacts
    from pos_plugin.promotions.forced import Price
    from pos_plugin.promotions.promotion import Promotion
    from pos_plugin.promotions.result import LineResult
    from pos_plugin.promotions.settle import Piece


_NO_UNITS = Missing("no_matching_units")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the chosen solution did: applied promotions, and what each layer found of the units.

    ``bases`` are the units with what earlier layers left, for ``receipt`` and ``customer``;
    ``given_minor`` is what each of these layers gives now, in minor units (cents). ``lines`` say
    who took what; ``is_proven``: no other solution is cheaper.
    """

    applied: set[str]
    bases: Mapping[str, list[Piece]]
    given_minor: Mapping[str, int]
    total_minor: int
    lines: tuple[LineResult, ...] = ()
    is_proven: bool = False


def explain(
    promotions: Sequence[Promotion],
    basket: Basket,
    classes: list[UnitClass],
    facts: SaleFacts,
    outcome: Outcome,
    *,
    price: Price | None = None,
    max_steps: int = 0,
) -> tuple[NotApplied, ...]:
    """Return one reason for every promotion of the generation that is not applied, by id.

    Args:
        promotions: of the generation, by id.
        basket: the sale.
        classes: its units.
        facts: what conditions see.
        outcome: what the chosen solution did.
        price: the engine, for what it costs to force a promotion that is beaten; without it
            nobody says so.
        max_steps: search steps that one evaluation may take.
    """
    applied = [promotion for promotion in promotions if promotion.id in outcome.applied]
    is_alone = any(promotion.exclusive == "receipt" for promotion in applied)
    reasons: list[tuple[Promotion, Missing | None]] = []
    able: list[Promotion] = []  # those that the search could choose from
    for promotion in promotions:
        if promotion.id in outcome.applied:
            if promotion.layer != "earn":
                able.append(promotion)
            continue
        missing = refusal(promotion, basket, facts) or _units_missing(promotion, classes, facts)
        if missing is None and promotion.layer == "earn":
            if not outdone_by(promotion, applied, facts):
                missing = Missing("no_saving")
        elif missing is None:
            able.append(promotion)
            missing = _tier_missing(promotion, classes, facts, outcome)
            if missing is None and not could_save(promotion, basket.customer, classes, facts):
                missing = Missing("no_saving")
            elif missing is None and (
                is_alone
                or promotion.exclusive == "receipt"
                or _is_closed_out(promotion, classes, facts, outcome)
            ):
                missing = Missing("excluded")
        reasons.append((promotion, missing))
    beaten = [p for p, missing in reasons if missing is None and p.layer != "earn"]
    costs: dict[str, int | None] = {}
    if beaten and outcome.is_proven and price is not None:
        forced = ForcedSale(able, beaten, basket, classes, facts, price=price, max_steps=max_steps)
        saved_minor = sum(line.discount_minor for line in outcome.lines)
        for promotion in beaten:
            most_minor = forced.most_saved_minor(promotion)
            # Never below 0: of two sales that cost the same exactly one may round to less.
            cost_minor = None if most_minor is None else max(0, saved_minor - most_minor)
            costs[promotion.id] = cost_minor
    return tuple(
        _beaten(promotion, applied, classes, facts, outcome, costs)
        if missing is None
        else NotApplied(promotion.id, missing.code, missing.need, missing.have)
        for promotion, missing in reasons
    )


def _beaten(
    promotion: Promotion,
    applied: Sequence[Promotion],
    classes: Sequence[UnitClass],
    facts: SaleFacts,
    outcome: Outcome,
    costs: Mapping[str, int | None],
) -> NotApplied:
    if promotion.layer == "earn":
        # Points change nothing of what is paid.
        by = outdone_by(promotion, applied, facts)
        return NotApplied(promotion.id, "beaten", by=by, would_cost_minor=0)
    paying = [one for one in applied if one.layer != "earn"]
    by = beaten_by(promotion, paying, outcome.lines, classes, facts)
    cost_minor = costs.get(promotion.id)
    return NotApplied(promotion.id, "beaten", by=by, would_cost_minor=cost_minor)


def _units_missing(
    promotion: Promotion, classes: list[UnitClass], facts: SaleFacts
) -> Missing | None:
    """Units that match but are price-bound, no units, or too few to form one application."""
    matching = []
    for selector in promotion.offer.selectors():
        found = facts.classes_of(selector)
        if not found:
            return _NO_UNITS  # what most promotions of a generation say of most sales
        matching.append(found)
    if promotion.layer == "earn":
        return None
    if not all(any(classes[c].discountable for c in found) for found in matching):
        return Missing("not_discountable")
    offer = promotion.offer
    if isinstance(offer, ReceiptDiscount):
        return None
    missing = too_few(promotion, places_of(promotion, classes, facts), classes)
    if missing is None and isinstance(offer, QuantityTiers):
        return _limit_missing(promotion, offer, facts)
    return missing


def _limit_missing(promotion: Promotion, offer: QuantityTiers, facts: SaleFacts) -> Missing | None:
    """Units enough, but this receipt may not take as many as the lowest tier asks for."""
    most = allowed_units(promotion, facts)
    if most is None or most >= offer.steps()[0].min_quantity:
        return None
    return Missing("limit_receipt")


def _tier_missing(
    promotion: Promotion, classes: list[UnitClass], facts: SaleFacts, outcome: Outcome
) -> Missing | None:
    """The lowest tier against the base that the chosen solution leaves."""
    offer = promotion.offer
    if not isinstance(offer, ReceiptDiscount):
        return None
    have_minor = base_minor(promotion, classes, facts, outcome)
    need_minor = min(tier.min_value_minor for tier in offer.tiers)
    return Missing("min_value", need_minor, have_minor) if have_minor < need_minor else None


def base_minor(
    promotion: Promotion, classes: list[UnitClass], facts: SaleFacts, outcome: Outcome
) -> int:
    """Return the base of a receipt or customer promotion: what earlier layers left, in cents."""
    wanted = set(facts.classes_of(promotion.selectors()[0]))
    return sum(
        piece.left_minor * piece.count
        for piece in outcome.bases[promotion.layer]
        if piece.unit_class in wanted
        and classes[piece.unit_class].discountable
        and not piece.closed
    )


def _is_closed_out(
    promotion: Promotion, classes: list[UnitClass], facts: SaleFacts, outcome: Outcome
) -> bool:
    """Whether every unit of a later layer's base was taken by an exclusive promotion."""
    if promotion.layer == "article":
        return False
    wanted = {c for c in facts.classes_of(promotion.selectors()[0]) if classes[c].discountable}
    return all(
        piece.closed for piece in outcome.bases[promotion.layer] if piece.unit_class in wanted
    )
