"""``stammkunde init``: from an empty folder to a till that knows who it is.

Laws of this file:

1. A ``till.toml`` that is there is never written over.
2. What no flag says is asked at a terminal; without one it is a missing flag, and nothing is done.
3. Head office is asked first: a wrong code leaves the folder as it was.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from pos_plugin.errors import ConfigError
from pos_plugin.named_file import read_named
from sync_agent.setup.words import WORDS

if TYPE_CHECKING:
    from sync_agent.setup.first_settings import Wishes

_TRANSPORTS: Final = (
    "none, host, simulator, network:HOST, usb:VENDOR:PRODUCT, serial:PORT, queue:NAME"
)


@click.command()
@click.option(
    "--config",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("till.toml"),
    show_default=True,
    help="The settings to write; the data go beside them.",
)
@click.option("--language", type=click.Choice(["de", "en"]), help="Language of till and customer.")
@click.option("--shop", help="Code of the shop; with a head office it says which.")
@click.option("--till", help="Number of this till, unique in the chain.")
@click.option("--alone", is_flag=True, help="There is no head office: data come from imports.")
@click.option("--head-office", "url", help="Address of head office, https://…")
@click.option("--code", help="The one-time code that `head-office enrol` printed.")
@click.option(
    "--ca",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Certificate of the authority that signed head office's (PEM).",
)
@click.option("--authority", help="Its SHA-256 as `head-office enrol` printed it; compared.")
@click.option("--printer", help=f"What prints vouchers: {_TRANSPORTS}.")
@click.option(
    "--backup",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder on another disk or a share for the daily copy; an empty word for none.",
)
@click.option("--voucher-cap", type=click.IntRange(0, 100_000), help="Euro a voucher, offline.")
@click.option("--customer-cap", type=click.IntRange(0, 100_000), help="Euro a customer, offline.")
@click.option("--till-cap", type=click.IntRange(0, 100_000), help="Euro at this till, offline.")
@click.option(
    "--gift-cap", type=click.IntRange(0, 100_000), help="Euro a sold voucher, offline; 0 = never."
)
@click.option("--no-test-page", is_flag=True, help="Do not print a test page.")
@click.pass_context
def init(
    ctx: click.Context,
    /,
    config: Path,
    *,
    no_test_page: bool,
    **given: Any,  # noqa: ANN401
) -> None:
    """Set this till up: asks what the flags do not say, or takes all of it from them.

    Writes till.toml, makes the till known to head office by a one-time code, and prints a test
    page. What stands in till.toml already stays; afterwards `stammkunde doctor` says what is left.
    """
    from sync_agent.setup.first_settings import printer_of, write_settings
    from sync_agent.setup.questions import asked

    if config.exists():
        raise click.UsageError(
            f"{config} is there already and stays as it is; for a new code: stammkunde agent enrol"
        )
    wishes = asked(given, is_terminal=sys.stdin.isatty())
    say = WORDS[wishes.language]
    shop = _enrolled(config, wishes) if wishes.url is not None else wishes.shop
    write_settings(config, wishes, shop=shop)
    click.echo(say["written"].format(path=config, till=wishes.till, shop=shop))
    printer = printer_of(wishes.printer)
    if printer is not None and printer["transport"] != "host" and not no_test_page:
        _print_test_page(ctx, config, str(printer["name"]))
    click.echo(say["next"].format(config=config))


def _enrolled(config: Path, wishes: Wishes) -> str:
    """Show the code; return the shop that head office says this till is in."""
    from sync_agent.setup.enrolling import enrol_till

    pem = None
    if wishes.ca is not None:
        pem = read_named(wishes.ca, "--ca", ConfigError).decode("ascii", "replace")
    answer = enrol_till(
        config,
        url=str(wishes.url),
        till=wishes.till,
        code=str(wishes.code),
        ca=pem,
        authority=wishes.authority,
    )
    return answer.shop


def _print_test_page(ctx: click.Context, config: Path, name: str) -> None:
    """Call ``printer test``: a command of the till's package, found by its name."""
    root = ctx.find_root().command
    group = root.get_command(ctx, "printer") if isinstance(root, click.Group) else None
    test = group.get_command(ctx, "test") if isinstance(group, click.Group) else None
    if test is not None:
        ctx.invoke(test, name=name, config=config, no_scan=True, as_json=False)
