"""Vouchers that head office issued, at tills that do not know of each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from head_office_site import ANNA, Site
from sqlalchemy import select
from till_builder import voucher_promotion

from head_office.intake.exceptions import noted
from head_office.storage import receipt, voucher
from head_office.vouchers import DOUBLE_REDEMPTION
from pos_plugin import Plugin, Receipt, Scanned
from pos_plugin.clock import SystemClock, utc_text
from pos_plugin.loyalty.voucher_code import code_of, voucher_hash
from pos_plugin.storage.cache_reader import CacheReader
from sync_agent.agent import Agent
from sync_agent.settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CODE = code_of(4711)
OFFER = {
    "conditions": {"text": {"de": "Ab sofort.", "en": "At once."}},
    "validity": {"days": 30},
    "layout": {"title": {"de": "Danke", "en": "Thank you"}},
}
MOTIVATION = {
    "code": "MOTIV5",
    "legal_kind": "promo",
    "effect": {"kind": "value", "minor": 500, "label": {"de": "5 EUR", "en": "5 EUR"}},
    **OFFER,
}
GIFT = {**MOTIVATION, "code": "GIFT", "legal_kind": "gift_mpv", "customer_bound": False}
COUPON = {
    "code": "TREUE5",
    "legal_kind": "promo",
    "effect": {"label": {"de": "5 EUR", "en": "5 EUR"}},
    **OFFER,
}
LETTER = {
    "id": "MOTIV-2026-1",
    "type": "MOTIV5",
    "code": CODE,
    "customer": "K1",
    "valid_from_on": "2020-01-01",
    "valid_to_on": "2099-12-31",
}


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path)
    site.publish(voucher_promotion())
    site.load(voucher_type=[MOTIVATION, GIFT, COUPON], customer=[ANNA], voucher=[LETTER])
    with site.served() as url:
        site.url = url
        site.add_till("3")
        site.add_till("4")
        sync(site, "3", "4")
        yield site


def sync(site: Site, *tills: str) -> None:
    for till in tills:
        with Agent(read_settings(site.till_dir(till) / "till.toml"), SystemClock()) as agent:
            agent.cycle()
            assert agent.status.problems == {}


def sold(site: Site, till: str, *codes: str, price_minor: int = 5000) -> dict[str, Any]:
    """Sell at a till with codes; return what the vouchers took off, paid, or why not."""
    with Plugin.open(site.till_dir(till) / "till.toml") as plugin:
        return sell(plugin, f"S{till}", *codes, price_minor=price_minor)


def sell(plugin: Plugin, sale_id: str, *codes: str, price_minor: int = 5000) -> dict[str, Any]:
    line = {
        "line_id": "1",
        "sku": "4711",
        "quantity_milli": 1000,
        "unit_price_minor": price_minor,
        "vat_rate_bp": 1900,
    }
    evaluation = plugin.sales.evaluate(
        {
            "sale_id": sale_id,
            "at": utc_text(SystemClock().now()),
            "customer": {"id": "K1"},
            "codes": [{"code": code} for code in codes],
            "lines": [line],
        }
    )
    receipt = plugin.sales.complete(sale_id, {})
    assert isinstance(receipt, Receipt)
    answer: dict[str, Any] = evaluation.to_dict()
    return {
        "off_minor": answer["voucher_discount_minor"],
        "refused": [one["reason"] for one in answer["effects"] if one["kind"] == "rejected"],
    }


def at_head_office(site: Site) -> tuple[str, list[str], int]:
    """Return the state of the letter's voucher, the exceptions and the number of receipts."""
    with site.database() as database, database.read() as connection:
        state = connection.execute(
            select(voucher.c.state).where(voucher.c.id == LETTER["id"])
        ).scalar_one()
        kinds = [one.kind for one in noted(connection)]
        receipts = len(connection.execute(select(receipt.c.uid)).all())
    return state, kinds, receipts


@pytest.mark.capability("K14")
def test_bonus_of_a_mailing_is_spent_in_parts_at_two_tills(site: Site) -> None:
    bonus = {**MOTIVATION, "code": "BONUS", "legal_kind": "earned_bonus", "partial": True}
    letter = {**LETTER, "id": "BONUS-1", "type": "BONUS", "code": code_of(8), "value_minor": 1000}
    site.load(voucher_type=[bonus], voucher=[letter])
    sync(site, "3", "4")
    assert sold(site, "3", code_of(8), price_minor=400) == {"off_minor": 400, "refused": []}
    sync(site, "3", "4")
    assert sold(site, "4", code_of(8)) == {"off_minor": 600, "refused": []}
    sync(site, "4", "3")
    with Plugin.open(site.till_dir("3") / "till.toml") as plugin:
        assert sell(plugin, "S5", code_of(8))["refused"] == ["voucher_redeemed"]


@pytest.mark.capability("K15", "M7", "case 3")
def test_letter_of_head_office_is_redeemed_without_a_network(site: Site) -> None:
    assert sold(site, "3", CODE) == {"off_minor": 500, "refused": []}
    sync(site, "3")
    assert at_head_office(site) == ("redeemed", [], 1)
    sync(site, "4")
    assert sold(site, "4", CODE) == {"off_minor": 0, "refused": ["voucher_redeemed"]}


@pytest.mark.capability("G6", "case 7")
def test_one_voucher_at_two_tills_is_two_receipts_and_one_exception(site: Site) -> None:
    for till in ("3", "4"):
        assert sold(site, till, CODE)["off_minor"] == 500
    sync(site, "3", "4", "3", "4")
    assert at_head_office(site) == ("redeemed", [DOUBLE_REDEMPTION], 2)


@pytest.mark.capability("M7")
def test_voucher_of_a_campaign_is_shown_at_the_next_visit_without_a_network(site: Site) -> None:
    def shown() -> list[str]:
        with Plugin.open(site.till_dir("3") / "till.toml") as plugin:
            found = plugin.identify(customer="K1")
        assert isinstance(found, Scanned)
        return [one["type"] for one in (found.panel or {})["vouchers"]]

    # No agent runs: the till knows it from the synchronisation of before.
    assert shown() == ["MOTIV5"]
    sold(site, "3", CODE)
    assert shown() == []


@pytest.mark.capability("V7")
def test_a_till_is_told_the_day_and_the_till_of_a_redemption(site: Site) -> None:
    assert redeemed(site, "4") == (None, None)
    sold(site, "3", CODE)
    sync(site, "3", "4")
    with Plugin.open(site.till_dir("3") / "till.toml") as plugin:
        today = utc_text(SystemClock().now())[:10]
        assert redeemed(site, "4") == (today, "3")
        assert isinstance(plugin.sales.void("S3", {}), Receipt)
    sync(site, "3", "4")
    assert redeemed(site, "4") == (None, None)


def redeemed(site: Site, till: str) -> tuple[str | None, str | None]:
    """Return when and where the voucher of the letter was used, as a till knows it."""
    cache = CacheReader.open(site.till_dir(till))
    assert cache is not None
    with cache:
        told = cache.voucher(voucher_hash(CODE))
    assert told is not None
    return told.redeemed_on, told.redeemed_till


def test_void_of_one_of_two_uses_leaves_it_used(site: Site) -> None:
    for till in ("3", "4"):
        sold(site, till, CODE)
    sync(site, "3", "4", "3")
    with Plugin.open(site.till_dir("3") / "till.toml") as plugin:
        plugin.sales.void("S3", {})
        refused = sell(plugin, "S5", CODE)["refused"]
    assert refused == ["voucher_redeemed"]
    sync(site, "3")
    assert at_head_office(site)[0] == "redeemed"


def test_void_makes_it_open_again_at_every_till(site: Site) -> None:
    with Plugin.open(site.till_dir("3") / "till.toml") as plugin:
        sell(plugin, "S3", CODE)
        assert sell(plugin, "S5", CODE)["refused"] == ["voucher_redeemed"]
        plugin.sales.void("S3", {})
    sync(site, "3", "4")
    assert at_head_office(site)[0] == "issued"
    assert sold(site, "4", CODE)["off_minor"] == 500


def test_run_that_is_cancelled_is_blocked_at_tills(site: Site) -> None:
    site.load(voucher=[{**LETTER, "blocked": True}])
    sync(site, "3")
    assert sold(site, "3", CODE)["refused"] == ["voucher_blocked"]
    site.load(voucher=[LETTER])
    sync(site, "4")
    assert sold(site, "4", CODE)["off_minor"] == 500


def test_shop_that_opens_later_knows_what_nobody_holds(site: Site) -> None:
    free = {**MOTIVATION, "code": "FREI5", "customer_bound": False}
    letter = {**LETTER, "id": "F", "type": "FREI5", "code": code_of(7), "customer": None}
    site.load(voucher_type=[free], voucher=[letter])
    site.add_till("9", shop="002")
    sync(site, "9")
    assert sold(site, "9", code_of(7))["off_minor"] == 500


def test_gift_needs_head_office_and_a_cap_ends_with_the_upload(site: Site) -> None:
    codes = {f"V{number}": code_of(100 + number) for number in range(12)}
    rows = [{**LETTER, "id": name, "code": code} for name, code in codes.items()]
    gift = {**LETTER, "id": "G", "type": "GIFT", "code": code_of(1), "customer": None}
    site.load(voucher=[*rows, gift])
    sync(site, "3")
    with Plugin.open(site.till_dir("3") / "till.toml") as plugin:
        assert sell(plugin, "G", code_of(1))["refused"] == ["voucher_needs_online"]
        answers = [sell(plugin, name, code) for name, code in codes.items()]
        assert [one["off_minor"] for one in answers] == [500] * 10 + [0, 0]
        assert answers[10]["refused"] == ["voucher_offline_cap"]
        sync(site, "3")
        assert sell(plugin, "later", codes["V10"])["off_minor"] == 500
