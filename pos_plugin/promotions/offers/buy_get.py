"""``buy_get``: who buys these units gets those cheaper, or as a gift."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from pos_plugin import limits
from pos_plugin.promotions.benefits import UnitBenefit
from pos_plugin.promotions.offers.bundle import Slot
from pos_plugin.promotions.words import Flag, Rule

if TYPE_CHECKING:
    from pos_plugin.promotions.selector import Selector

Slots = Annotated[tuple[Slot, ...], Field(min_length=1, max_length=limits.MAX_SLOTS)]


class BuyGet(Rule):
    """One application takes the units of all slots; every unit of the get slots is reduced.

    With ``get_at_most_buy_price`` no get unit may cost more than the cheapest buy unit. Example:
    buy two shirts, get a tie for nothing; the tie's price is spread over all three.
    """

    layers: ClassVar[tuple[str, ...]] = ("article",)

    kind: Literal["buy_get"]
    buy: Slots
    get: Slots
    benefit: UnitBenefit
    get_at_most_buy_price: Flag = False

    @model_validator(mode="after")
    def _slots_in_all(self) -> BuyGet:
        if len(self.buy) + len(self.get) > limits.MAX_SLOTS:
            raise PydanticCustomError(
                "too_long",
                "buy and get have at most {max_length} slots together",
                {"max_length": limits.MAX_SLOTS},
            )
        return self

    @property
    def slots(self) -> tuple[Slot, ...]:
        """Every slot: those bought, then those given."""
        return self.buy + self.get

    def selectors(self) -> tuple[Selector, ...]:
        """Return the selectors of the units it takes, one per slot."""
        return tuple(slot.on for slot in self.slots)
