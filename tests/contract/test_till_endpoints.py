"""Enrolment, tokens, status, and what a till asks while a customer waits (sync.md 5, 8, 9)."""

from __future__ import annotations

import datetime as dt
import json
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from head_office_site import ANNA, ARTICLE, PERCENT_20, PROGRAM, Site, caller
from processes import stammkunde
from till_events import batch, sale_event

from head_office.problems import ProblemError
from head_office.reservations import HELD_MINUTES, take_step
from head_office.service.counter_endpoints import ASKED_A_MINUTE
from head_office.till import enrolment, tills
from pos_plugin.card_hash import card_hash
from pos_plugin.clock import SystemClock, utc_text
from pos_plugin.loyalty.voucher_code import code_of
from sync_agent.client import HeadOfficeClient
from sync_agent.errors import HeadOfficeRefused
from sync_agent.protocol.messages import ByCardRequest, EnrolRequest, ReserveRequest, StatusReport
from sync_agent.protocol.pages import parse_page

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import httpx

CARD = "2900000123457"
LETTER = {
    "id": "MOTIV-2026-1",
    "type": "MOTIV5",
    "code": code_of(4711),
    "customer": "K1",
    "valid_from_on": "2020-01-01",
    "valid_to_on": "2099-12-31",
}
MOTIVATION = {
    "code": "MOTIV5",
    "legal_kind": "promo",
    "effect": {"kind": "value", "minor": 500, "label": {"de": "5 EUR", "en": "5 EUR"}},
    "conditions": {"text": {"de": "Ab sofort.", "en": "At once."}},
    "validity": {"days": 30},
    "layout": {"title": {"de": "Danke", "en": "Thank you"}},
}


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path)
    site.publish(PERCENT_20)
    site.load(
        article=[ARTICLE],
        program=[PROGRAM],
        customer=[ANNA],
        card=[{"code": CARD, "customer": "K1"}],
        voucher_type=[MOTIVATION],
        voucher=[LETTER],
    )
    with site.served() as url:
        site.url = url
        site.add_till("3")
        yield site


@contextmanager
def client_of(site: Site, token: str) -> Iterator[HeadOfficeClient]:
    with HeadOfficeClient(site.url, token) as client:
        yield client


@pytest.fixture
def till(site: Site) -> Iterator[HeadOfficeClient]:
    with client_of(site, site.keys()["till_token"]) as client:
        yield client


def refusal(ask: Any, *args: Any) -> str:
    with pytest.raises(HeadOfficeRefused) as refused:
        ask(*args)
    return refused.value.problem


# --- enrolment ----------------------------------------------------------------------------------


def expected_code(site: Site, till: str = "4") -> str:
    done = stammkunde(
        "head-office", "enrol", "--data", site.data, "--shop", "001", "--till", till,
        "--url", site.url,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    found = re.search(r"Code:\s+(\w{4})-(\w{4})", done.stdout)
    assert found is not None
    return found[1] + found[2]


def test_expected_till_gets_token_and_keys_once(site: Site) -> None:
    code = expected_code(site)
    with client_of(site, "not-enrolled-yet") as anybody:
        asked = EnrolRequest(till="4", code=code, voucher_key="ab" * 32)
        answer = anybody.enrol(asked)
        assert (answer.shop, answer.till) == ("001", "4")
        assert answer.card_key == site.keys()["card_key"]
        known = [(key["key_id"], key["public_key"]) for key in site.keys()["rule_keys"]]
        assert [(key.key_id, key.public_key) for key in answer.rule_keys] == known
        # The code is used up.
        assert refusal(anybody.enrol, asked) == "enrol-refused"
    with client_of(site, answer.token) as enrolled:
        assert "shop:001" in enrolled.head().buckets


def test_five_wrong_codes_use_up_the_right_one(site: Site) -> None:
    code = expected_code(site)
    with client_of(site, "not-enrolled-yet") as anybody:
        wrong = EnrolRequest(till="4", code="00000000")
        for _ in range(enrolment.TRIES):
            assert refusal(anybody.enrol, wrong) == "enrol-refused"
        assert refusal(anybody.enrol, EnrolRequest(till="4", code=code)) == "enrol-refused"
        # The control: a new code, fewer tries.
        code = expected_code(site)
        for _ in range(enrolment.TRIES - 1):
            refusal(anybody.enrol, wrong)
        assert anybody.enrol(EnrolRequest(till="4", code=code)).till == "4"


def test_code_is_for_its_till_and_its_minutes(site: Site) -> None:
    now = SystemClock().now()
    with site.database() as database:
        code = enrolment.expect_till(database, shop="001", till="4", now=now)
        other = EnrolRequest(till="5", code=code)
        with pytest.raises(ProblemError, match="enrol-refused"):
            enrolment.enrol(database, other, now=now)
        late = now + dt.timedelta(minutes=enrolment.MINUTES, seconds=1)
        with pytest.raises(ProblemError, match="enrol-refused"):
            enrolment.enrol(database, EnrolRequest(till="4", code=code), now=late)
        assert enrolment.enrol(database, EnrolRequest(till="4", code=code), now=now).till == "4"


def test_code_is_nowhere_in_the_files(site: Site) -> None:
    code = expected_code(site).encode()
    assert not any(code in path.read_bytes() for path in site.data.iterdir() if path.is_file())


# --- tokens -------------------------------------------------------------------------------------


def test_old_token_dies_at_first_use_of_the_new_one(site: Site, till: HeadOfficeClient) -> None:
    token = till.new_token("3")
    # The answer may get lost: the old one still opens, also for another new one.
    assert till.head().buckets
    newer = till.new_token("3")
    with client_of(site, newer) as client:
        assert client.head().buckets
    assert refusal(till.head) == "unauthorized"
    with client_of(site, token) as lost:
        assert refusal(lost.head) == "unauthorized"


def test_revoked_till_is_told_so_and_others_go_on(site: Site, till: HeadOfficeClient) -> None:
    site.add_till("4")
    done = stammkunde("head-office", "revoke", "--data", site.data, "--till", "3")
    assert done.returncode == 0, done.stderr
    assert refusal(till.head) == "revoked"
    assert refusal(till.send_events, "3", batch(sale_event(1))) == "revoked"
    with client_of(site, site.keys("4")["till_token"]) as other:
        assert other.head().buckets
    # The control: a token that never was one is unknown, not revoked.
    with client_of(site, "x" * 43) as stranger:
        assert refusal(stranger.head) == "unauthorized"
    assert stammkunde("head-office", "revoke", "--data", site.data, "--till", "9").returncode == 2


def test_revoked_till_can_be_enrolled_again(site: Site, till: HeadOfficeClient) -> None:
    with site.database() as database:
        assert tills.revoke(database, "3", now_text=utc_text(SystemClock().now()))
    code = expected_code(site, "3")
    with client_of(site, "not-enrolled-yet") as anybody:
        answer = anybody.enrol(EnrolRequest(till="3", code=code))
    with client_of(site, answer.token) as again:
        assert again.head().buckets
    assert refusal(till.head) == "revoked"


# --- status and worst case ----------------------------------------------------------------------


def test_status_shows_what_tills_report_and_what_no_backup_holds(
    site: Site, till: HeadOfficeClient, tmp_path: Path
) -> None:
    till.send_events("3", batch(sale_event(1), sale_event(2)))
    report = StatusReport(generation=1, waiting_events=0, pruned_seq=[(7, 1)], version="0.1.0")
    answer = till.report_status("3", report)
    assert [(one.acked_seq, one.durable_seq) for one in answer.epochs] == [(2, 0)]
    done = stammkunde("head-office", "status", "--data", site.data, "--json")
    assert done.returncode == 0, done.stderr
    (shown,) = [json.loads(line) for line in done.stdout.splitlines()]
    assert (shown["till"], shown["events"], shown["not_durable"]) == ("3", 2, 2)
    assert shown["report"]["generation"] == 1
    done = stammkunde("head-office", "backup", tmp_path / "copies", "--data", site.data)
    assert done.returncode == 0, done.stderr
    answer = till.report_status("3", report)
    assert [(one.acked_seq, one.durable_seq) for one in answer.epochs] == [(2, 2)]
    # An event that nobody understands is told.
    unknown = {**json.loads(sale_event(3)), "schema": 999}
    till.send_events("3", batch(json.dumps(unknown).encode()))
    done = stammkunde("head-office", "status", "--data", site.data)
    assert done.returncode == 1
    assert "1 events were not understood" in done.stdout


def test_status_belongs_to_the_own_till(site: Site, till: HeadOfficeClient) -> None:
    site.add_till("4")
    assert refusal(till.report_status, "4", StatusReport()) == "forbidden"
    assert refusal(till.new_token, "4") == "forbidden"


def test_worst_case_is_one_cap_a_till(site: Site, till: HeadOfficeClient) -> None:
    site.add_till("4")
    till.report_status("3", StatusReport(offline_cap_minor=20_000))
    done = stammkunde("head-office", "worst-case", "--data", site.data)
    assert "2 tills offline at once: at most 700.00 EUR." in done.stdout
    found = json.loads(
        stammkunde("head-office", "worst-case", "--data", site.data, "--json").stdout
    )
    assert found.pop("raised_caps") == []
    assert found == {"tills": 2, "worst_case_minor": 70_000, "per_restored_till_minor": 50_000}


# --- by-card ------------------------------------------------------------------------------------


def bucket_of(site: Site, till: str, shop: str) -> list[tuple[str, Any]]:
    with caller(site.url, site.keys(till)["till_token"]) as client:
        answer = client.get(f"/v1/buckets/shop:{shop}/changes", params={"after": 0})
        page = parse_page(answer.content, bucket=f"shop:{shop}", after=0)
    return [(one.table, one.row) for one in page.changes if one.op == "P"]


def test_card_of_another_shop_brings_its_owner_into_this_one(site: Site) -> None:
    site.add_till("9", shop="002")
    before = bucket_of(site, "9", "002")
    assert not [row for table, row in before if table == "customer"]
    hashed = card_hash(CARD, bytes.fromhex(site.keys("9")["card_key"])).hex()
    with client_of(site, site.keys("9")["till_token"]) as client:
        found = client.take_by_card(ByCardRequest(code_hash=hashed, cashier="17"))
        assert found.customer == "K1"
        assert client.take_by_card(ByCardRequest(code_hash=hashed)) == found
        assert refusal(client.take_by_card, ByCardRequest(code_hash="0" * 32)) == "not-found"
    rows = bucket_of(site, "9", "002")
    assert {table for table, _ in rows} >= {"customer", "card", "voucher"}
    assert [row["name"] for table, row in rows if table == "customer"] == ["Anna"]
    # What changes from now on comes here, too.
    site.load(customer=[{**ANNA, "name": "Anna Neu"}])
    rows = bucket_of(site, "9", "002")
    assert [row["name"] for table, row in rows if table == "customer"] == ["Anna Neu"]


def test_who_asks_for_many_cards_is_stopped(till: HeadOfficeClient) -> None:
    found = [
        refusal(till.take_by_card, ByCardRequest(code_hash=f"{number:032x}"))
        for number in range(2 * ASKED_A_MINUTE + 1)
    ]
    assert found[0] == "not-found"
    # On a slow machine a new minute may have begun before the last.
    assert "too-many" in found


# --- reserve, confirm, release ------------------------------------------------------------------


def test_voucher_held_for_one_sale_is_not_held_for_another(
    site: Site, till: HeadOfficeClient
) -> None:
    site.add_till("4")
    mine, theirs = ReserveRequest(sale_id="S1"), ReserveRequest(sale_id="S1")
    with client_of(site, site.keys("4")["till_token"]) as other:
        assert till.reserve(LETTER["id"], mine).state == "reserved"
        # Again, with the same effect; the other till has to wait.
        assert till.reserve(LETTER["id"], mine).left_minor == 0
        assert refusal(other.reserve, LETTER["id"], theirs) == "voucher-taken"
        assert till.release(LETTER["id"], mine).state == "released"
        assert other.reserve(LETTER["id"], theirs).state == "reserved"
        assert other.confirm(LETTER["id"], theirs).state == "confirmed"
        assert refusal(till.reserve, LETTER["id"], mine) == "voucher-taken"
        assert refusal(other.release, LETTER["id"], theirs) == "voucher-taken"
        assert refusal(till.reserve, "NOTHING", mine) == "not-found"


def test_value_can_be_held_in_parts(till: HeadOfficeClient) -> None:
    first = ReserveRequest(sale_id="S1", amount_minor=300)
    second = ReserveRequest(sale_id="S2", amount_minor=300)
    assert till.reserve(LETTER["id"], first).left_minor == 200
    assert refusal(till.reserve, LETTER["id"], second) == "voucher-taken"
    assert till.reserve(LETTER["id"], second.model_copy(update={"amount_minor": 200}))


def test_hold_ends_after_its_minutes_and_a_confirmed_one_does_not(site: Site) -> None:
    now = SystemClock().now()
    late = now + dt.timedelta(minutes=HELD_MINUTES, seconds=1)
    mine, other = ReserveRequest(sale_id="S1"), ReserveRequest(sale_id="S2")

    def step(what: Any, asked: ReserveRequest, at: dt.datetime) -> str:
        with site.database() as database:
            return take_step(database, what, LETTER["id"], asked, till="3", now=at).state

    assert step("reserve", mine, now) == "reserved"
    assert step("reserve", other, late) == "reserved"
    assert step("release", other, late) == "released"
    assert step("reserve", mine, late) == "reserved"
    assert step("confirm", mine, late) == "confirmed"
    with pytest.raises(ProblemError, match="voucher-taken"):
        step("reserve", other, late + dt.timedelta(days=1))


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"sale_id": 7}', b"x" * 70_000])
def test_small_questions_are_checked(site: Site, body: bytes) -> None:
    with caller(site.url, site.keys()["till_token"]) as client:
        answer: httpx.Response = client.post("/v1/vouchers/X/reserve", content=body)
    assert answer.status_code in (400, 413)
    assert answer.headers["content-type"] == "application/problem+json"
