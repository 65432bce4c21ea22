"""What every check of lint is handed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import datetime as dt

    from pos_plugin.promotions.generation import RuleGeneration
    from pos_plugin.promotions.lint.buying import Buyer
    from pos_plugin.promotions.lint.combined import Deepest
    from pos_plugin.promotions.lint.engine import Allowance, Engine
    from pos_plugin.promotions.lint.finding import Sale
    from pos_plugin.promotions.lint.overlaps import Overlaps
    from pos_plugin.promotions.lint.shelf import RealShelf
    from pos_plugin.promotions.promotion import Promotion

MAX_COMBINED_BP: Final = 5_000
"""How far an article may fall by combination, where the shop has not said otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Settings of a run.

    Args:
        on: the day it is; promotions that ended before it are reported.
        max_combined_bp: how far an article may fall below its scanned price by combination, in
            basis points.
        seed: of the sales drawn to find the worst search.
        max_baskets: sales that are tried at most, over all checks.
    """

    on: dt.date
    max_combined_bp: int = MAX_COMBINED_BP
    seed: int = 1
    max_baskets: int = 6_000


def enough_baskets(promotions: int) -> int:
    """Return how many sales are enough to look at so many promotions, as a rule."""
    return 6_000 + 25 * promotions


@dataclass(slots=True, kw_only=True)
class Work:
    """The rules, the means to try them, and what earlier checks learned.

    Args:
        rules: what is checked.
        buyer: makes sales.
        engine: prices them.
        allowance: what the running check may still try.
        options: settings of the run.
        articles: those of the shop, None where none were given.
        deepest: how far articles were seen to fall.
        overlaps: who competes with whom, once that check has run.
        dead: ids that are proven never to apply.
        bounded: whether the running check left something out for another reason.
    """

    rules: RuleGeneration
    buyer: Buyer
    engine: Engine
    allowance: Allowance
    options: Options
    articles: RealShelf | None
    deepest: Deepest
    overlaps: Overlaps
    dead: set[str] = field(default_factory=set)
    bounded: bool = False
    _shown: dict[str, Sale] = field(default_factory=dict)

    @property
    def promotions(self) -> tuple[Promotion, ...]:
        """All promotions, by id."""
        return self.rules.promotions

    def showcase(self, promotion: Promotion) -> Sale:
        """Return the simplest sale that has what a promotion asks for."""
        sale = self._shown.get(promotion.id)
        if sale is None:
            sale = self._shown[promotion.id] = self.buyer.showcase(promotion)
        return sale
