"""One evaluation: basket in, result out; the pipeline of promotions.md §4 readable top to bottom.

match -> who may apply -> search over all layers -> round layer by layer -> earn -> result.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from pos_plugin.promotions.classes import classes_of
from pos_plugin.promotions.coupons import CouponPools
from pos_plugin.promotions.earning import EarnedParts
from pos_plugin.promotions.explain import Outcome, explain
from pos_plugin.promotions.facts import SaleView
from pos_plugin.promotions.hints import Hints, gifts_of
from pos_plugin.promotions.result import Earned, Result
from pos_plugin.promotions.settle import Piece
from pos_plugin.units import divide_down
from pos_plugin.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Container

    from native.found import Found
    from pos_plugin.model import Basket, Line
    from pos_plugin.promotions.pack import PackedPromotions, Steps
    from pos_plugin.promotions.promotion import Promotion
    from pos_plugin.promotions.result import Hint, LineResult, NotApplied, PromotionResult

MAX_STEPS = 100_000
"""Labels one search may try; the answer depends on this number, never on time."""

NOBODY: frozenset[str] = frozenset()


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
    if instead is not None:
        rules = rules.with_instead(instead, classes_of(basket))
    steps = rules.borrow(len(basket.lines))
    try:
        return _evaluated(generation, rules, basket, steps, article)
    except OverflowError:
        if not rules.form.is_compiled:
            raise
    finally:
        rules.give_back(steps)
    # Beyond 64 bits the plain form answers: its integers have no end.
    return evaluate(generation, rules.in_plain_form(), basket, article=article)


def _evaluated(
    generation: int,
    rules: PackedPromotions,
    basket: Basket,
    steps: Steps,
    article: Callable[[str], Line | None] | None,
) -> Result:
    sale = _Sale(generation, rules, basket)
    pools = _question(sale, steps)
    classes, _, _, pose, search, settle, results = steps
    found = pose.ask(search, MAX_STEPS)
    settle.give(classes.size, found)
    results.make(basket.lines)
    lines, promotions = results.lines, results.promotions
    earned, earning = _earn(sale, steps, lines) if rules.earning else ((), NOBODY)
    gap_minor = found.gap_minor
    if pools is not None and pools.is_cautious:
        # What the tied coupons might still allow was not searched: at most all that is left to pay.
        gap_minor = results.sold_minor
    sale.found = found
    sale.keeps_twins = pose.keeps_twins
    sale.promotions = promotions
    sale.earning = earning
    sale.lines = lines
    sale.is_proven = found.optimal and not gap_minor
    if article is not None and rules.giving:
        sale.gifts = gifts_of(sale, article)
    gross_minor, discount_minor = results.gross_minor, results.discount_minor
    return Result(
        generation,
        sale.is_proven,
        gap_minor,
        gross_minor,
        discount_minor,
        gross_minor - discount_minor,
        lines,
        promotions,
        results.vat,
        earned,
        () if pools is None else pools.used(basket, promotions, earning),
        rules.form.Diagnostics(__version__, rules.form.is_compiled, found.steps),
        sale.explain,
        sale.hints if rules.hinting and found.optimal else tuple,
    )


def _question(sale: SaleView, steps: Steps, *, keeps_twins: bool = False) -> CouponPools | None:
    """Read and match the sale, fill the tables of the search; return the coupons it may use."""
    rules, basket = sale.rules, sale.basket
    lines, customer = basket.lines, basket.customer
    classes, matches, eligible, pose, _, _, _ = steps
    size = classes.read(lines)
    matches.find(lines, size)
    promotions = eligible.find(basket, sale.allows)
    asking = _eligible(steps, rules.couponed) if basket.coupons and rules.couponed else None
    pools = CouponPools(rules, asking, sale) if asking else None
    pose.fill(
        size,
        eligible.number,
        promotions,
        {} if pools is None else pools.pool_of,
        () if pools is None else pools.limits,
        0 if customer is None else customer.instant_discount_bp,
        keeps_twins=keeps_twins,
    )
    return pools


def _eligible(steps: Steps, among: Container[int]) -> list[int]:
    """Return the numbers of the promotions that may apply, of these, ascending."""
    eligible = steps.eligible
    return [number for number in eligible.number[: eligible.size] if number in among]


def _earn(
    sale: SaleView, steps: Steps, lines: tuple[LineResult, ...]
) -> tuple[tuple[Earned, ...], frozenset[str]]:
    """Return what each account earns on what is paid; fractions are rounded down once."""
    promotions = [sale.rules.promotions[n] for n in _eligible(steps, sale.rules.earning)]
    if not promotions:
        return (), NOBODY
    paid_minor = {number: line.paid_minor for number, line in enumerate(lines)}
    found = EarnedParts(promotions, sale.classes, sale.facts, paid_minor)
    earned = []
    for account, parts in sorted(found.parts.items()):
        exact = sum(parts.values())
        amount = divide_down(exact.numerator, exact.denominator)
        if amount:
            earned.append(Earned(account, amount, tuple(found.sources[account])))
    return tuple(earned), frozenset(one for each in earned for one in each.promotions)


class _Sale(SaleView):
    """A sale and its solution, for what is worked out on first access: why not, and what is near.

    It only holds on to what is there anyway; nothing is made before somebody asks.
    """

    __slots__ = (
        *("earning", "found", "generation", "gifts"),
        *("is_proven", "keeps_twins", "lines", "outcome_known", "promotions"),
    )

    generation: int
    found: Found
    keeps_twins: bool
    promotions: tuple[PromotionResult, ...]
    earning: frozenset[str]
    lines: tuple[LineResult, ...]
    is_proven: bool
    gifts: tuple[Line, ...]
    outcome_known: Outcome | None

    def __init__(self, generation: int, rules: PackedPromotions, basket: Basket) -> None:
        self.rules = rules
        self.basket = basket
        self.known_classes = None
        self.known_facts = None
        self.generation = generation
        self.gifts = ()
        self.outcome_known = None

    def outcome(self) -> Outcome:
        """Return what each layer found: the solution is handed to the lines once more."""
        if self.outcome_known is not None:
            return self.outcome_known
        bases: dict[str, list[tuple[int, int, int, int, bool]]] = {}
        steps = self.rules.borrow(len(self.basket.lines))
        try:
            # The numbers of the solution are those under which it was found.
            _question(self, steps, keeps_twins=self.keeps_twins)
            steps.settle.give(steps.classes.size, self.found, bases)
        finally:
            self.rules.give_back(steps)
        layers = {one.id: one.layer for one in self.rules.promotions}
        given_minor = {"receipt": 0, "customer": 0}
        for one in self.promotions:
            if layers[one.promotion] in given_minor:
                given_minor[layers[one.promotion]] = one.discount_minor
        self.outcome_known = Outcome(
            applied={one.promotion for one in self.promotions} | self.earning,
            bases={layer: [Piece(*piece) for piece in pieces] for layer, pieces in bases.items()},
            given_minor=given_minor,
            total_minor=sum(line.paid_minor for line in self.lines),
            lines=self.lines,
            is_proven=self.is_proven,
        )
        return self.outcome_known

    def explain(self) -> tuple[NotApplied, ...]:
        """Return one reason for every promotion that does not apply."""
        return explain(
            self.rules.promotions,
            self.basket,
            self.classes,
            self.facts,
            self.outcome(),
            price=functools.partial(evaluate, self.generation),
            max_steps=MAX_STEPS,
        )

    def hints(self) -> tuple[Hint, ...]:
        """Return the near misses that are true."""
        return Hints(
            self.rules,
            self.basket,
            self.classes,
            self.facts,
            self.outcome(),
            price=functools.partial(evaluate, self.generation, self.rules),
            max_steps=MAX_STEPS,
            gifts=self.gifts,
        ).find()
