"""The toy ERP of the examples as a process of its own, as it is or with one thing broken."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from processes import free_port
from waiting import until

from sync_agent.client import HeadOfficeClient
from sync_agent.protocol.messages import EnrolRequest

if TYPE_CHECKING:
    from collections.abc import Iterator

TOY = Path(__file__).resolve().parents[2] / "examples" / "toy_erp" / "toy_erp.py"
CODE = "ABCD2345"


@contextmanager
def erp(folder: Path, source: str) -> Iterator[str]:
    """Run a toy ERP; gives its address."""
    script, log = folder / "erp.py", folder / "erp.log"
    script.write_text(source, encoding="utf-8")
    port = free_port()
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, str(script), str(port), CODE], stdout=output, stderr=output
        )
    try:
        until(lambda: "answers on" in log.read_text(), within_s=30, what="the toy ERP answers")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait(timeout=10)


def enrolled_till(folder: Path, url: str) -> Path:
    """Enrol the one till of a toy ERP; return its ``till.toml``."""
    with HeadOfficeClient(url, "not-enrolled-yet") as client:
        keys = client.enrol(EnrolRequest(till="3", code=CODE))
    folder.mkdir()
    document = {
        "till_token": keys.token,
        "card_key": keys.card_key,
        "rule_keys": [key.model_dump() for key in keys.rule_keys],
        "head_office": url,
    }
    (folder / "keys.json").write_text(json.dumps(document))
    config = folder / "till.toml"
    config.write_text(f'shop = "001"\ntill = "3"\n[head_office]\nurl = "{url}"\n')
    return config
