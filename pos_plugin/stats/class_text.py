"""The figures of the classes as a table for the terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pos_plugin import wording
from pos_plugin.stats.words import (
    WORDS,
    class_name,
    money_per_customer,
    per_customer,
    unpriced_note,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pos_plugin.stats.class_report import ClassReport


def class_text(report: ClassReport, *, language: str) -> str:
    """Return the figures as text.

    Args:
        report: the figures.
        language: ``de`` or ``en``.
    """
    words = WORDS[language]
    days = {
        "before": wording.day(report.from_on.isoformat(), language=language),
        "after": wording.day(report.to_on.isoformat(), language=language),
    }
    lines = [words["title"].format(shop=report.shop)]
    lines += [words["period"].format(scheme=report.scheme, **days), ""]
    if report.new_revisions:
        said = ", ".join(map(str, report.new_revisions))
        lines += [words["revision"].format(revisions=said), ""]
    lines += [words["migration"], *_table(_moved(report, language)), ""]
    lines += [words["vouchers"], *_table(_vouchers(report, language)), ""]
    lines += [words["groups"], *_table(_groups(report, language))]
    unpriced = unpriced_note(report.unpriced_lines, language=language)
    if unpriced is not None:
        lines += ["", unpriced]
    return "\n".join(line.rstrip() for line in lines)


def _moved(report: ClassReport, language: str) -> list[list[str]]:
    moved = report.moved
    names = [class_name(code, language=language) for code in moved.codes]
    total = WORDS[language]["sum"]
    rows = [["", *names, total]]
    for before, name in zip(moved.codes, names, strict=True):
        cells = [moved.cell(before, after).customers for after in moved.codes]
        rows.append([name, *_counts([*cells, moved.row(before).customers], language)])
    sums = [moved.column(after).customers for after in moved.codes]
    rows.append([total, *_counts([*sums, sum(sums)], language)])
    return rows


def _vouchers(report: ClassReport, language: str) -> list[list[str]]:
    words = WORDS[language]
    if not report.vouchers:
        return [[words["nothing"]]]
    rows = [[words[key] for key in ("class", "granted", "printed", "handed_over", "redeemed")]]
    rows[0].append(words["days"])
    for one in report.vouchers:
        numbers = [one.granted, one.printed, one.handed_over, one.redeemed]
        median = "-" if one.median_days is None else str(one.median_days)
        rows.append([class_name(one.code, language=language), *_counts(numbers, language), median])
    return rows


def _groups(report: ClassReport, language: str) -> list[list[str]]:
    words = WORDS[language]
    if not report.groups:
        return [[words["nothing"]]]
    rows = [["", "", words["customers"]]]
    for what in ("rentals", "turnover", *(["margin"] if report.has_margin else [])):
        rows[0] += [f"{words[what]} {words['before']}", words["after"]]
    for one in report.groups:
        row = [class_name(one.code, language=language)]
        row.append(words["with" if one.with_voucher else "without"])
        row += _counts([one.customers], language)
        row += [
            per_customer(total, one.customers, language=language)
            for total in (one.rentals_before, one.rentals_after)
        ]
        amounts_minor = [one.turnover_before_minor, one.turnover_after_minor]
        if report.has_margin:
            amounts_minor += [one.margin_before_minor, one.margin_after_minor]
        row += [
            money_per_customer(
                total_minor, one.customers, currency=report.currency, language=language
            )
            for total_minor in amounts_minor
        ]
        rows.append(row)
    return rows


def _counts(numbers: Sequence[int], language: str) -> list[str]:
    return [wording.count(number, language=language) if number else "-" for number in numbers]


def _table(rows: list[list[str]]) -> list[str]:
    """Return lines in columns: the first column to the left, numbers to the right."""
    widths = [max(len(row[at]) for row in rows if at < len(row)) for at in range(len(rows[0]))]
    return [
        "  "
        + "  ".join(
            cell.ljust(width) if at == 0 else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]
