"""A queue of the system: the real commands are called, another program answers to their name."""

from __future__ import annotations

import os
from threading import Thread
from typing import TYPE_CHECKING

import pytest
from printing import PICTURES, welcome

from printers.document import Document
from printers.ports import JobReason, JobState
from printers.queue_device import QueuePrinter, picture_job
from printers.render import render
from printers.try_out import try_out

if TYPE_CHECKING:
    from pathlib import Path

PAGE = render(Document.from_dict(welcome()), PICTURES)
JOB = picture_job(PAGE)


def program(folder: Path, name: str, script: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o700)


@pytest.fixture
def system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}/usr/bin{os.pathsep}/bin")
    program(tmp_path, "lpstat", "echo 'printer Laser is idle.  enabled since today'")
    program(tmp_path, "lp", f'echo "$@" > {tmp_path}/words; cat > {tmp_path}/picture')
    return tmp_path


def told(reason: JobReason) -> None:
    raise AssertionError(reason)


def test_the_picture_is_handed_over_and_nothing_is_confirmed(system: Path) -> None:
    queue = QueuePrinter("Laser")
    assert queue.ready() is JobReason.NONE
    outcome = queue.send(JOB, process_id="abcd", on_stall=told)
    assert (outcome.state, outcome.level) == (JobState.ASSUMED, 0)
    assert (system / "picture").read_bytes() == PAGE.png()
    assert (system / "words").read_text() == "-d Laser -t Stammkunde -o ppi=203\n"


@pytest.mark.parametrize("script", ["echo 'printer Laser disabled since today'", "exit 1"])
def test_a_queue_that_is_stopped_or_missing_keeps_the_job_with_us(
    system: Path, script: str
) -> None:
    program(system, "lpstat", script)
    queue = QueuePrinter("Laser")
    assert queue.ready() is JobReason.PRINTER_OFFLINE
    tested = try_out(queue, JOB, tested_at="")
    assert (tested.reason, tested.message) == (JobReason.PRINTER_OFFLINE, queue.why_not)
    assert "'Laser'" in queue.why_not


def test_what_the_queue_refuses_stays_queued(system: Path) -> None:
    program(system, "lp", "exit 1")
    outcome = QueuePrinter("Laser").send(JOB, process_id="abcd", on_stall=told)
    assert outcome.state is JobState.QUEUED


def test_a_queue_that_hangs_is_a_doubt(system: Path) -> None:
    program(system, "lp", "exec sleep 30")
    outcome = QueuePrinter("Laser", take_s=0.2).send(JOB, process_id="abcd", on_stall=told)
    assert (outcome.state, outcome.reason) == (JobState.UNKNOWN, JobReason.STALLED)


def test_whoever_closes_the_till_does_not_wait_for_the_queue(system: Path) -> None:
    program(system, "lp", "exec sleep 30")
    queue = QueuePrinter("Laser")
    closing = Thread(target=queue.close)
    closing.start()
    outcome = queue.send(JOB, process_id="abcd", on_stall=told)
    closing.join()
    assert outcome.reason in (JobReason.STOPPED, JobReason.PRINTER_OFFLINE)


def test_a_system_without_queues_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert QueuePrinter("Laser").ready() is JobReason.PRINTER_OFFLINE
    outcome = QueuePrinter("Laser").send(JOB, process_id="abcd", on_stall=told)
    assert outcome.state is JobState.QUEUED
