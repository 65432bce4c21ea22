"""Client of a till: asks ``stammkunde serve`` and sells at list price when no good answer comes.

    with StammkundeTill("http://127.0.0.1:8711", token, Path("late_receipts.jsonl")) as till:
        evaluation = till.evaluate(sale)
        receipt = till.complete(sale, {"evaluation_id": evaluation.get("evaluation_id"),
                                       "total_minor": evaluation["total_minor"]})

Laws:

1. No call takes longer than its budget, however slowly the answer trickles in.
2. No call raises because of the service; what is missing is said with ``late`` and ``why``.
3. A receipt that could not be booked is kept in a file and handed in later; its sale id books it
   once, however often it is sent.
4. Money is integers, in minor units (cents).

One object serves one till program, from one thread at a time. Standard library only.
"""

from __future__ import annotations

import http.client
import json
import os
import socket
import time
from contextlib import closing, suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import Self

BUDGETS_MS = {"scan": 100, "evaluate": 300, "complete": 2000}
"""As in ``till.toml``: when they are over, the service itself answers ``late``."""
MARGIN_MS = 50
"""What the client waits longer than the service: its own answer is the better one."""
CONNECT_MS = 100
ANSWER_BYTES_MAX = 4 * 2**20

Json = dict[str, Any]


class StammkundeTill:
    """The loopback API of a till.

    Args:
        url: as ``stammkunde serve`` names it, for example ``http://127.0.0.1:8711``.
        token: content of ``api.token`` in the data folder.
        late_receipts: file of receipts to hand in later, one JSON object a line; made when needed.
        budgets_ms: for ``scan``, ``evaluate``, ``complete``; as in ``till.toml``.
    """

    def __init__(
        self,
        url: str,
        token: str,
        late_receipts: Path,
        budgets_ms: Mapping[str, int] = BUDGETS_MS,
    ) -> None:
        address = urlsplit(url)
        self._connection = _Connection(address.hostname or "127.0.0.1", address.port or 80, token)
        self._budgets_ms = {name: budget + MARGIN_MS for name, budget in budgets_ms.items()}
        self._queue = LateReceipts(late_receipts)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection; what waits in the file stays there."""
        self._connection.close()

    def health(self) -> Json:
        """Return how the service is. Call it at the start: it opens the connection."""
        return self._ask("GET", "/v1/health", None, "complete")

    def scan(self, code: str) -> Json:
        """Return what a code is: ``kind`` card, voucher or article; or ``refused``."""
        found = self._ask("POST", "/v1/scan", {"code": code}, "scan")
        return {**found, "refused": "late"} if found.get("late") else found

    def evaluate(self, sale: Json) -> Json:
        """Return what the sale costs, with all effects; at list price and ``late`` if need be.

        ``refused`` is ``conflict`` when this sale is already completed: begin a new one.
        """
        value = self._ask("PUT", _sale_path(sale["sale_id"]), sale, "evaluate")
        if isinstance(value.get("total_minor"), int) or value.get("refused") == "conflict":
            return value
        return list_price(sale, value)

    def complete(self, sale: Json, charged: Json, unread_card: str | None = None) -> Json:
        """Book what was charged and return the receipt; what waits is handed in with it.

        Args:
            sale: the last snapshot.
            charged: ``evaluation_id`` (none when the sale went at list price), ``total_minor``,
                ``tenders`` and the rest of docs/sale.md.
            unread_card: a card whose scan was ``late``; it is read when the receipt is handed in.

        Returns:
            The receipt; or, not booked yet, ``kept``: true = it is in the file, hand it in later;
            or ``refused`` when this sale is already completed with another body.
        """
        entry: Json = {"sale_id": sale["sale_id"], "completion": _without_none(charged)}
        if "evaluation_id" not in entry["completion"]:
            entry["completion"]["late"] = True
        entry["sale"] = sale
        if unread_card:
            entry["card"] = unread_card
        call = _Call(self._budgets_ms["complete"])
        status, value = self._book(entry, call)
        if status == 200:
            # Booked is booked; what may be wrong with the file, hand_in() says.
            with suppress(OSError, ValueError):
                self._hand_in(call)
        if status in (200, 409):
            return value
        try:
            self._queue.save([*self._queue.load(), entry])
        except (OSError, ValueError) as fault:
            return {**value, "late": True, "kept": False, "why": f"not kept: {fault}"}
        return {**value, "late": True, "kept": True, "total_minor": charged.get("total_minor")}

    def hand_in(self) -> int:
        """Hand in what waits, as far as complete's budget reaches; return how many are booked.

        Raises:
            OSError, ValueError: the file of late receipts cannot be written or read.
        """
        return self._hand_in(_Call(self._budgets_ms["complete"]))

    def waiting(self) -> int:
        """Return how many receipts wait in the file."""
        return len(self._queue.load())

    def answer(self, sale_id: str) -> Json:
        """Return what the service knows of a sale; ``refused`` is ``sale_unknown`` if nothing."""
        return self._ask("GET", _sale_path(sale_id), None, "evaluate")

    def print_job(self, job: str) -> Json:
        """Return where a print job stands."""
        return self._ask("GET", _job_path(job), None, "evaluate")

    def reprint(self, job: str) -> Json:
        """Print a voucher again, marked as a copy; return the new print job."""
        return self._ask("POST", f"{_job_path(job)}/reprint", {}, "evaluate")

    def _hand_in(self, call: _Call) -> int:
        booked = 0
        entries = self._queue.load()
        while entries and call.left_s() > 0:
            status, value = self._book(entries[0], call)
            if status in (400, 404, 409, 413, 422):
                # A person must look at it; the others shall not wait behind it.
                self._queue.set_aside({**entries[0], "problem": value})
            elif status != 200:
                break
            else:
                booked += 1
            entries = entries[1:]
            self._queue.save(entries)
        return booked

    def _book(self, entry: Json, call: _Call) -> tuple[int, Json]:
        if "card" in entry:
            status, found = self._send("POST", "/v1/scan", {"code": entry["card"]}, call)
            if status != 200 or found.get("refused") == "late":
                return 0, found
            del entry["card"]
            if "customer" in found:
                entry["sale"] = {**entry["sale"], "customer": {"id": found["customer"]["id"]}}
        path = f"{_sale_path(entry['sale_id'])}/complete"
        completion: Json = entry["completion"]
        with_sale = {**completion, "sale": entry["sale"]}
        body = with_sale if "late" in completion else completion
        status, value = self._send("POST", path, body, call)
        if value.get("refused") == "sale_unknown":
            # The service was started anew since the sale was evaluated.
            status, value = self._send("POST", path, with_sale, call)
        return status, value

    def _ask(self, method: str, path: str, body: Json | None, budget: str) -> Json:
        status, value = self._send(method, path, body, _Call(self._budgets_ms[budget]))
        return value if status == 200 or "refused" in value else {"late": True, **value}

    def _send(self, method: str, path: str, body: Json | None, call: _Call) -> tuple[int, Json]:
        """Return status and object; status 0 with ``why`` when no good answer came."""
        content = b"" if body is None else json.dumps(body).encode("ascii")
        reason = ""
        # Twice: the service may have closed a connection that was idle. Every call may be repeated.
        for _attempt in range(2):
            try:
                status, answer = self._connection.exchange(method, path, content, call)
                value = json.loads(answer)
            except TimeoutError:
                self._connection.close()
                reason = f"no answer within {call.budget_ms} ms"
                break
            except (OSError, http.client.HTTPException, ValueError, RecursionError) as fault:
                self._connection.close()
                reason = f"no good answer: {type(fault).__name__}"
            else:
                return _read(method, path, status, value, call)
        return 0, {"why": reason, **call.report()}


class LateReceipts:
    """The file of receipts to hand in later; written whole, so never half."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self) -> list[Json]:
        """Return what waits, the oldest first."""
        try:
            lines = self._path.read_text(encoding="utf-8").splitlines()
        except FileNotFoundError:
            return []
        return [json.loads(line) for line in lines if line]

    def save(self, entries: list[Json]) -> None:
        """Replace the file."""
        new = self._beside(".new")
        with new.open("w", encoding="utf-8") as file:
            file.writelines(json.dumps(entry) + "\n" for entry in entries)
            file.flush()
            os.fsync(file.fileno())
        new.replace(self._path)

    def set_aside(self, entry: Json) -> None:
        """Append what the service refused to ``….refused``, for a person."""
        with self._beside(".refused").open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")

    def _beside(self, suffix: str) -> Path:
        return self._path.with_name(self._path.name + suffix)


def list_price(sale: Json, why: Json) -> Json:
    """Return the evaluation without the service: every line at its price, less manual discounts.

    Args:
        sale: the snapshot.
        why: ``why``, ``budget_ms``, ``waited_ms``.
    """
    lines = []
    for line in sale["lines"]:
        gross_minor = _half_up(line["quantity_milli"] * line["unit_price_minor"], 1000)
        paid_minor = gross_minor - line.get("host_discount_minor", 0)
        lines.append({"line_id": line["line_id"], "paid_minor": paid_minor})
    total_minor = sum(line["paid_minor"] for line in lines)
    return {**why, "late": True, "total_minor": total_minor, "lines": lines, "effects": []}


class _Call:
    """The time of one call."""

    def __init__(self, budget_ms: int) -> None:
        self.budget_ms = budget_ms
        self._began_s = time.monotonic()

    def left_s(self) -> float:
        return self._began_s + self.budget_ms / 1000 - time.monotonic()

    def report(self) -> Json:
        waited_ms = int((time.monotonic() - self._began_s) * 1000)
        return {"budget_ms": self.budget_ms, "waited_ms": waited_ms}


class _Socket(socket.socket):
    """Every read waits until the end of the call only; a timeout of its own would begin anew."""

    call = _Call(0)

    def recv_into(self, *arguments: Any, **options: Any) -> int:  # noqa: ANN401
        self.settimeout(_positive(self.call.left_s()))
        return super().recv_into(*arguments, **options)


class _Connection:
    """A connection that is kept open, and opened again when the service has closed it."""

    def __init__(self, host: str, port: int, token: str) -> None:
        self._address = host, port
        self._head = (
            f"Host: {host}:{port}\r\nAuthorization: Bearer {token}\r\n"
            "Content-Type: application/json\r\n"
        )
        self._socket: _Socket | None = None

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def exchange(self, method: str, path: str, body: bytes, call: _Call) -> tuple[int, bytes]:
        connection = self._open(call)
        connection.call = call
        connection.settimeout(_positive(call.left_s()))
        head = f"{method} {path} HTTP/1.1\r\n{self._head}Content-Length: {len(body)}\r\n\r\n"
        # In one packet: sent one after the other, the body would wait 40 ms for the head's
        # acknowledgement.
        connection.sendall(head.encode("ascii") + body)
        with closing(http.client.HTTPResponse(connection, method=method)) as response:
            response.begin()
            answer = response.read(ANSWER_BYTES_MAX)
            if response.read(1):
                raise ValueError("too long")
            if response.will_close:
                self.close()
            return response.status, answer

    def _open(self, call: _Call) -> _Socket:
        if self._socket is None:
            self._socket = _Socket(socket.AF_INET, socket.SOCK_STREAM)
            # A long body is several packets: the last one shall not wait, either.
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._socket.settimeout(min(CONNECT_MS / 1000, _positive(call.left_s())))
            self._socket.connect(self._address)
        return self._socket


def _read(method: str, path: str, status: int, value: object, call: _Call) -> tuple[int, Json]:
    """Say of a problem document what it refuses."""
    if not isinstance(value, dict) or (status == 200 and not _is_answer(method, path, value)):
        return 0, {"why": "no good answer: not of this service", **call.report()}
    if status == 200:
        return status, value
    # 202 is no problem document, but no good news either: its work goes on.
    code = value.get("code") or value.get("refused")
    reason = f"status {status} {code} {value.get('where', '')}".rstrip()
    problem: Json = {"why": reason, "text": value.get("detail"), **call.report()}
    if status in (404, 409):
        problem["refused"] = code
    return status, problem


def _is_answer(method: str, path: str, value: Json) -> bool:
    """Whoever has taken the port: what is no receipt must not be taken for one."""
    if method == "PUT" or path.endswith("/complete"):
        return isinstance(value.get("total_minor"), int)
    return path != "/v1/scan" or "kind" in value or "refused" in value


def _positive(left_s: float) -> float:
    if left_s <= 0:
        raise TimeoutError
    return left_s


def _half_up(numerator: int, denominator: int) -> int:
    """Divide; halves away from zero, so a return is the mirror of its sale."""
    magnitude = (2 * abs(numerator) + denominator) // (2 * denominator)
    return magnitude if numerator >= 0 else -magnitude


def _without_none(value: Json) -> Json:
    return {name: part for name, part in value.items() if part is not None}


def _sale_path(sale_id: str) -> str:
    return f"/v1/sales/{quote(sale_id, safe='')}"


def _job_path(job: str) -> str:
    return f"/v1/print-jobs/{quote(job, safe='')}"
