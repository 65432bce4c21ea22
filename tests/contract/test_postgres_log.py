"""The log of a bucket on PostgreSQL: several write at once, a reader skips nothing (sync.md 13).

Only SQLite is promised today; the tables and the log are kept ready.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest
from postgres import emptied, postgres
from sqlalchemy import text
from waiting import until

from head_office import log
from head_office.storage import bucket as bucket_table
from head_office.storage import bucket_row
from sync_agent.protocol.json_bytes import compact_json
from sync_agent.protocol.pages import parse_page

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy.engine import Connection, Engine

BUCKET = "shop:001"
WRITERS, EACH = 4, 25


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with postgres(tmp_path_factory.mktemp("postgres")) as address:
        yield address


@pytest.fixture
def engine(server: str) -> Iterator[Engine]:
    engine = emptied(server)
    with engine.begin() as connection:
        connection.execute(bucket_table.insert().values(bucket=BUCKET, epoch=1, head=0))
        connection.execute(text("DROP SEQUENCE IF EXISTS place"))
        connection.execute(text("CREATE SEQUENCE place"))
    yield engine
    engine.dispose()


def append(connection: Connection, name: str) -> None:
    """Write a row as head office does."""
    log.append(connection, BUCKET, [[("alias", {"alias": name, "customer": "K1"})]])


def append_by_sequence(connection: Connection, name: str) -> None:
    """The broken way: the number comes from a sequence, which knows nothing of commits."""
    place = connection.execute(text("SELECT nextval('place')")).scalar_one()
    row = {"alias": name, "customer": "K1"}
    connection.execute(
        bucket_row.insert().values(
            bucket=BUCKET,
            table_name="alias",
            row_key=log.row_key("alias", row),
            log_seq=place,
            log_group=place,
            op="P",
            row=compact_json(row).decode(),
            sum=0,
        )
    )
    here = bucket_table.c.bucket == BUCKET
    # No lock: PostgreSQL would make the second one wait for a row that both change.
    if name != "slow":
        connection.execute(bucket_table.update().where(here).values(head=place))


class Reader:
    """A till that pages on from its cursor."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._after = 0
        self.seen: list[str] = []

    def read(self) -> None:
        with self._engine.connect().execution_options(
            isolation_level="REPEATABLE READ"
        ) as connection:
            content = log.page(connection, BUCKET, after=self._after, rows_max=7)
        page = parse_page(content, bucket=BUCKET, after=self._after)
        self.seen += [change.row["alias"] for change in page.changes]
        self._after = page.checkpoint


def slow_and_quick(engine: Engine, write: Callable[[Connection, str], None]) -> list[str]:
    """One takes its number first and commits last; return what a reader has seen in the end."""
    reader = Reader(engine)
    is_written, may_commit = threading.Event(), threading.Event()

    def slow() -> None:
        with engine.begin() as connection:
            write(connection, "slow")
            is_written.set()
            may_commit.wait(10)

    def quick() -> None:
        with engine.begin() as connection:
            write(connection, "quick")

    first, second = threading.Thread(target=slow), threading.Thread(target=quick)
    first.start()
    assert is_written.wait(10)
    second.start()
    second.join(1.0)
    reader.read()
    may_commit.set()
    first.join(10)
    second.join(10)
    for _ in range(3):
        reader.read()
    return sorted(reader.seen)


def test_who_took_its_number_first_is_not_skipped(engine: Engine) -> None:
    assert slow_and_quick(engine, append) == ["quick", "slow"]


def test_numbers_of_a_sequence_make_a_reader_skip(engine: Engine) -> None:
    # The control: the same with BIGSERIAL; the slow one is lost to every reader for ever.
    assert slow_and_quick(engine, append_by_sequence) == ["quick"]


def test_many_writers_and_a_reader_that_never_rests(engine: Engine) -> None:
    faults: list[BaseException] = []

    def write(number: int) -> None:
        try:
            for count in range(EACH):
                with engine.begin() as connection:
                    append(connection, f"{number}-{count}")
        except BaseException as fault:  # noqa: BLE001 - shown by the test
            faults.append(fault)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(WRITERS)]
    for thread in threads:
        thread.start()
    reader = Reader(engine)

    def all_seen() -> Any:
        reader.read()
        return len(reader.seen) >= WRITERS * EACH or faults

    until(all_seen, within_s=60, what="every row is seen")
    for thread in threads:
        thread.join(10)
    assert faults == []
    wanted = sorted(f"{number}-{count}" for number in range(WRITERS) for count in range(EACH))
    assert sorted(reader.seen) == wanted
