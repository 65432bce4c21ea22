"""``stammkunde printer status``: what is known of the printers, and with --live what they say."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

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
from pos_plugin.printer_command.listing import described

if TYPE_CHECKING:
    from pathlib import Path

    from pos_plugin.config import Printer, TillConfig
    from printers.ports import PrinterStatus


@click.command("status")
@click.argument("name", required=False)
@SETTINGS
@click.option("--live", is_flag=True, help="Ask the printer itself; the till must not have it.")
@AS_JSON
def status(name: str | None, config: Path, live: bool, as_json: bool) -> None:
    """Say how the printer NAME is, or all of them.

    Without --live nothing is sent: which level the unit has, who has it, and which papers wait.
    Exit code 1 when a printer is not ready, 3 when --live asks for one that the till has.
    """
    from pos_plugin.config import read_config

    settings = read_config(config)
    printers = [printer_called(settings, name)] if name else list(settings.printer)
    found = [status_of(printer, settings, live=live) for printer in printers]
    if as_json:
        echo_json({"printers": found})
    else:
        for one in found:
            click.echo(_line(one))
    if any(one["ready"] is False for one in found):
        sys.exit(NOT_READY)


def status_of(printer: Printer, settings: TillConfig, *, live: bool) -> dict[str, Any]:
    """Return what is known of a printer; with ``live`` what it says itself (the lock is taken)."""
    from pos_plugin.printing.devices import duty_of
    from pos_plugin.storage.print_list import waiting_by_state

    known = described(printer, settings)
    known["jobs"] = waiting_by_state(settings.data_dir, duty=duty_of(printer, settings))
    known["ready"], known["reason"], known["says"] = None, "", None
    place = driven(printer)
    if live and place is not None:
        with held(place, settings):
            known.update(_asked(printer, settings))
    return known


def _asked(printer: Printer, settings: TillConfig) -> dict[str, Any]:
    from threading import Event

    from pos_plugin.printing.devices import place_of
    from printers.choose import transport_of
    from printers.errors import PrinterError
    from printers.line import Line, Patience
    from printers.ports import JobReason
    from printers.probe import look
    from printers.queue_device import QueuePrinter

    place = place_of(printer)
    if place.transport == "queue":
        queue = QueuePrinter(place.address)
        reason = queue.ready()
        message = queue.why_not if reason else ""
        return {
            "ready": not reason,
            "reason": reason.value,
            "says": _said(queue.idle(), message),
        }
    line = Line(transport_of(place), Patience(), Event())
    message = ""
    try:
        reason = look(line)
    except PrinterError as fault:
        reason, message = JobReason.PRINTER_OFFLINE, f"{fault}. {fault.hint}".strip()
    finally:
        line.hang_up()
    is_silent = reason is JobReason.PRINTER_MUTE
    return {
        # A printer that never says anything may print all the same.
        "ready": None if is_silent and not _has_level(printer, settings) else not reason.value,
        "reason": reason.value,
        "says": _said(line.status, message),
    }


def _said(status: PrinterStatus, message: str) -> dict[str, Any]:
    return {
        "reachable": status.reachable,
        "online": status.online,
        "cover": status.cover,
        "paper": status.paper,
        "error": status.error,
        "message": message,
    }


def _has_level(printer: Printer, settings: TillConfig) -> bool:
    return bool(described(printer, settings)["level"])


def _line(one: dict[str, Any]) -> str:
    words = [one["name"], one["where"]]
    if one["level"] is not None:
        words.append(f"level {one['level']}")
    if one["owner_pid"] is not None:
        words.append(f"in use by process {one['owner_pid']}")
    words += [f"{count} {state}" for state, count in sorted(one["jobs"].items())]
    if one["says"] is not None or one["ready"] is not None:
        words.append("ready" if one["ready"] else one["reason"] or "says nothing")
    said = one["says"]
    if said is not None:
        if said["message"]:
            words.append(said["message"])
        elif said["paper"] != "unknown" or said["cover"] is not None:
            words.append(f"paper {said['paper']}, cover {said['cover'] or 'unknown'}")
    return "  ".join(words)
