"""``stammkunde doctor`` on real tills, sound ones and each kind of broken one."""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
import string
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from lone_till import ARTICLES, LoneTill
from processes import Running
from processes import stammkunde as process
from spoiled import spoil

from head_office import doctor as of_head_office
from pos_plugin.cli import stammkunde
from pos_plugin.clock import SystemClock
from pos_plugin.doctor import files, fiscal, folder, machine, openers, printers
from pos_plugin.doctor.finding import Level
from pos_plugin.doctor.report import CHECKS
from pos_plugin.storage.ballast import SPENT
from printers.choose import lock_path
from printers.lock import PrinterLock
from printers.place import Place
from printers.sim.machine import Machine
from printers.sim.tcp import TcpFace
from sync_agent.commands import doctor_checks

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result

    from pos_plugin.doctor.finding import Finding

AS_NOBODY = (
    "import os, sys; from pathlib import Path; from pos_plugin.config import read_config; "
    "os.setgid(65534); os.setuid(65534); read_config(Path(sys.argv[1]))"
)
NOON = dt.datetime(2026, 3, 7, 12, tzinfo=dt.timezone(dt.timedelta(hours=1)))


def run(*words: object) -> Result:
    return CliRunner().invoke(stammkunde, ["doctor", *map(str, words)])


def codes(config: Path) -> dict[str, str]:
    """What the doctor says, as code to level."""
    found: Any = json.loads(run("--config", config, "--json").stdout)
    return {one["code"]: one["level"] for one in found["findings"]}


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A till that was opened once; nobody changes it."""
    till = LoneTill(tmp_path_factory.mktemp("sound") / "till", clock=SystemClock())  # type: ignore[arg-type]
    till.take("articles", ARTICLES)
    with till.open():
        pass
    return till.folder


@pytest.fixture
def till(sound: Path, tmp_path: Path) -> LoneTill:
    shutil.copytree(sound, tmp_path / "till")
    (tmp_path / "till").chmod(0o700)
    return LoneTill(tmp_path / "till", clock=SystemClock())  # type: ignore[arg-type]


def test_a_sound_till_has_nothing_bad_but_its_resting_agent(till: LoneTill, tmp_path: Path) -> None:
    bad = [code for code, level in codes(till.config_path).items() if level == "bad"]
    assert bad == ["agent_stopped"]
    assert run("--config", till.config_path).exit_code == 1
    with Running(tmp_path / "agent.log", "agent", "run", "--config", till.config_path) as agent:
        agent.says("works alone", within_s=60)
        done = run("--config", till.config_path)
        assert done.exit_code == 0, done.stdout
        assert "Agent: Läuft." in done.stdout
        assert "0 schlecht." in done.stdout
    assert not list(till.folder.glob("doctor.*"))


def test_every_line_comes_in_the_language_of_the_till(till: LoneTill) -> None:
    german = run("--config", till.config_path).stdout
    text = till.config_path.read_text()
    till.config_path.write_text(f'language = "en"\n{text}')
    english = run("--config", till.config_path).stdout
    assert "SCHLECHT  Agent: Läuft nicht" in german
    assert "BAD       Agent: Does not run" in english
    assert len(german.splitlines()) == len(english.splitlines())


def test_settings_that_cannot_be_read_are_bad_input(tmp_path: Path) -> None:
    (tmp_path / "till.toml").write_text('shop = "1"\n')
    for name in ("till.toml", "none.toml"):
        done = process("doctor", "--config", tmp_path / name)
        assert done.returncode == 2
        assert json.loads(done.stderr)["where"].startswith(name)


@pytest.mark.parametrize(
    ("broken", "code", "level"),
    [
        (lambda till: till.folder.chmod(0o755), "rights_open", "bad"),
        (lambda till: (till.folder / SPENT).touch(), "files_reserve", "bad"),
        (lambda till: spoil(till.folder / "journal.db"), "files_damaged", "bad"),
        (lambda till: spoil(next(till.folder.glob("cache-*.db"))), "files_cache_damaged", "bad"),
        (lambda till: add(till, '[backup]\nfolder = "away"\n'), "backup_missing", "bad"),
        (lambda till: add(till, f'[backup]\nfolder = "{till.folder}"\n'), "backup_never", "warn"),
        (lambda till: add(till, printer("127.0.0.1:1")), "printer_not_ready", "bad"),
        (
            lambda till: add(till, '[head_office]\nurl = "http://127.0.0.1:1"\n'),
            "head_office_unknown",
            "bad",
        ),
    ],
)
def test_what_is_broken_is_said(till: LoneTill, broken: Any, code: str, level: str) -> None:
    assert code not in codes(till.config_path)
    (till.folder / "keys.json").unlink(missing_ok=True)
    broken(till)
    assert codes(till.config_path)[code] == level


def add(till: LoneTill, text: str) -> None:
    with till.config_path.open("a") as config:
        config.write(text)


def printer(address: str) -> str:
    return f'[[printer]]\nname = "bon"\ntransport = "network"\naddress = "{address}"\n'


def test_a_damaged_cache_comes_back_as_the_doctor_says(till: LoneTill) -> None:
    spoil(next(till.folder.glob("cache-*.db")))
    (line,) = (
        line
        for line in run("--config", till.config_path).stdout.splitlines()
        if "cache.db ist beschädigt" in line
    )
    assert f"{till.folder / 'cache.current'} löschen" in line
    (till.folder / "cache.current").unlink()
    synced = process("agent", "sync-now", "--config", till.config_path)
    assert synced.returncode == 0, synced.stderr
    assert "files_cache_damaged" not in codes(till.config_path)


def test_a_printer_is_asked_unless_somebody_has_it(till: LoneTill) -> None:
    with TcpFace(Machine()) as face:
        add(till, printer(f"127.0.0.1:{face.port}"))
        assert codes(till.config_path)["printer_untested"] == "warn"
        tested = CliRunner().invoke(
            stammkunde, ["printer", "test", "bon", "--no-scan", "--config", str(till.config_path)]
        )
        assert tested.exit_code == 0, tested.output
        assert codes(till.config_path)["printer_good"] == "good"
        text = till.config_path.read_text("utf-8")
        till.config_path.write_text(text.replace('"bon"\n', '"bon"\nlevel_max = 1\n'), "utf-8")
        assert codes(till.config_path)["printer_hides_restart"] == "good"
        place = Place(name="bon", transport="network", address=f"127.0.0.1:{face.port}")
        lock = PrinterLock(lock_path(place, data_dir=till.folder))
        assert codes(till.config_path)["printer_in_use"] == "good"
        lock.release()


def test_another_program_in_the_files_is_named(till: LoneTill) -> None:
    path = till.folder / "journal.db"
    assert list(openers.opener_findings(till.folder)) == []
    foreign = (
        "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); "
        "c.execute('SELECT count(*) FROM event').fetchone(); print('open', flush=True); "
        "sys.stdin.read()"
    )
    two = f"import apsw; {foreign}"
    for script, code in ((foreign, "files_foreign"), (two, "files_two_libraries")):
        with subprocess.Popen(
            [sys.executable, "-c", script, str(path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        ) as process:
            assert process.stdout is not None
            assert process.stdout.readline() == b"open\n"
            (found,) = openers.opener_findings(till.folder)
            assert found.code == code
            assert str(process.pid) in found.texts["de"]
            assert process.stdin is not None
            process.stdin.close()
    with till.open():  # the till itself is nothing foreign
        assert codes(till.config_path).keys().isdisjoint({"files_foreign"})


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_a_file_of_another_user_is_named(till: LoneTill) -> None:
    os.chown(till.folder / "journal.db", 12_345, 12_345)
    found = list(folder.folder_findings(till.folder, free_mb_least=0))
    foreign = [one for one in found if one.code == "rights_foreign"]
    assert [one.level for one in foreign] == [Level.BAD]
    assert "chown 0" in foreign[0].texts["en"]


def test_a_folder_that_is_not_there_is_said_and_nothing_else(tmp_path: Path) -> None:
    (found,) = folder.folder_findings(tmp_path / "none", free_mb_least=0)
    assert found.code == "folder_missing"


def test_little_room_is_said(tmp_path: Path) -> None:
    tmp_path.chmod(0o700)
    said = {one.code for one in folder.folder_findings(tmp_path, free_mb_least=10**12)}
    assert "disk_low" in said


@pytest.mark.parametrize(
    ("free_mb", "level"), [(63, Level.BAD), (64, Level.WARN), (999, Level.WARN), (1000, Level.GOOD)]
)
def test_a_full_disk_is_bad_and_a_filling_one_is_to_look_at(free_mb: int, level: Level) -> None:
    assert folder.room(free_mb, free_mb_least=1_000).level is level


@pytest.mark.skipif(os.geteuid() != 0, reason="only root becomes somebody else")
def test_settings_closed_to_this_user_are_no_reason_for_init(till: LoneTill) -> None:
    done = subprocess.run(
        [sys.executable, "-c", AS_NOBODY, till.config_path],
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert "run this as the till's user" in done.stderr
    assert "stammkunde init" not in done.stderr


@pytest.mark.parametrize(
    ("micros", "code"), [(8, "sync_fast"), (900, "sync_good"), (500_000, "sync_slow")]
)
def test_a_disk_that_confirms_too_fast_is_doubted(micros: int, code: str) -> None:
    assert folder.judged(micros).code == code


def test_a_clock_that_went_back_is_bad() -> None:
    def clock(at: dt.datetime, known_at: dt.datetime | None) -> Finding:
        return next(iter(machine.machine_findings(at=at, known_at=known_at)))

    assert clock(NOON, NOON - dt.timedelta(days=1)).code == "clock_good"
    assert clock(NOON, NOON + dt.timedelta(seconds=1)).level is Level.BAD
    assert clock(NOON.astimezone(dt.UTC), None).code == "clock_utc"


def test_vouchers_that_pay_want_a_tax_adviser_once(till: LoneTill) -> None:
    assert not [code for code in codes(till.config_path) if code.startswith("fiscal")]
    kind = {
        "code": "GESCHENK",
        "legal_kind": "gift_mpv",
        "effect": {"kind": "value", "label": {"de": "Gutschein"}},
        "validity": {"year_end_plus": 3},
        "layout": {"title": {"de": "Danke"}},
    }
    free = {**kind, "code": "FREI", "legal_kind": "promo"}
    assert till.take_tables(voucher_type=[free]).state == "taken"
    assert "fiscal_unconfirmed" not in codes(till.config_path), "the negative control"
    assert till.take_tables(voucher_type=[free, kind]).state == "taken"
    assert codes(till.config_path)["fiscal_unconfirmed"] == "warn"
    with till.config_path.open("a", encoding="utf-8") as config:
        config.write("[fiscal]\nconfirmed_on = 2026-11-02\n")
    assert codes(till.config_path)["fiscal_confirmed"] == "good"


TABLES = (folder, machine, files, openers, printers, fiscal, doctor_checks, of_head_office)


@pytest.mark.parametrize("module", TABLES, ids=lambda module: module.__name__)
def test_every_sentence_is_there_in_both_languages_with_the_same_figures(module: Any) -> None:
    for code, said in module.TEXTS.items():
        assert set(said) == {"de", "en"}, code
        figures = [
            sorted(name for _, name, _, _ in FORMAT.parse(text) if name) for text in said.values()
        ]
        assert set(figures[0]) == set(figures[1]), code


FORMAT = string.Formatter()


def test_every_check_has_a_name() -> None:
    for module in TABLES:
        for code in module.TEXTS:
            stem = "head_office" if code.startswith("head_office") else code.partition("_")[0]
            assert stem in CHECKS, code
