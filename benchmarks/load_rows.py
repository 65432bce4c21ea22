"""What head office, agent and till carry: many customers, many changes, many receipts."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from children import child
from table import Row

BOOTSTRAP_S: Final = 90
DELTA_S: Final = 30
BACKLOG_S: Final = 60
COMMIT_US: Final = 50_000
A_SECOND: Final = 1_000


def uploads() -> list[Row]:
    """How fast head office takes receipts; the ratio is to bare inserts of the same bytes."""
    with TemporaryDirectory() as name:
        found = child("loads.py", "uploads", Path(name) / "site")
    return [
        Row(
            "receipts of members that head office takes",
            f"{found['a_second']} /s",
            f"{found['receipts']} of {found['event_bytes']} bytes, packed {found['packed_bytes']}, "
            f"in batches of 200; bare inserts {found['bare_a_second']} /s: "
            f"{found['times_bare']} times their time",
            target=f">= {A_SECOND} /s",
            met=found["a_second"] >= A_SECOND,
        )
    ]


def classes() -> list[Row]:
    """How long a receipt waits while head office computes the classes of everybody."""
    with TemporaryDirectory() as name:
        found = child("class_run.py", Path(name) / "site")
    runs = {
        "everybody gets a class": found["first"],
        "a day later": found["next"],
    }
    return [
        Row(
            f"a receipt beside a run of classes, {what}, longest wait",
            f"{run['most_ms']} ms",
            f"p50 {run['p50_ms']} ms, p99 {run['p99_ms']} ms of {run['uploads']} uploads in the "
            f"{run['took_s']} s of the run; {found['customers']} customers, {found['receipts']} "
            f"receipts, {run['changed']} customers changed; load {found['load']}",
        )
        for what, run in runs.items()
    ]


def loads() -> list[Row]:
    """Real processes over loopback: head office, agent, and a till that sells meanwhile."""
    with TemporaryDirectory() as name:
        found = child("loads.py", "all", Path(name) / "site")
        slow = child("loads.py", "slow", Path(name) / "slow")
    beside, alone = found["beside"], found["alone"]
    return [
        Row(
            f"{found['customers']} customers to a new till",
            f"{found['bootstrap_s']:.0f} s",
            f"a row and a card each, from the start of the agent; load {found['load']}; "
            f"agent {_cost(found['agent'])}, head office {_cost(found['head_office'])}",
            target=f"<= {BOOTSTRAP_S} s",
            met=found["bootstrap_s"] <= BOOTSTRAP_S,
        ),
        Row(
            f"{found['changed']} changed rows while it sells",
            f"{found['delta_s']:.1f} s",
            f"{beside['sales']} sales meanwhile",
            target=f"<= {DELTA_S} s",
            met=found["delta_s"] <= DELTA_S,
        ),
        Row(
            "… completion of a sale meanwhile, p99",
            f"{beside['complete']['p99_us'] / 1_000:.1f} ms",
            f"p50 {beside['complete']['p50_us']} us, alone {alone['complete']['p50_us']} us; "
            f"card scan p99 {beside['scan']['p99_us']} us, alone {alone['scan']['p99_us']} us",
            target=f"<= {COMMIT_US / 1_000:g} ms",
            met=beside["complete"]["p99_us"] <= COMMIT_US,
        ),
        Row(
            f"{found['receipts']} receipts that waited, sent",
            f"{found['backlog_s']:.1f} s",
            f"{found['receipts'] / found['backlog_s']:.0f} a second, from the start of the agent",
            target=f"<= {BACKLOG_S} s",
            met=found["backlog_s"] <= BACKLOG_S,
        ),
        Row(
            f"… over a line of {slow['line_bits_a_second'] // 1_000_000} Mbit/s",
            f"{slow['backlog_s']:.1f} s",
            f"{slow['up_bytes'] / 1e6:.1f} MB up, {slow['down_bytes'] / 1e6:.1f} MB down; "
            f"CPU of the agent {slow['agent_cpu_s']:.0f} s, of head office "
            f"{slow['head_office_cpu_s']:.0f} s; load {slow['load']}",
            target=f"<= {BACKLOG_S} s",
            met=slow["backlog_s"] <= BACKLOG_S,
        ),
    ]


def _cost(of: dict[str, float]) -> str:
    return f"{of['cpu_s']:.0f} s of CPU and {of['most_mb']} MB at most"
