"""The same call again gets the same answer: answers are kept in the journal under a key.

The key names what is done once (``complete:<sale id>``); the hash tells the same body from another.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from pos_plugin.answers import Receipt
from pos_plugin.notices import Refusal, Refused
from pos_plugin.storage import journal_lookup

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pos_plugin.storage.journal_writer import JournalWriter


def stored_answer(
    journal: JournalWriter, key: str, request: Mapping[str, Any]
) -> Receipt | Refused | None:
    """Return what this call answered before, ``conflict`` for another body, None for a new call."""
    with journal.reading() as connection:
        stored = journal_lookup.stored_answer(connection, key)
    if stored is None:
        return None
    if stored.request_hash != _hash(request):
        return Refused(Refusal.CONFLICT)
    return Receipt(json.loads(stored.answer))


def keep_answer(
    journal: JournalWriter, key: str, request: Mapping[str, Any], answer: Mapping[str, Any]
) -> None:
    """Keep an answer, in the transaction of what it says."""
    journal.keep_answer(key, request_hash=_hash(request), answer=_text(answer))


def _hash(request: Mapping[str, Any]) -> bytes:
    return hashlib.sha256(_text(request, sort=True).encode()).digest()


def _text(value: object, *, sort: bool = False) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=sort)
