"""``stammkunde printer``: against a simulated printer in the network, and a till that owns it."""

from __future__ import annotations

import json
import os
import re
import select
import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner
from host_till import PythonSide, print_effect
from served_till import served
from till_builder import TillBuilder
from waiting import until

from pos_plugin import Plugin
from pos_plugin.printer_command.group import printer
from pos_plugin.printer_command.words import LISTED, RESTART, TESTED, WARNINGS
from printers.choose import lock_path, transport_of
from printers.lock import PrinterLock
from printers.place import Place
from printers.sim.core import Knobs
from printers.sim.faults import Fault
from printers.sim.machine import Machine
from printers.sim.pty_line import PtyFace
from printers.sim.tcp import TcpFace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from click.testing import Result

STAMMKUNDE = Path(sys.executable).with_name("stammkunde")


class Shop:
    """A till with a network printer that is simulated."""

    def __init__(self, folder: Path, port: int) -> None:
        self.till = TillBuilder(folder / "till")
        self.place = Place(name="bon", transport="network", address=f"127.0.0.1:{port}")
        with self.till.config_path.open("a", encoding="utf-8") as config:
            config.write(
                '[[printer]]\nname = "bon"\ntransport = "network"\n'
                f'address = "127.0.0.1:{port}"\n'
                '[[printer]]\nname = "wirt"\nrole = "slip"\ntransport = "host"\n'
            )
        self.till.article("4711", 7999)
        self.till.voucher_type()
        self.till.trigger(segment=None)

    def run(self, *words: str) -> Result:
        return CliRunner().invoke(printer, [*words, "--config", str(self.till.config_path)])

    def asked(self, *words: str) -> Any:
        return json.loads(self.run(*words, "--json").stdout)

    def locked(self) -> PrinterLock:
        return PrinterLock(lock_path(self.place, data_dir=self.till.data_dir))


@contextmanager
def shop(folder: Path, machine: Machine) -> Iterator[Shop]:
    with TcpFace(machine) as face:
        yield Shop(folder, face.port)


def test_a_list_sends_nothing(tmp_path: Path) -> None:
    machine = Machine()
    with shop(tmp_path, machine) as one:
        first, second = one.asked("list")["printers"]
        assert (first["name"], first["level"], first["tested_at"]) == ("bon", 0, "")
        assert (second["transport"], second["level"]) == ("host", None)
        assert "nie getestet" in one.run("list").stdout
    assert machine.taken_bytes == 0
    assert not (one.till.data_dir / "printer-units").exists()


@pytest.mark.parametrize("kind", [LISTED, TESTED, RESTART, WARNINGS])
def test_both_languages_say_the_same_things(kind: dict[str, dict[str, str]]) -> None:
    assert set(kind["de"]) == set(kind["en"])
    for word, german in kind["de"].items():
        assert set(re.findall(r"{\w*", german)) == set(re.findall(r"{\w*", kind["en"][word])), word


def test_a_till_that_speaks_english_has_its_printers_speak_english(tmp_path: Path) -> None:
    with shop(tmp_path, Machine()) as one:
        settings = one.till.config_path.read_text(encoding="utf-8")
        spoken = re.sub(r"(?m)^language = .*\n", "", settings)
        one.till.config_path.write_text(f'language = "en"\n{spoken}', encoding="utf-8")
        assert "never tested" in one.run("list").stdout
        assert "Level 3: it names the job" in one.run("test", "bon").stdout


def test_a_test_sets_the_level_and_a_voucher_is_confirmed_on_it(tmp_path: Path) -> None:
    machine = Machine()
    with shop(tmp_path, machine) as one:
        done = one.run("test", "bon")
        assert done.exit_code == 0, done.output
        assert "Stufe 3: nennt den Auftrag" in done.stdout
        assert one.asked("list")["printers"][0]["level"] == 3
        assert len(machine.pages) == 1
        with Plugin.open(one.till.config_path, clock=one.till.clock) as plugin:
            job = print_effect(PythonSide(plugin).sell("1"))["job"]
            until(
                lambda: (plugin.prints.job(job) or {}).get("state") == "CONFIRMED",
                within_s=60,
                what="the printer's own answer",
            )
            for command in (("test", "bon"), ("status", "bon", "--live")):
                refused = one.run(*command)
                assert refused.exit_code == 3
                assert str(os.getpid()) in refused.stderr
            assert one.asked("list")["printers"][0]["owner_pid"] == os.getpid()
        assert len(machine.pages) == 2
        assert not machine.errors
        (line,) = one.run("jobs", "--json").stdout.splitlines()
        listed = json.loads(line)
        assert (listed["uid"], listed["state"], listed["level"]) == (job, "CONFIRMED", 3)
        assert "CONFIRMED" in one.run("jobs").stdout
        assert one.run("jobs", "--open").stdout == "No print jobs.\n"


def test_paper_is_refilled_and_a_cable_pulled_under_a_till_that_sells_on(tmp_path: Path) -> None:
    machine = Machine()
    with shop(tmp_path, machine) as one:
        assert one.run("test", "bon").exit_code == 0

        def sold(plugin: Plugin, sale: str, *faults: Fault) -> str:
            machine.happen(*faults)
            return str(print_effect(PythonSide(plugin).sell(sale))["job"])

        def ends(plugin: Plugin, job: str) -> str:
            def state() -> str:
                return str((plugin.prints.job(job) or {}).get("state"))

            until(lambda: state() not in ("QUEUED", "SENDING"), within_s=30, what="an end")
            return state()

        here = machine.taken_bytes + 12_000
        with Plugin.open(one.till.config_path, clock=one.till.clock) as plugin:
            first = sold(plugin, "1", Fault("paper_out", here), Fault("refill", after_s=0.5))
            assert ends(plugin, first) == "CONFIRMED"
            here = machine.taken_bytes + 12_000
            second = sold(plugin, "2", Fault("unplug", here), Fault("replug", after_s=0.5))
            assert ends(plugin, second) == "UNKNOWN"
            third = sold(plugin, "3")
            assert ends(plugin, third) == "CONFIRMED"
    # The test page, the first and the third; of the second hangs what it had above the third.
    assert len(machine.pages) == 3


def test_a_line_that_hides_a_restart_is_believed_no_further_than_level_1(tmp_path: Path) -> None:
    till = TillBuilder(tmp_path / "till")
    with PtyFace(Machine()) as face:
        with till.config_path.open("a", encoding="utf-8") as config:
            config.write(
                '[[printer]]\nname = "bon"\ntransport = "serial"\nflow = "none"\n'
                f'baud = 115200\nport = "{face.path}"\n'
            )
        words = ("--config", str(till.config_path))
        done = CliRunner().invoke(printer, ["test", "bon", *words])
        assert done.exit_code == 0, done.output
        assert "Stufe 1" in done.stdout
        assert "antwortet auf Stufe 3" in done.stdout
        listed = json.loads(CliRunner().invoke(printer, ["list", "--json", *words]).stdout)
        assert listed["printers"][0]["level"] == 1


def test_a_printer_is_believed_no_further_than_its_settings_say(tmp_path: Path) -> None:
    with shop(tmp_path, Machine()) as one:
        assert one.asked("test", "bon")["level"] == 3
        text = one.till.config_path.read_text("utf-8")
        capped = text.replace('name = "bon"\n', 'name = "bon"\nlevel_max = 1\n')
        one.till.config_path.write_text(capped, "utf-8")
        assert one.asked("list")["printers"][0]["level"] == 1
        found = one.asked("test", "bon")
        assert (found["level"], found["answers"]) == (1, 3)


def test_a_way_that_stays_on_through_a_restart_is_level_1_until_it_shows_one(
    tmp_path: Path,
) -> None:
    machine = Machine()
    with shop(tmp_path, machine) as one:
        config = ("--config", str(one.till.config_path))
        # Enter twice and nobody switched anything: as behind a print server.
        done = CliRunner().invoke(printer, ["test", "bon", "--restart", *config], input="\n\n")
        assert done.exit_code == 0, done.output
        assert "Den Drucker ausschalten, dann Enter" in done.stderr
        assert "Stufe 1" in done.stdout
        assert one.asked("test", "bon")["level"] == 1
        (listed, _) = one.asked("list")["printers"]
        assert (listed["level"], listed["why"]) == (1, "restart_hidden")


def test_a_running_till_tests_its_printer_between_two_jobs(tmp_path: Path) -> None:
    machine = Machine()
    with (
        shop(tmp_path, machine) as one,
        served(one.till) as till,
        till.checked_client() as client,
    ):

        def last() -> dict[str, Any]:
            return dict(client.get("/v1/printers/bon/test").json())

        assert client.get("/v1/printers/bon/test").status_code == 404
        begun = client.post("/v1/printers/bon/test")
        assert begun.json() in ({"printer": "bon", "state": "testing"}, last())
        until(lambda: last()["state"] != "testing", within_s=60, what="the test")
        assert (last()["state"], last()["level"]) == ("tested", 3)
        assert one.asked("list")["printers"][0]["level"] == 3
        assert len(machine.pages) == 1
        machine.happen(Fault("paper_out"))
        client.post("/v1/printers/bon/test")
        until(lambda: last()["state"] == "failed", within_s=60, what="the second test")
        assert last()["reason"] == "paper_out"
        # What stood still says nothing about the unit: it keeps its level.
        assert one.asked("list")["printers"][0]["level"] == 3
        assert client.post("/v1/printers/nix/test").status_code == 404
        assert client.post("/v1/printers/wirt/test").status_code == 409


def test_an_untested_printer_confirms_nothing(tmp_path: Path) -> None:
    """Negative control of the test above."""
    with (
        shop(tmp_path, Machine()) as one,
        Plugin.open(one.till.config_path, clock=one.till.clock) as plugin,
    ):
        job = print_effect(PythonSide(plugin).sell("1"))["job"]
        until(
            lambda: (plugin.prints.job(job) or {}).get("state") == "ASSUMED",
            within_s=60,
            what="silence",
        )


@pytest.mark.parametrize(
    ("fault", "code", "reason"),
    [
        (None, 0, ""),
        ("paper_out", 1, "paper_out"),
        ("cover_open", 1, "cover_open"),
        ("power_off", 1, "printer_offline"),
    ],
)
def test_a_look_says_why_it_does_not_print(
    tmp_path: Path, fault: Any, code: int, reason: str
) -> None:
    machine = Machine(faults=[Fault(fault)] if fault else [])
    with shop(tmp_path, machine) as one:
        until(lambda: fault != "power_off" or not machine.is_there, within_s=60, what="dark")
        done = one.run("status", "bon", "--live", "--json")
        assert done.exit_code == code, done.output
        (said,) = json.loads(done.stdout)["printers"]
        assert said["reason"] == reason
        assert said["ready"] is (code == 0)
        assert one.run("status", "bon", "--live").exit_code == code


def test_a_printer_that_says_nothing_may_print_all_the_same(tmp_path: Path) -> None:
    with shop(tmp_path, Machine(Knobs(level=0))) as one:
        done = one.run("status", "bon", "--live", "--json")
        assert (done.exit_code, json.loads(done.stdout)["printers"][0]["ready"]) == (0, None)


def test_a_status_says_what_waits_and_sends_nothing(tmp_path: Path) -> None:
    machine = Machine(faults=[Fault("power_off")])
    with shop(tmp_path, machine) as one:
        until(lambda: not machine.is_there, within_s=60, what="dark")
        with Plugin.open(one.till.config_path, clock=one.till.clock) as plugin:
            PythonSide(plugin).sell("1")
        (said,) = one.asked("status", "bon")["printers"]
        assert said["jobs"] == {"QUEUED": 1}
        assert said["ready"] is None
        assert "1 QUEUED" in one.run("status").stdout
    assert machine.taken_bytes == 0


def test_a_test_of_a_printer_that_is_not_there_fails(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        one = Shop(tmp_path, taken.getsockname()[1])
        done = one.run("test", "bon")
        assert done.exit_code == 1
        assert "bon wurde nicht getestet: " in done.stderr
        assert one.asked("list")["printers"][0]["tested_at"] == ""


def test_a_printer_that_stands_still_is_not_tested(tmp_path: Path) -> None:
    machine = Machine(faults=[Fault("paper_out")])
    with shop(tmp_path, machine) as one:
        done = one.run("test", "bon")
        assert done.exit_code == 1
        assert "paper_out" in done.stderr
        assert one.asked("list")["printers"][0]["tested_at"] == ""
    assert not machine.pages


@pytest.mark.parametrize(
    ("words", "say"),
    [
        (("test", "nix"), "it has: bon, wirt"),
        (("test", "wirt"), "belongs to the host"),
        (("status", "nix"), "is no printer of this till"),
    ],
)
def test_a_wrong_name_is_said(tmp_path: Path, words: tuple[str, ...], say: str) -> None:
    done = Shop(tmp_path, 9).run(*words)
    assert done.exit_code == 2
    assert say in done.stderr


def test_a_locked_printer_names_its_process(tmp_path: Path) -> None:
    one = Shop(tmp_path, 9)
    lock = one.locked()
    done = one.run("test", "bon")
    lock.release()
    assert done.exit_code == 3
    assert f"process {os.getpid()}" in done.stderr


def test_a_fault_that_is_none_is_refused() -> None:
    done = CliRunner().invoke(printer, ["simulate", "--fault", "fire"])
    assert done.exit_code == 2
    assert "paper_out" in done.stderr
    both = CliRunner().invoke(printer, ["simulate", "--tcp", "0", "--pty"])
    assert both.exit_code == 2


@contextmanager
def simulated(folder: Path, *words: str, ends: int = 0) -> Iterator[subprocess.Popen[str]]:
    """The command as a process of its own; ends as a person ends it."""
    command = [str(STAMMKUNDE), "printer", "simulate", "-o", str(folder), "--json", *words]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONUNBUFFERED": "1"}
    ) as process:
        try:
            yield process
        finally:
            process.send_signal(signal.SIGINT)
            assert process.wait(60) == ends


def line_of(process: subprocess.Popen[str]) -> dict[str, Any]:
    assert process.stdout is not None
    assert select.select([process.stdout], [], [], 60)[0]
    return dict(json.loads(process.stdout.readline()))


def test_a_simulated_printer_prints_files_and_names_what_it_does_not_know(tmp_path: Path) -> None:
    with simulated(tmp_path / "paper", "--tcp", "0", "--fault", "near_end") as process:
        address = line_of(process)["where"]
        one = Shop(tmp_path, int(address.rpartition(":")[2]))
        assert one.run("test", "bon").exit_code == 0
        page = line_of(process)
        assert Path(page["page"]).read_bytes().startswith(b"\x89PNG")
        transport = transport_of(one.place)
        transport.open(monotonic() + 5)
        transport.write_some(b"\x1bp\x00", monotonic() + 5)
        transport.close()
        assert line_of(process)["error"] == "unknown_command"


def test_a_simulated_serial_port_is_a_terminal(tmp_path: Path) -> None:
    with simulated(tmp_path / "paper", "--pty", "--level", "0", "--dots", "384") as process:
        assert Path(line_of(process)["where"]).is_char_device()


def test_a_simulated_printer_without_room_for_its_pages_ends_and_says_so(tmp_path: Path) -> None:
    folder = tmp_path / "paper"
    with simulated(folder, "--tcp", "0", ends=1) as process:
        address = line_of(process)["where"]
        one = Shop(tmp_path, int(address.rpartition(":")[2]))
        folder.rmdir()
        folder.touch()
        one.run("test", "bon")
        process.wait(60)
