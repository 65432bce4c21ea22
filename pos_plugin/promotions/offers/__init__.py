"""The offers of the rule vocabulary, one a file, named like the word in the rule JSON."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from pos_plugin.promotions.offers.bundle import Bundle
from pos_plugin.promotions.offers.buy_get import BuyGet
from pos_plugin.promotions.offers.earn import Earn
from pos_plugin.promotions.offers.earn_fixed import EarnFixed
from pos_plugin.promotions.offers.earn_multiplier import EarnMultiplier
from pos_plugin.promotions.offers.n_for_m import NForM
from pos_plugin.promotions.offers.quantity_tiers import QuantityTiers
from pos_plugin.promotions.offers.receipt_discount import ReceiptDiscount
from pos_plugin.promotions.offers.unit_discount import UnitDiscount

ArticleOffer = UnitDiscount | NForM | Bundle | BuyGet | QuantityTiers
EarnOffer = Earn | EarnFixed | EarnMultiplier
AnyOffer = Annotated[ArticleOffer | ReceiptDiscount | EarnOffer, Field(discriminator="kind")]

__all__ = [
    "AnyOffer",
    "ArticleOffer",
    "Bundle",
    "BuyGet",
    "Earn",
    "EarnFixed",
    "EarnMultiplier",
    "EarnOffer",
    "NForM",
    "QuantityTiers",
    "ReceiptDiscount",
    "UnitDiscount",
]
