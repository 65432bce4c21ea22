"""The file by which somebody wakes a resting agent, and learns when its wish has been served.

The file holds a word of the one who wishes. The agent takes the file before a round and puts the
word into its status at the end of it: that round, and no earlier one, began after the wish.
"""

from __future__ import annotations

import secrets
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from pos_plugin.named_file import written_whole

if TYPE_CHECKING:
    from pathlib import Path

WAKE_NAME: Final = "agent.wake"
_BYTES_MAX: Final = 100


def make_wish(data_dir: Path) -> str:
    """Wake the agent of this data folder; return the word that its status will hold."""
    word = secrets.token_hex(8)
    # By a name of its own until it is whole: two may wish at once.
    with written_whole(data_dir / WAKE_NAME) as place:
        place.write_bytes(word.encode())
    return word


def take_wish(data_dir: Path) -> str | None:
    """Return the word of somebody who wishes a round now, or None."""
    path = data_dir / WAKE_NAME
    try:
        with path.open("rb") as file:
            word = file.read(_BYTES_MAX).decode("ascii", "replace")
    except OSError:
        return None
    with suppress(OSError):
        path.unlink()
    return word
