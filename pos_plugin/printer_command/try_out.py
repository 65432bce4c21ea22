"""``stammkunde printer test``: a page on paper, and how far the unit is believed from now on."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from pos_plugin.printer_command.asked import (
    AS_JSON,
    DOCUMENT_INVALID,
    LEVELS,
    NOT_READY,
    SETTINGS,
    driven,
    echo_json,
    give_up,
    held,
    printer_called,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from pos_plugin.config import Printer, TillConfig
    from printers.choose import Place
    from printers.document import Document
    from printers.encode import Job


class _Tested(NamedTuple):
    level: int
    facts: Mapping[str, str]
    unit: str
    seconds: float
    reason: str
    warnings: tuple[str, ...]


@click.command("test")
@click.argument("name")
@SETTINGS
@click.option("--no-scan", is_flag=True, help="Do not ask for the codes to be scanned back.")
@AS_JSON
def test(name: str, config: Path, no_scan: bool, as_json: bool) -> None:
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
    document, pictures = _page(printer, settings)
    place = driven(printer)
    if place is None:
        found = _simulated(printer, settings, document, pictures)
    else:
        with held(place, settings):
            found = _printed(printer, place, settings, document, pictures, config)
    wrong_scans = [] if no_scan or as_json or not sys.stdin.isatty() else _scan_back()
    if as_json:
        echo_json({"printer": name, **found._asdict(), "facts": dict(found.facts)})
    else:
        _say(found)
        for line in wrong_scans:
            click.echo(line, err=True)
    if found.reason or wrong_scans:
        sys.exit(NOT_READY)


# pytest would take it for one of its own.
test.__test__ = False  # type: ignore[attr-defined]


def _page(printer: Printer, settings: TillConfig) -> tuple[Document, Mapping[str, bytes]]:
    from pos_plugin.clock import SystemClock
    from printers.errors import DocumentInvalid
    from printers.test_page import test_page

    at = SystemClock().now().strftime("%Y-%m-%d %H:%M")
    said = f"{settings.shop}, {settings.till}, {at}"
    try:
        return test_page(dots=printer.dots, lang=settings.language, printer=printer.name, said=said)
    except DocumentInvalid as wrong:
        give_up(f"the test page cannot be printed: {wrong}", code=DOCUMENT_INVALID)


def _simulated(
    printer: Printer,
    settings: TillConfig,
    document: Document,
    pictures: Mapping[str, bytes],
) -> _Tested:
    from time import monotonic

    from printers.sim.printer import SimulatedPrinter

    job = _encoded(printer, document, pictures, None)
    device = SimulatedPrinter(settings.data_dir / printer.directory, dots=printer.dots)
    began_s = monotonic()
    outcome = device.send(job, process_id="test", on_stall=lambda _: None)
    seconds = monotonic() - began_s
    return _Tested(outcome.level, {}, "simulator", seconds, outcome.reason.value, job.warnings)


def _printed(
    printer: Printer,
    place: Place,
    settings: TillConfig,
    document: Document,
    pictures: Mapping[str, bytes],
    config: Path,
) -> _Tested:
    if place.transport in ("queue", "winraw"):
        return _handed_over(printer, place, settings, document, pictures, config)
    from threading import Event

    from pos_plugin.clock import SystemClock, utc_text
    from printers.choose import transport_of
    from printers.device import answer_within_s
    from printers.errors import PrinterError
    from printers.levels import FOLDER, Unit, Units, unit_name
    from printers.line import Line, Patience
    from printers.ports import JobReason
    from printers.probe import look, probe

    job = _encoded(printer, document, pictures, config)
    patience = Patience()
    line = Line(transport_of(place), patience, Event())
    baud = place.baud if place.transport == "serial" else None
    wait_s = answer_within_s(len(job.data), baud=baud, patience=patience)
    if sys.stderr.isatty():
        click.echo(f"Printing; an answer may take {2 * wait_s:.0f} s.", err=True)
    try:
        stop = look(line)
        if stop not in (JobReason.NONE, JobReason.PRINTER_MUTE):
            give_up(f"{printer.name} does not print: {stop.value}", code=NOT_READY)
        found = probe(line, job, wait_s=wait_s)
    except PrinterError as fault:
        give_up(f"{printer.name}: {fault}. {fault.hint}".rstrip(". "), code=NOT_READY)
    finally:
        line.hang_up()
    if found.stop is not JobReason.NONE:
        # What it did not answer while it stood still says nothing about it.
        return _Tested(0, found.facts, "", found.seconds, found.stop.value, job.warnings)
    unit = Unit(
        unit=unit_name(printer=printer.name, facts=found.facts),
        printer=printer.name,
        address=place.where,
        level=found.level,
        facts=found.facts,
        tested_at=utc_text(SystemClock().now()),
    )
    try:
        Units(settings.data_dir / FOLDER).write(unit)
    except OSError as fault:
        give_up(f"the level cannot be stored: {fault.strerror}", code=NOT_READY)
    return _Tested(
        found.level, found.facts, unit.unit, found.seconds, found.stop.value, job.warnings
    )


def _handed_over(
    printer: Printer,
    place: Place,
    settings: TillConfig,
    document: Document,
    pictures: Mapping[str, bytes],
    config: Path,
) -> _Tested:
    """A queue says nothing: it took the page, or it did not."""
    from time import monotonic

    from printers.choose import make_device
    from printers.ports import JobState
    from printers.queue_device import QueuePrinter, picture_job
    from printers.render import render

    # The lock is ours already.
    device = make_device(place, data_dir=settings.data_dir, locks=False)
    if isinstance(device, QueuePrinter):
        job = picture_job(render(document, pictures, dots=printer.dots))
    else:
        job = _encoded(printer, document, pictures, config)
    began_s = monotonic()
    reason = device.ready()
    if not reason.value:
        outcome = device.send(job, process_id="test", on_stall=lambda _: None)
        reason = outcome.reason
        if outcome.state is not JobState.ASSUMED and not reason.value:
            give_up(f"{printer.name} did not take the page", code=NOT_READY)
    device.close()
    seconds = monotonic() - began_s
    return _Tested(0, {}, device.unit, seconds, reason.value, job.warnings)


def _encoded(
    printer: Printer, document: Document, pictures: Mapping[str, bytes], config: Path | None
) -> Job:
    from printers.encode import encode
    from printers.errors import DocumentInvalid, ProfileInvalid
    from printers.profiles import OWN_FOLDER, read_profile

    try:
        profile = None
        if printer.profile is not None:
            folder = None if config is None else config.absolute().parent / OWN_FOLDER
            profile = read_profile(printer.profile, folder)
        return encode(
            document,
            pictures,
            profile=profile,
            encoder=printer.encoder if profile is not None else "raster",
            baud=printer.baud,
            dots=printer.dots,
        )
    except ProfileInvalid as wrong:
        raise click.BadParameter(f"the profile of {printer.name!r}: {wrong}") from None
    except DocumentInvalid as wrong:
        give_up(f"the test page cannot be printed: {wrong}", code=DOCUMENT_INVALID)


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


def _say(found: _Tested) -> None:
    if found.reason:
        click.echo(f"Not tested, the printer stopped: {found.reason}.", err=True)
        return
    click.echo(f"Level {found.level}: {LEVELS[found.level]}.")
    facts: dict[str, Any] = dict(found.facts)
    if facts:
        click.echo("It says of itself: " + ", ".join(f"{key} {facts[key]}" for key in facts))
    click.echo(f"Unit {found.unit}, {found.seconds:.1f} s from the first byte to the last answer.")
    for warning in found.warnings:
        click.echo(f"Not as wished on the paper: {warning}")
