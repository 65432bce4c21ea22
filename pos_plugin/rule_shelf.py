"""The rule generations a till may use: checked when loaded, kept while a sale uses them.

A sale takes the highest accepted generation whose instant has passed. A file that does not hold
(hash, signature, content) is passed over for the next lower one, and said.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pos_plugin.clock import instant
from pos_plugin.errors import ConfigError, RuleError
from pos_plugin.keys import NAME, read_keys
from pos_plugin.notices import Notice, NoticeCode
from pos_plugin.promotions.generation import RuleGeneration
from pos_plugin.rule_package import find_flaw
from pos_plugin.storage.blobs import read_blob

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable
    from pathlib import Path

    from pos_plugin.keys import Keys
    from pos_plugin.rule_package import Manifest

KEPT: Final = 4  # running sales rarely span more generations


class RuleShelf:
    """Loads generations from ``blobs/`` and keeps the last few."""

    def __init__(self, data_dir: Path, keys: Keys | None) -> None:
        self._data_dir = data_dir
        self._keys = keys
        self._keys_seen: tuple[int, int] | None = None
        self._loaded: dict[tuple[int, str], RuleGeneration] = {}
        self._flawed: set[tuple[int, str]] = set()

    def active(
        self, manifests: Iterable[Manifest], now: dt.datetime
    ) -> tuple[RuleGeneration | None, tuple[Notice, ...]]:
        """Return the generation a sale that begins now uses, and what the cashier should know.

        Args:
            manifests: the accepted generations, the highest first.
            now: instant of the first scan.
        """
        notices: list[Notice] = []
        missing = NoticeCode.NO_RULES
        for manifest in manifests:
            if instant(manifest.activate_at) > now:
                missing = NoticeCode.NO_RULES_THEN
                continue
            rules = self.load(manifest)
            if rules is not None:
                return rules, tuple(notices)
            notices.append(Notice(NoticeCode.RULES_DAMAGED, {"generation": manifest.generation}))
        # Where one that holds by its time is damaged, that says why there are none.
        return None, (*notices, Notice(NoticeCode.NO_RULES if notices else missing))

    def look_ahead(self, manifests: Iterable[Manifest]) -> None:
        """Load the highest generation before a sale asks for it, also before its instant."""
        for manifest in manifests:
            if self.load(manifest) is not None:
                return

    def load(self, manifest: Manifest) -> RuleGeneration | None:
        """Return a generation, or None when its file is missing or does not hold."""
        key = (manifest.generation, manifest.sha256)
        if key not in self._loaded:
            self._read_rotated_keys()
        rules = self._loaded.get(key)
        if rules is not None or key in self._flawed:
            return rules
        rules = self._read(manifest)
        if rules is None:
            self._flawed.add(key)
            return None
        while len(self._loaded) >= KEPT:
            del self._loaded[next(iter(self._loaded))]
        self._loaded[key] = rules
        return rules

    def _read(self, manifest: Manifest) -> RuleGeneration | None:
        content = read_blob(self._data_dir, manifest.sha256)
        keys = self._keys.believed(manifest.generation) if self._keys else {}
        if content is None or find_flaw(manifest, content, keys) is not None:
            return None
        try:
            rules = RuleGeneration.from_json(content)
        except RuleError:
            return None
        # Signed under one number, saying another inside: believed under neither.
        return rules if rules.generation == manifest.generation else None

    def _read_rotated_keys(self) -> None:
        """Take over the key file when the agent has changed it: a package was signed by *next*."""
        try:
            stat = (self._data_dir / NAME).stat()
            seen = (stat.st_mtime_ns, stat.st_ino)
            if seen == self._keys_seen:
                return
            keys = read_keys(self._data_dir)
        except (OSError, ConfigError):
            return  # what was read at the start goes on
        self._keys_seen = seen
        if keys is not None and keys != self._keys:
            self._keys = keys
            self._flawed.clear()
