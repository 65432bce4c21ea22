"""Whether both files of a till are sound: every night, and when the till was cut off."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pos_plugin.errors import StorageDamaged, StorageError
from pos_plugin.storage.cache_reader import CacheReader
from pos_plugin.storage.journal_reader import JournalReader
from pos_plugin.storage.journal_swap import mark_damaged
from pos_plugin.storage.table_sums import wrong_tables

if TYPE_CHECKING:
    from pathlib import Path

CACHE: Final = "cache.db"


def damage_of(data_dir: Path) -> dict[str, str]:
    """Return what is damaged, by file; nothing when both are sound or not there yet.

    The till looks at a journal so marked when it starts, and moves it away.
    """
    damage: dict[str, str] = {}
    for name, opened in (("journal.db", JournalReader.open), (CACHE, CacheReader.open)):
        try:
            reader = opened(data_dir)
            if reader is not None:
                with reader:
                    found = reader.quick_check()
                if found is not None:
                    damage[name] = found
        except StorageDamaged as fault:
            damage[name] = str(fault)
        except StorageError:
            continue  # held or not ready: looked at again
    if "journal.db" in damage:
        mark_damaged(data_dir)
    return damage


def has_wrong_rows(data_dir: Path) -> bool:
    """Say whether rows of the cache changed or got lost since head office sent them."""
    try:
        cache = CacheReader.open(data_dir)
        if cache is None:
            return False
        with cache, cache.reading() as connection:
            return bool(wrong_tables(connection))
    except StorageError:
        return False  # said as damage
