"""``stammkunde printer test``: a page on paper, and how far the unit is believed from now on."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from pos_plugin.printer_command.asked import (
    AS_JSON,
    LEVELS,
    NOT_READY,
    SETTINGS,
    driven,
    echo_json,
    held,
    printer_called,
)
from pos_plugin.printer_command.restart import after_restart
from pos_plugin.printer_command.wishes import in_words

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
    wrong_scans = [] if no_scan or as_json or not sys.stdin.isatty() else _scan_back()
    if as_json:
        values = {**found._asdict(), "facts": dict(found.facts), "warnings": job.warnings}
        echo_json({"printer": name, **values})
    else:
        _say(name, found, job.warnings)
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
        click.echo("Printing; a unit that says nothing takes half a minute.", err=True)
    try:
        return try_out(device, job, tested_at=utc_text(SystemClock().now()))
    finally:
        device.close()


def _scan_back() -> list[str]:
    from printers.test_page import BAR_CONTENT, QR_CONTENT

    wrong = []
    for what, content in (("QR code", QR_CONTENT), ("bar code", BAR_CONTENT)):
        scanned = click.prompt(f"Scan the {what} (Enter: skip)", default="", show_default=False)
        if scanned and scanned.strip() != content:
            wrong.append(
                f"The {what} came back as {scanned.strip()!r}, not {content!r}: set the scanner to "
                "the keyboard language of this machine."
            )
    return wrong


def _say(name: str, found: Tested, warnings: tuple[str, ...]) -> None:
    if found.reason:
        why = found.message or f"it says {found.reason.value}"
        click.echo(f"{name} was not tested: {why}.", err=True)
        return
    click.echo(f"Level {found.level}: {LEVELS[found.level]}.")
    if found.answers > found.level:
        click.echo(
            f"It answers at level {found.answers}, but here nobody sees that it was switched off "
            "and on: that takes the wire DSR (docs/printing.md), or `level_max` is set."
        )
    if found.facts:
        facts = ", ".join(f"{key} {value}" for key, value in found.facts.items())
        click.echo(f"It says of itself: {facts}")
    click.echo(f"Unit {found.unit}, {found.seconds:.1f} s from the first byte to the last answer.")
    for warning in warnings:
        click.echo(f"Not as wished: {in_words(warning)}.")
