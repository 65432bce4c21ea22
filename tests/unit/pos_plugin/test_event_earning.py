"""Points for events outside a sale (B3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from till_builder import TillBuilder, points

from pos_plugin import Plugin, Receipt

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def till(tmp_path: Path) -> TillBuilder:
    till = TillBuilder(tmp_path / "till")
    till.rules(points())
    till.program("points", maturity_days=2)
    till.earn_trigger("rental_returned", 5, in_time=True)
    till.earn_trigger("customer_created", 100)
    till.customer("K1")
    return till


def value(plugin: Plugin, customer: str = "K1") -> int:
    found = plugin.accounts.statement(customer)
    assert isinstance(found, dict)
    return int(found["accounts"][0]["value"])


def returned(plugin: Plugin, rental: str, late_days: int) -> Receipt:
    told = plugin.rentals.returned(
        {"rental": rental, "customer": "K1", "articles": [{"sku": "F1", "late_days": late_days}]}
    )
    assert isinstance(told, Receipt)
    return told


@pytest.mark.capability("B3")
def test_a_rental_returned_in_time_earns_once(till: TillBuilder) -> None:
    with till.open() as plugin:
        told = returned(plugin, "R1", 0)
        assert [one["text"] for one in told.values["effects"]] == ["5 Punkte gesammelt"]
        returned(plugin, "R1", 0)
        assert value(plugin) == 5
        assert returned(plugin, "R2", 1).values["effects"] == []
        assert value(plugin) == 5
        assert isinstance(plugin.rentals.return_reversed({"rental": "R1"}), Receipt)
        assert value(plugin) == 0


@pytest.mark.capability("B3")
def test_an_enrolment_earns(till: TillBuilder) -> None:
    with till.open() as plugin:
        made = plugin.customers.create({"request_id": "1", "name": "Neu, Nina"})
        assert isinstance(made, Receipt)
        assert made.values["effects"][0]["amount"] == 100
        found = plugin.accounts.statement(made.values["customer"])
        assert isinstance(found, dict)
        [account] = found["accounts"]
        assert (account["available"], account["pending"]) == (0, 100)


def test_a_condition_nobody_knows_earns_nothing(till: TillBuilder) -> None:
    # Negative control of the trigger: it is the condition that decides.
    till.earn_trigger("rental_returned", 5, at_full_moon=True)
    with till.open() as plugin:
        returned(plugin, "R1", 0)
        assert value(plugin) == 0
