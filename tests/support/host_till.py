"""A till whose host owns the printer, and the two ways in which a host asks it."""

from __future__ import annotations

import json
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any, Final, Protocol

import apsw
from served_till import served
from till_builder import TillBuilder

from pos_plugin.notices import Refused

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import httpx

    from pos_plugin import Plugin

ALL_BACK: Final[Mapping[str, Any]] = {
    "return_id": "R1",
    "lines": [{"line_id": "1", "quantity_milli": 1000}],
}


def host_till(folder: Path, **settings: Any) -> TillBuilder:
    """A till that gives a voucher for every sale to its one customer, and prints by its host."""
    till = TillBuilder(folder)
    lines = ['[[printer]]\nname = "bon"\ntransport = "host"\n']
    lines += [f"{name} = {json.dumps(value)}\n" for name, value in settings.items()]
    with till.config_path.open("a", encoding="utf-8") as config:
        config.writelines(lines)
    till.article("4711", 7999)
    till.voucher_type()
    till.trigger(segment=None)
    return till


def snapshot(sale_id: str, **facts: Any) -> dict[str, Any]:
    """A basket of the customer ``K<sale_id>``: nobody gets the same voucher twice."""
    return {
        "sale_id": sale_id,
        "at": "2026-03-07T12:00:00+01:00",
        "customer": {"id": f"K{sale_id}"},
        "lines": [
            {"line_id": "1", "sku": "4711", "quantity_milli": 1000, "unit_price_minor": 7999}
        ],
        **facts,
    }


def print_effect(answer: dict[str, Any]) -> dict[str, Any]:
    """The effect of an answer that says what is to be printed for this very call.

    Behind it may stand what was not ready for earlier answers.
    """
    return next(one for one in answer["effects"] if one["kind"] == "print")


class HostSide(Protocol):
    """What a host asks a till; a refusal comes back as ``{"refused": code}``."""

    def sell(self, sale_id: str, **facts: Any) -> dict[str, Any]: ...
    def evaluate(self, sale_id: str) -> dict[str, Any]: ...
    def void(self, sale_id: str) -> dict[str, Any]: ...
    def bring_back(self, sale_id: str) -> dict[str, Any]: ...
    def job(self, job: str) -> dict[str, Any]: ...
    def result(self, job: str, attempt: int, result: str) -> dict[str, Any]: ...
    def choose(self, job: str, choice: str, **body: Any) -> dict[str, Any]: ...
    def notices(self) -> list[dict[str, Any]]: ...
    def acknowledge(self, notice: str, **body: Any) -> dict[str, Any]: ...


class PythonSide:
    """A host in Python."""

    def __init__(self, plugin: Plugin) -> None:
        self._plugin = plugin

    def sell(self, sale_id: str, **facts: Any) -> dict[str, Any]:
        receipt = self._plugin.sales.complete(
            sale_id, {"total_minor": 7999}, snapshot=snapshot(sale_id, **facts)
        )
        return _plain(receipt if isinstance(receipt, Refused) else receipt.to_dict())

    def evaluate(self, sale_id: str) -> dict[str, Any]:
        return _plain(self._plugin.sales.evaluate(snapshot(sale_id)).to_dict())

    def void(self, sale_id: str) -> dict[str, Any]:
        receipt = self._plugin.sales.void(sale_id, {})
        return _plain(receipt if isinstance(receipt, Refused) else receipt.to_dict())

    def bring_back(self, sale_id: str) -> dict[str, Any]:
        receipt = self._plugin.sales.return_items(sale_id, ALL_BACK)
        return _plain(receipt if isinstance(receipt, Refused) else receipt.to_dict())

    def job(self, job: str) -> dict[str, Any]:
        return _plain(self._plugin.prints.job(job) or {"refused": "print_job_unknown"})

    def result(self, job: str, attempt: int, result: str) -> dict[str, Any]:
        return _plain(self._plugin.prints.result(job, attempt, result))

    def choose(self, job: str, choice: str, **body: Any) -> dict[str, Any]:
        return _plain(getattr(self._plugin.prints, choice.replace("-", "_"))(job, **body))

    def notices(self) -> list[dict[str, Any]]:
        return [one.to_dict("de") for one in self._plugin.prints.notices()]

    def acknowledge(self, notice: str, **body: Any) -> dict[str, Any]:
        return _plain(self._plugin.prints.acknowledge(notice, **body))


class JsonSide:
    """A host in any other language."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    def sell(self, sale_id: str, **facts: Any) -> dict[str, Any]:
        body = {"total_minor": 7999, "sale": snapshot(sale_id, **facts)}
        return self._ask("POST", f"sales/{sale_id}/complete", body)

    def evaluate(self, sale_id: str) -> dict[str, Any]:
        return self._ask("PUT", f"sales/{sale_id}", snapshot(sale_id))

    def void(self, sale_id: str) -> dict[str, Any]:
        return self._ask("POST", f"sales/{sale_id}/void", {})

    def bring_back(self, sale_id: str) -> dict[str, Any]:
        return self._ask("POST", f"sales/{sale_id}/return", ALL_BACK)

    def job(self, job: str) -> dict[str, Any]:
        return self._ask("GET", f"print-jobs/{job}")

    def result(self, job: str, attempt: int, result: str) -> dict[str, Any]:
        return self._ask("POST", f"print-jobs/{job}/result", {"attempt": attempt, "result": result})

    def choose(self, job: str, choice: str, **body: Any) -> dict[str, Any]:
        return self._ask("POST", f"print-jobs/{job}/{choice}", body)

    def notices(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._ask("GET", "notices")["notices"]
        return found

    def acknowledge(self, notice: str, **body: Any) -> dict[str, Any]:
        return self._ask("POST", f"notices/{notice}/acknowledge", body)

    def _ask(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        answer = self._client.request(method, f"/v1/{path}", json=body)
        value: dict[str, Any] = answer.json()
        if answer.status_code == 200:
            return value
        code = "print_job_unknown" if value["code"] == "not_found" else value["code"]
        return {"refused": code}


def _plain(answer: Any) -> dict[str, Any]:
    if isinstance(answer, Refused):
        return {"refused": answer.code.value}
    value = dict(answer)
    if "notice" in value:
        value["text"] = value.pop("notice").text("de")
        value["pages"] = value.pop("page_count")
    return value


@contextmanager
def asked_in_python(till: TillBuilder) -> Iterator[tuple[HostSide, Plugin]]:
    """Open a till for a host in Python."""
    with till.open() as plugin:
        yield PythonSide(plugin), plugin


@contextmanager
def asked_in_json(till: TillBuilder) -> Iterator[tuple[HostSide, Plugin]]:
    """Serve a till for a host of any language."""
    with served(till) as served_till, served_till.client() as client:
        yield JsonSide(client), served_till.plugin


def read_journal(till: TillBuilder, question: str) -> list[Any]:
    """Rows of the journal, also while this very process has it open.

    By the same library as the till's: a second one in the process would let go of its locks.
    """
    flags = apsw.SQLITE_OPEN_READONLY
    with closing(apsw.Connection(str(till.data_dir / "journal.db"), flags=flags)) as journal:
        return journal.execute(question).fetchall()


def events_of(till: TillBuilder, *kinds: str) -> list[dict[str, Any]]:
    """The bodies of the events of these kinds, in order, with their kind."""
    rows = read_journal(till, "SELECT kind, line FROM event ORDER BY seq")
    return [{"event": kind, **json.loads(line)["body"]} for kind, line in rows if kind in kinds]
