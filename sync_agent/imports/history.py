"""The last imports of a till: as data beside them, and as one page for the shop."""

from __future__ import annotations

import json
from html import escape
from typing import TYPE_CHECKING, Any, Final

from pos_plugin.storage.connect import replace_file
from sync_agent.imports.report import word
from sync_agent.imports.shelf import FOLDER

if TYPE_CHECKING:
    from pathlib import Path

    from sync_agent.imports.report import Report

NAME: Final = "history.jsonl"
PAGE_NAME: Final = "report.html"
KEPT: Final = 50

_STYLE: Final = """
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;
color:#1c1c1c;background:#fff}
h1{font-size:1.5rem}table{border-collapse:collapse;width:100%}
th,td{text-align:left;padding:.35rem .75rem .35rem 0;border-bottom:1px solid #ccc;
vertical-align:top}
td.n{text-align:right;font-variant-numeric:tabular-nums}
.taken{color:#0b5d1e}.refused{color:#a40000;font-weight:600}ul{margin:.2rem 0;padding-left:1.2rem}
"""
_TITLES: Final = {
    "title": ("Importe", "Imports"),
    "none": ("Noch wurde nichts importiert.", "Nothing has been imported yet."),
    "at": ("Wann", "When"),
    "file": ("Datei", "File"),
    "state": ("Ergebnis", "Result"),
    "note": ("Hinweise", "Notes"),
}


def add(data_dir: Path, report: Report, *, language: str) -> None:
    """Keep a report among the last ones and write the page anew."""
    reports = [*read(data_dir), report.to_dict(language)][-KEPT:]
    text = "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in reports)
    folder = data_dir / FOLDER
    # Names of files and headers may hold half a character; the import is done by now.
    replace_file(folder / NAME, text.encode(errors="backslashreplace"))
    written = page(reports, language).encode(errors="backslashreplace")
    replace_file(folder / PAGE_NAME, written)


def read(data_dir: Path) -> list[dict[str, Any]]:
    """Return the last reports, the oldest first; none when there is nothing that can be read."""
    try:
        lines = (data_dir / FOLDER / NAME).read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines]
    except (OSError, ValueError):
        return []


def page(reports: list[dict[str, Any]], language: str) -> str:
    """Return the page as HTML that needs nothing else.

    Args:
        reports: the oldest first.
        language: ``de`` or ``en``.
    """

    def said(name: str) -> str:
        return escape(_TITLES[name][language != "de"])

    heads = [said("at"), said("file"), said("state")]
    heads += [escape(word(name, language)) for name in ("new", "changed", "unchanged")]
    heads.append(said("note"))
    rows = "".join(_row(one, language) for one in reversed(reports))
    table = (
        f"<table><thead><tr>{''.join(f'<th>{head}</th>' for head in heads)}</tr></thead>"
        f"<tbody>{rows}</tbody></table>"
        if reports
        else f"<p>{said('none')}</p>"
    )
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{said('title')}</title><style>{_STYLE}</style></head>"
        f"<body><h1>{said('title')}</h1>{table}</body></html>\n"
    )


def _row(report: dict[str, Any], language: str) -> str:
    state = escape(word(report["state"], language))
    numbers = "".join(
        f'<td class="n">{int(report[name])}</td>' for name in ("new", "changed", "unchanged")
    )
    cells = [
        f"<td>{escape(report['taken_at'][:16].replace('T', ' '))} UTC</td>",
        f"<td>{escape(report['name'])}<br><small>{escape(report['kind'])}</small></td>",
        f'<td class="{escape(report["state"])}">{state}</td>',
        numbers,
        f"<td>{_notes(report, language)}</td>",
    ]
    return f"<tr>{''.join(cells)}</tr>"


def _notes(report: dict[str, Any], language: str) -> str:
    notes = []
    if report["left_out"]:
        notes.append(f"{int(report['left_out'])} {word('erased', language)}")
    if report["wrong_count"]:
        notes.append(f"{int(report['wrong_count'])} {word('wrong', language)}")
    line = "Zeile" if language == "de" else "line"
    notes += [
        f"{line} {one['line']}{', ' + one['column'] if one['column'] else ''}: {one['message']}"
        for one in report["wrong"]
    ]
    if report["passed_over"]:
        notes.append(f"{word('passed', language)}: {', '.join(report['passed_over'])}")
    return f"<ul>{''.join(f'<li>{escape(note)}</li>' for note in notes)}</ul>" if notes else ""
