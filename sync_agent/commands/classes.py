"""``stammkunde classes``: compute the classes of customers now instead of tonight."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from pos_plugin.shop_day import DAY

if TYPE_CHECKING:
    import datetime as dt


@click.group()
def classes() -> None:
    """Classes of customers (A, B, C) by rentals, visits, turnover and margin."""


@classes.command()
@click.option(
    "--config",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("till.toml"),
    show_default=True,
    help="The till's settings.",
)
@click.option("--on", type=DAY, help="Last day to compute; default today.")
def run(config: Path, on: dt.datetime | None) -> None:
    """Compute the classes of every day up to today that is not computed yet.

    The agent does this each night. A run again finds nothing to do.
    """
    from pos_plugin.clock import SystemClock
    from pos_plugin.config import read_config
    from pos_plugin.errors import ConfigError
    from pos_plugin.storage.cache_writer import CacheWriter
    from sync_agent.local.agent import LocalAgent
    from sync_agent.local.classes import compute_classes
    from sync_agent.lock import agent_lock

    settings = read_config(config)
    if settings.head_office is not None:
        raise ConfigError(
            "out_of_range",
            f"{config.name}.head_office",
            "head office computes the classes: stammkunde head-office classes",
        )
    clock = SystemClock()
    now = clock.now()
    last_on = min(on.date(), now.date()) if on else now.date()
    with agent_lock(settings.data_dir):
        with LocalAgent(settings, clock) as agent:
            agent.settle()  # a scheme imported a moment ago counts
        with CacheWriter.open(settings.data_dir) as writer:
            found = compute_classes(
                settings.data_dir,
                writer,
                on=last_on,
                at=now,
                facts_months=settings.classes.facts_months,
            )
    if not found:
        click.echo("No scheme: import one with abc_scheme.jsonl (docs/classes.md)")
    for one in found:
        for warning in one.warnings:
            click.echo(f"{one.scheme}: {warning}", err=True)
        if one.first_on is None:
            click.echo(f"{one.scheme}: nothing to compute, classes are there to {one.last_on}")
        else:
            click.echo(f"{one.scheme}: {one.changes} changes from {one.first_on} to {one.last_on}")
