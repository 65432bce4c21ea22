"""The line of an event: serialised once, then stored, hashed and sent as these bytes.

Every line names the hash of the one before it in the same journal (``prev_hash``): a line that
somebody changes or takes out afterwards breaks the chain at the next one.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def serialised(
    *,
    epoch: int,
    seq: int,
    uid: str,
    kind: str,
    occurred_at: str,
    prev_hash: bytes | None,
    touches: Iterable[str],
    body: Mapping[str, Any],
) -> bytes:
    """Return the line of a new event, without the line feed.

    Args:
        epoch: life of the journal.
        seq: its number.
        uid: UUIDv7 as text.
        kind: word of domain.md §6.
        occurred_at: instant, ISO 8601 UTC.
        prev_hash: SHA-256 of the line before it; None for the first one of a journal.
        touches: ids of the customers it concerns.
        body: plain values.
    """
    return _json(
        {
            "epoch": epoch,
            "seq": seq,
            "uid": uid,
            "kind": kind,
            "schema": 1,
            "occurred_at": occurred_at,
            "prev_hash": prev_hash.hex() if prev_hash is not None else None,
            "touches": list(touches),
            "body": body,
        }
    )


def rekeyed(line: bytes, *, epoch: int, seq: int, prev_hash: bytes | None) -> bytes:
    """Return an event under another number: same uid and body, and where it came from.

    Args:
        line: as it was written.
        epoch: new life of the journal.
        seq: its number there.
        prev_hash: as for a new one.
    """
    event = json.loads(line)
    # Where it was written first: a journal may be put back more than once.
    origin = event.pop("origin", None) or [event["epoch"], event["seq"]]
    event |= {
        "epoch": epoch,
        "seq": seq,
        "prev_hash": prev_hash.hex() if prev_hash is not None else None,
        "origin": origin,
    }
    return _json(event)


def hash_of(line: bytes) -> bytes:
    """Return the SHA-256 of a line."""
    return hashlib.sha256(line).digest()


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
