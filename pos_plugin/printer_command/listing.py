"""``stammkunde printer list``: the printers of the settings; nothing is sent."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from pos_plugin.printer_command.asked import AS_JSON, SETTINGS, driven, echo_json, owner
from pos_plugin.printer_command.words import LEVELS, LISTED

if TYPE_CHECKING:
    from pathlib import Path

    from pos_plugin.config import Printer, TillConfig


@click.command("list")
@SETTINGS
@AS_JSON
def list_printers(config: Path, as_json: bool) -> None:
    """List the printers of this till and how far each is believed. Nothing is sent to them."""
    from pos_plugin.config import read_config

    settings = read_config(config)
    found = [described(printer, settings) for printer in settings.printer]
    if as_json:
        echo_json({"printers": found})
        return
    say = LISTED[settings.language]
    if not found:
        click.echo(say["none"])
    for one in found:
        click.echo(say["printer"].format(**one | {"role": one["role"] or say["any"]}))
        if one["level"] is not None:
            tested = say["tested" if one["tested_at"] else "never"].format(at=one["tested_at"])
            means = LEVELS[settings.language][one["level"]]
            click.echo(say["level"].format(level=one["level"], means=means, tested=tested))
        if one["owner_pid"] is not None:
            click.echo(say["in_use"].format(pid=one["owner_pid"]))


def described(printer: Printer, settings: TillConfig) -> dict[str, Any]:
    """Return what is known of a printer without asking it."""
    from printers.levels import FOLDER, Units

    place = driven(printer)
    unit = None
    if place is not None and place.transport != "queue":
        unit = Units(settings.data_dir / FOLDER).find(printer=printer.name, address=place.where)
    return {
        "name": printer.name,
        "role": printer.role,
        "transport": printer.transport,
        "where": place.where if place is not None else printer.transport,
        "dots": printer.dots,
        "fallback": printer.fallback,
        "unit": unit.unit if unit is not None else None,
        "level": min(unit.level, printer.level_max) if unit is not None else None,
        "facts": dict(unit.facts) if unit is not None else {},
        "why": unit.why if unit is not None else "",
        "tested_at": unit.tested_at if unit is not None else "",
        "owner_pid": owner(place, settings) if place is not None else None,
    }
