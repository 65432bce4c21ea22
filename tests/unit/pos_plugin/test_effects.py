"""Effects as people read them: both languages, stable ids, nothing about the customer's group."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest
from till_builder import NOON, TillBuilder, card_number, points, unit_discount

from pos_plugin import Evaluation, Plugin, Receipt, Scanned
from pos_plugin.notices import NOTICE_TEXTS, REFUSAL_TEXTS
from pos_plugin.promotions.reason_texts import REASON_TEXTS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CARD = card_number(1)
SEGMENTS = ("abc:C", "vip_runners", "tier:gold")
TELLING = re.compile(
    r"abc|klasse|class\b|segment|gruppe|group|zielgruppe|target|tier\b", re.IGNORECASE
)
AT_HOME = {"type": "in_segment", "any_of": list(SEGMENTS)}


def step(**more: Any) -> dict[str, Any]:
    return {
        "id": "STEP",
        "label": {"de": "10 € ab 100 €", "en": "€10 off from €100"},
        "layer": "receipt",
        "hint_within_minor": 3000,
        "offer": {
            "kind": "receipt_discount",
            "tiers": [
                {"min_value_minor": 10_000, "benefit": {"type": "amount_off", "minor": 1000}}
            ],
        },
        **more,
    }


def shop(folder: Path, language: str = "de") -> TillBuilder:
    till = TillBuilder(folder, language=language)
    till.program()
    till.program("bonus", "EUR_MINOR")
    till.article("4711", 7999)
    till.customer("K1", card=CARD, segments=SEGMENTS)
    return till


def snapshot(sale_id: str = "S1", **more: Any) -> dict[str, Any]:
    line = {"line_id": "1", "sku": "4711", "quantity_milli": 1000, "unit_price_minor": 7999}
    return {"sale_id": sale_id, "at": NOON.isoformat(), "lines": [line], **more}


def known(plugin: Plugin) -> Scanned:
    scanned = plugin.scan(CARD)
    assert isinstance(scanned, Scanned)
    return scanned


def evaluated(plugin: Plugin, **more: Any) -> Evaluation:
    answer = plugin.sales.evaluate(snapshot(**more))
    assert isinstance(answer, Evaluation)
    return answer


def texts(effects: list[dict[str, Any]]) -> dict[str, str]:
    return {one["effect_id"]: one["text"] for one in effects if "text" in one}


def test_near_miss_says_what_is_missing_and_what_it_saves(tmp_path: Path) -> None:
    till = shop(tmp_path)
    till.rules(step())
    with till.open() as plugin:
        (effect,) = evaluated(plugin).effects()
        assert effect == {
            "effect_id": "near_miss:STEP",
            "kind": "near_miss",
            "promotion": "STEP",
            "need_minor": 2001,
            "saving_minor": 1000,
            "text": "Noch 20,01 € bis „10 € ab 100 €“ (spart 10,00 €)",
        }
        assert "near_miss" not in {
            one["kind"] for one in evaluated(plugin, declined=["STEP"]).effects()
        }


def gift(bp: int = 10_000) -> dict[str, Any]:
    """A belt with two pairs of trousers; belts cost 20.00 and more."""
    belts = {"any_of": [{"categories": ["belts"], "price_min_minor": 2000}]}
    return {
        "id": "BELT",
        "label": {"de": "Gürtel zu zwei Hosen", "en": "Belt with two pairs"},
        "layer": "article",
        "offer": {
            "kind": "buy_get",
            "buy": [{"quantity": 2}],
            "get": [{"on": belts}],
            "benefit": {"type": "percent", "bp": bp},
        },
        "hint_within_minor": 5000,
    }


def with_pieces(pieces: int) -> dict[str, Any]:
    given = snapshot()
    return {**given, "lines": [{**given["lines"][0], "quantity_milli": pieces * 1000}]}


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("de", "Gratis dazu: 1 Teil, „Gürtel zu zwei Hosen“ (spart 20,00 €)"),
        ("en", "Free with it: 1 item, “Belt with two pairs” (saves €20.00)"),
    ],
)
def test_a_gift_not_yet_scanned_is_offered(tmp_path: Path, language: str, text: str) -> None:
    till = shop(tmp_path, language)
    till.rules(gift())
    with till.open() as plugin:
        answer = plugin.sales.evaluate(with_pieces(2))
        assert isinstance(answer, Evaluation)
        (effect,) = answer.effects()
        assert effect == {
            "effect_id": "free_item_offer:BELT",
            "kind": "free_item_offer",
            "promotion": "BELT",
            "need_quantity": 1,
            "of": {"any_of": [{"categories": ["belts"], "price_min_minor": 2000}]},
            "saving_minor": 2000,
            "text": text,
        }


def test_a_gift_is_known_by_its_price_in_the_article_master(tmp_path: Path) -> None:
    till = shop(tmp_path)
    till.article("TIE", 1500)
    rule = gift()
    rule["offer"]["get"] = [{"on": {"any_of": [{"skus": ["TIE", "GONE"]}]}}]
    till.rules(rule)
    with till.open() as plugin:
        answer = plugin.sales.evaluate(with_pieces(2))
        assert isinstance(answer, Evaluation)
        (effect,) = answer.effects()
        assert (effect["kind"], effect["saving_minor"]) == ("free_item_offer", 1500)
        scanned = with_pieces(2)
        scanned["lines"].append(
            {"line_id": "2", "sku": "TIE", "quantity_milli": 1000, "unit_price_minor": 1500}
        )
        given = plugin.sales.evaluate(scanned)
        assert isinstance(given, Evaluation)
        assert given.total_minor == answer.total_minor
        assert "free_item_offer" not in {one["kind"] for one in given.effects()}


def test_a_gift_that_nobody_knows_is_not_offered(tmp_path: Path) -> None:
    till = shop(tmp_path)
    rule = gift()
    rule["offer"]["get"] = [{"on": {"any_of": [{"skus": ["GONE"]}]}}]
    till.rules(rule)
    with till.open() as plugin:
        answer = plugin.sales.evaluate(with_pieces(2))
        assert isinstance(answer, Evaluation)
        assert answer.effects() == []


@pytest.mark.parametrize(("pieces", "bp"), [(2, 5000), (3, 9_990)])
def test_what_still_costs_something_is_no_gift(tmp_path: Path, pieces: int, bp: int) -> None:
    till = shop(tmp_path)
    till.rules(gift(bp))
    with till.open() as plugin:
        answer = plugin.sales.evaluate(with_pieces(pieces))
        assert isinstance(answer, Evaluation)
        assert [one["kind"] for one in answer.effects()] == ["near_miss"]


def test_a_gift_is_not_offered_before_enough_was_bought(tmp_path: Path) -> None:
    till = shop(tmp_path)
    till.rules(gift())
    with till.open() as plugin:
        answer = plugin.sales.evaluate(with_pieces(1))
        assert isinstance(answer, Evaluation)
        assert answer.effects() == []


@pytest.mark.parametrize(
    ("language", "saved", "earned"),
    [
        ("de", "Sie sparen 8,00 €", "0,71 € Bonus gutgeschrieben"),
        ("en", "You save €8.00", "€0.71 bonus credited"),
    ],
)
def test_receipt_says_what_was_saved_and_earned(
    tmp_path: Path, language: str, saved: str, earned: str
) -> None:
    till = shop(tmp_path, language)
    till.rules(unit_discount("ZEHN", 1000), points("bonus"))
    with till.open() as plugin:
        said = texts(evaluated(plugin, customer=known(plugin).customer).effects())
        assert said["earn:bonus"] == earned
        receipt = plugin.sales.complete("S1", {})
        assert isinstance(receipt, Receipt)
        expected = {"receipt_text:saved": saved, "receipt_text:earn:bonus": earned}
        assert texts(receipt.values["effects"]) == expected
        assert expected.items() <= said.items()


def test_receipt_tells_what_was_charged_and_not_what_was_evaluated(tmp_path: Path) -> None:
    till = shop(tmp_path)
    till.rules(unit_discount("ZEHN", 1000))
    with till.open() as plugin:
        evaluated(plugin)
        receipt = plugin.sales.complete("S1", {"applied": []})
        assert isinstance(receipt, Receipt)
        assert list(texts(receipt.values["effects"])) == ["notice:charged_differs"]


def test_effect_ids_stay_while_the_sale_grows(tmp_path: Path) -> None:
    till = shop(tmp_path)
    till.rules(unit_discount("ZEHN", 1000), points(), step(hint_within_minor=5000))
    with till.open() as plugin:
        customer = known(plugin).customer
        before = [one["effect_id"] for one in evaluated(plugin, customer=customer).effects()]
        assert len(set(before)) == len(before)
        more = {"line_id": "2", "sku": "4711", "quantity_milli": 1000, "unit_price_minor": 7999}
        grown = snapshot(customer=customer)
        after = plugin.sales.evaluate({**grown, "lines": [*grown["lines"], more]})
        assert isinstance(after, Evaluation)
        after_ids = {one["effect_id"] for one in after.effects()}
        assert set(before) - after_ids == {"near_miss:STEP"}


def test_a_reason_is_a_sentence_with_its_figures(tmp_path: Path) -> None:
    till = shop(tmp_path)
    till.rules(step(), unit_discount("ZEHN", 1000, when=[AT_HOME]))
    with till.open() as plugin:
        assert evaluated(plugin).reasons() == {
            "STEP": "Erst ab 100,00 €, bisher 79,99 €.",
            "ZEHN": "Nur mit Kundenkarte. Bitte Karte scannen.",
        }


# --- nothing is given away ------------------------------------------------------------------------


def telling(said: str) -> bool:
    """Whether a text names the group of a customer, or that there are such groups."""
    return bool(TELLING.search(said)) or any(
        part in said.lower()
        for segment in SEGMENTS
        for part in segment.split(":")[1:] or [segment]
        if len(part) > 1
    )


def strings(value: object) -> Iterator[str]:
    """Every string of a JSON value, keys aside."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from strings(inner)


@pytest.mark.parametrize("language", ["de", "en"])
def test_no_text_names_the_group_of_a_customer(tmp_path: Path, language: str) -> None:
    till = shop(tmp_path, language)
    till.voucher_type()
    till.trigger(segment="abc:C")
    others = {"type": "in_segment", "any_of": ["abc:A"]}
    nobody = {"type": "in_segment", "none_of": ["abc:C"]}
    unnamed = {"label": {}}
    till.rules(
        unit_discount("ABC_C_ZEHN", 1000, when=[AT_HOME], **unnamed),
        step(id="ABC_C_STEP", when=[AT_HOME], hint_within_minor=5000, **unnamed),
        unit_discount("ABC_A_ZEHN", 2000, when=[others], **unnamed),
        unit_discount("NOT_C", 2000, when=[nobody], **unnamed),
    )
    with till.open() as plugin:
        scanned = known(plugin)
        seen = list(strings(scanned.panel))
        sale = evaluated(plugin, customer=scanned.customer, codes=[{"code": "?"}])
        assert {"line_discount", "near_miss", "rejected"} <= {one["kind"] for one in sale.effects()}
        seen += texts(sale.effects()).values()
        seen += sale.reasons().values()
        receipt = plugin.sales.complete("S1", {})
        assert isinstance(receipt, Receipt)
        assert receipt.vouchers
        seen += [one.get("text", "") for one in receipt.values["effects"]]
        seen += [receipt.vouchers[0]["title"], receipt.vouchers[0]["benefit"]]
    assert len(seen) > 8
    assert not [said for said in seen if telling(said)]


def test_no_sentence_of_ours_speaks_of_groups() -> None:
    tables = (REFUSAL_TEXTS, NOTICE_TEXTS, REASON_TEXTS)
    ours = [said for table in tables for both in table.values() for said in both.values()]
    assert not [said for said in ours if telling(said)]


@pytest.mark.parametrize(
    "said",
    ["10 % für Klasse C", "Valid for target group", "abc:C", "ABC_C_ZEHN", "Nur für vip_runners"],
)
def test_a_telling_text_is_seen(said: str) -> None:
    assert telling(said)
