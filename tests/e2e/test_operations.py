"""Backup and restore as a shop does them: commands, agent, the page docs/operations.md."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any

import pytest
from house import ROOT
from lone_till import ARTICLES, CUSTOMERS, LoneTill
from processes import STAMMKUNDE, Running, stammkunde
from till_builder import points
from waiting import until

from pos_plugin import Plugin, Receipt
from pos_plugin.clock import SystemClock
from pos_plugin.storage.backup import Source, copies, read_record, request
from sync_agent.upkeep.backing_up import plan_of

if TYPE_CHECKING:
    from pathlib import Path

PAGE = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
CARD = "2900000000018"


def sell(plugin: Plugin, sale_id: str) -> None:
    sale = plugin.begin_sale(sale_id)
    sale.scan(CARD)
    sale.scan("4711")
    sale.evaluate()
    assert isinstance(sale.complete(), Receipt)


@pytest.fixture
def till(tmp_path: Path) -> LoneTill:
    disk = tmp_path / "disk"
    disk.mkdir()
    till = LoneTill(tmp_path / "till", more=f'[backup]\nfolder = "{disk}"\nkeep = 2')
    till.take("articles", ARTICLES)
    till.take("customers", CUSTOMERS)
    till.take_rules(points())
    till.take_tables(program=[{"code": "points", "unit": "POINTS", "liability": "future_discount"}])
    return till


def balance(plugin: Plugin) -> int:
    panel = plugin.scan(CARD).to_dict()["panel"]
    return int(panel["balances"][0]["value"])


def test_backup_command_says_what_it_copied(till: LoneTill, tmp_path: Path) -> None:
    with till.open() as plugin:
        sell(plugin, "S1")
        done = stammkunde("backup", "--config", till.config_path, "--json")
        assert done.returncode == 0, done.stderr
        copy = json.loads(done.stdout)
        assert (copy["events"] >= 1, copy["same_disk"]) == (True, True)
        told = stammkunde("backup", "--config", till.config_path)
        assert "Sicherung geprüft" in told.stdout
        assert "dieselbe Festplatte" in told.stderr
    shutil.rmtree(tmp_path / "disk")
    lost = stammkunde("backup", "--config", till.config_path)
    assert lost.returncode == 1
    assert "there is no folder" in lost.stderr
    nowhere = stammkunde("backup", tmp_path / "x", "--config", tmp_path / "none.toml")
    assert nowhere.returncode == 2


def test_restore_command_refuses_a_running_till(till: LoneTill) -> None:
    with till.open() as plugin:
        sell(plugin, "S1")
        folder = json.loads(stammkunde("backup", "--config", till.config_path, "--json").stdout)
        refused = stammkunde("restore", folder["folder"], "--config", till.config_path)
        assert refused.returncode == 1
        assert "Stop till and agent" in refused.stderr
    done = stammkunde("restore", folder["folder"], "--config", till.config_path)
    assert done.returncode == 0, done.stderr
    assert "Es fehlt nichts." in done.stdout


def test_agent_copies_when_the_day_closes(till: LoneTill, tmp_path: Path) -> None:
    with till.open() as plugin:
        sell(plugin, "S1")
    with Running(tmp_path / "agent.log", "agent", "run", "--config", till.config_path) as agent:
        agent.says("works alone")
        request(till.folder)
        until(
            lambda: "taken_at" in read_record(till.folder), within_s=30, what="the agent backs up"
        )
        agent.end()
    source = Source(data_dir=till.folder, shop="001", till="3")
    assert len(copies(tmp_path / "disk", source)) == 1


def test_copy_is_due_once_a_day_and_tried_again_after_a_failure(
    till: LoneTill, tmp_path: Path
) -> None:
    with till.open() as plugin:
        sell(plugin, "S1")
    plan = plan_of(till.config, till.config_path)
    assert plan is not None
    assert plan.run(till.clock)
    assert not plan.run(till.clock)
    till.clock.advance(days=1)
    (tmp_path / "disk").rename(tmp_path / "away")
    assert not plan.run(till.clock)
    (tmp_path / "away").rename(tmp_path / "disk")
    assert not plan.run(till.clock)  # an hour later, not at once
    till.clock.advance(seconds=3_600)
    assert plan.run(till.clock)
    till.clock.advance(days=-400)  # a wrong clock makes no copy look young for ever
    assert plan.run(till.clock)


def test_selling_goes_on_while_copies_are_taken(till: LoneTill) -> None:
    with till.open() as plugin:
        sell(plugin, "S0")
        sold = ["S0"]
        ended = threading.Event()

        def sell_on() -> None:
            while not ended.is_set() and len(sold) < 500:
                sell(plugin, f"S{len(sold)}")
                sold.append(f"S{len(sold)}")

        seller = threading.Thread(target=sell_on)
        seller.start()
        try:
            before = len(sold)
            for _ in range(3):
                done = stammkunde("backup", "--config", till.config_path, "--json")
                assert done.returncode == 0, done.stderr
                assert json.loads(done.stdout)["events"] >= before
                before = len(sold)
        finally:
            ended.set()
            seller.join(60)
    assert len(sold) > 3


def page_commands() -> list[list[str]]:
    section = PAGE.partition("## Replacing a till\n")[2].partition("\n## ")[0]
    (block,) = re.findall(r"^```sh\n(.*?)^```$", section, re.MULTILINE | re.DOTALL)
    return [shlex.split(line) for line in block.splitlines()]


def test_till_is_replaced_as_the_page_says(till: LoneTill, tmp_path: Path) -> None:
    with till.open() as plugin:
        sell(plugin, "S1")
        sell(plugin, "S2")
        points_before = balance(plugin)
    made: Any = json.loads(stammkunde("backup", "--config", till.config_path, "--json").stdout)
    assert re.fullmatch(r"stammkunde-001-3-\d{8}T\d{9}Z", made["folder"].rpartition("/")[2])
    shutil.rmtree(till.folder)  # the old computer is dead
    new = tmp_path / "new"
    new.mkdir()
    for words in page_commands():
        assert words[0] == "stammkunde"
        line = [made["folder"] if word.startswith("/media/") else word for word in words[1:]]
        done = subprocess.run(
            [*STAMMKUNDE, *line], cwd=new, check=False, capture_output=True, text=True, timeout=120
        )
        expected = 3 if "status" in words else 0  # no agent runs here
        assert done.returncode == expected, (words, done.stdout, done.stderr)
        if words[1] == "restore":
            assert "till.toml kommt aus der Sicherung." in done.stdout
    with Plugin.open(new / "till.toml", clock=SystemClock()) as plugin:
        assert balance(plugin) == points_before > 0
        sell(plugin, "S3")
        assert balance(plugin) > points_before


def test_the_page_names_commands_that_are_there() -> None:
    """Negative control: a page that went stale would stop the test above."""
    assert [words[1] for words in page_commands()] == ["restore", "agent", "agent"]
    wrong = subprocess.run(
        [sys.executable, "-c", "from pos_plugin.cli import main; main()", "restor", "x"],
        check=False,
        capture_output=True,
        timeout=60,
    )
    assert wrong.returncode == 2
