"""Tills: ``stammkunde head-office enrol|revoke|status|erasures|retry|worst-case|accept-cap``."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import ssl
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from head_office.commands.options import data_option, open_database
from pos_plugin.errors import ConfigError
from pos_plugin.limits import MAX_TEXT
from pos_plugin.loopback import ADDRESS
from pos_plugin.named_file import read_named

if TYPE_CHECKING:
    from head_office.till.caps import RaisedCap

CONFIRMED_WITHIN: Final = dt.timedelta(days=30)

_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")


@click.command()
@data_option
@click.option("--shop", required=True, help="The till's shop, for example 001.")
@click.option("--till", required=True, help="Number of the till, unique in the chain.")
@click.option(
    "--url",
    default=f"http://{ADDRESS}:8710",
    show_default=True,
    help="Where tills reach this head office.",
)
@click.option(
    "--ca",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Certificate of the authority that signed the server's (PEM).",
)
def enrol(data: Path, shop: str, till: str, url: str, ca: Path | None) -> None:
    """Expect a till: print address, one-time code and the hash of the authority.

    The code is good for 15 minutes, five tries and this till number. Enrolling the same till again
    ends its old token.
    """
    from head_office.till import enrolment, tills
    from pos_plugin.clock import SystemClock

    tills.check_names(shop=shop, till=till, url=url)
    ca_sha256 = None if ca is None else _certificate_sha256(ca)
    with open_database(data) as database:
        code = enrolment.expect_till(database, shop=shop, till=till, now=SystemClock().now())
    click.echo(f"Address:   {url}")
    click.echo(f"Till:      {till} of shop {shop}")
    click.echo(f"Code:      {code[:4]}-{code[4:]}   (good for {enrolment.MINUTES} minutes)")
    if ca_sha256 is not None:
        click.echo(f"Authority: {ca_sha256}")


@click.command()
@data_option
@click.option("--till", required=True, help="Number of the till.")
def revoke(data: Path, till: str) -> None:
    """End the token of a till that was stolen or given up.

    A till that shows it is told to destroy its copy of customers and rules; its events stay. To
    take a till into service again, enrol it.
    """
    from head_office.till import tills
    from pos_plugin.clock import SystemClock, utc_text

    with open_database(data) as database:
        known = tills.revoke(database, till, now_text=utc_text(SystemClock().now()))
    if not known:
        raise ConfigError("out_of_range", "--till", f"there is no till {till}")
    click.echo(f"Till {till} is revoked.")


@click.command()
@data_option
@_json
def status(data: Path, *, as_json: bool) -> None:
    """Show every till: last report, events, what no backup holds yet, what was not understood.

    Exit code 1 when events of a till were not understood, a till refused rules, or nobody has
    accepted a cap of offline spending that was raised.
    """
    from head_office.till.caps import raised_caps
    from head_office.till.status import known_tills

    with open_database(data) as database, database.read() as connection:
        tills = known_tills(connection)
        open_caps = [one for one in raised_caps(connection) if one.accepted_by is None]
    for one in tills:
        if as_json:
            click.echo(json.dumps(one._asdict(), ensure_ascii=False))
            continue
        report = one.report
        click.echo(
            f"till {one.till} of shop {one.shop}"
            + (" (revoked)" if one.is_revoked else "")
            + f": last report {one.reported_at or 'never'}, "
            f"last event {one.last_event_at or 'never'}, "
            f"{one.events} events, {one.not_durable} in no backup, "
            f"{report.get('waiting_events', '?')} waiting at the till, "
            f"generation {report.get('generation', '?')}"
        )
        if one.quarantined:
            click.echo(f"  {one.quarantined} events were not understood: a newer version may")
        for generation, reason in report.get("refused_packages", {}).items():
            click.echo(f"  refused generation {generation}: {reason}")
    for cap in open_caps:
        click.echo(_open_cap(cap), err=True)
    wrong = any(one.quarantined or one.report.get("refused_packages") for one in tills)
    sys.exit(1 if wrong or open_caps else 0)


@click.command()
@data_option
@_json
def erasures(data: Path, *, as_json: bool) -> None:
    """Show how many of the tills that held an erased customer have confirmed that it is gone.

    A till has confirmed when its agent reports it gone from the files, and the till itself sent its
    event. Exit code 1 when one has not confirmed a month after the erasure (Art. 12 GDPR).
    """
    from head_office.till.erasures import erasures as all_erasures
    from pos_plugin.clock import SystemClock, instant

    with open_database(data) as database, database.read() as connection:
        found = all_erasures(connection)
    now = SystemClock().now()
    is_late = False
    for one in found:
        is_late |= bool(one.missing) and now - instant(one.erased_at) > CONFIRMED_WITHIN
        if as_json:
            document = {**one._asdict(), "missing": [till._asdict() for till in one.missing]}
            click.echo(json.dumps(document, ensure_ascii=False))
            continue
        click.echo(
            f"{one.customer}, erased {one.erased_at}: {one.confirmed} of {one.tills} tills "
            "have confirmed"
        )
        for till in one.missing:
            click.echo(
                f"  till {till.till} of shop {till.shop} has not, "
                f"last report {till.reported_at or 'never'}"
            )
    sys.exit(1 if is_late else 0)


@click.command()
@data_option
def retry(data: Path) -> None:
    """Book events that were not understood, after an update or once their customer is loaded."""
    from head_office.intake import events
    from pos_plugin.clock import SystemClock

    with open_database(data) as database:
        booked, waiting = events.retry(database, now=SystemClock().now())
    click.echo(f"{booked} events booked, {waiting} still wait.")


@click.command("worst-case")
@data_option
@_json
def worst_case(data: Path, *, as_json: bool) -> None:
    """Print what can be lost at most when all tills are offline at once, in euro.

    One till cap each, as the tills reported it (else 500 EUR). A till that was restored from an old
    image can add its cap once more.
    """
    from head_office.till.caps import TILL_CAP_MINOR, raised_caps
    from head_office.till.status import known_tills, worst_case_minor

    with open_database(data) as database, database.read() as connection:
        tills = [one for one in known_tills(connection) if not one.is_revoked]
        raised = raised_caps(connection)
    total_minor = worst_case_minor(tills)
    highest_minor = max(
        (int(one.report.get("offline_cap_minor", TILL_CAP_MINOR)) for one in tills), default=0
    )
    if as_json:
        found = {
            "tills": len(tills),
            "worst_case_minor": total_minor,
            "per_restored_till_minor": highest_minor,
            "raised_caps": [one._asdict() for one in raised],
        }
        click.echo(json.dumps(found))
        return
    click.echo(f"{len(tills)} tills offline at once: at most {_euro(total_minor)} EUR.")
    click.echo(f"Each till restored from an old image: {_euro(highest_minor)} EUR more.")
    for one in raised:
        if one.accepted_by is None:
            click.echo(_open_cap(one), err=True)
        else:
            click.echo(
                f"Till {one.till}: {_euro(one.cap_minor)} EUR, accepted by {one.accepted_by} "
                f"on {one.accepted_at}."
            )


@click.command("accept-cap")
@data_option
@click.option("--till", required=True, help="Number of the till whose cap was raised.")
@click.option("--by", required=True, help="Who answers for what may be lost: a person's name.")
def accept_cap(data: Path, till: str, by: str) -> None:
    """Write down who accepts the raised cap of offline spending of a till.

    Until then status and worst-case name it. The word stands in the audit log.
    """
    from head_office.till.caps import accept
    from pos_plugin.clock import SystemClock

    if not 0 < len(by.strip()) <= MAX_TEXT:
        raise ConfigError("out_of_range", "--by", f"a name of 1 to {MAX_TEXT} characters")
    with open_database(data) as database, database.write() as connection:
        cap_minor = accept(connection, till, by=by.strip(), at=SystemClock().now())
    if cap_minor is None:
        raise ConfigError("out_of_range", "--till", f"no cap of till {till} waits to be accepted")
    click.echo(f"Till {till}: {_euro(cap_minor)} EUR offline, accepted by {by.strip()}.")


def _open_cap(cap: RaisedCap) -> str:
    return (
        f"Till {cap.till} raised its cap to {_euro(cap.cap_minor)} EUR on {cap.raised_at}; nobody "
        "has accepted it: stammkunde head-office accept-cap"
    )


def _euro(minor: int) -> str:
    return f"{minor // 100}.{minor % 100:02}"


def _certificate_sha256(path: Path) -> str:
    try:
        text = read_named(path, "--ca", ConfigError).decode("ascii")
        return hashlib.sha256(ssl.PEM_cert_to_DER_cert(text.strip())).hexdigest()
    except ValueError as fault:
        raise ConfigError("not_json", "--ca", f"is no certificate: {fault}") from None
