"""Events as facts: a till may leave out what the contract lets it leave out."""

from __future__ import annotations

import datetime as dt
from typing import Any

from pos_plugin.loyalty.class_events import KINDS, Reported, facts_of_events
from pos_plugin.loyalty.class_history import Fact

DAY = "2026-11-21"


def test_events_without_a_customer_say_nothing_of_one() -> None:
    """``customer`` is optional in every event (docs/contract/events)."""
    events = [Reported(kind, _body(kind)) for kind in KINDS]

    assert list(facts_of_events(events)) == []


def test_the_same_sale_of_a_customer_counts() -> None:
    sale = Reported("sale_completed", {**_body("sale_completed"), "customer": "C"})

    on = dt.date.fromisoformat(DAY)
    assert list(facts_of_events([sale])) == [Fact("C", on, on, presence=1, turnover_minor=700)]


def _body(kind: str) -> dict[str, Any]:
    """Return what the facts read of a body of this kind, without its optional fields."""
    body: dict[str, Any] = {"till": "1", "business_on": DAY, "sale_id": "S", "moment": "after"}
    if kind == "sale_completed":
        body["receipt"] = {"sale_id": "S", "total_minor": 700}
    if kind.startswith("rental"):
        body.update(rental="R", articles=[{"sku": "film"}])
    if kind == "items_returned":
        body["refund_minor"] = 700
    return body
