"""What the agent last wrote about the connection to head office, as the cashier should know it.

Read from its status file: no question, no waiting, also while the agent is dead.
"""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pos_plugin.clock import instant
from pos_plugin.limits import INT64_MAX
from pos_plugin.notices import Notice, NoticeCode

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NAME: Final = "agent.status.json"
CLOCK_SUSPECT_MS: Final = 120_000
OFFLINE_AFTER: Final = dt.timedelta(minutes=15)
"""The agent asks at least every five; whoever did not for so long is dead."""
SEEN_AFTER: Final = dt.timedelta(days=3)
SPENT_UNTIL: Final = dt.timedelta(days=14)
_BYTES_MAX: Final = 1 << 18


def notices_of(data_dir: Path, *, at: dt.datetime) -> Iterator[Notice]:
    """Yield what the cashier should know of a till that has a head office.

    A shop that was closed for weeks is not told that its data are old before the agent has tried.

    Args:
        data_dir: data folder of the till.
        at: now, with the shop's offset.
    """
    value = _read(data_dir)
    offset_ms = value.get("clock_offset_ms")
    if isinstance(offset_ms, int) and abs(offset_ms) > CLOCK_SUSPECT_MS:
        yield Notice(NoticeCode.CLOCK_SUSPECT)
    problems = value.get("problems")
    words = set(problems.values()) if isinstance(problems, dict) else set()
    if "fork" in words:
        yield Notice(NoticeCode.TILL_FORKED)
    if "revoked" in words:
        yield Notice(NoticeCode.TILL_REVOKED)
    if value.get("unreachable"):
        yield from _offline(_instant(value.get("contact_at")), at)


def is_offline(data_dir: Path, *, at: dt.datetime) -> bool:
    """Say whether head office cannot be reached, or nobody has reached it of late.

    Args:
        data_dir: data folder of a till that has a head office.
        at: now.
    """
    value = _read(data_dir)
    contact_at = _instant(value.get("contact_at"))
    return bool(value.get("unreachable")) or contact_at is None or at - contact_at > OFFLINE_AFTER


def balance_notice(data_dir: Path, *, at: dt.datetime) -> Notice | None:
    """Return of when head office's balances are; None while it answers, or never did.

    Args:
        data_dir: data folder of the till.
        at: now, with the shop's offset.
    """
    value = _read(data_dir)
    contact_at = _instant(value.get("contact_at"))
    if not value.get("unreachable") or contact_at is None:
        return None
    return Notice(NoticeCode.BALANCE_AS_OF, {"at": _since(contact_at, at)})


class HeadOfficeWord(NamedTuple):
    """When head office last answered at once, by its own clock, and how far that is ahead of ours.

    ``at`` is None before its first answer; ``offset_ms`` is a moving average, in milliseconds.
    """

    at: dt.datetime | None
    offset_ms: int


def head_office_word(data_dir: Path) -> HeadOfficeWord:
    """Return what time head office said it is.

    Args:
        data_dir: data folder of the till.
    """
    value = _read(data_dir)
    offset_ms = value.get("clock_offset_ms")
    if type(offset_ms) is not int or abs(offset_ms) > INT64_MAX // 1_000_000:
        offset_ms = 0
    return HeadOfficeWord(_instant(value.get("head_office_at")), offset_ms)


def is_silent_too_long(data_dir: Path) -> bool:
    """Say whether head office has been silent for so long that nothing capped is spent any more.

    By the agent's own tries: a till that was switched off for weeks has not been refused yet.

    Args:
        data_dir: data folder of the till.
    """
    value = _read(data_dir)
    contact_at, tried_at = _instant(value.get("contact_at")), _instant(value.get("cycle_at"))
    if not value.get("unreachable") or contact_at is None or tried_at is None:
        return False
    return tried_at - contact_at > SPENT_UNTIL


def _read(data_dir: Path) -> dict[str, Any]:
    try:
        value = json.loads((data_dir / NAME).read_bytes()[:_BYTES_MAX])
    except (OSError, ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _offline(contact_at: dt.datetime | None, at: dt.datetime) -> Iterator[Notice]:
    if contact_at is None:
        return  # never reached: what is missing is said by what is missing
    if at - contact_at > SEEN_AFTER:
        here = contact_at.astimezone(at.tzinfo)
        yield Notice(NoticeCode.RULES_STALE, {"date": here.date().isoformat()})
        return
    yield Notice(NoticeCode.OFFLINE, {"since": _since(contact_at, at)})


def _since(contact_at: dt.datetime, at: dt.datetime) -> str:
    here = contact_at.astimezone(at.tzinfo)
    return f"{here:%H:%M}" if here.date() == at.date() else f"{here:%d.%m. %H:%M}"


def _instant(text: Any) -> dt.datetime | None:  # noqa: ANN401 - whatever stands in the file
    try:
        return instant(text)
    except (TypeError, ValueError):
        return None
