"""What a customer has agreed to, worked out of everything ever said: withdrawal beats the rest.

1. The last word counts, for each purpose and channel on its own.
2. A withdrawal or objection always counts, however late it arrives.
3. After one only a consent that knew of it counts (it names the word that it replaces): two tills
   that were offline can never turn a "no" into a "yes".

Till and head office use this one function, so both show the same whatever the order of arrival.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

from pos_plugin.promotions.conditions.birthday import birthday_in

PURPOSES: Final = ("programme", "receipts_in_app", "profiling", "marketing")
CHANNELS: Final = ("letter", "email", "sms", "phone", "app", "till")
GIVEN: Final = "given"
NO: Final = frozenset({"withdrawn", "objected"})
MARKETING: Final = "marketing"
MARKETING_AGE_MIN: Final = 16  # Art. 8 GDPR; completed years


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """One thing a customer said about one purpose and channel.

    Args:
        id: of the word.
        status: ``pending``, ``given``, ``withdrawn`` or ``objected``.
        captured_at: instant as UTC text; texts sort like their instants.
        text_id: of what the customer read.
        text_revision: of it.
        replaces: id of the word that was known to count when this one was said.
    """

    id: str
    status: str
    captured_at: str
    text_id: str | None = None
    text_revision: int | None = None
    replaces: str | None = None


def counting(known: Word | None, said: Word) -> Word:
    """Return which of two words counts; ``said`` arrives after ``known``.

    >>> yes = Word(id="1", status="given", captured_at="2026-03-07T10:00:00.000Z")
    >>> no = Word(id="2", status="withdrawn", captured_at="2026-03-07T09:00:00.000Z")
    >>> counting(yes, no).status, counting(no, yes).status
    ('withdrawn', 'withdrawn')
    """
    if known is None or known.id == said.id:
        return said
    if said.status in NO:
        return known if known.status in NO and known.captured_at > said.captured_at else said
    if known.status in NO:
        return said if said.replaces == known.id else known
    return said if said.captured_at >= known.captured_at else known


def is_too_young(birthday_on: str | None, *, purpose: str, on: dt.date) -> bool:
    """Say whether this purpose may not be agreed to at this age; an unknown age is no reason.

    >>> is_too_young("2010-03-08", purpose="marketing", on=dt.date(2026, 3, 7))
    True
    >>> is_too_young("2010-03-07", purpose="marketing", on=dt.date(2026, 3, 7))
    False
    """
    if purpose != MARKETING or birthday_on is None:
        return False
    born_on = dt.date.fromisoformat(birthday_on)
    years = on.year - born_on.year - (on < birthday_in(on.year, born_on))
    return years < MARKETING_AGE_MIN
