"""What a till gives while head office is silent has one cap, whatever it is given as."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from till_builder import TillBuilder, card_number, points
from vouchers_with_value import hand_out

from pos_plugin import Evaluation, Receipt

if TYPE_CHECKING:
    from pathlib import Path

    from pos_plugin import Plugin

EURO = "reward:EURO"
HEAD_OFFICE = '[head_office]\nurl = "http://127.0.0.1:9"\n'
CAP_MINOR = 5_000
"""To one customer in one offline period, as a till has it without settings of its own."""


@pytest.fixture
def till(tmp_path: Path) -> TillBuilder:
    till = TillBuilder(tmp_path / "till")
    till.rules(points())
    till.program("points")
    till.reward("EURO", 100, "discount", value_minor=100)
    till.customer("K1", card=card_number(1))
    till.balance("K1", 10_000)
    return till


def with_head_office(till: TillBuilder) -> None:
    text = till.config_path.read_text(encoding="utf-8")
    till.config_path.write_text(text + HEAD_OFFICE, encoding="utf-8")


def voucher(till: TillBuilder, code: str, minor: int = 10_000) -> str:
    return hand_out(till, code, minor, partial=True, offline_scope="shop", offline_cap_minor=minor)


def given_minor(plugin: Plugin, sale_id: str, *codes: str | dict[str, Any]) -> int:
    """Sell for 300 EUR with these codes; return what they took off."""
    snapshot = {
        "sale_id": sale_id,
        "at": plugin._till.clock.now().isoformat(),
        "customer": {"id": "K1"},
        "codes": [{"code": one} if isinstance(one, str) else one for one in codes],
        "lines": [
            {
                "line_id": "1",
                "sku": "A1",
                "quantity_milli": 1_000,
                "unit_price_minor": 30_000,
                "vat_rate_bp": 1_900,
            }
        ],
    }
    found = plugin.sales.evaluate(snapshot)
    assert isinstance(found, Evaluation)
    assert isinstance(plugin.sales.complete(sale_id, {}), Receipt)
    return 30_000 - int(found.to_dict()["payable_minor"])


def test_points_leave_less_for_vouchers_of_the_same_period(till: TillBuilder) -> None:
    with_head_office(till)
    code = voucher(till, "W1")
    with till.open() as plugin:
        assert given_minor(plugin, "S1", {"code": EURO, "amount_minor": 4_000}) == 4_000
        assert given_minor(plugin, "S2", code) == CAP_MINOR - 4_000


def test_vouchers_leave_less_for_points_of_the_same_period(till: TillBuilder) -> None:
    with_head_office(till)
    code = voucher(till, "W1", 3_000)
    with till.open() as plugin:
        assert given_minor(plugin, "S1", code) == 3_000
        assert given_minor(plugin, "S2", EURO) == CAP_MINOR - 3_000


@pytest.mark.parametrize("in_turn", [False, True])
def test_one_sale_gives_no_more_than_the_cap(till: TillBuilder, in_turn: bool) -> None:
    with_head_office(till)
    codes = [voucher(till, "W1", 3_000), voucher(till, "W2", 3_000), EURO]
    with till.open() as plugin:
        assert given_minor(plugin, "S1", *(codes[::-1] if in_turn else codes)) == CAP_MINOR
        assert given_minor(plugin, "S2", EURO) == 0


def test_without_a_head_office_all_of_it_is_given(till: TillBuilder) -> None:
    # The control: the same sale where this till is the authority.
    codes = [voucher(till, "W1", 3_000), voucher(till, "W2", 3_000), EURO]
    with till.open() as plugin:
        assert given_minor(plugin, "S1", *codes) == 16_000


def sold(till: TillBuilder, code: str, minor: int) -> str:
    """A voucher that somebody paid for; its kind says nothing of being offline."""
    return hand_out(till, code, minor, partial=True, offline_scope="never", offline_cap_minor=0)


def allow_gifts(till: TillBuilder, cap_minor: int) -> None:
    with till.config_path.open("a", encoding="utf-8") as file:
        file.write(f"[offline]\ngift_minor = {cap_minor}\n")


def test_a_sold_voucher_is_used_offline_only_where_the_owner_says_so(till: TillBuilder) -> None:
    with_head_office(till)
    code = sold(till, "W1", 10_000)
    with till.open() as plugin:
        assert given_minor(plugin, "S1", code) == 0  # the control: never, unless somebody says so
    allow_gifts(till, 2_500)
    with till.open() as plugin:
        assert given_minor(plugin, "S2", code) == 2_500
        assert given_minor(plugin, "S3", code) == 0  # its cap of this period is spent


def test_sold_vouchers_count_in_the_caps_of_customer_and_till(till: TillBuilder) -> None:
    with_head_office(till)
    allow_gifts(till, 100_000)
    codes = [sold(till, "W1", 4_000), sold(till, "W2", 4_000)]
    with till.open() as plugin:
        assert given_minor(plugin, "S1", *codes) == CAP_MINOR


def test_the_cap_of_sold_vouchers_opens_no_other_kind(till: TillBuilder) -> None:
    with_head_office(till)
    allow_gifts(till, 100_000)
    kind = {"legal_kind": "goods_credit", "offline_scope": "never", "offline_cap_minor": 0}
    code = hand_out(till, "W1", 4_000, partial=True, **kind)
    with till.open() as plugin:
        assert given_minor(plugin, "S1", code) == 0
