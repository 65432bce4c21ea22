"""Vouchers on the owner's page: found by what a customer can say, blocked for every till."""

from __future__ import annotations

import datetime as dt
import json
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest
from head_office_site import ANNA, PROGRAM, Site
from owner_page import add_people, text_of, visitor
from sqlalchemy import select

from head_office import audit
from head_office.storage import bucket_row, ledger_entry, voucher_fact
from head_office.vouchers import mark, standing
from pos_plugin.clock import utc_text
from pos_plugin.loyalty.signed_code import NO_CUSTOMER, SignedCode, key_tag, type_tag
from pos_plugin.loyalty.voucher_code import code_of, grouped
from sync_agent.agent import Agent
from sync_agent.settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from owner_page import Visitor

CODE = code_of(4711)
KIND = {
    "code": "GIFT",
    "legal_kind": "gift_mpv",
    "customer_bound": False,
    "effect": {"kind": "value", "label": {"de": "Geschenk", "en": "Gift"}},
    "conditions": {"text": {"de": "Ab sofort.", "en": "At once."}},
    "validity": {"days": 1500},
    "layout": {"title": {"de": "Danke", "en": "Thank you"}},
}
GIFT: dict[str, Any] = {
    "id": "GS-1",
    "type": "GIFT",
    "code": CODE,
    "customer": "K1",
    "value_minor": 2500,
    "valid_from_on": "2020-01-01",
    "valid_to_on": "2099-12-31",
}
SIGNED = SignedCode(  # as the QR code of its paper
    key=key_tag("a key"),
    type=type_tag("GIFT"),
    customer=NO_CUSTOMER,
    value_minor=2500,
    valid_from_on=dt.date(2020, 1, 1),
    valid_to_on=dt.date(2099, 12, 31),
    scope="never",
    bits=4711,
    signature=bytes(64),
)
OLD = GIFT | {"id": "GS-2", "code": code_of(4712), "valid_to_on": "2020-12-31", "customer": None}


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path)
    site.load(voucher_type=[KIND], customer=[ANNA], voucher=[GIFT, OLD])
    add_people(site, "olga")
    with site.served() as url:
        site.url = url
        site.add_till("3")
        yield site


@pytest.fixture
def owner(site: Site) -> Iterator[Visitor]:
    with visitor(site.url, "olga") as owner:
        yield owner


def found(owner: Visitor, term: str = "", state: str = "") -> set[str]:
    page = owner.get(f"/vouchers?{urlencode({'term': term, 'state': state})}").text
    return {one for one in ("GS-1", "GS-2") if f">{one}</p>" in page}


def state_at_tills(site: Site) -> list[str]:
    """The state of the first voucher in every bucket that tills read."""
    asked = select(bucket_row.c.row).where(bucket_row.c.table_name == "voucher")
    with site.database() as database, database.read() as connection:
        rows = [json.loads(text) for text in connection.execute(asked).scalars()]
    return [row["state"] for row in rows if row["id"] == "GS-1"]


def test_a_voucher_is_found_by_what_a_customer_can_say(owner: Visitor) -> None:
    for term in ("GS-1", CODE, grouped(CODE), f"{4711:024d}", SIGNED.to_text(), "anna", "K1"):
        assert found(owner, term) == {"GS-1"}, term
    assert found(owner) == found(owner, "GIFT") == {"GS-1", "GS-2"}
    assert "Geschenk · 25,00 € offen bis 31.12.2099 Anna · Zentrale GS-1" in text_of(owner.last)
    assert found(owner, "nobody") == found(owner, "%") == found(owner, code_of(1)) == set()
    assert CODE not in owner.get("/vouchers?term=GS-1").text


def test_vouchers_are_chosen_by_their_state(owner: Visitor) -> None:
    assert found(owner, state="issued") == {"GS-1"}
    assert found(owner, state="expired") == {"GS-2"}
    assert found(owner, state="redeemed") == set()
    assert found(owner, state="nonsense") == {"GS-1", "GS-2"}


def test_blocking_reaches_the_tills_and_the_log(site: Site, owner: Visitor) -> None:
    with Agent(read_settings(site.till_dir() / "till.toml"), site.clock) as agent:
        agent.cycle()
    assert state_at_tills(site) == ["issued"]
    assert "Gesperrt." in text_of(owner.post("/vouchers/block", id="GS-1", blocked="1"))
    assert state_at_tills(site) == ["blocked"]
    assert found(owner, state="blocked") == {"GS-1"}
    assert "Nicht geschehen" in text_of(owner.post("/vouchers/block", id="GS-1", blocked="1"))
    assert "gilt wieder" in text_of(owner.post("/vouchers/block", id="GS-1", blocked="0"))
    assert state_at_tills(site) == ["issued"]
    assert "Nicht geschehen" in text_of(owner.post("/vouchers/block", id="GS-1", blocked="0"))
    with site.database() as database, database.read() as connection:
        rows = audit.newest(connection, rows_max=2)
    assert [(one.user, one.action, one.subject) for one in rows] == [
        ("olga", "voucher.unblocked", "GS-1"),
        ("olga", "voucher.blocked", "GS-1"),
    ]
    assert owner.post("/vouchers/block", id="GS-9", blocked="1").status_code == 404


def test_a_till_that_blocks_later_has_the_last_word(site: Site, owner: Visitor) -> None:
    owner.post("/vouchers/block", id="GS-1", blocked="1")
    owner.post("/vouchers/block", id="GS-1", blocked="0")
    with site.database() as database, database.write() as connection:
        connection.execute(
            voucher_fact.insert().values(
                voucher="GS-1", till="3", epoch=1, seq=1, kind="blocked", lapsed_minor=0,
                occurred_at=utc_text(site.clock.now()),
            )
        )  # fmt: skip
        now = standing(connection, "GS-1")
        assert now is not None
        assert now.state == "blocked"
        assert mark(connection, "GS-1", is_blocked=False)  # a file's word holds after all others
        later = standing(connection, "GS-1")
        assert later is not None
        assert later.state == "issued"
    assert "Gesperrt." in text_of(owner.post("/vouchers/block", id="GS-1", blocked="1"))


def lot(site: Site, customer: str, program: str, delta: int, expires_on: str | None) -> None:
    with site.database() as database, database.write() as connection:
        one = f"{customer}-{program}-{expires_on}"
        connection.execute(
            ledger_entry.insert().values(
                id=one, till="3", epoch=1, seq=1, customer=customer, program=program, kind="earn",
                delta=delta, lot=one, matures_on="2026-01-01", expires_on=expires_on,
                business_on="2026-01-01", occurred_at="2026-01-01T12:00:00.000Z",
                recorded_at="2026-01-01T12:00:00.000Z", detail="{}",
            )
        )  # fmt: skip


def test_what_is_open_is_worth_its_rest(site: Site, owner: Visitor) -> None:
    free = KIND | {"code": "FREE", "legal_kind": "promo"}
    free["effect"] = {"kind": "value", "minor": 500, "label": {"de": "5 EUR"}}
    bonus = {"code": "bonus", "unit": "EUR_MINOR"}
    site.load(
        voucher_type=[free],
        program=[bonus, PROGRAM],
        voucher=[
            GIFT | {"id": "GS-3", "code": code_of(4713), "value_minor": 1000, "blocked": True},
            GIFT | {"id": "GS-4", "code": code_of(4714), "type": "FREE", "value_minor": 500},
        ],
    )
    with site.database() as database, database.write() as connection:
        for seq, (one, amount_minor) in enumerate((("GS-1", 900), ("GS-2", 100)), start=1):
            connection.execute(
                voucher_fact.insert().values(
                    voucher=one, till="3", epoch=1, seq=seq, kind="redeemed", lapsed_minor=0,
                    amount_minor=amount_minor, occurred_at="2026-01-01T12:00:00.000Z",
                )
            )  # fmt: skip
    for customer, delta, expires_on in (
        ("K1", 300, None),
        ("K1", 7000, "2026-01-31"),  # has expired
        ("K2", 400, "2099-12-31"),
        ("K3", -5000, None),  # a debt, which nobody else's money pays
    ):
        lot(site, customer, "bonus", delta, expires_on)
    lot(site, "K1", "points", 120, None)
    said = text_of(owner.get("/liability"))
    # 25 less 9 EUR, 10 EUR blocked, 3 and 4 EUR of bonus; one has expired, one was free.
    assert re.search(r"Am \d\d\.\d\d\.\d{4}: 33,00 € stehen Kunden zu", said), said
    assert "Verkaufter Gutschein 2 26,00 € ja Werbung, kostenlos 1 5,00 € nein" in said
    assert "Bonus 2 7,00 € ja Punkte 1 120 Punkte nein" in said
