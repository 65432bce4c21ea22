"""Customers made and changed at the counter, with the warning who it may already be."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import apsw
import pytest
from till_builder import CARD_KEY, TillBuilder

from pos_plugin import Found, Receipt, Refusal, Refused, SaleError, Scanned
from pos_plugin.search_keys import email_hash

if TYPE_CHECKING:
    from pathlib import Path

    from pos_plugin import Plugin

ANNA = {
    "name": "Anna Müller-Weiß",
    "phone": "0170 / 123 45 67",
    "email": "Anna@Example.org",
    "birthday_on": "1980-02-29",
    "language": "de",
    "cashier": "17",
}


@pytest.fixture
def till(tmp_path: Path) -> TillBuilder:
    return TillBuilder(tmp_path / "till")


def create(plugin: Plugin, request: str = "1", **more: Any) -> str:
    made = plugin.customers.create({"request_id": request, **ANNA, **more})
    assert isinstance(made, Receipt), made
    return str(made.values["customer"])


def events(till: TillBuilder, kind: str) -> list[dict[str, Any]]:
    journal = apsw.Connection(str(till.data_dir / "journal.db"), flags=apsw.SQLITE_OPEN_READONLY)
    lines = [
        json.loads(line)
        for (line,) in journal.execute("SELECT line FROM event WHERE kind = ?", (kind,))
    ]
    journal.close()
    return lines


@pytest.mark.capability("K1")
@pytest.mark.parametrize(
    "asked",
    [
        {"name": "mueller weiss"},
        {"name": "ANNA"},
        {"phone": "+49 170 1234567"},
        {"email": "anna@example.org"},
        {"birthday": "1980-02-29"},
        {"number": "3-000001"},
    ],
)
def test_new_customer_is_found_at_once_and_offline(
    till: TillBuilder, asked: dict[str, str]
) -> None:
    with till.open() as plugin:
        customer = create(plugin)
        found = plugin.identify(**asked)
    assert isinstance(found, Scanned)
    assert found.customer is not None
    assert found.customer["id"] == customer
    assert found.panel is not None
    assert found.panel["name"] == "Anna Müller-Weiß"


@pytest.mark.capability("K1")
def test_company_needs_no_birthday(till: TillBuilder) -> None:
    with till.open() as plugin:
        made = plugin.customers.create(
            {"request_id": "1", "name": "Weiß & Söhne GmbH", "kind": "company"}
        )
        assert isinstance(made, Receipt)
        found = plugin.identify(name="weiss soehne")
    assert isinstance(found, Scanned)
    assert "birthday" not in (found.customer or {})
    (event,) = events(till, "customer_created")
    assert event["body"]["kind"] == "company"
    assert event["body"]["home_shop"] == event["body"]["created_shop"] == "001"


@pytest.mark.capability("K1")
def test_two_tills_offline_never_give_the_same_id_or_number(tmp_path: Path) -> None:
    made: set[tuple[str, str]] = set()
    for number in ("3", "30", "4"):
        till = TillBuilder(tmp_path / number)
        text = till.config_path.read_text(encoding="utf-8").replace('"3"', f'"{number}"')
        till.config_path.write_text(text, encoding="utf-8")
        with till.open() as plugin:
            for request in range(20):
                receipt = plugin.customers.create(
                    {"request_id": str(request), "name": f"Kunde {request}"}
                )
                assert isinstance(receipt, Receipt)
                made.add((receipt.values["customer"], receipt.values["number"].replace("-", "")))
    assert len({customer for customer, _ in made}) == 60
    assert len({number for _, number in made}) == 60


@pytest.mark.capability("K1")
@pytest.mark.parametrize("name", ["3", "k1"])
def test_number_of_head_office_is_not_given_again(till: TillBuilder, name: str) -> None:
    settings = till.config_path.read_text(encoding="utf-8")
    till.config_path.write_text(settings.replace('till = "3"', f'till = "{name}"'), "utf-8")
    till.customer("K1", number=f"{name}-000001")
    with till.open() as plugin:
        made = plugin.customers.create({"request_id": "1", "name": "Neu"})
    assert isinstance(made, Receipt)
    assert made.values["number"] == f"{name}-000002"


@pytest.mark.capability("K1")
def test_at_most_twenty_are_listed(till: TillBuilder) -> None:
    with till.open() as plugin:
        for number in range(22):
            create(plugin, str(number), name=f"Anna {number}", confirm_new=True)
        found = plugin.identify(phone=ANNA["phone"])
    assert isinstance(found, Found)
    assert len(found.customers) == 20
    assert found.more


@pytest.mark.capability("K1")
def test_same_request_creates_one_customer(till: TillBuilder) -> None:
    with till.open() as plugin:
        assert create(plugin) == create(plugin)
        other = plugin.customers.create({"request_id": "1", "name": "Bernd"})
    assert other == Refused(Refusal.CONFLICT)
    assert len(events(till, "customer_created")) == 1


@pytest.mark.capability("K1")
def test_names_stand_beside_the_event_and_never_in_it(till: TillBuilder) -> None:
    with till.open() as plugin:
        customer = create(plugin)
        plugin.customers.change({"request_id": "c", "customer": customer, "name": "Anna Schulz"})
    lines = json.dumps(events(till, "customer_created") + events(till, "customer_changed"))
    for personal in ("Anna", "Müller", "1234567", "xample", "1980", "Schulz"):
        assert personal not in lines
    journal = apsw.Connection(str(till.data_dir / "journal.db"), flags=apsw.SQLITE_OPEN_READONLY)
    kept = b"".join(content for (content,) in journal.execute("SELECT bytes FROM event_private"))
    journal.close()
    assert b"Anna Schulz" in kept  # negative control: it is somewhere


@pytest.mark.capability("K1")
def test_change_is_shown_at_once_and_says_the_old_value(till: TillBuilder) -> None:
    till.customer("K1", name="Anna Müller", birthday_on="1980-12-24", number="100")
    with till.open() as plugin:
        done = plugin.customers.change(
            {"request_id": "1", "customer": "K1", "name": "Anna Schulz", "language": "en"}
        )
        assert isinstance(done, Receipt)
        found = plugin.identify(name="schulz")
        assert isinstance(found, Scanned)
        assert found.customer is not None
        assert found.customer["birthday"] == "1980-12-24"  # what was not said stays
        assert plugin.identify(name="müller") == Refused(Refusal.CUSTOMER_UNKNOWN)
        nobody = plugin.customers.change({"request_id": "2", "customer": "K9", "name": "X"})
    assert nobody == Refused(Refusal.CUSTOMER_UNKNOWN)
    (event,) = events(till, "customer_changed")
    assert event["body"]["changes"] == [{"field": "language", "old": None, "new": "en"}]
    assert event["body"]["fields"] == ["name", "language"]


@pytest.mark.capability("K1")
def test_own_change_ends_when_the_rows_of_head_office_include_it(till: TillBuilder) -> None:
    till.customer("K1", name="Anna Müller")
    with till.open() as plugin:
        plugin.customers.change({"request_id": "1", "customer": "K1", "name": "Anna Schulz"})
    (event,) = events(till, "customer_changed")
    till.customer("K1", name="Anna Lehmann")
    with till.open() as plugin:
        assert _name(plugin) == "Anna Schulz"  # not folded: a row that came in between
    till.put("customer_folded", customer="K1", folded=[["3", event["epoch"], event["seq"]]])
    with till.open() as plugin:
        assert _name(plugin) == "Anna Lehmann"
        assert plugin.identify(name="schulz") == Refused(Refusal.CUSTOMER_UNKNOWN)


def _name(plugin: Plugin) -> str:
    found = plugin.identify(customer="K1")
    assert isinstance(found, Scanned)
    assert found.panel is not None
    return str(found.panel["name"])


@pytest.mark.capability("K4")
@pytest.mark.parametrize(
    ("typed", "reasons"),
    [
        ({"name": "Mueller-Weiss Anna", "birthday_on": "1980-02-29"}, ["birthday_name"]),
        ({"name": "Vater", "phone": "+49 170 1234567"}, ["phone"]),
        ({"name": "Anna", "email": "ANNA@example.org"}, ["email"]),
        (
            {
                "name": "Anna Müller-Weiß",
                "birthday_on": "1980-02-29",
                "phone": "01701234567",
                "email": "anna@example.org",
            },
            ["birthday_name", "email", "phone"],
        ),
    ],
)
def test_creating_somebody_known_asks_first(
    till: TillBuilder, typed: dict[str, str], reasons: list[str]
) -> None:
    with till.open() as plugin:
        customer = create(plugin)
        asked = plugin.customers.create({"request_id": "2", **typed})
        assert isinstance(asked, Refused)
        assert asked.code is Refusal.CUSTOMER_DUPLICATE
        (candidate,) = asked.params["candidates"]
        assert candidate["id"] == customer
        assert candidate["reasons"] == reasons
        assert "1980" not in str(candidate["birthday"])
        # The same request goes on when the cashier has looked.
        made = plugin.customers.create({"request_id": "2", **typed, "confirm_new": True})
    assert isinstance(made, Receipt)


@pytest.mark.capability("K4")
def test_warning_looks_into_the_cache_and_lists_ten(till: TillBuilder) -> None:
    for number in range(12):
        till.customer(f"K{number}", name=f"Person {number}")
        till.put(
            "customer_search",
            customer=f"K{number}",
            phones=["491701234567"],
            email_hashes=[email_hash("anna@example.org", CARD_KEY)] if number == 7 else [],
        )
    with till.open() as plugin:
        asked = plugin.customers.create({"request_id": "1", **ANNA})
    assert isinstance(asked, Refused)
    candidates = asked.params["candidates"]
    assert len(candidates) == 10
    assert candidates[0]["id"] == "K7"  # the one with two reasons stands first


@pytest.mark.capability("K4")
def test_father_and_son_with_one_phone_are_two(till: TillBuilder) -> None:
    with till.open() as plugin:
        father = create(plugin, name="Karl Weiß", email=None)
        son = create(
            plugin, "2", name="Karl Weiß", email=None, birthday_on="2005-05-05", confirm_new=True
        )
        found = plugin.identify(name="karl weiss")
    assert father != son
    assert isinstance(found, Found)
    assert {one["birthday"] for one in found.customers} == {"02-29", "05-05"}


@pytest.mark.capability("K4")
def test_stranger_is_created_without_a_question(till: TillBuilder) -> None:
    with till.open() as plugin:
        create(plugin)
        made = plugin.customers.create(
            {"request_id": "2", "name": "Anna Müller-Weiß", "birthday_on": "1990-01-01"}
        )
    assert isinstance(made, Receipt)


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        ({"name": ""}, "customer.name"),
        ({"name": "---"}, "customer.name"),
        ({"phone": "abc"}, "customer.phone"),
        ({"email": "abc"}, "customer.email"),
        ({"birthday_on": "29.02.1980"}, "customer.birthday_on"),
        ({"birthday_on": "2999-01-01"}, "customer.birthday_on"),
        ({"nickname": "x"}, "customer.nickname"),
    ],
)
def test_what_is_no_customer_names_the_place(
    till: TillBuilder, wrong: dict[str, str], where: str
) -> None:
    with till.open() as plugin, pytest.raises(SaleError) as fault:
        plugin.customers.create({"request_id": "1", **ANNA, **wrong})
    assert fault.value.where == where


@pytest.mark.capability("K12")
def test_panel_shows_the_last_purchases_here(till: TillBuilder) -> None:
    till.customer("K1")
    till.article("4711", 1000)
    with till.open() as plugin:
        for number in range(7):
            sale = plugin.begin_sale(f"S{number}")
            found = plugin.identify(customer="K1")
            assert isinstance(found, Scanned)
            sale.add_line(sku="4711", quantity_milli=1000 * (number + 1))
            snapshot = {**sale.snapshot(), "customer": found.customer}
            plugin.sales.evaluate(snapshot)
            plugin.sales.complete(f"S{number}", {"receipt_number": str(number)})
        plugin.sales.void("S6", {})
        panel = plugin.identify(customer="K1")
    assert isinstance(panel, Scanned)
    assert panel.panel is not None
    purchases = panel.panel["last_purchases"]
    assert [one["receipt_number"] for one in purchases] == ["5", "4", "3", "2", "1"]
    assert purchases[0] == {
        "business_on": "2026-03-07",
        "receipt_number": "5",
        "total_minor": 6000,
        "pieces": 6,
        "skus": ["4711"],
    }
