"""``stammkunde promotions``: what people do with rules before a till has them."""

from __future__ import annotations

import json
import sys
from contextlib import ExitStack
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Final

import click

from pos_plugin.clock import SystemClock
from pos_plugin.errors import SaleError
from pos_plugin.promotions.lint.article import Article, articles_of
from pos_plugin.promotions.lint.run import Report, lint
from pos_plugin.promotions.lint.work import Options, enough_baskets
from pos_plugin.validation import read_json

if TYPE_CHECKING:
    import datetime as dt
    from pathlib import Path

    from pos_plugin.promotions.generation import RuleGeneration

GROUP: Final = "stammkunde.articles"


def run_lint(
    rules: RuleGeneration,
    articles: tuple[Article, ...] | None,
    *,
    on: dt.datetime | None,
    max_combined_bp: int,
    seed: int,
    max_baskets: int | None,
) -> Report:
    """Return the report, with a progress bar on a terminal.

    Args:
        rules: what is checked.
        articles: those of the shop, None = made-up ones.
        on: the day it is, None = today.
        max_combined_bp: how far an article may fall by combination, in basis points.
        seed: of the drawn sales.
        max_baskets: sales that are tried at most, None = as many as the promotions need.
    """
    most = enough_baskets(len(rules.promotions)) if max_baskets is None else max_baskets
    day = (on or SystemClock().now()).date()
    options = Options(on=day, max_combined_bp=max_combined_bp, seed=seed, max_baskets=most)
    with ExitStack() as stack:
        progress = None
        if sys.stderr.isatty():
            bar = click.progressbar(length=most, label="lint", file=sys.stderr)
            progress = stack.enter_context(bar).update
        return lint(rules, options, articles, progress=progress)


def read_articles(path: Path, content: bytes) -> tuple[Article, ...]:
    """Return the articles of a file: JSON list, JSON lines, the CSV of ``replay`` or of ``import``.

    Packages above register who reads the latter in the entry point group ``stammkunde.articles``.

    Args:
        path: of the file, for errors and for whoever reads it again.
        content: its bytes; the CSV of ``replay`` may be gzip.

    Raises:
        SaleError: naming the first wrong place.
    """
    name = path.name
    begin = content.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if begin == b"[":
        return articles_of(read_json(content, name, SaleError))
    if begin == b"{":
        rows = [
            read_json(line, f"{name} line {number}", SaleError)
            for number, line in enumerate(content.splitlines(), start=1)
            if line.strip()
        ]
        return articles_of(rows)
    from pos_plugin.replay.read import ARTICLE_COLUMNS, GZIP
    from pos_plugin.replay.read import read_articles as read_csv

    header = content.partition(b"\n")[0].decode("utf-8", errors="replace")
    readers = entry_points(group=GROUP)
    if (
        readers
        and not content.startswith(GZIP)
        and any(one not in header for one in ARTICLE_COLUMNS)
    ):
        (reader,) = readers
        return articles_of(reader.load()(path))
    return articles_of(read_csv(name, content))


def report_text(report: Report) -> str:
    """Return the report as one JSON object, findings a line each."""
    value = report.to_dict()
    findings = ",\n".join(_json(finding) for finding in value.pop("findings"))
    rest = _json(value)[1:]
    return f'{{"findings":[{findings}],\n{rest}'


def report_lines(report: Report) -> list[str]:
    """Return the report for people: a line each finding, then how many there are.

    >>> from pos_plugin.promotions.lint.work import Options
    >>> import datetime as dt
    >>> report_lines(Report(promotions=1, articles=None, options=Options(on=dt.date(2026, 3, 7))))
    ['promotions: 1, error: 0, warning: 0, info: 0']
    """
    value = report.to_dict()
    lines = [
        f"{one['severity']:7}  {', '.join(one['promotions'])}: {one['message']} ({one['code']})"
        for one in value["findings"]
    ]
    lines += [f"... and {count} more: {code}" for code, count in value["left_out"].items()]
    counts = {"promotions": value["promotions"], **value["counts"]}
    lines.append(", ".join(f"{name}: {count}" for name, count in counts.items()))
    if not value["complete"]:
        lines.append("Not everything was tried: --max-baskets is too small.")
    return lines


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
