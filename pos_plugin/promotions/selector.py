"""Selectors: which units a promotion or a condition means."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from pos_plugin import limits
from pos_plugin.promotions.words import Minor, Rule, Words


class Match(Rule):
    """Holds for a unit when every field given holds; lists are OR inside.

    ``tags_all`` wants every tag. Price bounds are in minor units (cents) and both included; a
    measured unit is compared by its line amount.
    """

    skus: Words = ()
    categories: Words = ()
    brands: Words = ()
    seasons: Words = ()
    tags: Words = ()
    tags_all: Words = ()
    price_min_minor: Minor | None = None
    price_max_minor: Minor | None = None
    price_state: Literal["any", "full_price", "markdown"] = "any"


class Selector(Rule):
    """``any_of`` empty means every unit; ``none_of`` always wins."""

    any_of: Annotated[tuple[Match, ...], Field(max_length=limits.MAX_LIST)] = ()
    none_of: Annotated[tuple[Match, ...], Field(max_length=limits.MAX_LIST)] = ()


EVERY_UNIT = Selector()
