"""Who is found at head office, on both databases: whom a plain reading of all customers finds."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from head_office_site import Site
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from postgres import PostgresOffice, emptied, postgres
from sqlalchemy import delete, event, select, text
from sqlalchemy.engine import Engine

from head_office import customer_words, master_rows
from head_office.commands.options import open_database
from head_office.crm import customer_file, voucher_search
from head_office.crm.customer_file import FOUND_MAX
from head_office.storage import Database, master, meta
from head_office.storage import customer_words as words_table
from head_office.vouchers import rows_of_holder
from pos_plugin.clock import instant
from pos_plugin.search_keys import name_words, phone_digits

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy.engine import Connection

BIG = {"master", "customer_words", "voucher", "ledger_entry", "consent_word", "receipt"}
NOW = instant("2026-03-07T12:00:00.000Z")
LETTERS = "aAnNeEmMüÜöÖäßéÉ'-. %_/\\\"\t\0\x1f1207ﬁİŁø\N{COMBINING DIAERESIS}"
texts = st.text(LETTERS, min_size=1, max_size=8)
phones = st.lists(st.sampled_from(["4917012345", "4989112233", "49170"]), max_size=2, unique=True)
customers = st.lists(st.tuples(texts, texts, texts, phones), min_size=1, max_size=5)
TERMS = ("Müller", "MUELLER", "+49 170 12345", "089/112233", "0170", "%%", "nk", "x1f", "\x1f1")


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def office(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Database | PostgresOffice]:
    folder = tmp_path_factory.mktemp(request.param)
    if request.param == "sqlite":
        with closing(Database(folder, create=True)) as database:
            yield database
    else:
        with postgres(folder) as address:
            engine = emptied(address)
            yield PostgresOffice(engine)
            engine.dispose()


def row_of(customer: str, number: str, name: str) -> dict[str, Any]:
    return {
        "id": customer, "number": number, "name": name, "birthday_on": None, "home_shop": "001",
        "status": "active", "instant_discount_bp": 0, "discount_group": None, "tier": None,
        "segment_bits": 0, "limit_left_minor": None,
    }  # fmt: skip


def put(connection: Connection, customer: str, number: str, name: str, *phones: str) -> None:
    master_rows.put(connection, "customer", row_of(customer, number, name), shop="001")
    search = {"customer": customer, "phones": list(phones), "email_hashes": []}
    master_rows.put(connection, "customer_search", search, shop="001")


def clear(connection: Connection) -> None:
    connection.execute(delete(master))
    connection.execute(delete(words_table))


def is_meant(term: str, one: tuple[str, str, str, list[str]]) -> bool:
    """What a search promises, said by reading: tills compare names by the same functions."""
    term = term.strip()
    if any(term.casefold() in said.casefold() for said in one[:3]):
        return True
    words, whole = name_words(term), " ".join(name_words(one[2]))
    is_named = bool(words) and all(word in whole for word in words)
    return is_named or phone_digits(term) in one[3]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(customers=customers, term=st.one_of(texts, st.sampled_from(TERMS)))
@example(customers=[("K1", "1", "Müller, Jörg", ["4917012345"])], term="joerg MUELLER")
@example(customers=[("K1", "1", "Jo\N{COMBINING DIAERESIS}rg", [])], term="Jörg")
@example(customers=[("K1", "1", "Straße", [])], term="STRASSE")
@example(customers=[("a/b%", "1_", 'x\\"', [])], term='x\\"')
def test_a_search_finds_whom_a_plain_reading_finds(
    office: Database | PostgresOffice,
    customers: list[tuple[str, str, str, list[str]]],
    term: str,
) -> None:
    # A NUL and the sign that parts what is kept are read as one: nobody writes either.
    term = term.replace("\0", "").replace("\x1f", "")
    customers = [
        (one[0].replace("\0", "") + f"#{place}", *one[1:]) for place, one in enumerate(customers)
    ]
    with office.write() as connection:
        clear(connection)
        for one in customers:
            put(connection, *one[:3], *one[3])
        found = [row["id"] for row in customer_file.find(connection, term)]
        wanted = {one[0] for one in customers if is_meant(term, one)}
        assert set(found) == (wanted if len(term.strip()) >= customer_file.TERM_MIN else set())
        assert len(found) == len(set(found))


def test_odd_signs_in_a_term_disturb_nothing(office: Database | PostgresOffice) -> None:
    with office.write() as connection:
        clear(connection)
        put(connection, "K1", "1", "Anna\0Müller")
        for term in ("a\0m", "\0\0", "\x1f\x1f", "Anna\0Müller", "'; --", "\ufffd\ufffd"):
            customer_file.find(connection, term)
        assert [row["id"] for row in customer_file.find(connection, "Mueller")] == ["K1"]


def test_the_very_number_is_found_among_many_that_hold_it(
    office: Database | PostgresOffice,
) -> None:
    with office.write() as connection:
        clear(connection)
        for number in range(1, 400):
            put(connection, f"X{number}", f"9{number:03}", f"Anna {number:03}", f"49170{number:05}")
        put(connection, "12", "K-7", "Zoe", "499")
        put(connection, "X0", "0170 00012", "Zoe Zander")
        assert "12" in {row["id"] for row in customer_file.find(connection, "12")}
        by_phone = [row["id"] for row in customer_file.find(connection, "0170 00012")]
        assert by_phone == ["X12", "X0"]
        first = customer_file.find(connection, "anna")
        assert [row["name"] for row in first] == [f"Anna {n:03}" for n in range(1, FOUND_MAX + 1)]


def test_cards_are_shown_whatever_other_customers_are_called(
    office: Database | PostgresOffice,
) -> None:
    with office.write() as connection:
        clear(connection)
        for number in range(1_300):
            card = {"code_hash": f"{9_999 - number}", "customer": f"K{number}", "status": "active"}
            master_rows.put(connection, "card", card, shop="001")
        put(connection, "K1", "1", "Anna")
        shown = customer_file.open_file(connection, "K1", now=NOW)
        assert shown is not None
        assert [card["code_hash"] for card in shown.cards] == ["9998"]
        master_rows.erase(connection, "K1")
        assert master_rows.of_person(connection, "K1") == []
        assert len(master_rows.of_person(connection, "K12")) == 1
        assert connection.execute(select(words_table)).all() == []


# --- files of an earlier version, and what is read ------------------------------------------------


ANNA = {
    "id": "K1",
    "number": "1",
    "name": "Änne Müller",
    "home_shop": "001",
    "phone": "0171 1234567",
}


@pytest.fixture
def site(tmp_path: Path) -> Site:
    site = Site(tmp_path)
    site.load(customer=[ANNA], card=[{"code": "2900000123457", "customer": "K1"}])
    return site


def everything(connection: Connection) -> tuple[list[Any], list[Any]]:
    return (
        list(connection.execute(select(words_table).order_by(words_table.c.row_key))),
        list(
            connection.execute(select(master.c.row_key, master.c.customer).order_by(master.c.row))
        ),
    )


def schema(connection: Connection) -> set[str]:
    kinds = "SELECT type || ' ' || name FROM sqlite_master"
    return set(connection.execute(text(kinds)).scalars())


def test_a_file_of_an_earlier_version_gets_what_it_lacks(site: Site) -> None:
    with site.database() as database, database.write() as connection:
        wanted = everything(connection), schema(connection)
        assert "index master_customer" in wanted[1]
        for one in ("master_customer", "voucher_customer", "alias_customer", "receipt_day"):
            connection.execute(text(f"DROP INDEX {one}"))
        connection.execute(text("DROP TABLE customer_words"))
        connection.execute(text("CREATE TABLE old AS SELECT * FROM master"))
        connection.execute(text("DROP TABLE master"))
        connection.execute(
            text(
                "CREATE TABLE master (table_name TEXT NOT NULL, row_key TEXT NOT NULL, shop TEXT, "
                "row TEXT NOT NULL, PRIMARY KEY (table_name, row_key))"
            )
        )
        connection.execute(
            text("INSERT INTO master SELECT table_name, row_key, shop, row FROM old")
        )
        connection.execute(text("DROP TABLE old"))
    for _ in range(2):
        with open_database(site.data) as database, database.read() as connection:
            assert (everything(connection), schema(connection)) == wanted
            assert [row["id"] for row in customer_file.find(connection, "muell")] == ["K1"]
            shown = customer_file.open_file(connection, "K1", now=NOW)
            assert shown is not None
            assert len(shown.cards) == 1


def test_words_of_another_form_are_written_again_once(site: Site) -> None:
    with open_database(site.data) as database, database.write() as connection:
        connection.execute(words_table.update().values(folded="of an older form"))
    with open_database(site.data) as database, database.write() as connection:
        assert customer_file.find(connection, "Mueller") == []
        connection.execute(meta.update().where(meta.c.name == "form").values(value="0"))
    with open_database(site.data) as database, database.read() as connection:
        assert [row["id"] for row in customer_file.find(connection, "Mueller")] == ["K1"]


def test_loading_again_keeps_the_words_up_to_date(site: Site) -> None:
    site.load(customer=[ANNA | {"name": "Änne Weiß", "phone": "0171 7654321"}])
    with site.database() as database, database.write() as connection:
        assert customer_file.find(connection, "Mueller") == []
        assert customer_file.find(connection, "0171 1234567") == []
        for term in ("weiss", "0171 7654321"):
            assert [row["id"] for row in customer_file.find(connection, term)] == ["K1"], term
        kept = everything(connection)
        customer_words.fill(connection)
        assert everything(connection) == kept


def test_nobody_is_sought_in_the_wide_rows_of_all(site: Site) -> None:
    asked: list[tuple[str, Any]] = []

    def note(_c: object, _cursor: object, words: str, values: Any, *_: object) -> None:
        asked.append((words, values))

    with site.database() as database, database.write() as connection:
        event.listen(Engine, "before_cursor_execute", note)
        try:
            customer_file.find(connection, "0171 12345")
            customer_file.open_file(connection, "K1", now=NOW)
            voucher_search.of_customer(connection, "K1", on=NOW.date())
            rows_of_holder(connection, "K1")
            master_rows.erase(connection, "K1")
        finally:
            event.remove(Engine, "before_cursor_execute", note)
        steps = [
            step[3]
            for words, values in asked
            if words.startswith(("SELECT", "DELETE"))
            for step in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {words}", values)
        ]
    scanned = {step.split()[1] for step in steps if step.startswith("SCAN")}
    assert scanned & BIG == {"customer_words"}
