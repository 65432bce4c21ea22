"""Discount actions as a shop thinks of them (G1, G2, G7, G8, G9), through the till alone."""

from __future__ import annotations

import json
import random
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

import apsw
import pytest
from laws import rounding_minor
from oracle import best_total
from till_builder import TillBuilder, card_number, unit_discount

from pos_plugin import Evaluation, Plugin, Receipt, Refused
from pos_plugin.errors import SaleError
from pos_plugin.notices import Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TROUSERS = {"any_of": [{"categories": ["hosen"]}]}


@contextmanager
def shop(folder: Path, *promotions: dict[str, Any]) -> Iterator[Plugin]:
    """A till that knows trousers and shirts, and a customer of each class."""
    till = TillBuilder(folder / "till")
    till.rules(*promotions)
    till.article("4711", 5999, categories=["hosen"])
    till.article("4712", 2999, categories=["hemden"])
    for number, letter in enumerate("ABC", 1):
        till.customer(f"K{number}", card=card_number(number), segments=[f"abc:{letter}"])
    with till.open() as plugin:
        yield plugin


def bought(plugin: Plugin, *skus: str, **facts: Any) -> Evaluation:
    prices = {"4711": 5999, "4712": 2999}
    lines = [
        {
            "line_id": str(number),
            "sku": sku,
            "quantity_milli": 1000,
            "unit_price_minor": prices.get(sku, 1000),
        }
        for number, sku in enumerate(skus, 1)
    ]
    sale = {"sale_id": "S1", "at": "2026-03-07T12:00:00+01:00", "lines": lines, **facts}
    answer = plugin.sales.evaluate(sale)
    assert isinstance(answer, Evaluation)
    return answer


def trousers(**more: Any) -> dict[str, Any]:
    return {
        **unit_discount("HOSEN20", 2000),
        "offer": {
            "kind": "unit_discount",
            "on": TROUSERS,
            "benefit": {"type": "percent", "bp": 2000},
        },
        **more,
    }


@pytest.mark.capability("G1", "case 1")
def test_twenty_percent_on_trousers_with_pieces(tmp_path: Path) -> None:
    two = {"type": "min_quantity", "quantity": 2, "of": TROUSERS}
    with shop(tmp_path, trousers(when=[two])) as plugin:
        assert bought(plugin, "4711", "4712").result.discount_minor == 0
        assert bought(plugin, "4711", "4711", "4712").result.discount_minor == 2400


@pytest.mark.capability("G1", "case 1")
def test_twenty_percent_on_trousers_from_a_minimum_on(tmp_path: Path) -> None:
    minimum = {"type": "min_value", "minor": 8998}
    with shop(tmp_path, trousers(when=[minimum])) as plugin:
        assert bought(plugin, "4711").result.discount_minor == 0
        assert bought(plugin, "4711", "4712").result.discount_minor == 1200


@pytest.mark.capability("G1", "case 1")
def test_trousers_in_tiers_by_pieces(tmp_path: Path) -> None:
    tiers = {
        "id": "STAFFEL",
        "layer": "article",
        "offer": {
            "kind": "quantity_tiers",
            "on": TROUSERS,
            "tiers": [
                {"min_quantity": 2, "benefit": {"type": "percent", "bp": 1000}},
                {"min_quantity": 3, "benefit": {"type": "percent", "bp": 2000}},
            ],
        },
    }
    with shop(tmp_path, tiers) as plugin:
        given = [bought(plugin, *["4711"] * pieces).result.discount_minor for pieces in (1, 2, 3)]
    assert given == [0, 1200, 3599]


@pytest.mark.capability("G2")
def test_a_day_without_one_touch_gets_every_discount(tmp_path: Path) -> None:
    rules = [
        trousers(),
        {
            "id": "DREI_FUER_ZWEI",
            "layer": "article",
            "offer": {"kind": "n_for_m", "n": 3},
        },
        {
            "id": "AB_100",
            "layer": "receipt",
            "offer": {
                "kind": "receipt_discount",
                "tiers": [
                    {"min_value_minor": 10_000, "benefit": {"type": "amount_off", "minor": 1000}}
                ],
            },
        },
    ]
    draw = random.Random(42)  # noqa: S311 - a repeatable day
    with shop(tmp_path, *rules) as plugin:
        for _ in range(40):
            skus = draw.choices(["4711", "4712", "4713"], k=draw.randint(1, 6))
            found = bought(plugin, *skus)
            assert found.result.optimal
            lowest = best_total(rules, as_the_oracle_wants(skus))
            result = found.result.to_dict()
            assert abs(result["total_minor"] - lowest) <= rounding_minor(result)


def as_the_oracle_wants(skus: list[str]) -> dict[str, Any]:
    """The same sale with the facts of the articles in it."""
    known = {"4711": (5999, ["hosen"]), "4712": (2999, ["hemden"]), "4713": (1000, [])}
    return {
        "shop": "001",
        "till": "3",
        "at": "2026-03-07T12:00:00+01:00",
        "lines": [
            {
                "line_id": str(number),
                "sku": sku,
                "quantity_milli": 1000,
                "unit_price_minor": known[sku][0],
                "categories": known[sku][1],
            }
            for number, sku in enumerate(skus, 1)
        ],
    }


@pytest.mark.capability("K5")
def test_age_bands_are_those_of_the_day_and_unknown_is_one(tmp_path: Path) -> None:
    young = {"type": "age", "max": 25}
    grown = {"type": "age", "min": 26, "max": 59}
    old = {"type": "age", "min": 60}
    unknown = [{"type": "not", "of": {"type": "age", "min": 0}}, {"type": "customer_known"}]
    bands = {"U26": [young], "BIS59": [grown], "AB60": [old], "OHNE": unknown}
    till = TillBuilder(tmp_path / "till")
    till.rules(
        *(
            unit_discount(name, 100 * number, when=when)
            for number, (name, when) in enumerate(bands.items(), 1)
        )
    )
    # Born on 29 February: a year older on the 28th where the year has no 29th.
    born_on = {"K1": "2000-02-29", "K2": "1966-02-28", "K3": None}
    for customer, birthday_on in born_on.items():
        till.customer(customer, birthday_on=birthday_on)

    def band_of(plugin: Plugin, customer: str | None, at: str) -> list[str]:
        facts = {"customer": {"id": customer}} if customer else {}
        answer = bought(plugin, "x", at=at, **facts)
        return [str(one.promotion) for one in answer.result.promotions]

    eve, day = "2026-02-27T12:00:00+01:00", "2026-02-28T12:00:00+01:00"
    with till.open() as plugin:
        assert [band_of(plugin, "K1", at) for at in (eve, day)] == [["U26"], ["BIS59"]]
        assert [band_of(plugin, "K2", at) for at in (eve, day)] == [["BIS59"], ["AB60"]]
        assert band_of(plugin, "K3", day) == ["OHNE"]
        assert band_of(plugin, None, day) == []


@pytest.mark.capability("G7")
def test_one_basket_has_three_prices_for_three_groups(tmp_path: Path) -> None:
    rules = [
        unit_discount(
            f"KLASSE_{letter}", bp, when=[{"type": "in_segment", "any_of": [f"abc:{letter}"]}]
        )
        for letter, bp in (("A", 2000), ("B", 1000))
    ]
    with shop(tmp_path, *rules) as plugin:
        totals = []
        for number in (1, 2, 3):
            customer = plugin.scan(card_number(number)).to_dict()["customer"]
            totals.append(bought(plugin, "4711", customer=customer).result.total_minor)
    assert totals == [4799, 5399, 5999]


@pytest.mark.capability("G9")
def test_an_article_that_nobody_knows_is_judged_by_what_the_till_says(tmp_path: Path) -> None:
    with shop(tmp_path, trousers()) as plugin:
        line = {"line_id": "1", "sku": "NEU", "quantity_milli": 1000, "unit_price_minor": 1000}
        sale = {"sale_id": "S1", "at": "2026-03-07T12:00:00+01:00"}
        named = plugin.sales.evaluate({**sale, "lines": [{**line, "categories": ["hosen"]}]})
        bare = plugin.sales.evaluate({**sale, "lines": [line]})
    assert isinstance(named, Evaluation)
    assert isinstance(bare, Evaluation)
    assert (named.result.total_minor, bare.result.total_minor) == (800, 1000)


@pytest.mark.capability("G8")
def test_a_response_without_a_discount_is_kept_once(tmp_path: Path) -> None:
    said = {"response": "R1", "campaign": "MODENSCHAU", "customer": "K1"}
    with shop(tmp_path, trousers()) as plugin:
        kept = plugin.responses.register(said)
        again = plugin.responses.register({**said, "cashier": "17"})
        other = plugin.responses.register({**said, "campaign": "WEIN"})
        with pytest.raises(SaleError) as wrong:
            plugin.responses.register({"response": "R2"})
    assert isinstance(kept, Receipt)
    assert again == kept
    assert other == Refused(Refusal.CONFLICT)
    assert wrong.value.where == "response.campaign"
    assert [one["body"]["campaign"] for one in events(tmp_path, "response_registered")] == [
        "MODENSCHAU"
    ]


@pytest.mark.capability("G8", "G2")
def test_what_was_declined_stands_on_the_receipt_with_its_reason(tmp_path: Path) -> None:
    with shop(tmp_path, trousers()) as plugin:
        declined = {"declined": ["HOSEN20"], "decline_reasons": {"HOSEN20": "Kein Interesse"}}
        assert bought(plugin, "4711", **declined).result.discount_minor == 0
        assert isinstance(plugin.sales.complete("S1", {}), Receipt)
    (event,) = events(tmp_path, "sale_completed")
    assert event["body"]["declined"] == [{"promotion": "HOSEN20", "reason": "Kein Interesse"}]


def events(folder: Path, kind: str) -> list[dict[str, Any]]:
    with closing(apsw.Connection(str(folder / "till" / "journal.db"))) as journal:
        rows = journal.execute("SELECT line FROM event WHERE kind = ?", (kind,))
        return [json.loads(line) for (line,) in rows]
