"""What two tills without a network give out on approval beyond a customer's limit is noted."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from head_office_site import ANNA, Site

from head_office.intake import events
from head_office.intake.exceptions import noted
from pos_plugin.clock import SystemClock

if TYPE_CHECKING:
    from pathlib import Path

LIMIT_MINOR = 30_000


@pytest.fixture
def site(tmp_path: Path) -> Site:
    site = Site(tmp_path)
    site.load(customer=[{**ANNA, "limit_left_minor": LIMIT_MINOR}])
    for till in ("3", "4"):
        site.add_till(till)
    return site


def told(kind: str, seq: int, approval: str, price_minor: int, state: str = "open") -> bytes:
    line = {
        "line_id": "1",
        "sku": "4711",
        "quantity_milli": 1000,
        "price_at_issue_minor": price_minor,
        "state": state,
    }
    event: dict[str, Any] = {
        "epoch": 1,
        "seq": seq,
        "uid": str(uuid.uuid4()),
        "kind": kind,
        "schema": 1,
        "occurred_at": f"2026-03-07T12:00:{seq:02}Z",
        "touches": ["K1"],
        "body": {"customer": "K1", "cashier": "17", "approval": approval, "lines": [line]},
    }
    return json.dumps(event).encode()


def send(site: Site, till: str, *lines: bytes) -> None:
    with site.database() as database:
        for line in lines:
            events.take_batch(database, till=till, body=line + b"\n", now=SystemClock().now())


def exceptions(site: Site) -> list[tuple[str, str | None, str, str]]:
    with site.database() as database, database.read() as connection:
        return [(one.kind, one.customer, one.till, one.other_till) for one in noted(connection)]


@pytest.mark.capability("K7")
def test_what_two_tills_gave_out_beyond_the_limit_is_noted_once(site: Site) -> None:
    line = told("approval_issued", 1, "4-1", 20_000)
    send(site, "3", told("approval_issued", 1, "3-1", 20_000))
    send(site, "4", line, line)
    assert exceptions(site) == [("approval_over_limit", "K1", "4", "3")]


def test_what_lies_within_the_limit_is_not_noted(site: Site) -> None:
    send(site, "3", told("approval_issued", 1, "3-1", 20_000))
    send(site, "4", told("approval_issued", 1, "4-1", 10_000))
    assert exceptions(site) == []


def test_what_came_back_counts_no_more(site: Site) -> None:
    send(
        site,
        "3",
        told("approval_issued", 1, "3-1", 20_000),
        told("approval_line_returned", 2, "3-1", 20_000, "returned"),
    )
    send(site, "4", told("approval_issued", 1, "4-1", 20_000))
    assert exceptions(site) == []


def test_one_till_alone_knew_what_it_did(site: Site) -> None:
    send(site, "3", told("approval_issued", 1, "3-1", 40_000))
    assert exceptions(site) == []


def test_pieces_that_no_till_writes_wait(site: Site) -> None:
    broken = json.loads(told("approval_issued", 1, "3-1", 1))
    broken["body"]["lines"][0]["price_at_issue_minor"] = -1
    send(site, "3", json.dumps(broken).encode())
    assert exceptions(site) == []
