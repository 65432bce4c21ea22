"""The offers of the rule vocabulary, one a file, named like the word in the rule JSON."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field

from pos_plugin.promotions.offers.bundle import Bundle
from pos_plugin.promotions.offers.earn import Earn
from pos_plugin.promotions.offers.n_for_m import NForM
from pos_plugin.promotions.offers.receipt_discount import ReceiptDiscount
from pos_plugin.promotions.offers.unit_discount import UnitDiscount

AnyOffer = Annotated[
    UnitDiscount | NForM | Bundle | ReceiptDiscount | Earn, Field(discriminator="kind")
]
ArticleOffer = UnitDiscount | NForM | Bundle

NOT_YET: Final = frozenset({"buy_get", "quantity_tiers", "earn_fixed", "earn_multiplier"})
"""Words of promotions.md that this version refuses by name."""

__all__ = [
    "NOT_YET",
    "AnyOffer",
    "ArticleOffer",
    "Bundle",
    "Earn",
    "NForM",
    "ReceiptDiscount",
    "UnitDiscount",
]
