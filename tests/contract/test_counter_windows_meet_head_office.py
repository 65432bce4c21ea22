"""Over two tills and head office a window of 365 days is what the receipts of both add up to."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest
from head_office_site import ANNA, ARTICLE, PERCENT_20, Site
from till_builder import NOON, card_number

from head_office.intake import folding
from pos_plugin import Plugin
from pos_plugin.clock import SettableClock, SystemClock
from sync_agent.agent import Agent
from sync_agent.settings import read_settings

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator
    from pathlib import Path

CARD = card_number(1)
TILLS = ("3", "4")


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path)
    site.load(article=[ARTICLE], customer=[ANNA], card=[{"code": CARD, "customer": "K1"}])
    site.publish(PERCENT_20)
    with site.served() as url:
        site.url = url
        for till in TILLS:
            site.add_till(till)
            sync(site, till)
        yield site


def sync(site: Site, *tills: str) -> None:
    for till in tills:
        with Agent(read_settings(site.till_dir(till) / "till.toml"), SystemClock()) as agent:
            agent.cycle()
            assert agent.status.problems == {}


def receipts_shown(site: Site, till: str, clock: SettableClock) -> int:
    with Plugin.open(site.till_dir(till) / "till.toml", clock=clock) as plugin:
        facts: dict[str, Any] = plugin.scan(CARD).customer or {}
    return int(facts["history"].get("receipts_365d", 0))


def buy(site: Site, till: str, clock: SettableClock, sale_id: str) -> dt.date:
    with Plugin.open(site.till_dir(till) / "till.toml", clock=clock) as plugin:
        sale = plugin.begin_sale(sale_id=sale_id)
        sale.scan(CARD)
        sale.add_line(sku="4711")
        sale.complete(charged=sale.evaluate(), tenders=[])
    return clock.now().date()


def shown_and_right(site: Site) -> list[tuple[list[int], int]]:
    """Buy at both tills for three years; return after each exchange what both show and should."""
    dice = random.Random(7)  # noqa: S311 - a sample
    clock = SettableClock(NOON)
    days: list[dt.date] = []
    seen = []
    for step in range(8):
        clock.advance(days=dice.choice((90, 150, 200, -60)))
        days.append(buy(site, dice.choice(TILLS), clock, f"S{step}"))
        sync(site, *TILLS, *TILLS)
        clock.advance(days=dice.choice((0, 1, 40)))
        on = clock.now().date()
        right = sum((on - day).days < 365 for day in days)
        seen.append(([receipts_shown(site, till, clock) for till in TILLS], right))
    return seen


def test_both_tills_show_what_the_receipts_of_the_last_365_days_give(site: Site) -> None:
    for shown, right in shown_and_right(site):
        assert shown == [right, right]


def test_a_head_office_that_forgets_the_days_is_seen(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folding, "newest", lambda _: [])
    seen = shown_and_right(site)
    assert any(shown != [right, right] for shown, right in seen), "the negative control"
