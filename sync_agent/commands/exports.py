"""``stammkunde export``: what a till holds, as files."""

from __future__ import annotations

import io
import sys
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TextIO

import click

from pos_plugin.named_file import written_whole
from pos_plugin.shop_day import DAY

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

_KINDS: Final = (
    "articles", "customers", "segments", "vouchers", "ledger", "receipts", "dsfinvk",
)  # fmt: skip
_FIRST: Final = "0001-01-01"
_LAST: Final = "9999-12-31"


@click.command("export")
@click.argument("kind", type=click.Choice(_KINDS))
@click.option(
    "--config",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("till.toml"),
    show_default=True,
    help="The till's settings.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="File to write, of dsfinvk a folder; default: standard output.",
)
@click.option("--from", "from_on", type=DAY, help="First shop day of vouchers, ledger, receipts.")
@click.option("--to", "to_on", type=DAY, help="Last shop day.")
@click.option("--json", "as_json", is_flag=True, help="JSON lines instead of CSV.")
def export(
    kind: str,
    config: Path,
    out: Path | None,
    from_on: dt.datetime | None,
    to_on: dt.datetime | None,
    as_json: bool,
) -> None:
    """Write what the till holds of KIND as CSV with semicolons.

    Articles, customers and segments come back the same by `stammkunde import`; e-mail addresses
    and card numbers are not among them, the till holds their hashes only. dsfinvk writes example
    rows for the discounts of receipts into a folder.
    """
    from pos_plugin.config import read_config
    from sync_agent.exports import write_csv, write_json

    till = read_config(config)
    days = (
        from_on.date().isoformat() if from_on else _FIRST,
        to_on.date().isoformat() if to_on else _LAST,
    )
    if kind == "dsfinvk":
        _export_dsfinvk(till.data_dir, till.till, days, out)
        return
    rows = _rows(till.data_dir, kind, days)
    with ExitStack() as stack:
        file = stack.enter_context(_file(out)) if out is not None else _standard_output()
        count = write_json(rows, kind, file) if as_json else write_csv(rows, kind, file)
    click.echo(f"{kind}: {count}", err=True)


@contextmanager
def _file(out: Path) -> Iterator[TextIO]:
    # Spreadsheets tell UTF-8 by its mark.
    with written_whole(out) as place, place.open("w", encoding="utf-8-sig", newline="") as file:
        yield file


def _standard_output() -> TextIO:
    """Rows are UTF-8 whatever the terminal speaks: an import reads them back."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8")
    return sys.stdout


def _rows(data_dir: Path, kind: str, days: tuple[str, str]) -> Iterator[dict[str, Any]]:
    from pos_plugin.storage.journal_export import JournalExport
    from sync_agent.exports import MASTER, master_rows

    if kind in MASTER:
        yield from master_rows(data_dir, kind)
        return
    journal = JournalExport.open(data_dir)
    if journal is not None:
        with journal:
            yield from journal.rows(kind, *days)


def _export_dsfinvk(data_dir: Path, till: str, days: tuple[str, str], out: Path | None) -> None:
    from pos_plugin.storage.journal_export import JournalExport
    from sync_agent.dsfinvk import write_folder

    if out is None:
        raise click.UsageError("dsfinvk needs --out FOLDER")
    journal = JournalExport.open(data_dir)
    with ExitStack() as stack:
        lines = stack.enter_context(journal).lines(*days) if journal is not None else iter(())
        count = write_folder(lines, out, till=till)
    click.echo(f"dsfinvk: {count}", err=True)
