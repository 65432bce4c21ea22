"""What every command of head office takes, and how it opens the data folder."""

from __future__ import annotations

from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    from head_office.storage import Database

data_option = click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("head-office"),
    show_default=True,
    envvar="STAMMKUNDE_HEAD_OFFICE",
    show_envvar=True,
    help="Data folder of head office.",
)


@contextmanager
def open_database(folder: Path, *, create: bool = False) -> Iterator[Database]:
    """Give the open head office of a folder; a file of an earlier version is brought up to ours."""
    from head_office import upgrade
    from head_office.storage import Database

    database = Database(folder, create=create)
    with closing(database):
        upgrade.ensure(database)
        yield database


def read_instant(text: str | None, option: str) -> dt.datetime | None:
    """Return the instant of an option, None for none.

    Raises:
        click.BadParameter: it is none.
    """
    from pos_plugin.clock import instant

    if text is None:
        return None
    try:
        return instant(text)
    except ValueError:
        raise click.BadParameter(
            "an instant is ISO 8601 with offset, as 2026-03-07T23:59:59+01:00", param_hint=option
        ) from None
