"""A new bearer token once a month, so that a copied one is worth little for long (sync.md §9.1).

Laws of this file:

1. The new token is on the disk before anybody uses it; its first use ends the old one. Cut off
   before that the old one still counts, cut off behind it the new one.
2. A head office that gives none is asked again the next day; nothing else waits for that.
"""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Final

from pos_plugin import keys
from pos_plugin.clock import utc_text
from pos_plugin.errors import ConfigError
from sync_agent.upkeep.due import is_due
from sync_agent.upkeep.key_rotation import write_keys

if TYPE_CHECKING:
    from pathlib import Path

    from sync_agent.client import HeadOfficeClient

NEW_AFTER: Final = dt.timedelta(days=30)
ASK_AGAIN_AFTER: Final = dt.timedelta(days=1)
_SINCE: Final = "till_token_at"
_ASKED: Final = "till_token_asked_at"


def rotate_when_due(
    data_dir: Path, client: HeadOfficeClient, *, till: str, at: dt.datetime
) -> str | None:
    """Put a new token into ``keys.json`` and return it, used by nobody yet; None when none is due.

    Args:
        data_dir: of the till.
        client: with the token that counts.
        till: number of the till.
        at: now; an instant in the future was written by a wrong clock and does not count.

    Raises:
        HeadOfficeRefused, Unreachable: the token stays; asked again the next day.
        ConfigError: ``keys.json`` cannot be read; nothing was changed.
    """
    document = _read(data_dir)
    if _SINCE not in document:  # enrolled just now
        write_keys(data_dir, {**document, _SINCE: utc_text(at)})
        return None
    if not is_due(document[_SINCE], at=at, every=NEW_AFTER) or not is_due(
        document.get(_ASKED), at=at, every=ASK_AGAIN_AFTER
    ):
        return None
    write_keys(data_dir, {**document, _ASKED: utc_text(at)})
    token = client.new_token(till)
    write_keys(data_dir, {**_read(data_dir), "till_token": token, _SINCE: utc_text(at)})
    return token


def _read(data_dir: Path) -> dict[str, object]:
    try:
        document = json.loads((data_dir / keys.NAME).read_bytes())
    except (OSError, ValueError) as fault:
        raise ConfigError("not_json", keys.NAME, f"cannot be read: {fault}") from None
    return dict(document)
