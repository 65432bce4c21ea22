"""The logo of the shop: which picture in ``blobs/`` it is, as the agent made it ready."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from pos_plugin.storage.connect import replace_file

if TYPE_CHECKING:
    from pathlib import Path

_FILE: Final = "logo.current"
_NAME: Final = re.compile("[0-9a-f]{64}")


def read_logo(data_dir: Path) -> str | None:
    """Return the SHA-256 of the picture; None while there is none."""
    try:
        name = (data_dir / _FILE).read_bytes()[:65].decode("ascii").strip()
    except (OSError, ValueError):
        return None
    return name if _NAME.fullmatch(name) else None


def write_logo(data_dir: Path, sha256: str | None) -> None:
    """Name the picture whole, or no longer any."""
    if sha256 is None:
        (data_dir / _FILE).unlink(missing_ok=True)
    else:
        replace_file(data_dir / _FILE, sha256.encode("ascii"))
