from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import pytest
from till_builder import TillBuilder, card_number, unit_discount

from pos_plugin import MisuseError, Plugin, Receipt, Refused, Sale, SaleState
from pos_plugin.faces.sale import TRANSITIONS
from pos_plugin.notices import NoticeCode, Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

KNOWN = card_number(1)


@pytest.fixture
def till(tmp_path: Path) -> TillBuilder:
    till = TillBuilder(tmp_path)
    till.rules(unit_discount("ZEHN", 1000))
    till.article("4711", 7999, categories=["hosen"])
    till.customer("K1", card=KNOWN, segments=["stammkunde"])
    return till


@pytest.fixture
def plugin(till: TillBuilder) -> Iterator[Plugin]:
    with till.open() as plugin:
        yield plugin


def act(sale: Sale, to: SaleState) -> None:
    match to:
        case SaleState.OPEN:
            sale.add_line(sku="4711")
        case SaleState.TOTALLED:
            sale.evaluate()
        case SaleState.SUSPENDED:
            assert sale.suspend() is None
        case SaleState.COMPLETED:
            assert isinstance(sale.complete(), Receipt)
        case SaleState.CANCELLED:
            sale.cancel()


@pytest.mark.parametrize(("old", "new"), [*product(SaleState, SaleState)])
def test_sale_takes_only_the_steps_of_its_table(
    plugin: Plugin, old: SaleState, new: SaleState
) -> None:
    sale = plugin.begin_sale()
    for state in {
        SaleState.OPEN: [SaleState.OPEN],
        SaleState.TOTALLED: [SaleState.OPEN, SaleState.TOTALLED],
        SaleState.SUSPENDED: [SaleState.OPEN, SaleState.SUSPENDED],
        SaleState.COMPLETED: [SaleState.OPEN, SaleState.TOTALLED, SaleState.COMPLETED],
        SaleState.CANCELLED: [SaleState.OPEN, SaleState.CANCELLED],
    }[old]:
        act(sale, state)
    assert sale.state is old
    # Two ways into a state that the table does not name: completing an open sale totals it first,
    # completing a completed one gives the same receipt again. Recalling makes a new object.
    by_itself = {
        (SaleState.OPEN, SaleState.COMPLETED),
        (SaleState.COMPLETED, SaleState.COMPLETED),
    }
    if ((old, new) in TRANSITIONS and old is not SaleState.SUSPENDED) or (old, new) in by_itself:
        act(sale, new)
        assert sale.state is new
    else:
        with pytest.raises(MisuseError):
            act(sale, new)
        assert sale.state is old


def test_card_articles_and_price_come_together(plugin: Plugin) -> None:
    sale = plugin.begin_sale(cashier="17")
    known = sale.scan(KNOWN)
    assert not isinstance(known, Refused)
    assert known.panel is not None
    assert known.panel["name"] == "Kundin K1"
    sale.scan("4711")
    sale.add_line(sku="other", unit_price_minor=100, quantity_milli=2000)
    total = sale.evaluate()
    assert total.total_minor == 7999 - 800 + 200 - 20
    receipt = sale.complete(charged=total, tenders=[("cash", 7379)], receipt_number="000123")
    assert isinstance(receipt, Receipt)
    assert receipt.total_minor == total.total_minor


def test_panel_tells_no_segment(plugin: Plugin) -> None:
    known = plugin.scan(KNOWN)
    assert not isinstance(known, Refused)
    assert known.customer is not None
    assert known.customer["segments"] == ["stammkunde"]
    assert "stammkunde" not in str(known.panel)


def test_unknown_card_is_taken_without_a_name_and_the_sale_goes_on(plugin: Plugin) -> None:
    sale = plugin.begin_sale()
    member = sale.scan(card_number(99))
    assert not isinstance(member, Refused)
    assert (member.panel or {})["number"] is None
    sale.scan("4711")
    assert isinstance(sale.complete(), Receipt)


def test_blocked_card_is_refused(till: TillBuilder) -> None:
    till.customer("K2", card=card_number(2), card_status="blocked")
    till.customer("K3", card=card_number(3), status="blocked")
    with till.open() as plugin:
        for number in (2, 3):
            assert plugin.scan(card_number(number)) == Refused(Refusal.CARD_BLOCKED)


def test_unknown_code_is_refused_with_its_words(plugin: Plugin) -> None:
    refused = plugin.begin_sale().scan("nobody knows")
    assert refused == Refused(Refusal.CODE_UNKNOWN, {"code": "nobody knows"})


def test_line_without_any_price_is_misuse(plugin: Plugin) -> None:
    with pytest.raises(MisuseError, match="has no price"):
        plugin.begin_sale().add_line(sku="nobody knows")


def test_article_facts_are_those_of_the_first_scan(till: TillBuilder, plugin: Plugin) -> None:
    sale = plugin.begin_sale()
    sale.scan("4711")
    till.article("4711", 9999, categories=["jacken"])
    assert sale.snapshot()["lines"][0]["unit_price_minor"] == 7999
    assert sale.snapshot()["lines"][0]["categories"] == ["hosen"]


def test_snapshot_is_a_copy(plugin: Plugin) -> None:
    sale = plugin.begin_sale()
    sale.scan("4711")
    sale.snapshot()["lines"].clear()
    assert len(sale.snapshot()["lines"]) == 1


def test_suspended_sale_survives_a_restart(till: TillBuilder) -> None:
    with till.open() as plugin:
        sale = plugin.begin_sale("S1")
        sale.scan(KNOWN)
        sale.scan("4711")
        before = sale.evaluate().to_dict()
        assert sale.suspend() is None
        assert plugin.health()["suspended"] == ["S1"]
    # New rules meanwhile: the sale keeps the generation it began with.
    till.rules(unit_discount("NEU", 5000))
    with till.open() as plugin:
        recalled = plugin.recall("S1")
        assert isinstance(recalled, Sale)
        assert recalled.evaluate().to_dict() == before
        assert recalled.notices == ()
        assert plugin.health()["suspended"] == []
        assert isinstance(recalled.complete(), Receipt)
        assert plugin.recall("S1") == Refused(Refusal.SALE_UNKNOWN)


def test_sale_of_another_day_is_evaluated_anew_and_says_so(till: TillBuilder) -> None:
    with till.open() as plugin:
        sale = plugin.begin_sale("S1")
        sale.scan(KNOWN)
        sale.scan("4711")
        sale.suspend()
        till.rules(unit_discount("NEU", 5000))
        till.clock.advance(days=1)
        recalled = plugin.recall("S1")
        assert isinstance(recalled, Sale)
        assert [notice.code for notice in recalled.notices] == [NoticeCode.RECALLED_OTHER_DAY]
        assert recalled.evaluate().generation == 2
        assert recalled.snapshot()["at"].startswith("2026-03-08")


def test_cancelled_sale_is_not_recalled(plugin: Plugin) -> None:
    sale = plugin.begin_sale("S1")
    sale.scan("4711")
    sale.suspend()
    recalled = plugin.recall("S1")
    assert isinstance(recalled, Sale)
    recalled.cancel()
    assert plugin.recall("S1") == Refused(Refusal.SALE_UNKNOWN)


def test_completed_sale_cannot_be_parked_again(plugin: Plugin) -> None:
    sale = plugin.begin_sale("S1")
    sale.scan("4711")
    snapshot = sale.snapshot()
    sale.complete()
    assert plugin.sales.suspend(snapshot) == Refused(Refusal.CONFLICT)


def test_closed_plugin_is_misuse(till: TillBuilder) -> None:
    plugin = till.open()
    plugin.close()
    plugin.close()
    with pytest.raises(MisuseError, match="closed"):
        plugin.scan("4711")


@pytest.mark.parametrize("wrong", [5, "cash", [1], {"a": 1}.values()])
def test_what_is_no_list_of_words_is_the_hosts_mistake(plugin: Plugin, wrong: object) -> None:
    with pytest.raises(MisuseError):
        plugin.begin_sale(rights=wrong)  # type: ignore[arg-type]
    sale = plugin.begin_sale()
    sale.scan("4711")
    with pytest.raises(MisuseError):
        sale.evaluate(tenders=wrong)  # type: ignore[arg-type]
    sale.evaluate()
    with pytest.raises(MisuseError):
        sale.complete(tenders=wrong)  # type: ignore[arg-type]
    assert isinstance(sale.complete(tenders=[("cash", 7199)]), Receipt)
