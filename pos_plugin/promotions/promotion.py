"""A promotion as head office writes it (promotions.md §4)."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, Strict, model_validator
from pydantic_core import PydanticCustomError

from pos_plugin.limits import INT64_MAX, MAX_LIST
from pos_plugin.promotions.benefits import CustomerRate
from pos_plugin.promotions.conditions import AnyCondition
from pos_plugin.promotions.offers import AnyOffer, ReceiptDiscount
from pos_plugin.promotions.words import ClockTime, Count, Flag, LocalTime, Minor, Rule, Word, Words

if TYPE_CHECKING:
    from pos_plugin.promotions.selector import Selector

Layer = Literal["article", "receipt", "customer", "earn"]


class Window(Rule):
    """A weekly window; ``from`` included, ``until`` excluded, over midnight when it ends earlier.

    ``weekdays`` are ISO (1 = Monday) and name the day on which the window starts; empty = every
    day. A window without times is the whole day.
    """

    weekdays: Annotated[
        tuple[Annotated[int, Strict(), Field(ge=1, le=7)], ...], Field(max_length=7)
    ] = ()
    from_: Annotated[ClockTime, Field(alias="from")] = dt.time(0)
    until: ClockTime = dt.time(0)

    def holds(self, wall_at: dt.datetime) -> bool:
        """Return whether a shop-local moment lies inside.

        >>> night = Window.model_validate({"weekdays": [5], "from": "22:00", "until": "02:00"})
        >>> night.holds(dt.datetime(2026, 3, 7, 1, 0))  # Saturday, one o'clock
        True
        """
        now = wall_at.time()
        today = wall_at.isoweekday()
        if self.from_ < self.until:
            return self.from_ <= now < self.until and self._on(today)
        yesterday = 7 if today == 1 else today - 1
        return (now >= self.from_ and self._on(today)) or (now < self.until and self._on(yesterday))

    def _on(self, weekday: int) -> bool:
        return not self.weekdays or weekday in self.weekdays


class Validity(Rule):
    """Shop-local times, ``from`` included, ``until`` excluded; no windows = always in between."""

    from_: Annotated[LocalTime | None, Field(alias="from")] = None
    until: LocalTime | None = None
    windows: Annotated[tuple[Window, ...], Field(max_length=MAX_LIST)] = ()

    def refusal(self, wall_at: dt.datetime) -> str | None:
        """Return ``not_started``, ``ended``, ``outside_window`` or None when valid."""
        if self.from_ is not None and wall_at < self.from_:
            return "not_started"
        if self.until is not None and wall_at >= self.until:
            return "ended"
        if self.windows and not any(window.holds(wall_at) for window in self.windows):
            return "outside_window"
        return None


class Scope(Rule):
    """Where it runs; empty lists mean everywhere."""

    shops: Words = ()
    tills: Words = ()


class Limits(Rule):
    """Bounds on one receipt and per customer; null = none."""

    per_receipt: Count | None = None
    per_customer: Count | None = None
    max_discount_minor: Minor | None = None


class Promotion(Rule):
    """One promotion; everything but ``id``, ``layer`` and ``offer`` has an empty default."""

    id: Word
    revision: Annotated[int, Strict(), Field(ge=1, le=INT64_MAX)] = 1
    campaign: Word | None = None
    label: dict[Literal["de", "en"], Word] = Field(default_factory=dict)
    layer: Layer
    exclusive: Literal["no", "units", "receipt"] = "no"
    validity: Validity = Validity()
    scope: Scope = Scope()
    when: Annotated[tuple[AnyCondition, ...], Field(max_length=MAX_LIST)] = ()
    offer: AnyOffer
    limits: Limits = Limits()
    announced_publicly: Flag = False
    hint_within_minor: Minor | None = None

    @model_validator(mode="after")
    def _layer_fits_the_offer(self) -> Promotion:
        if self.layer not in self.offer.layers:
            raise PydanticCustomError(
                "layer_of_offer",
                "{kind} belongs to the layer {layers}, not to {layer}",
                {
                    "kind": self.offer.kind,
                    "layers": " or ".join(self.offer.layers),
                    "layer": self.layer,
                },
            )
        if self.exclusive == "units" and self.layer != "article":
            raise PydanticCustomError(
                "exclusive_of_layer", "exclusive units belongs to the article layer"
            )
        if (
            isinstance(self.offer, ReceiptDiscount)
            and self.layer != "customer"
            and any(isinstance(tier.benefit, CustomerRate) for tier in self.offer.tiers)
        ):
            raise PydanticCustomError(
                "customer_rate_of_layer", "customer_rate belongs to the customer layer"
            )
        return self

    def selectors(self) -> tuple[Selector, ...]:
        """Return the selectors of the offer."""
        return self.offer.selectors()
