"""The command ``stammkunde printer``; each of its words is a file of this folder.

Exit codes: 0 good, 1 not ready or test failed, 2 wrong input, 3 in use by the till, 4 the document
cannot be printed. None of them writes the journal: what a cashier decides is a call of the plugin.
"""

from __future__ import annotations

import click

from pos_plugin.printer_command.jobs import jobs
from pos_plugin.printer_command.listing import list_printers
from pos_plugin.printer_command.preview import preview
from pos_plugin.printer_command.simulate import simulate
from pos_plugin.printer_command.status import status
from pos_plugin.printer_command.try_out import test


@click.group()
def printer() -> None:
    """Printers of this till: list, look, test, preview, simulate."""


for _command in (list_printers, status, test, preview, simulate, jobs):
    printer.add_command(_command)
