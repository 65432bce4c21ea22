"""Files named by the SHA-256 of their content: rule packages and pictures."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Final

from pos_plugin.storage.connect import replace_file

if TYPE_CHECKING:
    from pathlib import Path

BYTES_MAX: Final = 8 * 2**20
_NAME: Final = re.compile("[0-9a-f]{64}")


def read_blob(data_dir: Path, sha256: str) -> bytes | None:
    """Return the content with this hash; None if it is missing or is not what its name says."""
    # A name is a hash or nothing: no text from outside is ever opened as a path.
    if not _NAME.fullmatch(sha256):
        return None
    try:
        with (data_dir / "blobs" / sha256).open("rb") as file:
            content = file.read(BYTES_MAX + 1)
    except OSError:
        return None
    if len(content) > BYTES_MAX or hashlib.sha256(content).hexdigest() != sha256:
        return None
    return content


def write_blob(data_dir: Path, content: bytes) -> str:
    """Put content in place whole and return its hash; what is there already stays."""
    sha256 = hashlib.sha256(content).hexdigest()
    folder = data_dir / "blobs"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if read_blob(data_dir, sha256) is None:
        replace_file(folder / sha256, content)
    return sha256


class BlobAssets:
    """Pictures in ``blobs/``: the port ``printers.ports.Assets``."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir

    def read(self, sha256: str) -> bytes | None:
        """Return the file with this SHA-256; None if missing or not as named."""
        return read_blob(self._data_dir, sha256)
