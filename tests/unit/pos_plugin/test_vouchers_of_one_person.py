"""Vouchers that one person got under several ids: merged customers, a card without an owner."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from till_builder import TillBuilder, card_number, voucher_promotion

from pos_plugin import Plugin, Receipt, Scanned
from pos_plugin.loyalty.voucher_code import new_code, voucher_hash

if TYPE_CHECKING:
    from pathlib import Path

ANNA, OLD, UNKNOWN = card_number(1), card_number(2), card_number(9)


@pytest.fixture
def till(tmp_path: Path) -> TillBuilder:
    till = TillBuilder(tmp_path / "till")
    till.rules(voucher_promotion())
    till.article("4711", 5000)
    till.voucher_type()
    till.trigger(segment=None)
    till.customer("K1", card=ANNA)
    till.customer("ALT", card=OLD)
    return till


def buy(plugin: Plugin, sale_id: str, *codes: str) -> Receipt:
    sale = plugin.begin_sale(sale_id)
    for code in codes:
        sale.scan(code)
    sale.scan("4711")
    sale.evaluate()
    receipt = sale.complete()
    assert isinstance(receipt, Receipt)
    return receipt


def total(plugin: Plugin, *codes: str) -> tuple[int, list[str]]:
    sale = plugin.begin_sale()
    for code in (*codes, "4711"):
        sale.scan(code)
    evaluation = sale.evaluate()
    return evaluation.total_minor, [one.code.value for one in evaluation.rejected.values()]


def shown(plugin: Plugin, card: str) -> int:
    found = plugin.scan(card)
    assert isinstance(found, Scanned)
    assert found.panel is not None
    return len(found.panel["vouchers"])


def merge(till: TillBuilder) -> None:
    till.put("alias", alias="ALT", customer="K1")


@pytest.mark.capability("K4")
def test_voucher_of_the_old_id_is_the_survivors(till: TillBuilder) -> None:
    letter = new_code()
    till.voucher("V1", voucher_hash(letter), type="BRIEF", customer="ALT", customer_bound=True)
    till.voucher_type("BRIEF")
    till.rules(voucher_promotion(), {**voucher_promotion("BRIEF"), "id": "BRIEF"})
    with till.open() as plugin:
        (own,) = buy(plugin, "S1", OLD).vouchers
        # The negative control: before, Anna is somebody else.
        for code in (own["code"], letter):
            assert total(plugin, ANNA, code) == (5000, ["voucher_other_customer"])
        assert shown(plugin, ANNA) == 0
        merge(till)
        for code in (own["code"], letter):
            assert total(plugin, ANNA, code) == (4500, [])
        assert shown(plugin, ANNA) == 2
        used = buy(plugin, "S2", ANNA, own["code"])
        assert used.total_minor == 4500
        assert shown(plugin, ANNA) == 2, "the letter, and the next one"
        assert total(plugin, ANNA, own["code"]) == (5000, ["voucher_redeemed"])


@pytest.mark.capability("K4")
def test_who_holds_one_under_the_old_id_gets_no_second(till: TillBuilder) -> None:
    with till.open() as plugin:
        assert len(buy(plugin, "S1", OLD).vouchers) == 1
        merge(till)
        assert buy(plugin, "S2", ANNA).vouchers == []
        till.remove("alias", alias="ALT", reason="split")
        # The negative control: apart again, Anna has none.
        assert len(buy(plugin, "S3", ANNA).vouchers) == 1


@pytest.mark.capability("K2")
def test_voucher_of_a_card_without_owner_is_the_owners(till: TillBuilder) -> None:
    with till.open() as plugin:
        (given,) = buy(plugin, "S1", UNKNOWN).vouchers
        assert total(plugin, ANNA, given["code"]) == (5000, ["voucher_other_customer"])
        # The card earned it and cannot redeem it: who comes with it, nobody knows.
        assert total(plugin, UNKNOWN, given["code"]) == (5000, ["voucher_needs_customer"])
        done = plugin.customers.assign_card(
            {"request_id": "1", "customer": "K1", "code": UNKNOWN, "role": "partner"}
        )
        assert isinstance(done, Receipt)
        for card in (ANNA, UNKNOWN):
            assert total(plugin, card, given["code"]) == (4500, [])
        assert shown(plugin, ANNA) == 1
