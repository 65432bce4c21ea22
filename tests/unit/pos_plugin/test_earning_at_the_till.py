"""What a sale earns (B1, B3): of which goods, on which days, by which revision of the rules."""

from __future__ import annotations

import json
from contextlib import closing
from typing import TYPE_CHECKING, Any

import apsw
import pytest
from till_builder import TillBuilder, points

from pos_plugin import Plugin, Receipt

if TYPE_CHECKING:
    from pathlib import Path

TROUSERS = {"any_of": [{"categories": ["hosen"]}]}


@pytest.fixture
def till(tmp_path: Path) -> TillBuilder:
    till = TillBuilder(tmp_path / "till")
    till.program()
    till.customer("K1", birthday_on="1980-03-09")
    return till


def line(line_id: str, minor: int, **facts: Any) -> dict[str, Any]:
    return {
        "line_id": line_id,
        "sku": line_id,
        "quantity_milli": 1000,
        "unit_price_minor": minor,
        **facts,
    }


BASKET = (
    line("1", 10_000, categories=["hosen"], brand="Nord"),
    line("2", 5_000, categories=["hemden"]),
    line("3", 3_000, categories=["hosen"], markdown=True),
)


def earned(plugin: Plugin, sale_id: str = "S1", *lines: dict[str, Any]) -> int:
    """Sell the basket, or these lines; return the points of the receipt."""
    now = plugin._till.clock.now()
    receipt = plugin.sales.complete(
        sale_id,
        {},
        snapshot={
            "sale_id": sale_id,
            "at": now.isoformat(),
            "customer": dict(plugin._till._customer("K1") or {"id": "K1"}),
            "lines": list(lines or BASKET),
        },
    )
    assert isinstance(receipt, Receipt)
    return sum(one["amount"] for one in receipt.values["earned"])


def value(plugin: Plugin) -> int:
    found = plugin.accounts.statement("K1")
    assert isinstance(found, dict)
    return sum(int(one["value"]) for one in found["accounts"])


@pytest.mark.capability("B1", "B3")
@pytest.mark.parametrize(
    ("offer", "more", "amount"),
    [
        ({}, {}, 180),
        ({"on": TROUSERS}, {}, 130),
        ({"on": {"any_of": [{"brands": ["Nord"]}]}}, {}, 100),
        ({"on": {"none_of": [{"price_state": "markdown"}]}}, {}, 150),
        ({}, {"when": [{"type": "min_value", "minor": 18_000}]}, 180),
        ({}, {"when": [{"type": "min_value", "minor": 18_001}]}, 0),
        ({}, {"validity": {"until": "2026-03-07T12:00:00"}}, 0),
    ],
)
def test_points_come_of_the_goods_and_from_the_minimum_that_the_rule_names(
    till: TillBuilder, offer: dict[str, Any], more: dict[str, Any], amount: int
) -> None:
    rule = points()
    till.rules({**rule, "offer": {**rule["offer"], **offer}, **more})
    with till.open() as plugin:
        assert earned(plugin) == amount


@pytest.mark.capability("B1", "B3")
def test_on_one_weekday_everything_counts_twice(till: TillBuilder) -> None:
    double = {
        "id": "SAMSTAG",
        "layer": "earn",
        "validity": {"windows": [{"weekdays": [6]}]},
        "offer": {"kind": "earn_multiplier", "account": "points", "factor_bp": 20_000},
    }
    till.rules(points(), double)
    with till.open() as plugin:
        assert earned(plugin) == 360
        till.clock.advance(days=1)
        assert earned(plugin, "S2") == 180


@pytest.mark.capability("B3")
def test_an_article_a_receipt_and_a_birthday_earn_a_fixed_amount(till: TillBuilder) -> None:
    def fixed(name: str, amount: int, per: str, **more: Any) -> dict[str, Any]:
        offer = {"kind": "earn_fixed", "account": "points", "points": amount, "per": per}
        return {"id": name, "layer": "earn", "offer": {**offer, **more.pop("offer", {})}, **more}

    till.rules(
        fixed("ARTIKEL", 1, "unit", offer={"on": TROUSERS}),
        fixed("BON", 10, "receipt"),
        # Once in her life, in the week of her birthday.
        fixed(
            "GEBURTSTAG",
            500,
            "receipt",
            when=[{"type": "birthday", "days_before": 1, "days_after": 5}],
            limits={"per_customer": 1},
        ),
    )
    with till.open() as plugin:
        assert earned(plugin) == 2 + 10
        till.clock.advance(days=1)  # the day before
        assert earned(plugin, "S2") == 2 + 10 + 500
        till.clock.advance(days=1)
        assert earned(plugin, "S3") == 2 + 10


@pytest.mark.capability("B3")
def test_the_revision_on_the_receipt_decides_what_comes_back(till: TillBuilder) -> None:
    till.rules(points())
    with till.open() as plugin:
        assert earned(plugin, "S1", line("1", 10_000)) == 100
    dearer = points()
    till.rules({**dearer, "revision": 2, "offer": {**dearer["offer"], "points": 3}})
    with till.open() as plugin:
        assert earned(plugin, "S2", line("1", 10_000)) == 300
        back = {"return_id": "R1", "lines": [{"line_id": "1", "quantity_milli": 1000}]}
        assert isinstance(plugin.sales.return_items("S1", back), Receipt)
        # 100 and not 300: a later rule never re-prices the past.
        assert value(plugin) == 300
    with closing(apsw.Connection(str(till.data_dir / "journal.db"))) as journal:
        rows = journal.execute(
            "SELECT kind, delta, generation, promotions FROM ledger_entry ORDER BY seq"
        ).fetchall()
    assert [(kind, delta, generation) for kind, delta, generation, _ in rows] == [
        ("earn", 100, 1),
        ("earn", 300, 2),
        ("reverse", -100, 1),
    ]
    assert [json.loads(names) for *_, names in rows[:2]] == [["BASIS"], ["BASIS"]]
