"""The benefits of the rule vocabulary, one a file, named like the word in the rule JSON."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from pos_plugin.promotions.benefits.amount_off import AmountOff
from pos_plugin.promotions.benefits.customer_rate import CustomerRate
from pos_plugin.promotions.benefits.fixed_price import FixedPrice
from pos_plugin.promotions.benefits.percent import Percent

UnitBenefit = Annotated[Percent | AmountOff | FixedPrice, Field(discriminator="type")]
ReceiptBenefit = Annotated[Percent | AmountOff | CustomerRate, Field(discriminator="type")]

__all__ = ["AmountOff", "CustomerRate", "FixedPrice", "Percent", "ReceiptBenefit", "UnitBenefit"]
