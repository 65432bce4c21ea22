"""``tender``: the customer pays in a certain way."""

from __future__ import annotations

from typing import Literal

from pos_plugin.promotions.condition import Condition, Facts, Missing
from pos_plugin.promotions.words import Words


class Tender(Condition):
    """Holds when one of the chosen tenders is in ``any_of``; before payment it does not hold."""

    type: Literal["tender"]
    any_of: Words

    def missing(self, sale: Facts) -> Missing | None:
        """Return ``tender`` when none of the tenders fits."""
        return None if set(self.any_of) & set(sale.tenders) else Missing("tender")
