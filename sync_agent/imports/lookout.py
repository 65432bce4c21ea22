"""Watches a folder into which the shop's merchandise system drops its files.

A file is taken when it stood still between two looks, by the same code as the command. What was
taken moves to ``done``, what was not to ``failed``, each with its report beside it. Of every kind
the last good file stays in ``done``.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sync_agent.imports.report import Report

DONE: Final = "done"
FAILED: Final = "failed"
# In this order: what is referred to comes first.
KINDS: Final = ("articles", "customers", "segments", "vouchers", "rules")
_PERSONAL: Final = ("customers", "segments", "vouchers")
_ENDINGS: Final = (".csv", ".txt", ".json", ".jsonl")
_FAILED_MAX: Final = 100


class Lookout:
    """Looks into one folder.

    Args:
        folder: of the files; made when it is missing.
        take: imports one file and returns its report.
        language: of the reports.
    """

    def __init__(self, folder: Path, take: Callable[[str, Path], Report], *, language: str) -> None:
        self._folder = folder
        self._take = take
        self._language = language
        self._seen: dict[str, tuple[int, int]] = {}

    def look(self) -> int:
        """Take every file that stood still since the last look; return how many."""
        self._folder.mkdir(parents=True, exist_ok=True)
        found: dict[str, tuple[int, int]] = {}
        ready: list[tuple[str, Path]] = []
        for kind, path in self._files():
            try:
                found[path.name] = _mark(path)
            except OSError:
                continue  # taken away again
            if self._seen.get(path.name) == found[path.name]:
                ready.append((kind, path))
        self._seen = found
        for kind, path in ready:
            report = self._take(kind, path)
            # One that was written again meanwhile waits for the next look.
            if path.exists() and _mark(path) == found[path.name]:
                self._move(kind, path, report)
        return len(ready)

    def drop_kept(self) -> None:
        """Remove the kept files that may name persons: one of them was erased."""
        for folder in (self._folder / DONE, self._folder / FAILED):
            for kind in _PERSONAL:
                for path in sorted(folder.glob(f"{kind}*")):
                    path.unlink(missing_ok=True)

    def _files(self) -> Iterator[tuple[str, Path]]:
        for kind in KINDS:
            for path in sorted(self._folder.glob(f"{kind}*")):
                if path.suffix.lower() in _ENDINGS and path.is_file():
                    yield kind, path

    def _move(self, kind: str, path: Path, report: Report) -> None:
        is_good = report.state != "refused"
        folder = self._folder / (DONE if is_good else FAILED)
        folder.mkdir(exist_ok=True)
        if is_good:
            for older in sorted(folder.glob(f"{kind}*")):
                older.unlink(missing_ok=True)
        else:
            for older in sorted(folder.iterdir(), key=lambda one: one.stat().st_mtime_ns)[
                :-_FAILED_MAX
            ]:
                older.unlink(missing_ok=True)
        path.replace(folder / path.name)
        text = json.dumps(report.to_dict(self._language), ensure_ascii=False, indent=1)
        (folder / f"{path.name}.report").write_text(text + "\n", encoding="utf-8")
        self._seen.pop(path.name, None)


def _mark(path: Path) -> tuple[int, int]:
    stat = path.stat()
    return stat.st_size, stat.st_mtime_ns
