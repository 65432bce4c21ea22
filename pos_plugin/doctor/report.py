"""Prints findings; the exit code says how all of it is: 0 nothing is bad, 1 something is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

import click

from pos_plugin.doctor.finding import Level

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pos_plugin.doctor.finding import Finding

CHECKS: Final = {
    "settings": {"de": "Einstellungen", "en": "Settings"},
    "folder": {"de": "Ordner", "en": "Folder"},
    "rights": {"de": "Rechte", "en": "Rights"},
    "drive": {"de": "Laufwerk", "en": "Drive"},
    "disk": {"de": "Platz", "en": "Room"},
    "sync": {"de": "Platte", "en": "Disk"},
    "clock": {"de": "Uhr", "en": "Clock"},
    "versions": {"de": "Versionen", "en": "Versions"},
    "core": {"de": "Rechenkern", "en": "Core"},
    "files": {"de": "Dateien", "en": "Files"},
    "agent": {"de": "Agent", "en": "Agent"},
    "head_office": {"de": "Zentrale", "en": "Head office"},
    "rules": {"de": "Regeln", "en": "Rules"},
    "cache": {"de": "Stammdaten", "en": "Master data"},
    "backup": {"de": "Sicherung", "en": "Backup"},
    "fiscal": {"de": "Gutscheine", "en": "Vouchers"},
    "printer": {"de": "Drucker", "en": "Printer"},
    "keys": {"de": "Schlüssel", "en": "Keys"},
    "tills": {"de": "Kassen", "en": "Tills"},
}
"""What a check is called in each language."""
_MARKS: Final = {
    "de": {Level.GOOD: "gut     ", Level.WARN: "Achtung ", Level.BAD: "SCHLECHT"},
    "en": {Level.GOOD: "good    ", Level.WARN: "look    ", Level.BAD: "BAD     "},
}
_SUMS: Final = {
    "de": "{good} gut, {warn} mit Hinweis, {bad} schlecht.",
    "en": "{good} good, {warn} to look at, {bad} bad.",
}


def report(findings: Iterable[Finding], *, language: str, as_json: bool) -> int:
    """Print the findings as they come and return the exit code.

    Args:
        findings: one line each.
        language: ``de`` or ``en``; JSON speaks English.
        as_json: one object at the end instead of lines.
    """
    counts = dict.fromkeys(Level, 0)
    kept = []
    for one in findings:
        counts[one.level] += 1
        if as_json:
            kept.append(one.to_dict())
        else:
            name = CHECKS[one.check][language]
            click.echo(f"{_MARKS[language][one.level]}  {name}: {one.texts[language]}")
    sums = {level.name.lower(): count for level, count in counts.items()}
    if as_json:
        click.echo(json.dumps({"findings": kept, **sums}, ensure_ascii=False))
    else:
        click.echo(_SUMS[language].format(**sums))
    return 1 if counts[Level.BAD] else 0
