"""T6: programs of others look at us. `make others` installs and runs them; they are no dependency.

receiptio 2.1.2 (Apache-2.0) drives our simulated printer through its six states; npos 0.1.19 (MIT)
reads our bytes.
"""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from printer_rig import DOCUMENT, JOB, PAGE
from waiting import until

from printers.encode import encode_page
from printers.render import render
from printers.sim.core import Knobs
from printers.sim.faults import Fault
from printers.sim.machine import Machine
from printers.sim.tcp import TcpFace

OTHERS = os.environ.get("STAMMKUNDE_OTHERS")
READS = Path(__file__).parents[1] / "support" / "npos_reads.cjs"
# receiptio knows no other port.
PORT = 9_100

pytestmark = [
    pytest.mark.node,
    pytest.mark.skipif(OTHERS is None, reason="`make others` installs and runs them"),
]


def receiptio(*words: str, receipt: str = "") -> tuple[int, str]:
    program = Path(OTHERS or "") / "node_modules" / "receiptio" / "bin" / "cli.js"
    done = subprocess.run(
        ["node", str(program), "-d", "127.0.0.1", *words],
        input=receipt,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stderr.strip()


@pytest.mark.parametrize(
    ("fault", "level", "answer"),
    [
        (None, 3, (100, "online")),
        ("cover_open", 3, (101, "coveropen")),
        ("paper_out", 3, (102, "paperempty")),
        ("cutter", 3, (103, "error")),
        ("mute", 3, (104, "offline")),
        ("power_off", 3, (105, "disconnect")),
        # Negative control: a printer that says nothing is online to nobody.
        (None, 0, (104, "offline")),
    ],
)
def test_receiptio_sees_each_state(fault: Any, level: Any, answer: tuple[int, str]) -> None:
    machine = Machine(Knobs(level=level), [Fault(fault)] if fault else [])
    with TcpFace(machine, port=PORT):
        until(lambda: fault != "power_off" or not machine.is_there, within_s=30, what="dark")
        assert receiptio("-q", "printer") == answer


def test_receiptio_prints_and_hears_that_it_was_processed() -> None:
    machine = Machine()
    with TcpFace(machine, port=PORT):
        assert receiptio("-t", "10", receipt="Gutschein\n---\n5,00\n") == (0, "success")
    assert len(machine.pages) == 1


def npos(data: bytes) -> dict[str, Any]:
    done = subprocess.run(
        ["node", str(READS), OTHERS or ""], input=data, capture_output=True, timeout=60, check=True
    )
    return dict(json.loads(done.stdout))


def black(page: tuple[tuple[int, int], bytes]) -> str:
    """Dots as npos tells them, from a picture in which white is 1."""
    (width, height), dots = page
    bits = "".join(f"{byte:08b}" for byte in dots)
    assert len(bits) == width * height
    return bits.translate(str.maketrans("01", "10"))


def test_npos_reads_our_framing_and_every_dot() -> None:
    seen = npos(JOB.data)
    assert seen["error"] is None
    assert sum(length for _, _, length in seen["commands"]) == len(JOB.data)
    assert {name for _, name, _ in seen["commands"]} == {"@", "v0", "V"}
    assert tuple(seen["size"]) == PAGE[0]
    assert seen["black"] == black(PAGE)


def test_npos_sees_another_dot() -> None:
    """Negative control."""
    page = render(DOCUMENT, {})
    assert npos(encode_page(page).data)["black"] != black(PAGE)
