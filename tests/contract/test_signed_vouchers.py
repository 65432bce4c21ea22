"""Signed voucher codes: made at head office, believed by tills that never heard of them (C2)."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any

import pytest
from head_office_site import ANNA, Site
from processes import stammkunde
from sqlalchemy import func, select
from till_builder import voucher_promotion

from head_office import signed_vouchers
from head_office.errors import LoadError
from head_office.intake.exceptions import noted
from head_office.signed_vouchers import Wanted
from head_office.storage import voucher
from head_office.vouchers import DOUBLE_REDEMPTION
from pos_plugin import Plugin, Receipt
from pos_plugin.clock import SettableClock, SystemClock, utc_text
from pos_plugin.loyalty.signed_code import read_signed
from sync_agent.agent import Agent
from sync_agent.settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TODAY = SystemClock().now().date()
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
COUPON = {
    "code": "TREUE5",
    "legal_kind": "promo",
    "effect": {"label": {"de": "5 EUR", "en": "5 EUR"}},
    **OFFER,
}
GIFT = {**MOTIVATION, "code": "GIFT", "legal_kind": "gift_mpv", "customer_bound": False}
BERTA = {**ANNA, "id": "K2", "number": "2", "name": "Berta"}


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    """Two tills that have synchronised once and never will again, unless a test says so."""
    site = Site(tmp_path)
    site.publish(voucher_promotion())
    site.load(voucher_type=[MOTIVATION, COUPON, GIFT], customer=[ANNA, BERTA])
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


def make(site: Site, kind: str = "MOTIV5", *customers: str | None, **terms: Any) -> dict[str, Any]:
    """Let head office make one signed voucher for each customer; return the first."""
    out = site.folder / f"codes-{SystemClock().now().timestamp()}.jsonl"
    with site.database() as database:
        wanted = Wanted(type=kind, customers=customers or ("K1",), **terms)
        signed_vouchers.make(database, wanted, out, on=TODAY)
    found: dict[str, Any] = json.loads(out.read_text("utf-8").splitlines()[0])
    return found


def sell(
    plugin: Plugin,
    sale_id: str,
    *codes: str,
    customer: str | None = "K1",
    at: dt.datetime | None = None,
) -> tuple[int, list[str]]:
    """Sell for 50.00 with codes; return what came off in cents, and why codes were refused."""
    line = {
        "line_id": "1",
        "sku": "4711",
        "quantity_milli": 1000,
        "unit_price_minor": 5000,
        "vat_rate_bp": 1900,
    }
    evaluation = plugin.sales.evaluate(
        {
            "sale_id": sale_id,
            "at": utc_text(at or SystemClock().now()),
            "customer": {"id": customer} if customer else None,
            "codes": [{"code": code} for code in codes],
            "lines": [line],
        }
    )
    assert isinstance(plugin.sales.complete(sale_id, {}), Receipt)
    answer: dict[str, Any] = evaluation.to_dict()
    refused = [one["reason"] for one in answer["effects"] if one["kind"] == "rejected"]
    paid_minor = answer["total_minor"] - answer["voucher_discount_minor"]
    return 5000 - paid_minor, refused


def sold(
    site: Site, till: str, *codes: str, customer: str | None = "K1", sale_id: str = "S"
) -> tuple[int, list[str]]:
    with Plugin.open(site.till_dir(till) / "till.toml") as plugin:
        return sell(plugin, sale_id, *codes, customer=customer)


def at_head_office(site: Site, one: str) -> tuple[str, list[str]]:
    with site.database() as database, database.read() as connection:
        state = connection.execute(select(voucher.c.state).where(voucher.c.id == one)).scalar_one()
        return state, [found.kind for found in noted(connection)]


@pytest.mark.capability("C2")
@pytest.mark.parametrize("kind", ["MOTIV5", "TREUE5"])
def test_till_that_never_heard_of_it_redeems_it_and_it_is_gone(site: Site, kind: str) -> None:
    made = make(site, kind)
    with Plugin.open(site.till_dir("3") / "till.toml") as plugin:
        scanned = plugin.scan(made["signed_code"]).to_dict()
        assert (scanned["kind"], scanned["code"]) == ("voucher", made["signed_code"])
        # The control: its own symbols alone say nothing to this till.
        assert sell(plugin, "typed", made["code"]) == (0, ["voucher_unknown"])
        assert sell(plugin, "signed", made["signed_code"]) == (500, [])
    sync(site, "3")
    # What the customer's app reads from.
    assert at_head_office(site, made["id"]) == ("redeemed", [])
    sync(site, "4")
    assert sold(site, "4", made["signed_code"]) == (0, ["voucher_redeemed"])
    assert sold(site, "4", made["code"], sale_id="T") == (0, ["voucher_redeemed"])


@pytest.mark.capability("C2")
def test_one_till_takes_it_once(site: Site) -> None:
    code = make(site)["signed_code"]
    assert sold(site, "3", code, code.lower()) == (500, [])
    # Also after a restart, and whatever its file of customers says.
    assert sold(site, "3", code, sale_id="again") == (0, ["voucher_redeemed"])
    with Plugin.open(site.till_dir("3") / "till.toml") as plugin:
        plugin.sales.void("S", {})
        assert sell(plugin, "third", code) == (500, [])


@pytest.mark.capability("C2")
def test_both_codes_of_one_voucher_are_one(site: Site) -> None:
    made = make(site, "MOTIV5", valid_to_on=TODAY)
    sync(site, "3")
    assert sold(site, "3", made["code"], made["signed_code"]) == (500, [])


@pytest.mark.capability("C2")
def test_it_is_of_its_customer_and_of_its_days(site: Site) -> None:
    code = make(site)["signed_code"]
    over = make(site, "MOTIV5", valid_from_on=TODAY, valid_to_on=TODAY)
    soon = make(site, "MOTIV5", valid_from_on=TODAY + dt.timedelta(days=3))
    anybody = make(site, "GIFT", None)
    assert sold(site, "3", code, customer="K2", sale_id="1") == (0, ["voucher_other_customer"])
    assert sold(site, "3", code, customer=None, sale_id="2") == (0, ["voucher_needs_customer"])
    assert sold(site, "3", soon["signed_code"], sale_id="3") == (0, ["voucher_not_yet_valid"])
    assert sold(site, "3", anybody["signed_code"], sale_id="4") == (0, ["voucher_needs_online"])
    assert sold(site, "3", code, sale_id="5") == (500, [])
    # Its last day counts to closing; the day after it is over.
    assert sold(site, "3", over["signed_code"], sale_id="6") == (500, [])
    late = make(site)["signed_code"]
    then = SystemClock().now() + dt.timedelta(days=31)
    with Plugin.open(site.till_dir("3") / "till.toml", clock=SettableClock(then)) as plugin:
        assert sell(plugin, "7", late, at=then) == (0, ["voucher_expired"])


@pytest.mark.capability("C2")
def test_altered_codes_and_codes_of_another_head_office_are_unknown(
    site: Site, tmp_path: Path
) -> None:
    code = make(site)["signed_code"]
    other = Site(tmp_path / "other")
    other.load(voucher_type=[MOTIVATION], customer=[ANNA])
    forged = make(other)["signed_code"]
    # A digit of its value: 5.00 becomes something else.
    place = 22
    altered = code[:place] + ("A" if code[place] != "A" else "B") + code[place + 1 :]
    assert read_signed(altered) is not None
    assert sold(site, "3", altered, forged) == (0, ["voucher_unknown"] * 2)
    assert sold(site, "3", code, sale_id="control") == (500, [])


@pytest.mark.capability("C2")
def test_two_tills_without_a_network_are_two_receipts_and_one_exception(site: Site) -> None:
    made = make(site)
    for till in ("3", "4"):
        assert sold(site, till, made["signed_code"]) == (500, [])
    sync(site, "3", "4")
    assert at_head_office(site, made["id"]) == ("redeemed", [DOUBLE_REDEMPTION])


@pytest.mark.capability("C2")
def test_what_the_till_was_told_counts_more_than_the_code(site: Site) -> None:
    made = make(site)
    blocked = {name: made[name] for name in ("id", "type", "customer", "value_minor")}
    days = {name: made[name] for name in ("valid_from_on", "valid_to_on")}
    site.load(voucher=[{**blocked, **days, "code": made["code"], "blocked": True}])
    sync(site, "3")
    assert sold(site, "3", made["signed_code"]) == (0, ["voucher_blocked"])
    # A till without that row could not know: the price of offline, bounded by its caps.
    assert sold(site, "4", made["signed_code"]) == (500, [])


@pytest.mark.capability("C2")
def test_offline_caps_bound_what_signed_codes_give(site: Site) -> None:
    codes = [make(site)["signed_code"] for _ in range(11)]
    with Plugin.open(site.till_dir("3") / "till.toml") as plugin:
        answers = [sell(plugin, f"S{number}", code) for number, code in enumerate(codes)]
    assert answers == [(500, [])] * 10 + [(0, ["voucher_offline_cap"])]


def test_a_till_can_block_what_it_only_knows_by_its_code(site: Site) -> None:
    made = make(site)
    with Plugin.open(site.till_dir("3") / "till.toml") as plugin:
        blocked = plugin.vouchers.block({"request_id": "B1", "code": made["signed_code"]})
        assert isinstance(blocked, Receipt)
        assert sell(plugin, "S", made["signed_code"]) == (0, ["voucher_blocked"])
    sync(site, "3")
    assert at_head_office(site, made["id"])[0] == "blocked"


@pytest.mark.parametrize(
    ("kind", "customer", "terms", "where"),
    [
        ("NONE", "K1", {}, "type"),
        ("MOTIV5", "K9", {}, "voucher 1.customer"),
        ("TREUE5", "K1", {"value_minor": 500}, "value_minor"),
        ("MOTIV5", "K1", {"valid_to_on": TODAY - dt.timedelta(days=1)}, "valid_to_on"),
        ("MOTIV5", "K1", {"valid_to_on": dt.date(2180, 1, 1)}, "valid_to_on"),
    ],
)
def test_what_cannot_be_made_issues_nothing(
    site: Site, kind: str, customer: str, terms: dict[str, Any], where: str
) -> None:
    with pytest.raises(LoadError) as refused:
        make(site, kind, customer, **terms)
    assert refused.value.where == where
    with site.database() as database, database.read() as connection:
        assert connection.execute(select(func.count()).select_from(voucher)).scalar_one() == 0


def test_the_command_writes_codes_once(site: Site, tmp_path: Path) -> None:
    holders = tmp_path / "holders.txt"
    holders.write_text("K1\nK2\n", encoding="utf-8")
    out = tmp_path / "codes.jsonl"
    command = ("head-office", "sign-vouchers", "MOTIV5", "--data", site.data, "--out", out)
    assert stammkunde(*command).returncode == 2
    done = stammkunde(*command, "--customers", holders, "--to-on", "2099-12-31")
    assert (done.returncode, done.stdout) == (0, f"2 vouchers of kind MOTIV5. Codes: {out}\n")
    made = [json.loads(line) for line in out.read_text("utf-8").splitlines()]
    assert [(one["customer"], one["valid_to_on"]) for one in made] == [
        ("K1", "2099-12-31"),
        ("K2", "2099-12-31"),
    ]
    assert sold(site, "3", made[1]["signed_code"], customer="K2") == (500, [])
    again = stammkunde(*command, "--number", "1")
    assert again.returncode == 2
    assert "exists" in again.stderr
    wrong = stammkunde(
        "head-office", "sign-vouchers", "NONE", "--data", site.data,
        "--out", tmp_path / "none.jsonl", "--number", "1",
    )  # fmt: skip
    assert wrong.returncode == 2
    assert not (tmp_path / "none.jsonl").exists()
