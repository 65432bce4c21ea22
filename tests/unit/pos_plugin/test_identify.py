"""Who the customer is without the card: the panel, or a short list; never a guess."""

from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Any

import pytest
from till_builder import CARD_KEY, TillBuilder

from pos_plugin import Found, Refusal, Refused, SaleError, Scanned
from pos_plugin.identify import LISTED_MAX
from pos_plugin.search_keys import email_hash

if TYPE_CHECKING:
    from pathlib import Path

CARD = "2900000123458"


@pytest.fixture
def till(tmp_path: Path) -> TillBuilder:
    till = TillBuilder(tmp_path / "till")
    till.program()
    people = [
        ("K1", "Anna Müller", "1980-12-24", "0170 1234567", "anna@example.org"),
        ("K2", "Bernd Weiß", None, "089 98765", "weiss@example.org"),
        ("K3", "Carla Weiß", "1975-01-31", "089 98765", None),
    ]
    for customer, name, birthday_on, _phone, _email in people:
        card = CARD if customer == "K1" else None
        till.customer(
            customer, name=name, birthday_on=birthday_on, card=card, number=f"N-{customer}"
        )
    till.put("customer_search", **contact("K1", ["491701234567"], "anna@example.org"))
    till.put("customer_search", **contact("K2", ["498998765"], "weiss@example.org"))
    till.put("customer_search", **contact("K3", ["498998765"]))
    return till


def contact(customer: str, phones: list[str], email: str | None = None) -> dict[str, Any]:
    hashes = [email_hash(email, CARD_KEY)] if email else []
    return {"customer": customer, "phones": phones, "email_hashes": hashes}


@pytest.mark.parametrize(
    "asked",
    [
        {"card": f"{CARD[:4]} {CARD[4:]}"},
        {"customer": "K1"},
        {"number": "nk1"},
        {"phone": "+49 (0) 170 / 12 345 67"},
        {"email": "ANNA@example.org"},
        {"name": "müller an"},
        {"name": "ANNA"},
    ],
)
def test_one_customer_comes_with_the_panel(till: TillBuilder, asked: dict[str, str]) -> None:
    with till.open() as plugin:
        found = plugin.identify(**asked)
        scanned = plugin.scan(CARD)
    assert isinstance(found, Scanned)
    assert isinstance(scanned, Scanned)
    assert found.panel == scanned.panel
    assert found.customer == scanned.customer
    assert found.kind == ("card" if "card" in asked else "customer")
    if found.kind == "customer":
        assert found.code == "N-K1"


def test_customer_found_buys_like_one_with_a_card(till: TillBuilder) -> None:
    with till.open() as plugin:
        found = plugin.identify(phone="01701234567")
        assert isinstance(found, Scanned)
        snapshot = {
            "sale_id": "S1",
            "at": till.clock.now().isoformat(),
            "customer": found.customer,
            "lines": [
                {"line_id": "1", "sku": "4711", "quantity_milli": 1000, "unit_price_minor": 500}
            ],
        }
        plugin.sales.evaluate(snapshot)
        receipt = plugin.sales.complete("S1", {})
        assert not isinstance(receipt, Refused)


@pytest.mark.parametrize("asked", [{"phone": "089/98765"}, {"name": "weiss"}, {"name": "Weiß"}])
def test_several_are_a_list_that_tells_them_apart(till: TillBuilder, asked: Any) -> None:
    with till.open() as plugin:
        found = plugin.identify(**asked)
        assert isinstance(found, Found)
        assert found.to_dict() == {
            "kind": "customers",
            "customers": [
                {
                    "id": "K2",
                    "number": "N-K2",
                    "name": "Bernd Weiß",
                    "birthday": None,
                    "home_shop": "001",
                },
                {
                    "id": "K3",
                    "number": "N-K3",
                    "name": "Carla Weiß",
                    "birthday": "01-31",
                    "home_shop": "001",
                },
            ],
            "more": False,
        }
        chosen = plugin.identify(customer="K3")
    assert isinstance(chosen, Scanned)
    assert chosen.panel is not None
    assert chosen.panel["name"] == "Carla Weiß"
    assert "1975" not in json.dumps(found.to_dict())


@pytest.mark.parametrize(
    "asked",
    [
        {"customer": "K9"},
        {"number": "9"},
        {"phone": "0170 7654321"},
        {"phone": "nie"},
        {"email": "bernd@example.org"},
        {"email": "anna"},
        {"name": "Zacharias"},
        {"name": " - "},
        {"name": "anna weiß"},
    ],
)
def test_nobody_found_is_refused(till: TillBuilder, asked: dict[str, str]) -> None:
    with till.open() as plugin:
        assert plugin.identify(**asked) == Refused(Refusal.CUSTOMER_UNKNOWN)


def test_blocked_customer_is_offered_by_nothing(till: TillBuilder) -> None:
    till.customer("K1", name="Anna Müller", number="N-K1", status="blocked")
    with till.open() as plugin:
        for asked in ({"customer": "K1"}, {"number": "N-K1"}, {"phone": "01701234567"}):
            assert plugin.identify(**asked) == Refused(Refusal.CUSTOMER_UNKNOWN)
        assert plugin.identify(card=CARD) == Refused(Refusal.CARD_BLOCKED)
        assert plugin.identify(card="2900000000017") == Refused(Refusal.CARD_UNKNOWN)


def test_list_is_short_and_says_that_there_are_more(till: TillBuilder) -> None:
    till.apply(
        *(
            ("customer", {**ROW, "id": f"M{n:02}", "name": f"Maria {n:02}", "number": str(n)})
            for n in range(LISTED_MAX + 1)
        )
    )
    with till.open() as plugin:
        found = plugin.identify(name="maria")
        assert isinstance(found, Found)
        assert (len(found.customers), found.more) == (LISTED_MAX, True)
        assert isinstance(plugin.identify(name="maria 10"), Scanned)
        ten = plugin.identify(name="maria 0")
        assert isinstance(ten, Found)
        assert (len(ten.customers), ten.more) == (10, False)


ROW: dict[str, Any] = {
    "birthday_on": None,
    "home_shop": "001",
    "status": "active",
    "instant_discount_bp": 0,
    "discount_group": None,
    "tier": None,
    "segment_bits": 0,
    "limit_left_minor": None,
}


def test_till_without_a_cache_knows_nobody(tmp_path: Path) -> None:
    with TillBuilder(tmp_path / "till").open() as plugin:
        assert plugin.identify(name="anna") == Refused(Refusal.CUSTOMER_UNKNOWN)
        assert plugin.identify(customer="K1") == Refused(Refusal.CUSTOMER_UNKNOWN)


@pytest.mark.parametrize(
    ("asked", "code", "where"),
    [
        ({}, "missing", "identify"),
        ({"name": "anna", "phone": "089"}, "out_of_range", "identify"),
        ({"name": 7}, "wrong_type", "identify.name"),
        ({"name": "x" * 201}, "limit", "identify.name"),
        ({"email": "\ud800@example.org"}, "out_of_range", "identify.email"),
    ],
)
def test_what_is_no_question_is_named(till: TillBuilder, asked: Any, code: str, where: str) -> None:
    with till.open() as plugin:
        with pytest.raises(SaleError) as caught:
            plugin.identify(**asked)
        assert (caught.value.code, caught.value.where) == (code, where)


def test_hostile_questions_find_nobody(till: TillBuilder) -> None:
    dice = random.Random(3)  # noqa: S311
    alphabet = "*?[]%_'\"\\\x00 ^-äßn\u202e\U0010ffff"
    with till.open() as plugin:
        for way in ("customer", "number", "phone", "email", "name"):
            for _ in range(30):
                text = "".join(dice.choices(alphabet, k=dice.randrange(1, 12)))
                answer = plugin.identify(**{way: f"qx{text}"})
                assert answer == Refused(Refusal.CUSTOMER_UNKNOWN), (way, text)
