"""The balance invariant (sync.md §6): no own entry is ever shown twice, none is ever missing."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from head_office_site import ANNA, Site
from till_events import batch, sale_event

from head_office import log
from head_office.intake import events
from pos_plugin.loyalty.ledger import OwnEntry, shown
from sync_agent.protocol.pages import parse_page

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from head_office.storage import Database

BUCKET = "shop:001"
OTHERS = 10**6  # points of the other till count in millions, so the own part can be told apart


@dataclass
class TillSide:
    """What one till knows: its own entries, what was acknowledged, the cached row."""

    till: str
    epoch: int
    points: int
    written: list[OwnEntry] = field(default_factory=list)
    acked_seq: int = 0
    cursor: int = 0
    value: int = 0
    folded: dict[int, int] = field(default_factory=dict)

    def sell(self, dice: random.Random) -> None:
        seq = len(self.written) + 1
        self.written.append(OwnEntry("points", self.epoch, seq, self.points * dice.randint(1, 9)))

    def upload(self, database: Database, count: int, now: object, *, answer_lost: bool) -> None:
        lines = [
            sale_event(one.seq, epoch=self.epoch, points=one.delta)
            for one in self.written[self.acked_seq : self.acked_seq + count]
        ]
        if lines:
            answer = events.take_batch(
                database,
                till=self.till,
                body=batch(*lines),
                now=now,  # type: ignore[arg-type]
            )
            if not answer_lost:
                self.acked_seq = answer.acked_seq

    def pull(self, database: Database) -> None:
        with database.read() as connection:
            content = log.page(connection, BUCKET, after=self.cursor, rows_max=5000)
        page = parse_page(content, bucket=BUCKET, after=self.cursor)
        for change in page.changes:
            if change.table == "balance":
                self.value = change.row["value"]
                self.folded = {
                    epoch: seq for till, epoch, seq in change.row["folded"] if till == self.till
                }
        self.cursor = page.checkpoint

    def truth(self) -> int:
        return sum(one.delta for one in self.written)


def by_folded(side: TillSide) -> int:
    """The rule of the house."""
    return shown({"points": (side.value, side.folded)}, side.written)["points"].value


def by_acked(side: TillSide) -> int:
    """The obvious wrong formula: cached balance plus own entries above the acknowledged number."""
    return side.value + sum(one.delta for one in side.written if one.seq > side.acked_seq)


def faults(site: Site, seed: int, rule: Callable[[TillSide], int], *, steps: int = 40) -> int:
    """Play a random schedule of two tills; count the moments at which an own entry is wrong."""
    dice = random.Random(seed)  # noqa: S311
    wrong = 0
    with site.database() as database:
        mine = TillSide("3", 1000 + seed, points=1)
        other = TillSide("4", 2000 + seed, points=OTHERS)
        with database.read() as connection:
            mine.cursor = log.mark(connection, BUCKET).head
            before = mine.cursor
        other.cursor = before
        start = _value(database)
        mine.value = start
        for _ in range(steps):
            side = dice.choice([mine, mine, other])
            step = dice.choice(["sell", "sell", "upload", "pull"])
            if step == "sell":
                side.sell(dice)
            elif step == "upload":
                side.upload(
                    database,
                    dice.randint(1, 4),
                    site.clock.now(),
                    answer_lost=dice.random() < 0.3,
                )
            else:
                side.pull(database)
            own = (rule(mine) - start) % OTHERS if mine.written else mine.truth()
            wrong += own != mine.truth()
    return wrong


def _value(database: Database) -> int:
    with database.read() as connection:
        content = log.page(connection, BUCKET, after=0, rows_max=5000)
    rows = parse_page(content, bucket=BUCKET, after=0).changes
    return sum(change.row["value"] for change in rows if change.table == "balance")


@pytest.fixture
def site(tmp_path: Path) -> Site:
    site = Site(tmp_path)
    site.add_till("3")
    site.add_till("4")
    site.load(customer=[ANNA])
    return site


def test_own_entries_are_never_doubled_and_never_missed(site: Site) -> None:
    for seed in range(25):
        assert faults(site, seed, by_folded) == 0, f"seed {seed}"


def test_obvious_formula_is_caught_by_the_same_schedules(site: Site) -> None:
    assert sum(faults(site, seed, by_acked) > 0 for seed in range(6)) >= 5
