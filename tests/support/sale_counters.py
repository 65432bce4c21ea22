"""One till in a process of its own, asked over either API: what the state machine talks to."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, Protocol

import httpx
import sale_process
from processes import STAMMKUNDE
from waiting import until

from pos_plugin.service.api_token import ensure_token


class Died(Exception):  # noqa: N818 - what was ordered
    """The till process died before it answered."""


class Counter(Protocol):
    """Asks a till; every answer is ``{"answer": …}`` or ``{"refused": code}``."""

    def ask(self, call: str, *args: Any, kill_at: int = 0) -> dict[str, Any]: ...

    def kill(self) -> None: ...


class PythonCounter:
    """The Python API, in a process that reads calls from a pipe."""

    def __init__(self, folder: Path, *broken: str) -> None:
        script = Path(sale_process.__file__)
        self._process = subprocess.Popen(
            [sys.executable, str(script), str(folder / "till.toml"), *broken],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self._read() == "ready"

    def ask(self, call: str, *args: Any, kill_at: int = 0) -> dict[str, Any]:
        assert self._process.stdin is not None
        request = {"call": call, "args": args, "kill_at": kill_at}
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._read())
        return answer

    def _read(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline().strip()
        if not line:
            raise Died
        return line

    def kill(self) -> None:
        self._process.kill()
        self._process.wait(60)
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            try:
                pipe.close()
            except BrokenPipeError:  # what it had not read dies with it
                continue


class HttpCounter:
    """The JSON API of ``stammkunde serve``; dies between calls only."""

    def __init__(self, folder: Path) -> None:
        log = folder / "serve.log"
        log.write_bytes(b"")
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                [*STAMMKUNDE, "serve", "--config", str(folder / "till.toml"), "--port", "0"],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env={**__import__("os").environ, "PYTHONUNBUFFERED": "1"},
            )
        until(lambda: "Its token" in log.read_text(), within_s=30, what="the till answers")
        address = log.read_text().split("answers on ")[1].split()[0]
        token = ensure_token(folder)
        self._client = httpx.Client(
            base_url=address,
            headers={"Authorization": f"Bearer {token}"},
            trust_env=False,
            timeout=30,
        )

    def ask(self, call: str, *args: Any, kill_at: int = 0) -> dict[str, Any]:
        assert not kill_at
        if call == "scan":
            answer = self._client.post("/v1/scan", json={"code": args[0]})
        elif call == "evaluate":
            answer = self._client.put(f"/v1/sales/{args[0]['sale_id']}", json=args[0])
        elif call == "answer":
            answer = self._client.get(f"/v1/sales/{args[0]}")
        elif call == "complete":
            sale_id, body, sale = args
            body = body if sale is None else {**body, "sale": sale}
            answer = self._client.post(f"/v1/sales/{sale_id}/complete", json=body)
        elif call == "suspend":
            body = {"sale": args[0]}
            answer = self._client.post(f"/v1/sales/{args[0]['sale_id']}/suspend", json=body)
        else:
            sale_id, *more = args
            answer = self._client.post(f"/v1/sales/{sale_id}/{call}", json=more[0] if more else {})
        value = answer.json()
        assert answer.status_code < 500, value
        if answer.status_code >= 400:
            return {"refused": value["code"]}
        if "refused" in value:
            return {"refused": value["refused"]}
        return {"answer": value}

    def kill(self) -> None:
        self._client.close()
        self._process.kill()
        self._process.wait(60)
