"""Computes the classes of customers at a till without head office: every day once, changes only.

Whoever deletes the cache gets the same history back: it is a function of the journal and of the
revisions of the schemes. A revision that begins in days already computed makes its scheme be
computed again from its first day.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pos_plugin.loyalty.class_history import changes
from pos_plugin.loyalty.class_scheme import gaps, scheme_text
from pos_plugin.storage.class_facts import facts
from pos_plugin.storage.class_lookup import schemes
from pos_plugin.storage.class_store import last_run, standing
from pos_plugin.storage.journal_reader import JournalReader

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable
    from pathlib import Path

    from pos_plugin.loyalty.class_history import Fact
    from pos_plugin.loyalty.class_scheme import ClassScheme
    from pos_plugin.storage.cache_writer import CacheWriter

_MARGIN = "margin needs purchase prices, and no receipt has any"


@dataclass(frozen=True, slots=True)
class ClassRun:
    """What a run did for one scheme.

    Args:
        scheme: its code.
        changes: how many customers changed their class, or got one, counted day by day.
        first_on: first day that was computed; None = every day was there already.
        last_on: last day whose classes are there.
        warnings: gaps between the classes, or why nothing was computed.
    """

    scheme: str
    changes: int
    first_on: dt.date | None
    last_on: dt.date | None
    warnings: tuple[str, ...] = ()


def compute_classes(
    data_dir: Path, writer: CacheWriter, *, on: dt.date, at: dt.datetime
) -> list[ClassRun]:
    """Compute the classes of every day up to ``on``; only what was not computed before.

    Args:
        data_dir: of the till.
        writer: the cache, which holds the schemes.
        on: shop day; its classes count what was known at the end of the day before.
        at: the instant.

    Raises:
        StorageError: nothing of the scheme under way was stored.
    """
    with writer.reading() as cache:
        known = schemes(cache)
    if not known:
        return []
    journal = JournalReader.open(data_dir)
    if journal is None:
        return [ClassRun(code, 0, None, None) for code in known]
    with journal, journal.reading() as connection:
        every = list(facts(connection))
    return [_compute(writer, code, known[code], every, on=on, at=at) for code in sorted(known)]


def _compute(
    writer: CacheWriter,
    code: str,
    revisions: list[ClassScheme],
    every: list[Fact],
    *,
    on: dt.date,
    at: dt.datetime,
) -> ClassRun:
    warnings = tuple(str(gap) for gap in gaps(max(revisions, key=lambda one: one.revision)))
    if any("margin" in one.metrics for one in revisions):
        return ClassRun(code, 0, None, None, (_MARGIN,))
    with writer.reading() as cache:
        last = last_run(cache, code)
        before = standing(cache, code)
    first_on = min(one.starts_on for one in revisions)
    is_anew = last is None or last.terms != terms(revisions, until_on=last.to_on)
    if last is not None and not is_anew:
        first_on = last.next_on
    if first_on > on:
        return ClassRun(code, 0, None, last.to_on if last else None, warnings)
    count = writer.keep_classes(
        code,
        changes(revisions, every, {} if is_anew else before, from_on=first_on, to_on=on),
        to_on=on,
        terms=terms(revisions, until_on=on),
        is_anew=is_anew,
        at=at,
    )
    return ClassRun(code, count, first_on, on, warnings)


def terms(revisions: Iterable[ClassScheme], *, until_on: dt.date) -> str:
    """Return a word that stands for all revisions which begin until a day."""
    texts = sorted(scheme_text(one) for one in revisions if one.starts_on <= until_on)
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:16]
