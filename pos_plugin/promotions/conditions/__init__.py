"""The conditions of the rule vocabulary, one a file, named like the word in the rule JSON."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from pos_plugin.promotions.conditions.age import Age
from pos_plugin.promotions.conditions.all_ import All
from pos_plugin.promotions.conditions.any_ import Any
from pos_plugin.promotions.conditions.birthday import Birthday
from pos_plugin.promotions.conditions.coupon import Coupon
from pos_plugin.promotions.conditions.customer_known import CustomerKnown
from pos_plugin.promotions.conditions.history import History
from pos_plugin.promotions.conditions.in_segment import InSegment
from pos_plugin.promotions.conditions.min_quantity import MinQuantity
from pos_plugin.promotions.conditions.min_value import MinValue
from pos_plugin.promotions.conditions.not_ import Not
from pos_plugin.promotions.conditions.tender import Tender

AnyCondition = Annotated[
    MinValue
    | MinQuantity
    | CustomerKnown
    | InSegment
    | Birthday
    | Age
    | History
    | Coupon
    | Tender
    | All
    | Any
    | Not,
    Field(discriminator="type"),
]

for _model in (All, Any, Not):
    _model.model_rebuild(_types_namespace={"AnyCondition": AnyCondition})

__all__ = [
    "Age",
    "All",
    "Any",
    "AnyCondition",
    "Birthday",
    "Coupon",
    "CustomerKnown",
    "History",
    "InSegment",
    "MinQuantity",
    "MinValue",
    "Not",
    "Tender",
]
