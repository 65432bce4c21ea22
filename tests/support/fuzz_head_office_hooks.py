"""For schemathesis against head office: half of the calls ask for what is there."""

from __future__ import annotations

import json
from typing import Any
from zlib import crc32

import schemathesis

KNOWN = {"till": "3", "bucket": "shop:001", "voucher": "MOTIV-2026-1"}


@schemathesis.serializer("application/x-ndjson")
def lines(context: Any, value: Any) -> bytes:  # noqa: ARG001 - the names are schemathesis's
    """Lines go out as they are."""
    return value if isinstance(value, bytes) else str(value).encode(errors="replace")


@schemathesis.hook
def map_path_parameters(
    context: schemathesis.HookContext,  # noqa: ARG001 - the names are schemathesis's
    path_parameters: dict[str, Any] | None,
) -> dict[str, Any] | None:
    for name, value in (path_parameters or {}).items():
        if name in KNOWN and crc32(repr(value).encode()) % 2:
            (path_parameters or {})[name] = KNOWN[name]
    return path_parameters


@schemathesis.hook
def map_body(context: schemathesis.HookContext, body: Any) -> Any:
    """Whole numbers have no point; every other text for ``events`` is an event, of some number."""
    if context.operation.path != "/v1/tills/{till}/events" or not isinstance(body, str):
        return whole(body)
    number = crc32(body.encode(errors="replace"))
    if number % 2:
        return body
    event = {
        "epoch": number % 3,
        "seq": number % 5 + 1,
        "uid": f"{number:032x}",
        "kind": "customer_changed" if number % 4 else "fuzzed",
        "schema": 1,
        "occurred_at": "2026-03-07T12:00:00Z",
        "touches": ["K1"],
        "body": {"customer": "K1", "changes": [], "private": "0" * 64, "text": body},
    }
    return json.dumps(event)


def whole(value: Any) -> Any:
    if isinstance(value, list):
        return [whole(part) for part in value]
    if isinstance(value, dict):
        return {name: whole(part) for name, part in value.items()}
    return int(value) if isinstance(value, float) and value.is_integer() else value
