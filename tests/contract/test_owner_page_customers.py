"""What the owner's page changes about a customer reaches the tills of the shop, and the log."""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, Any

import pytest
from head_office_site import ANNA, ARTICLE, PROGRAM, Site
from owner_page import add_people, text_of, visitor
from sqlalchemy import func, select
from till_builder import card_number

from head_office import audit
from head_office.storage import voucher
from pos_plugin import Plugin, Receipt, Refused, Scanned
from pos_plugin.clock import utc_text
from sync_agent.agent import Agent
from sync_agent.settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from owner_page import Visitor

CARD, OTHER = card_number(1), card_number(2)
SORRY = {
    "code": "KULANZ",
    "legal_kind": "promo",
    "effect": {"kind": "value", "minor": 1000, "label": {"de": "Kulanz", "en": "Goodwill"}},
    "conditions": {"text": {"de": "Ab sofort.", "en": "At once."}},
    "validity": {"days": 30},
    "layout": {"title": {"de": "Entschuldigung", "en": "Sorry"}},
}
GIFT = SORRY | {
    "code": "GIFT",
    "legal_kind": "gift_mpv",
    "customer_bound": False,
    "effect": {"kind": "value", "label": {"de": "Geschenk", "en": "Gift"}},
}
YOUNG = {"id": "K2", "number": "2", "name": "Tim", "home_shop": "001", "birthday_on": "2020-01-01"}


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path)
    site.load(
        program=[PROGRAM],
        article=[ARTICLE],
        voucher_type=[SORRY, GIFT],
        customer=[ANNA | {"segments": ["abc:C", "stammkunde"]}, YOUNG],
        card=[{"code": CARD, "customer": "K1"}, {"code": OTHER, "customer": "K2"}],
    )
    add_people(site, "olga")
    with site.served() as url:
        site.url = url
        site.add_till("3")
        sync(site)
        yield site


@pytest.fixture
def owner(site: Site) -> Iterator[Visitor]:
    with visitor(site.url, "olga") as owner:
        owner.get("/customer?id=K1")
        yield owner


def sync(site: Site) -> None:
    with Agent(read_settings(site.till_dir() / "till.toml"), site.clock) as agent:
        agent.cycle()
        assert agent.status.problems == {}
        assert agent.status.unreachable is None


def scanned(site: Site, code: str = CARD) -> Any:
    """What the till says about a card after it has heard head office."""
    sync(site)
    with Plugin.open(site.till_dir() / "till.toml") as plugin:
        return plugin.identify(card=code)


def panel(site: Site) -> dict[str, Any]:
    found = scanned(site)
    assert isinstance(found, Scanned), found
    assert found.panel is not None
    return found.panel


def newest(site: Site) -> tuple[str, str, str, dict[str, Any]]:
    with site.database() as database, database.read() as connection:
        (one,) = audit.newest(connection, rows_max=1)
    return one.user, one.action, one.subject, one.detail


def given(site: Site) -> int:
    with site.database() as database, database.read() as connection:
        return int(connection.execute(select(func.count()).select_from(voucher)).scalar_one())


def order(owner: Visitor) -> str:
    found = re.search(r'name="order" value="([^"]+)"', owner.get("/customer?id=K1").text)
    assert found is not None
    return found[1]


def give(owner: Visitor, **fields: str) -> Any:
    asked = {"id": "K1", "order": order(owner), "type": "KULANZ", "value": "", "last_on": ""}
    return owner.post("/customer/voucher", **(asked | {"reason": "Naht geplatzt"} | fields))


def test_a_voucher_given_on_the_page_is_redeemed_at_the_till(site: Site, owner: Visitor) -> None:
    said = text_of(give(owner))
    assert "Gegeben: Kulanz · 10,00 €, gilt bis" in said
    code = re.search(r"Code ([0-9A-Z -]+)\.", said)
    assert code is not None
    assert [one["type"] for one in panel(site)["vouchers"]] == ["KULANZ"]
    line = {"line_id": "1", "sku": "4711", "quantity_milli": 1000, "unit_price_minor": 7999,
            "vat_rate_bp": 1900}  # fmt: skip
    sale = {"sale_id": "S", "at": utc_text(site.clock.now()), "customer": {"id": "K1"},
            "codes": [{"code": code[1]}], "lines": [line]}  # fmt: skip
    with Plugin.open(site.till_dir() / "till.toml") as plugin:
        assert plugin.sales.evaluate(sale).to_dict()["voucher_discount_minor"] == 1000
        assert isinstance(plugin.sales.complete("S", {}), Receipt)
    sync(site)
    assert "Kulanz eingelöst" in text_of(owner.get("/customer?id=K1"))
    user, action, _, detail = newest(site)
    assert (user, action) == ("olga", "voucher.issued")
    assert detail["reason"] == "Naht geplatzt"
    assert code[1] not in str(detail)
    assert "Gutschein gegeben" in text_of(owner.get("/log"))


def test_a_voucher_by_value_has_this_value_and_its_last_day(site: Site, owner: Visitor) -> None:
    last_on = (site.clock.now() + dt.timedelta(days=400)).date()
    said = text_of(give(owner, type="GIFT", value="12,50", last_on=last_on.isoformat()))
    assert f"Gegeben: Geschenk · 12,50 €, gilt bis {last_on:%d.%m.%Y}" in said
    assert [one["balance_minor"] for one in panel(site)["vouchers"]] == [1250]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"reason": ""}, "Bitte ausfüllen."),
        ({"value": "zwölf"}, "Bitte eine Zahl wie 12 oder 12,50"),
        ({"type": "GIFT"}, "Diese Art hat keinen eigenen Wert"),
        ({"type": "NEIN"}, "Bitte etwas auswählen."),
        ({"last_on": "2020-01-01"}, "Der letzte Tag ist schon vorbei"),
        ({"last_on": "9999-12-31"}, "zu weit weg"),
    ],
)
def test_what_cannot_be_given_is_said_beside_the_form(
    site: Site, owner: Visitor, fields: dict[str, str], said: str
) -> None:
    answer = give(owner, **fields)
    assert answer.status_code == 422
    assert said in text_of(answer)
    assert "Naht geplatzt" in answer.text or "reason" in fields
    assert given(site) == 0


def test_an_order_that_is_sent_twice_gives_one_voucher(site: Site, owner: Visitor) -> None:
    once = order(owner)
    assert "Gegeben" in text_of(give(owner, order=once))
    assert "Nur einmal gegeben" in text_of(give(owner, order=once))
    assert given(site) == 1
    assert "Gegeben" in text_of(give(owner))  # the control: another order is another voucher
    assert given(site) == 2


def test_groups_and_instant_discount_reach_the_till(site: Site, owner: Visitor) -> None:
    owner.post("/customer/change", id="K1", groups=["stammkunde", "vip, abc:A"], rate="7,5")
    said = text_of(owner.last)
    assert "Gruppen Klasse C, stammkunde, vip" in said
    assert "Sofort-Rabatt 7,5 %" in said
    assert panel(site)["instant_discount_bp"] == 750
    with Plugin.open(site.till_dir() / "till.toml") as plugin:
        assert plugin.identify(card=CARD)
    _, action, subject, detail = newest(site)
    assert (action, subject, detail["groups"]) == ("customer.changed", "K1", ["stammkunde", "vip"])
    assert owner.post("/customer/change", id="K1", rate="101").status_code == 422
    assert panel(site)["instant_discount_bp"] == 750


def test_a_blocked_customer_is_none_at_the_till(site: Site, owner: Visitor) -> None:
    owner.post("/customer/change", id="K1", is_blocked="1")
    assert "Anna gesperrt" in text_of(owner.last)
    assert isinstance(scanned(site), Refused)
    owner.post("/customer/change", id="K1")
    assert isinstance(scanned(site), Scanned)


def card_on(owner: Visitor) -> str:
    found = re.search(r'name="card" value="([0-9a-f]+)"', owner.get("/customer?id=K1").text)
    assert found is not None
    return found[1]


def test_a_lost_card_is_refused_and_comes_back(site: Site, owner: Visitor) -> None:
    card = card_on(owner)
    owner.post("/customer/card", id="K1", card=card, status="lost")
    assert "Hauptkarte verloren" in text_of(owner.last)
    assert isinstance(scanned(site), Refused)
    again = owner.post("/customer/card", id="K1", card=card, status="blocked")
    assert "Nicht geschehen" in text_of(again)
    owner.post("/customer/card", id="K1", card=card, status="active")
    assert isinstance(scanned(site), Scanned)
    assert newest(site)[1] == "card.changed"


def test_a_card_of_somebody_else_is_not_there(site: Site, owner: Visitor) -> None:
    card = card_on(owner)
    for customer in ("K2", "K9", "", "\x00"):
        answer = owner.post("/customer/card", id=customer, card=card, status="lost")
        assert answer.status_code == 404, customer
    assert owner.post("/customer/card", id="K1", card="0" * 32, status="lost").status_code == 404
    assert isinstance(scanned(site), Scanned)


PAPER = {"purpose": "marketing", "channel": "email", "text_id": "werbung", "text_revision": "2",
         "form_number": "F-17"}  # fmt: skip


def consents(site: Site) -> set[tuple[str, str, str]]:
    return {(one["purpose"], one["channel"], one["status"]) for one in panel(site)["consents"]}


def test_a_consent_is_entered_and_withdrawn_for_every_till(site: Site, owner: Visitor) -> None:
    owner.post("/customer/consent", id="K1", **PAPER)
    assert "Werbung E-Mail erteilt" in text_of(owner.last)
    assert consents(site) == {("marketing", "email", "given")}
    assert newest(site)[1] == "consent.given"
    assert newest(site)[3]["form_number"] == "F-17"
    place = {"id": "K1", "purpose": "marketing", "channel": "email"}
    owner.post("/customer/consent/withdraw", **place)
    assert "Werbung E-Mail widerrufen" in text_of(owner.last)
    assert consents(site) == {("marketing", "email", "withdrawn")}
    assert "Nicht geschehen" in text_of(owner.post("/customer/consent/withdraw", **place))
    owner.post("/customer/consent", id="K1", **PAPER)
    assert consents(site) == {("marketing", "email", "given")}


def test_nobody_agrees_without_proof_or_below_the_age(site: Site, owner: Visitor) -> None:
    for missing in ("text_id", "text_revision", "form_number"):
        answer = owner.post("/customer/consent", id="K1", **(PAPER | {missing: ""}))
        assert (answer.status_code, "Bitte ausfüllen." in answer.text) == (422, True), missing
    for odd in ({"purpose": "spam"}, {"channel": "fax"}):
        assert owner.post("/customer/consent", id="K1", **(PAPER | odd)).status_code == 422
    answer = owner.post("/customer/consent", id="K2", **PAPER)
    assert "Unter 16 Jahren" in text_of(answer)
    assert consents(site) == set()


def test_a_withdrawal_at_a_till_that_was_offline_still_counts(site: Site, owner: Visitor) -> None:
    owner.post("/customer/consent", id="K1", **PAPER)
    sync(site)
    with Plugin.open(site.till_dir() / "till.toml") as plugin:
        said = {"request_id": "1", "customer": "K1", "purpose": "marketing", "channel": "email",
                "status": "withdrawn"}  # fmt: skip
        assert isinstance(plugin.customers.consent(said), Receipt)
    sync(site)
    assert "Werbung E-Mail widerrufen" in text_of(owner.get("/customer?id=K1"))


def test_a_customer_who_is_not_there_cannot_be_changed(site: Site, owner: Visitor) -> None:
    before = newest(site)
    for path in ("voucher", "change", "card", "consent", "consent/withdraw"):
        for customer in ("K9", "", "\x00", "<script>"):
            answer = owner.post(f"/customer/{path}", id=customer, **PAPER, reason="x")
            assert answer.status_code == 404, (path, customer)
    assert newest(site) == before
