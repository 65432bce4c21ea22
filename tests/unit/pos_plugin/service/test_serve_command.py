"""``stammkunde serve`` as a process."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
from typing import TYPE_CHECKING

import httpx
import pytest
from processes import STAMMKUNDE, Running, stammkunde
from served_till import small_shop
from till_builder import TillBuilder

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
def test_till_answers_and_ends_cleanly(tmp_path: Path, ending: signal.Signals) -> None:
    till = small_shop(tmp_path / "till")
    log = tmp_path / "log"
    with Running(log, "serve", "--config", till.config_path, "--port", 0) as running:
        running.says("answers on http://127.0.0.1:")
        url = re.findall(r"http://127\.0\.0\.1:\d+", log.read_text())[0]
        token = (till.data_dir / "api.token").read_text().strip()
        answer = httpx.get(
            f"{url}/v1/health", headers={"Authorization": f"Bearer {token}"}, trust_env=False
        )
        assert answer.json()["generation"] == 1
        assert running.end(ending) == 0
    assert log.read_text().endswith("The till has stopped.\n")
    assert "Traceback" not in log.read_text()
    assert token not in log.read_text()


def test_occupied_port_is_one_sentence(tmp_path: Path) -> None:
    till = TillBuilder(tmp_path / "till")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = stammkunde("serve", "--config", till.config_path, "--port", port)
    assert ended.returncode == 1
    assert ended.stderr.startswith(f"port {port} cannot be used: Address already in use.")
    assert ended.stderr.count("\n") == 1
    assert not (till.data_dir / "journal.db").exists()


def test_torn_settings_are_bad_input(tmp_path: Path) -> None:
    config = tmp_path / "till.toml"
    config.write_text('shop = "001\n')
    ended = stammkunde("serve", "--config", config, "--port", 0)
    assert ended.returncode == 2
    assert json.loads(ended.stderr)["error"] == "not_toml"
    assert ended.stderr.count("\n") == 1


def test_missing_settings_are_bad_input(tmp_path: Path) -> None:
    ended = stammkunde("serve", "--config", tmp_path / "none.toml", "--port", 0)
    assert ended.returncode == 2
    assert json.loads(ended.stderr)["where"] == "none.toml"


def test_till_without_page_loads_no_server(tmp_path: Path) -> None:
    till = small_shop(tmp_path / "till")
    code = (
        "import sys; from pos_plugin import Plugin\n"
        "with Plugin.open(sys.argv[1]) as plugin: plugin.scan('4711')\n"
        "print([name for name in ('fastapi', 'starlette', 'uvicorn') if name in sys.modules])\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code, str(till.config_path)],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ended.stdout == "[]\n"
    assert STAMMKUNDE[0] == sys.executable
