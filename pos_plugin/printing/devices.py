"""What stands behind a ``[[printer]]`` of the settings: its spool, and the device it drives."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, get_args

from pos_plugin.config import Role

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Mapping

    from pos_plugin.config import Printer, TillConfig
    from printers.document import Document
    from printers.encode import Job
    from printers.host import HostLine, HostSpool
    from printers.place import Place
    from printers.ports import (
        Assets,
        Device,
        Duty,
        JobChange,
        PrinterStatus,
        SpoolStore,
    )
    from printers.spool import Spool

ROLES: tuple[str, ...] = get_args(Role)


def duty_of(printer: Printer, config: TillConfig) -> Duty:
    """Return which jobs a printer of a till prints."""
    from printers.ports import Duty

    return Duty(
        printer.name,
        frozenset(role for role in ROLES if config.printer_for(role) == printer),
        frozenset(other.name for other in config.printer if other != printer),
    )


def new_spool(
    printer: Printer,
    config: TillConfig,
    store: SpoolStore,
    assets: Assets,
    *,
    line: HostLine,
    on_change: Callable[[JobChange], None],
    on_status: Callable[[PrinterStatus], None],
    on_fault: Callable[[Exception], None],
) -> Spool | HostSpool:
    """Return the spool of a printer, not started yet; its libraries are loaded here.

    Args:
        printer: of the settings.
        config: of the till.
        store: durable jobs.
        assets: pictures by SHA-256.
        line: to a host that prints.
        on_change: told of every committed change.
        on_status: told what the idle printer says of itself.
        on_fault: told of exceptions in its thread.
    """
    duty = duty_of(printer, config)
    if printer.transport == "host":
        from printers.host import HostSpool, lay_out

        return HostSpool(
            store,
            line,
            assets,
            duty=duty,
            lay_out=partial(
                lay_out,
                format=printer.format,
                dots=printer.dots,
                to_bytes=_to_bytes(printer, config),
            ),
            report_within_s=printer.report_within_s,
            on_change=on_change,
            on_fault=on_fault,
        )
    from printers.spool import Spool

    return Spool(
        store,
        new_device(printer, config),
        assets,
        duty=duty,
        lay_out=_lay_out(printer, config),
        till=f"{config.shop}-{config.till}",
        on_change=on_change,
        on_status=on_status,
        on_fault=on_fault,
    )


def _lay_out(
    printer: Printer, config: TillConfig
) -> Callable[[Document, Mapping[str, bytes]], Job]:
    if printer.transport == "queue":
        from printers.queue_device import picture_job
        from printers.render import render

        return lambda document, pictures: picture_job(render(document, pictures, dots=printer.dots))
    return _to_bytes(printer, config)


def _to_bytes(
    printer: Printer, config: TillConfig
) -> Callable[[Document, Mapping[str, bytes]], Job]:
    from printers.encode import encode
    from printers.profiles import read_profile

    profile = None
    if printer.profile is not None:
        profile = read_profile(printer.profile, config.profile_folder)
    return partial(
        encode,
        profile=profile,
        encoder=printer.encoder,
        baud=baud_of(printer),
        budget_s=printer.budget_s,
        dots=printer.dots,
    )


def baud_of(printer: Printer) -> int | None:
    """Return bits a second of a printer's line; None = as fast as USB and network."""
    if printer.transport == "host":
        return printer.baud
    from printers.place import BAUD

    return (printer.baud or BAUD) if printer.transport == "serial" else None


def new_device(printer: Printer, config: TillConfig, *, locks: bool = True) -> Device:
    """Return a printer of the settings, not opened yet.

    Args:
        printer: no printer of the host.
        config: of the till.
        locks: it takes its lock file; False where the caller holds it.
    """
    if printer.transport == "simulator":
        from printers.sim.printer import SimulatedPrinter

        return SimulatedPrinter(config.data_dir / printer.directory, dots=printer.dots)
    from printers.choose import make_device

    return make_device(
        place_of(printer), data_dir=config.data_dir, level_max=printer.level_max, locks=locks
    )


def test_job(printer: Printer, config: TillConfig, *, at: dt.datetime) -> Job:
    """Return the test page of a printer, ready to be sent.

    Raises:
        DocumentInvalid: it cannot be laid out.
        ProfileInvalid: the printer's profile cannot be believed.
    """
    from printers.test_page import test_page

    said = f"{config.shop}, {config.till}, {at:%Y-%m-%d %H:%M}"
    document, pictures = test_page(
        dots=printer.dots, lang=config.language, printer=printer.name, said=said
    )
    return _lay_out(printer, config)(document, pictures)


# pytest would take it for one of its own.
test_job.__test__ = False  # type: ignore[attr-defined]


def place_of(printer: Printer) -> Place:
    """Return where a printer of the settings is that this till drives itself.

    Raises:
        ValueError: its host prints, or it is none.
    """
    from printers.place import BAUD, Place

    if printer.transport == "host" or printer.transport == "simulator":  # noqa: PLR1714 - narrows
        raise ValueError(printer.transport)
    return Place(
        name=printer.name,
        transport=printer.transport,
        address=printer.address or "",
        port=printer.port or "",
        baud=printer.baud or BAUD,
        flow=printer.flow,
    )
