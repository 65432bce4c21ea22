"""Values that wait outside of memory: the receipts of a chain are larger than a till's machine.

A spool keeps its first megabytes in memory and the rest in a temporary file without a name; what
stays in memory for each value is where it begins.
"""

from __future__ import annotations

import json
import weakref
from array import array
from contextlib import contextmanager
from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING, Any, Final

from pos_plugin.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Iterator

_IN_MEMORY_BYTES: Final = 4_000_000


class Spool:
    """JSON values by number, in the order in which they came.

    Args:
        in_memory_bytes: how much of them stays in memory.

    Example:
        >>> spool = Spool()
        >>> spool.append(["7", 3]), spool.append({"sku": "MUG1"})
        (0, 1)
        >>> spool[0], len(spool)
        (['7', 3], 2)
    """

    def __init__(self, in_memory_bytes: int = _IN_MEMORY_BYTES) -> None:
        # A file with a `with` would end before its values are read.
        self._file = SpooledTemporaryFile(max_size=in_memory_bytes)  # noqa: SIM115
        weakref.finalize(self, self._file.close)
        self._begins = array("q")
        self._end = 0
        self._is_at_end = True

    def __len__(self) -> int:
        return len(self._begins)

    def append(self, value: object) -> int:
        """Keep a value and return its number.

        Raises:
            StorageError: there is no room in the temporary folder.
        """
        line = json.dumps(value, separators=(",", ":")).encode() + b"\n"
        with _temporary_folder():
            if not self._is_at_end:
                self._file.seek(self._end)
                self._is_at_end = True
            self._file.write(line)
        self._begins.append(self._end)
        self._end += len(line)
        return len(self._begins) - 1

    def __getitem__(self, number: int) -> Any:  # noqa: ANN401 - whatever was kept
        begin = self._begins[number]
        self._is_at_end = False
        with _temporary_folder():
            if self._file.tell() != begin:
                self._file.seek(begin)
            return json.loads(self._file.readline())


@contextmanager
def _temporary_folder() -> Iterator[None]:
    try:
        yield
    except OSError as fault:
        raise StorageError(
            f"the temporary folder cannot be used: {fault.strerror}",
            hint="Make room there, or name another one in TMPDIR.",
        ) from None
