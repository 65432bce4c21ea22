"""The agent's backups: once a day, and at the end of the shop's day (Kassenabschluss).

A till is often switched off at night, so a copy is due by its age and not by the hour. A failure is
kept beside the journal, where ``stammkunde agent status`` finds it, and tried again an hour later.
"""

from __future__ import annotations

import datetime as dt
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pos_plugin.errors import StorageError
from pos_plugin.storage.backup import Source, read_record, take_backup, take_request
from sync_agent.upkeep.due import is_due

if TYPE_CHECKING:
    from pathlib import Path

    from pos_plugin.clock import Clock
    from pos_plugin.config import TillConfig

DUE_AFTER: Final = dt.timedelta(hours=20)
TRY_AGAIN_AFTER: Final = dt.timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class BackupPlan:
    """What is copied, and where to.

    Args:
        source: the till.
        into: folder on another disk or a share.
        kept: copies that stay.
    """

    source: Source
    into: Path
    kept: int

    def run(self, clock: Clock) -> bool:
        """Take a copy when one is asked for or due; say whether one was taken.

        Args:
            clock: tells the instant.
        """
        at = clock.now()
        asked = take_request(self.source.data_dir)
        if not asked and not self._is_due(at):
            return False
        with suppress(StorageError):  # kept in the record of backups
            take_backup(self.source, self.into, at=at, kept=self.kept)
            return True
        return False

    def _is_due(self, at: dt.datetime) -> bool:
        record = read_record(self.source.data_dir)
        return is_due(record.get("taken_at"), at=at, every=DUE_AFTER) and is_due(
            record.get("failed_at"), at=at, every=TRY_AGAIN_AFTER
        )


def plan_of(config: TillConfig, config_path: Path | None) -> BackupPlan | None:
    """Return what the settings of a till say of backups; None when they name no folder.

    Args:
        config: of the till.
        config_path: its ``till.toml``, which goes along.
    """
    if config.backup.folder is None:
        return None
    return BackupPlan(Source.of(config, config_path), config.backup.folder, config.backup.keep)
