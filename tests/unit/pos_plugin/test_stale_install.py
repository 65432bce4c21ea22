"""A checkout that was updated without being installed again says so, without a traceback."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest
from processes import STAMMKUNDE

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    "target", ["sync_agent.moved_away:ghost", "sync_agent.commands:ghost", "pos_plugin.cli:printer"]
)
def test_a_command_that_moved_away_asks_to_be_installed_again(tmp_path: Path, target: str) -> None:
    info = tmp_path / "older-0.1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: older\nVersion: 0.1\n")
    (info / "entry_points.txt").write_text(f"[stammkunde.commands]\nghost = {target}\n")
    done = subprocess.run(
        [*STAMMKUNDE, "ghost", "--help"],
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    is_there = target.endswith("printer")  # negative control: the way itself works
    assert done.returncode == (0 if is_there else 1), done.stderr
    assert ("make install" in done.stderr) is not is_there
    assert "Traceback" not in done.stderr
