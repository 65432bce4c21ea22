"""``all``: every one of these conditions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from pos_plugin import limits
from pos_plugin.promotions.condition import Condition, Facts, Missing

if TYPE_CHECKING:
    from pos_plugin.promotions.conditions import AnyCondition


class All(Condition):
    """Holds when all of ``of`` hold; says the first that does not."""

    type: Literal["all"]
    of: Annotated[tuple[AnyCondition, ...], Field(max_length=limits.MAX_LIST)]

    def missing(self, sale: Facts) -> Missing | None:
        """Return the first failing leaf in order."""
        return next((m for c in self.of if (m := c.missing(sale)) is not None), None)

    def inner(self) -> tuple[Condition, ...]:
        """Return the conditions inside."""
        return self.of
