"""Customer types as targets (T4): whom they reach, and what nobody at the till learns."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from till_builder import NOON, TillBuilder, card_number, points, unit_discount

from pos_plugin import Evaluation, Plugin, Receipt, Refused

if TYPE_CHECKING:
    from pathlib import Path

TYPE = "typ:schnaeppchenjaeger"
MEMBERS = unit_discount("TYP10", 1000, when=[{"type": "in_segment", "any_of": [TYPE]}])


@pytest.fixture
def till(tmp_path: Path) -> TillBuilder:
    """Anna is of the type, Bert is of none."""
    till = TillBuilder(tmp_path / "till", printer=True)
    till.rules(points(), MEMBERS)
    till.article("4711", 8000)
    till.program()
    till.voucher_type()
    till.trigger(segment=TYPE)
    till.customer("K1", card=card_number(1), name="Anna", segments=[TYPE])
    till.customer("K2", card=card_number(2), name="Bert")
    return till


def buy(plugin: Plugin, sale_id: str, customer: dict[str, Any] | None) -> dict[str, Any]:
    """Sell one piece; return what the till says of it, and the answer of its completion."""
    line = {"line_id": "1", "sku": "4711", "quantity_milli": 1000, "unit_price_minor": 8000}
    sale = {"sale_id": sale_id, "at": NOON.isoformat(), "lines": [line]}
    evaluation = plugin.sales.evaluate(sale if customer is None else {**sale, "customer": customer})
    assert isinstance(evaluation, Evaluation)
    receipt = plugin.sales.complete(sale_id, {})
    assert isinstance(receipt, Receipt)
    return {
        "total_minor": evaluation.total_minor,
        "vouchers": len(receipt.vouchers),
        "shown": json.dumps([evaluation.to_dict(), receipt.values]),
    }


def scanned(plugin: Plugin, number: int) -> Any:
    found = plugin.scan(card_number(number))
    assert not isinstance(found, Refused)
    return found


def points_of(plugin: Plugin, number: int) -> int:
    return sum(one["value"] for one in scanned(plugin, number).panel["balances"])


@pytest.mark.capability("T4")
def test_promotions_and_vouchers_reach_the_type_and_bonus_everybody(till: TillBuilder) -> None:
    with till.open() as plugin:
        anna = buy(plugin, "S1", scanned(plugin, 1).customer)
        bert = buy(plugin, "S2", scanned(plugin, 2).customer)
        assert (anna["total_minor"], anna["vouchers"]) == (7200, 1)
        assert (bert["total_minor"], bert["vouchers"]) == (8000, 0)
        # What is earned by contract hangs on no type.
        assert (points_of(plugin, 1), points_of(plugin, 2)) == (72, 80)


@pytest.mark.capability("T4")
def test_no_screen_answer_or_paper_names_the_type(till: TillBuilder) -> None:
    with till.open() as plugin:
        anna = scanned(plugin, 1)
        said = buy(plugin, "S1", anna.customer)
        shown = [
            said["shown"],
            json.dumps(scanned(plugin, 1).panel),
            json.dumps([one.to_dict("de") for one in plugin.prints.notices()]),
            json.dumps(plugin.health()),
        ]
        with plugin._till.journal.reading() as journal:
            papers = journal.execute("SELECT document FROM print_job").fetchall()
    assert papers
    shown += [text for (text,) in papers]
    assert not [text for text in shown if "schnaeppchen" in text.lower()]
    # The negative control: the host is told, because it hands the customer back with the basket.
    assert TYPE in anna.customer["segments"]


@pytest.mark.capability("T4")
def test_who_is_erased_is_reached_no_more(till: TillBuilder) -> None:
    with till.open() as plugin:
        assert isinstance(plugin.customers.erase("K1"), Receipt)
        assert isinstance(plugin.scan(card_number(1)), Refused)
        sold = buy(plugin, "S1", {"id": "K1"})
    assert (sold["total_minor"], sold["vouchers"]) == (8000, 0)
