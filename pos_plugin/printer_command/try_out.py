"""``stammkunde printer test``: a page on paper, and how far the unit is believed from now on."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from pos_plugin.printer_command.asked import (
    AS_JSON,
    NOT_READY,
    SETTINGS,
    driven,
    echo_json,
    held,
    printer_called,
)
from pos_plugin.printer_command.restart import after_restart
from pos_plugin.printer_command.words import LEVELS, TESTED, lacking

if TYPE_CHECKING:
    from pathlib import Path

    from pos_plugin.config import Printer, TillConfig
    from printers.encode import Job
    from printers.probe import Tested


@click.command("test")
@click.argument("name")
@SETTINGS
@click.option("--no-scan", is_flag=True, help="Do not ask for the codes to be scanned back.")
@click.option(
    "--restart",
    is_flag=True,
    help="See whether it shows here that the printer is switched off and on; you do it.",
)
@AS_JSON
def test(name: str, config: Path, no_scan: bool, restart: bool, as_json: bool) -> None:
    """Print a test page on the printer NAME and find out how far it can be believed.

    The page has a ruler, letters, a grey wedge and two codes. Its result is the level of this
    unit, kept in the folder printer-units of the till's data: vouchers are confirmed on its word
    from then on. The till must not have the printer (exit code 3).
    """
    from pos_plugin.config import read_config

    settings = read_config(config)
    printer = printer_called(settings, name)
    if printer.transport == "host":
        raise click.BadParameter(f"{name!r} belongs to the host: test it there")
    job = _job(printer, settings)
    place = driven(printer)
    if place is None:
        found = _tested(printer, settings, job)
    else:
        with held(place, settings):
            found = _tested(printer, settings, job)
            if restart:
                found = after_restart(found, printer, place, settings)
    is_asked = not no_scan and not as_json and sys.stdin.isatty()
    wrong_scans = _scan_back(settings.language) if is_asked else []
    if as_json:
        values = {**found._asdict(), "facts": dict(found.facts), "warnings": job.warnings}
        echo_json({"printer": name, **values})
    else:
        _say(name, found, job.warnings, settings.language)
        for line in wrong_scans:
            click.echo(line, err=True)
    if found.reason or wrong_scans:
        sys.exit(NOT_READY)


# pytest would take it for one of its own.
test.__test__ = False  # type: ignore[attr-defined]


def _job(printer: Printer, settings: TillConfig) -> Job:
    from pos_plugin.clock import SystemClock
    from pos_plugin.printing.devices import test_job
    from printers.errors import ProfileInvalid

    try:
        return test_job(printer, settings, at=SystemClock().now())
    except ProfileInvalid as wrong:
        raise click.BadParameter(f"the profile of {printer.name!r}: {wrong}") from None


def _tested(printer: Printer, settings: TillConfig, job: Job) -> Tested:
    from pos_plugin.clock import SystemClock, utc_text
    from pos_plugin.printing.devices import new_device
    from printers.try_out import try_out

    # The lock is ours already.
    device = new_device(printer, settings, locks=False)
    if sys.stderr.isatty():
        click.echo(TESTED[settings.language]["printing"], err=True)
    try:
        return try_out(device, job, tested_at=utc_text(SystemClock().now()))
    finally:
        device.close()


def _scan_back(language: str) -> list[str]:
    from printers.test_page import BAR_CONTENT, QR_CONTENT

    say = TESTED[language]
    wrong = []
    for what, wanted in (("qr", QR_CONTENT), ("bar", BAR_CONTENT)):
        asked = say["scan"].format(what=say[what])
        scanned = click.prompt(asked, default="", show_default=False).strip()
        if scanned and scanned != wanted:
            wrong.append(say["wrong_scan"].format(came=scanned, wanted=wanted))
    return wrong


def _say(name: str, found: Tested, warnings: tuple[str, ...], language: str) -> None:
    say = TESTED[language]
    if found.reason:
        why = found.message or say["says"].format(reason=found.reason.value)
        click.echo(say["not_tested"].format(name=name, why=why), err=True)
        return
    click.echo(say["level"].format(level=found.level, means=LEVELS[language][found.level]))
    if found.answers > found.level:
        click.echo(say["answers"].format(answers=found.answers))
    if found.facts:
        facts = ", ".join(f"{key} {value}" for key, value in found.facts.items())
        click.echo(say["facts"].format(facts=facts))
    click.echo(say["unit"].format(unit=found.unit, seconds=found.seconds))
    for warning in warnings:
        click.echo(say["not_as_wished"].format(what=lacking(warning, language)))
