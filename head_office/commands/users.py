"""``stammkunde head-office user``: who may use the owner's page."""

from __future__ import annotations

import json
import sys
from pathlib import Path  # noqa: TC003 - click resolves the signatures

import click

from head_office.commands.options import data_option, open_database

_ROLES = click.Choice(["viewer", "editor", "owner"])
_stdin = click.option(
    "--password-stdin", is_flag=True, help="Read the password from standard input; else it asks."
)


@click.group()
def user() -> None:
    """People who use the owner's page, and what they may do."""


@user.command()
@click.argument("name")
@click.option("--role", type=_ROLES, default="viewer", show_default=True, help="What they may do.")
@data_option
@_stdin
def add(name: str, role: str, data: Path, *, password_stdin: bool) -> None:
    """Give NAME an account.

    viewer: looks at everything. editor: writes drafts, too. owner: approves, publishes, pauses and
    goes back as well.
    """
    from head_office import users
    from pos_plugin.clock import SystemClock

    with open_database(data) as database:
        password = _password(from_stdin=password_stdin)
        users.add(database, name, users.Role(role), password, now=SystemClock().now())
    click.echo(f"User {name} may sign in as {role}.")


@user.command("list")
@data_option
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line.")
def list_users(data: Path, *, as_json: bool) -> None:
    """List who has an account."""
    from head_office import users

    with open_database(data) as database, database.read() as connection:
        found = users.known(connection)
    for one in found:
        if as_json:
            click.echo(json.dumps(one._asdict()))
        else:
            click.echo(f"{one.name}: {one.role}{', disabled' if one.is_disabled else ''}")


@user.command()
@click.argument("name")
@click.option("--role", type=_ROLES, help="The new role.")
@click.option("--password", "new_password", is_flag=True, help="Give a new password.")
@click.option("--disable/--enable", "is_disabled", default=None, help="Whether NAME may sign in.")
@data_option
@_stdin
def change(
    name: str,
    role: str | None,
    data: Path,
    *,
    new_password: bool,
    is_disabled: bool | None,
    password_stdin: bool,
) -> None:
    """Change role or password of NAME, or whether NAME may sign in; ends all sessions of NAME."""
    from head_office import users
    from pos_plugin.clock import SystemClock

    if role is None and is_disabled is None and not new_password:
        raise click.UsageError("say what to change: --role, --password, --disable or --enable")
    with open_database(data) as database:
        users.change(
            database,
            name,
            now=SystemClock().now(),
            role=users.Role(role) if role else None,
            password=_password(from_stdin=password_stdin) if new_password else None,
            is_disabled=is_disabled,
        )
    click.echo(f"User {name} is changed; all sessions of {name} have ended.")


def _password(*, from_stdin: bool) -> str:
    from head_office.users import PASSWORD_MAX

    if from_stdin:
        # A sign too many is enough to be refused, whatever comes there.
        return sys.stdin.readline(PASSWORD_MAX + 2).rstrip("\r\n")
    if not sys.stdin.isatty():
        raise click.UsageError("nobody is there to be asked: --password-stdin")
    return str(click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))
