from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from head_office_site import PERCENT_20
from processes import stammkunde

from head_office.storage import Database

if TYPE_CHECKING:
    from pathlib import Path
    from subprocess import CompletedProcess


def init(folder: Path, till: str = "3") -> CompletedProcess[str]:
    return stammkunde(
        "head-office", "init", "--data", folder / "ho", "--shop", "001", "--till", till,
        "--till-dir", folder / "till",
    )  # fmt: skip


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_init_gives_a_till_all_it_needs(tmp_path: Path) -> None:
    done = init(tmp_path)
    assert done.returncode == 0, done.stderr
    keys = json.loads((tmp_path / "till" / "keys.json").read_text())
    assert len(keys["rule_keys"]) == 2
    assert len(bytes.fromhex(keys["card_key"])) == 16
    assert keys["head_office"].startswith("http://127.0.0.1:")
    assert 'shop = "001"' in (tmp_path / "till" / "till.toml").read_text()


@pytest.mark.skipif(os.name != "posix", reason="rights of POSIX files")
def test_secrets_belong_to_their_owner_only(tmp_path: Path) -> None:
    init(tmp_path)
    assert mode(tmp_path / "till" / "keys.json") == 0o600
    assert mode(tmp_path / "ho") == 0o700
    for name in ("rule-key.current", "rule-key.next"):
        assert mode(tmp_path / "ho" / name) == 0o600


def test_init_again_changes_the_token_and_nothing_else(tmp_path: Path) -> None:
    init(tmp_path)
    path = tmp_path / "till" / "keys.json"
    first = json.loads(path.read_text())
    config = tmp_path / "till" / "till.toml"
    config.write_text(config.read_text() + 'language = "en"\n')
    kept = config.read_text()
    assert init(tmp_path).returncode == 0
    again = json.loads(path.read_text())
    assert again.pop("till_token") != first.pop("till_token")
    assert again == first
    assert config.read_text() == kept


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--shop", ""),
        ("--till", ""),
        ("--till", "3/../4"),
        ("--till", "x" * 51),
        ("--shop", "Köln Süd\n"),
        ("--url", "javascript:x"),
        ("--url", "http://[::1"),
        ("--url", "http://127.0.0.1:99999"),
    ],
)
def test_names_no_till_could_use_are_refused_before_anything_is_made(
    tmp_path: Path, option: str, value: str
) -> None:
    options = {"--shop": "001", "--till": "3", "--till-dir": tmp_path / "till", option: value}
    arguments = [part for item in options.items() for part in item]
    done = stammkunde("head-office", "init", "--data", tmp_path / "ho", *arguments)
    assert done.returncode == 2
    assert json.loads(done.stderr)["where"] == option
    assert list(tmp_path.iterdir()) == []


def test_publish_numbers_generations_upwards(tmp_path: Path) -> None:
    init(tmp_path)
    path = tmp_path / "promotions.json"
    for number in (1, 2, 3):
        # The number in the file does not count.
        path.write_text(json.dumps({"generation": 77, "promotions": [PERCENT_20]}))
        done = stammkunde("head-office", "publish", path, "--data", tmp_path / "ho")
        assert done.returncode == 0, done.stderr
        assert f"Generation {number} is published" in done.stdout


@pytest.mark.parametrize(
    ("text", "code", "where"),
    [
        ("{torn", "not_json", ""),
        ('[{"id": "X", "layer": "article", "offer": {"kind": "huh"}}]', "unknown_word",
         "promotions[0].offer.kind"),
        ('[{"layer": "article"}]', "missing", "promotions[0].id"),
    ],
)  # fmt: skip
def test_bad_rules_are_told_in_one_object_and_not_published(
    tmp_path: Path, text: str, code: str, where: str
) -> None:
    init(tmp_path)
    path = tmp_path / "promotions.json"
    path.write_text(text)
    done = stammkunde("head-office", "publish", path, "--data", tmp_path / "ho")
    assert done.returncode == 2
    error = json.loads(done.stderr)
    assert (error["error"], error["where"]) == (code, where)
    path.write_text("[]")
    done = stammkunde("head-office", "publish", path, "--data", tmp_path / "ho")
    assert "Generation 1 is" in done.stdout


def test_bad_row_of_a_load_ends_with_two_and_its_place(tmp_path: Path) -> None:
    init(tmp_path)
    folder = tmp_path / "load"
    folder.mkdir()
    (folder / "program.jsonl").write_text('{"code": "points", "unit": "MILES"}\n')
    done = stammkunde("head-office", "load", folder, "--data", tmp_path / "ho")
    assert done.returncode == 2
    assert json.loads(done.stderr.splitlines()[-1])["where"] == "program.jsonl:1.unit"


def test_a_number_beyond_the_file_and_bytes_beyond_text_are_bad_input(tmp_path: Path) -> None:
    init(tmp_path)
    data = ("--data", tmp_path / "ho")
    for command in (("activate", 2**63), ("rollback", "--to", 2**63), ("balance", "\udcff", "x")):
        done = stammkunde("head-office", *command, *data)
        assert (done.returncode, done.stdout) == (2, ""), command
        assert "Traceback" not in done.stderr


def test_till_without_head_office_libraries_says_what_to_install(tmp_path: Path) -> None:
    script = "import sys; sys.modules['sqlalchemy'] = None; from pos_plugin.cli import main; main()"
    arguments = ["head-office", "serve", "--data", str(tmp_path)]
    done = subprocess.run(
        [sys.executable, "-c", script, *arguments],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert done.stderr.endswith('Run: pip install "stammkunde[head-office]"\n')
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("command", ["publish", "load", "serve"])
def test_folder_without_head_office_ends_with_one_sentence(tmp_path: Path, command: str) -> None:
    path = tmp_path / "promotions.json"
    path.write_text("[]")
    argument = {"publish": [path], "load": [tmp_path], "serve": ["--port", 0]}[command]
    done = stammkunde("head-office", command, *argument, "--data", tmp_path / "nothing")
    assert done.returncode == 1
    assert done.stderr.startswith("there is no head office in")
    assert done.stderr.count("\n") == 1


def test_damaged_head_office_file_ends_with_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "ho").mkdir()
    (tmp_path / "ho" / "head_office.db").write_bytes(b"this is no database " * 100)
    done = stammkunde("head-office", "serve", "--port", 0, "--data", tmp_path / "ho")
    assert done.returncode == 1
    assert "cannot be used" in done.stderr
    assert done.stderr.count("\n") == 1


def test_head_office_never_uses_a_write_ahead_log(tmp_path: Path) -> None:
    init(tmp_path)
    database = Database(tmp_path / "ho")
    try:
        with database.read() as connection:
            mode_of = {
                name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
                for name in ("journal_mode", "synchronous")
            }
    finally:
        database.close()
    assert mode_of == {"journal_mode": "truncate", "synchronous": 2}
