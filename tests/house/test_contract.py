"""The committed OpenAPI document is what the service serves, and it names every call."""

from __future__ import annotations

import json
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from contract_check import COMMITTED, check_value
from till_builder import TillBuilder

from pos_plugin.service.app import create_app
from pos_plugin.service.contract.document import document_text
from pos_plugin.service.desk import Desk
from pos_plugin.service.problems import PROBLEMS

if TYPE_CHECKING:
    from pathlib import Path

COMMAND = "python -m pos_plugin.service.contract > docs/contract/till-openapi.json"


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> str:
    till = TillBuilder(tmp_path_factory.mktemp("contract") / "till")
    with till.open() as plugin, closing(Desk(plugin)) as desk:
        return document_text(create_app(desk, port=1, token="-"))


def test_committed_document_is_what_is_served(served: str) -> None:
    assert COMMITTED.read_text(encoding="utf-8") == served, f"the contract changed: {COMMAND}"


def test_another_document_is_seen(served: str, tmp_path: Path) -> None:
    changed = tmp_path / "document.json"
    changed.write_text(served.replace('"late"', '"tardy"'), encoding="utf-8")
    assert changed.read_text(encoding="utf-8") != served


def test_every_call_says_what_it_takes_and_answers(served: str) -> None:
    document = json.loads(served)
    assert document["openapi"].startswith("3.1")
    names = []
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            where = f"{method} {path}: describe the call (pos_plugin/service/contract/calls.py)"
            names.append(operation["operationId"])
            assert operation["summary"], where
            assert operation["responses"]["200"]["content"], where
            assert {"401", "403", "500"} <= set(operation["responses"]), where
    assert len(names) == len(set(names)), "two calls have one operationId"


def test_every_reference_leads_somewhere(served: str) -> None:
    document = json.loads(served)
    schemas = document["components"]["schemas"]
    missing = {
        one.rpartition("/")[2]
        for one in references(document)
        if one.rpartition("/")[2] not in schemas
    }
    assert not missing, f"the document has no {sorted(missing)}"


def references(value: Any) -> list[str]:
    if isinstance(value, list):
        return [one for part in value for one in references(part)]
    if not isinstance(value, dict):
        return []
    own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
    return own + [one for part in value.values() for one in references(part)]


def test_every_problem_is_promised_by_some_call(served: str) -> None:
    document = json.loads(served)
    promised = {
        code
        for operations in document["paths"].values()
        for operation in operations.values()
        for answer in operation["responses"].values()
        for content in answer["content"].values()
        for part in content.get("schema", {}).get("allOf", ())
        for code in part.get("properties", {}).get("code", {}).get("enum", ())
    }
    # Said of addresses that no call has.
    assert set(PROBLEMS) - promised == {"method_not_allowed"}


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"sale_id": "1", "state": "suspended", "more": 1}, "does not name all of this"),
        ({"sale_id": "1"}, "state"),
        ({"sale_id": "1", "state": "lost"}, "state"),
    ],
)
def test_an_answer_beyond_the_document_is_seen(value: dict[str, Any], message: str) -> None:
    with pytest.raises((AssertionError, ValueError), match=message):
        check_value(value, {"$ref": "#/components/schemas/SaleState"})
