"""What the agent last did, in a small file that anybody of the shop may read while it is dead."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Final

from pos_plugin.agent_word import CLOCK_SUSPECT_MS, NAME

if TYPE_CHECKING:
    from pathlib import Path


ADVICE: Final = {
    "unreachable": "Head office does not answer. The till goes on; look at the network.",
    "unauthorized": "Head office does not know the token: enrol the till again "
    "(there stammkunde head-office enrol, here stammkunde agent enrol).",
    "forbidden": "The token belongs to another till or shop: enrol the till again "
    "(there stammkunde head-office enrol, here stammkunde agent enrol).",
    "gap": "Head office misses events before these; it may have been restored. Call support.",
    "fork": "Another till uses the numbers of this one: was its disk copied? Call support.",
    "head_office_lost_data": "Head office lost receipts it had acknowledged. Call support.",
    "must-refetch": "Head office began its data anew: the agent fetches them into a new file.",
    "wrong_sums": "Head office and till count different data, also in a new file. Call support.",
    "no_bucket": "Head office has no data for this shop: look at shop in till.toml.",
    "not-understood": "Something answered that is no head office: look at the address.",
    "package": "A rule generation was refused; the one before stays in force.",
    "picture": "A picture of head office is missing or none: vouchers are printed without it.",
    "storage": "The disk of the till is full or its files are busy: look at the disk.",
    "imports": "An import cannot be brought into the cache; the till goes on with what it has. "
    "Look at the disk, or import the file again.",
    "import_folder": "The import folder cannot be read: look at import_folder in till.toml.",
    "damaged": "A file of the till is damaged: stammkunde doctor says which, and what helps.",
    "revoked": "Head office took this till out of service; its data are gone. Enrol it "
    "again: there stammkunde head-office enrol, here stammkunde agent enrol.",
    "clock_suspect": "The clock of this till differs from head office's: set date and time.",
    "journal_damaged": "The journal was damaged and a new one is in use: restore the last backup.",
    "disk_reserve": "The disk was full, the reserve is given up: make room on it today.",
    "disk_low": "The disk is nearly full: make room on it.",
    "backup_overdue": "No backup for three days or more: look at the backup disk.",
    "backup_failed": "The last backup failed: look at the backup disk.",
    "backup_same_disk": "Backups lie on the till's own disk: name a folder on another one.",
}


@dataclass(slots=True)
class Status:
    """Counts and instants of the agent; instants as ISO 8601 UTC text.

    Args:
        started_at: start of the process.
        cycle_at: end of the last cycle.
        contact_at: last cycle that head office answered to its end.
        cycles: cycles since the start.
        pid: the process.
        unreachable: what the last try said, while nobody answers.
        storage: what the last try said, while the till's own files cannot be used.
        problems: ``upload`` and ``download`` to what keeps them from working.
        refused_packages: generation to reason.
        refused_pictures: SHA-256 of a picture to why vouchers are printed without it.
        generation: highest accepted generation.
        position: cursor of the shop's bucket.
        bucket_epoch: life of the log that the cursor belongs to.
        acked_seq: highest event that head office holds.
        waiting_events: events that it does not hold yet.
        checked_at: last nightly check of the files.
        damage: what the check found, by file.
        local: the till has no head office.
        wish: word of the last ``sync-now`` whose round is over.
        clock_offset_ms: how far head office's clock is ahead of this one; None = not known.
        head_office_at: what its clock said in the last answer that came at once.
        pruned: by epoch up to which event the till has pruned its journal.
    """

    started_at: str
    pid: int
    cycles: int = 0
    cycle_at: str | None = None
    contact_at: str | None = None
    unreachable: str | None = None
    storage: str | None = None
    problems: dict[str, str] = field(default_factory=dict)
    refused_packages: dict[str, str] = field(default_factory=dict)
    refused_pictures: dict[str, str] = field(default_factory=dict)
    generation: int = 0
    position: int = 0
    bucket_epoch: int | None = None
    acked_seq: int = 0
    waiting_events: int = 0
    checked_at: str | None = None
    damage: dict[str, str] = field(default_factory=dict)
    local: bool = False
    wish: str | None = None
    clock_offset_ms: int | None = None
    head_office_at: str | None = None
    pruned: dict[str, int] = field(default_factory=dict)


def words_of(status: dict[str, Any]) -> list[str]:
    """Return the words of what is wrong in a written status; ``ADVICE`` has a sentence for each."""
    found = list(dict.fromkeys((status.get("problems") or {}).values()))
    for name, word in (
        ("unreachable", "unreachable"),
        ("refused_packages", "package"),
        ("refused_pictures", "picture"),
        ("damage", "damaged"),
    ):
        if status.get(name):
            found.append(word)
    if abs(status.get("clock_offset_ms") or 0) > CLOCK_SUSPECT_MS:
        found.append("clock_suspect")
    return found


def write_status(data_dir: Path, status: Status) -> None:
    """Put the status file in place whole.

    Not forced to the disk: it is written every second, and nobody needs it after a power cut.
    """
    path = data_dir / NAME
    temporary = path.with_name(path.name + ".new")
    temporary.write_text(json.dumps(asdict(status), indent=1), encoding="utf-8")
    temporary.replace(path)


def read_status(data_dir: Path) -> dict[str, Any] | None:
    """Return the last written status, or None when there is none that can be read."""
    try:
        value = json.loads((data_dir / NAME).read_bytes())
    except (OSError, ValueError):
        return None
    return value if isinstance(value, dict) else None
