"""``stammkunde backup`` and ``stammkunde restore``: a copy of the till, and its way back.

Exit codes: 0 done, 1 not done, 2 bad input. They speak the language of the till.
"""

from __future__ import annotations

import json
import shutil
import sys
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from pos_plugin.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable

    from pos_plugin.config import TillConfig
    from pos_plugin.storage.restore import Restored

_TEXTS: Final = {
    "de": {
        "copied": "Sicherung geprüft: {folder} ({events} Vorgänge bis Nummer {last_seq})",
        "same_disk": "Achtung: Das ist dieselbe Festplatte wie die der Kasse.",
        "settings": "till.toml kommt aus der Sicherung.",
        "settings_stay": "{here} bleibt, wie es ist; Drucker und Obergrenzen von damals: {there}",
        "restored": "Eingespielt: Sicherung vom {taken_at}, {events} Vorgänge.",
        "replayed": "Von dieser Kasse dazu: {replayed}; nicht lesbar: {unreadable}.",
        "rekeyed": "Mit neuer Nummer an die Zentrale: {rekeyed}.",
        "whole": "Es fehlt nichts.",
        "missing": "Seit {missing_since} können Belege fehlen, die nicht übertragen waren.",
        "replaced": "Was vorher da war, liegt in {replaced}.",
        "verify": "Sicherung prüfen",
        "copy": "Kopieren",
        "replay": "Vorgänge dieser Kasse übernehmen",
        "check": "Ergebnis prüfen",
    },
    "en": {
        "copied": "Backup verified: {folder} ({events} events up to number {last_seq})",
        "same_disk": "Attention: this is the same disk as the till's.",
        "settings": "till.toml comes from the backup.",
        "settings_stay": "{here} stays as it is; printers and caps of the backup: {there}",
        "restored": "Restored: backup of {taken_at}, {events} events.",
        "replayed": "From this till on top: {replayed}; unreadable: {unreadable}.",
        "rekeyed": "To head office under a new number: {rekeyed}.",
        "whole": "Nothing is missing.",
        "missing": "Receipts since {missing_since} that were not uploaded may be missing.",
        "replaced": "What was there before lies in {replaced}.",
        "verify": "Verify the backup",
        "copy": "Copy",
        "replay": "Take over events of this till",
        "check": "Verify the result",
    },
}
_STEPS: Final = ("verify", "copy", "replay", "check")

_config = click.option(
    "--config",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("till.toml"),
    show_default=True,
    help="The till's settings.",
)
_folder_type = click.Path(file_okay=False, path_type=Path)
_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")


@click.command()
@click.argument("folder", type=_folder_type, required=False)
@_config
@_json
def backup(folder: Path | None, config: Path, as_json: bool) -> None:
    """Copy the till's journal to FOLDER, or to the folder of its settings, and verify the copy.

    The till may sell meanwhile. The agent does the same once a day and at the end of the day.
    """
    from pos_plugin.clock import SystemClock
    from pos_plugin.config import read_config
    from pos_plugin.storage.backup import Source, read_record, take_backup, verify

    till = read_config(config)
    into = folder.absolute() if folder is not None else till.backup.folder
    if into is None:
        raise ConfigError("missing", f"{config.name}.backup.folder", "or name a folder")
    source = Source.of(till, config)
    journal = till.data_dir / "journal.db"
    with ExitStack() as stack:
        progress: Callable[[int], object] | None = None
        if sys.stderr.isatty() and journal.exists():
            bar: Any = stack.enter_context(
                click.progressbar(length=journal.stat().st_size, file=sys.stderr)
            )
            progress = lambda done: bar.update(max(0, done - bar.pos))  # noqa: E731
        made = take_backup(
            source, into, at=SystemClock().now(), kept=till.backup.keep, progress=progress
        )
    copy = verify(made)
    same_disk = bool(read_record(till.data_dir).get("same_disk"))
    if as_json:
        found = {"folder": str(made), "same_disk": same_disk, **asdict(copy)}
        click.echo(json.dumps(found, ensure_ascii=False))
        return
    say = _TEXTS[till.language]
    click.echo(say["copied"].format(folder=made, events=copy.events, last_seq=copy.last_seq))
    if same_disk:
        click.echo(say["same_disk"], err=True)


@click.command()
@click.argument("folder", type=_folder_type)
@_config
@_json
def restore(folder: Path, config: Path, as_json: bool) -> None:
    """Put the backup in FOLDER in the place of the till's journal.

    Till and agent must not run. What stands there now is kept, and what can be read of it comes on
    top. A computer without till.toml gets the one of the backup.
    """
    from pos_plugin.clock import SystemClock
    from pos_plugin.storage.restore import restore as put_back

    brought = not config.exists() and (folder / "till.toml").is_file()
    till = _settings(config, folder if brought else None)
    say = _TEXTS[till.language]
    with ExitStack() as stack:
        progress: Callable[[str], object] = str
        if sys.stderr.isatty():
            bar: Any = stack.enter_context(
                click.progressbar(
                    length=len(_STEPS),
                    file=sys.stderr,
                    item_show_func=lambda step: say[str(step)] if step else "",
                )
            )
            progress = lambda step: bar.update(1, step)  # noqa: E731
        done = put_back(
            folder,
            till.data_dir,
            shop=till.shop,
            till=till.till,
            at=SystemClock().now(),
            progress=progress,
        )
    if as_json:
        found = asdict(done) | {"replaced": str(done.replaced) if done.replaced else None}
        click.echo(json.dumps(found, ensure_ascii=False))
        return
    kept = folder / "till.toml"
    if brought:
        click.echo(say["settings"])
    elif kept.is_file() and kept.read_bytes() != config.read_bytes():
        click.echo(say["settings_stay"].format(here=config, there=kept))
    for line in _lines(done, say):
        click.echo(line)


def _settings(config: Path, backup: Path | None) -> TillConfig:
    from pos_plugin.config import read_config

    if backup is not None:
        read_config(backup / "till.toml")  # one that cannot be taken is not brought here
        config.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.copy(backup / "till.toml", config)
    return read_config(config)


def _lines(done: Restored, say: dict[str, str]) -> list[str]:
    values = asdict(done)
    words = ["restored", "replayed"]
    words += ["rekeyed"] if done.rekeyed or done.replayed else []
    words += ["whole" if done.missing_since is None else "missing"]
    words += ["replaced"] if done.replaced is not None else []
    return [say[word].format(**values) for word in words]
