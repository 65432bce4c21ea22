"""The command ``stammkunde doctor``.

What this package cannot know, the packages above look at: they register functions in the entry
point group ``stammkunde.checks``, which take settings, their file and the instant.

Exit codes: 0 nothing is bad, 1 something is, 2 the settings cannot be read.
"""

from __future__ import annotations

import sys
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    from pos_plugin.config import TillConfig
    from pos_plugin.doctor.finding import Finding

GROUP: Final = "stammkunde.checks"
_FREE_MB_LEAST: Final = 1_000


@click.command()
@click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("till.toml"),
    show_default=True,
    help="The till's settings.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def doctor(config: Path, as_json: bool) -> None:
    """Look at everything this till stands on; a line each, with what to do where it is not good.

    Settings, folder, rights, drive, disk, clock, versions, core, files, agent, head office, rules,
    master data, backup, vouchers, printers. Nothing is changed; the till may sell meanwhile.
    """
    from pos_plugin.clock import SystemClock
    from pos_plugin.config import read_config
    from pos_plugin.doctor.report import report

    settings = read_config(config)
    at = SystemClock().now()
    findings = _findings(settings, config, at)
    sys.exit(report(findings, language=settings.language, as_json=as_json))


def _findings(settings: TillConfig, config: Path, at: dt.datetime) -> Iterator[Finding]:
    from pos_plugin.doctor.files import file_findings, last_known
    from pos_plugin.doctor.fiscal import fiscal_findings
    from pos_plugin.doctor.folder import folder_findings
    from pos_plugin.doctor.machine import machine_findings
    from pos_plugin.doctor.openers import opener_findings
    from pos_plugin.doctor.printers import printer_findings

    yield from folder_findings(settings.data_dir, free_mb_least=_FREE_MB_LEAST)
    if not settings.data_dir.is_dir():
        return
    yield from machine_findings(at=at, known_at=last_known(settings.data_dir))
    yield from file_findings(settings, at=at)
    yield from opener_findings(settings.data_dir)
    for entry in sorted(entry_points(group=GROUP), key=lambda one: one.name):
        yield from entry.load()(settings, config, at=at)
    yield from fiscal_findings(settings)
    yield from printer_findings(settings)
