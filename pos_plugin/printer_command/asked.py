"""What the commands of printers share: the settings, one printer of them, its lock, its answer."""

from __future__ import annotations

import json
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NoReturn

import click

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pos_plugin.config import Printer, TillConfig
    from printers.place import Place

NOT_READY: Final = 1
IN_USE: Final = 3
DOCUMENT_INVALID: Final = 4

SETTINGS = click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("till.toml"),
    show_default=True,
    help="The till's settings.",
)
AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def printer_called(config: TillConfig, name: str) -> Printer:
    """Return a printer of the settings.

    Raises:
        click.BadParameter: there is none of this name.
    """
    for printer in config.printer:
        if printer.name == name:
            return printer
    known = ", ".join(printer.name for printer in config.printer) or "none"
    raise click.BadParameter(f"{name!r} is no printer of this till; it has: {known}")


def driven(printer: Printer) -> Place | None:
    """Return where a printer is that this till drives by itself, else None."""
    from pos_plugin.printing.devices import place_of

    if printer.transport in ("host", "simulator"):
        return None
    return place_of(printer)


@contextmanager
def held(place: Place, config: TillConfig) -> Iterator[None]:
    """Hold the lock of a printer; ends the command with 3 when the till has it."""
    from printers.choose import lock_path
    from printers.lock import PrinterLock, PrinterTaken

    try:
        lock = PrinterLock(lock_path(place, data_dir=config.data_dir))
    except PrinterTaken as taken:
        who = f"process {taken.pid}" if taken.pid else "another process"
        give_up(f"{place.name} is in use by {who}; close the till first", code=IN_USE)
    except OSError as fault:
        give_up(f"the lock file of {place.name} cannot be opened: {fault.strerror}", code=NOT_READY)
    try:
        yield
    finally:
        lock.release()


def owner(place: Place, config: TillConfig) -> int | None:
    """Return the pid of whoever has a printer; None = nobody. Nothing is written."""
    from printers.choose import lock_path
    from printers.lock import PrinterLock, PrinterTaken

    path = lock_path(place, data_dir=config.data_dir)
    if not path.exists():
        return None
    try:
        PrinterLock(path).release()
    except PrinterTaken as taken:
        return taken.pid
    except OSError:
        return None
    return None


def give_up(message: str, *, code: int) -> NoReturn:
    """End with one sentence on stderr."""
    click.echo(f"{message}.", err=True)
    sys.exit(code)


def echo_json(value: Any) -> None:  # noqa: ANN401 - whatever JSON holds
    """Print one JSON value."""
    click.echo(json.dumps(value, ensure_ascii=False))
