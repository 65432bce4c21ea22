"""Runs sales through the engine and counts them: whatever the rules, the work is bounded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pos_plugin.errors import SaleError
from pos_plugin.model import Basket
from pos_plugin.promotions.generation import RuleGeneration
from pos_plugin.promotions.lint.spent import Spent
from pos_plugin.units import divide_down

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pos_plugin.promotions.lint.finding import Sale
    from pos_plugin.promotions.promotion import Promotion
    from pos_plugin.promotions.result import Result

STEPS_A_BASKET: Final = 500
"""A sale that takes so many search steps more counts as one more basket."""


@dataclass(slots=True)
class Allowance:
    """Baskets that a check may try; counted, never timed, so that the answer is the same again.

    Args:
        most: how many.
        used: so far.
        tell: told of every one.
    """

    most: int
    used: int = 0
    tell: Callable[[int], object] | None = None

    def take(self, count: int = 1) -> None:
        """Use up so many baskets.

        Raises:
            Spent: there were none left before.
        """
        if self.used >= self.most:
            raise Spent
        count = min(count, self.most - self.used)
        self.used += count
        if self.tell is not None:
            self.tell(count)

    def charge(self, result: Result) -> None:
        """Count long searches by their steps."""
        extra = min(divide_down(result.diagnostics.steps, STEPS_A_BASKET), self.most - self.used)
        if extra > 0:
            self.take(extra)


class Engine:
    """The whole generation, and single promotions alone.

    Args:
        rules: what is checked.
        watch: shown every sale with its result.
    """

    def __init__(
        self, rules: RuleGeneration, watch: Callable[[Sale, Result], object] | None = None
    ) -> None:
        self.rules = rules
        self._watch = watch
        self._alone: tuple[str, RuleGeneration] | None = None

    def price(self, sale: Sale, allowance: Allowance) -> Result | None:
        """Return the result of a sale, None where it is beyond the limits of a sale.

        Raises:
            Spent: the allowance is used up.
        """
        result = _run(self.rules, sale, allowance)
        if result is not None and self._watch is not None:
            self._watch(sale, result)
        return result

    def applies_alone(
        self,
        promotion: Promotion,
        sale: Sale,
        allowance: Allowance,
        helpers: Sequence[Promotion] = (),
    ) -> bool:
        """Return whether a promotion applies to a sale without rivals.

        Args:
            promotion: which.
            sale: to which.
            allowance: pays for it.
            helpers: what it builds on; a multiplier needs something that earns.
        """
        if self._alone is None or self._alone[0] != promotion.id:
            self._alone = promotion.id, RuleGeneration((promotion, *helpers))
        result = _run(self._alone[1], sale, allowance)
        return result is not None and promotion.id in applied(result)


def applied(result: Result) -> set[str]:
    """Return the ids of the promotions that give or earn something."""
    earning = (name for earned in result.earned for name in earned.promotions)
    return {*(one.promotion for one in result.promotions), *earning}


def _run(rules: RuleGeneration, sale: Sale, allowance: Allowance) -> Result | None:
    allowance.take()
    try:
        basket = Basket.from_dict(sale)
    except SaleError:
        return None
    result = rules.evaluate(basket)
    allowance.charge(result)
    return result
