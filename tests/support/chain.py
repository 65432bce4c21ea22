"""Three tills and a head office in one process: sold at, cut off, copied, restored, by dice.

What must be true is counted beside them: which sales were confirmed, and who lost one for good.
"""

from __future__ import annotations

import datetime as dt
import json
import random
import shutil
from collections import Counter, defaultdict
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING, Any

from direct_line import DirectLine
from head_office_site import ANNA, PROGRAM, Site
from sqlalchemy import select
from till_builder import NOON, card_number, points

from head_office import backup as office_backup
from head_office.intake.exceptions import noted
from head_office.promotions import rules
from head_office.storage import Database, balance, receipt, rule_generation, till_event
from head_office.vouchers import DOUBLE_REDEMPTION
from pos_plugin import Plugin, Receipt
from pos_plugin.clock import SettableClock
from pos_plugin.effective_clock import EffectiveClock
from pos_plugin.loyalty.voucher_code import code_of
from pos_plugin.storage.backup import Source, take_backup
from pos_plugin.storage.cache_reader import CacheReader
from pos_plugin.storage.journal_reader import JournalReader
from pos_plugin.storage.restore import restore
from sync_agent.agent import Agent
from sync_agent.read_ahead import ReadAhead
from sync_agent.settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SHOP, BUCKET = "001", "shop:001"
CUSTOMERS = ("K1", "K2")
CAP_MINOR = 1_000
VOUCHER_MINOR = 500
LETTERS = {f"L{number}": code_of(4_711 + number) for number in range(8)}
LETTER_TYPE = {
    "code": "MOTIV5",
    "legal_kind": "promo",
    "effect": {"kind": "value", "minor": VOUCHER_MINOR, "label": {"de": "5 EUR", "en": "5 EUR"}},
    "conditions": {"text": {"de": "Ab sofort.", "en": "At once."}},
    "validity": {"days": 30},
    "layout": {"title": {"de": "Danke", "en": "Thank you"}},
    "customer_bound": False,
    "offline_scope": "shop",
}
# What a sale brings at each till: digits of one number, so that a sum tells whose sales are in it.
POINTS_A_SALE = {"3": 1, "4": 1_000, "5": 1_000_000}


def make_template(folder: Path) -> Path:
    """Make head office and tills, each of them up to date."""
    site = Site(folder)
    site.clock = SettableClock(NOON)  # type: ignore[assignment]
    site.publish(points())
    site.load(
        program=[PROGRAM],
        voucher_type=[LETTER_TYPE],
        customer=[{**ANNA, "id": one, "number": one} for one in CUSTOMERS],
        card=[
            {"code": card_number(number), "customer": one}
            for number, one in enumerate(CUSTOMERS, 1)
        ],
        voucher=[
            {
                "id": name,
                "type": "MOTIV5",
                "code": code,
                "customer": None,
                "valid_from_on": "2000-01-01",
                "valid_to_on": "2099-12-31",
            }
            for name, code in LETTERS.items()
        ],
    )
    for till in POINTS_A_SALE:
        site.add_till(till)
        with (site.till_dir(till) / "till.toml").open("a", encoding="utf-8") as config:
            config.write(f"[offline]\ntill_minor = {CAP_MINOR}\n")
    return folder


class ChainTill:
    """One till with its agent, on a clock of its own.

    Args:
        chain: it belongs to.
        number: of the till.
    """

    def __init__(self, chain: Chain, number: str) -> None:
        self._chain = chain
        self.number = number
        self.folder = chain.folder / f"till-{number}"
        self.wall = SettableClock(chain.clock.now())
        self.drift = dt.timedelta(0)
        self.line = DirectLine(
            chain.office, clock=chain.clock, machine=self.wall, bucket=BUCKET, dice=chain.dice
        )
        self.image: Path | None = None
        self.copy: Path | None = None
        self.is_old = False
        """Its disk was put back: until all is settled numbers are used twice."""
        self.generation = 0
        self._open: ExitStack
        self.start()

    def start(self) -> None:
        """Open till and agent."""
        config = self.folder / "till.toml"
        clock = EffectiveClock(self.wall, self.folder, passed_s=self._chain.passed_s)
        with ExitStack() as stack:
            self.plugin = stack.enter_context(closing(Plugin.open(config, clock=clock)))
            self.agent = stack.enter_context(
                closing(self._chain.agent_class(read_settings(config), self.wall))
            )
            self.agent._client.close()
            self.agent._client = self.line  # type: ignore[assignment]
            self.agent._ahead = ReadAhead(self.line)  # type: ignore[arg-type]
            self._open = stack.pop_all()

    def stop(self) -> None:
        self._open.close()

    def tell_time(self) -> None:
        self.wall.set(self._chain.clock.now() + self.drift)

    def points(self, customer: str) -> tuple[int, bool]:
        """Return what the till shows, and whether it says that it does not know."""
        card = card_number(1 + CUSTOMERS.index(customer))
        [row] = self.plugin.scan(card).to_dict()["panel"]["balances"] or [
            {"value": 0, "unknown": False}
        ]
        return row["value"], row["unknown"]

    def acked(self) -> dict[int, int]:
        cache = CacheReader.open(self.folder)
        assert cache is not None
        with cache:
            return cache.acked()

    def events(self) -> list[tuple[int, int, str | None]]:
        """Return epoch, number and sale of every event of the journal."""
        journal = JournalReader.open(self.folder)
        assert journal is not None
        with journal, journal.reading() as connection:
            return connection.execute(  # type: ignore[return-value]
                "SELECT epoch, seq, sale_id FROM event LEFT JOIN receipt USING (seq)"
            ).fetchall()


class Chain:
    """The whole of it.

    Args:
        folder: temporary.
        template: from ``make_template``.
        seed: of the dice.
        agent_class: which agent the tills have.
        steps: what happens how often; default everything.
    """

    def __init__(
        self,
        folder: Path,
        template: Path,
        seed: int,
        *,
        agent_class: type[Agent] = Agent,
        steps: Mapping[str, int] | None = None,
    ) -> None:
        shutil.copytree(template, folder)
        self.folder = folder
        self.agent_class = agent_class
        self._steps = steps or STEPS
        self.dice = random.Random(seed)  # noqa: S311 - draws schedules, keeps no secret
        self.clock = SettableClock(NOON)
        self._database = Database(self.folder / "ho")
        self._office_copy: Path | None = None
        self.confirmed: dict[str, tuple[str, str | None]] = {}
        self.lost: set[str] = set()
        self.told: list[str] = []
        self.redeemed: dict[str, list[str]] = defaultdict(list)
        self.tills = [ChainTill(self, number) for number in POINTS_A_SALE]
        for till in self.tills:
            till.agent.cycle()

    def passed_s(self) -> float:
        """Return what counts on whatever anybody sets."""
        return (self.clock.now() - NOON).total_seconds()

    def office(self) -> Database:
        return self._database

    def close(self) -> None:
        for till in self.tills:
            till.stop()
        self._database.close()

    # --- steps ------------------------------------------------------------------------------------

    def step(self) -> None:
        """Let one thing happen, and look at everything."""
        till = self.dice.choice(self.tills)
        what = self.dice.choices(*zip(*self._steps.items(), strict=True))[0]
        self.told.append(f"{what} {till.number}")
        self.clock.advance(seconds=30)
        for one in self.tills:
            one.tell_time()
        getattr(self, what)(till)
        self.look()

    def sell(self, till: ChainTill) -> None:
        customer = self.dice.choice([*CUSTOMERS, None])
        self._sale(till, customer, [])

    def redeem(self, till: ChainTill) -> None:
        voucher, code = self.dice.choice(list(LETTERS.items()))
        sale_id, off_minor = self._sale(till, None, [code])
        if not off_minor:
            return
        self.redeemed[voucher].append(sale_id)
        acked = till.acked()
        waiting = {sale for epoch, seq, sale in till.events() if seq > acked.get(epoch, 0)}
        spent = sum(sale in waiting for sales in self.redeemed.values() for sale in sales)
        assert till.is_old or spent * VOUCHER_MINOR <= CAP_MINOR, "one cap an offline period"

    def sync(self, till: ChainTill) -> None:
        till.line.is_bad = True
        till.agent.cycle()
        till.line.is_bad = False

    def arrive_late(self, till: ChainTill) -> None:
        till.line.arrive_late()

    def restart(self, till: ChainTill) -> None:
        till.stop()
        till.start()

    def set_clock(self, till: ChainTill) -> None:
        till.drift = dt.timedelta(days=self.dice.choice([0, 0, -1, 1, -3_650, 3_650]))
        till.tell_time()

    def a_month_passes(self, _till: ChainTill) -> None:
        self.clock.advance(days=30)
        for one in self.tills:
            one.tell_time()

    def take_image(self, till: ChainTill) -> None:
        till.stop()
        till.image = self.folder / f"image-{till.number}"
        shutil.rmtree(till.image, ignore_errors=True)
        shutil.copytree(till.folder, till.image)
        till.start()

    def put_image_back(self, till: ChainTill) -> None:
        if till.image is None:
            return
        before = {sale for _, _, sale in till.events() if sale}
        till.stop()
        shutil.rmtree(till.folder)
        shutil.copytree(till.image, till.folder)
        till.start()
        till.is_old, till.generation = True, 0
        gone = before - {sale for _, _, sale in till.events()}
        self.lost |= gone - self.arrived().keys()

    def back_up(self, till: ChainTill) -> None:
        disk = self.folder / f"disk-{till.number}"
        disk.mkdir(exist_ok=True)
        source = Source(data_dir=till.folder, shop=SHOP, till=till.number)
        till.copy = take_backup(source, disk, at=self.clock.now())

    def restore(self, till: ChainTill) -> None:
        if till.copy is None or till.is_old:
            return
        till.stop()
        restore(till.copy, till.folder, shop=SHOP, till=till.number, at=self.clock.now())
        till.start()

    def back_up_office(self, _till: ChainTill) -> None:
        folder = self.folder / "office-copies"
        self._office_copy = office_backup.back_up(self._database, folder, now=self.clock.now()).path

    def restore_office(self, _till: ChainTill) -> None:
        if self._office_copy is None:
            return
        self._database.close()
        office_backup.restore(self.folder / "ho", self._office_copy, now=self.clock.now())
        self._database = Database(self.folder / "ho")
        here = {sale for till in self.tills for _, _, sale in till.events()}
        self.lost |= self.confirmed.keys() - here - self.arrived().keys()

    def publish(self, _till: ChainTill) -> None:
        if self.dice.random() < 0.5:
            text = json.dumps({"promotions": [points()]})
            rules.publish(self._database, text, now=self.clock.now())
        else:
            with self._database.read() as connection:
                before = connection.execute(
                    select(rule_generation.c.generation).order_by(rule_generation.c.generation)
                ).scalars()
            rules.republish(self._database, next(iter(before)), activate_at=self.clock.now())

    def _sale(self, till: ChainTill, customer: str | None, codes: list[str]) -> tuple[str, int]:
        sale_id = f"S{till.number}-{len(self.confirmed)}"
        line = {
            "line_id": "1",
            "sku": "4711",
            "quantity_milli": 1_000,
            "unit_price_minor": 100 * POINTS_A_SALE[till.number] if customer else 5_000,
            "vat_rate_bp": 1_900,
        }
        snapshot: dict[str, Any] = {
            "sale_id": sale_id,
            "at": till.plugin._till.clock.now().isoformat(),
            "codes": [{"code": code} for code in codes],
            "lines": [line],
        }
        if customer:
            snapshot["customer"] = {"id": customer}
        found = till.plugin.sales.evaluate(snapshot).to_dict()
        assert isinstance(till.plugin.sales.complete(sale_id, {}), Receipt)
        self.confirmed[sale_id] = (till.number, customer)
        if not till.is_old:
            assert found["generation"] >= till.generation, "rules never go back"
            till.generation = found["generation"]
        return sale_id, int(found["voucher_discount_minor"])

    # --- laws -------------------------------------------------------------------------------------

    def look(self) -> None:
        """What must be true at every instant."""
        arrived = self.arrived()
        assert all(times == 1 for times in arrived.values()), "a receipt counts once"
        assert arrived.keys() <= self.confirmed.keys()
        for till in self.tills:
            if till.is_old:
                continue
            for customer in CUSTOMERS:
                value, is_unknown = till.points(customer)
                assert is_unknown or self._own(value, till) == self._sold(till, customer), (
                    f"till {till.number} shows {value} of {customer}"
                )

    def settle(self) -> None:
        """All is well again: tills start, lines hold, until nothing is left to do."""
        for till in self.tills:
            till.drift = dt.timedelta(0)
            till.tell_time()
        for _ in range(3):
            for till in self.tills:
                self.restart(till)
                for _ in range(3):
                    till.agent.cycle()
        for till in self.tills:
            till.is_old = False
            assert till.agent.status.problems == {}, till.number
        self.look()
        expected = Counter(self.confirmed.keys() - self.lost)
        assert self.arrived() == expected, "what was confirmed is at head office, once"
        for customer in CUSTOMERS:
            total = sum(
                POINTS_A_SALE[self.confirmed[sale][0]]
                for sale in expected
                if self.confirmed[sale][1] == customer
            )
            assert self._office_value(customer) == total
            assert {till.points(customer) for till in self.tills} == {(total, False)}
        with self._database.read() as connection:
            exceptions = [one.kind for one in noted(connection)]
            problems = connection.execute(
                select(till_event.c.problem).where(till_event.c.took_effect.is_(False))
            ).scalars()
            assert set(problems) <= {"the uid is known"}
        twice = [sales for sales in self.redeemed.values() if len(set(sales) - self.lost) > 1]
        assert exceptions.count(DOUBLE_REDEMPTION) >= len(twice), "each contradiction is told"

    def arrived(self) -> Counter[str]:
        with self._database.read() as connection:
            return Counter(connection.execute(select(receipt.c.sale_id)).scalars())

    def _office_value(self, customer: str) -> int:
        here = (balance.c.customer == customer) & (balance.c.account == "points")
        with self._database.read() as connection:
            return int(connection.execute(select(balance.c.value).where(here)).scalar() or 0)

    def _sold(self, till: ChainTill, customer: str) -> int:
        return sum(
            (number, who) == (till.number, customer)
            for sale, (number, who) in self.confirmed.items()
            if sale not in self.lost
        )

    @staticmethod
    def _own(value: int, till: ChainTill) -> int:
        return value // POINTS_A_SALE[till.number] % 1_000


STEPS = {
    "sell": 30,
    "redeem": 10,
    "sync": 25,
    "arrive_late": 4,
    "restart": 4,
    "set_clock": 4,
    "a_month_passes": 2,
    "take_image": 3,
    "put_image_back": 2,
    "back_up": 4,
    "restore": 3,
    "back_up_office": 3,
    "restore_office": 2,
    "publish": 4,
}
