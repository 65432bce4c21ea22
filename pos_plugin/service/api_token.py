"""``api.token``: who holds it may speak to this till; made with the first start, 256 bits."""

from __future__ import annotations

import os
import re
import secrets
import stat
from typing import TYPE_CHECKING, Final

from pos_plugin.service.errors import TokenUnusable

if TYPE_CHECKING:
    from pathlib import Path

NAME: Final = "api.token"
_TOKEN: Final = re.compile("[A-Za-z0-9_-]{32,200}")


def ensure_token(data_dir: Path) -> str:
    """Return the token of a till; written first when there is none, readable by its owner only.

    Raises:
        TokenUnusable: it cannot be written or read, is no token, or others may read it.
    """
    path = data_dir / NAME
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return _read(path)
    except OSError as fault:
        raise TokenUnusable(
            f"{NAME} cannot be written: {fault.strerror}",
            hint="Look at disk space and rights of the data folder.",
        ) from None
    token = secrets.token_urlsafe(32)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(token + "\n")
    return token


def _read(path: Path) -> str:
    renew = f"Delete {NAME} in the data folder; the next start writes a new one."
    try:
        # The rights of a Windows file stand elsewhere; its folder is the user's own.
        if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise TokenUnusable(f"others than its owner may read {NAME}", hint=renew)
        token = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        raise TokenUnusable(f"{NAME} cannot be read", hint=renew) from None
    if not _TOKEN.fullmatch(token):
        raise TokenUnusable(f"{NAME} holds no token", hint=renew)
    return token
