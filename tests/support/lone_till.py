"""A till without head office: its files, its imports, its agent."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from made_files import have_cache, have_journal
from till_builder import NOON

from pos_plugin import Plugin
from pos_plugin.clock import SettableClock
from pos_plugin.config import TillConfig, read_config
from pos_plugin.storage.cache_rows import CacheRows
from pos_plugin.storage.cache_schema import TABLES
from sync_agent.imports.forget import forget_customers
from sync_agent.imports.run import Wish, run_import
from sync_agent.local.agent import LocalAgent
from sync_agent.local.settle import settler

if TYPE_CHECKING:
    from pathlib import Path

    from sync_agent.imports.report import Report

ARTICLES = """Artikelnummer;Bezeichnung;Preis;MwSt;Warengruppe
4711;Hose blau;79,99;19;hosen
4712;Mütze;1.234,50;7;
"""
CUSTOMERS = """Kundennummer;Vorname;Nachname;Geburtstag;Telefon;E-Mail;Karte;Gruppen
100;Anna;Müller;31.12.1980;089 12345;anna@example.org;2900000000018;stamm
101;Bert;Maier;;;;2900000000025;
"""


@dataclass
class LoneTill:
    """A data folder with ``till.toml``; everything else comes from imports."""

    folder: Path
    more: str = ""
    clock: SettableClock = field(default_factory=lambda: SettableClock(NOON))

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        budget = "[budget_ms]\nscan = 30000\nevaluate = 30000\ncomplete = 30000\n"
        text = f'shop = "001"\ntill = "3"\n{self.more}\n{budget}'
        self.config_path.write_text(text, encoding="utf-8")

    @property
    def config_path(self) -> Path:
        return self.folder / "till.toml"

    @property
    def config(self) -> TillConfig:
        return read_config(self.config_path)

    def open(self) -> Plugin:
        """Return the plugin on this folder; the caller closes it."""
        have_journal(self.folder)
        return Plugin.open(self.config_path, clock=self.clock)

    def agent(self) -> LocalAgent:
        """Return the agent of this folder; the caller closes it."""
        have_cache(self.folder)
        return LocalAgent(self.config, self.clock)

    def write(self, name: str, text: str, encoding: str = "utf-8") -> Path:
        """Write a file beside the till's and return it."""
        path = self.folder / "files" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(text.encode(encoding))
        return path

    def take(self, kind: str, text: str | Path, **wish: Any) -> Report:
        """Import a file, or the text of one."""
        have_cache(self.folder)
        path = self.write(f"{kind}.csv", text) if isinstance(text, str) else text
        return run_import(
            self.config,
            Wish(kind=kind, path=path, **wish),
            clock=self.clock,
            settle=settler(self.config, self.clock),
        )

    def take_rules(self, *promotions: dict[str, Any]) -> Report:
        """Import rules."""
        return self.take("rules", self.write("rules.json", json.dumps({"promotions": promotions})))

    def take_tables(self, **tables: list[dict[str, Any]]) -> Report:
        """Import tables as head office would load them."""
        folder = self.folder / "tables"
        folder.mkdir(exist_ok=True)
        for table, rows in tables.items():
            text = "".join(json.dumps(row) + "\n" for row in rows)
            (folder / f"{table}.jsonl").write_text(text, encoding="utf-8")
        return self.take("tables", folder)

    def forget(self, *customers: str) -> int:
        """Take customers out of the imports; return how many lines that emptied."""
        return forget_customers(self.folder, customers, at=self.clock.now())

    def rows(self, *tables: str) -> dict[str, list[dict[str, Any]]]:
        """Every row of these tables, or of all, as they were sent."""
        cache = CacheRows.open(self.folder)
        if cache is None:
            return {}
        with cache:
            return {table: list(cache.rows(table)) for table in tables or TABLES}
