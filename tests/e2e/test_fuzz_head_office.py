"""Head office under schemathesis: whatever comes, an answer that the committed contract promises.

Few cases here; ``make fuzz MINUTES=10`` is the long run.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml
from head_office_site import ANNA, ARTICLE, PERCENT_20, PROGRAM, Site, caller
from processes import Running, free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

MINUTES = int(os.environ.get("FUZZ_MINUTES", "0"))
"""Length of the long run; 0 = the short one."""
SEED = 20260307
ROOT = Path(__file__).resolve().parents[2]
CONTRACT = ROOT / "docs" / "contract" / "openapi.yaml"
HOOKS = ROOT / "tests" / "support" / "fuzz_head_office_hooks.py"
LIMITS = ["--max-time", str(MINUTES * 60)] if MINUTES else ["--max-examples", "8"]


class Fuzzed:
    """A head office process and what it said."""

    def __init__(self, site: Site, running: Running) -> None:
        self.site = site
        self.running = running
        self.token = site.keys()["till_token"]

    def run(self, *arguments: str, document: Path = CONTRACT) -> subprocess.CompletedProcess[str]:
        """Let schemathesis ask; the token is in its settings, not on its command line."""
        settings = self.site.folder / "schemathesis.toml"
        settings.write_text(
            f"hooks = {json.dumps(str(HOOKS))}\n[auth.openapi.token]\nbearer = '{self.token}'\n"
        )
        return subprocess.run(
            [
                *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(settings)),
                *("run", str(document), "--url", self.site.url, "--no-color"),
                *("--request-timeout", "60", "--generation-database", "none"),
                *arguments,
            ],
            check=False,
            capture_output=True,
            text=True,
            timeout=MINUTES * 60 + 600,
            cwd=self.site.folder,
        )


@pytest.fixture
def fuzzed(tmp_path: Path) -> Iterator[Fuzzed]:
    site = Site(tmp_path)
    site.publish(PERCENT_20)
    site.load(article=[ARTICLE], program=[PROGRAM], customer=[ANNA])
    port = free_port()
    site.url = f"http://127.0.0.1:{port}"
    site.add_till("3")
    arguments = ("head-office", "serve", "--data", site.data, "--port", port)
    with Running(tmp_path / "log", *arguments) as running:
        running.says(site.url)
        yield Fuzzed(site, running)


@pytest.mark.slow
def test_whatever_is_asked_is_answered_as_the_contract_promises(fuzzed: Fuzzed) -> None:
    # A new token would end the one of this run; ``token`` has tests of its own.
    ended = fuzzed.run(*LIMITS, "--seed", str(SEED), "--exclude-path", "/v1/tills/{till}/token")
    sys.stdout.write(ended.stdout[-6000:])
    assert ended.returncode == 0, ended.stdout[-20000:] + ended.stderr
    with caller(fuzzed.site.url, fuzzed.token) as client:
        assert client.get("/v1/head").status_code == 200
    assert fuzzed.running.end(signal.SIGTERM) == 0
    said = (fuzzed.site.folder / "log").read_text()
    assert "Traceback" not in said
    assert "ERROR" not in said


def test_an_answer_beyond_the_contract_is_found(fuzzed: Fuzzed, tmp_path: Path) -> None:
    """The control: the same run against a contract that promises less."""
    document = yaml.safe_load(CONTRACT.read_text(encoding="utf-8"))
    del document["paths"]["/v1/vouchers/{voucher}/reserve"]["post"]["responses"]["404"]
    smaller = tmp_path / "smaller.yaml"
    smaller.write_text(yaml.safe_dump(document), encoding="utf-8")
    arguments = ["--include-path", "/v1/vouchers/{voucher}/reserve", "--max-examples", "8"]
    ended = fuzzed.run(*arguments, "--seed", str(SEED), document=smaller)
    assert ended.returncode == 1
    assert "Undocumented status code" in ended.stdout
