"""The printers of the settings; one that the till has is not disturbed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pos_plugin.doctor.finding import Words
from pos_plugin.errors import PosPluginError
from pos_plugin.printer_command.asked import driven
from pos_plugin.printer_command.status import status_of
from printers.choose import lock_path
from printers.levels import LEVEL_OF_DOUBT, RESTART_HIDDEN
from printers.lock import PrinterLock, PrinterTaken

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pos_plugin.config import Printer, TillConfig
    from pos_plugin.doctor.finding import Finding

TEXTS: Final = {
    "printer_none": {
        "de": "Keiner: Gutscheine kommen nicht aufs Papier. [[printer]] in till.toml ergänzen.",
        "en": "None: vouchers do not come on paper. Add a [[printer]] to till.toml.",
    },
    "printer_host": {
        "de": "{name} gehört der Kasse selbst; dort probieren.",
        "en": "{name} belongs to the host; try it there.",
    },
    "printer_simulator": {
        "de": "{name} ist ein Simulator: Seiten werden Bilder in {folder}, kein Papier.",
        "en": "{name} is a simulator: pages become pictures in {folder}, no paper.",
    },
    "printer_in_use": {
        "de": "{name} ist in Gebrauch; nicht gefragt.",
        "en": "{name} is in use; not asked.",
    },
    "printer_good": {"de": "{name} ist bereit.", "en": "{name} is ready."},
    "printer_hides_restart": {
        "de": "{name} ist bereit. Ob er zwischendurch aus war, sieht hier niemand: Gedrucktes gilt "
        "nie als bestätigt, die Kasse bittet hinzusehen.",
        "en": "{name} is ready. Nobody sees here whether it was off meanwhile: nothing printed "
        "is ever confirmed, the till asks to look.",
    },
    "printer_untested": {
        "de": "{name} wurde nie probiert: stammkunde printer test {name}",
        "en": "{name} was never tested: stammkunde printer test {name}",
    },
    "printer_not_ready": {
        "de": "{name} ist nicht bereit ({reason}): Strom, Kabel, Papier und Deckel prüfen.",
        "en": "{name} is not ready ({reason}): look at power, cable, paper and cover.",
    },
    "printer_unknown": {
        "de": "{name} sagt nichts: auf das Papier sehen.",
        "en": "{name} says nothing: look at the paper.",
    },
    "printer_failed": {
        "de": "{name} kann nicht gefragt werden: {fault}",
        "en": "{name} cannot be asked: {fault}",
    },
}
WORDS: Final = Words(TEXTS)


def printer_findings(settings: TillConfig) -> Iterator[Finding]:
    """Yield how each printer is; the printer itself is asked when nobody has it."""
    if not settings.printer:
        yield WORDS.warn("printer", "printer_none")
    for printer in settings.printer:
        try:
            yield _of(printer, settings)
        except (OSError, PosPluginError) as fault:
            yield WORDS.bad("printer", "printer_failed", name=printer.name, fault=fault)


def _of(printer: Printer, settings: TillConfig) -> Finding:
    name = printer.name
    place = driven(printer)
    if place is None:
        if printer.transport == "host":
            return WORDS.good("printer", "printer_host", name=name)
        folder = settings.data_dir / printer.directory
        return WORDS.good("printer", "printer_simulator", name=name, folder=folder)
    try:
        PrinterLock(lock_path(place, data_dir=settings.data_dir)).release()
    except PrinterTaken:
        return WORDS.good("printer", "printer_in_use", name=name)
    found = status_of(printer, settings, live=True)
    if found["ready"] is False:
        reason = (found["says"] or {}).get("message") or found["reason"]
        return WORDS.bad("printer", "printer_not_ready", name=name, reason=reason)
    if not found["tested_at"] and place.transport != "queue":
        return WORDS.warn("printer", "printer_untested", name=name)
    if not found["ready"]:
        return WORDS.good("printer", "printer_unknown", name=name)
    is_capped = found["why"] in ("way", RESTART_HIDDEN) or printer.level_max <= LEVEL_OF_DOUBT
    return WORDS.good(
        "printer", "printer_hides_restart" if is_capped else "printer_good", name=name
    )
