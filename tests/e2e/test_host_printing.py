"""The till or the host dies at any step (kill -9).

Every pair of job and attempt lies on paper once, and no job stands better than the host reported
(printing.md §5, T8).
"""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from queue import Queue
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from host_till import host_till, print_effect, read_journal, snapshot
from processes import Running
from waiting import until

from pos_plugin import Plugin
from printers.sim.host import SimulatedHost

if TYPE_CHECKING:
    from collections.abc import Iterator

    from till_builder import TillBuilder

    from pos_plugin.print_listeners import Told

SUPPORT = Path(__file__).parents[1] / "support"
WAIT_S = 30
# A booking's job goes through so many statements; the test below says when it grows.
PRINT_STATEMENTS = 17
RESULT_STATEMENTS = 12


class Child:
    """A process that answers JSON lines, and may die meanwhile."""

    def __init__(self, script: str, *arguments: object) -> None:
        self._process = subprocess.Popen(
            [sys.executable, str(SUPPORT / script), *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def tell(self, **line: Any) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(line) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:
            return

    def hear(self) -> dict[str, Any] | None:
        """The next line; None when the process has ended."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        return json.loads(line) if line.endswith("\n") else None

    def end(self) -> list[dict[str, Any]]:
        """Everything it still says until its end."""
        said = []
        try:
            assert self._process.stdin is not None
            self._process.stdin.close()
        except BrokenPipeError:
            pass
        while (line := self.hear()) is not None:
            said.append(line)
        self._process.wait(timeout=WAIT_S)
        assert self._process.stdout is not None
        self._process.stdout.close()
        return said


def job_of(till: TillBuilder) -> tuple[str, str, int] | None:
    """The one job as it stands on the disk: uid, state, number of attempts."""
    rows = read_journal(
        till, "SELECT uid, state, (SELECT count(*) FROM print_attempt) FROM print_job"
    )
    return rows[0] if rows else None


def sell_and_print(till: TillBuilder, host: SimulatedHost, *arguments: object) -> dict[str, Any]:
    """A till process sells; the host prints what it hears and reports it. Says what was heard."""
    child = Child("printing_till.py", till.data_dir, *arguments)
    child.tell(sell="1")
    heard: dict[str, Any] = {"effect": None, "reported": False, "statements": None}
    try:
        while not heard["reported"]:
            line = child.hear()
            if line is None:
                break
            if "print" in line:
                heard["effect"] = line["print"]
                result = host.take(line["print"])
                pair = [line["print"]["job"], line["print"]["attempt"], result]
                child.tell(result=pair)
                heard["reported"] = True
    finally:
        for line in child.end():
            heard["statements"] = line.get("statements", heard["statements"])
            if line.get("answer", {}).get("state") == "CONFIRMED":
                heard["confirmed"] = True
    return heard


def finish(till: TillBuilder, host: SimulatedHost, heard: dict[str, Any]) -> tuple[str, int]:
    """Start the till again, let everybody say what he knows; where the job stands, and attempts."""
    effects: Queue[dict[str, Any]] = Queue()
    with Plugin.open(till.config_path, clock=till.clock, on_print=effects.put) as plugin:
        plugin.sales.complete("1", {"total_minor": 7999}, snapshot=snapshot("1"))
        if heard["effect"] is not None:
            # The host's program was not killed: it reports again what it has not heard back.
            effects.put(heard["effect"])

        def stands_still() -> bool:
            while not effects.empty():
                effect = effects.get()
                result = host.take(effect)
                assert result is not None
                plugin.prints.result(effect["job"], effect["attempt"], result)
            found = job_of(till)
            return found is not None and found[1] not in ("QUEUED", "SENDING")

        until(stands_still, within_s=WAIT_S, what="the job")
    found = job_of(till)
    assert found is not None
    return found[1:]


def test_statements_of_printing_are_all_tried(tmp_path: Path) -> None:
    till = host_till(tmp_path / "till")
    host = SimulatedHost(tmp_path / "host")
    heard = sell_and_print(till, host, "print", 0)
    assert heard["statements"]["print"] <= PRINT_STATEMENTS
    assert heard["statements"]["result"] <= RESULT_STATEMENTS
    assert job_of(till)[1:] == ("CONFIRMED", 1)  # type: ignore[index]
    assert len(host.papers()) == 1


@pytest.mark.parametrize(
    ("phase", "statement"),
    [
        *(("print", number) for number in range(1, PRINT_STATEMENTS + 1)),
        *(("result", number) for number in range(1, RESULT_STATEMENTS + 1)),
    ],
)
def test_till_killed_at_any_statement(tmp_path: Path, phase: str, statement: int) -> None:
    till = host_till(tmp_path / "till")
    host = SimulatedHost(tmp_path / "host")
    heard = sell_and_print(till, host, phase, statement)
    assert not left_but_queued(till, heard)
    stands = job_of(till)
    if stands is not None and not heard["reported"]:
        assert stands[1] in ("QUEUED", "SENDING"), "nobody has reported it"
    if heard.get("confirmed"):
        assert stands is not None
        assert stands[1] == "CONFIRMED", "what was answered is on the disk"
    # Between the disk and the host: nobody can know, so nobody says it is printed, or prints it.
    is_lost = heard["effect"] is None and stands is not None and stands[1] == "SENDING"
    assert finish(till, host, heard) == ("UNKNOWN" if is_lost else "CONFIRMED", 1)
    assert len(host.papers()) == (0 if is_lost else 1), "on paper once"


def left_but_queued(till: TillBuilder, heard: dict[str, Any]) -> bool:
    """Whether the host was told of a job that stands as if it never left."""
    found = job_of(till)
    return heard["effect"] is not None and (found is None or found[1] == "QUEUED")


def test_writing_after_telling_would_be_seen(tmp_path: Path) -> None:
    """Negative control: with SENDING after the effect, some kill finds the job still queued."""
    seen = []
    for statement in range(1, PRINT_STATEMENTS + 1):
        till = host_till(tmp_path / f"till{statement}")
        host = SimulatedHost(tmp_path / f"host{statement}")
        heard = sell_and_print(till, host, "print", statement, "late")
        seen.append(left_but_queued(till, heard))
        if seen[-1]:
            return
    raise AssertionError("no kill found it")


@pytest.mark.parametrize(
    ("dies_at", "state", "papers"),
    [
        ("before_book", "CONFIRMED", 1),
        ("before_paper", "UNKNOWN", 0),
        ("after_paper", "UNKNOWN", 1),
        ("before_report", "CONFIRMED", 1),
    ],
)
def test_host_killed_at_any_step(tmp_path: Path, dies_at: str, state: str, papers: int) -> None:
    till = host_till(tmp_path / "till")
    folder = tmp_path / "host"
    with till.open() as plugin:
        dying = Child("host_process.py", folder, "prints", dies_at)
        end = plugin.prints.subscribe(forward_to(dying), prints=True)
        plugin.sales.complete("1", {"total_minor": 7999}, snapshot=snapshot("1"))
        assert dying.hear() is None, "it was killed"
        dying.end()
        end()
        assert job_of(till)[1] == "SENDING"  # type: ignore[index]
        reborn = Child("host_process.py", folder, "prints")
        end = plugin.prints.subscribe(forward_to(reborn), prints=True)
        said = reborn.hear()
        assert said is not None
        plugin.prints.result(said["job"], said["attempt"], said["result"])
        end()
        reborn.end()
    assert job_of(till)[1:] == (state, 1)  # type: ignore[index]
    assert len(SimulatedHost(folder).papers()) == papers


def forward_to(child: Child) -> Any:
    def listener(told: Told) -> None:
        if told.kind == "print":
            child.tell(**told.to_dict("de"))

    return listener


@pytest.mark.parametrize("form", ["png", "text", "escpos"])
def test_served_till_is_killed_between_effect_and_report(tmp_path: Path, form: str) -> None:
    till = host_till(tmp_path / "till", format=form)
    host = SimulatedHost(tmp_path / "host")
    arguments = ("serve", "--config", till.config_path, "--port", 0)
    with Running(tmp_path / "serve1.log", *arguments) as serve, asked(serve, till) as client:
        body = {"total_minor": 7999, "sale": snapshot("1")}
        answer = client.post("/v1/sales/1/complete", json=body).json()
        job = print_effect(answer)["job"]
        until(
            lambda: "effect" in client.get(f"/v1/print-jobs/{job}").json(),
            within_s=WAIT_S,
            what="the effect",
        )
        effect = client.get(f"/v1/print-jobs/{job}").json()["effect"]
        assert host.take(effect) == "printed"
        serve.kill()
    with Running(tmp_path / "serve2.log", *arguments) as serve, asked(serve, till) as client:
        assert client.get(f"/v1/print-jobs/{job}").json()["state"] == "UNKNOWN"
        assert "effect" not in client.get(f"/v1/print-jobs/{job}").json()
        report = {"attempt": 1, "result": host.take(effect)}
        for _ in range(2):
            answer = client.post(f"/v1/print-jobs/{job}/result", json=report).json()
            assert answer["state"] == "CONFIRMED"
    assert len(host.papers()) == 1


@contextmanager
def asked(serve: Running, till: TillBuilder) -> Iterator[httpx.Client]:
    """A client of a `stammkunde serve` that took a free port."""
    serve.says("answers on http://")
    address = serve.log.read_text().partition("answers on ")[2].split()[0]
    token = (till.data_dir / "api.token").read_text().strip()
    with httpx.Client(
        base_url=address,
        headers={"Authorization": f"Bearer {token}"},
        trust_env=False,
        timeout=WAIT_S,
    ) as client:
        yield client
