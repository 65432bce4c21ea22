"""docs/contract/events says what the bodies of the events are, and events are held to it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import jsonschema_rs
import pytest
from events_written import fault_of

from sync_agent.event_bodies import BODIES, INSIDE
from sync_agent.event_bodies.documents import schema_texts

if TYPE_CHECKING:
    from collections.abc import Mapping

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "contract" / "events"

HEAD = {"shop": "001", "till": "3", "generation": 4, "offline": False, "business_on": "2026-03-07"}
CANCELLED = {**HEAD, "rental": "R1", "reason": None}


def test_committed_schemas_are_those_of_the_code() -> None:
    committed = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.iterdir()}
    assert committed == schema_texts(), "run `python -m sync_agent.event_bodies`"


@pytest.mark.parametrize("kind", BODIES)
def test_every_schema_is_one(kind: str) -> None:
    schema = json.loads(schema_texts()[f"{kind}.1.json"])
    jsonschema_rs.Draft202012Validator(schema)
    assert schema["description"], "the body says what happened"


def fields_missing(inside: Mapping[str, tuple[str, ...]]) -> list[str]:
    """Fields that are to say what has no event of its own, and that no body has."""
    places = [(place, *place.split(".")) for places in inside.values() for place in places]
    return [
        place
        for place, kind, field in places
        if field not in json.loads(schema_texts()[f"{kind}.1.json"])["properties"]
    ]


def test_what_has_no_event_of_its_own_stands_in_another() -> None:
    assert INSIDE.keys().isdisjoint(BODIES)
    assert not fields_missing(INSIDE)
    page = (FOLDER.parents[1] / "http.md").read_text(encoding="utf-8")
    unsaid = [kind for kind in INSIDE if f"`{kind}`" not in page]
    assert not unsaid, f"docs/http.md does not say where {unsaid} stand"


def test_a_field_that_no_body_has_is_found() -> None:
    wrong = {"voucher_issued": ("sale_completed.presents",)}
    assert fields_missing(wrong) == ["sale_completed.presents"]


def test_a_reader_passes_over_what_it_does_not_know() -> None:
    schema = json.loads(schema_texts()["rental_cancelled.1.json"])
    assert jsonschema_rs.is_valid(schema, {**CANCELLED, "later": 1})
    assert not jsonschema_rs.is_valid(schema, {**CANCELLED, "rental": 7})


def test_an_event_that_nobody_described_is_found() -> None:
    assert fault_of({"kind": "rental_cancelled", "body": CANCELLED}) is None
    assert "later" in str(fault_of({"kind": "rental_cancelled", "body": {**CANCELLED, "later": 1}}))
    assert "describe it" in str(fault_of({"kind": "tea_was_made", "body": HEAD}))
