"""Who else has the till's files open: two SQLite libraries in one process drop its file locks.

Read from the table of processes, so on Linux only, and only of processes that this user may see.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pos_plugin.doctor.finding import Words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pos_plugin.doctor.finding import Finding

PROCESSES: Final = Path("/proc")
TEXTS: Final = {
    "files_foreign": {
        "de": "Prozess {pid} ({name}) öffnet {file} mit einem anderen SQLite: beenden, sonst "
        "verlieren Sperren ihre Wirkung. Zum Ansehen eine Sicherung nehmen.",
        "en": "Process {pid} ({name}) opens {file} with another SQLite: end it, locks fail "
        "otherwise. To look at the data take a backup.",
    },
    "files_two_libraries": {
        "de": "Prozess {pid} ({name}) enthält ein zweites SQLite; es darf {file} nie öffnen.",
        "en": "Process {pid} ({name}) holds a second SQLite; it must never open {file}.",
    },
}
WORDS: Final = Words(TEXTS)
_OURS: Final = "apsw"
_OTHERS: Final = ("libsqlite3", "_sqlite3", "sqlite3.dll", "e_sqlite3", "sqlitejdbc")
_BYTES_MAX: Final = 1 << 22


def opener_findings(folder: Path) -> Iterator[Finding]:
    """Yield the processes that open the files of a till with another SQLite library."""
    if not (PROCESSES / "self" / "fd").is_dir():
        return
    wanted = {str(path) for path in folder.resolve().glob("*.db")}
    for process in sorted(PROCESSES.glob("[0-9]*"), key=lambda path: int(path.name)):
        file = _opened(process, wanted)
        if file is None:
            continue
        with suppress(OSError):
            with (process / "maps").open("rb") as table:
                maps = table.read(_BYTES_MAX).decode(errors="replace")
            name = (process / "comm").read_text(errors="replace").strip()
            # An SQLite that somebody built in has no name here: no apsw is enough.
            if _OURS not in maps:
                yield WORDS.bad("files", "files_foreign", pid=process.name, name=name, file=file)
            elif any(other in maps for other in _OTHERS) and process.name != str(os.getpid()):
                yield WORDS.warn(
                    "files", "files_two_libraries", pid=process.name, name=name, file=file
                )


def _opened(process: Path, wanted: set[str]) -> str | None:
    """Return the name of a file of the till that a process has open."""
    with suppress(OSError):
        for handle in (process / "fd").iterdir():
            with suppress(OSError):
                target = str(handle.readlink())
                if target in wanted:
                    return Path(target).name
    return None
