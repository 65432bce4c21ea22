"""The agent of a till without head office: this till is the authority for itself.

Laws of this file:

1. It is the only writer of ``cache.db``; of ``journal.db`` it only reads.
2. The cache is what ``imports/`` and the journal make of it, and nothing else: deleted, damaged or
   of another life of the journal it is built again, with the same rows.
3. kill -9 at any line is safe: rows move with their cursor, and the next round goes on from there.
"""

from __future__ import annotations

import os
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from pos_plugin.clock import utc_text
from pos_plugin.closing import Closing
from pos_plugin.errors import MisuseError, PosPluginError, StorageDamaged, StorageError
from pos_plugin.storage.backup import is_requested
from pos_plugin.storage.cache_reader import CacheReader
from pos_plugin.storage.cache_writer import CacheWriter
from pos_plugin.storage.connect import CURRENT_NAME, cache_path
from pos_plugin.storage.journal_reader import JournalReader
from pos_plugin.storage.journal_swap import forget_cut, was_cut_off
from sync_agent.imports.apply import apply_imports
from sync_agent.imports.forget import forget_corrected_prices, forget_customers
from sync_agent.imports.local_keys import ensure_keys
from sync_agent.imports.lookout import Lookout, note_folder
from sync_agent.imports.one_at_a_time import ImportRefused, alone
from sync_agent.imports.report import Report
from sync_agent.imports.run import Wish, run_import
from sync_agent.imports.shelf import Shelf
from sync_agent.imports.stored import Stored
from sync_agent.imports.wrong import WrongCode
from sync_agent.local import fold
from sync_agent.local.classes import compute_classes
from sync_agent.status import Status, write_status
from sync_agent.upkeep.backing_up import plan_of
from sync_agent.upkeep.calendar_jobs import CalendarJobs
from sync_agent.upkeep.erasing import follow_till
from sync_agent.upkeep.file_check import damage_of
from sync_agent.waking import take_wish
from sync_agent.watchdog import Watchdog

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from pos_plugin.clock import Clock
    from pos_plugin.config import TillConfig

LOOK_S: Final = 0.2  # so often a resting agent looks for a wake-up or a clock that was set
FOLDER_LOOK_S: Final = 2.0  # a file that stood still so long is taken
ROUND_S: Final = 60.0
NAP_S: Final = 0.01  # between two pages, so that the till's lookups do not wait


class LocalAgent(Closing):
    """The agent between ``open`` and ``close``; ``round`` does everything that is due.

    Args:
        config: of a till without head office.
        clock: tells the instant.
        config_path: its ``till.toml``, which goes along with every backup.
    """

    def __init__(
        self, config: TillConfig, clock: Clock, *, config_path: Path | None = None
    ) -> None:
        self._config = config
        self._backup = plan_of(config, config_path)
        self._clock = clock
        self._stop = threading.Event()
        self._watchdog = Watchdog()
        self._lock = threading.Lock()
        self._night = threading.Event()
        self._night.set()  # the first round folds, too
        self._keys = ensure_keys(config.data_dir)
        self._shelf = Shelf(config.data_dir)
        self._erased_seq = 0
        self._is_checking = False
        self._wish: str | None = None
        self._writer: CacheWriter | None = None
        self._cache_file: Path | None = None
        self._lookout = (
            Lookout(config.import_folder, self._take_file, language=config.language)
            if config.import_folder
            else None
        )
        if config.import_folder is not None:
            note_folder(config.data_dir, config.import_folder)
        self.status = Status(started_at=utc_text(clock.now()), pid=os.getpid(), local=True)

    def close(self) -> None:
        """Let go of the cache."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def stop(self) -> None:
        """End the run soon; for signal handlers and threads."""
        self._stop.set()

    def run(self) -> None:
        """Do rounds until ``stop``."""
        with CalendarJobs(self.nightly, back_up=self._back_up) as jobs:
            while not self._stop.is_set():
                self.round()
                self._rest(jobs)

    def _back_up(self) -> None:
        if self._backup is not None:
            self._backup.run(self._clock)

    def nightly(self) -> None:
        """Look whether both files are sound, and let the next round fold; the nightly job."""
        damage = damage_of(self._config.data_dir)
        with self._lock:
            self.status.damage = damage
            self.status.checked_at = utc_text(self._clock.now())
        forget_cut(self._config.data_dir)
        self._is_checking = False
        self._night.set()

    def round(self) -> None:
        """Apply imports, fold what is due, look into the folder, say how it went."""
        problems: dict[str, str] = {}
        said = None
        try:
            self.settle()
            self._follow_erasures()
            if self._night.is_set():
                self._night.clear()
                self._fold()
                now = self._clock.now()
                compute_classes(
                    self._config.data_dir,
                    self._open(),
                    on=now.date(),
                    at=now,
                    facts_months=self._config.classes.facts_months,
                )
                with alone(self._config.data_dir):  # what a kill left
                    forget_corrected_prices(self._shelf)
        except ImportRefused:
            pass  # somebody imports by hand: the next round goes on
        except (StorageError, OSError) as fault:
            problems["imports"] = "imports"
            said = str(fault)
        except PosPluginError as fault:
            problems["imports"] = "package"
            said = str(fault)
        if self._lookout is not None:
            try:
                self._lookout.look()
            except ImportRefused:
                pass  # somebody imports by hand: the next look takes the file
            except OSError as fault:
                problems["folder"] = "import_folder"
                said = f"{self._config.import_folder}: {fault.strerror}"
        self._tell(problems, said)

    def settle(self) -> None:
        """Bring everything that stands in ``imports/`` into the cache.

        Raises:
            StorageError: an import or the cache cannot be used.
            PackageRejected: rules that this version does not take.
        """
        try:
            self._apply()
        except (StorageDamaged, MisuseError):
            if self._cache_is_sound():
                raise
            self._begin_again()
            self._apply()

    def _apply(self) -> None:
        writer = self._open()
        with self._reading() as cache:
            cursor = cache.cursor(self._bucket)
        apply_imports(
            writer,
            self._shelf,
            data_dir=self._config.data_dir,
            bucket=self._bucket,
            position=cursor.position if cursor else 0,
            rule_keys=self._keys.rule_keys,
            at=self._clock.now(),
            between=self._goes_on,
        )

    def _goes_on(self) -> bool:
        """Nap between two pages; False when the agent is to stop."""
        self._watchdog.alive()
        return not self._stop.wait(NAP_S)

    def _follow_erasures(self) -> None:
        journal = JournalReader.open(self._config.data_dir)
        if journal is None:
            return
        with journal:
            self._erased_seq = follow_till(
                self._open(),
                journal,
                after=self._erased_seq,
                forget=self._forget,
            )

    def _forget(self, customers: Collection[str]) -> None:
        forget_customers(self._config.data_dir, customers, at=self._clock.now())

    def _fold(self) -> None:
        journal = JournalReader.open(self._config.data_dir)
        if journal is None:
            return
        with journal:
            with self._reading() as cache:
                cursor = cache.cursor(fold.BUCKET)
            epochs = journal.epochs()
            if not epochs:
                return
            if cursor is not None and (
                cursor.epoch != epochs[-1][0] or cursor.position > journal.last_seq()
            ):
                # Restored or re-keyed: what the rows cover has other numbers now.
                self._begin_again()
                self.settle()
                cursor = None
            with Stored(self._config.data_dir) as stored:
                fold.fold_journal(
                    self._open(),
                    stored,
                    journal,
                    till=self._config.till,
                    position=cursor.position if cursor else 0,
                    at=self._clock.now(),
                )

    def _open(self) -> CacheWriter:
        """Return the writer of the current cache; one that somebody deleted is built again."""
        if self._writer is None or cache_path(self._config.data_dir) != self._cache_file:
            self.close()
            try:
                self._writer = CacheWriter.open(self._config.data_dir)
            except StorageDamaged:
                self._begin_again()
                self._writer = CacheWriter.open(self._config.data_dir)
            self._cache_file = cache_path(self._config.data_dir)
        return self._writer

    def _begin_again(self) -> None:
        """Give the cache up: it is disposable, and the till reopens the new one."""
        self.close()
        (self._config.data_dir / CURRENT_NAME).unlink(missing_ok=True)
        self._erased_seq = 0
        self._night.set()

    def _cache_is_sound(self) -> bool:
        try:
            with self._reading() as cache:
                return cache.quick_check() is None
        except StorageError:
            return False

    def _reading(self) -> CacheReader:
        cache = CacheReader.open(self._config.data_dir)
        if cache is None:
            raise StorageError("the cache file vanished while it was opened", retryable=True)
        return cache

    @property
    def _bucket(self) -> str:
        return f"shop:{self._config.shop}"

    def _take_file(self, kind: str, path: Path) -> Report:
        wish = Wish(kind=kind, path=path)
        try:
            return run_import(self._config, wish, clock=self._clock, settle=self.settle)
        except ImportRefused:
            raise  # not the file's fault
        except PosPluginError:
            report = Report(kind, path.name, state="refused", taken_at=utc_text(self._clock.now()))
            report.add_wrong(1, "", WrongCode.NOT_READABLE)
            return report

    def _tell(self, problems: dict[str, str], said: str | None) -> None:
        """Write the status file; a full disk must not end the agent."""
        with self._lock:
            status = self.status
            status.cycles += 1
            status.cycle_at = utc_text(self._clock.now())
            status.problems = problems
            status.wish = self._wish
            status.storage = said
            with suppress(StorageError), self._reading() as cache:
                status.generation = max((one.generation for one in cache.generations()), default=0)
                cursor = cache.cursor(self._bucket)
                status.position = cursor.position if cursor else 0
            with suppress(OSError):
                write_status(self._config.data_dir, status)

    def _rest(self, jobs: CalendarJobs) -> None:
        """Wait, but wake up for ``stop``, a wish, the night, and a clock that jumps."""
        ends_s = time.monotonic() + (FOLDER_LOOK_S if self._lookout else ROUND_S)
        while (left_s := ends_s - time.monotonic()) > 0:
            if self._stop.wait(min(LOOK_S, left_s)) or self._night.is_set():
                return
            self._watchdog.alive()
            jobs.look_at_the_clock()
            if was_cut_off(self._config.data_dir) and not self._is_checking:
                self._is_checking = True
                jobs.check_now()
            if is_requested(self._config.data_dir):
                jobs.back_up_now()
            if (wish := take_wish(self._config.data_dir)) is not None:
                self._wish = wish
                return
