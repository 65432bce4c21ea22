"""``stammkunde head-office pictures``: what vouchers show, for all tills of the chain."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from head_office.commands.options import data_option, open_database


@click.command()
@click.argument(
    "files",
    nargs=-1,
    required=True,
    metavar="FILES",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
)
@data_option
@click.option("--json", "as_json", is_flag=True, help="One JSON object: file name to SHA-256.")
def pictures(files: tuple[Path, ...], data: Path, *, as_json: bool) -> None:
    """Keep PNG, JPEG or WebP FILES, so that tills fetch them; print the SHA-256 of each.

    It is what `blob` of a cover and `layout.logo` of a voucher type say (docs/master-data.md). Each
    till makes dots of them for its own paper. One wrong file, and none is kept.
    """
    from head_office.pictures import PICTURES_MAX, keep_pictures

    if len(files) > PICTURES_MAX:
        raise click.BadParameter(f"at most {PICTURES_MAX} at once", param_hint="FILES")
    with (
        open_database(data) as database,
        click.progressbar(files, label="Trying", file=sys.stderr) as shown,
    ):
        kept = keep_pictures(database, shown)
    if as_json:
        click.echo(json.dumps({one.name: one.sha256 for one in kept}, indent=1))
        return
    for one in kept:
        click.echo(f"{one.sha256}  {one.name}" + ("" if one.is_new else "  (known)"))
