"""``stammkunde agent``: run, look, hurry.

Exit codes of ``status``: 0 ok, 1 degraded, 2 failed or bad input, 3 not running.
"""

from __future__ import annotations

import json
import signal
import sys
import time
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any, Final

import click

from pos_plugin.errors import ConfigError
from pos_plugin.named_file import read_named
from sync_agent.cycle import BACKOFF_MAX_S
from sync_agent.errors import AgentRunning

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pos_plugin.config import TillConfig

SYNC_NOW_S: Final = 30.0
LOOK_S: Final = 0.05

_config = click.option(
    "--config",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("till.toml"),
    show_default=True,
    help="The till's settings.",
)


@click.group()
def agent() -> None:
    """The agent beside this till: brings in its data, sends its events to head office."""


@agent.command()
@_config
@click.option(
    "--retry-at-most-s",
    type=click.FloatRange(min=0.1, max=BACKOFF_MAX_S),
    default=BACKOFF_MAX_S,
    show_default=True,
    help="Longest wait between two tries while head office does not answer, in seconds.",
)
def run(config: Path, retry_at_most_s: float) -> None:
    """Synchronise until Ctrl-C or SIGTERM.

    Without head office: bring imports into the till, watch import_folder, keep balances.
    """
    from pos_plugin.clock import SystemClock
    from pos_plugin.config import read_config
    from sync_agent.agent import Agent
    from sync_agent.lock import TRIES, agent_lock
    from sync_agent.logo import prepare_logo
    from sync_agent.memory import give_large_pieces_back
    from sync_agent.settings import read_settings

    give_large_pieces_back()
    till = read_config(config)
    warning = prepare_logo(till)
    if warning:
        click.echo(warning, err=True)
    if till.head_office is None:
        _run_alone(config, till)
        return
    settings = read_settings(config, backoff_max_s=retry_at_most_s)
    with agent_lock(settings.data_dir, tries=TRIES), Agent(settings, SystemClock()) as running:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda _number, _frame: running.stop())
        click.echo(f"Agent of till {settings.till} speaks to {settings.url}")
        running.run()
    click.echo("The agent has stopped.")


def _run_alone(config: Path, till: TillConfig) -> None:
    from pos_plugin.clock import SystemClock
    from sync_agent.local.agent import LocalAgent
    from sync_agent.lock import TRIES, agent_lock

    with (
        agent_lock(till.data_dir, tries=TRIES),
        LocalAgent(till, SystemClock(), config_path=config) as running,
    ):
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda _number, _frame: running.stop())
        click.echo(f"Agent of till {till.till}, which works alone")
        running.run()
    click.echo("The agent has stopped.")


@agent.command("sync-now")
@_config
def sync_now(config: Path) -> None:
    """Synchronise at once: wakes the running agent, or does one round itself."""
    from pos_plugin.config import read_config
    from sync_agent.lock import agent_lock
    from sync_agent.status import read_status
    from sync_agent.waking import make_wish

    till = read_config(config)
    try:
        with agent_lock(till.data_dir):
            _one_round(config, till)
    except AgentRunning:
        _wait_for_a_round(till.data_dir, make_wish(till.data_dir))
    sys.exit(_show(read_status(till.data_dir) or {}, as_json=False, language=till.language))


def _one_round(config: Path, till: TillConfig) -> None:
    from pos_plugin.clock import SystemClock

    if till.head_office is None:
        from sync_agent.local.agent import LocalAgent

        with LocalAgent(till, SystemClock()) as alone:
            alone.round()
        return
    from sync_agent.agent import Agent
    from sync_agent.settings import read_settings

    with Agent(read_settings(config), SystemClock()) as once:
        while once.cycle() == 0.0:
            pass


@agent.command()
@_config
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def status(config: Path, as_json: bool) -> None:
    """Say how the agent is; reads files only, so it works while the agent is dead."""
    from pos_plugin.clock import SystemClock
    from pos_plugin.config import read_config
    from sync_agent.lock import is_running
    from sync_agent.status import read_status
    from sync_agent.till_look import facts_of_files, words_of_files

    till = read_config(config)
    last = read_status(till.data_dir) or {}
    running = is_running(till.data_dir)
    words = words_of_files(till, at=SystemClock().now())
    facts = facts_of_files(till)
    shown = {**last, **facts, "running": running}
    code = _show(shown, as_json=as_json, language=till.language, more=words)
    sys.exit(code if running else 3)


@agent.command()
@_config
@click.option("--url", required=True, help="Address of head office.")
@click.option("--till", "till_number", required=True, help="Number of this till.")
@click.option("--code", required=True, help="The one-time code that head office read out.")
@click.option(
    "--ca",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Certificate of the authority that signed head office's (PEM).",
)
@click.option("--authority", help="Its SHA-256 as `head-office enrol` printed it; compared.")
def enrol(
    config: Path, url: str, till_number: str, code: str, ca: Path | None, authority: str | None
) -> None:
    """Make this till known to head office by a one-time code; an old token of it dies.

    Writes keys.json, and till.toml when there is none.
    """
    from sync_agent.setup.enrolling import enrol_till

    pem = None
    if ca is not None:
        pem = read_named(ca, "--ca", ConfigError).decode("ascii", "replace")
    answer = enrol_till(config, url=url, till=till_number, code=code, ca=pem, authority=authority)
    click.echo(f"Till {answer.till} of shop {answer.shop} is enrolled at {url}.")


def _show(last: dict[str, Any], *, as_json: bool, language: str, more: Sequence[str] = ()) -> int:
    """Print the status and return its exit code; JSON speaks English on every till."""
    from sync_agent.status import words_of
    from sync_agent.status_words import LINES, advice
    from sync_agent.till_look import FAILED

    words = [*words_of(last), *more]
    if as_json:
        told = [advice(word, language="en") for word in words]
        click.echo(json.dumps({**last, "advice": told}))
    else:
        say = LINES[language]
        if "running" in last:
            click.echo(say["runs" if last["running"] else "runs_not"])
        if last.get("local"):
            click.echo(say["alone"])
        else:
            click.echo(say["contact"].format(at=last.get("contact_at") or say["never"]))
            click.echo(say["waiting"].format(count=last.get("waiting_events", 0)))
        click.echo(say["generation"].format(number=last.get("generation") or say["none"]))
        if "backup_at" in last:
            click.echo(say["backup"].format(at=last["backup_at"] or say["never"]))
        for word in words:
            click.echo(advice(word, language=language))
    if FAILED.intersection(words):
        return 2
    return 1 if words else 0


def _wait_for_a_round(data_dir: Path, wish: str) -> None:
    from sync_agent.status import read_status

    pause = Event()
    ends_s = time.monotonic() + SYNC_NOW_S
    while time.monotonic() < ends_s:
        if (read_status(data_dir) or {}).get("wish") == wish:
            return
        pause.wait(LOOK_S)
