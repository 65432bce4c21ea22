"""``stammkunde printer simulate``: a printer without a printer, to try a till on."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from threading import Event, Lock
from typing import TYPE_CHECKING, Any, Literal, NoReturn

import click

from pos_plugin.printer_command.asked import AS_JSON, NOT_READY, echo_json, give_up

if TYPE_CHECKING:
    from printers.page import Page
    from printers.sim.faults import Fault
    from printers.sim.machine import Machine


def _faults(
    ctx: click.Context, param: click.Parameter, texts: tuple[str, ...]
) -> tuple[Fault, ...]:
    from printers.sim.faults import Fault

    try:
        return tuple(Fault.parse(text) for text in texts)
    except ValueError as wrong:
        raise click.BadParameter(str(wrong), ctx, param) from None


@click.command("simulate")
@click.option(
    "--tcp", type=click.IntRange(0, 65_535), help="Port on 127.0.0.1; 0 takes a free one."
)
@click.option("--pty", "is_pty", is_flag=True, help="A serial port instead; not on Windows.")
@click.option(
    "--fault",
    "faults",
    multiple=True,
    callback=_faults,
    metavar="FAULT",
    help="What happens to it: paper_out@3000 (at a byte), refill+1.5s. May stand repeatedly.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("prints"),
    show_default=True,
    help="Folder of its pages, PNG files.",
)
@click.option(
    "--dots",
    type=click.Choice(["384", "512", "576"]),
    default="576",
    show_default=True,
    help="Width of its paper.",
)
@click.option(
    "--level",
    type=click.Choice(["0", "1", "2", "3"]),
    default="3",
    show_default=True,
    help="What it answers: nothing, its status, fences, process ids.",
)
@click.option("--baud", type=click.IntRange(1_200, 1_000_000), help="Speed of its line.")
@AS_JSON
def simulate(
    tcp: int | None,
    is_pty: bool,
    faults: tuple[Fault, ...],
    output: Path,
    dots: str,
    level: str,
    baud: int | None,
    as_json: bool,
) -> None:
    """Be a receipt printer until Ctrl-C: reads strictly, prints PNG files, has faults on demand.

    Bytes that are no command of ours are named with their place, where a real printer prints
    garbage. Without --tcp and --pty it is port 9100.
    """
    from printers.sim.core import Knobs
    from printers.sim.machine import Machine
    from printers.sim.paper import Paper
    from printers.transports.network import PORT

    if tcp is not None and is_pty:
        raise click.UsageError("give --tcp or --pty, not both")
    levels: dict[str, Literal[0, 1, 2, 3]] = {"0": 0, "1": 1, "2": 2, "3": 3}
    knobs = Knobs(
        dots=int(dots), level=levels[level], bytes_per_s=None if baud is None else baud // 10
    )
    talker = _Talker(as_json=as_json)
    try:
        paper = Paper(output)
        lost: list[OSError] = []

        def lay_down(page: Page, is_torn: bool) -> None:
            try:
                path = paper.lay_down(page, is_torn=is_torn)
            except OSError as fault:
                lost.append(fault)
                return
            talker.say({"page": str(path), "torn": is_torn}, f"{path}")

        machine = Machine(knobs, faults, on_page=lay_down)
        with ExitStack() as stack:
            where = _face(stack, machine, port=None if is_pty else (PORT if tcp is None else tcp))
            talker.say({"where": where, "folder": str(output)}, f"{where} prints into {output}")
            _until_stopped(machine, talker, lost)
    except KeyboardInterrupt:
        return
    except OSError as fault:
        give_up(f"the simulated printer cannot start: {fault}", code=NOT_READY)


def _face(stack: ExitStack, machine: Machine, *, port: int | None) -> str:
    if port is None:
        from printers.sim.pty_line import PtyFace

        return stack.enter_context(PtyFace(machine)).path
    from printers.sim.tcp import TcpFace

    return f"127.0.0.1:{stack.enter_context(TcpFace(machine, port=port)).port}"


def _until_stopped(machine: Machine, talker: _Talker, lost: list[OSError]) -> NoReturn:
    told = 0
    never = Event()
    while not lost:
        never.wait(0.2)
        for error in machine.errors[told:]:
            told += 1
            value = {"error": error.code, "offset": error.offset, "bytes": error.bytes_hex}
            talker.say(value, f"{error.code} at byte {error.offset}: {error.bytes_hex}")
    give_up(f"a page is lost, it cannot be written: {lost[0]}", code=NOT_READY)


class _Talker:
    """Lines of several threads, one after the other."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self._lock = Lock()

    def say(self, value: dict[str, Any], text: str) -> None:
        with self._lock:
            if self._as_json:
                echo_json(value)
            else:
                click.echo(text)
