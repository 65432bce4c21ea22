"""Files that a person named to a command: read up to a limit, written whole or not at all."""

from __future__ import annotations

import io
import os
import shutil
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

from pos_plugin.errors import InputError, RuleError
from pos_plugin.limits import MAX_JSON_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_PIECE: Final = 1 << 20
_NAME_KEPT: Final = 50  # characters of the name beside: a long one has no room for more


def read_named(
    path: Path,
    where: str,
    error: type[InputError] = RuleError,
    *,
    bytes_max: int = MAX_JSON_BYTES,
) -> bytes:
    """Return the bytes of a file; one that is unreadable or too large is bad input.

    Args:
        path: as the person named it: a file, a pipe, a device.
        where: begins the sentence.
        error: whose input it is.
        bytes_max: a pipe may have no end, so no more than this is ever held.

    Raises:
        InputError: code ``not_json``, naming the file and what the system says; ``limit``.
    """
    content = io.BytesIO()
    try:
        # Unbuffered: a buffer takes room for the whole limit before it knows the size.
        with path.open("rb", buffering=0) as file:
            while piece := file.read(_PIECE):
                content.write(piece)
                if content.tell() > bytes_max:
                    raise error("limit", where, f"{path} is larger than {bytes_max} bytes")
    except OSError as fault:
        raise error("not_json", where, f"cannot read {path}: {fault.strerror}") from None
    return content.getvalue()


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """Give the place to write to; the file stands there whole afterwards, or as it was.

    It lies beside the file and takes its place when everything is on the disk. A device, a pipe and
    what a link leads to are written to as they are.

    Args:
        path: of the file.

    Raises:
        OSError: naming the file itself, not the place beside.
    """
    is_new = not path.is_symlink() and (path.is_file() or not path.exists())
    beside = path.with_name(f"{path.name[:_NAME_KEPT]}.{os.getpid()}.new") if is_new else path
    try:
        if is_new:
            beside.touch()
            with suppress(FileNotFoundError):
                shutil.copymode(path, beside)
        yield beside
        if is_new:
            with beside.open("r+b") as file:
                os.fsync(file.fileno())
            beside.replace(path)
    except BaseException as fault:
        if is_new:
            with suppress(OSError):  # what stopped us may stop this, too
                beside.unlink()
        if isinstance(fault, OSError) and fault.filename in (None, str(beside)):
            fault.filename = str(path)
        raise
