"""``stammkunde printer jobs``: what was to be printed and what became of it; read-only."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from pos_plugin.printer_command.asked import AS_JSON, SETTINGS, echo_json

if TYPE_CHECKING:
    from pathlib import Path


@click.command("jobs")
@SETTINGS
@click.option("--open", "is_open", is_flag=True, help="Only those that want paper or an answer.")
@click.option(
    "--limit",
    type=click.IntRange(1, 10_000),
    default=20,
    show_default=True,
    help="How many at most, the newest first.",
)
@AS_JSON
def jobs(config: Path, is_open: bool, limit: int, as_json: bool) -> None:
    """List print jobs with state and reason, the newest first; one JSON object a line with --json.

    Only reads. Printing again, cancelling or saying that it came out are choices at the till.
    """
    from pos_plugin.config import read_config
    from pos_plugin.storage.print_list import print_list

    found = print_list(read_config(config).data_dir, limit=limit, is_open=is_open)
    for job in found:
        if as_json:
            echo_json(job._asdict())
            continue
        words = [job.created_at, job.state, job.kind, job.subject_uid]
        if job.reason:
            words.insert(2, job.reason)
        if job.copy_index:
            words.append(f"copy {job.copy_index}")
        if job.attempts:
            words.append(f"{job.printer}, attempt {job.attempts}")
        click.echo("  ".join(words))
    if not found and not as_json:
        click.echo("No print jobs.")
