"""Tills that send what no till would: refused or quarantined, and other tills stay untouched."""

from __future__ import annotations

import json
import os
import secrets
import threading
from typing import TYPE_CHECKING, Any

import pytest
from head_office_site import ANNA, ARTICLE, PERCENT_20, PROGRAM, Site, caller
from sqlalchemy import func, select
from till_events import batch, sale_event

from head_office.intake import events as taking
from head_office.storage import balance, receipt, till_event
from sync_agent.protocol.limits import BATCH_EVENTS_MAX

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import httpx

FLOOD = int(os.environ.get("STAMMKUNDE_FLOOD_EVENTS", "1000"))
"""Events of one till in the flood, in whole batches; 10^5 in ``make soak``."""
FLOOD_MAX = FLOOD + 20_000  # it goes on until the other till is answered
INT64_MAX = 2**63 - 1


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path)
    site.publish(PERCENT_20)
    site.load(
        article=[ARTICLE], program=[PROGRAM], customer=[ANNA, {**ANNA, "id": "K2", "number": "2"}]
    )
    with site.served() as url:
        site.url = url
        for till in ("3", "4"):
            site.add_till(till)
        yield site


def send(site: Site, till: str, *lines: bytes, of: str | None = None) -> httpx.Response:
    with caller(site.url, site.keys(till)["till_token"]) as client:
        return client.post(f"/v1/tills/{of or till}/events", content=batch(*lines))


def good_sale_of_the_other_till(site: Site) -> None:
    """The other till goes on as if nothing was."""
    answer = send(site, "4", sale_event(1, customer="K2", uid=secrets.token_hex(16)))
    assert answer.json()["acked_seq"] == 1
    assert points(site, "K2") == 10


def points(site: Site, customer: str) -> int:
    with site.database() as database, database.read() as connection:
        here = (balance.c.customer == customer) & (balance.c.account == "points")
        return int(connection.execute(select(balance.c.value).where(here)).scalar() or 0)


def counted(site: Site, till: str) -> int:
    with site.database() as database, database.read() as connection:
        mine = select(func.count()).select_from(till_event).where(till_event.c.till == till)
        return int(connection.execute(mine).scalar_one())


def changed(**parts: Any) -> bytes:
    """A sale with some of its body replaced, places named as ``receipt.total_minor``."""
    event = json.loads(sale_event(1))
    for place, value in parts.items():
        inner: Any = event
        *way, last = place.split("__")
        for step in way:
            inner = inner[int(step)] if isinstance(inner, list) else inner[step]
        inner[last] = value
    return json.dumps(event).encode()


@pytest.mark.parametrize(
    "line",
    [
        changed(occurred_at="2099-12-31T23:59:59Z"),
        changed(occurred_at="9999-12-31T23:59:59-14:00"),
        changed(occurred_at="0001-01-01T00:00:00+14:00"),
        changed(body__receipt__total_minor=INT64_MAX),
        changed(body__receipt__gross_minor=-INT64_MAX),
        changed(body__receipt__total_minor=2**70),
        changed(body__receipt__total_minor=1e300),
        changed(body__entries=[{"customer": "K1", "key": "points", "delta": INT64_MAX}]),
        changed(body__entries=[{"customer": "K1", "key": "points", "delta": 2**200}]),
        changed(body__receipt__sale_id="\u0000" * 10),
        changed(body__receipt__sale_id="\ud800"),
        changed(kind="k" * 200, schema=999),
        changed(body__lines="no list"),
        changed(body__lines=[{}] * 5_000),
        changed(touches=["K1"] * 100),
        changed(body={"a": [[[[[[]]]]]] * 1_000}),
    ],
)
def test_absurd_event_is_taken_or_refused_and_nobody_else_notices(site: Site, line: bytes) -> None:
    answer = send(site, "3", line)
    assert answer.status_code in (200, 400), answer.text
    assert abs(points(site, "K1")) <= INT64_MAX
    # It can be repeated with the same answer: no till waits for ever.
    again = send(site, "3", line)
    assert (again.status_code, again.content) == (answer.status_code, answer.content)
    good_sale_of_the_other_till(site)


def test_till_cannot_write_for_another_one(site: Site) -> None:
    answer = send(site, "3", sale_event(1), of="4")
    assert answer.status_code == 403
    assert counted(site, "4") == 0
    # The control: without the look at the token the same bytes count for the other till.
    with site.database() as database:
        taking.take_batch(database, till="4", body=batch(sale_event(1)), now=site.clock.now())
    assert counted(site, "4") == 1


def test_flood_of_one_till_keeps_no_other_one_waiting(site: Site) -> None:
    answered = threading.Event()
    begun = threading.Event()
    sent = 0

    def flood() -> None:
        nonlocal sent
        while sent < FLOOD or (not answered.is_set() and sent < FLOOD_MAX):
            lines = [
                sale_event(sent + number + 1, customer=None) for number in range(BATCH_EVENTS_MAX)
            ]
            assert send(site, "3", *lines).status_code == 200
            sent += len(lines)
            begun.set()

    thread = threading.Thread(target=flood)
    thread.start()
    try:
        assert begun.wait(60)
        good_sale_of_the_other_till(site)
        before_the_end = sent < FLOOD_MAX
    finally:
        answered.set()
        thread.join()
    assert before_the_end, "the other till was answered only when the flood was over"
    assert counted(site, "3") == sent >= FLOOD
    with site.database() as database, database.read() as connection:
        number = connection.execute(select(func.count()).select_from(receipt)).scalar_one()
    assert number == sent + 1
