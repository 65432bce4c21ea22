"""The main way with real processes: head office, agent and till, and the network cut in between."""

from __future__ import annotations

import json
import signal
from collections import Counter
from typing import TYPE_CHECKING, Any

import apsw
from head_office_site import write_tables
from processes import Running, TillProcess, free_port, stammkunde
from sqlalchemy import func, select
from waiting import until

from head_office.storage import Database, balance, ledger_entry, receipt, receipt_line
from pos_plugin.storage.cache_reader import CacheReader
from sync_agent.status import read_status

if TYPE_CHECKING:
    from pathlib import Path

CARDS = {"K1": "2900000000018", "K2": "2900000000025", "K3": "2900000000032"}
POINTS = {
    "id": "BASIS",
    "layer": "earn",
    "offer": {"kind": "earn", "account": "points", "per_value_minor": 100, "points": 1},
}


def percent(bp: int) -> dict[str, Any]:
    return {
        "id": "RABATT",
        "layer": "article",
        "offer": {"kind": "unit_discount", "benefit": {"type": "percent", "bp": bp}},
    }


class Shop:
    """One till, its agent and its head office, each a process."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data = folder / "ho"
        self.till_dir = folder / "till"
        self.config = self.till_dir / "till.toml"
        self.port = free_port()
        self.processes = 0
        done = stammkunde(
            "head-office", "init", "--data", self.data, "--shop", "001", "--till", "3",
            "--till-dir", self.till_dir, "--url", f"http://127.0.0.1:{self.port}",
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        tables = write_tables(
            folder / "load",
            program=[{"code": "points", "unit": "POINTS"}],
            article=[
                {"sku": "4711", "name": "Hose", "unit_price_minor": 8000, "vat_rate_bp": 1900}
            ],
            customer=[
                {"id": id_, "number": id_[1:], "name": f"Kundin {id_}", "home_shop": "001"}
                for id_ in CARDS
            ],
            card=[{"code": code, "customer": id_} for id_, code in CARDS.items()],
        )
        done = stammkunde("head-office", "load", tables, "--data", self.data)
        assert done.returncode == 0, done.stderr

    def publish(self, *promotions: dict[str, Any]) -> None:
        path = self.folder / "promotions.json"
        path.write_text(json.dumps({"promotions": promotions}))
        done = stammkunde("head-office", "publish", path, "--data", self.data)
        assert done.returncode == 0, done.stderr

    def head_office(self) -> Running:
        arguments = ("head-office", "serve", "--data", self.data, "--port", self.port)
        server = Running(self.log("head-office"), *arguments)
        server.says(f"http://127.0.0.1:{self.port}")
        return server

    def agent(self) -> Running:
        arguments = ("agent", "run", "--config", self.config, "--retry-at-most-s", 1)
        return Running(self.log("agent"), *arguments)

    def log(self, name: str) -> Path:
        """A new file for the output of each process."""
        self.processes += 1
        return self.folder / f"{self.processes}-{name}.log"

    def wait_for_generation(self, generation: int) -> None:
        def arrived() -> bool:
            reader = CacheReader.open(self.till_dir)
            if reader is None:
                return False
            with reader:
                return any(known.generation == generation for known in reader.generations())

        until(arrived, within_s=60, what=f"generation {generation} at the till")

    def wait_for_upload(self) -> None:
        def uploaded() -> bool:
            status = read_status(self.till_dir) or {}
            return status.get("waiting_events") == 0 and status.get("acked_seq") == len(self.sold())

        until(uploaded, within_s=60, what="every event is at head office")

    def sold(self) -> Counter[tuple[str, int, int]]:
        """Sale id, lines and total of every receipt in the till's journal."""
        journal = apsw.Connection(
            str(self.till_dir / "journal.db"), flags=apsw.SQLITE_OPEN_READONLY
        )
        try:
            return Counter(
                journal.execute(
                    "SELECT sale_id, count(*), total_minor FROM receipt "
                    "JOIN receipt_line ON receipt = seq GROUP BY seq"
                ).fetchall()
            )
        finally:
            journal.close()

    def arrived(self) -> Counter[tuple[str, int, int]]:
        """The same of every receipt at head office."""
        lines = (
            select(receipt.c.sale_id, func.count(), receipt.c.total_minor)
            .join(receipt_line, receipt_line.c.receipt_uid == receipt.c.uid)
            .group_by(receipt.c.uid)
        )
        database = Database(self.data)
        try:
            with database.read() as connection:
                return Counter((row[0], row[1], row[2]) for row in connection.execute(lines))
        finally:
            database.close()

    def points_at_head_office(self) -> tuple[dict[str, int], dict[str, int]]:
        """Balance and sum of the ledger of each customer."""
        sums = select(ledger_entry.c.customer, func.sum(ledger_entry.c.delta)).group_by(
            ledger_entry.c.customer
        )
        values = select(balance.c.customer, balance.c.value).where(balance.c.account == "points")
        database = Database(self.data)
        try:
            with database.read() as connection:
                return (
                    {row[0]: int(row[1]) for row in connection.execute(values)},
                    {row[0]: int(row[1]) for row in connection.execute(sums)},
                )
        finally:
            database.close()


def points_on_the_panel(till: TillProcess) -> dict[str, int]:
    found = {}
    for customer, card in CARDS.items():
        (points,) = till.ask(do="panel", card=card)["panel"]["balances"]
        assert points["program"] == "points"
        found[customer] = points["value"]
    return found


def all_folded(till: TillProcess) -> bool:
    panels = [till.ask(do="panel", card=card)["panel"] for card in CARDS.values()]
    return not any(points["own_entries"] for panel in panels for points in panel["balances"])


def test_shop_sells_on_while_head_office_is_gone(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.publish(percent(2000), POINTS)
    cards = list(CARDS.values())
    head_office, agent = shop.head_office(), shop.agent()
    try:
        shop.wait_for_generation(1)
        with TillProcess(shop.config, tmp_path / "till.log") as till:
            first = till.ask(do="sell", card=cards[0], skus=["4711"])
            log = (tmp_path / "till.log").read_text()
            assert (first["generation"], first["total_minor"]) == (1, 6400), log

            # What head office publishes holds for the next sale.
            shop.publish(percent(5000), POINTS)
            shop.wait_for_generation(2)
            second = till.ask(do="sell", card=cards[0], skus=["4711"])
            assert (second["generation"], second["total_minor"]) == (2, 4000)

            # Head office is gone; 50 sales go on, and the agent dies in between.
            head_office.kill()
            for number in range(50):
                card = cards[number % 3] if number % 5 else None
                sale = till.ask(do="sell", card=card, skus=["4711"] * (1 + number % 3))
                assert sale["generation"] == 2
                assert sale["total_minor"] == 4000 * (1 + number % 3)
                if number == 25:
                    agent.kill()
                    agent = shop.agent()
            offline = points_on_the_panel(till)
            assert sum(offline.values()) > 104
            shop.publish(percent(1000), POINTS)

            # It is back; the agent dies once more while it catches up.
            head_office = shop.head_office()
            agent.kill()
            agent = shop.agent()
            shop.wait_for_upload()
            shop.wait_for_generation(3)
            last = till.ask(do="sell", card=None, skus=["4711"])
            assert (last["generation"], last["total_minor"]) == (3, 7200)
            shop.wait_for_upload()

            # All receipts are there exactly once, and everybody agrees on the points.
            sold = shop.sold()
            assert len(sold) == 53
            assert set(sold.values()) == {1}
            assert shop.arrived() == sold
            until(lambda: all_folded(till), within_s=60, what="balances come back")
            balances, ledger = shop.points_at_head_office()
            assert balances == ledger == points_on_the_panel(till) == offline
        assert agent.end() == 0
        assert head_office.end(signal.SIGINT) == 0
        prove_that_the_comparison_notices(shop, sold)
    finally:
        agent.kill()
        head_office.kill()


def prove_that_the_comparison_notices(shop: Shop, sold: Counter[tuple[str, int, int]]) -> None:
    """The control: one receipt lost, or one counted twice, is not equal."""
    database = Database(shop.data)
    try:
        with database.write() as connection:
            row = connection.execute(select(receipt).limit(1)).mappings().one()
            lines = connection.execute(
                select(receipt_line).where(receipt_line.c.receipt_uid == row["uid"])
            ).mappings()
            twice = [{**line, "receipt_uid": "again"} for line in lines]
            connection.execute(receipt.insert().values({**row, "uid": "again"}))
            connection.execute(receipt_line.insert(), twice)
        assert shop.arrived() != sold
        with database.write() as connection:
            connection.execute(receipt.delete().where(receipt.c.uid.in_(["again", row["uid"]])))
        assert shop.arrived() != sold
    finally:
        database.close()


def test_occupied_port_ends_with_one_sentence(tmp_path: Path) -> None:
    shop, other = Shop(tmp_path / "one"), Shop(tmp_path / "other")
    with shop.head_office():
        done = stammkunde("head-office", "serve", "--data", other.data, "--port", shop.port)
        again = stammkunde("head-office", "serve", "--data", shop.data, "--port", free_port())
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"port {shop.port} cannot be used")
    assert done.stderr.count("\n") == 1
    # Two head offices of one folder would wake each other's tills for nothing.
    assert (again.returncode, again.stdout) == (1, "")
    assert again.stderr.startswith(f"a head office is serving {shop.data}")
    assert again.stderr.count("\n") == 1


def test_second_agent_of_a_till_ends_with_one_sentence(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    with shop.agent() as agent:
        agent.says("Agent of till 3")
        done = stammkunde("agent", "run", "--config", shop.config)
        assert done.returncode == 1
        assert "already serves" in done.stderr
        told = stammkunde("agent", "status", "--config", shop.config, "--json")
        assert told.returncode in (0, 1)
        assert json.loads(told.stdout)["running"] is True
    assert stammkunde("agent", "status", "--config", shop.config).returncode == 3


def test_sync_now_brings_everything_without_a_running_agent(tmp_path: Path) -> None:
    shop = Shop(tmp_path)
    shop.publish(percent(2000))
    with shop.head_office() as head_office:
        done = stammkunde("agent", "sync-now", "--config", shop.config)
        assert head_office.end(signal.SIGTERM) == 0
    assert done.returncode == 0, done.stderr
    assert "Stand der Regeln: 1" in done.stdout
    shop.wait_for_generation(1)
