"""Holds every answer of a till to the committed document: no status, field or word beyond it."""

from __future__ import annotations

import functools
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter

from pos_plugin.service.contract.document import shape

if TYPE_CHECKING:
    import httpx

COMMITTED = Path(__file__).resolve().parents[2] / "docs" / "contract" / "till-openapi.json"


@functools.cache
def committed() -> dict[str, Any]:
    """The document as it is committed."""
    found: dict[str, Any] = json.loads(COMMITTED.read_text(encoding="utf-8"))
    return found


def operation(method: str, path: str) -> dict[str, Any]:
    """What the document says of a call."""
    for template, operations in committed()["paths"].items():
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path):
            found: dict[str, Any] = operations[method.lower()]
            return found
    raise AssertionError(f"the document has no {method} {path}")


def check(response: httpx.Response) -> None:
    """Fail where an answer is not what the document promises."""
    response.read()
    request = response.request
    answers = operation(request.method, request.url.path)["responses"]
    promised = answers.get(str(response.status_code))
    assert promised, f"{request.method} {request.url.path} never answers {response.status_code}"
    media_type = response.headers["content-type"].partition(";")[0]
    assert media_type in promised["content"], f"{media_type} is not promised"
    if media_type.endswith("json"):
        check_value(response.json(), promised["content"][media_type]["schema"])


def check_value(value: Any, schema: dict[str, Any]) -> None:
    """Fail where a value has a field that its model does not name, or lacks one that it names."""
    for part in schema.get("allOf", [schema]):
        if "$ref" not in part:
            codes = part["properties"]["code"]["enum"]
            assert value["code"] in codes, f"{value['code']} is not among {codes}"
            continue
        name = part["$ref"].rpartition("/")[2]
        if name == "OpenApi":
            continue
        adapter: TypeAdapter[Any] = TypeAdapter(shape(name))
        known = adapter.dump_python(adapter.validate_python(value), exclude_unset=True)
        assert known == value, f"{name} does not name all of this"
