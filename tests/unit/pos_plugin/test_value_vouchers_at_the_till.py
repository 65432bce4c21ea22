"""Value vouchers as a host sees them: scanned into the basket, redeemed with the sale."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import apsw
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from till_builder import NOON, TillBuilder, card_number, points, unit_discount
from vouchers_with_value import hand_out, value_type

from pos_plugin import Evaluation, Plugin, Receipt
from pos_plugin.notices import NoticeCode

CARD = card_number(1)
SHELF = [("A", 4999, 1900), ("B", 1299, 700), ("C", 899, 1900)]
"""49.99 (19 %), 12.99 (7 %), 8.99 (19 %): the example of domain.md §7.2."""


@pytest.fixture
def till(tmp_path: Path) -> TillBuilder:
    return shop(tmp_path / "till")


def shop(folder: Path) -> TillBuilder:
    """A shop with a point per euro and without discounts."""
    till = TillBuilder(folder)
    till.rules(points())
    till.program()
    till.customer("K1", card=CARD)
    for sku, price_minor, vat_rate_bp in SHELF:
        till.article(sku, price_minor, vat_rate_bp=vat_rate_bp)
    till.article("BOOK", 2000, discountable=False)
    return till


def basket(sale_id: str, *codes: str | tuple[str, int], skus: str = "A B C", **more: Any) -> Any:
    prices = {sku: price_minor for sku, price_minor, _ in SHELF} | {"BOOK": 2000}
    return {
        "sale_id": sale_id,
        "at": NOON.isoformat(),
        "customer": {"id": "K1"},
        "lines": [
            {"line_id": sku, "sku": sku, "quantity_milli": 1000, "unit_price_minor": prices[sku]}
            for sku in skus.split()
        ],
        "codes": [
            {"code": one} if isinstance(one, str) else {"code": one[0], "amount_minor": one[1]}
            for one in codes
        ],
        **more,
    }


def evaluated(plugin: Plugin, asked: Any) -> Evaluation:
    answer = plugin.sales.evaluate(asked)
    assert isinstance(answer, Evaluation)
    return answer


def completed(plugin: Plugin, sale_id: str, body: dict[str, Any] | None = None) -> Receipt:
    answer = plugin.sales.complete(sale_id, body or {})
    assert isinstance(answer, Receipt)
    return answer


def effect(evaluation: Evaluation, kind: str) -> dict[str, Any]:
    (one,) = [one for one in evaluation.effects() if one["kind"] == kind]
    return one


def reasons(evaluation: Evaluation) -> list[str]:
    return [one["reason"] for one in evaluation.effects() if one["kind"] == "rejected"]


def rows(till: TillBuilder, sql: str) -> list[Any]:
    journal = apsw.Connection(str(till.data_dir / "journal.db"))
    found = journal.execute(sql).fetchall()
    journal.close()
    return found


def last_event(till: TillBuilder) -> dict[str, Any]:
    [(line,)] = rows(till, "SELECT line FROM event ORDER BY seq DESC LIMIT 1")
    body: dict[str, Any] = json.loads(line)["body"]
    return body


def standing(till: TillBuilder) -> list[Any]:
    return rows(till, "SELECT state, value_minor, balance_minor FROM voucher")


def test_promo_voucher_reduces_lines_rates_and_points(till: TillBuilder) -> None:
    code = hand_out(till, "TEN", legal_kind="promo")
    with till.open() as plugin:
        answer = evaluated(plugin, basket("S1", code))
        one = effect(answer, "price_reduction_voucher")
        assert [part["discount_minor"] for part in one["lines"]] == [695, 180, 125]
        assert one["vat"] == [
            {"vat_rate_bp": 700, "discount_minor": 180},
            {"vat_rate_bp": 1900, "discount_minor": 820},
        ]
        assert (one["gv_typ"], one["rest_minor"], one["text"]) == ("Rabatt", 0, "Wert TEN")
        value = answer.to_dict()
        # The promotions leave 71.97; the voucher takes ten off that, and off the points.
        assert (value["total_minor"], value["payable_minor"]) == (7197, 6197)
        assert (value["voucher_discount_minor"], value["voucher_tender_minor"]) == (1000, 0)
        assert [account["amount"] for account in value["earned"]] == [61]
        assert effect(answer, "earn")["amount"] == 61
        assert "Sie sparen 10,00 €" in [
            text["text"] for text in answer.effects() if text["kind"] == "receipt_text"
        ]
        receipt = completed(plugin, "S1")
    assert (receipt.total_minor, receipt.values["charged_differs"]) == (6197, False)
    assert receipt.values["earned"] == [{"account": "points", "amount": 61}]
    assert standing(till) == [("redeemed", 1000, 0)]
    sums = (
        "SELECT sum(gross_minor), sum(discount_minor), sum(paid_minor), "
        "sum(voucher_discount_minor), sum(host_difference_minor) FROM receipt_line"
    )
    assert rows(till, sums) == [(7197, 1000, 6197, 1000, 0)]
    assert rows(till, "SELECT evaluated_total_minor FROM receipt") == [(6197,)]
    [redeemed] = last_event(till)["redemptions"]
    assert (redeemed["amount_minor"], redeemed["state"]) == (1000, "redeemed")
    assert sum(part["discount_minor"] for part in redeemed["lines"]) == 1000


def test_without_the_voucher_every_cent_earns(till: TillBuilder) -> None:
    """Negative control of the points."""
    with till.open() as plugin:
        value = evaluated(plugin, basket("S1")).to_dict()
        assert [account["amount"] for account in value["earned"]] == [71]
        assert value["payable_minor"] == value["total_minor"] == 7197


def test_gift_voucher_pays_twice_and_is_then_used_up(till: TillBuilder) -> None:
    code = hand_out(till, "GIFT", 2500)
    with till.open() as plugin:
        first = evaluated(plugin, basket("S1", (code, 1500)))
        one = effect(first, "tender_voucher")
        assert (one["amount_minor"], one["rest_minor"]) == (1500, 1000)
        assert one["gv_typ"] == "MehrzweckgutscheinEinloesung"
        assert one["text"] == "Wert GIFT: Rest 10,00 € bleibt darauf"
        assert (first.total_minor, first.charge_minor, first.payable_minor) == (7197, 7197, 5697)
        assert first.earned[0].amount == 71
        body = {
            "applied": [one["effect_id"]],
            "tenders": [{"tender": "cash", "amount_minor": 5697}],
        }
        assert completed(plugin, "S1", body).total_minor == 7197
        assert standing(till) == [("partly_redeemed", 2500, 1000)]
        second = evaluated(plugin, basket("S2", code))
        assert effect(second, "tender_voucher")["amount_minor"] == 1000
        completed(plugin, "S2")
        assert standing(till) == [("redeemed", 2500, 0)]
        assert reasons(evaluated(plugin, basket("S3", code))) == ["voucher_redeemed"]
    events = "SELECT kind, amount_minor FROM voucher_event ORDER BY seq, kind"
    assert rows(till, events) == [("issued", None), ("redeemed", 1500), ("redeemed", 1000)]


def test_wanting_more_than_it_holds_is_cut_and_said(till: TillBuilder) -> None:
    code = hand_out(till, "GIFT", 2500)
    with till.open() as plugin:
        one = effect(evaluated(plugin, basket("S1", (code, 9900))), "tender_voucher")
        assert one["amount_minor"] == 2500
        assert one["text"] == "Wert GIFT: 25,00 € statt 99,00 €"


@pytest.mark.capability("G3")
@pytest.mark.parametrize(
    ("legal_kind", "partial", "state", "text"),
    [
        ("promo", False, "redeemed", "Wert X: Rest 6,00 € verfällt"),
        ("promo", True, "partly_redeemed", "Wert X: Rest 6,00 € bleibt darauf"),
        ("earned_bonus", False, "partly_redeemed", "Wert X: Rest 6,00 € bleibt darauf"),
    ],
)
def test_rest_of_free_value_lapses_and_of_earned_value_stays(
    till: TillBuilder, legal_kind: str, partial: bool, state: str, text: str
) -> None:
    code = hand_out(till, "X", legal_kind=legal_kind, partial=partial)
    with till.open() as plugin:
        answer = evaluated(plugin, basket("S1", (code, 400)))
        assert effect(answer, "price_reduction_voucher")["text"] == text
        completed(plugin, "S1")
    assert standing(till) == [(state, 1000, 600)]


def test_single_purpose_voucher_pays_lines_of_its_rate(till: TillBuilder) -> None:
    code = hand_out(till, "SEVEN", 5000, legal_kind="gift_spv", vat_rate_bp=700)
    with till.open() as plugin:
        answer = evaluated(plugin, basket("S1", code))
        one = effect(answer, "tender_voucher")
        assert (one["amount_minor"], one["gv_typ"]) == (1299, "EinzweckgutscheinEinloesung")
        nothing = evaluated(plugin, basket("S2", code, skus="A C"))
        assert reasons(nothing) == ["voucher_nothing_to_apply"]


def test_fixed_prices_are_paid_by_vouchers_and_never_reduced(till: TillBuilder) -> None:
    free = hand_out(till, "FREE", legal_kind="promo")
    credit = hand_out(till, "CREDIT", legal_kind="goods_credit")
    with till.open() as plugin:
        answer = evaluated(plugin, basket("S1", free, credit, skus="BOOK"))
        assert reasons(answer) == ["voucher_nothing_to_apply"]
        assert effect(answer, "tender_voucher")["code"] == credit
        completed(plugin, "S1")
    assert standing(till) == [("issued", 1000, 1000), ("redeemed", 1000, 0)]


@pytest.mark.parametrize(
    ("setting", "gv_typ"),
    [
        ("", "MehrzweckgutscheinEinloesung"),
        ('[fiscal]\ngoods_credit = "Forderungsaufloesung"\n', "Forderungsaufloesung"),
    ],
)
def test_shop_says_what_a_goods_credit_is_when_it_pays(
    till: TillBuilder, setting: str, gv_typ: str
) -> None:
    credit = hand_out(till, "CREDIT", legal_kind="goods_credit")
    gift = hand_out(till, "GIFT", legal_kind="gift_mpv")
    with till.config_path.open("a", encoding="utf-8") as config:
        config.write(setting)
    with till.open() as plugin:
        for code, said in ((credit, gv_typ), (gift, "MehrzweckgutscheinEinloesung")):
            answer = evaluated(plugin, basket("S1", code))
            assert effect(answer, "tender_voucher")["gv_typ"] == said


def test_promotions_come_first_and_order_of_scanning_decides_nothing(till: TillBuilder) -> None:
    till.rules(unit_discount("ZEHN", 1000), points())
    gift = hand_out(till, "GIFT", 500, days=5)
    late = hand_out(till, "LATE", 500, legal_kind="promo", days=20)
    soon = hand_out(till, "SOON", 500, legal_kind="promo", days=10)
    with till.open() as plugin:
        one = evaluated(plugin, basket("S1", gift, late, soon, skus="C")).to_dict()
        used = [e["text"] for e in one["effects"] if e["kind"].endswith("_voucher")]
        assert used == ["Wert SOON", "Wert LATE: Rest 1,91 € verfällt"]
        assert (one["total_minor"], one["payable_minor"]) == (809, 0)
        other = evaluated(plugin, basket("S1", soon, gift, late, skus="C")).to_dict()
        for name in ("payable_minor", "voucher_discount_minor", "earned"):
            assert other[name] == one[name]


def test_what_the_host_did_not_apply_is_not_redeemed(till: TillBuilder) -> None:
    code = hand_out(till, "TEN", legal_kind="promo")
    with till.open() as plugin:
        evaluated(plugin, basket("S1", code))
        receipt = completed(plugin, "S1", {"applied": [], "total_minor": 7197})
        assert (receipt.total_minor, receipt.values["charged_differs"]) == (7197, True)
        # A host that has not heard of price reductions charges what the promotions left.
        evaluated(plugin, basket("S2", code))
        unheard = completed(plugin, "S2", {"total_minor": 7197})
        assert (unheard.total_minor, unheard.values["charged_differs"]) == (7197, True)
        assert unheard.values["earned"] == [{"account": "points", "amount": 71}]
        assert standing(till) == [("issued", 1000, 1000)]
        evaluated(plugin, basket("S3", code))
        assert completed(plugin, "S3", {"total_minor": 6197}).values["charged_differs"] is False
    assert standing(till) == [("redeemed", 1000, 0)]


def test_host_that_charges_otherwise_is_booked_and_the_voucher_is_used(till: TillBuilder) -> None:
    code = hand_out(till, "TEN", legal_kind="promo")
    with till.open() as plugin:
        answer = evaluated(plugin, basket("S1", code))
        applied = [one["effect_id"] for one in answer.effects()]
        receipt = completed(plugin, "S1", {"applied": applied, "total_minor": 6000})
    assert (receipt.total_minor, receipt.values["charged_differs"]) == (6000, True)
    sums = "SELECT sum(voucher_discount_minor), sum(host_difference_minor) FROM receipt_line"
    assert rows(till, sums) == [(1000, 197)]
    assert standing(till) == [("redeemed", 1000, 0)]


def test_voucher_that_another_sale_used_meanwhile_is_an_exception(till: TillBuilder) -> None:
    code = hand_out(till, "GIFT", 2500)
    with till.open() as plugin:
        for sale_id, asked_minor in (("S1", 2000), ("S2", 1500), ("S3", 100)):
            evaluated(plugin, basket(sale_id, (code, asked_minor)))
        completed(plugin, "S1")
        assert last_event(till)["exceptions"] == []
        receipt = completed(plugin, "S2")
        assert receipt.total_minor == 7197
        body = last_event(till)
        [exception] = body["exceptions"]
        assert (exception["reason"], exception["missing_minor"]) == ("voucher_redeemed", 1000)
        assert [one["amount_minor"] for one in body["redemptions"]] == [500]
        completed(plugin, "S3")
        body = last_event(till)
        assert [one["missing_minor"] for one in body["exceptions"]] == [100]
        assert body["redemptions"] == []
    assert standing(till) == [("redeemed", 2500, 0)]


def charged_twice(plugin: Plugin, code: str) -> Receipt:
    """Charge a voucher of 25.00 in two open sales, complete both; return the second receipt."""
    for sale_id in ("S1", "S2"):
        evaluated(plugin, basket(sale_id, code))
    completed(plugin, "S1", {"total_minor": 7197})
    return completed(plugin, "S2", {"total_minor": 7197})


def codes_of(receipt: Receipt) -> list[str]:
    return [one["code"] for one in receipt.values["effects"] if one["kind"] == "message"]


def came_back(plugin: Plugin, sale_id: str, *line_ids: str) -> dict[str, Any]:
    lines = [{"line_id": line_id, "quantity_milli": 1000} for line_id in line_ids]
    request = {"return_id": f"R-{sale_id}-{line_ids[0]}", "lines": lines}
    answer = plugin.sales.return_items(sale_id, request)
    assert isinstance(answer, Receipt)
    return dict(answer.values)


def paid_out_minor(back: dict[str, Any]) -> int:
    given_minor: int = back["refund_minor"] - back["voucher_refund_minor"]
    return given_minor - back["deducted_minor"] - back["withheld_minor"]


def test_refund_pays_out_nothing_that_a_voucher_had_not_covered(till: TillBuilder) -> None:
    code = hand_out(till, "GIFT", 2500)
    with till.open() as plugin:
        second = charged_twice(plugin, code)
        assert "voucher_not_covered" in codes_of(second)
        # Charged 71.97, of which 25.00 by a voucher that was used up: 46.97 came in cash.
        [said] = [
            one for one in second.values["effects"] if one.get("code") == "voucher_not_covered"
        ]
        assert "25,00" in said["text"]
        first = came_back(plugin, "S2", "B")
        assert (first["refund_minor"], first["withheld_minor"]) == (1299, 1299)
        assert "refund_withheld" in [one.get("code") for one in first["effects"]]
        rest = came_back(plugin, "S2", "A", "C")
        assert rest["withheld_minor"] == 2500 - 1299
        assert paid_out_minor(first) + paid_out_minor(rest) == 7197 - 2500
        assert standing(till) == [("redeemed", 2500, 0)]
        # The control: the sale that did use it gives it back, and withholds nothing.
        control = came_back(plugin, "S1", "A", "B", "C")
        assert (control["withheld_minor"], control["voucher_refund_minor"]) == (0, 2500)
        assert paid_out_minor(control) == 7197 - 2500
    assert standing(till) == [("issued", 2500, 2500)]


def test_void_pays_out_nothing_that_a_voucher_had_not_covered(till: TillBuilder) -> None:
    code = hand_out(till, "GIFT", 2500)
    with till.open() as plugin:
        charged_twice(plugin, code)
        void = plugin.sales.void("S2", {})
        assert isinstance(void, Receipt)
        assert (void.values["withheld_minor"], void.values["voucher_refund_minor"]) == (2500, 0)
    assert standing(till) == [("redeemed", 2500, 0)]


def test_price_reduction_used_twice_was_paid_and_is_refunded(till: TillBuilder) -> None:
    code = hand_out(till, "TEN", 1000, legal_kind="promo")
    with till.open() as plugin:
        for sale_id in ("S1", "S2"):
            evaluated(plugin, basket(sale_id, code))
        completed(plugin, "S1")
        second = completed(plugin, "S2")
        assert second.total_minor == 6197
        assert "voucher_not_covered" not in codes_of(second)
        back = came_back(plugin, "S2", "A", "B", "C")
        assert (paid_out_minor(back), back["withheld_minor"]) == (6197, 0)


@pytest.mark.capability("G3")
def test_void_gives_the_value_back(till: TillBuilder) -> None:
    code = hand_out(till, "X", legal_kind="promo")
    with till.open() as plugin:
        evaluated(plugin, basket("S1", (code, 400)))
        completed(plugin, "S1")
        assert standing(till) == [("redeemed", 1000, 600)]
        assert isinstance(plugin.sales.void("S1", {}), Receipt)
        # The rest that had lapsed is there again, too.
        assert standing(till) == [("issued", 1000, 1000)]
        assert effect(evaluated(plugin, basket("S2", code)), "price_reduction_voucher")


def test_refund_goes_to_the_voucher_that_paid_before_any_cash(till: TillBuilder) -> None:
    code = hand_out(till, "GIFT", 2500)
    free = hand_out(till, "FREE", 100, legal_kind="promo")
    with till.open() as plugin:
        evaluated(plugin, basket("S1", code, free))
        completed(plugin, "S1")
        assert standing(till) == [("redeemed", 2500, 0), ("redeemed", 100, 0)]

        def back(sku: str) -> tuple[int, int]:
            answer = plugin.sales.return_items(
                "S1",
                {"return_id": sku, "lines": [{"line_id": sku, "quantity_milli": 1000}]},
            )
            assert isinstance(answer, Receipt)
            return answer.values["refund_minor"], answer.values["voucher_refund_minor"]

        assert back("C") == (899 - 13, 886)
        assert standing(till) == [("partly_redeemed", 2500, 886), ("redeemed", 100, 0)]
        # Half of the voucher was used again meanwhile: each receipt gives back what is its own.
        evaluated(plugin, basket("S2", (code, 400), skus="B"))
        completed(plugin, "S2")
        assert back("A") == (4999 - 69, 2500 - 886)
        assert standing(till) == [("partly_redeemed", 2500, 2100), ("redeemed", 100, 0)]
        assert back("B") == (1299 - 18, 0)
        assert standing(till) == [("partly_redeemed", 2500, 2100), ("issued", 100, 100)]
        void = plugin.sales.void("S2", {})
        assert isinstance(void, Receipt)
        assert void.values["voucher_refund_minor"] == 400
    assert standing(till) == [("issued", 2500, 2500), ("issued", 100, 100)]
    assert_books(till)


def test_sale_handed_in_late_uses_no_voucher(till: TillBuilder) -> None:
    code = hand_out(till, "GIFT", 2500)
    with till.open() as plugin:
        asked = basket("S1", code)
        receipt = plugin.sales.complete("S1", {"late": True}, snapshot=asked)
        assert isinstance(receipt, Receipt)
        assert receipt.total_minor == 7197
    assert standing(till) == [("issued", 2500, 2500)]


def test_training_uses_no_voucher(till: TillBuilder) -> None:
    code = hand_out(till, "GIFT", 2500)
    with till.open() as plugin:
        answer = evaluated(plugin, basket("S1", code, training=True))
        assert answer.payable_minor == 4697
        completed(plugin, "S1")
    assert standing(till) == [("issued", 2500, 2500)]


def test_sale_issues_a_value_and_the_next_one_spends_it(till: TillBuilder) -> None:
    value_type(till, "BONUS", legal_kind="earned_bonus", customer_bound=True)
    till.trigger(voucher_type="BONUS", segment=None)
    with till.open() as plugin:
        evaluated(plugin, basket("S1"))
        [issued] = completed(plugin, "S1").vouchers
        asked = basket("S2", (issued["code"], 300))
        assert evaluated(plugin, asked).voucher_discount_minor == 300
        # Whoever holds one with a rest on it gets no second one.
        assert completed(plugin, "S2").vouchers == []
        known = plugin.scan(CARD)
        assert known.panel["vouchers"][0]["balance_minor"] == 700  # type: ignore[union-attr, index]
        bare = {name: part for name, part in asked.items() if name != "customer"}
        assert reasons(evaluated(plugin, {**bare, "sale_id": "S3"})) == ["voucher_needs_customer"]
    [voucher] = json.loads(rows(till, "SELECT line FROM event ORDER BY seq")[0][0])["body"][
        "vouchers"
    ]
    assert (voucher["legal_kind"], voucher["value_minor"]) == ("earned_bonus", 1000)


def test_what_is_paid_for_is_never_given_away(till: TillBuilder) -> None:
    value_type(till, "GIFT", legal_kind="gift_mpv")
    till.trigger(voucher_type="GIFT", segment=None)
    with till.open() as plugin:
        evaluated(plugin, basket("S1"))
        assert completed(plugin, "S1").vouchers == []


def test_vouchers_are_worth_the_same_without_rules_and_master_data(till: TillBuilder) -> None:
    code = hand_out(till, "GIFT", 2500)
    for file in till.data_dir.glob("cache*"):
        file.unlink()
    with till.open() as plugin:
        answer = evaluated(plugin, basket("S1", (code, 1000)))
        assert NoticeCode.NO_RULES in [notice.code for notice in answer.notices]
        one = effect(answer, "tender_voucher")
        assert (one["amount_minor"], one["text"]) == (1000, "Gutschein: Rest 15,00 € bleibt darauf")


def test_sale_object_charges_what_the_vouchers_leave(till: TillBuilder) -> None:
    code = hand_out(till, "TEN", legal_kind="promo")
    with till.open() as plugin:
        sale = plugin.begin_sale("S1")
        sale.scan("A")
        sale.scan(code)
        total = sale.evaluate()
        assert (total.total_minor, total.payable_minor) == (4999, 3999)
        receipt = sale.complete(charged=total, tenders=[("cash", total.payable_minor)])
        assert isinstance(receipt, Receipt)
        assert (receipt.total_minor, receipt.values["charged_differs"]) == (3999, False)
    assert standing(till) == [("redeemed", 1000, 0)]


def test_sale_object_takes_the_last_word_on_how_much(till: TillBuilder) -> None:
    code = hand_out(till, "GIFT", 2500)
    with till.open() as plugin:
        sale = plugin.begin_sale("S1")
        sale.scan("A")
        sale.scan(code)
        sale.scan(code, amount_minor=2000)
        sale.scan(code, amount_minor=500)
        assert sale.evaluate().voucher_tender_minor == 500
        assert isinstance(sale.complete(), Receipt)
    assert standing(till) == [("partly_redeemed", 2500, 2000)]


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["sell", "sell", "sell", "drop", "void", "return"]),
        st.sets(st.sampled_from(["PROMO", "BONUS", "GIFT", "SEVEN"])),
        st.none() | st.integers(1, 3000),
        st.sampled_from(["A B C", "B", "C BOOK", "BOOK"]),
    ),
    min_size=3,
    max_size=8,
)


@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(STEPS)
def test_vouchers_add_up_after_any_day(steps: list[Any]) -> None:
    with TemporaryDirectory() as folder:
        till = shop(Path(folder))
        codes = {
            "PROMO": hand_out(till, "PROMO", legal_kind="promo"),
            "BONUS": hand_out(till, "BONUS", 2500, legal_kind="earned_bonus"),
            "GIFT": hand_out(till, "GIFT", 5000),
            "SEVEN": hand_out(till, "SEVEN", 2000, legal_kind="gift_spv", vat_rate_bp=700),
        }
        with till.open() as plugin:
            for number, (act, used, asked_minor, skus) in enumerate(steps):
                if act == "void":
                    plugin.sales.void(f"S{number - 1}", {})
                    continue
                if act == "return":
                    goods = [{"line_id": "B", "quantity_milli": 1000}]
                    for sale in range(number):
                        request = {"return_id": f"R{number}-{sale}", "lines": goods}
                        plugin.sales.return_items(f"S{sale}", request)
                    continue
                wanted = [
                    (codes[name], asked_minor) if asked_minor else codes[name]
                    for name in sorted(used)
                ]
                answer = evaluated(plugin, basket(f"S{number}", *wanted, skus=skus))
                effects = [one["effect_id"] for one in answer.effects()]
                body = {"applied": effects[1:] if act == "drop" else effects}
                completed(plugin, f"S{number}", body)
        assert_books(till)


def assert_books(till: TillBuilder) -> None:
    """Hold what the journal says of its vouchers and lines against itself."""
    used = dict(
        rows(
            till,
            "SELECT voucher, sum(iif(kind = 'redeemed', amount_minor, -amount_minor)) "
            "FROM voucher_event WHERE kind IN ('redeemed', 'rolled_back') GROUP BY voucher",
        )
    )
    for voucher, legal_kind, state, value_minor, balance_minor in rows(
        till, "SELECT id, legal_kind, state, value_minor, balance_minor FROM voucher"
    ):
        assert value_minor - balance_minor == used.get(voucher, 0)
        if value_minor == balance_minor:
            assert state == "issued"
        elif balance_minor and legal_kind != "promo":
            assert state == "partly_redeemed"
        else:
            assert state == "redeemed"
    of_lines = (
        "SELECT receipt, sum(voucher_discount_minor) FROM receipt_line GROUP BY receipt "
        "HAVING sum(voucher_discount_minor)"
    )
    of_vouchers = (
        "SELECT receipt, sum(amount_minor) FROM voucher_event JOIN voucher ON id = voucher "
        "WHERE kind = 'redeemed' AND voucher.legal_kind IN ('promo', 'earned_bonus') "
        "GROUP BY receipt"
    )
    assert rows(till, of_lines) == rows(till, of_vouchers)
    for (line,) in rows(till, "SELECT line FROM event WHERE kind = 'sale_completed'"):
        for redeemed in json.loads(line)["body"]["redemptions"]:
            parts = [part["discount_minor"] for part in redeemed["lines"]]
            assert sum(parts) in (0, redeemed["amount_minor"])


def test_books_notice_a_cent_that_went_astray(till: TillBuilder) -> None:
    """Negative control."""
    code = hand_out(till, "GIFT", 2500)
    with till.open() as plugin:
        evaluated(plugin, basket("S1", (code, 400)))
        completed(plugin, "S1")
    assert_books(till)
    journal = apsw.Connection(str(till.data_dir / "journal.db"))
    journal.execute("UPDATE voucher SET balance_minor = balance_minor - 1")
    journal.close()
    with pytest.raises(AssertionError):
        assert_books(till)


def test_a_shop_without_rules_uses_up_what_it_took_after_a_late_answer(tmp_path: Path) -> None:
    """Neither answer has rules: one knew the voucher, the late one did not."""
    till = TillBuilder(tmp_path / "till")
    code = hand_out(till, "FIFTY", 5000)
    with till.open() as plugin:
        asked = basket("S1", code, skus="A B")
        late = plugin._till.late(asked)
        answer = evaluated(plugin, asked)
        assert answer.payable_minor == 1298
        assert late.evaluation_id != answer.evaluation_id
        completed(plugin, "S1", {"evaluation_id": answer.evaluation_id})
    assert standing(till) == [("redeemed", 5000, 0)]


def test_charged_by_the_late_answer_the_voucher_stays_whole(tmp_path: Path) -> None:
    """Negative control: the host charged the list price."""
    till = TillBuilder(tmp_path / "till")
    code = hand_out(till, "FIFTY", 5000)
    with till.open() as plugin:
        asked = basket("S1", code, skus="A B")
        late = plugin._till.late(asked)
        evaluated(plugin, asked)
        completed(plugin, "S1", {"evaluation_id": late.evaluation_id})
    assert standing(till) == [("issued", 5000, 5000)]
