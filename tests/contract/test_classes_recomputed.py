"""Random weeks of a shop: classes and migration as SQL of its own computes them, day by day."""

from __future__ import annotations

import datetime as dt
import random
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from class_audit import classes_of, classes_stored
from class_schemes import scheme_value
from lone_till import LoneTill

from pos_plugin.stats.class_report import class_report

if TYPE_CHECKING:
    from pathlib import Path

    from pos_plugin import Plugin

CARDS = "Kundennummer;Nachname\n" + "".join(f"{number};Kunde {number}\n" for number in range(6))
SCHEMES: dict[str, dict[str, Any]] = {
    "rentals": {"low": 3, "high": 8},
    "visits": {"low": 2, "high": 5},
    "turnover": {"low": 1_000, "high": 4_000},
    "margin": {"low": 600, "high": 1_500},
}
# Of 4712 nobody knows what it costs; 4711 becomes dearer, which changes nothing sold before.
ARTICLES = "Artikelnummer;Name;Preis;MwSt;EK\n4711;Hose;9,99;19;{}\n4712;Hut;9,99;7;\n"
DEARER = {"4711": [("2026-03-07", 712)]}
PRICES = {"4711": [("2026-03-07", 333), ("2026-03-23", 712)]}
DAYS = 20


def scheme_of(metric: str) -> dict[str, Any]:
    low, high = SCHEMES[metric].values()
    if metric in ("turnover", "margin"):
        classes = [
            {"code": "A", "rank": 1, "turnover_min_minor": high},
            {"code": "C", "rank": 2, "turnover_min_minor": low, "turnover_max_minor": high},
        ]
    else:
        classes = [
            {"code": "A", "rank": 1, "count_min": high},
            {"code": "C", "rank": 2, "count_min": low, "count_max": high - 1},
        ]
    return scheme_value(
        code=metric,
        metrics=[metric],
        classes=classes,
        since_on="2026-03-01",
        window={"kind": "rolling_days", "days": DAYS},
        age_days_min=5,
    )


def live(
    plugin: Plugin, till: LoneTill, customers: list[str], dice: random.Random, day: int
) -> None:
    for number in range(dice.randrange(4)):
        customer = dice.choice(customers)
        rental, sale = f"R{day}-{number}", f"S{day}-{number}"
        films = [{"sku": f"film {dice.randrange(4)}"} for _ in range(dice.randrange(3))]
        report = {"rental": rental, "customer": customer, "articles": films}
        if dice.random() < 0.6:
            plugin.rentals.issued(report)
            if dice.random() < 0.3:
                back = f"R{dice.randrange(day + 1)}-0"
                plugin.rentals.cancelled({"rental": back, "customer": customer})
        else:
            line = {
                "line_id": "1",
                "sku": dice.choice(["4711", "4711", "4712"]),
                "quantity_milli": 2000,
                "vat_rate_bp": dice.choice([700, 1900]),
                "unit_price_minor": 100 * dice.randrange(1, 20),
            }
            plugin.sales.evaluate(
                {
                    "sale_id": sale,
                    "at": till.clock.now().isoformat(),
                    "customer": {"id": customer},
                    "lines": [line],
                }
            )
            plugin.sales.complete(sale, {})
        past = f"S{dice.randrange(day + 1)}-0"
        if dice.random() < 0.2:
            plugin.sales.void(past, {})
        elif dice.random() < 0.2:
            part = {"line_id": "1", "quantity_milli": 1000}
            plugin.sales.return_items(past, {"return_id": f"B{day}-{number}", "lines": [part]})


@pytest.mark.capability("K11", "V8")
@pytest.mark.parametrize("seed", [1, 2])
def test_classes_and_migration_are_what_sql_of_its_own_says(tmp_path: Path, seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311 - a schedule, no secret
    till = LoneTill(tmp_path)
    till.take("customers", CARDS)
    till.take("articles", ARTICLES.format("3,33"))
    till.take_tables(abc_scheme=[scheme_of(metric) for metric in SCHEMES])
    customers = [row["id"] for row in till.rows("customer")["customer"]]
    for night in range(9):
        if night == 4:
            assert till.clock.now().date().isoformat() == PRICES["4711"][1][0]
            till.take("articles", ARTICLES.format("7,12"))
        with till.open() as plugin:
            for day in range(4):
                live(plugin, till, customers, dice, 4 * night + day)
                till.clock.advance(days=1)
        with till.agent() as agent:
            agent.nightly()
            agent.round()
    first, last = dt.date(2026, 3, 8), till.clock.now().date()
    moved = noticed = moved_by_price = 0
    journal = tmp_path / "journal.db"
    for metric, values in SCHEMES.items():
        bounds = [("A", values["high"], None), ("C", values["low"], values["high"])]
        known = {
            "days": DAYS,
            "metric": metric,
            "bounds": bounds,
            "age_days_min": 5,
            "prices": PRICES,
        }
        by_day = {}
        for number in range((last - first).days + 1):
            on = first + dt.timedelta(days=number)
            by_day[on] = classes_of(journal, on, **known)
            assert classes_stored(tmp_path, on, metric) == by_day[on], (metric, on)
            # Negative control: a window one day longer is another class for somebody, some day.
            longer = classes_of(journal, on, **{**known, "days": DAYS + 1})
            noticed += longer != by_day[on]
            # And another one: what would the dearer price have made of the days before it?
            repriced = classes_of(journal, on, **{**known, "prices": DEARER})
            moved_by_price += repriced != by_day[on]
        before, after = by_day[first + dt.timedelta(days=12)], by_day[last]
        report = class_report(
            till.config, from_on=first + dt.timedelta(days=12), to_on=last, scheme=metric
        )
        cells = Counter((before.get(one, "absent"), code) for one, code in after.items())
        assert {place: cell.customers for place, cell in report.moved.cells.items()} == cells
        moved += sum(count for (old, new), count in cells.items() if old != new)
    assert moved, "nobody moved: the schedule proves nothing"
    assert moved_by_price, "a price of today for yesterday is not seen"
    assert noticed, "a wrong window is not seen: the schedule proves nothing"
