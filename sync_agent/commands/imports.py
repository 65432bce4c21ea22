"""``stammkunde import``: files of the shop into its till, or made ready for head office.

Exit codes: 0 taken or nothing to change, 1 not possible now, 2 the file is wrong.
"""

from __future__ import annotations

import json
import sys
import tomllib
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

if TYPE_CHECKING:
    from collections.abc import Callable

    from pos_plugin.config import TillConfig
    from sync_agent.imports.report import Report
    from sync_agent.imports.run import Wish

_KINDS: Final = ("articles", "customers", "segments", "vouchers", "covers", "tables", "rules")
_MAP_BYTES_MAX: Final = 2**20


@click.command("import")
@click.argument("kind", type=click.Choice(_KINDS))
@click.argument("file", type=click.Path(exists=True, path_type=Path))
@click.option(
    "--config",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("till.toml"),
    show_default=True,
    help="The till's settings.",
)
@click.option("--dry-run", is_flag=True, help="Only look: say what the file would change.")
@click.option("--encoding", help="Of the text; default: UTF-8, or Windows-1252 when it is not.")
@click.option(
    "--map",
    "mapping",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help='TOML or JSON: your headers to our columns, "Art.-Nr. lang" = "sku".',
)
@click.option(
    "--load-files",
    type=click.Path(file_okay=False, path_type=Path),
    help="With a head office: write the files of `head-office load` into this folder instead.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def import_file(
    kind: str,
    file: Path,
    config: Path,
    dry_run: bool,
    encoding: str | None,
    mapping: Path | None,
    load_files: Path | None,
    as_json: bool,
) -> None:
    """Take FILE into a till without head office: all of it, or nothing.

    KIND is what stands in it. Articles, customers, segments and vouchers are CSV or JSON; covers
    and tables are folders; rules are a JSON file of promotions. The same file again changes
    nothing.
    """
    from pos_plugin.config import read_config
    from sync_agent.imports.read import check_encoding
    from sync_agent.imports.run import Wish

    till = read_config(config)
    names = _names(mapping) if mapping else {}
    with ExitStack() as stack:
        progress: Callable[[int], object] = lambda _bytes: None  # noqa: E731
        if sys.stderr.isatty() and file.is_file():
            bar = click.progressbar(length=file.stat().st_size, label=kind, file=sys.stderr)
            progress = stack.enter_context(bar).update
        wish = Wish(
            kind=kind,
            path=file,
            encoding=check_encoding(encoding) if encoding else None,
            names=names,
            dry_run=dry_run,
            progress=progress,
        )
        report = _write_load_files(till, wish, load_files) if load_files else _import(till, wish)
    if as_json:
        click.echo(json.dumps(report.to_dict(till.language), ensure_ascii=False))
    else:
        click.echo(report.to_text(till.language))
    if report.wrong_count:
        sys.exit(2)


def _import(till: TillConfig, wish: Wish) -> Report:
    from pos_plugin.clock import SystemClock
    from sync_agent.imports.run import run_import
    from sync_agent.local.settle import settler

    clock = SystemClock()
    return run_import(till, wish, clock=clock, settle=settler(till, clock))


def _write_load_files(till: TillConfig, wish: Wish, folder: Path) -> Report:
    from sync_agent.imports.load_files import write_load_files

    return write_load_files(wish, folder, shop=till.shop)


def _names(path: Path) -> dict[str, str]:
    from sync_agent.imports.wrong import TableError

    try:
        with path.open("rb") as file:
            content = file.read(_MAP_BYTES_MAX).decode("utf-8-sig")
        is_json = path.suffix.lower() == ".json"
        value = json.loads(content) if is_json else tomllib.loads(content)
    except (OSError, ValueError, RecursionError) as fault:
        raise TableError("not_toml", str(path), f"cannot be read: {fault}") from None
    if not isinstance(value, dict) or not all(isinstance(name, str) for name in value.values()):
        raise TableError("wrong_type", str(path), 'needs lines such as "Art.-Nr." = "sku"')
    return value
