"""``in_segment``: the customer belongs to one of these groups and to none of those."""

from __future__ import annotations

from typing import Literal

from pos_plugin.promotions.condition import Condition, Facts, Missing
from pos_plugin.promotions.words import Words


class InSegment(Condition):
    """Holds when the customer is in one of ``any_of`` (empty: any) and in none of ``none_of``.

    Codes: a group's name, ``abc:C``, ``tier:gold``, ``type:…``. An anonymous sale never holds.
    """

    type: Literal["in_segment"]
    any_of: Words = ()
    none_of: Words = ()

    def missing(self, sale: Facts) -> Missing | None:
        """Return ``not_in_segment``, or ``condition_excludes`` for a group of ``none_of``."""
        if sale.customer is None:
            return Missing("customer_unknown")
        held = set(sale.customer.segments)
        if self.any_of and held.isdisjoint(self.any_of):
            return Missing("not_in_segment")
        return None if held.isdisjoint(self.none_of) else Missing("condition_excludes")
