"""Watches a folder into which the shop's merchandise system drops its files.

A file is taken when it stood still between two looks, by the same code as the command. What was
taken moves to ``done``, what was not to ``failed``, each with its report beside it. Of every kind
the last good file stays in ``done``. Which folder it is stays noted beside the imports: a till that
gets a head office has no ``import_folder`` any more, and still has to empty it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pos_plugin.errors import StorageError
from pos_plugin.storage.connect import replace_file
from sync_agent.imports.shelf import FOLDER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from sync_agent.imports.report import Report

DONE: Final = "done"
FAILED: Final = "failed"
# In this order: what is referred to comes first.
KINDS: Final = ("articles", "customers", "segments", "vouchers", "rules")
ARTICLES: Final = "articles"
PERSONAL: Final = ("customers", "segments", "vouchers")
NOTE: Final = "watched_folder.txt"
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


def note_folder(data_dir: Path, folder: Path) -> None:
    """Note which folder a till watches."""
    if _noted_folder(data_dir) != folder:
        path = data_dir / FOLDER / NOTE
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        replace_file(path, str(folder).encode())


def drop_kept(data_dir: Path, kinds: Sequence[str]) -> None:
    """Remove files of some kinds from what the watched folder of a till kept, good or refused.

    Args:
        data_dir: of a till that watches a folder, or did; without one there is nothing to do.
        kinds: of ``KINDS``.

    Raises:
        StorageError: a file cannot be removed.
    """
    folder = _noted_folder(data_dir)
    if folder is None:
        return
    try:
        for kept in (folder / DONE, folder / FAILED):
            for kind in kinds:
                for path in sorted(kept.glob(f"{kind}*")):
                    path.unlink(missing_ok=True)
    except OSError as fault:
        raise StorageError(
            f"{folder}: a kept file cannot be removed: {fault.strerror}",
            hint="Let the till's user write there: a person in it is to be forgotten.",
        ) from None


def _noted_folder(data_dir: Path) -> Path | None:
    try:
        return Path((data_dir / FOLDER / NOTE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None


def _mark(path: Path) -> tuple[int, int]:
    stat = path.stat()
    return stat.st_size, stat.st_mtime_ns
