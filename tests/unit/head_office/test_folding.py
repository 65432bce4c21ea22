"""However events are cut into batches, head office has the same in the end."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest
from head_office_site import ANNA, ARTICLE, PROGRAM, Site
from sqlalchemy import select
from till_events import batch, sale_event

from head_office.intake import events, folding
from head_office.storage import (
    balance,
    bucket_row,
    counter_day,
    ledger_entry,
    quarantine,
    receipt,
    receipt_line,
    till_epoch,
    till_event,
)
from pos_plugin.limits import INT64_MAX

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from head_office.sources import Source
    from sync_agent.protocol.messages import Entry

TABLES = (
    balance, counter_day, ledger_entry, quarantine, receipt, receipt_line, till_epoch, till_event
)  # fmt: skip
CUSTOMERS = [{**ANNA, "id": f"K{number}"} for number in range(1, 5)]
WHEN = {"as_of", "received_at", "recorded_at"}
SEEDS = range(2)


def day_entries(seq: int, customer: str) -> list[dict[str, Any]]:
    return [
        {"customer": customer, "key": f"history:receipts_365d:2026-03-{seq % 3 + 1:02}", "delta": 1}
    ]


def some_events(seed: int) -> list[bytes]:
    """Sales of four customers: some come twice, one nobody understands, one leaves the range."""
    rng = random.Random(seed)  # noqa: S311 - draws cases, keeps no secret
    lines = [
        sale_event(1, customer="K1", points=INT64_MAX),
        beyond_the_range(2),
        sale_event(3, customer="K4"),
        sale_event(4, customer="K4", schema=999),
        sale_event(5, customer="K4"),
    ]
    for seq in range(6, 16):
        customer = rng.choice(["K2", "K3"])
        kind = rng.choice(["plain", "days", "again"])
        if kind == "days":
            body = {"shop": "001", "entries": day_entries(seq, customer)}
            lines.append(sale_event(seq, customer=customer, kind="rental_returned", body=body))
        elif kind == "again":
            lines.append(sale_event(seq, customer="K2", uid=f"{77:032x}"))
        else:
            lines.append(sale_event(seq, customer=customer, points=rng.randrange(1, 50)))
    return lines


def taken(folder: Path, batches: Sequence[Sequence[bytes]]) -> dict[str, list[str]]:
    """What the tables hold after these batches, without the instants of arrival."""
    folder.mkdir()
    site = Site(folder)
    site.load(article=[ARTICLE], program=[PROGRAM], customer=CUSTOMERS)
    found: dict[str, list[str]] = {}
    with site.database() as database:
        for lines in batches:
            events.take_batch(database, till="3", body=batch(*lines), now=site.clock.now())
        with database.read() as connection:
            for table in TABLES:
                columns = [column for column in table.c if column.name not in WHEN]
                found[table.name] = sorted(map(repr, connection.execute(select(*columns))))
            keys = select(bucket_row.c.table_name, bucket_row.c.row_key, bucket_row.c.op)
            found["log"] = sorted(map(repr, connection.execute(keys)))
    return found


def cut(lines: list[bytes], seed: int) -> list[list[bytes]]:
    rng = random.Random(seed)  # noqa: S311 - draws cases, keeps no secret
    batches: list[list[bytes]] = [[]]
    for line in lines:
        if batches[-1] and rng.random() < 0.3:
            batches.append([])
        batches[-1].append(line)
    return batches


@pytest.mark.parametrize("seed", SEEDS)
def test_batches_of_any_size_leave_the_same(tmp_path: Path, seed: int) -> None:
    lines = some_events(seed)
    one_by_one = taken(tmp_path / "one", [[line] for line in lines])
    assert any("leaves the 64-bit range" in row for row in one_by_one["till_event"])
    assert taken(tmp_path / "all", [lines]) == one_by_one
    assert taken(tmp_path / "some", cut(lines, seed)) == one_by_one


class Hasty(folding.Folding):
    """The control: each entry is kept before the next one of its event is looked at."""

    def take(self, entries: Iterable[Entry], *, source: Source, counts: bool) -> None:
        for entry in entries:
            super().take([entry], source=source, counts=counts)


def test_a_fold_that_keeps_half_an_event_is_caught(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = some_events(0)
    right = taken(tmp_path / "right", [lines])
    monkeypatch.setattr("head_office.intake.booking.Folding", Hasty)
    assert taken(tmp_path / "hasty", [lines])["balance"] != right["balance"]


def beyond_the_range(seq: int) -> bytes:
    """An event whose counter fits and whose points do not."""
    uid = f"{seq:032x}"
    entries = [
        {"customer": "K1", "key": "uses:HOSEN20", "delta": 1},
        {"customer": "K1", "key": "points", "delta": INT64_MAX},
    ]
    row = {
        "id": f"{uid}:0", "customer": "K1", "program": "points", "kind": "earn",
        "delta": INT64_MAX, "lot": f"{uid}:0", "matures_on": "2026-03-07", "expires_on": None,
    }  # fmt: skip
    body = {"shop": "001", "entries": entries, "ledger": [row]}
    return sale_event(seq, customer="K1", uid=uid, kind="rental_returned", body=body)
