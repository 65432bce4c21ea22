"""Cards: before, between and after the lines, blocked, replaced, and those nobody owns yet."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import apsw
import pytest
from till_builder import TillBuilder, card_number, points, unit_discount, voucher_promotion

from pos_plugin import Receipt, Refusal, Refused, Scanned
from pos_plugin.loyalty.provisional import is_provisional

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from pos_plugin import Plugin

CARD = card_number(1)
SECOND = card_number(2)
UNKNOWN = card_number(99)


@pytest.fixture
def till(tmp_path: Path) -> TillBuilder:
    till = TillBuilder(tmp_path / "till")
    till.program()
    members_only = unit_discount("MITGLIED", 1000, when=[{"type": "customer_known"}])
    till.rules(members_only, points())
    till.article("4711", 10_000)
    till.customer("K1", card=CARD, name="Anna")
    till.customer("K2", card=SECOND, name="Bernd")
    return till


def scanned(plugin: Plugin, code: str) -> Scanned:
    found = plugin.scan(code)
    assert isinstance(found, Scanned), found
    return found


def point_balance(plugin: Plugin, **asked: str) -> int:
    found = plugin.identify(**asked)
    assert isinstance(found, Scanned)
    assert found.panel is not None
    (balance,) = found.panel["balances"]
    return int(balance["value"])


@pytest.mark.capability("K2")
@pytest.mark.parametrize("moment", ["before", "between", "after_total", "twice", "second"])
def test_card_counts_whenever_it_is_scanned(till: TillBuilder, moment: str) -> None:
    with till.open() as plugin:
        sale = plugin.begin_sale("S1")
        if moment == "second":
            sale.scan(SECOND)
        if moment in ("before", "twice"):
            sale.scan(CARD)
        sale.scan("4711")
        if moment in ("between", "twice", "second"):
            sale.scan(CARD)
        sale.scan("4711")
        if moment == "after_total":
            assert sale.evaluate().total_minor == 20_000
            sale.scan(CARD)
        assert sale.evaluate().total_minor == 18_000
        assert isinstance(sale.complete(), Receipt)
        assert point_balance(plugin, card=CARD) == 180
        assert point_balance(plugin, card=SECOND) == 0


@pytest.mark.capability("K2")
def test_blocked_card_is_refused_at_once_and_the_sale_goes_on(till: TillBuilder) -> None:
    with till.open() as plugin:
        done = plugin.customers.block_card({"request_id": "1", "code": CARD, "reason": "lost"})
        assert isinstance(done, Receipt)
        assert plugin.scan(CARD) == Refused(Refusal.CARD_BLOCKED)
        unknown = plugin.customers.block_card({"request_id": "2", "code": UNKNOWN})
        assert unknown == Refused(Refusal.CARD_UNKNOWN)
        again = plugin.customers.block_card({"request_id": "1", "code": CARD, "reason": "lost"})
        assert again == done
        # Its owner is still there without the card.
        assert isinstance(plugin.identify(customer="K1"), Scanned)


@pytest.mark.capability("K2")
def test_replacement_keeps_the_balance(till: TillBuilder) -> None:
    new = card_number(3)
    with till.open() as plugin:
        buy(plugin, "S1", CARD)
        assert point_balance(plugin, card=CARD) == 90
        done = plugin.customers.assign_card(
            {"request_id": "1", "customer": "K1", "code": new, "replaces": CARD}
        )
        assert isinstance(done, Receipt)
        assert plugin.scan(CARD) == Refused(Refusal.CARD_BLOCKED)
        assert point_balance(plugin, card=new) == 90


@pytest.mark.capability("K2", "C1")
def test_partner_and_app_cards_lead_to_one_customer(till: TillBuilder) -> None:
    with till.open() as plugin:
        for number, role in ((4, "partner"), (5, "app")):
            done = plugin.customers.assign_card(
                {"request_id": role, "customer": "K1", "code": card_number(number), "role": role}
            )
            assert isinstance(done, Receipt)
            assert (scanned(plugin, card_number(number)).customer or {})["id"] == "K1"


@pytest.mark.capability("K2")
@pytest.mark.parametrize(
    ("request_", "code"),
    [
        ({"customer": "K1", "code": SECOND}, Refusal.CARD_TAKEN),
        ({"customer": "K9", "code": UNKNOWN}, Refusal.CUSTOMER_UNKNOWN),
        ({"customer": "K1", "code": "4711"}, Refusal.CODE_UNKNOWN),
        ({"customer": "K1", "code": UNKNOWN[:-1] + "0"}, Refusal.CODE_UNKNOWN),
        ({"customer": "K1", "code": UNKNOWN, "replaces": SECOND}, Refusal.CARD_UNKNOWN),
    ],
)
def test_card_that_cannot_be_given(
    till: TillBuilder, request_: dict[str, str], code: Refusal
) -> None:
    with till.open() as plugin:
        refused = plugin.customers.assign_card({"request_id": "1", **request_})
    assert isinstance(refused, Refused)
    assert refused.code is code


@pytest.mark.capability("K2")
def test_unknown_card_earns_and_its_owner_gets_it_later(till: TillBuilder) -> None:
    with till.open() as plugin:
        found = scanned(plugin, UNKNOWN)
        assert found.customer is not None
        assert found.panel is not None
        assert is_provisional(found.customer["id"])
        assert [one["code"] for one in found.panel["notices"]] == ["provisional_member"]
        buy(plugin, "S1", UNKNOWN)
        assert point_balance(plugin, card=UNKNOWN) == 90
        buy(plugin, "S2", CARD)
        made = plugin.customers.assign_card(
            {"request_id": "1", "customer": "K1", "code": UNKNOWN, "role": "partner"}
        )
        assert isinstance(made, Receipt)
        assert point_balance(plugin, card=UNKNOWN) == 180
        assert point_balance(plugin, card=CARD) == 180
        purchases = (scanned(plugin, CARD).panel or {})["last_purchases"]
        assert len(purchases) == 2


@pytest.mark.capability("K2")
def test_wrong_check_digit_is_no_member(till: TillBuilder) -> None:
    typed_wrong = UNKNOWN[:-1] + str((int(UNKNOWN[-1]) + 1) % 10)
    with till.open() as plugin:
        refused = plugin.scan(typed_wrong)
        assert isinstance(refused, Refused)
        assert plugin.identify(card=typed_wrong) == Refused(Refusal.CARD_UNKNOWN)


@pytest.mark.capability("K8")
@pytest.mark.parametrize(
    ("customer_bp", "card_bp", "group_bp", "paid_minor"),
    [(500, 0, 0, 9_500), (0, 700, 0, 9_300), (0, 0, 1000, 9_000), (500, 700, 1000, 9_000)],
)
def test_instant_discount_of_customer_card_or_group(
    tmp_path: Path, customer_bp: int, card_bp: int, group_bp: int, paid_minor: int
) -> None:
    till = instant(tmp_path, customer_bp=customer_bp, card_bp=card_bp, group_bp=group_bp)
    with till.open() as plugin:
        sale = plugin.begin_sale("S1")
        sale.scan("4711")
        assert sale.evaluate().total_minor == 10_000
        sale.scan(CARD)  # after the total
        assert sale.evaluate().total_minor == paid_minor
        # Without the card its own rate is not known; customer and group are.
        found = plugin.identify(customer="K1")
        assert isinstance(found, Scanned)
        rate_bp = (found.customer or {})["instant_discount_bp"]
    assert rate_bp == max(customer_bp, group_bp)


@pytest.mark.capability("K8")
def test_instant_discount_may_skip_reduced_goods(tmp_path: Path) -> None:
    till = instant(tmp_path, customer_bp=1000, on={"none_of": [{"price_state": "markdown"}]})
    till.article("4712", 5_000, markdown=True)
    with till.open() as plugin:
        sale = plugin.begin_sale("S1")
        sale.scan(CARD)
        sale.scan("4711")
        sale.scan("4712")
        assert sale.evaluate().total_minor == 9_000 + 5_000


@pytest.mark.capability("K8")
def test_instant_discount_stands_beside_a_voucher(tmp_path: Path) -> None:
    till = instant(tmp_path, customer_bp=1000, more=[voucher_promotion(minor=500)])
    till.voucher_type()
    till.trigger(segment=None)
    with till.open() as plugin:
        buy(plugin, "S1", CARD)
        panel = scanned(plugin, CARD).panel
        assert panel is not None
        first = plugin.sales.answer("S1")
        assert not isinstance(first, Refused)
        issued = [one for one in first.receipt["effects"] if one["kind"] == "issue_voucher"]
        sale = plugin.begin_sale("S2")
        sale.scan(CARD)
        sale.scan("4711")
        assert sale.evaluate().total_minor == 9_000
        sale.scan(issued[0]["code"])
        # 5.00 of the receipt first, then 10 % of what is left.
        assert sale.evaluate().total_minor == 8_550


@pytest.mark.capability("K8")
def test_return_gives_back_what_was_paid_after_the_instant_discount(tmp_path: Path) -> None:
    till = instant(tmp_path, customer_bp=1000)
    with till.open() as plugin:
        buy(plugin, "S1", CARD)
        done = plugin.sales.return_items(
            "S1", {"return_id": "R1", "lines": [{"line_id": "1", "quantity_milli": 1000}]}
        )
    assert isinstance(done, Receipt)
    assert done.values["refund_minor"] == 9_000


def instant(
    tmp_path: Path,
    *,
    customer_bp: int = 0,
    card_bp: int = 0,
    group_bp: int = 0,
    on: dict[str, Any] | None = None,
    more: Sequence[dict[str, Any]] = (),
) -> TillBuilder:
    till = TillBuilder(tmp_path / "till")
    tiers = [{"benefit": {"type": "customer_rate", "max_bp": 5000}}]
    offer = {"kind": "receipt_discount", "tiers": tiers, "on": on or {}}
    till.rules({"id": "SOFORT", "layer": "customer", "offer": offer}, *more)
    till.article("4711", 10_000)
    till.put("discount_group", code="STAFF", instant_discount_bp=group_bp)
    till.customer(
        "K1",
        card=CARD,
        instant_discount_bp=customer_bp,
        discount_group="STAFF",
        card_rate_bp=card_bp,
    )
    return till


def buy(plugin: Plugin, sale_id: str, card: str) -> None:
    sale = plugin.begin_sale(sale_id)
    sale.scan(card)
    sale.scan("4711")
    sale.evaluate()
    assert isinstance(sale.complete(), Receipt)


@pytest.mark.capability("K2")
def test_every_card_in_a_sale_is_reported_with_its_moment(till: TillBuilder) -> None:
    with till.open() as plugin:
        plugin.customers.block_card({"request_id": "1", "code": SECOND})
        plugin.scan(CARD)  # outside a sale nobody counts it
        plugin.scan(CARD, sale_id="S1")
        sale = plugin.begin_sale("S1")
        sale.scan("4711")
        sale.evaluate()
        plugin.scan(SECOND, sale_id="S1")
        plugin.scan(UNKNOWN, sale_id="S1", moment="after_total")
        plugin.scan("4711", sale_id="S1")
    journal = apsw.Connection(str(till.data_dir / "journal.db"), flags=apsw.SQLITE_OPEN_READONLY)
    bodies = [
        json.loads(line)["body"]
        for (line,) in journal.execute("SELECT line FROM event WHERE kind = 'card_scanned'")
    ]
    journal.close()
    assert [(one["result"], one["moment"]) for one in bodies] == [
        ("known", "before_lines"),
        ("blocked", "lines"),
        ("provisional", "after_total"),
    ]
