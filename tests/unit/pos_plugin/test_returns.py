"""Goods that come back of a discounted sale: as paid, repriced, all or nothing (domain.md §7.2)."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from till_builder import TillBuilder, points, unit_discount

from pos_plugin import Receipt, Refused

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pos_plugin import Plugin

AT = "2026-03-07T11:55:00+01:00"
THREE_FOR_TWO: dict[str, Any] = {
    "id": "DREI",
    "label": {"de": "3 für 2"},
    "layer": "article",
    "offer": {
        "kind": "n_for_m",
        "n": 3,
        "discounted": 1,
        "benefit": {"type": "percent", "bp": 10_000},
    },
}
BUNDLE: dict[str, Any] = {
    "id": "SET",
    "label": {"de": "Set"},
    "layer": "article",
    "offer": {
        "kind": "bundle",
        "slots": [{"on": {"any_of": [{"skus": [sku]}]}} for sku in ("h", "s", "g")],
        "benefit": {"type": "fixed_price", "minor": 9900},
    },
}


@contextmanager
def shop(folder: Path, *rules: dict[str, Any], settings: str = "") -> Iterator[Plugin]:
    """A till with these promotions, one point per euro, and settings of returns."""
    till = TillBuilder(folder / "till")
    with till.config_path.open("a", encoding="utf-8") as file:
        file.write(settings)
    till.rules(*rules, points())
    till.program()
    till.customer("K1")
    with till.open() as plugin:
        yield plugin


def sell(plugin: Plugin, *prices: int, sale_id: str = "S1", skus: str = "abcdefgh") -> Receipt:
    """One piece each at these prices, lines ``1``, ``2`` …."""
    snapshot = {
        "sale_id": sale_id,
        "at": AT,
        "customer": {"id": "K1"},
        "lines": [
            {
                "line_id": str(number + 1),
                "sku": skus[number],
                "quantity_milli": 1000,
                "unit_price_minor": price,
            }
            for number, price in enumerate(prices)
        ],
    }
    plugin.sales.evaluate(snapshot)
    receipt = plugin.sales.complete(sale_id, {})
    assert isinstance(receipt, Receipt)
    return receipt


def give_back(plugin: Plugin, *line_ids: str, sale_id: str = "S1", **more: Any) -> dict[str, Any]:
    answer = plugin.sales.return_items(
        sale_id,
        {
            "return_id": f"R{'-'.join(line_ids)}",
            "lines": [{"line_id": one, "quantity_milli": 1000} for one in line_ids],
            **more,
        },
    )
    if isinstance(answer, Refused):
        return {"refused": answer.code.value, **answer.params}
    return answer.values


REPRICE = '[returns]\ndiscount = "reprice_remaining"\n'


def test_the_dearest_of_three_for_two_gives_back_what_was_paid_for_it(tmp_path: Path) -> None:
    with shop(tmp_path, THREE_FOR_TWO) as plugin:
        receipt = sell(plugin, 6000, 5000, 4000)
        assert receipt.values["total_minor"] == 11_000
        assert receipt.values["earned"] == [{"account": "points", "amount": 110}]
        answer = give_back(plugin, "1")
        assert answer["refund_minor"] == 4400
        assert answer["reversed"] == [{"account": "points", "amount": 44}]
        assert [give_back(plugin, one)["refund_minor"] for one in ("2", "3")] == [3667, 2933]


def test_the_dearest_of_three_for_two_is_worth_what_the_rest_got_cheaper(tmp_path: Path) -> None:
    with shop(tmp_path, THREE_FOR_TWO, settings=REPRICE) as plugin:
        sell(plugin, 6000, 5000, 4000)
        answer = give_back(plugin, "1")
        assert answer["refund_minor"] == 2000
        assert answer["reversed"] == [{"account": "points", "amount": 20}]


def test_a_belt_out_of_a_bundle_gives_nothing_and_never_less(tmp_path: Path) -> None:
    with shop(tmp_path, BUNDLE, settings=REPRICE) as plugin:
        assert sell(plugin, 4000, 8000, 3000, skus="hsg").values["total_minor"] == 9900
        assert give_back(plugin, "3")["refund_minor"] == 0


def test_what_was_held_back_comes_with_the_last_goods(tmp_path: Path) -> None:
    with shop(tmp_path, BUNDLE, settings=REPRICE) as plugin:
        sell(plugin, 4000, 8000, 3000, skus="hsg")
        give_back(plugin, "3")
        rest = give_back(plugin, "1", "2")
        assert rest["refund_minor"] == 9900
        (held,) = [line for line in rest["lines"] if not line["quantity_milli"]]
        assert held["line_id"] == "3"
        assert held["refund_minor"] == 1980
        assert rest["reversed"] == [{"account": "points", "amount": 99}]


def test_goods_beside_the_offer_cost_the_same_either_way(tmp_path: Path) -> None:
    with shop(tmp_path, BUNDLE, settings=REPRICE) as plugin:
        sell(plugin, 4000, 8000, 3000, 1234, skus="hsgx")
        assert give_back(plugin, "4")["refund_minor"] == 1234


def test_the_rest_keeps_a_discount_that_the_whole_had_beaten(tmp_path: Path) -> None:
    with shop(tmp_path, THREE_FOR_TWO, unit_discount("ZEHN", 1000), settings=REPRICE) as plugin:
        assert sell(plugin, 6000, 5000, 4000).values["total_minor"] == 11_000
        # 50.00 and 40.00 less 10 % cost 81.00.
        assert give_back(plugin, "1")["refund_minor"] == 11_000 - 8100


def test_a_single_promotion_may_reprice_in_a_shop_that_gives_back_as_paid(tmp_path: Path) -> None:
    settings = '[returns.promotion]\nDREI = "reprice_remaining"\n'
    with shop(tmp_path, THREE_FOR_TWO, settings=settings) as plugin:
        sell(plugin, 6000, 5000, 4000)
        assert give_back(plugin, "1")["refund_minor"] == 2000
        sell(plugin, 6000, 5000, sale_id="S2")  # does not use it
        assert give_back(plugin, "1", sale_id="S2", return_id="R2")["refund_minor"] == 6000


def test_a_new_generation_does_not_price_what_an_old_one_sold(tmp_path: Path) -> None:
    till = TillBuilder(tmp_path / "till")
    with till.config_path.open("a", encoding="utf-8") as file:
        file.write(REPRICE)
    till.rules(THREE_FOR_TWO)
    till.customer("K1")
    with till.open() as plugin:
        sell(plugin, 6000, 5000, 4000)
    till.rules(unit_discount("HALB", 5000))
    with till.open() as plugin:
        assert give_back(plugin, "1")["refund_minor"] == 2000


def test_a_return_by_todays_rules_would_give_another_amount(tmp_path: Path) -> None:
    """Negative control: half price on the rest makes the 60.00 worth 65.00."""
    with shop(tmp_path, unit_discount("HALB", 5000)) as plugin:
        assert 11_000 - sell(plugin, 5000, 4000).values["total_minor"] == 6500


@pytest.mark.parametrize("where", ["shop", "promotion"])
def test_an_offer_of_all_or_nothing_comes_back_together(tmp_path: Path, where: str) -> None:
    settings = {
        "shop": '[returns]\ndiscount = "all_or_nothing"\n',
        "promotion": '[returns.promotion]\nDREI = "all_or_nothing"\n',
    }[where]
    with shop(tmp_path, THREE_FOR_TWO, settings=settings) as plugin:
        sell(plugin, 6000, 5000, 4000)
        refused = give_back(plugin, "1")
        assert refused == {
            "refused": "return_together",
            "promotion": "DREI",
            "line_ids": "1, 2, 3",
        }
        assert give_back(plugin, "1", "2", "3")["refund_minor"] == 11_000


def test_what_the_host_gave_for_a_part_of_an_offer_is_a_fact(tmp_path: Path) -> None:
    with shop(
        tmp_path, THREE_FOR_TWO, settings=REPRICE.replace("reprice_remaining", "all_or_nothing")
    ) as plugin:
        sell(plugin, 6000, 5000, 4000)
        lines = [{"line_id": "1", "quantity_milli": 1000, "refund_minor": 1500}]
        assert give_back(plugin, "1", lines=lines)["refund_minor"] == 1500


def test_goods_beside_an_offer_of_all_or_nothing_come_back_alone(tmp_path: Path) -> None:
    settings = '[returns]\ndiscount = "all_or_nothing"\n'
    with shop(tmp_path, BUNDLE, settings=settings) as plugin:
        sell(plugin, 4000, 8000, 3000, 1234, skus="hsgx")
        assert give_back(plugin, "4")["refund_minor"] == 1234
