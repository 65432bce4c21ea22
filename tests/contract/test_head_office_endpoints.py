"""The endpoints of ``/v1`` over real HTTP: what any head office must do (sync.md §5)."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import pytest
from head_office_site import ANNA, ARTICLE, PERCENT_20, PROGRAM, Site, caller
from sqlalchemy import func, select
from till_events import EPOCH, batch, sale_event

from head_office.intake.events import retry, take_batch
from head_office.storage import (
    balance,
    ledger_entry,
    receipt,
    receipt_line,
    till_event,
    voucher,
)
from sync_agent.protocol.limits import BATCH_BYTES_MAX, BATCH_EVENTS_MAX, EVENT_BYTES_MAX
from sync_agent.protocol.pages import Page, parse_page

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import httpx

BUCKET = "shop:001"
EVENTS = "/v1/tills/3/events"


@pytest.fixture
def site(tmp_path: Path) -> Site:
    site = Site(tmp_path)
    site.add_till("3")
    site.publish(PERCENT_20)
    site.load(article=[ARTICLE], program=[PROGRAM], customer=[ANNA])
    return site


@pytest.fixture
def till(site: Site) -> Iterator[httpx.Client]:
    with site.served() as url, caller(url, site.keys()["till_token"]) as client:
        yield client


def problem(answer: httpx.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    document = answer.json()
    assert document["status"] == answer.status_code
    return answer.status_code, document["type"].rpartition(":")[2]


def changes(client: httpx.Client, after: int, limit: int = 5000) -> Page:
    answer = client.get(f"/v1/buckets/{BUCKET}/changes", params={"after": after, "limit": limit})
    assert answer.status_code == 200, answer.text
    return parse_page(answer.content, bucket=BUCKET, after=after)


def counted(site: Site, table: Any) -> int:
    with site.database() as database, database.read() as connection:
        return int(connection.execute(select(func.count()).select_from(table)).scalar_one())


def test_head_names_bucket_generation_and_incarnation(site: Site, till: httpx.Client) -> None:
    head = till.get("/v1/head").json()
    assert head["buckets"].keys() == {BUCKET}
    assert head["buckets"][BUCKET]["head"] > 0
    assert [entry["generation"] for entry in head["generations"]] == [1]
    with site.database() as database:
        assert head["incarnation"] == database.incarnation


def test_blob_of_the_manifest_has_its_hash(till: httpx.Client) -> None:
    entry = till.get("/v1/head").json()["generations"][0]
    content = till.get(f"/v1/blobs/{entry['sha256']}").content
    assert hashlib.sha256(content).hexdigest() == entry["sha256"]
    assert json.loads(content)["generation"] == 1


def test_unknown_blob_and_unknown_path_are_problems(till: httpx.Client) -> None:
    assert problem(till.get(f"/v1/blobs/{'0' * 64}")) == (404, "not-found")
    assert problem(till.get("/v1/nothing")) == (404, "not-found")
    wrong = till.get(f"/v1/buckets/{BUCKET}/changes", params={"after": -1})
    assert problem(wrong) == (400, "invalid")


@pytest.mark.parametrize("token", ["x", "wrong", "Zm9v" * 10])
def test_wrong_token_opens_no_endpoint(site: Site, till: httpx.Client, token: str) -> None:
    headers = {"Authorization": f"Bearer {token}"}
    for method, path in (
        ("GET", "/v1/head"),
        ("GET", f"/v1/buckets/{BUCKET}/changes?after=0"),
        ("GET", f"/v1/blobs/{'0' * 64}"),
        ("POST", EVENTS),
    ):
        answer = till.request(method, path, headers=headers)
        assert problem(answer) == (401, "unauthorized"), path
    assert counted(site, till_event) == 0


def test_old_token_dies_when_the_till_is_set_up_again(site: Site, till: httpx.Client) -> None:
    assert till.get("/v1/head").status_code == 200
    site.add_till("3")
    assert problem(till.get("/v1/head")) == (401, "unauthorized")


def test_token_is_kept_as_its_hash_only(site: Site) -> None:
    token = site.keys()["till_token"].encode()
    stored = b"".join(path.read_bytes() for path in site.data.iterdir())
    assert token not in stored
    assert hashlib.sha256(token).hexdigest().encode() in stored


def test_token_writes_only_its_own_tills_events(site: Site, till: httpx.Client) -> None:
    site.add_till("4")
    answer = till.post("/v1/tills/4/events", content=batch(sale_event(1)))
    assert problem(answer) == (403, "forbidden")
    assert counted(site, till_event) == 0
    # The control: the same bytes are taken as its own.
    assert till.post(EVENTS, content=batch(sale_event(1))).status_code == 200
    assert counted(site, till_event) == 1


def test_token_reads_only_its_own_shops_bucket(site: Site, till: httpx.Client) -> None:
    site.add_till("9", shop="002")
    answer = till.get("/v1/buckets/shop:002/changes", params={"after": 0})
    assert problem(answer) == (403, "forbidden")


def test_events_are_stored_with_receipt_lines_and_ledger(site: Site, till: httpx.Client) -> None:
    answer = till.post(EVENTS, content=batch(sale_event(1), sale_event(2)))
    assert answer.json()["acked_seq"] == 2
    assert (counted(site, receipt), counted(site, receipt_line)) == (2, 2)
    assert counted(site, ledger_entry) == 2


def test_repeated_batch_has_no_second_effect(site: Site, till: httpx.Client) -> None:
    body = batch(sale_event(1), sale_event(2))
    first = till.post(EVENTS, content=body).json()
    for _ in range(3):
        assert till.post(EVENTS, content=body).json() == first
    assert counted(site, receipt) == 2
    assert value_of(site, "K1", "points") == 20


def test_other_bytes_under_a_known_number_are_a_fork(site: Site, till: httpx.Client) -> None:
    till.post(EVENTS, content=batch(sale_event(1)))
    answer = till.post(EVENTS, content=batch(sale_event(1, points=11)))
    assert problem(answer) == (409, "fork")
    assert value_of(site, "K1", "points") == 10


def test_gap_is_refused_and_takes_nothing_of_its_batch(site: Site, till: httpx.Client) -> None:
    assert problem(till.post(EVENTS, content=batch(sale_event(2)))) == (409, "gap")
    body = batch(sale_event(1), sale_event(3))
    assert problem(till.post(EVENTS, content=body)) == (409, "gap")
    assert counted(site, till_event) == 0
    assert till.post(EVENTS, content=batch(sale_event(1))).json()["acked_seq"] == 1


def test_new_epoch_goes_on_where_the_old_one_ended(till: httpx.Client) -> None:
    till.post(EVENTS, content=batch(sale_event(1), sale_event(2)))
    assert problem(till.post(EVENTS, content=batch(sale_event(4, epoch=88)))) == (409, "gap")
    answer = till.post(EVENTS, content=batch(sale_event(3, epoch=88)))
    assert answer.json()["acked_seq"] == 3


def test_new_journal_of_a_till_may_begin_at_one(site: Site, till: httpx.Client) -> None:
    till.post(EVENTS, content=batch(sale_event(1), sale_event(2)))
    answer = till.post(EVENTS, content=batch(sale_event(1, epoch=88)))
    assert answer.json()["acked_seq"] == 1
    assert counted(site, receipt) == 3


def test_known_uid_counts_once_but_is_folded(site: Site, till: httpx.Client) -> None:
    uid = "0199d3a0-0000-7000-8000-000000000001"
    till.post(EVENTS, content=batch(sale_event(1, uid=uid)))
    till.post(EVENTS, content=batch(sale_event(2, epoch=88, uid=uid)))
    assert counted(site, receipt) == 1
    assert value_of(site, "K1", "points") == 10
    assert folded_of(till, "K1", "points") == [["3", EPOCH, 1], ["3", 88, 2]]


def test_unknown_kind_is_stored_and_the_next_goes_on(site: Site, till: httpx.Client) -> None:
    odd = sale_event(1, kind="balloon_ride", body={"anything": [1, {"x": None}]})
    answer = till.post(EVENTS, content=batch(odd, sale_event(2)))
    assert answer.json()["acked_seq"] == 2
    assert counted(site, till_event) == 2
    assert counted(site, receipt) == 1


def test_voucher_stands_where_its_last_redemption_left_it(site: Site, till: httpx.Client) -> None:
    sale = json.loads(sale_event(1))["body"]
    issued = {"id": "v1", "type": "GUTHABEN", "customer": "K1", "value_minor": 1000}
    part = {"voucher": "v1", "amount_minor": 400, "state": "partly_redeemed", "lines": []}
    rest = part | {"amount_minor": 600, "state": "redeemed"}
    for seq, (more, state) in enumerate(
        [
            ({"vouchers": [issued]}, "issued"),
            ({"redemptions": [part]}, "partly_redeemed"),
            ({"redemptions": [rest]}, "redeemed"),
        ],
        start=1,
    ):
        named = {**sale["receipt"], "sale_id": f"S{seq}"}
        body = {**sale, **more, "ledger": [], "entries": [], "receipt": named}
        till.post(EVENTS, content=batch(sale_event(seq, body=body)))
        with site.database() as database, database.read() as connection:
            assert connection.execute(select(voucher.c.state)).scalars().all() == [state]


@pytest.mark.parametrize(
    "odd",
    [
        {"body": {"receipt": "nonsense"}},
        {"schema": 999},
        {"touches": []},
        {"body": {"entries": [{"customer": "K1", "key": "points", "delta": 2**63 - 1}] * 2}},
    ],
)
def test_receipt_not_understood_is_kept_but_not_folded(
    site: Site, till: httpx.Client, odd: dict[str, Any]
) -> None:
    kind = {"kind": "rental_returned"} if "entries" in odd.get("body", {}) else {}
    line = sale_event(1, **odd, **kind)
    answer = till.post(EVENTS, content=batch(line, sale_event(2)))
    assert answer.json()["acked_seq"] == 2
    with site.database() as database, database.read() as connection:
        row = connection.execute(select(till_event).where(till_event.c.seq == 1)).one()
    assert bytes(row.line) == line
    assert not row.took_effect
    assert row.problem
    # The next one about the same customer waits behind it: else its number would say of the balance
    # that the first one is in it.
    with site.database() as database, database.read() as connection:
        assert connection.execute(select(balance)).first() is None
        waiting = connection.execute(select(till_event).where(till_event.c.seq == 2)).one()
    assert "waits for event 1" in waiting.problem
    # Others are not held up: another customer of this till, and the same one at another till.
    till.post(EVENTS, content=batch(sale_event(3, customer="K2")))
    site.add_till("4")
    with site.database() as database:
        take_batch(
            database, till="4", body=batch(sale_event(1, uid="4" * 32)), now=site.clock.now()
        )
        with database.read() as connection:
            effects = connection.execute(
                select(till_event.c.took_effect).order_by(till_event.c.till, till_event.c.seq)
            )
            assert effects.scalars().all() == [False, False, True, True]
    assert value_of(site, "K1", "points") == 10
    assert folded_of(till, "K1", "points") == [["4", EPOCH, 1]]


def test_events_wait_for_their_customer_and_are_booked_in_order(
    site: Site, till: httpx.Client
) -> None:
    change = {
        "kind": "customer_changed",
        "touches": ["K9"],
        "body": {"customer": "K9", "changes": [], "private": "0" * 64},
    }
    sale = sale_event(2, customer="K9")
    answer = till.post(EVENTS, content=batch(sale_event(1, **change), sale))
    assert answer.json()["acked_seq"] == 2
    with site.database() as database:
        assert retry(database, now=site.clock.now()) == (0, 2)
        load_customer = {**ANNA, "id": "K9", "number": "9"}
    site.load(customer=[load_customer])
    with site.database() as database:
        assert retry(database, now=site.clock.now()) == (2, 0)
        assert retry(database, now=site.clock.now()) == (0, 0)
    assert value_of(site, "K9", "points") == 10
    assert folded_of(till, "K9", "points") == [["3", EPOCH, 2]]
    # Sent again, as after a lost answer: nothing happens twice.
    till.post(EVENTS, content=batch(sale_event(1, **change), sale))
    assert value_of(site, "K9", "points") == 10


@pytest.mark.parametrize(
    "body",
    [b"", b"not json\n", b"[]\n", b'{"epoch": 1}\n', batch(sale_event(0)), b'{"a":' * 100_000],
)
def test_lines_that_are_no_events_are_refused(site: Site, till: httpx.Client, body: bytes) -> None:
    assert problem(till.post(EVENTS, content=body)) == (400, "not-an-event")
    assert counted(site, till_event) == 0


def test_too_large_batches_are_refused(till: httpx.Client) -> None:
    many = batch(*(sale_event(seq) for seq in range(1, BATCH_EVENTS_MAX + 2)))
    assert problem(till.post(EVENTS, content=many)) == (413, "too-large")
    two = batch(sale_event(1), sale_event(2, note="x" * BATCH_BYTES_MAX))
    assert problem(till.post(EVENTS, content=two)) == (413, "too-large")
    assert problem(till.post(EVENTS, content=b"x" * (EVENT_BYTES_MAX + 1))) == (413, "too-large")


def test_a_sale_larger_than_a_batch_is_taken_alone(site: Site, till: httpx.Client) -> None:
    large = batch(sale_event(1, note="x" * BATCH_BYTES_MAX))
    assert till.post(EVENTS, content=large).json()["acked_seq"] == 1
    assert counted(site, receipt) == 1


def test_a_promotion_with_the_longest_id_is_counted(site: Site, till: httpx.Client) -> None:
    before = till.get("/v1/head").json()["buckets"][BUCKET]["head"]
    line = json.loads(sale_event(1))
    line["body"]["entries"][1]["key"] = f"uses:{'P' * 200}"
    till.post(EVENTS, content=batch(json.dumps(line).encode()))
    assert counted(site, receipt) == 1
    rows = {change.table: change.row for change in changes(till, before).changes}
    assert rows["customer_counter"]["key"] == f"uses:{'P' * 200}"


def test_balance_comes_back_with_what_it_includes(site: Site, till: httpx.Client) -> None:
    before = till.get("/v1/head").json()["buckets"][BUCKET]["head"]
    till.post(EVENTS, content=batch(sale_event(1), sale_event(2, customer=None)))
    rows = {change.table: change.row for change in changes(till, before).changes}
    assert rows["balance"]["value"] == 10
    assert rows["balance"]["folded"] == [("3", EPOCH, 1)]
    assert rows["customer_counter"]["key"] == "uses:HOSEN20"
    assert rows["customer_counter"]["value"] == 1
    assert value_of(site, "K1", "points") == 10


def test_events_before_the_customer_are_shown_with_the_customer(
    site: Site, till: httpx.Client
) -> None:
    till.post(EVENTS, content=batch(sale_event(1, customer="K7")))
    before = till.get("/v1/head").json()["buckets"][BUCKET]["head"]
    site.load(customer=[{**ANNA, "id": "K7"}])
    rows = [(change.table, change.group) for change in changes(till, before).changes]
    assert [table for table, _ in rows] == ["customer", "balance", "customer_counter"]
    assert len({group for _, group in rows}) == 1


def test_pages_together_give_every_row_once(site: Site, till: httpx.Client) -> None:
    site.load(article=[{**ARTICLE, "sku": f"S{number}"} for number in range(120)])
    whole = changes(till, 0)
    assert whole.complete
    rows, after, pages = [], 0, 0
    while True:
        page = changes(till, after, limit=50)
        rows += page.changes
        after, pages = page.checkpoint, pages + 1
        if page.complete:
            break
        assert len(page.changes) == 50
    assert tuple(rows) == whole.changes
    assert pages == 3
    assert changes(till, after).changes == ()


def test_page_never_splits_a_group(till: httpx.Client) -> None:
    before = till.get("/v1/head").json()["buckets"][BUCKET]["head"]
    till.post(EVENTS, content=batch(sale_event(1)))
    page = changes(till, before, limit=1)
    assert [change.table for change in page.changes] == ["balance", "customer_counter"]
    assert len({change.group for change in page.changes}) == 1


def test_cursor_ahead_of_the_log_must_refetch(till: httpx.Client) -> None:
    answer = till.get(f"/v1/buckets/{BUCKET}/changes", params={"after": 10**6})
    assert problem(answer) == (409, "must-refetch")


def test_bucket_of_a_shop_opened_later_holds_what_the_chain_shares(site: Site) -> None:
    token = site.add_till("9", shop="002")
    with site.served() as url, caller(url, token) as client:
        answer = client.get("/v1/buckets/shop:002/changes", params={"after": 0})
        page = parse_page(answer.content, bucket="shop:002", after=0)
    assert {change.table for change in page.changes} == {"article", "program", "segment_bit"}


def value_of(site: Site, customer: str, account: str) -> int:
    with site.database() as database, database.read() as connection:
        return int(
            connection.execute(
                select(balance.c.value).where(
                    (balance.c.customer == customer) & (balance.c.account == account)
                )
            ).scalar_one()
        )


def folded_of(client: httpx.Client, customer: str, program: str) -> list[list[Any]]:
    for change in changes(client, 0).changes:
        if change.table == "balance" and change.row["customer"] == customer:
            assert change.row["program"] == program
            return [list(element) for element in change.row["folded"]]
    raise AssertionError("no balance in the bucket")
