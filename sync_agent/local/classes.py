"""Computes the classes of customers at a till without head office: every day once, changes only.

Whoever deletes the cache gets the same history back: it is a function of the journal and of the
revisions of the schemes. A revision that begins in days already computed makes its scheme be
computed again from its first day. Once a month the history loses days whose facts count no more.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pos_plugin.limits import FACTS_MONTHS
from pos_plugin.loyalty.class_history import changes
from pos_plugin.loyalty.class_scheme import gaps, scheme_text
from pos_plugin.loyalty.facts_kept import first_told_on, kept, kept_since
from pos_plugin.loyalty.margin import PurchasePrices, by_margin, margin_facts, unpriced_warning
from pos_plugin.storage.class_facts import facts
from pos_plugin.storage.class_lookup import schemes
from pos_plugin.storage.class_store import first_on as history_begins_on
from pos_plugin.storage.class_store import last_run, standing
from pos_plugin.storage.journal_reader import JournalReader
from pos_plugin.storage.margin_facts import deals, purchase_prices

if TYPE_CHECKING:
    import datetime as dt
    from pathlib import Path

    from pos_plugin.loyalty.class_history import Change, Fact
    from pos_plugin.loyalty.class_scheme import ClassScheme
    from pos_plugin.loyalty.margin import PurchasePrice
    from pos_plugin.storage.cache_writer import CacheWriter
    from pos_plugin.storage.class_store import LastRun


@dataclass(frozen=True, slots=True)
class ClassRun:
    """What a run did for one scheme.

    Args:
        scheme: its code.
        changes: how many customers changed their class, or got one, counted day by day.
        first_on: first day that was computed; None = every day was there already.
        last_on: last day whose classes are there.
        warnings: gaps between the classes, and lines that could not count.
    """

    scheme: str
    changes: int
    first_on: dt.date | None
    last_on: dt.date | None
    warnings: tuple[str, ...] = ()


def compute_classes(
    data_dir: Path,
    writer: CacheWriter,
    *,
    on: dt.date,
    at: dt.datetime,
    facts_months: int = FACTS_MONTHS,
) -> list[ClassRun]:
    """Compute the classes of every day up to ``on``; only what was not computed before.

    Args:
        data_dir: of the till.
        writer: the cache, which holds the schemes.
        on: shop day; its classes count what was known at the end of the day before.
        at: the instant.
        facts_months: so many months facts count (``classes.facts_months``).

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
    prices: list[PurchasePrice] = []
    with journal, journal.reading() as connection:
        every = list(facts(connection))
        if any(by_margin(revisions) for revisions in known.values()):
            with writer.reading() as cache:
                prices = purchase_prices(cache)
            every += margin_facts(deals(connection), PurchasePrices(prices))
    runs: list[ClassRun] = []
    for code in sorted(known):
        revisions = known[code]
        with writer.reading() as cache:
            last = last_run(cache, code)
        # Days that are there already stay so, also when a clock was set back.
        latest_on = max(on, last.to_on) if last else on
        since_on = kept_since(revisions, on=latest_on, months=facts_months)
        counted = _Counted(
            scheme=code,
            revisions=revisions,
            facts=list(kept(every, since_on=since_on)),
            prices=prices,
            first_on=first_told_on(revisions, on=latest_on, months=facts_months),
            months=facts_months,
        )
        runs.append(_compute(writer, counted, last, on=on, at=at))
    return runs


@dataclass(frozen=True, slots=True, kw_only=True)
class _Counted:
    """A scheme, everything that can count in it, and the first day that this is enough for."""

    scheme: str
    revisions: list[ClassScheme]
    facts: list[Fact]
    prices: list[PurchasePrice]
    first_on: dt.date
    months: int

    def terms(self, *, until_on: dt.date) -> str:
        """Return a word that stands for what the classes until a day depend on beside the facts.

        A purchase price that is told afterwards for days that were counted already is another word,
        too: those days are computed again.
        """
        texts = sorted(scheme_text(one) for one in self.revisions if one.starts_on <= until_on)
        texts.append(f"{self.months} months")
        if by_margin(self.revisions):
            texts += sorted(map(repr, (one for one in self.prices if one.since_on < until_on)))
        return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:16]

    def warnings(self, *, on: dt.date) -> tuple[str, ...]:
        """Return gaps between the classes, and lines that could not count."""
        newest = max(self.revisions, key=lambda one: one.revision)
        unpriced = unpriced_warning(newest, self.facts, on=on)
        return (*map(str, gaps(newest)), *([unpriced] if unpriced else []))


def _compute(
    writer: CacheWriter, counted: _Counted, last: LastRun | None, *, on: dt.date, at: dt.datetime
) -> ClassRun:
    code, revisions = counted.scheme, counted.revisions
    warnings = counted.warnings(on=on)
    with writer.reading() as cache:
        before = standing(cache, code)
        begins_on = history_begins_on(cache, code)
    first_on = counted.first_on
    is_anew = (
        last is None or last.next_on < first_on or last.terms != counted.terms(until_on=last.to_on)
    )
    beginning: list[Change] = []
    if last is not None and not is_anew:
        if begins_on is not None and begins_on < first_on:
            beginning = list(
                changes(revisions, counted.facts, {}, from_on=first_on, to_on=first_on)
            )
        first_on = last.next_on
    if first_on > on:
        return ClassRun(code, 0, None, last.to_on if last else None, warnings)
    count = writer.keep_classes(
        code,
        changes(revisions, counted.facts, {} if is_anew else before, from_on=first_on, to_on=on),
        to_on=on,
        terms=counted.terms(until_on=on),
        is_anew=is_anew,
        at=at,
        beginning=beginning,
    )
    return ClassRun(code, count, first_on, on, warnings)
