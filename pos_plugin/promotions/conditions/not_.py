"""``not``: the opposite of a condition."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pos_plugin.promotions.condition import Condition, Facts, Missing

if TYPE_CHECKING:
    from pos_plugin.promotions.conditions import AnyCondition


class Not(Condition):
    """Holds when ``of`` does not; a fact that is missing makes ``of`` fail, so ``not`` holds."""

    type: Literal["not"]
    of: AnyCondition

    def missing(self, sale: Facts) -> Missing | None:
        """Return ``condition_excludes`` when the inner condition holds."""
        return Missing("condition_excludes") if self.of.missing(sale) is None else None

    def inner(self) -> tuple[Condition, ...]:
        """Return the condition inside."""
        return (self.of,)
