"""``stammkunde contract check``: is this a head office that tills can speak to?"""

from __future__ import annotations

import json
import sys

import click


@click.group()
def contract() -> None:
    """The open protocol between tills and any head office (docs/contract)."""


@contract.command()
@click.argument("url")
@click.option("--till", required=True, help="Number of a till that nobody uses.")
@click.option("--code", help="One-time code of head office for this till: checks enrol, too.")
@click.option(
    "--token",
    envvar="STAMMKUNDE_CONTRACT_TOKEN",
    show_envvar=True,
    help="Token of this till, where it is enrolled already.",
)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a check.")
def check(url: str, till: str, code: str | None, token: str | None, *, as_json: bool) -> None:
    """Ask the head office at URL what a till would ask; exit code 1 when an answer is wrong.

    The events that it sends stay there, under a till number of their own.
    """
    from sync_agent.contract.check import ScriptedTill

    if (code is None) == (token is None):
        raise click.UsageError("give --code or --token")
    wrong = 0
    plain_code = None if code is None else code.replace("-", "").upper()
    asked = ScriptedTill(url=url.rstrip("/"), till=till, token=token or "", code=plain_code)
    for finding in asked.run():
        wrong += finding.wrong is not None
        if as_json:
            click.echo(json.dumps({"check": finding.name, "wrong": finding.wrong}))
        else:
            click.echo(f"{'ok   ' if finding.wrong is None else 'WRONG'} {finding.name}")
            if finding.wrong is not None:
                click.echo(f"      {finding.wrong}")
    if not as_json:
        click.echo("This head office can serve tills." if not wrong else f"{wrong} checks failed.")
    sys.exit(1 if wrong else 0)
