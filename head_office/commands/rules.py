"""``stammkunde head-office activate|rollback|rotate-key``: generations after their publication."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from head_office.commands.options import data_option, open_database, read_instant
from pos_plugin.errors import RuleError

_GENERATION: Final = click.IntRange(1, 2**63 - 1)  # as far as the file can number


@click.command()
@click.argument("generation", type=_GENERATION)
@data_option
@click.option("--at", help="From when on, an instant; default at once.")
def activate(generation: int, data: Path, at: str | None) -> None:
    """Publish the content of GENERATION again, active at once or from an instant.

    Generations only grow: it gets a number above all others and counts from its instant on, also
    instead of generations that were planned for later.
    """
    from head_office.promotions import rules
    from pos_plugin.clock import SystemClock

    activate_at = read_instant(at, "--at") or SystemClock().now()
    with open_database(data) as database:
        entry = rules.republish(database, generation, activate_at=activate_at)
    click.echo(
        f"Generation {entry.generation} has the content of {generation}, "
        f"active from {entry.activate_at}."
    )


@click.command()
@data_option
@click.option(
    "--to",
    "generation",
    type=_GENERATION,
    help="Generation to go back to; default the one before the active one.",
)
def rollback(data: Path, generation: int | None) -> None:
    """Go back to older rules at once: a higher generation with older content."""
    from head_office.promotions import rules
    from pos_plugin.clock import SystemClock

    now = SystemClock().now()
    with open_database(data) as database:
        if generation is None:
            with database.read() as connection:
                generation = rules.before_the_active(connection, now=now)
        entry = rules.republish(database, generation, activate_at=now)
    click.echo(f"Generation {entry.generation} has the content of {generation}, active now.")


@click.command("rotate-key")
@click.option(
    "--next-key",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="Private half of the next key, the file rule-key.next from the safe.",
)
@data_option
def rotate_key(next_key: Path, data: Path) -> None:
    """Retire the key that signs the rules, because it is old or was stolen.

    The active rules are published again, signed by the next key. Tills that take this generation
    believe the old key no more for any later one, and know the new next key.
    """
    from head_office.promotions import rules
    from pos_plugin.clock import SystemClock

    try:
        private = bytes.fromhex(next_key.read_text(encoding="ascii"))
    except (OSError, ValueError) as fault:
        raise RuleError("not_json", str(next_key), f"is no key file: {fault}") from None
    with open_database(data) as database:
        entry = rules.rotate_key(database, private, now=SystemClock().now())
    click.echo(f"Generation {entry.generation} is signed by the key {entry.key_id}, now current.")
    click.echo(f"Move {data / 'rule-key.next'} to a medium that lies in a safe.")
