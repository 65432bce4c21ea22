"""Head office counts like a till, over all tills, and its classes come back as segments."""

from __future__ import annotations

import datetime as dt
import json
import random
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from class_schemes import scheme_value
from click.testing import CliRunner
from head_office_site import ANNA, ARTICLE, Site
from lone_till import LoneTill
from sqlalchemy import select
from till_builder import NOON, TillBuilder, card_number

from head_office.crm import class_facts, classes
from head_office.errors import LoadError
from head_office.storage import class_history
from pos_plugin import Plugin, Receipt
from pos_plugin.cli import stammkunde
from pos_plugin.clock import SettableClock, SystemClock
from pos_plugin.loyalty.margin import PurchasePrice, PurchasePrices, margin_facts
from pos_plugin.storage.cache_rows import CacheRows
from pos_plugin.storage.cache_writer import CacheWriter
from pos_plugin.storage.class_facts import facts
from pos_plugin.storage.class_lookup import history
from pos_plugin.storage.journal_reader import JournalReader
from pos_plugin.storage.margin_facts import deals
from sync_agent.agent import Agent
from sync_agent.local.classes import compute_classes
from sync_agent.settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CARD = card_number(1)
COST = {"purchase_price_minor": 333, "purchase_price_since_on": NOON.date().isoformat()}
BERT = {"id": "K2", "number": "2", "name": "Bert", "home_shop": "001"}


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path)
    site.load(
        article=[ARTICLE],
        customer=[{**ANNA, "segments": ["stamm"]}, BERT],
        card=[{"code": CARD, "customer": "K1"}],
        abc_scheme=[scheme_value()],
    )
    with site.served() as url:
        site.url = url
        for till in ("3", "4"):
            site.add_till(till)
            sync(site, till)
        yield site


def sync(site: Site, till: str = "3") -> None:
    with Agent(read_settings(site.till_dir(till) / "till.toml"), SystemClock()) as agent:
        agent.cycle()
        assert agent.status.problems == {}


def opened(site: Site, till: str, clock: SettableClock) -> Plugin:
    return Plugin.open(site.till_dir(till) / "till.toml", clock=clock)


def rent(plugin: Plugin, rental: str, customer: str, *films: str) -> None:
    articles = [{"sku": film} for film in films]
    report = {"rental": rental, "customer": customer, "articles": articles}
    assert isinstance(plugin.rentals.issued(report), Receipt)


def sell(plugin: Plugin, clock: SettableClock, sale: str, sku: str) -> None:
    """Two pieces at 5.00 with 19 % VAT to K1."""
    line = {"line_id": "1", "sku": sku, "quantity_milli": 2000, "unit_price_minor": 500}
    snapshot = {
        "sale_id": sale,
        "at": clock.now().isoformat(),
        "customer": {"id": "K1"},
        "lines": [{**line, "vat_rate_bp": 1_900}],
    }
    plugin.sales.evaluate(snapshot)
    assert isinstance(plugin.sales.complete(sale, {}), Receipt)


def segments(plugin: Plugin) -> list[str]:
    scanned = plugin.scan(CARD)
    assert scanned.customer is not None
    return list(scanned.customer["segments"])


def counted(found: Any) -> Counter[Any]:
    """What facts say together; how many they are told in is no matter."""
    sums: Counter[Any] = Counter()
    for fact in found:
        place = (fact.customer, fact.counted_on, fact.known_on)
        sums[*place, "rentals"] += fact.rentals
        sums[*place, "presence"] += fact.presence
        sums[*place, "turnover"] += fact.turnover_minor
        sums[*place, "margin"] += fact.margin_minor
        sums[*place, "unpriced"] += fact.unpriced_lines
    return Counter({place: number for place, number in sums.items() if number})


def one_day(plugin: Plugin, clock: SettableClock, dice: random.Random, day: int) -> None:
    """A few things that happen in a shop, some of them out of order."""
    customer = dice.choice(["K1", "K2", None])
    films = [f"film {dice.randrange(3)}" for _ in range(dice.randrange(3))]
    articles = [{"sku": film} for film in films]
    rental = f"R{dice.randrange(max(1, day))}"
    report = {"rental": rental, "customer": customer, "articles": articles}
    undone = {"rental": rental, "customer": customer}
    sale = f"S{day}"
    what = dice.choice(
        ["issued", "issued", "returned", "cancelled", "return_reversed", "sell", "sell"]
    )
    if what in ("issued", "returned"):
        getattr(plugin.rentals, what)(report)
    elif what in ("cancelled", "return_reversed"):
        getattr(plugin.rentals, what)(undone)
    else:
        snapshot: dict[str, Any] = {
            "sale_id": sale,
            "at": clock.now().isoformat(),
            "lines": [
                {
                    "line_id": "1",
                    "sku": "4711",
                    "quantity_milli": 2000,
                    "unit_price_minor": 500,
                    "vat_rate_bp": 1_900,
                    "tags": dice.choice([[], [], ["rental"], ["deposit"]]),
                },
                {"line_id": "2", "sku": "0815", "quantity_milli": 1000, "unit_price_minor": 100},
            ],
        }
        if customer is not None:
            snapshot["customer"] = {"id": customer}
        plugin.sales.evaluate(snapshot)
        plugin.sales.complete(sale, {})
    past = f"S{dice.randrange(max(1, day))}"
    if dice.random() < 0.2:
        plugin.sales.void(past, {})
    elif dice.random() < 0.2:
        line = {"line_id": "1", "quantity_milli": 1000}
        plugin.sales.return_items(past, {"return_id": f"B{day}", "lines": [line]})


@pytest.mark.capability("K11")
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_events_and_journal_say_the_same_facts(site: Site, seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311 - a schedule, no secret
    clock = SettableClock(NOON)
    with opened(site, "3", clock) as plugin:
        for day in range(60):
            one_day(plugin, clock, dice, day)
            clock.advance(days=dice.randrange(2))
    sync(site)
    journal = JournalReader.open(site.till_dir("3"))
    assert journal is not None
    with journal, journal.reading() as connection:
        prices = PurchasePrices([PurchasePrice("4711", NOON.date(), 333)])
        own = counted([*facts(connection), *margin_facts(deals(connection), prices)])
    site.load(article=[{**ARTICLE, **COST}])
    with site.database() as database:
        with database.read() as connection:
            at = class_facts.instant(connection, with_margin=True)
        theirs = counted(class_facts.facts(database, at))
    assert any(number < 0 for number in own.values()), "nothing was taken back"
    assert {place[-1] for place in own} >= {"rentals", "turnover", "margin", "unpriced"}
    assert theirs == own


@pytest.mark.capability("K11")
def test_margin_makes_a_class_that_tills_read_without_any_purchase_price(site: Site) -> None:
    bounds = [{"code": "A", "rank": 1, "turnover_min_minor": 1}]
    by_margin = scheme_value(revision=2, metrics=["margin"], classes=bounds)
    site.load(abc_scheme=[by_margin], article=[{**ARTICLE, **COST}])
    clock = SettableClock(NOON)
    for till in ("3", "4"):
        sync(site, till)
        with opened(site, till, clock) as plugin:
            sell(plugin, clock, f"S{till}", "4711" if till == "3" else "0815")
        sync(site, till)
    # The second till brings back what the first one sold: head office knows both.
    with opened(site, "4", clock) as plugin:
        line = {"line_id": "1", "quantity_milli": 1000, "refund_minor": 500}
        plugin.sales.return_items("S3", {"return_id": "B1", "lines": [line]})
    sync(site, "4")
    with site.database() as database:
        found = classes.compute(database, on=NOON.date().replace(day=8))
        assert found.counts == {"abc": {"A": 1}}
        assert found.warnings == ("abc: 1 lines without a purchase price count nothing",)
        with database.read() as connection:
            (measured,) = connection.execute(select(class_history.c.measured)).scalars()
    # Left is one piece for 5.00, 4.20 net, that cost 3.33.
    assert json.loads(measured)["margin_minor"] == 420 - 333
    for till in ("3", "4"):
        sync(site, till)
        with opened(site, till, clock) as plugin:
            assert segments(plugin) == ["abc:A", "stamm"]
        cache = CacheRows.open(site.till_dir(till))
        assert cache is not None
        with cache:
            assert not cache.is_empty("article")
            assert cache.is_empty("purchase_price")


def test_till_that_gets_a_head_office_reads_its_purchase_prices_no_more(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.load(article=[ARTICLE])
    alone = LoneTill(site.till_dir("3"))
    alone.take("articles", "sku;Name;Preis;EK;MwSt\n4711;Hose;9,99;3,33;19\n")
    assert alone.rows("purchase_price")["purchase_price"]
    for name in ("till.toml", "keys.json"):
        (alone.folder / name).unlink()
    with site.served() as url:
        site.url = url
        site.add_till("3")
        sync(site)
    rows = alone.rows("article", "purchase_price")
    assert [row["unit_price_minor"] for row in rows["article"]] == [7999]
    assert rows["purchase_price"] == []


def test_purchase_price_of_no_day_is_refused_and_the_same_again_is_nothing(site: Site) -> None:
    with pytest.raises(LoadError, match="purchase_price_since_on"):
        site.load(article=[{**ARTICLE, "purchase_price_minor": 333}])
    assert site.load(article=[{**ARTICLE, **COST}]).written == {"article": 1}
    assert site.load(article=[{**ARTICLE, **COST}]).written == {"article": 0}
    assert site.load(article=[ARTICLE]).written == {"article": 0}


@pytest.mark.capability("K11", "V1")
def test_rentals_of_two_tills_make_one_class_that_both_tills_read(site: Site) -> None:
    clock = SettableClock(NOON)
    for till, films in (("3", 2), ("4", 1)):
        with opened(site, till, clock) as plugin:
            rent(plugin, f"R{till}", "K1", *(f"film {number}" for number in range(films)))
        sync(site, till)
    done = CliRunner().invoke(
        stammkunde,
        ["head-office", "classes", "--data", str(site.data), "--on", "2026-03-08"],
        catch_exceptions=False,
    )
    assert done.stdout.splitlines() == ["abc: C 1", "1 customers changed"]
    for till in ("3", "4"):
        sync(site, till)
        with opened(site, till, clock) as plugin:
            assert segments(plugin) == ["abc:C", "stamm"]


def rent_until_summer(plugin: Plugin, clock: SettableClock) -> None:
    rent(plugin, "M", "K2", "film")
    for number in range(4):
        clock.advance(days=25)  # 1 and 26 April, 21 May, 15 June
        rent(plugin, f"M{number}", "K1", *(f"film {one}" for one in range(4)))


@pytest.mark.capability("K11")
@pytest.mark.parametrize(("months", "since_on"), [(3, "2026-05-11"), (36, "2026-03-08")])
def test_head_office_counts_the_same_months_as_a_till(
    site: Site, tmp_path: Path, months: int, since_on: str
) -> None:
    window = {"kind": "rolling_days", "days": 40}
    short = scheme_value(code="short", since_on="2026-03-01", window=window)
    alone = TillBuilder(tmp_path / "alone")
    alone.put("abc_scheme", **short, method="bounds", combine="all", age_days_min=0, cells=[])
    with alone.open() as plugin:
        rent_until_summer(plugin, alone.clock)
    on = dt.date(2026, 7, 31)
    with CacheWriter.open(alone.data_dir) as writer:
        compute_classes(alone.data_dir, writer, on=on, at=alone.clock.now(), facts_months=months)
        with writer.reading() as connection:
            own = {
                (one.customer, one.code, one.since_on, one.until_on)
                for one in history(connection, "short")
            }
    site.load(abc_scheme=[short])
    clock = SettableClock(NOON)
    with opened(site, "3", clock) as plugin:
        rent_until_summer(plugin, clock)
    sync(site)
    command = ["head-office", "classes", "--data", str(site.data), "--on", on.isoformat()]
    CliRunner().invoke(
        stammkunde, [*command, "--facts-months", str(months)], catch_exceptions=False
    )
    row = class_history.c
    asked = select(row.customer, row.code, row.since_on, row.until_on)
    with site.database() as database, database.read() as connection:
        theirs = {tuple(one) for one in connection.execute(asked.where(row.scheme == "short"))}
    assert theirs == own
    assert ("K2", "none", since_on, None) in theirs, "who came before is not new"


def test_same_day_again_sends_nothing_and_a_lost_class_is_taken_away(site: Site) -> None:
    clock = SettableClock(NOON)
    with opened(site, "3", clock) as plugin:
        rent(plugin, "R1", "K1", "a", "b", "c")
    sync(site)
    with site.database() as database:
        first = NOON.date().replace(day=8)
        runs = [classes.compute(database, on=first) for _ in range(2)]
        assert [one.changed for one in runs] == [1, 0]
        assert runs[0].written > 0, "the history of the classes"
        assert runs[1].written == 0
        later = classes.compute(database, on=first.replace(year=2027, month=4))
        assert (later.changed, later.counts) == (1, {"abc": {"none": 1}})
    sync(site)
    with opened(site, "3", clock) as plugin:
        assert segments(plugin) == ["abc:none", "stamm"]


def test_loading_the_customer_again_keeps_the_class(site: Site) -> None:
    clock = SettableClock(NOON)
    with opened(site, "3", clock) as plugin:
        rent(plugin, "R1", "K1", "a", "b", "c")
    sync(site)
    with site.database() as database:
        classes.compute(database, on=NOON.date().replace(day=8))
    site.load(customer=[{**ANNA, "segments": ["neukunden"]}])
    sync(site)
    with opened(site, "3", clock) as plugin:
        assert segments(plugin) == ["abc:C", "neukunden"]


def test_revision_that_was_loaded_never_changes(site: Site) -> None:
    site.load(abc_scheme=[scheme_value()])
    with pytest.raises(LoadError, match="a revision never changes"):
        site.load(abc_scheme=[scheme_value(age_days_min=3)])
    site.load(abc_scheme=[scheme_value(revision=2, age_days_min=3)])


def test_scheme_whose_classes_overlap_is_not_loaded(site: Site) -> None:
    wide = [{"code": "A", "rank": 1}, {"code": "B", "rank": 2}]
    with pytest.raises(LoadError, match="overlap"):
        site.load(abc_scheme=[scheme_value(revision=2, classes=wide)])


FILMS = {
    "code": "C_FILME2",
    "legal_kind": "promo",
    "effect": {"label": {"de": "2 Filme für 2,- EUR"}},
    "conditions": {"text": {"de": "Einmal."}},
    "validity": {"days": 30},
    "layout": {"title": {"de": "Danke!"}},
    "per_year_max": 6,
}
AT_RETURN = {"event": "rental_returned", "voucher_type": "C_FILME2", "conditions": {}}


@pytest.mark.capability("V3")
def test_each_further_till_without_network_gives_one_too_many_and_is_reported(site: Site) -> None:
    site.load(voucher_type=[FILMS], event_trigger=[AT_RETURN])
    clock = SettableClock(NOON)
    given = []
    for till in ("3", "4"):
        sync(site, till)
    for till in ("3", "4", "4"):
        with opened(site, till, clock) as plugin:
            answer = plugin.rental_returned(f"B{len(given)}", customer="K1", cashier="7")
            assert isinstance(answer, Receipt)
            given.append([one["voucher_id"] for one in answer.vouchers])
    assert [len(vouchers) for vouchers in given] == [1, 1, 0]
    assert told(site) == []
    sync(site, "4")
    sync(site, "3")
    (line,) = told(site)
    assert (line["kind"], line["customer"], line["cashier"]) == ("second_voucher", "K1", "7")
    assert {line["subject"], line["other"]} == {*given[0], *given[1]}
    assert {line["till"], line["other_till"]} == {"3", "4"}


def test_one_voucher_of_one_till_is_no_exception(site: Site) -> None:
    site.load(voucher_type=[FILMS], event_trigger=[AT_RETURN])
    sync(site)
    with opened(site, "3", SettableClock(NOON)) as plugin:
        plugin.rental_returned("B1", customer="K1")
        plugin.rental_returned("B2", customer="K2")
    sync(site)
    assert told(site) == []


def told(site: Site) -> list[dict[str, Any]]:
    done = CliRunner().invoke(
        stammkunde,
        ["head-office", "exceptions", "--data", str(site.data), "--json"],
        catch_exceptions=False,
    )
    return [json.loads(line) for line in done.stdout.splitlines()]
