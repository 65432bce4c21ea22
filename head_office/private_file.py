"""Files that only their owner may read: keys and tokens."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from head_office.errors import HeadOfficeStorage

if TYPE_CHECKING:
    from pathlib import Path


def write_private(path: Path, text: str) -> None:
    """Put a file in place whole, readable by its owner only (0600).

    Raises:
        HeadOfficeStorage: no room, no rights.
    """
    temporary = path.with_name(path.name + ".new")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        temporary.unlink(missing_ok=True)
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as fault:
        raise HeadOfficeStorage(path, fault) from fault
