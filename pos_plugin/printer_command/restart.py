"""``stammkunde printer test --restart``: a person switches the printer off and on, and we look."""

from __future__ import annotations

from threading import Event
from typing import TYPE_CHECKING

import click

from pos_plugin.printer_command.asked import NOT_READY, give_up
from pos_plugin.printer_command.words import RESTART

if TYPE_CHECKING:
    from pos_plugin.config import Printer, TillConfig
    from printers.place import Place
    from printers.probe import Tested


def after_restart(found: Tested, printer: Printer, place: Place, settings: TillConfig) -> Tested:
    """Return what a test found, with the level that is left when a restart shows or does not.

    A unit that is not believed beyond level 1 anyway is left alone.

    Args:
        found: of the test page.
        printer: of the settings; its lock is ours.
        place: where it is.
        settings: of the till.
    """
    from printers.choose import transport_of
    from printers.errors import PrinterError
    from printers.levels import FOLDER, LEVEL_OF_DOUBT, RESTART_HIDDEN, Units
    from printers.line import Line, Patience
    from printers.restart import is_restart_seen

    units = Units(settings.data_dir / FOLDER)
    unit = units.find(printer=place.name, address=place.where)
    was_hidden = unit.why == RESTART_HIDDEN
    if found.reason or (found.level <= LEVEL_OF_DOUBT and not was_hidden):
        return found
    say = RESTART[settings.language]
    line = Line(transport_of(place), Patience(), Event())
    try:
        is_seen = is_restart_seen(
            line,
            switch_off=lambda: _asked_to(say["off"]),
            # Whoever takes longer may meet a server that drops silent connections.
            switch_on=lambda: _asked_to(say["on"]),
        )
    except PrinterError as fault:
        give_up(f"the restart of {place.name} was not tried: {fault}", code=NOT_READY)
    finally:
        line.hang_up()
    if not is_seen:
        units.believe(unit, level=LEVEL_OF_DOUBT, why=RESTART_HIDDEN)
        return found._replace(level=LEVEL_OF_DOUBT)
    level = min(found.answers, printer.level_max)
    if was_hidden:
        units.believe(unit, level=level, why="")
    return found._replace(level=level)


def _asked_to(what: str) -> None:
    click.prompt(what, default="", show_default=False, err=True)
