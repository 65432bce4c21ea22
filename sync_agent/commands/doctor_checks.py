"""What ``stammkunde doctor`` asks of the agent's side: agent, head office, rules, master data."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Final

from pos_plugin.clock import instant
from pos_plugin.doctor.finding import Finding, Level, Words
from pos_plugin.errors import ConfigError, StorageError
from pos_plugin.storage.cache_reader import CacheReader
from sync_agent.client import HeadOfficeClient
from sync_agent.errors import HeadOfficeRefused, Unreachable
from sync_agent.lock import is_running
from sync_agent.settings import read_settings
from sync_agent.status import ADVICE, read_status, words_of
from sync_agent.status_words import ADVICE_DE
from sync_agent.till_look import FAILED

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from pos_plugin.config import TillConfig

TEXTS: Final = {
    "agent_runs": {"de": "Läuft.", "en": "Runs."},
    "agent_stopped": {
        "de": "Läuft nicht: als Dienst starten, oder stammkunde agent run",
        "en": "Does not run: start its service, or run stammkunde agent run",
    },
    "head_office_alone": {
        "de": "Keine: Diese Kasse arbeitet allein.",
        "en": "None: this till works alone.",
    },
    "head_office_unknown": {
        "de": "Die Kasse kann sich nicht ausweisen ({fault}): dort stammkunde head-office enrol, "
        "hier stammkunde agent enrol",
        "en": "The till cannot say who it is ({fault}): there stammkunde head-office enrol, here "
        "stammkunde agent enrol",
    },
    "head_office_good": {"de": "{url} antwortet.", "en": "{url} answers."},
    "head_office_silent": {
        "de": "{url} antwortet nicht ({fault}): Netz und Adresse prüfen. Verkaufen geht.",
        "en": "{url} does not answer ({fault}): look at network and address. Selling goes on.",
    },
    "head_office_refused": {
        "de": "{url} lehnt ab. {advice}",
        "en": "{url} refuses. {advice}",
    },
    "rules_none": {
        "de": "Noch keine: keine Rabatte. Regeln veröffentlichen oder importieren.",
        "en": "None yet: no discounts. Publish rules, or import them.",
    },
    "rules_good": {"de": "Stand {generation}.", "en": "Generation {generation}."},
    "cache_none": {
        "de": "Noch keine: stammkunde agent sync-now, oder Dateien importieren.",
        "en": "None yet: stammkunde agent sync-now, or import files.",
    },
    "cache_local": {"de": "Aus Importen.", "en": "From imports."},
    "cache_good": {"de": "Vom {at}.", "en": "Of {at}."},
    "cache_old": {
        "de": "Vom {at}, {days} Tage alt: Agent und Netz prüfen.",
        "en": "Of {at}, {days} days old: look at agent and network.",
    },
    "cache_unreadable": {
        "de": "Nicht lesbar: {fault}. {hint}",
        "en": "Cannot be read: {fault}. {hint}",
    },
}
WORDS: Final = Words(TEXTS)
_ASK_S: Final = 10.0
_OLD_DAYS: Final = 1
_STALE_DAYS: Final = 3


def checks(settings: TillConfig, config: Path, *, at: dt.datetime) -> Iterator[Finding]:
    """Yield how agent, head office, rules and master data are.

    Args:
        settings: of the till.
        config: their file.
        at: now.
    """
    yield from _agent(settings)
    if settings.head_office is None:
        yield WORDS.good("head_office", "head_office_alone")
    else:
        yield _head_office(config)
    yield from _cache(settings, at=at)


def _agent(settings: TillConfig) -> Iterator[Finding]:
    if is_running(settings.data_dir):
        yield WORDS.good("agent", "agent_runs")
    else:
        yield WORDS.bad("agent", "agent_stopped")
    # Whether head office answers is asked again, not read from what the agent once wrote.
    for word in words_of(read_status(settings.data_dir) or {}):
        if word != "unreachable":
            level = Level.BAD if word in FAILED else Level.WARN
            yield Finding("agent", level, word, _advice(word))


def _advice(word: str) -> dict[str, str]:
    return {"de": ADVICE_DE.get(word, word), "en": ADVICE.get(word, word)}


def _head_office(config: Path) -> Finding:
    try:
        known = read_settings(config)
        with HeadOfficeClient(known.url, known.token, request_s=_ASK_S, ca=known.ca) as client:
            client.head()
    except ConfigError as fault:
        return WORDS.bad("head_office", "head_office_unknown", fault=fault)
    except Unreachable as fault:
        return WORDS.warn("head_office", "head_office_silent", url=known.url, fault=fault)
    except HeadOfficeRefused as fault:
        advice = _advice(fault.problem)
        texts = {
            language: text.format(url=known.url, advice=advice[language])
            for language, text in TEXTS["head_office_refused"].items()
        }
        return Finding("head_office", Level.BAD, "head_office_refused", texts)
    return WORDS.good("head_office", "head_office_good", url=known.url)


def _cache(settings: TillConfig, *, at: dt.datetime) -> Iterator[Finding]:
    try:
        cache = CacheReader.open(settings.data_dir)
        if cache is None:
            yield WORDS.warn("cache", "cache_none")
            return
        with cache:
            generation = max((one.generation for one in cache.generations()), default=0)
            synced_at = cache.synced_at()
    except StorageError as fault:
        yield WORDS.bad("cache", "cache_unreadable", fault=fault, hint=fault.hint)
        return
    if generation:
        yield WORDS.good("rules", "rules_good", generation=generation)
    else:
        yield WORDS.warn("rules", "rules_none")
    if settings.head_office is None:
        yield WORDS.good("cache", "cache_local")
    elif synced_at is None:
        yield WORDS.warn("cache", "cache_none")
    else:
        there = instant(synced_at).astimezone(at.tzinfo)
        days = (at - there) // dt.timedelta(days=1)
        shown = f"{there:%d.%m.%Y %H:%M}"
        if days < _OLD_DAYS:
            yield WORDS.good("cache", "cache_good", at=shown)
        else:
            level = WORDS.bad if days >= _STALE_DAYS else WORDS.warn
            yield level("cache", "cache_old", at=shown, days=days)
