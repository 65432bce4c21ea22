"""``stammkunde head-office doctor``: looks at everything head office stands on."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from head_office.commands.options import data_option

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    from pos_plugin.doctor.finding import Finding

_FREE_MB_LEAST: Final = 2_000


@click.command()
@data_option
@click.option(
    "--backup",
    "backups",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder of the copies that `head-office backup` takes.",
)
@click.option(
    "--language",
    type=click.Choice(["de", "en"]),
    default="de",
    show_default=True,
    help="Language of the lines.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def doctor(data: Path, backups: Path | None, language: str, *, as_json: bool) -> None:
    """Look at folder, rights, disk, clock, versions, file, keys, backups and tills; a line each.

    Nothing is changed; it may serve meanwhile. Exit code 1 when something is bad.
    """
    from pos_plugin.clock import SystemClock
    from pos_plugin.doctor.report import report

    findings = _findings(data.absolute(), backups, SystemClock().now())
    sys.exit(report(findings, language=language, as_json=as_json))


def _findings(data: Path, backups: Path | None, at: dt.datetime) -> Iterator[Finding]:
    from head_office.doctor import head_office_findings
    from pos_plugin.doctor.folder import folder_findings
    from pos_plugin.doctor.machine import machine_findings

    if data.is_dir():
        yield from folder_findings(data, free_mb_least=_FREE_MB_LEAST)
        yield from machine_findings(at=at, known_at=None)
    yield from head_office_findings(data, backups=backups, at=at)
