"""``stammkunde head-office``: set up, publish rules, load master data, serve."""

from __future__ import annotations

import json
import sys
from contextlib import ExitStack, closing
from importlib.util import find_spec
from ipaddress import IPv4Address
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from head_office.commands.backups import backup, compact, restore
from head_office.commands.doctor import doctor
from head_office.commands.options import data_option as _data
from head_office.commands.options import open_database as _database
from head_office.commands.options import read_instant
from head_office.commands.pictures import pictures
from head_office.commands.rules import activate, rollback, rotate_key
from head_office.commands.tills import (
    accept_cap,
    enrol,
    erasures,
    retry,
    revoke,
    status,
    worst_case,
)
from head_office.commands.users import user
from head_office.errors import LibraryMissing, LoadError
from pos_plugin.limits import FACTS_MONTHS, MAX_FACTS_MONTHS, MAX_PRICE_MINOR
from pos_plugin.loopback import ADDRESS, listen
from pos_plugin.named_file import read_named
from pos_plugin.shop_day import DAY
from sync_agent.protocol.limits import BLOB_BYTES_MAX

if TYPE_CHECKING:
    import datetime as dt


DEFAULT_PORT: Final = 8710


@click.group("head-office")
def head_office() -> None:
    """The reference head office: rules, customers and receipts of a chain."""
    if find_spec("sqlalchemy") is None:
        raise LibraryMissing


@head_office.command()
@_data
@click.option("--shop", required=True, help="The till's shop, for example 001.")
@click.option("--till", required=True, help="Number of the till, unique in the chain.")
@click.option(
    "--till-dir",
    type=click.Path(file_okay=False, path_type=Path),
    required=True,
    help="Data folder of the till; gets keys.json, and till.toml when there is none.",
)
@click.option(
    "--url",
    default=f"http://{ADDRESS}:{DEFAULT_PORT}",
    show_default=True,
    help="Where this head office will answer.",
)
def init(data: Path, shop: str, till: str, till_dir: Path, url: str) -> None:
    """Create the head office where there is none, and make a till known to it.

    Repeated for the same till it writes a new token; the old one dies at once.
    """
    from head_office.promotions import rules
    from head_office.till import tills
    from pos_plugin.clock import SystemClock, utc_text

    tills.check_names(shop=shop, till=till, url=url)
    with _database(data, create=True) as database:
        rules.ensure_keys(database)
        written = tills.set_up_till(
            database,
            shop=shop,
            till=till,
            till_dir=till_dir,
            url=url,
            now_text=utc_text(SystemClock().now()),
        )
    click.echo(f"Till {till} of shop {shop} is known to the head office in {data}.")
    click.echo(f"Written: {till_dir / tills.KEYS_NAME}")
    if written:
        click.echo(f"Written: {till_dir / tills.CONFIG_NAME}")
    click.echo(f"Move {data / 'rule-key.next'} to a medium that lies in a safe.")


@head_office.command()
@click.argument("promotions", type=click.Path(dir_okay=False, path_type=Path))
@_data
@click.option(
    "--max-combined-bp",
    type=click.IntRange(0, 10_000),
    default=5_000,
    show_default=True,
    envvar="STAMMKUNDE_MAX_COMBINED_BP",
    show_envvar=True,
    help="How far an article may fall by several promotions together, in basis points.",
)
@click.option(
    "--confirm-combined",
    is_flag=True,
    help="Publish although articles can fall further; the sales are shown all the same.",
)
@click.option("--activate-at", help="From when on tills use them, an instant; default at once.")
def publish(
    promotions: Path,
    data: Path,
    max_combined_bp: int,
    activate_at: str | None,
    *,
    confirm_combined: bool,
) -> None:
    """Check, number and sign the rules of PROMOTIONS; they are active at once.

    Golden baskets in the file (docs/promotions.md) must come out as they say.

    Nothing is published, with exit code 1, when an article can fall further below its scanned price
    by several promotions together than the shop allows: every such combination is printed as JSON
    with a sale that shows it.
    """
    from head_office.promotions import publish_gate, rules
    from pos_plugin.clock import SystemClock

    active_from = read_instant(activate_at, "--activate-at")
    with _database(data) as database:
        text = read_named(promotions, "promotions", bytes_max=BLOB_BYTES_MAX)
        now = SystemClock().now()
        with ExitStack() as stack:
            progress = None
            if sys.stderr.isatty():
                most = publish_gate.BASKETS
                bar = click.progressbar(length=most, label="Trying combinations", file=sys.stderr)
                progress = stack.enter_context(bar).update
            report = publish_gate.look(
                database, text, max_combined_bp=max_combined_bp, now=now, progress=progress
            )
        deep = report.errors
        for finding in deep:
            click.echo(json.dumps(finding.to_dict(), ensure_ascii=True))
        if not report.is_complete:
            click.echo(
                "Not every combination of promotions was tried: stammkunde promotions lint with "
                "--max-baskets tries more.",
                err=True,
            )
        if deep and not confirm_combined:
            raise publish_gate.CombinedTooDeep(findings=len(deep), max_combined_bp=max_combined_bp)
        entry = rules.publish(database, text, now=now, activate_at=active_from)
    click.echo(f"Generation {entry.generation} is published, active from {entry.activate_at}.")


@head_office.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@_data
def load(folder: Path, data: Path) -> None:
    """Load the master data of FOLDER: one <table>.jsonl file a table, all or nothing.

    Tables: those of docs/master-data.md, for example program, reward, article, customer, card.
    """
    from head_office.load import folder_bytes, load_folder
    from pos_plugin.clock import SystemClock

    with _database(data) as database:
        total = folder_bytes(folder)
        with click.progressbar(length=total, label="Loading", file=sys.stderr) as bar:
            today = SystemClock().now().date()
            loaded = load_folder(database, folder, on=today, progress=bar.update)
    for warning in loaded.warnings:
        click.echo(warning, err=True)
    for table, count in loaded.read.items():
        click.echo(f"{table}: {count} rows, {loaded.written[table]} new or changed")


@head_office.command("sign-vouchers")
@click.argument("voucher_type")
@_data
@click.option("--number", type=click.IntRange(1, 100_000), help="This many that nobody holds.")
@click.option(
    "--customers",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="One for each customer of this file: an id a line.",
)
@click.option("--value-minor", type=click.IntRange(1, MAX_PRICE_MINOR), help="Value in cents.")
@click.option("--from-on", type=DAY, help="First day; default its kind's.")
@click.option("--to-on", type=DAY, help="Last day; default its kind's.")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="File for the codes, one JSON object a line; must not exist.",
)
def sign_vouchers(
    voucher_type: str,
    data: Path,
    number: int | None,
    customers: Path | None,
    value_minor: int | None,
    from_on: dt.datetime | None,
    to_on: dt.datetime | None,
    out: Path,
) -> None:
    """Issue vouchers of VOUCHER_TYPE whose QR code every till believes, also offline.

    A till that never heard of such a voucher checks the signature with the keys that it trusts for
    rules; validity, holder and what the till gave offline are checked as always.
    """
    from head_office import signed_vouchers
    from pos_plugin.clock import SystemClock

    if (number is None) == (customers is None):
        raise click.UsageError("either --number or --customers")
    if out.exists():
        raise click.BadParameter("exists: codes are never written over", param_hint="--out")
    holders: list[str | None] = [None] * (number or 0)
    if customers is not None:
        try:
            lines = (
                read_named(customers, customers.name, LoadError).decode("utf-8-sig").splitlines()
            )
        except UnicodeDecodeError as fault:
            raise LoadError("not_json", customers.name, f"cannot be read: {fault}") from None
        holders = [line.strip() for line in lines if line.strip()]
    wanted = signed_vouchers.Wanted(
        type=voucher_type,
        customers=holders,
        value_minor=value_minor,
        valid_from_on=from_on.date() if from_on else None,
        valid_to_on=to_on.date() if to_on else None,
    )
    with _database(data) as database:
        on = SystemClock().now().date()
        with click.progressbar(length=len(holders), label="Signing", file=sys.stderr) as bar:
            made = signed_vouchers.make(database, wanted, out, on=on, progress=bar.update)
    click.echo(f"{made} vouchers of kind {voucher_type}. Codes: {out}")


@head_office.command()
@click.argument("customer")
@click.argument("program")
@_data
@click.option("--as-of", help="What happened later does not count; an instant, default now.")
@click.option("--known-at", help="What came in later does not count; an instant, default now.")
@click.option("--json", "as_json", is_flag=True, help="As a JSON object.")
def balance(
    customer: str,
    program: str,
    data: Path,
    as_of: str | None,
    known_at: str | None,
    *,
    as_json: bool,
) -> None:
    """Print what the account PROGRAM of CUSTOMER held at an instant.

    A balance of a past day never moves: what came in later about it is left out by --known-at.
    """
    from head_office.intake.balances import balance_at
    from pos_plugin.clock import SystemClock, utc_text

    now_text = utc_text(SystemClock().now())
    instants = {
        "as_of": _instant(as_of, "--as-of") or now_text,
        "known_at": _instant(known_at, "--known-at") or now_text,
    }
    with _database(data) as database, database.read() as connection:
        value = balance_at(connection, customer, program, **instants)
    if as_json:
        click.echo(
            json.dumps({"customer": customer, "program": program, "value": value, **instants})
        )
    else:
        click.echo(f"{value}")


def _instant(text: str | None, option: str) -> str | None:
    from pos_plugin.clock import utc_text

    at = read_instant(text, option)
    return None if at is None else utc_text(at)


@head_office.command()
@_data
@click.option("--on", type=DAY, help="Shop day; default today.")
@click.option(
    "--facts-months",
    type=click.IntRange(1, MAX_FACTS_MONTHS),
    default=FACTS_MONTHS,
    show_default=True,
    help="So many months receipts and rentals count.",
)
def classes(data: Path, on: dt.datetime | None, facts_months: int) -> None:
    """Compute the classes of all customers and send what changed to the tills.

    Counts the receipts and rentals of all tills by the schemes that were loaded.
    """
    from head_office.crm.classes import compute
    from pos_plugin.clock import SystemClock

    day = on.date() if on else SystemClock().now().date()
    with _database(data) as database:
        found = compute(database, on=day, facts_months=facts_months)
    for warning in found.warnings:
        click.echo(warning, err=True)
    for scheme, counts in found.counts.items():
        said = ", ".join(f"{code} {count}" for code, count in sorted(counts.items()))
        click.echo(f"{scheme}: {said or 'no customer yet'}")
    click.echo(f"{found.changed} customers changed")


@head_office.command()
@_data
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
def exceptions(data: Path, as_json: bool) -> None:
    """List what tills without a network could not know of each other.

    second_voucher: two tills gave a customer a voucher of the same kind. Both stay valid.
    double_redemption: a voucher was used at two tills. overspent_lot: two tills spent more of an
    earning than there was. approval_over_limit: two tills gave out more than a customer's limit.
    """
    from head_office.intake.exceptions import noted

    with _database(data) as database, database.read() as connection:
        found = noted(connection)
    for one in found:
        if as_json:
            click.echo(json.dumps(one._asdict(), ensure_ascii=False))
        else:
            click.echo(
                f"{one.occurred_at}  {one.kind}  customer {one.customer}  "
                f"till {one.till} and {one.other_till}  {one.subject} beside {one.other}"
            )


@head_office.command()
@_data
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=DEFAULT_PORT,
    show_default=True,
    help="Port; 0 takes a free one.",
)
@click.option(
    "--address",
    default=ADDRESS,
    show_default=True,
    help="IPv4 address to answer on; one that other machines reach needs --certificate.",
)
@click.option(
    "--certificate",
    type=click.Path(dir_okay=False, exists=True, path_type=Path),
    help="Certificate of the server (PEM); with it head office speaks TLS.",
)
@click.option(
    "--key",
    type=click.Path(dir_okay=False, exists=True, path_type=Path),
    help="Private key of the certificate (PEM).",
)
@click.option(
    "--behind-tls",
    is_flag=True,
    help="A proxy on this machine speaks TLS: browsers send the owner's cookie by TLS alone.",
)
def serve(
    data: Path,
    port: int,
    address: str,
    certificate: Path | None,
    key: Path | None,
    *,
    behind_tls: bool,
) -> None:
    """Answer the tills, and browsers of the owner's page, until Ctrl-C.

    On this machine alone, unless --address says otherwise.
    """
    from head_office.service.running import run_server
    from head_office.serving import sole

    if (certificate is None) != (key is None):
        raise click.UsageError("--certificate and --key go together")
    tls = None if certificate is None or key is None else (certificate, key)
    if tls is None and not _is_this_machine(address):
        raise click.UsageError(f"--address {address} reaches other machines: add --certificate")
    with (
        _database(data) as database,
        sole(data),
        closing(listen(port, address=address)) as listener,
    ):
        scheme = "http" if tls is None else "https"
        click.echo(f"Head office answers on {scheme}://{address}:{listener.getsockname()[1]}")
        run_server(database, listener, tls=tls, behind_tls=behind_tls)
    click.echo("Head office has stopped.")


def _is_this_machine(address: str) -> bool:
    try:
        return IPv4Address(address).is_loopback
    except ValueError:
        raise click.BadParameter("is no IPv4 address", param_hint="--address") from None


for command in (
    activate,
    rollback,
    rotate_key,
    enrol,
    revoke,
    status,
    erasures,
    retry,
    worst_case,
    accept_cap,
    backup,
    restore,
    compact,
    doctor,
    user,
    pictures,
):
    head_office.add_command(command)
