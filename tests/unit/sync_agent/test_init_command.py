"""``stammkunde init``: flags, questions, head office, and what it never does."""

from __future__ import annotations

import re
import stat
from typing import TYPE_CHECKING, Any

import click
import pytest
from click.testing import CliRunner
from head_office_site import Site
from hypothesis import example, given
from hypothesis import strategies as st
from processes import stammkunde as process

from pos_plugin.cli import stammkunde
from pos_plugin.config import TillConfig, read_config
from pos_plugin.errors import ConfigError
from sync_agent.errors import HeadOfficeRefused, Unreachable
from sync_agent.setup.command import init as init_command
from sync_agent.setup.first_settings import Wishes, printer_of, write_settings
from sync_agent.setup.questions import asked
from sync_agent.setup.words import WORDS

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

ALONE = ("--alone", "--shop", "001", "--till", "3", "--printer", "none")


def init(folder: Path, *words: object, answers: str | None = None) -> Result:
    return CliRunner().invoke(
        stammkunde,
        ["init", "--config", str(folder / "till.toml"), *map(str, words)],
        input=answers,
    )


def test_a_till_alone_comes_from_flags_and_works(tmp_path: Path) -> None:
    folder = tmp_path / "till"
    done = process(
        *("init", "--config", folder / "till.toml", "--alone", "--shop", "001", "--till", "3"),
        *("--printer", "simulator", "--backup", tmp_path / "disk", "--language", "en"),
    )
    assert done.returncode == 0, done.stderr
    assert "Next: stammkunde doctor" in done.stdout
    settings = read_config(folder / "till.toml")
    assert (settings.shop, settings.till, settings.language) == ("001", "3", "en")
    assert settings.backup.folder == tmp_path / "disk"
    assert stat.S_IMODE((folder / "till.toml").stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert list((folder / "prints").glob("*.png")), "no test page"


def test_no_test_page_is_printed_when_nobody_wants_one(tmp_path: Path) -> None:
    words = (*ALONE[:-1], "simulator", "--no-test-page")
    assert init(tmp_path / "till", *words).exit_code == 0
    assert not (tmp_path / "till" / "prints").exists()


def test_settings_that_are_there_stay(tmp_path: Path) -> None:
    assert init(tmp_path, *ALONE).exit_code == 0
    before = (tmp_path / "till.toml").read_bytes()
    again = init(tmp_path, *ALONE[:-3], "4", "--printer", "host")
    assert again.exit_code == 2
    assert "stays as it is" in again.stderr
    assert (tmp_path / "till.toml").read_bytes() == before


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--shop", "001", "--till", "3"), "--alone, or --head-office"),
        (("--alone", "--shop", "001"), "--till is missing"),
        (("--alone", "--till", "3"), "--shop is missing"),
        (("--alone", "--head-office", "http://127.0.0.1:1"), "either --alone or"),
        ((*ALONE[:-1], "network:"), "kein Drucker: none, host"),
        ((*ALONE[:-1], "fax:1", "--language", "en"), "no printer: none, host"),
        ((*ALONE[:-1], "usb:TM-T88"), "wie network:192.168.0.50, usb:04b8:0202"),
        (("--alone", "--shop", "001", "--till", "http://127.0.0.1:1"), "Buchstaben, Ziffern"),
        (("--alone", "--shop", "0/1", "--till", "3", "--language", "en"), "letters, digits"),
        (("--head-office", "http://head.example", "--till", "3"), "keine Adresse"),
        (("--head-office", "http://127.0.0.1:1", "--till", "3"), "--code is missing"),
    ],
)
def test_what_is_missing_or_wrong_is_named_and_nothing_written(
    tmp_path: Path, words: tuple[str, ...], said: str
) -> None:
    done = init(tmp_path, *words)
    assert done.exit_code == 2
    assert said in done.stderr
    assert not (tmp_path / "till.toml").exists()


NO_FLAGS = {one.name: None for one in init_command.params}


def answered(*answers: str) -> tuple[Wishes, str]:
    """What somebody at a terminal wants who gives these answers, and what was said to them."""
    wishes: list[Wishes] = []

    @click.command()
    def ask() -> None:
        wishes.append(asked({**NO_FLAGS, "alone": False}, is_terminal=True))

    done = CliRunner().invoke(ask, input="".join(f"{one}\n" for one in answers))
    assert done.exit_code == 0, done.output
    return wishes[0], done.output


def test_a_wrong_answer_is_asked_again_at_once(tmp_path: Path) -> None:
    backup = tmp_path / "away"
    chain = ("was?", "j", "2", "http://127.0.0.1:1", "http://x", "3", "0000-0000")
    wishes, said = answered(*chain, "fax", "none", str(backup), "", "", "", "")
    assert (wishes.url, wishes.till, wishes.code) == ("http://127.0.0.1:1", "3", "0000-0000")
    assert (wishes.printer, wishes.backup) == ("none", backup)
    for once in ("j oder n", "keine Adresse", "Buchstaben, Ziffern", "kein Drucker: none, host"):
        assert said.count(once) == 1
    assert f"{backup} gibt es noch nicht" in said
    assert said.index("keine Adresse") < said.index("Obergrenzen")


@pytest.mark.parametrize("no", ["", "n", "Nein"])
def test_a_german_no_is_understood(no: str, tmp_path: Path) -> None:
    wishes, said = answered(no, "3", "001", "", str(tmp_path))
    assert (wishes.url, wishes.till, wishes.shop) == (None, "3", "001")
    assert "[j/N]" in said
    assert "gibt es noch nicht" not in said


def code_of(site: Site) -> str:
    done = CliRunner().invoke(
        stammkunde,
        ["head-office", "enrol", "--data", str(site.data), "--shop", "001", "--till", "3"],
    )
    found = re.search(r"Code: +(\S+)", done.stdout)
    assert found is not None, done.output
    return found[1]


def test_a_till_of_a_chain_is_enrolled_with_its_caps(tmp_path: Path) -> None:
    site = Site(tmp_path)
    with site.served() as url:
        words = ("--head-office", url, "--till", "3", "--printer", "host")
        wrong = init(tmp_path / "till", *words, "--code", "0000-0000")
        assert wrong.exit_code == 1
        assert isinstance(wrong.exception, HeadOfficeRefused)
        assert "head-office enrol prints a new one" in wrong.exception.hint
        assert not (tmp_path / "till" / "till.toml").exists()
        done = init(
            tmp_path / "till",
            *words,
            "--code",
            code_of(site),
            "--till-cap",
            "200",
            "--gift-cap",
            "25",
        )
        assert done.exit_code == 0, done.output
        assert "200 EUR an dieser Kasse; bei 10 Kassen ohne Netz zusammen 2000 EUR" in done.stdout
        settings = read_config(tmp_path / "till" / "till.toml")
        assert settings.shop == "001"  # head office says it
        assert settings.offline.till_minor == 20_000
        assert settings.offline.gift_minor == 2_500
        assert settings.head_office is not None
        synced = CliRunner().invoke(
            stammkunde, ["agent", "sync-now", "--config", str(tmp_path / "till" / "till.toml")]
        )
        assert synced.exit_code == 0, synced.output


def test_a_head_office_that_does_not_answer_is_a_matter_of_address_or_ca(tmp_path: Path) -> None:
    words = ("--head-office", "http://127.0.0.1:1", "--till", "3", "--printer", "none")
    done = init(tmp_path / "till", *words, "--code", "0000-0000")
    assert isinstance(done.exception, Unreachable)
    assert "--ca" in done.exception.hint
    assert not (tmp_path / "till").exists()


WISHES: dict[str, Any] = {
    "language": "de",
    "shop": "001",
    "till": "3",
    "url": "https://head.example",
    "code": None,
    "ca": None,
    "authority": None,
    "printer": "host",
    "backup": None,
    "voucher_minor": 1_000,
    "customer_minor": 5_000,
    "till_minor": 50_000,
}


@example(text="\x7f")
@example(text="-")
@given(text=st.text(st.characters(exclude_categories=["Cs"]), max_size=40))
def test_any_word_comes_back_from_the_file_or_is_refused(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    path = tmp_path_factory.mktemp("settings") / "till.toml"
    wishes = Wishes(**{**WISHES, "till": text, "printer": f"queue:{text}x"})
    try:
        write_settings(path, wishes, shop=text)
    except (ConfigError, ValueError):
        assert not path.exists()
        return
    found: TillConfig = read_config(path)
    assert (found.shop, found.till, found.printer[0].address) == (text, text, f"{text}x")


def test_every_way_to_a_printer_is_understood(tmp_path: Path) -> None:
    ways = {
        "none": None,
        "host": None,
        "network:192.168.0.50": "192.168.0.50",
        "usb:04b8:0202": "04b8:0202",
        "serial:/dev/ttyUSB0": "/dev/ttyUSB0",
        "queue:Bon 1": "Bon 1",
    }
    for number, (text, place) in enumerate(ways.items()):
        path = tmp_path / str(number) / "till.toml"
        write_settings(path, Wishes(**{**WISHES, "printer": text}), shop="001")
        printers = read_config(path).printer
        assert [one.address or one.port for one in printers] == ([] if text == "none" else [place])
    with pytest.raises(ValueError, match="none of"):
        printer_of("host:1")


def test_every_word_is_there_in_both_languages() -> None:
    assert list(WORDS["de"]) == list(WORDS["en"])
