"""Head office follows a voucher back: rolled back by a void, cancelled by a reversed return."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from head_office_site import ANNA, Site
from sqlalchemy import select
from till_builder import voucher_promotion

from head_office.storage import voucher
from pos_plugin import Plugin, Receipt
from pos_plugin.clock import SystemClock, utc_text
from sync_agent.agent import Agent
from sync_agent.settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path)
    site.publish(voucher_promotion())
    site.load(
        voucher_type=[
            {
                "code": "TREUE5",
                "legal_kind": "promo",
                "effect": {"label": {"de": "5 EUR", "en": "5 EUR"}},
                "conditions": {"text": {"de": "Ab sofort.", "en": "At once."}},
                "validity": {"days": 30},
                "layout": {"title": {"de": "Danke", "en": "Thank you"}},
            }
        ],
        event_trigger=[{"event": "rental_returned", "voucher_type": "TREUE5"}],
        customer=[ANNA],
    )
    with site.served() as url:
        site.url = url
        site.add_till("3")
        sync(site)
        yield site


def sync(site: Site) -> None:
    with Agent(read_settings(site.till_dir() / "till.toml"), SystemClock()) as agent:
        agent.cycle()
        assert agent.status.problems == {}


def states(site: Site) -> list[str]:
    """The states of all vouchers at head office, once everything has arrived."""
    sync(site)
    with site.database() as database, database.read() as connection:
        return list(connection.execute(select(voucher.c.state).order_by(voucher.c.id)).scalars())


def give(plugin: Plugin, rental: str) -> str:
    given = plugin.rental_returned(rental, customer="K1")
    assert isinstance(given, Receipt)
    return str(given.vouchers[0]["code"])


def redeem(plugin: Plugin, code: str) -> None:
    snapshot: dict[str, Any] = {
        "sale_id": "S1",
        "at": utc_text(SystemClock().now()),
        "customer": {"id": "K1"},
        "codes": [{"code": code}],
        "lines": [
            {"line_id": "1", "sku": "4711", "quantity_milli": 1000, "unit_price_minor": 5000}
        ],
    }
    plugin.sales.evaluate(snapshot)
    receipt = plugin.sales.complete("S1", {})
    assert isinstance(receipt, Receipt)
    assert receipt.values["discount_minor"] == 500


def test_reversed_return_cancels_at_head_office_too(site: Site) -> None:
    with Plugin.open(site.till_dir() / "till.toml") as plugin:
        give(plugin, "R1")
        assert states(site) == ["issued"]
        plugin.rentals.return_reversed({"rental": "R1"})
        assert states(site) == ["cancelled"]


def test_voided_sale_makes_the_voucher_open_again(site: Site) -> None:
    with Plugin.open(site.till_dir() / "till.toml") as plugin:
        redeem(plugin, give(plugin, "R1"))
        assert states(site) == ["redeemed"]
        plugin.sales.void("S1", {"reason": "vertippt"})
        assert states(site) == ["issued"]
        plugin.rentals.return_reversed({"rental": "R1"})
        assert states(site) == ["cancelled"]


def test_used_voucher_stays_used_at_head_office(site: Site) -> None:
    with Plugin.open(site.till_dir() / "till.toml") as plugin:
        redeem(plugin, give(plugin, "R1"))
        plugin.rentals.return_reversed({"rental": "R1"})
        assert states(site) == ["redeemed"]
