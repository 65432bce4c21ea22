"""Till, agent and head office while a customer waits: cards of other shops, vouchers held."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from head_office_site import ANNA, ARTICLE, Site
from till_builder import card_number
from waiting import until

from pos_plugin import Plugin, Receipt
from pos_plugin.clock import SystemClock
from pos_plugin.loyalty.voucher_code import code_of
from pos_plugin.notices import Refusal
from sync_agent.agent import Agent
from sync_agent.client import HeadOfficeClient
from sync_agent.errors import HeadOfficeRefused
from sync_agent.protocol.messages import ReserveRequest
from sync_agent.settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CODE = code_of(4711)
PROMO_CODE = code_of(4712)
OFFER = {
    "conditions": {"text": {"de": "Ab sofort.", "en": "At once."}},
    "validity": {"days": 30},
    "layout": {"title": {"de": "Danke", "en": "Thank you"}},
}
GIFT = {
    "code": "GIFT",
    "legal_kind": "gift_mpv",
    "customer_bound": False,
    "effect": {"kind": "value", "minor": 2500, "label": {"de": "25 EUR", "en": "25 EUR"}},
    **OFFER,
}
PROMO = {
    **GIFT,
    "code": "MOTIV5",
    "legal_kind": "promo",
    "effect": {"kind": "value", "minor": 500, "label": {"de": "5 EUR", "en": "5 EUR"}},
}
VOUCHER = {
    "id": "G1",
    "type": "GIFT",
    "code": CODE,
    "valid_from_on": "2020-01-01",
    "valid_to_on": "2099-12-31",
}
BERTA = {**ANNA, "id": "K2", "number": "2", "name": "Berta", "home_shop": "002"}
ASKED = ReserveRequest(sale_id="OTHER")


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path)
    site.load(
        article=[ARTICLE],
        customer=[ANNA, BERTA],
        card=[{"code": card_number(2), "customer": "K2"}],
        voucher_type=[GIFT, PROMO],
        voucher=[VOUCHER, {**VOUCHER, "id": "P1", "type": "MOTIV5", "code": PROMO_CODE}],
    )
    with site.served() as url:
        site.url = url
        site.add_till("3")
        site.add_till("4")
        with Agent(read_settings(site.till_dir() / "till.toml"), SystemClock()) as agent:
            agent.cycle()
        yield site


@contextmanager
def running_agent(site: Site) -> Iterator[Agent]:
    with Agent(read_settings(site.till_dir() / "till.toml"), SystemClock()) as agent:
        thread = threading.Thread(target=agent.run)
        thread.start()
        try:
            until((site.till_dir() / "agent.json").exists, within_s=60, what="the agent answers")
            yield agent
        finally:
            agent.stop()
            thread.join(30)


@contextmanager
def open_till(site: Site) -> Iterator[Plugin]:
    with Plugin.open(site.till_dir() / "till.toml") as plugin:
        plugin._till.online._wait_ms = 5_000  # a busy machine is no hung agent
        calls: Any = plugin._till.online._calls
        calls._within_s = 5.0
        yield plugin


def other_till(site: Site) -> HeadOfficeClient:
    return HeadOfficeClient(site.url, str(site.keys("4")["till_token"]))


def evaluated(
    plugin: Plugin, sale_id: str, code: str = CODE
) -> tuple[Any, int, dict[str, Refusal]]:
    sale = plugin.begin_sale(sale_id)
    sale.scan("4711")
    sale.scan(code)
    told = sale.evaluate()
    rejected = {code: refused.code for code, refused in told.rejected.items()}
    paid = (
        0
        if told.vouchers is None
        else sum(one.amount_minor for one in told.vouchers.settlement.used)
    )
    return sale, paid, rejected


def test_card_of_another_shop_is_known_with_the_next_scan(site: Site) -> None:
    with open_till(site) as plugin, running_agent(site):
        first = plugin.scan(card_number(2)).to_dict()
        assert first["customer"]["id"] != "K2"  # at once, and provisional
        until(
            lambda: plugin.scan(card_number(2)).to_dict()["customer"]["id"] == "K2",
            within_s=60,
            what="head office takes the customer into the bucket, the pull brings the row",
        )


def test_card_stays_unknown_while_no_agent_runs(site: Site) -> None:
    """Negative control: the row comes of the question, not by itself."""
    with open_till(site) as plugin:
        assert plugin.scan(card_number(2)).to_dict()["customer"]["id"] != "K2"
    with Agent(read_settings(site.till_dir() / "till.toml"), SystemClock()) as agent:
        agent.cycle()
    with open_till(site) as plugin:
        assert plugin.scan(card_number(2)).to_dict()["customer"]["id"] != "K2"


def test_gift_voucher_is_used_online_and_needs_head_office_offline(site: Site) -> None:
    with open_till(site) as plugin:
        _, _, rejected = evaluated(plugin, "S1")
        assert list(rejected.values()) == [Refusal.VOUCHER_NEEDS_ONLINE]
    with running_agent(site), open_till(site) as plugin, other_till(site) as other:
        sale, paid, rejected = evaluated(plugin, "S2")
        assert (paid, rejected) == (2500, {})
        with pytest.raises(HeadOfficeRefused, match="held"):
            other.reserve("G1", ASKED)
        assert isinstance(sale.complete(), Receipt)
        # Spent for good, before and after the event of the sale.
        with pytest.raises(HeadOfficeRefused):
            other.reserve("G1", ASKED)


def test_nothing_capped_is_used_after_two_weeks_of_silence(site: Site) -> None:
    path = site.till_dir() / "agent.status.json"
    said = json.loads(path.read_text()) | {"unreachable": "no network"}
    for day, used in (("14", True), ("16", False)):
        said |= {
            "contact_at": "2026-03-01T12:00:00.000Z",
            "cycle_at": f"2026-03-{day}T12:00:00.000Z",
        }
        path.write_text(json.dumps(said))
        with open_till(site) as plugin:
            _, paid, rejected = evaluated(plugin, f"S{day}", PROMO_CODE)
        if used:
            assert (paid, rejected) == (500, {})
        else:
            assert (paid, list(rejected.values())) == (0, [Refusal.VOUCHER_NEEDS_ONLINE])


def test_voucher_held_for_a_sale_elsewhere_is_refused_here(site: Site) -> None:
    with other_till(site) as other, running_agent(site), open_till(site) as plugin:
        other.reserve("G1", ASKED)
        _, paid, rejected = evaluated(plugin, "S1")
        assert (paid, list(rejected.values())) == (0, [Refusal.VOUCHER_REDEEMED])


def test_cancelled_sale_lets_its_voucher_go(site: Site) -> None:
    with other_till(site) as other, running_agent(site), open_till(site) as plugin:
        _, paid, _ = evaluated(plugin, "S1")
        assert paid == 2500
        plugin.sales.cancel("S1")

        def is_free() -> bool:
            try:
                return other.reserve("G1", ASKED).state == "reserved"
            except HeadOfficeRefused:
                return False

        until(is_free, within_s=60, what="head office lets the voucher go")


def test_agent_answers_nobody_but_its_till(site: Site) -> None:
    with running_agent(site):
        place = json.loads((site.till_dir() / "agent.json").read_text())
        assert (site.till_dir() / "agent.json").stat().st_mode & 0o077 == 0
        url = f"http://127.0.0.1:{place['port']}"
        good = {"Authorization": f"Bearer {place['token']}"}
        with httpx.Client(base_url=url, trust_env=False, timeout=10) as client:

            def asked(call: str, content: bytes = b"{}", **headers: str) -> int:
                return client.post(call, content=content, headers=headers).status_code

            assert asked("/status", **good) == 200
            assert asked("/status") == 403
            assert asked("/status", Authorization="Bearer guess") == 403
            assert asked("/status", **good, Host="evil.example") == 403
            assert asked("/nothing", **good) == 404
            assert client.get("/status", headers=good).status_code == 501
            for content in (b"", b"[]", b"{", b'{"sale_id": 7, "voucher": "V"}', b"x" * 100_000):
                assert asked("/reserve", content, **good) in (200, 400)
            assert asked("/enrich_card", b'{"code_hash": "../../etc"}', **good) == 400
    assert not (site.till_dir() / "agent.json").exists()
