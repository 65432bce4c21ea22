"""The OpenAPI 3.1 document of ``/v1`` and the JSON Schemas of its models, made of the models.

What stands in docs/contract is written by ``python -m sync_agent.contract``; a house test says that
it is equal to what this file makes.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from pydantic.json_schema import models_json_schema

from pos_plugin.version import __version__
from sync_agent.contract.yaml_text import yaml_text
from sync_agent.protocol import limits, messages
from sync_agent.protocol.rows import TABLES

if TYPE_CHECKING:
    from pydantic import BaseModel

DOCUMENT: Final = "openapi.yaml"
JSON: Final = "application/json"
_TEXT: Final[dict[str, Any]] = {"type": "string", "minLength": 1, "maxLength": 200}

EVERY: Final = {400: "invalid", 401: "unauthorized, revoked", 503: "busy, unavailable"}


@dataclass(frozen=True, slots=True)
class Call:
    """One endpoint.

    Args:
        method: lower case.
        path: with its parameters in braces.
        summary: what it is for.
        answer: model of the good answer, or its media type where it is none.
        question: model of the body, or its media type; None = no body.
        problems: status to the words of its problem documents, beside those of every call.
        query: parameters by name.
        minimum: a head office has to have it.
    """

    method: str
    path: str
    summary: str
    answer: type[BaseModel] | str
    question: type[BaseModel] | str | None = None
    problems: tuple[tuple[int, str], ...] = ()
    query: tuple[tuple[str, dict[str, Any], bool], ...] = ()
    minimum: bool = False


def _whole(low: int, high: int) -> dict[str, Any]:
    return {"type": "integer", "minimum": low, "maximum": high}


_SMALL: Final = (413, "too-large")
_OWN: Final = (403, "forbidden")
CALLS: Final = (
    Call(
        "post",
        "/v1/enrol",
        "A till shows its one-time code, without a token, and gets token and keys; five tries.",
        messages.EnrolAnswer,
        messages.EnrolRequest,
        ((403, "enrol-refused"), _SMALL),
        minimum=True,
    ),
    Call(
        "get",
        "/v1/head",
        "What there is to pull. With the capability held_head, a question with since is answered "
        "when the mark is another one, at the latest after wait_s.",
        messages.Head,
        query=(
            ("since", _TEXT, False),
            ("wait_s", _whole(0, limits.HOLD_S_MAX), False),
        ),
        minimum=True,
    ),
    Call(
        "get",
        "/v1/buckets/{bucket}/changes",
        "The page of a bucket behind a cursor, NDJSON: PageHeader, lines [op, table, log_seq, "
        "group, row], PageEnd. Never ends inside a group; at most 8 MiB.",
        messages.NDJSON,
        problems=(_OWN, (409, "must-refetch")),
        query=(
            ("after", _whole(0, 2**63 - 1), True),
            ("limit", _whole(1, limits.PAGE_ROWS_MAX), False),
        ),
        minimum=True,
    ),
    Call(
        "get",
        "/v1/blobs/{sha256}",
        "A rule package or image by the SHA-256 of its content; at most 8 MiB.",
        "application/octet-stream",
        problems=((404, "not-found"),),
    ),
    Call(
        "post",
        "/v1/tills/{till}/events",
        "Events of the own till, NDJSON: Event, or PrivateOf before one; ascending, of one epoch; "
        "at most 200 events and 1 MiB, or one event of 8 MiB. Repeating it has no further effect. "
        "With the capability gzip_uploads it may come with Content-Encoding: gzip, one member; the "
        "limits count unpacked bytes.",
        messages.EventsAnswer,
        messages.NDJSON,
        ((400, "invalid, not-an-event"), _OWN, (409, "gap, fork"), _SMALL),
        minimum=True,
    ),
    Call(
        "post",
        "/v1/tills/{till}/token",
        "A new token; the one in use dies at its first use.",
        messages.TokenAnswer,
        problems=(_OWN,),
    ),
    Call(
        "post",
        "/v1/tills/{till}/status",
        "How the own till is, at most 64 KiB; what head office and its backups hold of its events.",
        messages.StatusAnswer,
        messages.StatusReport,
        (_OWN, _SMALL),
    ),
    Call(
        "post",
        "/v1/customers/by-card",
        "Takes the owner of a card into the bucket of this shop; the rows come with its pages.",
        messages.ByCardAnswer,
        messages.ByCardRequest,
        ((404, "not-found"), _SMALL, (429, "too-many")),
    ),
    *(
        Call(
            "post",
            f"/v1/vouchers/{{voucher}}/{step}",
            summary,
            messages.ReserveAnswer,
            messages.ReserveRequest,
            ((404, "not-found"), (409, "voucher-taken"), _SMALL),
        )
        for step, summary in (
            ("reserve", "Holds a voucher, or a part of its value, for a sale; 15 minutes."),
            ("confirm", "The sale has spent it."),
            ("release", "The sale did not use it."),
        )
    ),
)

LINES: Final = (
    messages.PageHeader,
    messages.PageEnd,
    messages.Event,
    messages.PrivateOf,
    messages.Problem,
)
"""Models of NDJSON lines and of problem documents."""

_PLACE: Final = "#/components/schemas/{model}"


def openapi() -> dict[str, Any]:
    """Return the OpenAPI document."""
    models = {*LINES}
    for call in CALLS:
        models |= {one for one in (call.answer, call.question) if isinstance(one, type)}
    ordered = sorted(models, key=lambda model: model.__name__)
    wanted: list[tuple[Any, Literal["validation"]]] = [(model, "validation") for model in ordered]
    _, schemas = models_json_schema(wanted, ref_template=_PLACE)
    paths: dict[str, Any] = {}
    for call in CALLS:
        paths.setdefault(call.path, {})[call.method] = _operation(call)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "stammkunde: till and head office",
            "version": __version__,
            "description": "Any head office that answers like this can serve tills. Minimum: "
            + ", ".join(call.path for call in CALLS if call.minimum)
            + ". Changes are additive: unknown fields are kept or passed over, never refused. "
            "Check one with: stammkunde contract check URL.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {
            "schemas": schemas["$defs"],
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def contract_texts() -> dict[str, str]:
    """Return every file below docs/contract that is made of the models: name to text."""
    texts = {DOCUMENT: yaml_text(openapi())}
    for call in CALLS:
        for model in (call.answer, call.question):
            if isinstance(model, type):
                texts[f"messages/{model.__name__}.json"] = _json(model.model_json_schema())
    for model in LINES:
        texts[f"messages/{model.__name__}.json"] = _json(model.model_json_schema())
    for table in TABLES.values():
        schema = table.row.json_schema()
        texts[f"rows/{table.name}.json"] = _json({**schema, "x-key": list(table.key)})
    return texts


def _operation(call: Call) -> dict[str, Any]:
    words = {**EVERY, **dict(call.problems)}
    if call.path == "/v1/enrol":
        del words[401]
    operation: dict[str, Any] = {
        "operationId": "_".join(part.strip("{}") for part in call.path.split("/")[2:]),
        "summary": call.summary,
        "security": [] if call.path == "/v1/enrol" else [{"token": []}],
        "parameters": [
            {"name": part[1:-1], "in": "path", "required": True, "schema": _path_schema(part)}
            for part in call.path.split("/")
            if part.startswith("{")
        ]
        + [
            {"name": name, "in": "query", "required": required, "schema": schema}
            for name, schema, required in call.query
        ],
        "responses": {"200": {"description": "Good", "content": _content(call.answer)}}
        | {
            str(status): {
                "description": f"Problem: {words[status]}",
                "content": {messages.PROBLEM_JSON: {"schema": _reference(messages.Problem)}},
            }
            for status in sorted(words)
        },
    }
    if call.question is not None:
        operation["requestBody"] = {"required": True, "content": _content(call.question)}
    return operation


def _path_schema(part: str) -> dict[str, Any]:
    return {"type": "string", "pattern": "^[0-9a-f]{64}$"} if part == "{sha256}" else _TEXT


def _content(of: type[BaseModel] | str) -> dict[str, Any]:
    if isinstance(of, str):
        return {of: {"schema": {"type": "string"}}}
    return {JSON: {"schema": _reference(of)}}


def _reference(model: type[BaseModel]) -> dict[str, str]:
    return {"$ref": _PLACE.format(model=model.__name__)}


def _json(schema: dict[str, Any]) -> str:
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"
