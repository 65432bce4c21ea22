"""A shop day on the command line: ISO or German, the same for every command."""

from __future__ import annotations

from typing import Final

import click

DAY: Final = click.DateTime(["%Y-%m-%d", "%d.%m.%Y"])
