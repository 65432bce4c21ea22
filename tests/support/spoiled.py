"""Damage to a database as a failing disk makes it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def spoil(path: Path) -> None:
    """Write nonsense over the second page of a file."""
    content = bytearray(path.read_bytes())
    content[4096:8192] = os.urandom(4096)
    path.write_bytes(content)
