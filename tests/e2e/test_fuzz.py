"""The served till under schemathesis: whatever comes, an answer that its document promises.

Few cases here; ``make fuzz MINUTES=10`` is the long run.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from contract_check import COMMITTED
from processes import Running
from served_till import CARD, small_shop, snapshot

if TYPE_CHECKING:
    from collections.abc import Iterator

    from till_builder import TillBuilder

MINUTES = int(os.environ.get("FUZZ_MINUTES", "0"))
"""Length of the long run; 0 = the short one."""
SEED = 20260307
HOOKS = Path(__file__).resolve().parents[1] / "support" / "fuzz_hooks.py"
ANSWERED_S = 10
LIMITS = ["--max-time", str(MINUTES * 60)] if MINUTES else ["--max-examples", "4"]


class Fuzzed:
    """A till process and what it said."""

    def __init__(self, till: TillBuilder, log: Path, running: Running) -> None:
        self.folder = till.config_path.parent
        self.log = log
        self.running = running
        self.url = re.findall(r"http://127\.0\.0\.1:\d+", log.read_text())[0]
        self.token = (till.data_dir / "api.token").read_text().strip()

    def ask(self, method: str, path: str, **more: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.token}"}
        return httpx.request(
            method, self.url + path, headers=headers, trust_env=False, timeout=10, **more
        ).json()

    def sell(self) -> str:
        """Sell with a card; return the print job of the voucher that this gives."""
        card = self.ask("POST", "/v1/scan", json={"code": CARD})
        basket = snapshot(sale_id="F0", customer=card["customer"])
        receipt = self.ask("POST", "/v1/sales/F0/complete", json={"sale": basket})
        return next(str(one["job"]) for one in receipt["effects"] if one["kind"] == "print")

    def run(
        self, *arguments: str, document: Path = COMMITTED, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """Let schemathesis ask; the token is in its settings, not on its command line."""
        settings = self.folder / "schemathesis.toml"
        settings.write_text(
            f"hooks = {json.dumps(str(HOOKS))}\n[auth.openapi.token]\nbearer = '{self.token}'\n"
        )
        return subprocess.run(
            [
                *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(settings)),
                *("run", str(document), "--url", self.url, "--no-color"),
                *("--request-timeout", str(ANSWERED_S), "--generation-database", "none"),
                # An endless answer: the screen's stream has tests of its own.
                *("--exclude-path", "/v1/events"),
                *arguments,
            ],
            check=False,
            capture_output=True,
            text=True,
            timeout=MINUTES * 60 + 600,
            cwd=self.folder,
            env={**os.environ, **environment},
        )


@pytest.fixture
def fuzzed(tmp_path: Path) -> Iterator[Fuzzed]:
    till = small_shop(tmp_path / "till")
    log = tmp_path / "log"
    with Running(log, "serve", "--config", till.config_path, "--port", 0) as running:
        running.says("answers on http://127.0.0.1:")
        yield Fuzzed(till, log, running)


@pytest.mark.slow
def test_whatever_is_asked_is_answered_as_promised(fuzzed: Fuzzed) -> None:
    job = fuzzed.sell()
    notices = [one["notice_id"] for one in fuzzed.ask("GET", "/v1/notices")["notices"]]
    ended = fuzzed.run(
        *LIMITS, "--seed", str(SEED), FUZZ_JOBS=job, FUZZ_NOTICES=" ".join([job, *notices])
    )
    print(ended.stdout[-6000:])  # noqa: T201 - the figures of the long run
    assert ended.returncode == 0, ended.stdout[-20000:] + ended.stderr
    assert fuzzed.ask("GET", "/v1/health")["shop"] == "001"
    assert fuzzed.running.end(signal.SIGTERM) == 0
    assert "Traceback" not in fuzzed.log.read_text()
    assert "ERROR" not in fuzzed.log.read_text()


def test_an_answer_beyond_the_promise_is_found(fuzzed: Fuzzed, tmp_path: Path) -> None:
    """The same run against a document that promises less."""
    document = json.loads(COMMITTED.read_text(encoding="utf-8"))
    del document["paths"]["/v1/scan"]["post"]["responses"]["422"]
    smaller = tmp_path / "document.json"
    smaller.write_text(json.dumps(document), encoding="utf-8")
    arguments = ["--include-path", "/v1/scan", "--max-examples", "4"]
    ended = fuzzed.run(*arguments, document=smaller)
    assert ended.returncode == 1
    assert "Undocumented status code" in ended.stdout
