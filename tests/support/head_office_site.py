"""A head office in a temporary folder, served for real on a loopback port."""

from __future__ import annotations

import json
import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import httpx
from made_files import have_cache, have_journal
from waiting import until

from head_office import load
from head_office.promotions import rules
from head_office.service.impatience import WHOLE_S
from head_office.service.running import make_server
from head_office.storage import Database
from head_office.till import tills
from pos_plugin.clock import SystemClock, utc_text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sync_agent.protocol.messages import GenerationEntry

# A busy machine is late now and then; tests judge what is answered, not when.
PATIENCE = """
[budget_ms]
scan = 30000
evaluate = 30000
complete = 30000
"""
PERCENT_20 = {
    "id": "HOSEN20",
    "layer": "article",
    "offer": {"kind": "unit_discount", "benefit": {"type": "percent", "bp": 2000}},
}
ARTICLE = {"sku": "4711", "name": "Hose", "unit_price_minor": 7999, "vat_rate_bp": 1900}
PROGRAM = {"code": "points", "unit": "POINTS"}
ANNA = {"id": "K1", "number": "1", "name": "Anna", "home_shop": "001", "segments": ["abc:C"]}


class Site:
    """A head office and the folders of its tills.

    Args:
        folder: temporary; ``ho`` is head office, ``till-<n>`` the tills.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data = folder / "ho"
        self.clock = SystemClock()
        self.url = "http://127.0.0.1:1"
        database = Database(self.data, create=True)
        try:
            rules.ensure_keys(database)
        finally:
            database.close()

    @contextmanager
    def database(self) -> Iterator[Database]:
        database = Database(self.data)
        try:
            yield database
        finally:
            database.close()

    def add_till(self, till: str = "3", *, shop: str = "001") -> str:
        """Make a till known and return its token."""
        with self.database() as database:
            is_new = tills.set_up_till(
                database,
                shop=shop,
                till=till,
                till_dir=self.till_dir(till),
                url=self.url,
                now_text=utc_text(self.clock.now()),
            )
        if is_new:
            with (self.till_dir(till) / "till.toml").open("a", encoding="utf-8") as config:
                config.write(PATIENCE)
        have_journal(self.till_dir(till))
        have_cache(self.till_dir(till))
        return str(self.keys(till)["till_token"])

    def till_dir(self, till: str = "3") -> Path:
        return self.folder / f"till-{till}"

    def keys(self, till: str = "3") -> dict[str, Any]:
        value: dict[str, Any] = json.loads((self.till_dir(till) / "keys.json").read_text())
        return value

    def publish(self, *promotions: dict[str, Any]) -> GenerationEntry:
        with self.database() as database:
            text = json.dumps({"promotions": list(promotions)})
            return rules.publish(database, text, now=self.clock.now())

    def load(self, **tables: list[dict[str, Any]]) -> load.Loaded:
        """Load rows given as ``article=[…], customer=[…]``."""
        folder = write_tables(self.folder / "load", **tables)
        with self.database() as database:
            return load.load_folder(database, folder)

    @contextmanager
    def served(self, *, whole_s: float = WHOLE_S) -> Iterator[str]:
        """Serve on a free loopback port; gives the address."""
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        server = make_server(Database(self.data), whole_s=whole_s)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            until(lambda: server.started, within_s=30, what="head office starts")
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(timeout=10)
            listener.close()


def write_tables(folder: Path, **tables: list[dict[str, Any]]) -> Path:
    """Write JSON-lines files as ``head-office load`` reads them, in place of earlier ones."""
    folder.mkdir(exist_ok=True)
    for old in folder.glob("*.jsonl"):
        old.unlink()
    for name, rows in tables.items():
        lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
        (folder / f"{name}.jsonl").write_text(lines, encoding="utf-8")
    return folder


@contextmanager
def caller(url: str, token: str) -> Iterator[httpx.Client]:
    """A plain HTTP client with a till's token."""
    headers = {"Authorization": f"Bearer {token}"}
    with httpx.Client(base_url=url, headers=headers, trust_env=False, timeout=10) as client:
        yield client
