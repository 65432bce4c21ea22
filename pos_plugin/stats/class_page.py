"""The figures of the classes as one HTML file: charts drawn as SVG, no script, nothing fetched."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Final

from pos_plugin import wording
from pos_plugin.stats.words import (
    WORDS,
    class_name,
    money_per_customer,
    per_customer,
    unpriced_note,
)
from pos_plugin.units import divide_half_up

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pos_plugin.stats.class_report import ClassReport

_STYLE: Final = """
:root { color-scheme: light dark; --ink: #1d2733; --paper: #fff; --soft: #eef2f6;
  --line: #cdd6df; --one: #7b93ab; --two: #0b6e4f; --warn: #fff2cc; --warn-ink: #5c4400; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8edf2; --paper: #14191f; --soft: #1f2730;
  --line: #3a4653; --one: #6d839a; --two: #4bc296; --warn: #4a3b0a; --warn-ink: #ffe9a8; } }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper);
  max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
h1 { margin-bottom: 0; } h2 { margin: 2.5rem 0 .5rem; font-size: 1.2rem; }
p.note { max-width: 46rem; opacity: .85; } p.warn { background: var(--warn);
  color: var(--warn-ink); padding: .6rem .9rem; border-radius: .4rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { border: 1px solid var(--line); padding: .35rem .6rem; text-align: right; }
th { background: var(--soft); font-weight: 600; } th[scope=row] { text-align: left; }
td small { display: block; opacity: .75; } td.stay { outline: 2px solid var(--two);
  outline-offset: -2px; } .wide { overflow-x: auto; }
svg { width: 100%; height: auto; } svg text { fill: var(--ink); font: 13px system-ui, sans-serif; }
.one { fill: var(--one); } .two { fill: var(--two); } .ground { fill: var(--soft); }
"""
_BAR: Final = 20
_LEFT: Final = 170
_WIDTH: Final = 760
_ROOM: Final = 120  # for the number behind the longest bar


def class_page(report: ClassReport, *, language: str) -> str:
    """Return the whole page.

    Args:
        report: the figures.
        language: ``de`` or ``en``.
    """
    words = WORDS[language]
    days = {
        "before": wording.day(report.from_on.isoformat(), language=language),
        "after": wording.day(report.to_on.isoformat(), language=language),
    }
    title = escape(words["title"].format(shop=report.shop))
    length = (report.to_on - report.from_on).days + 1
    parts = [
        f"<h1>{title}</h1>",
        f"<p>{escape(words['period'].format(scheme=report.scheme, **days))}</p>",
    ]
    if report.new_revisions:
        said = ", ".join(map(str, report.new_revisions))
        parts.append(f'<p class="warn">{escape(words["revision"].format(revisions=said))}</p>')
    parts += [
        f"<h2>{escape(words['migration'])}</h2>",
        f'<p class="note">{escape(words["migration_note"].format(**days))}</p>',
        _matrix(report, language),
        f"<h2>{escape(words['sizes'])}</h2>",
        _sizes(report, language, days),
        f"<h2>{escape(words['vouchers'])}</h2>",
        *_vouchers(report, language),
        f"<h2>{escape(words['groups'])}</h2>",
        f'<p class="note">{escape(words["groups_note"].format(length=length, **days))}</p>',
        *_groups(report, language),
    ]
    unpriced = unpriced_note(report.unpriced_lines, language=language)
    if unpriced is not None:
        parts.append(f'<p class="warn">{escape(unpriced)}</p>')
    body = "\n".join(parts)
    return (
        f'<!doctype html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n{body}\n"
        "</body>\n</html>\n"
    )


def _matrix(report: ClassReport, language: str) -> str:
    moved, words = report.moved, WORDS[language]
    names = [escape(class_name(code, language=language)) for code in moved.codes]
    heads = "".join(f'<th scope="col">{name}</th>' for name in [*names, words["sum"]])
    rows = [f"<tr><th></th>{heads}</tr>"]
    for before, name in zip(moved.codes, names, strict=True):
        cells = []
        for after in moved.codes:
            cell = moved.cell(before, after)
            mark = ' class="stay"' if before == after and cell.customers else ""
            cells.append(f"<td{mark}>{_count(cell.customers, language)}")
            if cell.customers:
                cells.append(f"<small>{_money(cell.turnover_minor, report, language)}</small>")
                if report.has_margin:
                    said = _money(cell.margin_minor, report, language)
                    cells.append(f"<small>{escape(words['margin_of']).format(money=said)}</small>")
            cells.append("</td>")
        total = _count(moved.row(before).customers, language)
        rows.append(f'<tr><th scope="row">{name}</th>{"".join(cells)}<th>{total}</th></tr>')
    sums = [moved.column(after).customers for after in moved.codes]
    below = "".join(f"<th>{_count(number, language)}</th>" for number in [*sums, sum(sums)])
    rows.append(f'<tr><th scope="row">{escape(words["sum"])}</th>{below}</tr>')
    return f'<div class="wide"><table>{"".join(rows)}</table></div>'


def _sizes(report: ClassReport, language: str, days: dict[str, str]) -> str:
    moved = report.moved
    bars = []
    for code in moved.codes:
        name = class_name(code, language=language)
        for cell, kind in ((moved.row(code), "one"), (moved.column(code), "two")):
            label = name if kind == "one" else ""
            bars.append((label, cell.customers, _count(cell.customers, language), kind))
    legend = ((days["before"], "one"), (days["after"], "two"))
    return _chart(bars, legend)


def _vouchers(report: ClassReport, language: str) -> list[str]:
    words = WORDS[language]
    if not report.vouchers:
        return [f"<p>{escape(words['nothing'])}</p>"]
    parts = []
    for one in report.vouchers:
        name = class_name(one.code, language=language)
        numbers = {
            "granted": one.granted,
            "printed": one.printed,
            "handed_over": one.handed_over,
            "redeemed": one.redeemed,
        }
        bars = [
            (words[word], number, _count(number, language), "two" if word == "redeemed" else "one")
            for word, number in numbers.items()
        ]
        parts.append(f"<h3>{escape(words['class'])}: {escape(name)}</h3>")
        parts.append(_chart(bars))
        if one.median_days is not None:
            note = words["days_note"].format(days=one.median_days)
            parts.append(f"<p>{escape(words['days'])}: {escape(note)}</p>")
            parts.append(_chart(_by_day(one.days, language)))
    return parts


def _by_day(days: Sequence[int], language: str) -> list[tuple[str, int, str, str]]:
    """Return bars by the number of days; with many of them by weeks."""
    step = 1 if days[-1] < 14 else 7
    bars = []
    for first in range(0, days[-1] + 1, step):
        number = sum(first <= day < first + step for day in days)
        label = str(first) if step == 1 else f"{first}-{first + step - 1}"
        bars.append((label, number, _count(number, language), "two"))
    return bars


def _groups(report: ClassReport, language: str) -> list[str]:
    words = WORDS[language]
    if not report.groups:
        return [f"<p>{escape(words['nothing'])}</p>"]
    legend = ((words["before"], "one"), (words["after"], "two"))
    charts: dict[str, list[tuple[str, int, str, str]]] = {"rentals": [], "turnover": []}
    if report.has_margin:
        charts["margin"] = []
    for one in report.groups:
        name = class_name(one.code, language=language)
        who = f"{name}, {words['with' if one.with_voucher else 'without']} ({one.customers})"
        for label, total, kind in (
            (who, one.rentals_before, "one"),
            ("", one.rentals_after, "two"),
        ):
            said = per_customer(total, one.customers, language=language)
            hundredths = divide_half_up(100 * total, one.customers)
            charts["rentals"].append((label, hundredths, said, kind))
        amounts = {
            "turnover": (one.turnover_before_minor, one.turnover_after_minor),
            "margin": (one.margin_before_minor, one.margin_after_minor),
        }
        for what in charts.keys() & amounts.keys():
            for label, total, kind in zip((who, ""), amounts[what], ("one", "two"), strict=True):
                said = money_per_customer(
                    total, one.customers, currency=report.currency, language=language
                )
                each_minor = divide_half_up(total, one.customers)
                charts[what].append((label, each_minor, said, kind))
    return [
        part
        for what, bars in charts.items()
        for part in (f"<h3>{escape(words[what])}</h3>", _chart(bars, legend, left=290))
    ]


def _chart(
    bars: Sequence[tuple[str, int, str, str]],
    legend: Sequence[tuple[str, str]] = (),
    *,
    left: int = _LEFT,
) -> str:
    """Return bars that lie: label, value, the value in words, and which of the two colours."""
    longest = max([1, *(value for _, value, _, _ in bars)])
    space = _WIDTH - left - _ROOM
    shapes: list[str] = []
    top = 0
    at = left
    for name, kind in legend:
        shapes.append(f'<rect class="{kind}" x="{at}" y="{top + 3}" width="14" height="14"/>')
        shapes.append(f'<text x="{at + 20}" y="{top + 15}">{escape(name)}</text>')
        at += 30 + 9 * len(name)
    top += 28 if legend else 0
    for label, value, said, kind in bars:
        # A gap before each group: only its first bar has a label.
        top += 8 if label else 0
        length = max(0, value) * space // longest
        if label:
            shapes.append(
                f'<text x="{left - 8}" y="{top + 15}" text-anchor="end">{escape(label)}</text>'
            )
        shapes.append(
            f'<rect class="ground" x="{left}" y="{top}" width="{space}" height="{_BAR}"/>'
        )
        shapes.append(
            f'<rect class="{kind}" x="{left}" y="{top}" width="{length}" height="{_BAR}"/>'
        )
        shapes.append(f'<text x="{left + space + 8}" y="{top + 15}">{escape(said)}</text>')
        top += _BAR + 2
    said_all = "; ".join(f"{label} {said}".strip() for label, _, said, _ in bars)
    return (
        f'<svg viewBox="0 0 {_WIDTH} {top + 6}" role="img" aria-label="{escape(said_all)}">'
        f"{''.join(shapes)}</svg>"
    )


def _count(number: int, language: str) -> str:
    return wording.count(number, language=language) if number else "-"


def _money(amount_minor: int, report: ClassReport, language: str) -> str:
    return escape(wording.money(amount_minor, currency=report.currency, language=language))
