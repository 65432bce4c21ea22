"""The thread that prints, from the first job on, and what it has for a host to fetch."""

from __future__ import annotations

from threading import RLock
from time import monotonic
from typing import TYPE_CHECKING, Any, Final

from pos_plugin.storage.blobs import BlobAssets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from pos_plugin.clock import Clock
    from pos_plugin.config import Printer, TillConfig
    from pos_plugin.print_jobs import PrintJobs
    from pos_plugin.print_listeners import Listeners
    from pos_plugin.storage.journal_writer import JournalWriter
    from printers.host import HostPrint, HostSpool
    from printers.ports import JobChange
    from printers.spool import Spool

ROLE: Final = "voucher"
ANSWER_WAIT_MS: Final = 50


class PrintThread:
    """Prints the jobs of a till on its one printer, or has its host print them.

    Args:
        journal: holds the jobs.
        clock: instants of attempts.
        config: of the till; without a printer nothing is printed.
        jobs: of the till.
        listeners: who hears what is to be printed.
        on_change: told of every committed change, on the printing thread.
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
        on_fault: Callable[[Exception], None],
    ) -> None:
        self._journal = journal
        self._clock = clock
        self._config = config
        self._printer: Printer | None = config.printer[0] if config.printer else None
        self._jobs = jobs
        self._listeners = listeners
        self._on_change = on_change
        self._on_fault = on_fault
        # Whoever is told of a job while the thread starts may choose something at once.
        self._starting = RLock()
        self._spool: Spool | HostSpool | None = None

    @property
    def is_host(self) -> bool:
        """Whether the host owns the printer, and the thread is not stopped for good."""
        return self._printer is not None and self._printer.transport == "host"

    def wake(self, asked: Iterable[str] = ()) -> None:
        """Say that a job was committed; starts the thread where it does not run.

        Args:
            asked: jobs that somebody fetches for himself.
        """
        with self._starting:
            if self._printer is None:
                return
            spool = self._spool
            is_new = spool is None
            if spool is None:
                spool = self._spool = self._new_spool(self._printer)
            host = self._host_spool()
            if host is not None:
                # Before it looks: what nobody asked for is said to wait.
                for uid in asked:
                    host.ask(uid)
            if is_new:
                try:
                    spool.start()
                except BaseException:
                    self._spool = None
                    raise
        spool.wake()

    def stop(self) -> None:
        """End the thread within 2 s; what it was sending becomes ``UNKNOWN`` at the next start."""
        with self._starting:
            spool, self._spool = self._spool, None
            # Nothing starts it again: the files are about to be closed.
            self._printer = None
        if spool is not None:
            spool.stop()

    def effect(self, uid: str, *, wait_ms: int = 0) -> dict[str, Any] | None:
        """Return the effect of a job as it leaves with an answer; None if there is none now."""
        spool = self._host_spool()
        found = None if spool is None else spool.effect(uid, wait_ms=wait_ms)
        if spool is None or found is None:
            return None
        if not self._listeners.is_there():
            # With a host that listens, whoever asks here is only a screen.
            spool.went_out(uid, attempt=found.attempt)
        return found.to_effect()

    def effects(self) -> tuple[HostPrint, ...]:
        """Return what the host was told and has not reported yet."""
        spool = self._host_spool()
        return () if spool is None else tuple(spool.effects())

    def with_payload(self, effects: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Return effects with what the host is to print, as far as it is ready within 50 ms.

        A host with ``on_print``, or one that listens and prints, gets it there alone.
        """
        answer = [dict(effect) for effect in effects]
        asked = [one for one in answer if one["kind"] == "print"]
        if not asked or not self.is_host or self._listeners.is_there():
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
        spool = self._host_spool()
        if spool is not None:
            spool.went_out(uid, attempt=attempt)

    def settled(self, uid: str) -> None:
        """Say that a job was reported, cancelled or replaced."""
        spool = self._host_spool()
        if spool is not None:
            spool.settled(uid)

    def _host_spool(self) -> HostSpool | None:
        from printers.host import HostSpool

        spool = self._spool
        return spool if isinstance(spool, HostSpool) else None

    def _new_spool(self, printer: Printer) -> Spool | HostSpool:
        from pos_plugin.storage.spool_store import JournalSpoolStore

        config = self._config
        store = JournalSpoolStore(self._journal, self._clock, shop=config.shop, till=config.till)
        assets = BlobAssets(config.data_dir)
        if printer.transport == "host":
            from printers.host import HostSpool

            return HostSpool(
                store,
                self._listeners,
                assets,
                printer=printer.name,
                printer_role=ROLE,
                format=printer.format,
                dots=printer.dots,
                report_within_s=printer.report_within_s,
                on_change=self._on_change,
                on_fault=self._on_fault,
            )
        from printers.sim.printer import SimulatedPrinter
        from printers.spool import Spool

        return Spool(
            store,
            SimulatedPrinter(config.data_dir / printer.directory, dots=printer.dots),
            assets,
            printer=printer.name,
            printer_role=ROLE,
            dots=printer.dots,
            on_change=self._on_change,
            on_fault=self._on_fault,
        )
