"""docs/contract/events says what the bodies of the events are, and events are held to it."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema_rs
import pytest
from events_written import fault_of

from sync_agent.event_bodies import BODIES
from sync_agent.event_bodies.documents import schema_texts

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "contract" / "events"

HEAD = {"shop": "001", "till": "3", "business_on": "2026-03-07"}
CANCELLED = {**HEAD, "rental": "R1", "reason": None}


def test_committed_schemas_are_those_of_the_code() -> None:
    committed = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.iterdir()}
    assert committed == schema_texts(), "run `python -m sync_agent.event_bodies`"


@pytest.mark.parametrize("kind", BODIES)
def test_every_schema_is_one(kind: str) -> None:
    schema = json.loads(schema_texts()[f"{kind}.1.json"])
    jsonschema_rs.Draft202012Validator(schema)
    assert schema["description"], "the body says what happened"


def test_a_reader_passes_over_what_it_does_not_know() -> None:
    schema = json.loads(schema_texts()["rental_cancelled.1.json"])
    assert jsonschema_rs.is_valid(schema, {**CANCELLED, "later": 1})
    assert not jsonschema_rs.is_valid(schema, {**CANCELLED, "rental": 7})


def test_an_event_that_nobody_described_is_found() -> None:
    assert fault_of({"kind": "rental_cancelled", "body": CANCELLED}) is None
    assert "later" in str(fault_of({"kind": "rental_cancelled", "body": {**CANCELLED, "later": 1}}))
    assert "describe it" in str(fault_of({"kind": "tea_was_made", "body": HEAD}))
