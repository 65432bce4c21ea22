"""What the agent costs a till while nothing happens: memory, processor, threads."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from head_office_site import ANNA, ARTICLE, PERCENT_20, Site
from processes import Running
from waiting import until

from sync_agent.status import read_status

LOOKED_S = 10
RESIDENT_MB_MAX = 120
BUSY_PERCENT_MAX = 1.0
START_CPU_S_MAX = 1.5

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


def cpu_s(pid: int) -> float:
    """Processor time of a process; the load of the machine does not count."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def busy_percent(pid: int, seconds: float) -> float:
    before_s = cpu_s(pid)
    threading.Event().wait(seconds)
    return (cpu_s(pid) - before_s) / seconds * 100


def test_resting_agent_costs_the_till_next_to_nothing(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.publish(PERCENT_20)
    site.load(article=[ARTICLE], customer=[ANNA])
    with site.served() as url:
        site.url = url
        site.add_till("3")
        config = site.till_dir() / "till.toml"
        with Running(tmp_path / "log", "agent", "run", "--config", config) as agent:
            until(
                lambda: (read_status(site.till_dir()) or {}).get("generation") == 1,
                within_s=30,
                what="the agent has brought everything",
            )
            threading.Event().wait(2)
            pid = agent.pid
            busy = busy_percent(pid, LOOKED_S)
            lines = Path(f"/proc/{pid}/status").read_text().splitlines()
            resident_kb = next(int(one.split()[1]) for one in lines if one.startswith("VmRSS"))
            threads = len(list(Path(f"/proc/{pid}/task").iterdir()))
    print(f"{busy:.2f} % CPU, {resident_kb >> 10} MB, {threads} threads")  # noqa: T201
    assert busy <= BUSY_PERCENT_MAX
    assert resident_kb >> 10 <= RESIDENT_MB_MAX
    assert threads <= 4  # cycle, held request, loopback, calendar


def test_start_of_the_agent_costs_little(tmp_path: Path) -> None:
    """Counted is processor time, which is the time it takes where nobody else wants the machine."""
    site = Site(tmp_path)
    site.publish(PERCENT_20)
    site.load(article=[ARTICLE], customer=[ANNA])
    with site.served() as url:
        site.url = url
        site.add_till("3")
        config = site.till_dir() / "till.toml"
        began_s = time.monotonic()
        with Running(tmp_path / "log", "agent", "run", "--config", config) as agent:
            until(
                lambda: (read_status(site.till_dir()) or {}).get("generation") == 1,
                within_s=60,
                what="the agent has begun and brought everything",
            )
            took_s = time.monotonic() - began_s
            spent_s = cpu_s(agent.pid)
    print(  # noqa: T201
        f"{spent_s:.2f} s of CPU, {took_s:.2f} s by the clock, to start and to bring the first rows"
    )
    assert 0 < spent_s <= START_CPU_S_MAX


def test_agent_that_never_rests_would_be_seen() -> None:
    """Negative control of the measurement."""
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as busy:
        try:
            assert busy_percent(busy.pid, 1) > 5 * BUSY_PERCENT_MAX
        finally:
            busy.kill()
