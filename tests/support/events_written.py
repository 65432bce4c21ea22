"""Every event that a test let a till write is what the contract of events says.

Loaded with every test (``pytest_plugins``): when one ends, the journals in its folder are read and
each event is held to ``sync_agent.event_bodies``.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import apsw
import pytest
from pydantic import ValidationError

from sync_agent.event_bodies import BODIES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(autouse=True)
def events_are_as_described(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail the test whose till wrote an event that nobody described."""
    yield
    folder = request.node.funcargs.get("tmp_path") if hasattr(request.node, "funcargs") else None
    if folder is not None:
        faults = [fault for path in folder.rglob("journal.db") for fault in faults_of(path)]
        assert not faults, "\n".join(faults)


def faults_of(journal: Path) -> list[str]:
    """Return what is wrong with the events of a journal; a damaged file says nothing."""
    try:
        connection = apsw.Connection(str(journal), flags=apsw.SQLITE_OPEN_READONLY)
        try:
            lines = [
                line for (line,) in connection.execute("SELECT line FROM event WHERE line <> x''")
            ]
        finally:
            connection.close()
    except apsw.Error:
        return []
    return [fault for line in lines if (fault := fault_of(json.loads(line))) is not None]


def fault_of(event: dict[str, Any]) -> str | None:
    """Return why an event is not as described; None when it is."""
    body = BODIES.get(event["kind"])
    if body is None:
        return f"{event['kind']}: describe it in sync_agent/event_bodies"
    try:
        body.model_validate(event["body"])
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(step) for step in first["loc"])
        return f"{event['kind']}: {place}: {first['msg']} (sync_agent/event_bodies)"
    return None
