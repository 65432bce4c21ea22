"""Classes are computed while tills send: nobody waits for the computing, nothing is lost or halved.

On SQLite, which serves, and on PostgreSQL, where several write at once.
"""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from class_schemes import scheme_value
from head_office_site import ANNA, ARTICLE, PROGRAM, Site, caller
from postgres import PostgresOffice, emptied, postgres
from sqlalchemy import select, update
from till_events import batch, sale_event

from head_office import log
from head_office.crm import class_facts, classes, customer_changes
from head_office.intake import events
from head_office.segments import Bits
from head_office.storage import bucket, class_history, master
from head_office.storage import till_event as event_table
from pos_plugin.clock import SystemClock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from sqlalchemy.engine import Connection

    from pos_plugin.loyalty.class_history import Fact

ON = dt.date(2026, 3, 8)
SOLD_ON = "2026-03-07"
SCHEME = scheme_value(
    metrics=["turnover"],
    classes=[
        {"code": "A", "rank": 1, "turnover_min_minor": 10_000},
        {"code": "B", "rank": 2, "turnover_min_minor": 1, "turnover_max_minor": 10_000},
    ],
)
BERT = {"id": "K2", "number": "2", "name": "Bert", "home_shop": "001"}
Office = Any
"""A ``Database``, or a ``PostgresOffice``, which answers the same questions."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with postgres(tmp_path_factory.mktemp("postgres")) as address:
        yield address


@pytest.fixture
def site(tmp_path: Path) -> Site:
    site = Site(tmp_path)
    site.load(
        article=[ARTICLE],
        program=[PROGRAM],
        customer=[{**ANNA, "segments": []}, BERT],
        abc_scheme=[SCHEME],
    )
    return site


@pytest.fixture(params=["sqlite", "postgresql"])
def office(request: pytest.FixtureRequest, site: Site) -> Iterator[Office]:
    with site.database() as database:
        if request.param == "sqlite":
            yield database
            return
        engine = emptied(request.getfixturevalue("server"))
        with database.read() as ours, engine.begin() as theirs:
            for table in (master, bucket):
                rows = [one._asdict() for one in ours.execute(select(table))]
                theirs.execute(table.insert(), rows)
            assert log.buckets(theirs) == ["shop:001"]
        yield PostgresOffice(engine)
        engine.dispose()


class Beside:
    """A head office where somebody does something just before a transaction of who asks it.

    Args:
        office: head office.
        doing: by the number of the transaction, the first is 1.
    """

    def __init__(self, office: Office, doing: Mapping[int, Callable[[], object]]) -> None:
        self._office = office
        self._doing = dict(doing)
        self.transactions = 0

    @contextmanager
    def read(self) -> Iterator[Connection]:
        self._begin()
        with self._office.read() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        self._begin()
        with self._office.write() as connection:
            yield connection

    def _begin(self) -> None:
        self.transactions += 1
        self._doing.pop(self.transactions, lambda: None)()


# The transactions of a run over two tills that sent little.
FIRST_TILL, SECOND_TILL, WHAT_STANDS, WRITES = 2, 3, 4, 5


class OneTransaction:
    """The control: everything inside one that writes, as a run once was."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        yield self._connection

    write = read


def sale(seq: int, customer: str, *, minor: int = 6_000, till: str = "3") -> bytes:
    event = json.loads(sale_event(seq, customer=customer, uid=f"{int(till):08x}{seq:024x}"))
    body = event["body"]
    body |= {"till": till, "customer": customer, "business_on": SOLD_ON}
    body["receipt"] |= {"sale_id": f"{till}-{seq}", "turnover_minor": minor}
    return json.dumps(event).encode()


def take(office: Office, *lines: bytes, till: str = "3") -> None:
    answer = events.take_batch(office, till=till, body=batch(*lines), now=SystemClock().now())
    assert answer.acked_seq > 0


def run(office: Office | Beside | OneTransaction) -> classes.Computed:
    return classes.compute(office, on=ON)


def standing(office: Office) -> dict[str, str]:
    """The class of each customer, by the history; the bits that tills read say the same."""
    row = class_history.c
    with office.read() as connection:
        asked = select(row.customer, row.code).where(row.until_on.is_(None))
        found = {one.customer: one.code for one in connection.execute(asked)}
        names = {one: groups(connection, one) for one in ("K1", "K2")}
    for customer, segments in names.items():
        classes_of = [f"abc:{found[customer]}"] if customer in found else []
        assert [one for one in segments if one.startswith("abc:")] == classes_of
    return found


def groups(connection: Connection, customer: str) -> list[str]:
    here = (master.c.table_name == "customer") & (master.c.row_key == json.dumps([customer]))
    text = connection.execute(select(master.c.row).where(here)).scalar_one()
    return Bits(connection).names(json.loads(text)["segment_bits"])


def two_tills(office: Office) -> None:
    take(office, sale(1, "K1"), till="3")
    take(office, sale(1, "K2", till="4"), till="4")


@pytest.mark.parametrize("before", [FIRST_TILL, SECOND_TILL, WHAT_STANDS, WRITES])
def test_what_comes_during_a_run_counts_in_the_next_one(office: Office, before: int) -> None:
    two_tills(office)
    upload = {before: lambda: take(office, sale(2, "K1"), till="3")}
    assert run(Beside(office, upload)).counts == {"abc": {"B": 2}}
    assert standing(office) == {"K1": "B", "K2": "B"}
    assert run(office).counts == {"abc": {"A": 1, "B": 1}}
    assert standing(office) == {"K1": "A", "K2": "B"}


def both_send(office: Office) -> Beside:
    """While the first till is read it sends a receipt, and after it the second till another."""

    def both() -> None:
        take(office, sale(2, "K1"), till="3")
        take(office, sale(2, "K2", till="4"), till="4")

    return Beside(office, {2: both})


def turnover(found: list[Fact]) -> dict[str, int]:
    sums = Counter({"K1": 0, "K2": 0})
    for one in found:
        sums[one.customer] += one.turnover_minor
    return dict(sums)


def test_facts_are_those_of_one_instant(office: Office) -> None:
    two_tills(office)
    with office.read() as connection:
        at = class_facts.instant(connection, with_margin=True)
    for beside in (both_send(office), office):
        assert turnover(class_facts.facts(beside, at)) == {"K1": 6_000, "K2": 6_000}


def test_reading_to_the_end_would_count_the_later_receipt_alone(office: Office) -> None:
    # The control: nothing says where to stop, and the first till was read when both sent.
    two_tills(office)
    with office.read() as connection:
        at = class_facts.instant(connection, with_margin=False)
    endless = replace(at, spans=[one._replace(acked_seq=10_000) for one in at.spans])
    assert turnover(class_facts.facts(both_send(office), endless)) == {"K1": 6_000, "K2": 12_000}


@pytest.fixture
def waiting(office: Office) -> Callable[[], None]:
    """Two receipts wait to be understood, one of each till; the answer books them."""
    two_tills(office)
    take(office, sale(2, "K1"), till="3")
    take(office, sale(2, "K2", till="4"), till="4")

    def say(took_effect: bool) -> None:
        with office.write() as connection:
            connection.execute(
                update(event_table).where(event_table.c.seq == 2).values(took_effect=took_effect)
            )

    say(False)
    return lambda: say(True)


def test_events_that_take_effect_while_they_are_read_make_the_run_read_again(
    office: Office, waiting: Callable[[], None]
) -> None:
    beside = Beside(office, {SECOND_TILL: waiting})
    assert run(beside).counts == {"abc": {"A": 2}}
    assert standing(office) == {"K1": "A", "K2": "A"}
    assert beside.transactions == 2 * WRITES


def test_run_that_did_not_look_again_would_judge_by_half(
    office: Office, waiting: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(class_facts, "is_still_so", lambda *_: True)
    assert run(Beside(office, {SECOND_TILL: waiting})).counts == {"abc": {"A": 1, "B": 1}}


def overtaken(office: Office, before: int) -> Beside:
    """Before a transaction of a run a receipt comes, and another run counts it."""
    two_tills(office)

    def other() -> None:
        take(office, sale(2, "K1"), till="3")
        assert run(office).counts == {"abc": {"A": 1, "B": 1}}

    return Beside(office, {before: other})


@pytest.mark.parametrize("before", [FIRST_TILL, WHAT_STANDS, WRITES])
@pytest.mark.parametrize("runs_before", [0, 1])
def test_run_that_was_overtaken_takes_nothing_back(
    office: Office, runs_before: int, before: int
) -> None:
    for _ in range(runs_before):
        run(office)
    assert run(overtaken(office, before)).counts == {"abc": {"A": 1, "B": 1}}
    assert standing(office) == {"K1": "A", "K2": "B"}


def test_runs_without_a_number_would_take_back_what_a_newer_one_said(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(classes, "count_run", lambda *_, **__: True)
    run(overtaken(office, WHAT_STANDS))
    assert standing(office) == {"K1": "B", "K2": "B"}


def test_group_that_somebody_enters_during_a_run_is_kept(office: Office) -> None:
    two_tills(office)

    def enter() -> None:
        customer_changes.change(
            office,
            "K1",
            groups=["stamm"],
            instant_discount_bp=0,
            is_blocked=False,
            by="olga",
            now=SystemClock().now(),
        )

    run(Beside(office, {WRITES: enter}))
    with office.read() as connection:
        assert groups(connection, "K1") == ["abc:B", "stamm"]


def test_till_is_answered_while_classes_are_computed(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    with uploading(site, monkeypatch) as answers, site.database() as database:
        two_tills(database)
        assert run(database).counts == {"abc": {"B": 2}}
    assert answers == [200]


def test_inside_one_transaction_the_till_would_wait(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    with uploading(site, monkeypatch) as answers, site.database() as database:
        two_tills(database)
        with database.write() as connection:
            run(OneTransaction(connection))
    assert answers == ["waits"]


@contextmanager
def uploading(site: Site, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int | str]]:
    """While the days are walked, a till sends; the list gets what it is answered."""
    token = site.add_till("5")
    answers: list[int | str] = []
    walk = classes.changes
    with site.served() as url, caller(url, token) as client:

        def beside(*given: Any, **named: Any) -> Any:
            try:
                line = sale(1, "K1", till="5")
                answer = client.post("/v1/tills/5/events", content=batch(line), timeout=3)
            except httpx.ReadTimeout:
                answers.append("waits")
            else:
                answers.append(answer.status_code)
            return walk(*given, **named)

        monkeypatch.setattr(classes, "changes", beside)
        yield answers
