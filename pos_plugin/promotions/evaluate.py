"""One evaluation: basket in, result out; the pipeline of promotions.md §4 readable top to bottom.

match -> who may apply -> search over all layers -> round layer by layer -> earn -> result.
"""

from __future__ import annotations

import functools
from collections import defaultdict
from typing import TYPE_CHECKING

import native
from pos_plugin.promotions.classes import classes_of
from pos_plugin.promotions.coupons import CouponPools
from pos_plugin.promotions.earning import EarnedParts
from pos_plugin.promotions.eligible import refusal
from pos_plugin.promotions.explain import Outcome, explain
from pos_plugin.promotions.facts import SaleFacts
from pos_plugin.promotions.hints import Hints, gifts_of
from pos_plugin.promotions.pose import search, tiers_of, undominated
from pos_plugin.promotions.result import (
    Diagnostics,
    Earned,
    Hint,
    LineDiscount,
    LineResult,
    PromotionResult,
    Result,
    VatResult,
)
from pos_plugin.promotions.settle import Pieces, give_articles, give_tier
from pos_plugin.units import divide_down
from pos_plugin.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable

    from pos_plugin.model import Basket, Line
    from pos_plugin.promotions.classes import UnitClass
    from pos_plugin.promotions.pack import PackedPromotions
    from pos_plugin.promotions.promotion import Promotion
    from pos_plugin.promotions.rounding import Given, Piece

MAX_STEPS = 15_000
"""Labels one search may try; the answer depends on this number, never on time."""


def evaluate(
    generation: int,
    rules: PackedPromotions,
    basket: Basket,
    *,
    instead: Promotion | None = None,
    article: Callable[[str], Line | None] | None = None,
) -> Result:
    """Return the lowest total that the promotions allow, and why (promotions.md §5).

    Args:
        generation: number of the rules, for the result.
        rules: their promotions.
        basket: the sale.
        instead: stands in for the promotion with its id; its selectors are those of the rules.
        article: one piece of an article by its sku, for the price of a gift that was not scanned;
            nothing but hints depends on it, and it is asked before this returns.
    """
    classes = classes_of(basket)
    matching = rules.selectors.matching(classes)
    facts = SaleFacts(basket, classes, rules.selectors, matching)
    eligible = [
        promotion
        for promotion in _standing_in(instead, rules.candidates(matching))
        if refusal(promotion, basket, facts) is None
    ]
    pools = CouponPools(eligible, facts)
    open_classes = [c for c, one in enumerate(classes) if one.discountable]
    articles = undominated([p for p in eligible if p.layer == "article"], pools)
    tiers = tiers_of(eligible, basket.customer)
    found = search(classes, open_classes, articles, tiers, facts, pools, max_steps=MAX_STEPS)

    pieces = Pieces(classes)
    given: list[tuple[Promotion, int, list[Given]]] = give_articles(
        found, articles, open_classes, classes, pieces
    )
    bases: dict[str, list[Piece]] = {}
    given_minor: dict[str, int] = {}
    for layer, number in (
        ("receipt", found.receipt_choice),
        ("customer", found.customer_choice),
    ):
        bases[layer] = pieces.all()
        given_minor[layer] = 0
        if number >= 0:
            tier = tiers[number]
            base = set(facts.classes_of(tier.promotion.selectors()[0]))
            shares = give_tier(tier, base, classes, pieces)
            given.append((tier.promotion, 1, shares))
            given_minor[layer] = sum(one.discount_minor for one in shares)
    earned, earning = _earn(eligible, classes, facts, pieces)

    lines = _lines(basket, given)
    gap_minor = found.gap_minor
    if pools.is_cautious:
        # What the tied coupons might still allow was not searched: at most all that is left to pay.
        gap_minor = sum(piece.left_minor * piece.count for piece in pieces.all())
    gross_minor = sum(line.gross_minor for line in lines)
    discount_minor = sum(line.discount_minor for line in lines)
    outcome = Outcome(
        applied={promotion.id for promotion, _, _ in given} | earning,
        bases=bases,
        given_minor=given_minor,
        total_minor=gross_minor - discount_minor,
        lines=lines,
        is_proven=found.optimal and not gap_minor,
    )

    gifts = gifts_of(eligible, facts, article) if article and rules.hinting else ()

    def _hints() -> tuple[Hint, ...]:
        price = functools.partial(evaluate, generation, rules)
        hints = Hints(
            rules, basket, classes, facts, outcome, price=price, max_steps=MAX_STEPS, gifts=gifts
        )
        return hints.find()

    return Result(
        generation=generation,
        optimal=found.optimal and not gap_minor,
        gap_minor=gap_minor,
        gross_minor=gross_minor,
        discount_minor=discount_minor,
        total_minor=gross_minor - discount_minor,
        lines=lines,
        promotions=tuple(
            PromotionResult(
                promotion.id,
                dict[str, str](promotion.label.items()),
                times,
                sum(one.discount_minor for one in shares),
            )
            for promotion, times, shares in given
        ),
        vat=_vat(basket, lines),
        earned=earned,
        coupons_used=pools.used(basket, [(p, times) for p, times, _ in given], earning),
        diagnostics=Diagnostics(__version__, native.COMPILED, found.steps),
        explain=lambda: explain(
            rules.promotions,
            basket,
            classes,
            facts,
            outcome,
            price=functools.partial(evaluate, generation),
            max_steps=MAX_STEPS,
        ),
        find_hints=_hints if rules.hinting and found.optimal else tuple,
    )


def _standing_in(instead: Promotion | None, promotions: list[Promotion]) -> list[Promotion]:
    if instead is None:
        return promotions
    return [instead if promotion.id == instead.id else promotion for promotion in promotions]


def _earn(
    eligible: list[Promotion], classes: list[UnitClass], facts: SaleFacts, pieces: Pieces
) -> tuple[tuple[Earned, ...], set[str]]:
    """Return what each account earns on what is paid; fractions are rounded down once."""
    promotions = [promotion for promotion in eligible if promotion.layer == "earn"]
    if not promotions:
        return (), set()
    paid_minor: dict[int, int] = defaultdict(int)
    for piece in pieces.taken:
        paid_minor[piece.line] += piece.left_minor * piece.count
    found = EarnedParts(promotions, classes, facts, paid_minor)
    earned = []
    for account, parts in sorted(found.parts.items()):
        exact = sum(parts.values())
        amount = divide_down(exact.numerator, exact.denominator)
        if amount:
            earned.append(Earned(account, amount, tuple(found.sources[account])))
    return tuple(earned), {promotion for one in earned for promotion in one.promotions}


def _lines(
    basket: Basket, given: list[tuple[Promotion, int, list[Given]]]
) -> tuple[LineResult, ...]:
    """Gather per line: article promotions by id, then receipt, then customer."""
    per_line: dict[int, list[LineDiscount]] = defaultdict(list)
    for promotion, _, gifts in given:
        merged: dict[tuple[int, int, str], list[int]] = {}
        times: dict[int, int] = {}
        for g in gifts:
            sums = merged.setdefault((g.line, g.application, g.role), [0, 0])
            sums[0] += g.units
            sums[1] += g.discount_minor
            times[g.application] = g.times
        numbers = {label: n for n, label in enumerate(sorted(times), start=1)}
        for (line, application, role), (units, discount_minor) in merged.items():
            if not discount_minor and promotion.layer != "article":
                continue
            source = basket.lines[line]
            per_line[line].append(
                LineDiscount(
                    promotion.id,
                    promotion.revision,
                    promotion.layer,
                    numbers[application],
                    times[application],
                    source.quantity_milli if source.is_one_unit else units * 1000,
                    role,
                    discount_minor,
                )
            )
    result = []
    for number, source in enumerate(basket.lines):
        discounts = tuple(per_line.get(number, ()))
        discount_minor = sum(d.discount_minor for d in discounts)
        result.append(
            LineResult(
                source.line_id,
                source.gross_minor,
                discount_minor,
                source.gross_minor - discount_minor,
                discounts,
            )
        )
    return tuple(result)


def _vat(basket: Basket, lines: tuple[LineResult, ...]) -> tuple[VatResult, ...]:
    sums: dict[int, list[int]] = {}
    for line, one in zip(basket.lines, lines, strict=True):
        rate = sums.setdefault(line.vat_rate_bp, [0, 0])
        rate[0] += one.gross_minor
        rate[1] += one.discount_minor
    return tuple(
        VatResult(rate_bp, gross_minor, discount_minor, gross_minor - discount_minor)
        for rate_bp, (gross_minor, discount_minor) in sorted(sums.items())
    )
