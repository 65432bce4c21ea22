"""``coupon``: a coupon of a series was scanned."""

from __future__ import annotations

from typing import Literal

from pos_plugin.promotions.condition import Condition, Facts, Missing
from pos_plugin.promotions.words import Word


class Coupon(Condition):
    """Holds when at least one coupon of ``series`` (the code of its voucher type) was scanned.

    n coupons allow at most n applications; as many are redeemed as the applications need.
    """

    type: Literal["coupon"]
    series: Word

    def missing(self, sale: Facts) -> Missing | None:
        """Return ``coupon_missing`` when none was scanned."""
        return None if sale.coupons_of(self.series) else Missing("coupon_missing")
