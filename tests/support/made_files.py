"""The empty files of a till, made once a process as the product makes them, and copied.

Making one starts a process (pos_plugin.storage.upgrade), which takes longer than most tests. What
is copied are the very bytes that such a process wrote; tests of the making itself do not come here.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from pos_plugin.storage.connect import CURRENT_NAME, JOURNAL_NAME, cache_path, replace_file
from pos_plugin.storage.upgrade import upgrade

FIRST_CACHE = "cache-000001.db"


def have_journal(data_dir: Path) -> None:
    """Make journal.db where there is none."""
    if not (data_dir / JOURNAL_NAME).exists():
        replace_file(data_dir / JOURNAL_NAME, _made("journal"), mode=0o600)


def have_cache(data_dir: Path) -> None:
    """Make the cache file where there is none."""
    if cache_path(data_dir) is None:
        replace_file(data_dir / FIRST_CACHE, _made("cache"), mode=0o600)
        replace_file(data_dir / CURRENT_NAME, FIRST_CACHE.encode())


@cache
def _made(kind: str) -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"{kind}.db"
        upgrade(kind, path)
        return path.read_bytes()
