"""What a till says about itself to head office, and what it destroys when it is revoked."""

from __future__ import annotations

import shutil
from contextlib import suppress
from typing import TYPE_CHECKING

from pos_plugin import keys
from pos_plugin.storage.backup import read_record
from pos_plugin.storage.connect import CURRENT_NAME
from pos_plugin.version import __version__
from sync_agent.protocol.messages import StatusReport

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sync_agent.settings import Settings
    from sync_agent.status import Status


def report_of(
    settings: Settings, status: Status, *, erasures_done: Sequence[str] = ()
) -> StatusReport:
    """Return how a till is: numbers and instants, of customers only who is erased here.

    Args:
        settings: of the till.
        status: of its agent.
        erasures_done: ids of those who are gone from the agent's files.
    """
    free_bytes = None
    with suppress(OSError):
        free_bytes = shutil.disk_usage(settings.data_dir).free
    return StatusReport(
        version=__version__,
        bucket=f"shop:{settings.shop}",
        bucket_epoch=status.bucket_epoch,
        position=status.position,
        generation=status.generation,
        refused_packages=dict(status.refused_packages),
        waiting_events=max(0, status.waiting_events),
        disk_free_bytes=free_bytes,
        clock_offset_ms=status.clock_offset_ms,
        offline_cap_minor=settings.offline_cap_minor,
        backup_at=read_record(settings.data_dir).get("taken_at"),
        erasures_done=list(erasures_done),
        pruned_seq=[(int(epoch), seq) for epoch, seq in status.pruned.items()],
    )


def destroy(data_dir: Path) -> None:
    """Remove keys, customers and rules of a till that head office has revoked.

    Args:
        data_dir: data folder of the till; nobody has the cache open for writing.
    """
    for pattern in (keys.NAME, CURRENT_NAME, "cache-*.db*"):
        for path in data_dir.glob(pattern):
            path.unlink(missing_ok=True)
    shutil.rmtree(data_dir / "blobs", ignore_errors=True)
