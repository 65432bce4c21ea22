"""Terms of vouchers at the till: minimum, shop, who may use one, its rest, where it comes from."""

from __future__ import annotations

import datetime as dt
import json
from contextlib import closing
from typing import TYPE_CHECKING, Any

import apsw
import pytest
from till_builder import TillBuilder, card_number, voucher_promotion
from vouchers_with_value import hand_out, value_type

from pos_plugin import Plugin, Receipt, Refusal, Refused
from pos_plugin.loyalty.voucher_code import new_code, voucher_hash

if TYPE_CHECKING:
    from pathlib import Path

    from pos_plugin import Evaluation, Sale

ANNA, BERND = card_number(1), card_number(2)
SMALL_PRINT = {"de": "Kleingedrucktes", "en": "Small print"}


@pytest.fixture
def till(tmp_path: Path) -> TillBuilder:
    till = TillBuilder(tmp_path / "till")
    till.rules(voucher_promotion())
    till.article("4711", 4999, categories=["hosen"])
    till.article("4712", 1000, categories=["socken"])
    till.customer("K1", card=ANNA)
    till.customer("K2", card=BERND)
    return till


def conditions(**facts: Any) -> dict[str, Any]:
    return {"text": SMALL_PRINT, **facts}


def told(till: TillBuilder, code: str, voucher_type: str, **facts: Any) -> None:
    """Put a voucher of head office."""
    facts = {"type": voucher_type, "valid_to_on": "2026-03-07", "shop": None, "till": None, **facts}
    till.voucher(f"id-{code}", voucher_hash(code), **facts)


def sale_with(plugin: Plugin, *codes: str, rights: tuple[str, ...] = ()) -> Sale:
    sale = plugin.begin_sale(rights=rights)
    for code in codes:
        sale.scan(code)
    return sale


def reasons(evaluation: Evaluation) -> list[tuple[str, dict[str, Any]]]:
    return [(one.code.value, dict(one.params)) for one in evaluation.rejected.values()]


@pytest.mark.capability("G3")
def test_minimum_missed_by_a_cent_is_refused_with_what_is_missing(till: TillBuilder) -> None:
    minimum = {"minor": 5000, "of": {"any_of": [{"categories": ["hosen"]}]}}
    code = hand_out(till, "AB50", 500, legal_kind="promo")
    value_type(till, "AB50", 500, conditions=conditions(min_purchase=minimum))
    with till.open() as plugin:
        evaluation = sale_with(plugin, "4711", "4712", code).evaluate()
        [(reason, figures)] = reasons(evaluation)
        assert (reason, figures["missing_minor"]) == ("voucher_minimum_not_met", 1)
        [refused] = evaluation.rejected.values()
        assert refused.text("de") == "Gutschein gilt ab 50,00 €. Es fehlen 0,01 €."
        allowed = sale_with(plugin, "4711", code, rights=("override_minimum",))
        assert allowed.evaluate().voucher_discount_minor == 500
        receipt = allowed.complete()
        assert isinstance(receipt, Receipt)


def test_voucher_of_another_shop_is_refused(till: TillBuilder) -> None:
    code = hand_out(till, "NUR2", 500, legal_kind="promo")
    value_type(till, "NUR2", 500, conditions=conditions(shops=["002"]))
    with till.open() as plugin:
        assert reasons(sale_with(plugin, "4711", code).evaluate()) == [
            ("voucher_wrong_shop", {"shops": "002"})
        ]


@pytest.mark.capability("G3")
def test_voucher_counts_from_its_first_day_to_closing_of_its_last(till: TillBuilder) -> None:
    code = new_code()
    till.voucher_type(customer_bound=False)
    told(till, code, "TREUE5", valid_from_on="2026-03-08", valid_to_on="2026-03-09")
    zone = till.clock.now().tzinfo
    found = []
    with till.open() as plugin:
        for day, hour, minute in ((7, 23, 59), (8, 0, 1), (9, 23, 59), (10, 0, 1)):
            till.clock.set(dt.datetime(2026, 3, day, hour, minute, tzinfo=zone))
            evaluation = sale_with(plugin, "4711", code).evaluate()
            found.append((evaluation.total_minor, [one for one, _ in reasons(evaluation)]))
    assert found == [
        (4999, ["voucher_not_yet_valid"]),
        (4499, []),
        (4499, []),
        (4999, ["voucher_expired"]),
    ]


@pytest.mark.capability("G4")
def test_personal_barcode_names_its_customer_and_never_switches(till: TillBuilder) -> None:
    code = new_code()
    till.voucher_type(conditions=conditions(sets_customer=True))
    told(till, code, "TREUE5", customer="K1", customer_bound=True)
    with till.open() as plugin:
        sale = sale_with(plugin, "4711", code)
        assert sale.snapshot()["customer"]["id"] == "K1"
        assert sale.evaluate().total_minor == 4499
        other = sale_with(plugin, "4711", BERND)
        assert other.scan(code) == Refused(Refusal.VOUCHER_OTHER_CUSTOMER)
        assert other.snapshot()["customer"]["id"] == "K2"
        assert "codes" not in other.snapshot()


@pytest.mark.capability("G4")
def test_anonymous_barcode_wants_some_customer(till: TillBuilder) -> None:
    code = new_code()
    till.voucher_type()
    told(till, code, "TREUE5", customer_bound=True)
    with till.open() as plugin:
        nobody = sale_with(plugin, "4711", code).evaluate()
        assert reasons(nobody) == [("voucher_needs_customer", {})]
        assert sale_with(plugin, "4711", BERND, code).evaluate().total_minor == 4499


@pytest.mark.capability("G3")
def test_generic_code_is_used_any_number_of_times(till: TillBuilder) -> None:
    till.voucher_type(customer_bound=False, multi_use=True)
    told(till, "SOMMER5", "TREUE5")
    with till.open() as plugin:
        for _ in range(3):
            sale = sale_with(plugin, "4711", "sommer-5")
            assert sale.evaluate().total_minor == 4499
            assert isinstance(sale.complete(), Receipt)


@pytest.mark.capability("G3")
def test_generic_code_is_blocked_and_let_go_like_every_other(till: TillBuilder) -> None:
    till.voucher_type(customer_bound=False, multi_use=True)
    told(till, "SOMMER5", "TREUE5")
    with till.open() as plugin:
        assert isinstance(sale_with(plugin, "4711", "SOMMER5").complete(), Receipt)
        asked = {"request_id": "B1", "code": "sommer-5", "reason": "im Netz verbreitet"}
        blocked = plugin.vouchers.block(asked)
        assert isinstance(blocked, Receipt)
        assert blocked.values["voucher_id"] == "id-SOMMER5"
        refused = sale_with(plugin, "4711", "SOMMER5").evaluate()
        assert reasons(refused) == [("voucher_blocked", {})]
        assert isinstance(plugin.vouchers.unblock(asked), Receipt)
        assert sale_with(plugin, "4711", "SOMMER5").evaluate().total_minor == 4499
        for code in ("WINTER5", "29", "S" * 200):
            nothing = plugin.vouchers.block({"request_id": code, "code": code})
            assert nothing == Refused(Refusal.VOUCHER_UNKNOWN)


@pytest.mark.capability("G5")
def test_share_of_the_receipt_is_the_next_coupon(till: TillBuilder) -> None:
    label = {"de": "Guthaben", "en": "Credit"}
    till.voucher_type(
        "BON5", effect={"kind": "value", "share_bp": 500, "label": label}, customer_bound=True
    )
    till.trigger(voucher_type="BON5", segment=None)
    with till.open() as plugin:
        sale = sale_with(plugin, "4711", ANNA)
        receipt = sale.complete()
        assert isinstance(receipt, Receipt)
        [coupon] = receipt.vouchers
        assert len(receipt.print_jobs) == 1
        again = sale_with(plugin, "4711", ANNA, coupon["code"]).evaluate()
        assert again.voucher_discount_minor == 249  # 5 % of 49.99, rounded down


@pytest.mark.capability("G5")
def test_several_coupons_under_a_receipt_are_one_job_on_one_strip(till: TillBuilder) -> None:
    layout = {"title": {"de": "Danke!"}, "layout_id": "birthday-coupon"}
    for code, share_bp in (("BON5", 500), ("BON1", 100)):
        effect = {"kind": "value", "share_bp": share_bp, "label": {"de": f"Guthaben {code}"}}
        till.voucher_type(code, effect=effect, customer_bound=True, layout=layout)
        till.trigger(voucher_type=code, segment=None)
    till.voucher_type("ALLEIN", customer_bound=True)
    till.trigger(voucher_type="ALLEIN", segment=None)
    with till.open() as plugin:
        receipt = sale_with(plugin, "4711", ANNA).complete()
        assert isinstance(receipt, Receipt)
        assert len(receipt.vouchers) == 3
        assert len(receipt.print_jobs) == 2
    codes = {one["code"] for one in receipt.vouchers}
    with closing(apsw.Connection(str(till.data_dir / "journal.db"))) as journal:
        papers = [json.loads(row[0]) for row in journal.execute("SELECT document FROM print_job")]
    strip, alone = sorted(papers, key=lambda paper: paper["kind"])
    assert (strip["kind"], alone["kind"]) == ("coupon", "voucher")
    printed = [block["content"] for block in strip["blocks"] if block["type"] == "code"]
    assert len(printed) == 2
    assert {*printed, *(b["content"] for b in alone["blocks"] if b["type"] == "code")} == codes
    said = [block.get("value") for block in strip["blocks"]]
    assert {"2,49\u00a0€", "0,49\u00a0€"} <= set(said)


def test_rest_moves_to_a_new_voucher(till: TillBuilder) -> None:
    code = hand_out(till, "NEU", 8000)
    effect = {"kind": "value", "minor": 8000, "rest": "new", "label": {"de": "Wert"}}
    till.voucher_type("NEU", legal_kind="gift_mpv", customer_bound=False, effect=effect)
    with till.open() as plugin:
        sale = sale_with(plugin, "4711", code)
        sale.evaluate()
        receipt = sale.complete()
        assert isinstance(receipt, Receipt)
        [rest] = receipt.vouchers
        old = sale_with(plugin, "4711", code).evaluate()
        assert reasons(old) == [("voucher_redeemed", {})]
        new = sale_with(plugin, "4711", rest["code"]).evaluate()
        assert new.voucher_tender_minor == 8000 - 4999
