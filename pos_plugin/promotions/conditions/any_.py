"""``any``: at least one of these conditions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from pos_plugin import limits
from pos_plugin.promotions.condition import Condition, Facts, Missing

if TYPE_CHECKING:
    from pos_plugin.promotions.conditions import AnyCondition


class Any(Condition):
    """Holds when one of ``of`` holds; else says why the first of them does not."""

    type: Literal["any"]
    of: Annotated[tuple[AnyCondition, ...], Field(min_length=1, max_length=limits.MAX_LIST)]

    def missing(self, sale: Facts) -> Missing | None:
        """Return the first failing leaf when none holds."""
        reasons = [condition.missing(sale) for condition in self.of]
        return None if None in reasons else reasons[0]

    def inner(self) -> tuple[Condition, ...]:
        """Return the conditions inside."""
        return self.of
