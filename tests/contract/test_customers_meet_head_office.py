"""What tills say about customers reaches head office and comes back to every till of the shop."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from head_office_site import ANNA, ARTICLE, PROGRAM, Site
from sqlalchemy import select
from till_builder import card_number, points

from head_office import customer_words, load, storage
from head_office.intake.events import take_batch
from head_office.storage import Database, event_private, master, till_event
from pos_plugin import Plugin, Receipt, Refusal, Refused, Scanned
from pos_plugin.clock import SystemClock
from sync_agent.agent import Agent
from sync_agent.settings import read_settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

CARD = card_number(1)
UNKNOWN = card_number(99)
BERTA = {
    "name": "Berta Quittenbaum",
    "phone": "0170 7654321",
    "email": "berta@example.org",
    "birthday_on": "1980-12-24",
}


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path)
    site.load(
        program=[PROGRAM],
        article=[ARTICLE],
        customer=[ANNA],
        card=[{"code": CARD, "customer": "K1"}],
    )
    site.publish(points())
    with site.served() as url:
        site.url = url
        site.add_till("3")
        site.add_till("4")
        for till in ("3", "4"):
            sync(site, till)
        yield site


def sync(site: Site, till: str) -> None:
    with Agent(read_settings(site.till_dir(till) / "till.toml"), SystemClock()) as agent:
        agent.cycle()
        assert agent.status.problems == {}


def opened(site: Site, till: str) -> Plugin:
    return Plugin.open(site.till_dir(till) / "till.toml")


def identify(site: Site, till: str, **asked: str) -> Any:
    with opened(site, till) as plugin:
        return plugin.identify(**asked)


def panel_of(site: Site, till: str, **asked: str) -> dict[str, Any]:
    found = identify(site, till, **asked)
    assert isinstance(found, Scanned), found
    assert found.panel is not None
    return found.panel


def refused_events(site: Site) -> list[str]:
    with site.database() as database, database.read() as connection:
        return [
            problem
            for (problem,) in connection.execute(select(till_event.c.problem))
            if problem is not None
        ]


@pytest.mark.capability("K1")
def test_customer_of_one_till_is_found_at_the_other(site: Site) -> None:
    with opened(site, "3") as plugin:
        made = plugin.customers.create({"request_id": "1", **BERTA})
        assert isinstance(made, Receipt)
    assert identify(site, "4", name="quittenbaum") == Refused(Refusal.CUSTOMER_UNKNOWN)
    sync(site, "3")
    sync(site, "4")
    assert refused_events(site) == []
    for asked in (
        {"name": "quittenbaum"},
        {"phone": "+491707654321"},
        {"email": "berta@example.org"},
        {"birthday": "1980-12-24"},
        {"number": made.values["number"]},
    ):
        assert panel_of(site, "4", **asked)["name"] == BERTA["name"], asked
        assert panel_of(site, "3", **asked)["name"] == BERTA["name"], asked


@pytest.mark.capability("K1")
def test_fields_changed_at_two_offline_tills_are_merged(site: Site) -> None:
    with opened(site, "3") as plugin:
        plugin.customers.change({"request_id": "1", "customer": "K1", "name": "Anna Schulz"})
    with opened(site, "4") as plugin:
        plugin.customers.change({"request_id": "1", "customer": "K1", "phone": "089 5555555"})
    for till in ("3", "4", "3"):
        sync(site, till)
    assert refused_events(site) == []
    for till in ("3", "4"):
        assert panel_of(site, till, phone="+49 89 5555555")["name"] == "Anna Schulz"


@pytest.mark.capability("K1")
def test_of_two_edits_of_a_field_the_later_counts_whatever_came_first(site: Site) -> None:
    with opened(site, "4") as plugin:
        plugin.customers.change({"request_id": "1", "customer": "K1", "name": "Anna Frueher"})
    with opened(site, "3") as plugin:
        plugin.customers.change({"request_id": "1", "customer": "K1", "name": "Anna Spaeter"})
    for till in ("3", "4", "3"):
        sync(site, till)
    for till in ("3", "4"):
        assert panel_of(site, till, customer="K1")["name"] == "Anna Spaeter"


@pytest.mark.capability("K2")
def test_unknown_card_gets_its_owner_and_brings_what_it_earned(site: Site) -> None:
    buy(site, "3", UNKNOWN, "S1")
    buy(site, "4", UNKNOWN, "S2")
    buy(site, "4", CARD, "S3")
    sync(site, "3")
    with opened(site, "3") as plugin:
        done = plugin.customers.assign_card(
            {"request_id": "1", "customer": "K1", "code": UNKNOWN, "role": "partner"}
        )
        assert isinstance(done, Receipt)
    assert balance(site, "3") == 79  # its own; the other till was not heard yet
    for till in ("3", "4", "3"):
        sync(site, till)
    assert refused_events(site) == []
    assert balance(site, "3") == balance(site, "4") == 3 * 79
    buy(site, "4", UNKNOWN, "S4")
    assert balance(site, "4") == 4 * 79
    sync(site, "4")
    sync(site, "3")
    assert balance(site, "3") == balance(site, "4") == 4 * 79


@pytest.mark.capability("K4")
def test_old_id_of_a_till_reaches_the_survivor(site: Site) -> None:
    with opened(site, "3") as plugin:
        made = plugin.customers.create({"request_id": "1", **BERTA})
        assert isinstance(made, Receipt)
        old = str(made.values["customer"])
        plugin.customers.assign_card({"request_id": "2", "customer": old, "code": UNKNOWN})
    buy(site, "3", UNKNOWN, "S1")
    sync(site, "3")
    site.load(alias=[{"alias": old, "customer": "K1"}])
    buy(site, "3", UNKNOWN, "S2")  # before it has heard of the merge
    assert balance(site, "3", customer=old) == 2 * 79
    sync(site, "3")
    assert (identify(site, "3", customer=old).customer or {})["id"] == "K1"
    assert balance(site, "3") == 2 * 79
    buy(site, "3", CARD, "S3")
    sync(site, "3")
    sync(site, "4")
    assert balance(site, "3") == balance(site, "4") == 3 * 79
    assert refused_events(site) == []


@pytest.mark.capability("K9")
def test_withdrawal_wins_over_a_consent_that_did_not_know_of_it(site: Site) -> None:
    say(site, "3", "1", "given")
    for till in ("3", "4"):
        sync(site, till)
    assert consent(site, "4") == "given"
    say(site, "3", "2", "withdrawn")
    say(site, "4", "3", "given")  # later, and blind
    for till in ("4", "3", "4"):
        sync(site, till)
    assert consent(site, "3") == consent(site, "4") == "withdrawn"
    say(site, "4", "4", "given")  # knows of it: the customer was asked again
    for till in ("4", "3"):
        sync(site, till)
    assert consent(site, "3") == consent(site, "4") == "given"
    assert refused_events(site) == []


@pytest.mark.capability("T2")
def test_each_type_of_a_customer_has_its_promotion_until_she_leaves_it(site: Site) -> None:
    def of_type(name: str, bp: int) -> dict[str, Any]:
        return {
            "id": name.upper(),
            "layer": "article",
            "when": [{"type": "in_segment", "any_of": [f"typ:{name}"]}],
            "offer": {"kind": "unit_discount", "benefit": {"type": "percent", "bp": bp}},
        }

    site.publish(of_type("wenig", 1000), of_type("viel", 2000))
    found = []
    for types in ([], ["wenig"], ["wenig", "viel"], ["viel"], []):
        site.load(customer=[{**ANNA, "segments": [f"typ:{one}" for one in types]}])
        sync(site, "3")
        found.append(total(site))
    assert found == [7_999, 7_199, 6_399, 6_399, 7_999]


@pytest.mark.capability("K6")
def test_member_since_noon_gets_the_promotion_with_the_next_scan(site: Site) -> None:
    members = {
        "id": "GRUPPE",
        "layer": "article",
        "when": [{"type": "in_segment", "any_of": ["zielgruppe"]}],
        "offer": {"kind": "unit_discount", "benefit": {"type": "percent", "bp": 1000}},
    }
    site.publish(points(), members)
    sync(site, "3")
    assert total(site) == 7_999
    site.load(customer=[{**ANNA, "segments": ["zielgruppe"]}])
    assert total(site) == 7_999
    sync(site, "3")
    assert total(site) == 7_199
    assert "zielgruppe" not in json.dumps(panel_of(site, "3", card=CARD))
    site.load(customer=[{**ANNA, "segments": []}])
    sync(site, "3")
    assert total(site) == 7_999  # left the group: the promotion ends


@pytest.mark.capability("K1")
def test_who_is_erased_at_a_till_is_erased_everywhere(site: Site) -> None:
    with opened(site, "3") as plugin:
        made = plugin.customers.create({"request_id": "1", **BERTA})
        assert isinstance(made, Receipt)
        customer = str(made.values["customer"])
        plugin.customers.assign_card({"request_id": "2", "customer": customer, "code": UNKNOWN})
    buy(site, "3", UNKNOWN, "S1")
    for till in ("3", "4"):
        sync(site, till)
    assert personal_files(site, "4")
    with opened(site, "3") as plugin:
        assert isinstance(plugin.customers.erase(customer), Receipt)
    for till in ("3", "4"):
        sync(site, till)
    assert refused_events(site) == []
    for till in ("3", "4"):
        assert identify(site, till, name="quittenbaum") == Refused(Refusal.CUSTOMER_UNKNOWN)
        assert personal_files(site, till) == []
    with site.database() as database, database.read() as connection:
        rows = " ".join(connection.execute(select(master.c.row)).scalars())
        assert "Quittenbaum" not in rows
        assert "quittenbaum" not in str(connection.execute(select(storage.customer_words)).all())
        assert connection.execute(select(event_private)).all() == []
    # A till that starts with an empty cache hears nothing of the person.
    site.add_till("5")
    sync(site, "5")
    assert personal_files(site, "5") == []


@pytest.mark.capability("K1", "K9")
def test_events_replayed_into_an_empty_head_office_give_the_same(
    site: Site, tmp_path: Path
) -> None:
    with opened(site, "3") as plugin:
        made = plugin.customers.create({"request_id": "1", **BERTA})
        assert isinstance(made, Receipt)
        customer = str(made.values["customer"])
        plugin.customers.change({"request_id": "2", "customer": customer, "name": "Berta Neu"})
    buy(site, "3", UNKNOWN, "S1")
    with opened(site, "3") as plugin:
        plugin.customers.assign_card({"request_id": "3", "customer": "K1", "code": UNKNOWN})
        plugin.customers.block_card({"request_id": "4", "code": CARD})
    say(site, "3", "5", "given")
    say(site, "3", "6", "withdrawn")
    sync(site, "3")
    with site.database() as database:
        wanted = state_of(database)
        body = events_of(database)
    again = Database(tmp_path / "again", create=True)
    try:
        load.load_folder(again, site.folder / "load")
        for _ in range(2):
            take_batch(again, till="3", body=body, now=site.clock.now())
            assert state_of(again) == wanted
        with again.write() as connection:
            kept = connection.execute(select(storage.customer_words)).all()
            customer_words.fill(connection)
            assert set(connection.execute(select(storage.customer_words)).all()) == {*kept}
            assert "berta neu" in str(kept)
        # Negative control: without what stands beside the events the name is not there.
        bare = b"".join(
            line for line in body.splitlines(keepends=True) if b"private_of" not in line
        )
    finally:
        again.close()
    without = Database(tmp_path / "without", create=True)
    try:
        load.load_folder(without, site.folder / "load")
        take_batch(without, till="3", body=bare, now=site.clock.now())
        assert "Berta" not in str(state_of(without))
        assert "Berta Neu" in str(wanted)
    finally:
        without.close()


def events_of(database: Database) -> bytes:
    """Return what a till sent, in its order, each event with what stands beside it."""
    lines: list[bytes] = []
    with database.read() as connection:
        beside = {
            (row.epoch, row.seq): row for row in connection.execute(select(event_private)).all()
        }
        for row in connection.execute(select(till_event).order_by(till_event.c.seq)).all():
            private = beside.get((row.epoch, row.seq))
            if private is not None:
                value = {
                    "private_of": row.seq,
                    "salt": private.salt,
                    "content": private.content,
                }
                lines.append(json.dumps(value, separators=(",", ":")).encode())
            lines.append(bytes(row.line))
    return b"".join(line + b"\n" for line in lines)


def state_of(database: Database) -> list[Any]:
    """Return what head office knows of customers; e-mail hashes are keyed by each chain."""
    tables = ("customer", "consent", "alias")
    with database.read() as connection:
        rows = connection.execute(
            select(master.c.table_name, master.c.row)
            .where(master.c.table_name.in_(tables))
            .order_by(master.c.table_name, master.c.row_key)
        )
        sums = storage.balance.c
        accounts = select(sums.customer, sums.account, sums.value).order_by(
            sums.customer, sums.account
        )
        return [*map(tuple, rows.all()), *map(tuple, connection.execute(accounts).all())]


def personal_files(site: Site, till: str) -> list[str]:
    words = (b"quittenbaum", b"491707654321", b"0170 7654321", b"berta@example.org")
    return [
        path.name
        for path in sorted(site.till_dir(till).rglob("*"))
        if path.is_file() and any(word in path.read_bytes().lower() for word in words)
    ]


def buy(site: Site, till: str, card: str, sale_id: str) -> None:
    with opened(site, till) as plugin:
        sale = plugin.begin_sale(sale_id)
        sale.scan(card)
        sale.scan("4711")
        sale.evaluate()
        assert isinstance(sale.complete(), Receipt)


def balance(site: Site, till: str, customer: str = "K1") -> int:
    (row,) = panel_of(site, till, customer=customer)["balances"]
    return int(row["value"])


def total(site: Site) -> int:
    with opened(site, "3") as plugin:
        sale = plugin.begin_sale("T")
        sale.scan(CARD)
        sale.scan("4711")
        return sale.evaluate().total_minor


def say(site: Site, till: str, request: str, status: str) -> None:
    with opened(site, till) as plugin:
        done = plugin.customers.consent(
            {
                "request_id": request,
                "customer": "K1",
                "purpose": "marketing",
                "channel": "email",
                "status": status,
                "text_id": "WERBUNG",
                "text_revision": 1,
                "form_number": "F1",
            }
        )
        assert isinstance(done, Receipt)


def consent(site: Site, till: str) -> str:
    (one,) = panel_of(site, till, customer="K1")["consents"]
    return str(one["status"])
