"""The bodies of the events as JSON Schemas (2020-12), for whoever builds a head office."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from sync_agent.event_bodies import BODIES, SCHEMA

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sync_agent.event_bodies.parts import Head

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"


def schema_texts() -> Mapping[str, str]:
    """Return the text of every file by its name, ``<kind>.<schema>.json``."""
    return {f"{kind}.{SCHEMA}.json": _text(kind, body) for kind, body in BODIES.items()}


def _text(kind: str, body: type[Head]) -> str:
    schema = {
        "$schema": DIALECT,
        "$id": f"urn:stammkunde:event:{kind}:{SCHEMA}",
        **_open(body.model_json_schema()),
    }
    return json.dumps(schema, indent=1, ensure_ascii=False) + "\n"


def _open(value: Any) -> Any:  # noqa: ANN401 - a JSON value
    """Let readers pass over what a later version adds; drop titles, which only repeat names."""
    if isinstance(value, dict):
        return {
            key: _open(below)
            for key, below in value.items()
            if key != "additionalProperties" and not (key == "title" and isinstance(below, str))
        }
    return [_open(below) for below in value] if isinstance(value, list) else value
