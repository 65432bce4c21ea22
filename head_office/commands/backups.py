"""``stammkunde head-office backup|restore|compact``: copies of head office, and its size."""

from __future__ import annotations

from pathlib import Path

import click

from head_office.commands.options import data_option, open_database


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@data_option
def backup(folder: Path, data: Path) -> None:
    """Copy head office into FOLDER, on another disk, and open the copy; seven are kept.

    Tills keep their receipts until such a copy holds them. May run while head office serves. The
    keys that sign the rules are not in it: keep rule-key.current and rule-key.next yourself.
    """
    from head_office.backup import back_up
    from pos_plugin.clock import SystemClock

    with open_database(data) as database:
        copy = back_up(database, folder, now=SystemClock().now())
    click.echo(f"{copy.path} is whole: {copy.bytes} bytes.")


@click.command()
@click.argument("copy", type=click.Path(dir_okay=False, exists=True, path_type=Path))
@data_option
def restore(copy: Path, data: Path) -> None:
    """Put COPY in the place of head office, which must be stopped.

    Tills send again what they hold, and fetch their data anew. What was here is kept in replaced/.
    """
    from head_office.backup import restore as put_back
    from pos_plugin.clock import SystemClock

    incarnation = put_back(data, copy, now=SystemClock().now())
    click.echo(f"Head office is restored, as incarnation {incarnation}. Start it with: serve")


@click.command()
@data_option
def compact(data: Path) -> None:
    """Drop removals of rows that every till has read; may run while head office serves.

    Goes by the last report of each till; a till that never comes back is ended by revoke.
    """
    from head_office.compacting import compact as compact_logs

    with open_database(data) as database:
        done = compact_logs(database)
    for one in done:
        click.echo(f"{one.bucket}: {one.dropped} removals dropped, up to {one.up_to}")
        if one.waits_for:
            click.echo(f"  no report yet from till {', '.join(one.waits_for)}")
