"""The threads that print, from the first job on, and what they have for a host to fetch."""

from __future__ import annotations

from functools import partial
from threading import RLock, Thread
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from pos_plugin.printing.devices import new_spool
from pos_plugin.storage.blobs import BlobAssets
from printers.worker import STOP_MS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from pos_plugin.clock import Clock
    from pos_plugin.config import TillConfig
    from pos_plugin.print_listeners import Listeners
    from pos_plugin.printing.jobs import PrintJobs
    from pos_plugin.storage.cache_reader import CacheReader
    from pos_plugin.storage.journal_writer import JournalWriter
    from pos_plugin.storage.spool_store import JournalSpoolStore
    from printers.host import HostPrint, HostSpool
    from printers.ports import Device, JobChange, PrinterStatus
    from printers.spool import Spool

ANSWER_WAIT_MS: Final = 50


class PrintThreads:
    """Prints the jobs of a till, one thread a printer, or has its host print them.

    Args:
        journal: holds the jobs.
        clock: instants of attempts.
        config: of the till; without a printer nothing is printed.
        jobs: of the till.
        listeners: who hears what is to be printed.
        on_change: told of every committed change, on the printing thread.
        on_status: told what an idle printer says of itself, on its thread.
        on_fault: told of exceptions in the printing thread.
    """

    def __init__(
        self,
        journal: JournalWriter,
        clock: Clock,
        config: TillConfig,
        *,
        jobs: PrintJobs,
        listeners: Listeners,
        on_change: Callable[[JobChange], None],
        on_status: Callable[[str, PrinterStatus], None],
        on_fault: Callable[[Exception], None],
    ) -> None:
        self._journal = journal
        self._clock = clock
        self._config = config
        self._jobs = jobs
        self._listeners = listeners
        self._on_change = on_change
        self._on_status = on_status
        self._on_fault = on_fault
        # Whoever is told of a job while the threads start may choose something at once.
        self._starting = RLock()
        self._spools: tuple[Spool | HostSpool, ...] = ()
        self._is_stopped = False
        self._heard: tuple[str, int] | None = None

    @property
    def has_host(self) -> bool:
        """Whether the host owns a printer, and the threads are not stopped for good."""
        return not self._is_stopped and any(
            printer.transport == "host" for printer in self._config.printer
        )

    def wake(self, asked: Iterable[str] = ()) -> None:
        """Say that a job was committed; starts the threads where they do not run.

        Args:
            asked: jobs that somebody fetches for himself.
        """
        with self._starting:
            if self._is_stopped or not self._config.printer:
                return
            is_new = not self._spools
            if is_new:
                self._spools = self._new_spools()
            # Before they look: what nobody asked for is said to wait.
            for uid in asked:
                for host in self._hosts():
                    host.ask(uid)
            if is_new:
                self._start()
            spools = self._spools
        for spool in spools:
            spool.wake()

    def between_jobs(self, name: str, errand: Callable[[Device], object]) -> bool:
        """Have something done with a printer before its next job, on its thread.

        Returns:
            Whether there is such a printer, driven by this till, and its thread runs.
        """
        from printers.spool import Spool

        self.wake()
        for spool in self._spools:
            if isinstance(spool, Spool) and spool.printer == name:
                spool.between_jobs(errand)
                return True
        return False

    def settle(self) -> None:
        """Put aside what nobody waits for any more, also where no thread runs."""
        for change in self._store().settle():
            self._on_change(change)

    def hear_of_lying(self, cache: CacheReader) -> tuple[str, ...]:
        """Hear of the end of vouchers whose paper lies there; return the jobs that it concerns.

        Asked again when the cache has changed: there may be more of it than of paper that waits.
        """
        state = cache.state()
        if state == self._heard:
            return ()
        found = self._store().hear_of_lying(cache)
        self._heard = state
        return found

    def settle_elsewhere(self, cache: CacheReader, job_uid: str | None = None) -> None:
        """Give up, hold or shorten paper whose vouchers ended or were blocked at another till.

        Args:
            cache: what head office says of them.
            job_uid: of the one job that is meant; None = all that wait.
        """
        for change in self._store().settle_elsewhere(cache, job_uid):
            self.settled(change.job_uid)
            self._on_change(change)

    def stop(self) -> None:
        """End the threads within 2 s; what they were sending becomes ``UNKNOWN`` next time."""
        with self._starting:
            spools, self._spools = self._spools, ()
            # Nothing starts them again: the files are about to be closed.
            self._is_stopped = True
        # All at once: each may take its time.
        enders = [Thread(target=spool.stop, daemon=True) for spool in spools[1:]]
        for ender in enders:
            ender.start()
        for spool in spools[:1]:
            spool.stop()
        for ender in enders:
            ender.join(STOP_MS / 1_000)

    def effect(self, uid: str, *, wait_ms: int = 0) -> dict[str, Any] | None:
        """Return the effect of a job as it leaves with an answer; None if there is none now."""
        ends_s = monotonic() + wait_ms / 1_000
        for host in self._hosts():
            left_ms = max(0, int(1_000 * (ends_s - monotonic())))
            found = host.effect(uid, wait_ms=left_ms)
            if found is None:
                continue
            if not self._listeners.is_there():
                # With a host that listens, whoever asks here is only a screen.
                host.went_out(uid, attempt=found.attempt)
            return found.to_effect()
        return None

    def effects(self) -> tuple[HostPrint, ...]:
        """Return what the host was told and has not reported yet."""
        return tuple(effect for host in self._hosts() for effect in host.effects())

    def left_over(self) -> list[dict[str, Any]]:
        """Return what was not ready for the answer of its own call, each once.

        Nothing while a host listens that prints: it gets it there alone.
        """
        if not self._spools or self._listeners.is_there():
            return []
        return [effect.to_effect() for host in self._hosts() for effect in host.take_left_over()]

    def with_payload(self, effects: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Return effects with what the host is to print, as far as it is ready within 50 ms.

        A host with ``on_print``, or one that listens and prints, gets it there alone.
        """
        answer = [dict(effect) for effect in effects]
        asked = [one for one in answer if one["kind"] == "print"]
        if not asked or not self.has_host or self._listeners.is_there():
            return answer
        ends_s = monotonic() + ANSWER_WAIT_MS / 1_000
        jobs = [self._jobs.find(one["job"]) for one in asked]
        self.wake([job.uid for job in jobs if job is not None and job.state == "QUEUED"])
        for one, job in zip(asked, jobs, strict=True):
            if job is not None and job.state in ("QUEUED", "SENDING"):
                wait_ms = max(0, int(1_000 * (ends_s - monotonic())))
                one.update(self.effect(job.uid, wait_ms=wait_ms) or {})
        return answer

    def went_out(self, uid: str, attempt: int) -> None:
        """Say that the host has the whole effect of an attempt."""
        for host in self._hosts():
            host.went_out(uid, attempt=attempt)

    def settled(self, uid: str) -> None:
        """Say that a job was reported, cancelled or replaced."""
        for host in self._hosts():
            host.settled(uid)

    def _hosts(self) -> list[HostSpool]:
        from printers.host import HostSpool

        return [spool for spool in self._spools if isinstance(spool, HostSpool)]

    def _store(self) -> JournalSpoolStore:
        from pos_plugin.storage.spool_store import JournalSpoolStore

        config = self._config
        return JournalSpoolStore(self._journal, self._clock, shop=config.shop, till=config.till)

    def _start(self) -> None:
        """Settle what the last process left, whichever printer it used; then start each thread."""
        try:
            names = [printer.name for printer in self._config.printer]
            for change in self._store().recover_others(printers=names):
                self._on_change(change)
            for spool in self._spools:
                spool.start()
        except BaseException:
            spools, self._spools = self._spools, ()
            for spool in spools:
                spool.stop()
            raise

    def _new_spools(self) -> tuple[Spool | HostSpool, ...]:
        store = self._store()
        assets = BlobAssets(self._config.data_dir)
        return tuple(
            new_spool(
                printer,
                self._config,
                store,
                assets,
                line=self._listeners,
                on_change=self._on_change,
                on_status=partial(self._on_status, printer.name),
                on_fault=self._on_fault,
            )
            for printer in self._config.printer
        )
