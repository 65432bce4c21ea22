"""``stammkunde import`` as one types it: exit codes, mappings, and what it says."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest
from lone_till import ARTICLES, CUSTOMERS, LoneTill
from processes import stammkunde

if TYPE_CHECKING:
    from pathlib import Path

OURS = "ART LANG;Name kurz;brutto;satz\n4711;Hose;79,99;19\n"


@pytest.fixture
def till(tmp_path: Path) -> LoneTill:
    return LoneTill(tmp_path / "till")


@pytest.mark.capability("K18")
@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "map.toml",
            '"Art Lang" = "sku"\n"Name kurz" = "name"\nbrutto = "price"\nsatz = "vat_rate"\n',
        ),
        (
            "map.json",
            '{"Art Lang": "sku", "Name kurz": "name", "brutto": "price", "satz": "vat_rate"}',
        ),
    ],
)
def test_headers_of_a_shop_are_mapped(till: LoneTill, name: str, text: str) -> None:
    path, mapping = till.write("a.csv", OURS), till.write(name, text)
    config = ("--config", till.config_path)
    without = stammkunde("import", "articles", path, *config, "--json")
    assert (without.returncode, json.loads(without.stdout)["new"]) == (2, 0)
    done = stammkunde("import", "articles", path, *config, "--map", mapping, "--dry-run")
    assert done.returncode == 0
    assert "nur geprüft" in done.stdout
    done = stammkunde("import", "articles", path, *config, "--map", mapping)
    assert (done.returncode, len(till.rows("article")["article"])) == (0, 1)


def test_bad_input_is_one_json_object_and_exit_code_2(till: LoneTill) -> None:
    path = till.write("a.csv", ARTICLES)
    config = ("--config", till.config_path)
    for arguments in (
        ("--encoding", "klingon"),
        ("--map", till.write("map.toml", "x = 1")),
        ("--map", till.write("map.toml", 'x = "nothing"')),
        ("--map", till.write("map.toml", "no toml")),
    ):
        done = stammkunde("import", "articles", path, *config, *arguments)
        assert (done.returncode, done.stdout) == (2, "")
        assert json.loads(done.stderr)["where"], arguments
    assert stammkunde("import", "articles", path, *config, "--encoding", "utf-8").returncode == 0


def test_what_is_no_file_is_refused_and_not_waited_for(till: LoneTill) -> None:
    pipe = till.folder / "pipe.csv"
    os.mkfifo(pipe)
    for path in (till.folder, pipe):
        done = stammkunde("import", "articles", path, "--config", till.config_path)
        assert (done.returncode, done.stdout) == (2, "")
        assert json.loads(done.stderr) == {
            "error": "wrong_type",
            "where": str(path),
            "message": "is no file",
        }


def test_half_a_character_in_a_header_ends_no_import(till: LoneTill) -> None:
    line = {"sku": "1", "name": "Hose", "price": "79,99", "vat_rate": "19", "\udfff": "x"}
    path = till.write("a.json", json.dumps([line]))
    done = stammkunde("import", "articles", path, "--config", till.config_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "\\udfff" in done.stdout
    again = stammkunde("import", "articles", path, "--config", till.config_path)
    assert again.returncode == 0


def test_a_till_with_a_head_office_writes_files_for_it(tmp_path: Path) -> None:
    till = LoneTill(tmp_path / "till", more='[head_office]\nurl = "http://127.0.0.1:9"')
    path = till.write("c.csv", CUSTOMERS)
    config = ("--config", till.config_path)
    refused = stammkunde("import", "customers", path, *config)
    assert (refused.returncode, refused.stderr.count("\n")) == (1, 1)
    assert "--load-files" in refused.stderr
    done = stammkunde("import", "customers", path, *config, "--load-files", tmp_path / "load")
    assert done.returncode == 0, done.stderr
    rows = [
        json.loads(line) for line in (tmp_path / "load" / "customer.jsonl").read_text().splitlines()
    ]
    assert [row["birthday_on"] for row in rows] == ["1980-12-31", None]
    cards = (tmp_path / "load" / "card.jsonl").read_text().splitlines()
    assert len(cards) == 2
    # The second of the files cannot be written: the first stays as it was, they belong together.
    (tmp_path / "load" / "card.jsonl").unlink()
    (tmp_path / "load" / "card.jsonl").mkdir()
    before = (tmp_path / "load" / "customer.jsonl").read_bytes()
    other = till.write("e.csv", CUSTOMERS.replace("Anna", "Anne"))
    stopped = stammkunde("import", "customers", other, *config, "--load-files", tmp_path / "load")
    assert (stopped.returncode, stopped.stderr.count("\n")) == (1, 1)
    assert (tmp_path / "load" / "customer.jsonl").read_bytes() == before
    broken = till.write("d.csv", CUSTOMERS.replace("31.12.1980", "gestern"))
    wrong = stammkunde("import", "customers", broken, *config, "--load-files", tmp_path / "none")
    assert wrong.returncode == 2
    assert "Zeile 2, birthday_on" in wrong.stdout
    assert not (tmp_path / "none").exists()
