"""Erasure leaves no name, mail or phone in any file of the till, and every sum as it was."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import apsw
import pytest
from click.testing import CliRunner
from till_builder import TillBuilder, card_number, points

from pos_plugin import Receipt, Refusal, Refused, Scanned
from pos_plugin.cli import stammkunde
from pos_plugin.errors import StorageBusy
from pos_plugin.storage.cache_writer import CacheWriter
from pos_plugin.storage.journal_reader import JournalReader
from sync_agent.upkeep.erasing import follow_till

if TYPE_CHECKING:
    from pathlib import Path

    from pos_plugin import Plugin

NAME = "Annegret Quittenbaum"
# Each longer than what a hash or an id shows by chance.
PERSONAL = (
    b"annegret",
    b"quittenbaum",
    b"491701234567",
    b"0170 1234567",
    b"quitte@example.org",
    b"1980-12-24",
)
CARD = card_number(7)


@pytest.fixture
def till(tmp_path: Path) -> TillBuilder:
    till = TillBuilder(tmp_path / "till", printer=True)
    till.program()
    till.rules(points())
    till.article("4711", 10_000)
    till.voucher_type()
    till.trigger(segment=None)
    return till


def live(plugin: Plugin) -> str:
    """Make a customer that stands in every table a person can stand in."""
    made = plugin.customers.create(
        {
            "request_id": "1",
            "name": NAME,
            "phone": "0170 1234567",
            "email": "quitte@example.org",
            "birthday_on": "1980-12-24",
        }
    )
    assert isinstance(made, Receipt)
    customer = str(made.values["customer"])
    for request, body in (
        ("change", {"name": "Annegret Quittenbaum-Alt"}),
        ("again", {"name": NAME}),
    ):
        plugin.customers.change({"request_id": request, "customer": customer, **body})
    plugin.customers.assign_card({"request_id": "2", "customer": customer, "code": CARD})
    sale = plugin.begin_sale("S1")
    sale.scan(CARD)
    sale.scan("4711")
    sale.evaluate()
    assert isinstance(sale.complete(), Receipt)  # issues a voucher that names its holder
    parked = plugin.begin_sale("S2")
    parked.scan(CARD)
    parked.scan("4711")
    parked.suspend()
    return customer


def found_in(folder: Path, words: tuple[bytes, ...] = PERSONAL) -> dict[str, list[str]]:
    """Return which words stand in which file of the till, in any case."""
    found: dict[str, list[str]] = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix != ".png":
            content = path.read_bytes().lower()
            hits = [word.decode() for word in words if word in content]
            if hits:
                found[path.name] = hits
    return found


def totals(till: TillBuilder) -> list[Any]:
    journal = apsw.Connection(str(till.data_dir / "journal.db"), flags=apsw.SQLITE_OPEN_READONLY)
    rows = [
        journal.execute(sql).fetchall()
        for sql in (
            "SELECT seq, customer, total_minor FROM receipt ORDER BY seq",
            "SELECT customer, key, delta FROM own_entry ORDER BY customer, key",
            "SELECT customer, program, sum(delta) FROM ledger_entry GROUP BY customer, program",
            "SELECT id, customer, state FROM voucher ORDER BY id",
            "SELECT seq, hash FROM event WHERE kind NOT IN ('erasure_applied', 'print_closed')",
        )
    ]
    journal.close()
    return rows


@pytest.mark.capability("K1", "case 8")
def test_no_file_of_the_till_knows_the_person_any_more(till: TillBuilder) -> None:
    with till.open() as plugin:
        customer = live(plugin)
        assert "journal.db-wal" in found_in(till.data_dir)
        before = totals(till)
        done = plugin.customers.erase(customer, cashier="17")
        assert isinstance(done, Receipt)
        assert done.values["counts"]["event_private"] == 3
        assert done.values["counts"]["print_job"] == 1
        assert done.values["counts"]["suspended_sale"] == 1
        assert totals(till) == before
        # Found while the till still runs: nothing waits for its end.
        assert found_in(till.data_dir) == {}
        assert plugin.identify(name="quittenbaum") == Refused(Refusal.CUSTOMER_UNKNOWN)
        assert plugin.customers.erase(customer) == done
    assert found_in(till.data_dir) == {}
    assert totals(till) == before


def test_erasing_somebody_with_goods_of_the_shop_says_so(tmp_path: Path) -> None:
    till = TillBuilder(tmp_path / "out")
    with till.config_path.open("a", encoding="utf-8") as file:
        file.write("[approvals]\nenabled = true\n")
    till.article("4711", 5000)
    for name in ("K1", "K2", "K3"):
        till.customer(name)
    with till.open() as plugin:
        goods = {"line_id": "1", "sku": "4711", "quantity_milli": 2000}
        out = {"request_id": "A1", "customer": "K1", "lines": [goods]}
        assert isinstance(plugin.approvals.issue(out), Receipt)
        rented = {"rental": "R1", "customer": "K2", "articles": [{"sku": "film", "days": 1}]}
        assert isinstance(plugin.rentals.issued(rented), Receipt)
        told = {}
        for name in ("K1", "K2", "K3"):
            answer = plugin.customers.erase(name)
            assert isinstance(answer, Receipt)
            told[name] = [one["text"] for one in answer.values["effects"]]
        assert ["Stück: 2" in text for text in told["K1"]] == [True]
        assert ["Stück: 1" in text for text in told["K2"]] == [True]
        assert told["K3"] == []


def test_papers_of_goods_on_approval_lose_their_holder_and_only_theirs(till: TillBuilder) -> None:
    with till.config_path.open("a", encoding="utf-8") as file:
        file.write("\n[approvals]\nenabled = true\n")
    till.customer("K2", name="Bertram Ulmenhof")
    with till.open() as plugin:
        customer = live(plugin)
        for number, whose in enumerate((customer, "K2")):
            issued = plugin.approvals.issue(
                {
                    "request_id": f"approval-{number}",
                    "customer": whose,
                    "lines": [{"line_id": "1", "sku": "4711", "quantity_milli": 1000}],
                }
            )
            assert isinstance(issued, Receipt)
        done = plugin.customers.erase(customer)
        assert isinstance(done, Receipt)
        assert done.values["counts"]["print_job"] == 2  # of the voucher and of the approval
    assert found_in(till.data_dir) == {}
    assert "journal.db" in found_in(till.data_dir, (b"ulmenhof",))


def test_event_says_how_much_is_gone_and_nothing_of_the_person(till: TillBuilder) -> None:
    with till.open() as plugin:
        customer = live(plugin)
        plugin.customers.erase(customer)
        assert plugin.customers.erase("nobody") == Refused(Refusal.CUSTOMER_UNKNOWN)
    journal = apsw.Connection(str(till.data_dir / "journal.db"), flags=apsw.SQLITE_OPEN_READONLY)
    ((line, seq),) = journal.execute(
        "SELECT line, seq FROM event WHERE kind = 'erasure_applied'"
    ).fetchall()
    journal.close()
    body = json.loads(line)["body"]
    assert body["customer"] == customer
    assert body["cursor"] == seq - 1
    assert body["counts"]["local_card"] == 1


@pytest.mark.parametrize("broken", ["no_secure_delete", "no_truncate"])
def test_search_finds_what_a_careless_erasure_leaves(till: TillBuilder, broken: str) -> None:
    """Negative control: without overwriting, or without emptying the log, the words stand there."""
    with till.open() as plugin:
        customer = live(plugin)
        with plugin._till.journal.reading() as journal:
            if broken == "no_secure_delete":
                journal.pragma("secure_delete", 0)
        if broken == "no_truncate":
            plugin._till.journal.empty_log = lambda: True  # type: ignore[method-assign]
        plugin.customers.erase(customer)
        assert found_in(till.data_dir)


def test_command_erases_and_says_how_much(till: TillBuilder) -> None:
    with till.open() as plugin:
        customer = live(plugin)
        held = CliRunner().invoke(stammkunde, ["erase", customer, "--config", _config(till)])
        assert isinstance(held.exception, StorageBusy)  # the till runs: it is asked over HTTP
    done = CliRunner().invoke(stammkunde, ["erase", customer, "--config", _config(till)])
    assert done.exit_code == 0, done.output
    assert "event_private: 3" in done.output
    assert found_in(till.data_dir) == {}
    nobody = CliRunner().invoke(stammkunde, ["erase", "nobody", "--config", _config(till)])
    assert nobody.exit_code == 1


def _config(till: TillBuilder) -> str:
    return str(till.config_path)


def test_rows_of_head_office_go_with_the_next_round_of_the_agent(till: TillBuilder) -> None:
    till.customer("K1", name=NAME, card=card_number(8), birthday_on="1980-12-24")
    till.put("customer_search", customer="K1", phones=["491701234567"], email_hashes=[])
    with till.open() as plugin:
        assert isinstance(plugin.customers.erase("K1"), Receipt)
        # The till forgets at once, the file of the agent with its next round.
        assert plugin.identify(customer="K1") == Refused(Refusal.CUSTOMER_UNKNOWN)
        assert plugin.identify(name="quittenbaum") == Refused(Refusal.CUSTOMER_UNKNOWN)
        assert found_in(till.data_dir)
        forgotten: list[str] = []
        with CacheWriter.open(till.data_dir) as cache:
            journal = JournalReader.open(till.data_dir)
            assert journal is not None
            with journal:
                after = follow_till(cache, journal, after=0, forget=forgotten.extend)
                assert follow_till(cache, journal, after=after) == after
            cache.empty_log_again()
    assert forgotten == ["K1"]
    assert found_in(till.data_dir) == {}


def test_erased_at_head_office_is_erased_here(till: TillBuilder) -> None:
    with till.open() as plugin:
        customer = live(plugin)
    till.apply(("customer", _row(customer)))
    till.remove("customer", id=customer, reason="erase")
    with till.open() as plugin:
        plugin._counter.do(  # what the plugin's thread does when nobody asks
            plugin.customers._erasure.follow,
            within_ms=10_000,
            instead=lambda _fault: None,
            late=lambda: None,
        )
        found = plugin.scan(CARD)
    assert isinstance(found, Scanned)  # a card without an owner again
    assert found_in(till.data_dir) == {}


def _row(customer: str) -> dict[str, Any]:
    return {
        "id": customer,
        "number": "3-000001",
        "name": NAME,
        "birthday_on": "1980-12-24",
        "home_shop": "001",
        "status": "active",
        "instant_discount_bp": 0,
        "discount_group": None,
        "tier": None,
        "segment_bits": 0,
        "limit_left_minor": None,
    }
