"""Vouchers and points of goods that come back (domain.md §7.2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import apsw
import pytest
from till_builder import TillBuilder, points, unit_discount, voucher_promotion
from vouchers_with_value import hand_out, value_type

from pos_plugin import Receipt, Refusal, Refused, Scanned

if TYPE_CHECKING:
    from pathlib import Path

    from pos_plugin import Plugin

AT = "2026-03-07T11:55:00+01:00"


def shop(folder: Path, settings: str = "", *rules: dict[str, Any]) -> TillBuilder:
    till = TillBuilder(folder / "till")
    with till.config_path.open("a", encoding="utf-8") as file:
        file.write(f"[returns]\n{settings}\n")
    till.rules(*rules, points())
    till.program()
    till.customer("K1", segments=["abc:C"])
    return till


def sell(
    plugin: Plugin, *prices: int, sale_id: str = "S1", codes: tuple[str, ...] = (), **facts: Any
) -> Receipt:
    snapshot = {
        "sale_id": sale_id,
        "at": AT,
        "customer": {"id": "K1"},
        "codes": [{"code": code} for code in codes],
        "lines": [
            {
                "line_id": str(number),
                "sku": f"a{number}",
                "quantity_milli": 1000,
                "unit_price_minor": price,
                **facts,
            }
            for number, price in enumerate(prices, 1)
        ],
    }
    answer = plugin.sales.evaluate(snapshot)
    assert not isinstance(answer, Refused)
    assert not answer.rejected
    receipt = plugin.sales.complete(sale_id, {})
    assert isinstance(receipt, Receipt)
    return receipt


def give_back(plugin: Plugin, *lines: str, sale_id: str = "S1", **more: Any) -> dict[str, Any]:
    answer = plugin.sales.return_items(
        sale_id,
        {
            "return_id": f"{sale_id}/{'-'.join(lines)}",
            "lines": [{"line_id": one, "quantity_milli": 1000} for one in lines],
            **more,
        },
    )
    assert isinstance(answer, Receipt), answer
    return answer.values


def codes_of(answer: dict[str, Any]) -> list[str]:
    return [one["code"] for one in answer["effects"] if one["kind"] == "message"]


def issued(answer: dict[str, Any]) -> list[dict[str, Any]]:
    return [one for one in answer["effects"] if one["kind"] == "issue_voucher"]


def worth(plugin: Plugin, code: str, price: int = 10_000) -> int:
    """What a voucher takes off a sale now; 0 when it is refused."""
    answer = plugin.sales.evaluate(
        {
            "sale_id": "ask",
            "at": AT,
            "customer": {"id": "K1"},
            "codes": [{"code": code}],
            "lines": [
                {"line_id": "1", "sku": "x", "quantity_milli": 1000, "unit_price_minor": price}
            ],
        }
    )
    assert not isinstance(answer, Refused)
    return price - answer.payable_minor


@pytest.mark.capability("G3")
def test_the_share_of_a_price_reduction_stays_used(tmp_path: Path) -> None:
    till = shop(tmp_path)
    code = hand_out(till, "ZEHN", legal_kind="promo")
    with till.open() as plugin:
        receipt = sell(plugin, 4999, 1299, 899, codes=(code,))
        assert receipt.values["total_minor"] == 7197 - 1000
        # 10.00 over 49.99, 12.99 and 8.99 is 6.95, 1.80 and 1.25 (domain.md §7.2).
        assert give_back(plugin, "1")["refund_minor"] == 4999 - 695
        assert give_back(plugin, "2")["refund_minor"] == 1299 - 180
        assert worth(plugin, code) == 0
        last = give_back(plugin, "3")
        assert last["refund_minor"] == 899 - 125
        assert codes_of(last) == ["voucher_rolled_back"]
        assert worth(plugin, code) == 1000


def test_the_share_of_a_price_reduction_becomes_a_new_voucher(tmp_path: Path) -> None:
    till = shop(tmp_path, 'redeemed_voucher = "reissued"')
    code = hand_out(till, "ZEHN", legal_kind="promo", days=20)
    with till.open() as plugin:
        sell(plugin, 4999, 1299, 899, codes=(code,))
        (new,) = issued(give_back(plugin, "1"))
        assert new["valid_to_on"] == "2026-03-27"
        assert worth(plugin, new["code"]) == 695
        assert worth(plugin, code) == 0
        rest = give_back(plugin, "2", "3")
        assert issued(rest) == []
        assert worth(plugin, code) == 1000 - 695


def test_a_refund_goes_to_the_voucher_that_paid_before_cash(tmp_path: Path) -> None:
    till = shop(tmp_path)
    code = hand_out(till, "GESCHENK", 3000, legal_kind="gift_mpv")
    with till.open() as plugin:
        sell(plugin, 2000, 4000, codes=(code,))
        first = give_back(plugin, "1")
        assert (first["refund_minor"], first["voucher_refund_minor"]) == (2000, 2000)
        second = give_back(plugin, "2")
        assert (second["refund_minor"], second["voucher_refund_minor"]) == (4000, 1000)
        assert worth(plugin, code) == 3000


def test_an_unused_share_of_the_receipt_shrinks_with_it(tmp_path: Path) -> None:
    till = shop(tmp_path)
    value_type(
        till,
        "NAECHSTER",
        customer_bound=True,
        effect={"kind": "value", "share_bp": 1000, "label": {"de": "10 % fürs nächste Mal"}},
    )
    till.trigger(voucher_type="NAECHSTER", segment=None)
    with till.open() as plugin:
        (voucher,) = issued(sell(plugin, 6000, 3333).values)
        assert worth(plugin, voucher["code"]) == 933
        assert codes_of(give_back(plugin, "2")) == ["voucher_reduced"]
        assert worth(plugin, voucher["code"]) == 599
        assert codes_of(give_back(plugin, "1")) == ["voucher_cancelled"]
        assert worth(plugin, voucher["code"]) == 0


def test_a_blocked_coupon_ends_with_its_receipt(tmp_path: Path) -> None:
    till = shop(tmp_path)
    till.voucher_type()
    till.trigger()
    with till.open() as plugin:
        (voucher,) = issued(sell(plugin, 1000).values)
        asked = {"request_id": "B1", "code": voucher["code"]}
        assert isinstance(plugin.vouchers.block(asked), Receipt)
        # The control: while its receipt stands it may be let go, and blocked again.
        assert isinstance(plugin.vouchers.unblock({**asked, "request_id": "U1"}), Receipt)
        assert isinstance(plugin.vouchers.block({**asked, "request_id": "B2"}), Receipt)
        assert isinstance(plugin.sales.void("S1", {}), Receipt)
        assert plugin.vouchers.unblock({**asked, "request_id": "U2"}) == Refused(
            Refusal.VOUCHER_NOT_NOW
        )


def used_then_returned(folder: Path, how: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Answer of the return, and its event, after the voucher of the receipt was used."""
    till = shop(folder, f'used_voucher = "{how}"', voucher_promotion())
    till.voucher_type()
    till.trigger()
    with till.open() as plugin:
        (voucher,) = issued(sell(plugin, 6000).values)
        used = sell(plugin, 8000, sale_id="S2", codes=(voucher["code"],))
        assert used.values["discount_minor"] == 500
        answer = give_back(plugin, "1")
        assert worth(plugin, voucher["code"]) == 0
        # What was settled is no longer owed: the voucher lives again with the goods it paid for.
        assert "voucher_rolled_back" in codes_of(give_back(plugin, "1", sale_id="S2"))
        assert worth(plugin, voucher["code"]) == 500
    return answer, event_of(till)


def event_of(till: TillBuilder) -> dict[str, Any]:
    import json

    connection = apsw.Connection(str(till.data_dir / "journal.db"))
    try:
        line = connection.execute(
            "SELECT line FROM event WHERE kind = 'items_returned' ORDER BY seq"
        ).fetchone()
    finally:
        connection.close()
    assert line is not None
    body: dict[str, Any] = json.loads(bytes(line[0]))["body"]
    return body


def test_what_was_used_of_an_issued_voucher_is_deducted(tmp_path: Path) -> None:
    answer, body = used_then_returned(tmp_path, "deduct")
    assert (answer["refund_minor"], answer["deducted_minor"]) == (6000, 500)
    assert codes_of(answer) == ["voucher_deducted"]
    (exception,) = body["exceptions"]
    assert (exception["settled"], exception["deducted_minor"]) == ("deduct", 500)


def test_what_was_used_of_an_issued_voucher_may_be_a_debt(tmp_path: Path) -> None:
    answer, body = used_then_returned(tmp_path, "debt")
    assert answer["deducted_minor"] == 0
    assert codes_of(answer) == ["voucher_used_meanwhile"]
    (exception,) = body["exceptions"]
    assert (exception["settled"], exception["amount_minor"]) == ("debt", 500)


def test_what_was_used_of_an_issued_voucher_may_be_kept(tmp_path: Path) -> None:
    answer, body = used_then_returned(tmp_path, "keep")
    assert (answer["deducted_minor"], codes_of(answer)) == (0, [])
    assert body["exceptions"][0]["settled"] == "keep"


def test_more_was_used_than_is_paid_out(tmp_path: Path) -> None:
    till = shop(tmp_path, "", voucher_promotion(minor=500))
    till.voucher_type()
    till.trigger()
    with till.open() as plugin:
        (voucher,) = issued(sell(plugin, 300).values)
        sell(plugin, 8000, sale_id="S2", codes=(voucher["code"],))
        answer = give_back(plugin, "1")
        assert (answer["refund_minor"], answer["deducted_minor"]) == (300, 300)
        assert codes_of(answer) == ["voucher_used_meanwhile", "voucher_deducted"]


def test_a_void_deducts_what_was_used_too(tmp_path: Path) -> None:
    till = shop(tmp_path, "", voucher_promotion())
    till.voucher_type()
    till.trigger()
    with till.open() as plugin:
        (voucher,) = issued(sell(plugin, 6000).values)
        sell(plugin, 8000, sale_id="S2", codes=(voucher["code"],))
        answer = plugin.sales.void("S1", {})
        assert isinstance(answer, Receipt)
        assert answer.values["deducted_minor"] == 500


def test_a_refund_as_goods_credit_is_a_voucher(tmp_path: Path) -> None:
    till = shop(tmp_path, 'goods_credit = "WGS"')
    value_type(
        till,
        "WGS",
        legal_kind="goods_credit",
        effect={"kind": "value", "label": {"de": "Warengutschrift"}},
        validity={"days": 3650},
    )
    with till.open() as plugin:
        sell(plugin, 4000, 2000)
        answer = give_back(plugin, "1", refund_as="goods_credit")
        assert answer["credit_minor"] == 4000
        (credit,) = issued(answer)
        assert worth(plugin, credit["code"]) == 4000


def test_a_shop_without_a_kind_for_it_gives_no_goods_credit(tmp_path: Path) -> None:
    with shop(tmp_path).open() as plugin:
        sell(plugin, 4000)
        request = {
            "return_id": "R",
            "lines": [{"line_id": "1", "quantity_milli": 1000}],
            "refund_as": "goods_credit",
        }
        refused = plugin.sales.return_items("S1", request)
        assert isinstance(refused, Refused)
        assert refused.code == "no_goods_credit"
        assert give_back(plugin, "1")["refund_minor"] == 4000  # nothing of it was booked


def test_a_sale_of_another_till_is_voided_by_what_the_host_gave_back(tmp_path: Path) -> None:
    with shop(tmp_path).open() as plugin:
        refused = plugin.sales.void("X1", {"reason": "Fehlbon"})
        assert isinstance(refused, Refused)
        assert refused.code == "sale_unknown"
        answer = plugin.sales.void("X1", {"reason": "Fehlbon", "total_minor": 4000})
        assert isinstance(answer, Receipt)
        assert (answer.values["pending"], answer.values["total_minor"]) == (True, 4000)
        back = {"line_id": "1", "quantity_milli": 1000, "refund_minor": 4000}
        again = plugin.sales.return_items("X1", {"return_id": "R", "lines": [back]})
        assert isinstance(again, Refused)
        assert again.code == "sale_voided"


def spending(folder: Path, *, expires_on: str) -> TillBuilder:
    """A customer with 1500 points of one lot; 100 of them are 1.00 EUR off."""
    till = shop(folder)
    till.reward("EURO", 100, "discount", value_minor=100)
    till.balance("K1", 1500, expires_on=expires_on)
    return till


def lots(plugin: Plugin) -> list[tuple[int, str | None]]:
    """What is left of each lot, and its last day; those of the receipt itself never expire."""
    found = plugin.accounts.statement("K1")
    assert isinstance(found, dict)
    return [(lot["left"], lot["expires_on"]) for lot in found["accounts"][0]["lots"]]


@pytest.mark.capability("B5")
def test_spent_points_come_back_with_their_old_expiry(tmp_path: Path) -> None:
    with spending(tmp_path, expires_on="2026-12-31").open() as plugin:
        receipt = sell(plugin, 6000, 4000, codes=("reward:EURO",))
        assert receipt.values["total_minor"] == 8500
        part = give_back(plugin, "1")
        assert part["refund_minor"] == 6000 - 900
        # Of 1500 points, 60 % are back with their goods; of the 85 that were earned, 51 go.
        assert lots(plugin) == [(900, "2026-12-31"), (34, None)]
        assert give_back(plugin, "2")["refund_minor"] == 4000 - 600
        assert sum(left for left, _ in lots(plugin)) == 1500
        assert {day for _, day in lots(plugin)} == {"2026-12-31"}


@pytest.mark.capability("B5")
def test_spent_points_that_expired_meanwhile_have_days_of_grace(tmp_path: Path) -> None:
    till = spending(tmp_path, expires_on="2026-03-10")
    with till.open() as plugin:
        sell(plugin, 6000, codes=("reward:EURO",))
        till.clock.advance(days=30)
        give_back(plugin, "1")
        assert lots(plugin) == [(1500, "2026-04-20")]


def test_returned_goods_in_a_sale_earn_nothing_and_reach_no_threshold(tmp_path: Path) -> None:
    from_50 = unit_discount("AB50", 1000, when=[{"type": "min_value", "minor": 5000}])
    with shop(tmp_path, "", from_50).open() as plugin:
        lines = [
            {"line_id": "1", "sku": "a", "quantity_milli": 1000, "unit_price_minor": 4000},
            {"line_id": "2", "sku": "b", "quantity_milli": -1000, "unit_price_minor": 3000},
        ]
        sale = {"sale_id": "S1", "at": AT, "customer": {"id": "K1"}, "lines": lines}
        plugin.sales.evaluate(sale)
        receipt = plugin.sales.complete("S1", {})
        assert isinstance(receipt, Receipt)
        assert receipt.values["total_minor"] == 1000
        assert receipt.values["earned"] == [{"account": "points", "amount": 40}]


def test_a_voided_receipt_was_no_visit(tmp_path: Path) -> None:
    till = shop(tmp_path)
    with till.open() as plugin:
        sell(plugin, 4000)
        till.clock.advance(days=3)
        sell(plugin, 2000, sale_id="S2")

        def days_since_last() -> object:
            found = plugin.identify(customer="K1")
            assert isinstance(found, Scanned)
            assert found.customer is not None
            return found.customer["history"].get("days_since_last")

        assert days_since_last() == 0
        plugin.sales.void("S2", {})
        assert days_since_last() == 3
        plugin.sales.void("S1", {})
        assert days_since_last() is None


def with_a_moving_rest(folder: Path) -> tuple[TillBuilder, str]:
    till = shop(folder)
    effect = {"kind": "value", "minor": 2500, "rest": "new", "label": {"de": "Wert"}}
    return till, hand_out(till, "NEU", 2500, effect=effect)


def test_a_rest_that_moved_is_never_in_two_places(tmp_path: Path) -> None:
    till, old = with_a_moving_rest(tmp_path)
    with till.open() as plugin:
        (rest,) = issued(sell(plugin, 500, 500, codes=(old,)).values)
        assert (worth(plugin, old), worth(plugin, rest["code"])) == (0, 1500)
        give_back(plugin, "1")
        assert (worth(plugin, old), worth(plugin, rest["code"])) == (2000, 0)
        give_back(plugin, "2")
        assert (worth(plugin, old), worth(plugin, rest["code"])) == (2500, 0)


def test_a_rest_that_moved_and_was_used_does_not_come_back(tmp_path: Path) -> None:
    till, old = with_a_moving_rest(tmp_path)
    with till.open() as plugin:
        (rest,) = issued(sell(plugin, 500, 500, codes=(old,)).values)
        sell(plugin, 1500, sale_id="S2", codes=(rest["code"],))
        assert isinstance(plugin.sales.void("S1", {}), Receipt)
        assert (worth(plugin, old), worth(plugin, rest["code"])) == (1000, 0)
        assert isinstance(plugin.sales.void("S2", {}), Receipt)
        assert (worth(plugin, old), worth(plugin, rest["code"])) == (1000, 1500)


def test_a_parked_sale_is_no_sale_of_another_till(tmp_path: Path) -> None:
    till = shop(tmp_path)
    line = {"line_id": "1", "sku": "a1", "quantity_milli": 1000, "unit_price_minor": 500}
    with till.open() as plugin:
        parked = plugin.sales.suspend({"sale_id": "S1", "at": AT, "lines": [line]})
        assert parked is None
        answer = plugin.sales.void("S1", {"total_minor": 500})
        assert isinstance(answer, Refused)
        assert answer.code == "sale_unknown"
        elsewhere = plugin.sales.void("S2", {"total_minor": 500})
        assert isinstance(elsewhere, Receipt)
        assert elsewhere.values["pending"]
