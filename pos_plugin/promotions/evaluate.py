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
from pos_plugin.promotions.result import Diagnostics, Earned, Result
from pos_plugin.promotions.settle import Piece
from pos_plugin.units import divide_down
from pos_plugin.version import __version__

if TYPE_CHECKING:
    from array import array
    from collections.abc import Callable

    from native.search import Found
    from pos_plugin.model import Basket, Line
    from pos_plugin.promotions.pack import PackedPromotions, Steps
    from pos_plugin.promotions.promotion import Promotion
    from pos_plugin.promotions.result import Hint, LineResult, NotApplied

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
    sale = SaleView(rules, basket)
    tables, pools = _question(sale, steps)
    found = rules.form.search(**tables, max_steps=MAX_STEPS)
    settle = steps.settle
    lines = settle.give(basket.lines, steps.classes.size, found)
    applied = [rules.promotions[number] for number in settle.applied]
    earned, earning = _earn(sale, steps, lines) if rules.earning else ((), set())
    gap_minor = found.gap_minor
    if pools is not None and pools.is_cautious:
        # What the tied coupons might still allow was not searched: at most all that is left to pay.
        gap_minor = settle.sold_minor
    is_optimal = found.optimal and not gap_minor
    total_minor = settle.gross_minor - settle.discount_minor
    gifts = gifts_of(sale, article) if article is not None and rules.giving else ()
    later = _Later(generation, sale, found, applied, earning, lines, total_minor, is_optimal, gifts)
    return Result(
        generation,
        is_optimal,
        gap_minor,
        settle.gross_minor,
        settle.discount_minor,
        total_minor,
        lines,
        tuple(settle.promotions),
        tuple(settle.vat),
        earned,
        () if pools is None else pools.used(basket, settle.promotions, earning),
        Diagnostics(__version__, rules.form.is_compiled, found.steps),
        later.explain,
        later.hints if rules.hinting and found.optimal else tuple,
    )


def _question(sale: SaleView, steps: Steps) -> tuple[dict[str, array[int]], CouponPools | None]:
    """Read and match the sale; return what the search is asked, and the coupons it may use."""
    rules, basket = sale.rules, sale.basket
    classes = steps.classes.read(basket.lines)
    steps.matches.find(basket.lines, classes)
    eligible = steps.eligible.find(basket, sale.allows)
    asking = _eligible(steps, rules.couponed) if basket.coupons and rules.couponed else None
    pools = CouponPools(rules, asking, sale) if asking else None
    customer = basket.customer
    tables = steps.pose.tables(
        classes,
        steps.eligible.number,
        eligible,
        {} if pools is None else pools.pool_of,
        () if pools is None else pools.limits,
        0 if customer is None else customer.instant_discount_bp,
    )
    return tables, pools


def _eligible(steps: Steps, among: frozenset[int]) -> list[int]:
    """Return the numbers of the promotions that may apply, of these, ascending."""
    eligible = steps.eligible
    return [number for number in eligible.number[: eligible.size] if number in among]


def _earn(
    sale: SaleView, steps: Steps, lines: tuple[LineResult, ...]
) -> tuple[tuple[Earned, ...], set[str]]:
    """Return what each account earns on what is paid; fractions are rounded down once."""
    promotions = [sale.rules.promotions[n] for n in _eligible(steps, sale.rules.earning)]
    if not promotions:
        return (), set()
    paid_minor = {number: line.paid_minor for number, line in enumerate(lines)}
    found = EarnedParts(promotions, sale.classes, sale.facts, paid_minor)
    earned = []
    for account, parts in sorted(found.parts.items()):
        exact = sum(parts.values())
        amount = divide_down(exact.numerator, exact.denominator)
        if amount:
            earned.append(Earned(account, amount, tuple(found.sources[account])))
    return tuple(earned), {promotion for one in earned for promotion in one.promotions}


class _Later:
    """What is worked out on first access: why not, and what is near. It only holds on to things."""

    __slots__ = (
        *("_outcome", "applied", "earning", "found", "generation"),
        *("gifts", "is_proven", "lines", "sale", "total_minor"),
    )

    def __init__(
        self,
        generation: int,
        sale: SaleView,
        found: Found,
        applied: list[Promotion],
        earning: set[str],
        lines: tuple[LineResult, ...],
        total_minor: int,
        is_proven: bool,
        gifts: tuple[Line, ...],
    ) -> None:
        self.generation = generation
        self.sale = sale
        self.found = found
        self.applied = applied
        self.earning = earning
        self.lines = lines
        self.total_minor = total_minor
        self.is_proven = is_proven
        self.gifts = gifts
        self._outcome: Outcome | None = None

    def outcome(self) -> Outcome:
        """Return what each layer found: the solution is handed to the lines once more."""
        if self._outcome is not None:
            return self._outcome
        bases: dict[str, list[tuple[int, int, int, int, bool]]] = {}
        rules, basket = self.sale.rules, self.sale.basket
        steps = rules.borrow(len(basket.lines))
        try:
            _question(self.sale, steps)
            steps.settle.give(basket.lines, steps.classes.size, self.found, bases)
            given_minor = {"receipt": 0, "customer": 0}
            for promotion, one in zip(self.applied, steps.settle.promotions, strict=True):
                if promotion.layer in given_minor:
                    given_minor[promotion.layer] = one.discount_minor
        finally:
            rules.give_back(steps)
        self._outcome = Outcome(
            applied={promotion.id for promotion in self.applied} | self.earning,
            bases={layer: [Piece(*piece) for piece in pieces] for layer, pieces in bases.items()},
            given_minor=given_minor,
            total_minor=self.total_minor,
            lines=self.lines,
            is_proven=self.is_proven,
        )
        return self._outcome

    def explain(self) -> tuple[NotApplied, ...]:
        """Return one reason for every promotion that does not apply."""
        sale = self.sale
        return explain(
            sale.rules.promotions,
            sale.basket,
            sale.classes,
            sale.facts,
            self.outcome(),
            price=functools.partial(evaluate, self.generation),
            max_steps=MAX_STEPS,
        )

    def hints(self) -> tuple[Hint, ...]:
        """Return the near misses that are true."""
        sale = self.sale
        return Hints(
            sale.rules,
            sale.basket,
            sale.classes,
            sale.facts,
            self.outcome(),
            price=functools.partial(evaluate, self.generation, sale.rules),
            max_steps=MAX_STEPS,
            gifts=self.gifts,
        ).find()
