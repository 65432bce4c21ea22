"""The printing of a till: started when there is something to print, asked how it went, answered.

Whoever asks gets a value: a job that is not there, a choice that does not fit and a disk that is
full are ``Refused``.
"""

from __future__ import annotations

from dataclasses import replace
from functools import wraps
from threading import RLock
from time import monotonic
from typing import TYPE_CHECKING, Any, Concatenate, Final, ParamSpec

from pos_plugin.answers import Receipt
from pos_plugin.errors import MisuseError, StorageError
from pos_plugin.loyalty.voucher_document import whose
from pos_plugin.notices import Refusal, Refused
from pos_plugin.print_listeners import Listeners, Told
from pos_plugin.print_notices import CHOICES, JobNotice, print_notice
from pos_plugin.storage import journal_lookup, print_changes
from pos_plugin.storage.blobs import read_blob

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from pos_plugin.clock import Clock
    from pos_plugin.config import Printer, TillConfig
    from pos_plugin.notices import Notice
    from pos_plugin.storage.journal_writer import JournalWriter
    from pos_plugin.storage.print_changes import JobRow
    from pos_plugin.storage.print_choices import Chosen, PrintChoices
    from printers.host import HostSpool
    from printers.ports import JobChange
    from printers.spool import Spool

ROLE: Final = "voucher"
NOTICES_MAX: Final = 50
ANSWER_WAIT_MS: Final = 50
REMARK_MAX: Final = 200

Given = ParamSpec("Given")

_PRINTER_STATES: Final[Mapping[str, str]] = {
    "SENDING": "printing",
    "CONFIRMED": "ready",
    "ASSUMED": "ready",
    "UNKNOWN": "in_doubt",
    "FAILED": "failed",
}


class _BlobAssets:
    """Pictures in ``blobs/``: the port ``printers.ports.Assets``."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir

    def read(self, sha256: str) -> bytes | None:
        """Return the file with this SHA-256; None if missing or not as named."""
        return read_blob(self._data_dir, sha256)


def _as_value(
    call: Callable[Concatenate[Prints, Given], dict[str, Any] | Refused],
) -> Callable[Concatenate[Prints, Given], dict[str, Any] | Refused]:
    """Return the call with every fault as an answer, never raised into the host."""

    @wraps(call)
    def answer(
        prints: Prints, /, *given: Given.args, **named: Given.kwargs
    ) -> dict[str, Any] | Refused:
        try:
            return call(prints, *given, **named)
        except StorageError as fault:
            prints.on_fault(fault)
            return Refused(Refusal.JOURNAL_UNAVAILABLE)
        except MisuseError:
            raise
        # Like the work on the plugin's thread: whatever went wrong inside, the till goes on.
        except Exception as fault:  # noqa: BLE001
            prints.on_fault(fault)
            return Refused(Refusal.PLUGIN_FAULT)

    return answer


class Prints:
    """Print jobs of a till with its one printer, or without any.

    Args:
        journal: holds the jobs.
        clock: instants of attempts.
        config: of the till; without a printer, jobs stay queued.
        on_print: the host's own function: prints an effect. What it raises makes the job
            ``UNKNOWN``. With it, no other way to the host is used.
        on_notice: told of each notice as plain values, in the shop's language.
        on_change: told of every committed change, mostly from the printing thread.
        on_fault: told of exceptions in the printing thread and of listeners.
    """

    def __init__(
        self,
        journal: JournalWriter,
        clock: Clock,
        config: TillConfig,
        *,
        on_change: Callable[[JobChange], None],
        on_fault: Callable[[Exception], None],
        on_print: Callable[[dict[str, Any]], object] | None = None,
        on_notice: Callable[[dict[str, Any]], object] | None = None,
    ) -> None:
        self._journal = journal
        self._clock = clock
        self._config = config
        self._data_dir = config.data_dir
        self._printer: Printer | None = config.printer[0] if config.printer else None
        self._on_change = on_change
        self.on_fault = on_fault
        self._listeners = Listeners(on_print, on_fault)
        if on_notice is not None:
            self._tell_notices_to(on_notice)
        self._later: set[str] = set()
        self._printer_state = "ready"
        # Whoever is told of a job while the thread starts may choose something at once.
        self._starting = RLock()
        self._spool: Spool | HostSpool | None = None

    def start_if_needed(self) -> None:
        """Start the thread when jobs of the last process are open; else the first job does it."""
        with self._journal.reading() as connection:
            waiting = journal_lookup.has_print_work(connection)
        if waiting:
            self.wake()

    def wake(self) -> None:
        """Say that a job was committed; returns at once."""
        self._wake_for(())

    def booked(self, answer: Receipt) -> None:
        """Print what an answer queued; whoever gets the answer can fetch what the host prints."""
        self._wake_for(answer.print_jobs)

    def stop(self) -> None:
        """End the thread within 2 s; what it was sending becomes ``UNKNOWN`` at the next start."""
        with self._starting:
            spool, self._spool = self._spool, None
            # Nothing starts it again: the files are about to be closed.
            self._printer = None
        if spool is not None:
            spool.stop()

    def job(self, uid: str) -> dict[str, Any] | None:
        """Return where a job stands; None if unknown.

        What only looks raises ``StorageError`` where the journal cannot be read.

        ``pages`` are the pictures of the simulator's last attempt; ``effect`` is what the host is
        to print, while its report is awaited.
        """
        with self._journal.reading() as connection:
            found = print_changes.find_job(connection, uid)
        if found is None:
            return None
        effect = self._effect(uid) if found.state == "SENDING" else None
        return self._job(found) | ({} if effect is None else {"effect": effect})

    def pages(self, uid: str) -> list[bytes]:
        """Return the pages of a job as PNG, as they lie or should lie on paper."""
        with self._journal.reading() as connection:
            job = print_changes.find_job(connection, uid)
        if job is None or job.sha256 is None:
            return []
        if not self._is_host:
            return [path.read_bytes() for path in self._paths(job)]
        from printers.document import Document
        from printers.errors import DocumentInvalid
        from printers.render import render

        assets = _BlobAssets(self._data_dir)
        try:
            document = Document.from_json(job.document)
            found = {name: assets.read(name) for name in document.assets()}
            pictures = {name: file for name, file in found.items() if file is not None}
            return [render(document, pictures, dots=self._dots).png()]
        except DocumentInvalid:
            return []

    def open_jobs(self) -> int:
        """Return how many jobs are not on paper for certain and not given up."""
        return len(self.unfinished())

    def unfinished(self) -> list[dict[str, Any]]:
        """Return the jobs that are not on paper for certain and not given up, the oldest first."""
        with self._journal.reading() as connection:
            found = print_changes.unfinished_jobs(connection)
        return [self._job(job) for job in found]

    def notices(self) -> list[JobNotice]:
        """Return the open notices, the oldest first; the newest 50 when there are more."""
        with self._journal.reading() as connection:
            found = print_changes.told_jobs(connection, NOTICES_MAX)
        notices = [self._notice(job) for job in found]
        return [one for one in notices if one.is_open]

    def printer(self) -> dict[str, Any] | None:
        """Return how the printer stands; None without one."""
        if self._printer is None:
            return None
        return {
            "printer": self._printer.name,
            "transport": self._printer.transport,
            "state": self._printer_state,
        }

    def subscribe(
        self, listener: Callable[[Told], object], *, prints: bool = False
    ) -> Callable[[], None]:
        """Tell a listener of notices and of the printer from now on.

        Args:
            listener: called on the printing thread; must return at once.
            prints: it also prints what a host is told; ``went_out`` says that it has it whole.

        Returns:
            Ends it.
        """
        end = self._listeners.add(listener, prints=prints)
        if prints and self._is_host:
            self.start_if_needed()
            spool = self._host_spool()
            for effect in spool.effects() if spool is not None else ():
                listener(Told("print", effect))
        return end

    def completed(self, answer: Receipt) -> Receipt:
        """Return an answer with what the host is to print; the stored answer stays without."""
        if not answer.print_jobs:
            return answer
        return Receipt({**answer.values, "effects": self.with_payload(answer.values["effects"])})

    def with_payload(self, effects: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Return effects with what the host is to print, as far as it is ready within 50 ms.

        A host with ``on_print``, or one that listens and prints, gets it there alone.
        """
        answer = [dict(effect) for effect in effects]
        asked = [one for one in answer if one["kind"] == "print"]
        if not asked or not self._is_host or self._listeners.is_there():
            return answer
        ends_s = monotonic() + ANSWER_WAIT_MS / 1_000
        with self._journal.reading() as connection:
            states = [print_changes.find_job(connection, one["job"]) for one in asked]
        found = zip(asked, states, strict=True)
        self._wake_for([one["job"] for one, job in found if job and job.state == "QUEUED"])
        for one, job in zip(asked, states, strict=True):
            if job is not None and job.state in ("QUEUED", "SENDING"):
                wait_ms = max(0, int(1_000 * (ends_s - monotonic())))
                one.update(self._effect(one["job"], wait_ms=wait_ms) or {})
        return answer

    @_as_value
    def result(self, uid: str, attempt: int, result: str) -> dict[str, Any] | Refused:
        """Take what the host says of an attempt; the same again gives the same answer.

        Args:
            uid: of the job.
            attempt: as the effect named it.
            result: ``printed``; ``failed``: nothing that could be redeemed came out; ``unknown``:
                every doubt.

        Raises:
            MisuseError: ``result`` is another word.
        """
        if result not in ("printed", "failed", "unknown"):
            raise MisuseError(
                f"{result!r} is no result of printing", hint="Say printed, failed or unknown."
            )
        if not self._is_host:
            return Refused(Refusal.PRINT_NOT_NOW)
        return self._choose(lambda choices: choices.report(uid, attempt=attempt, result=result))

    def went_out(self, uid: str, attempt: int) -> None:
        """Say that the host has the whole effect of an attempt."""
        spool = self._host_spool()
        if spool is not None:
            spool.went_out(uid, attempt=attempt)

    @_as_value
    def print(self, uid: str) -> dict[str, Any] | Refused:
        """Print a job that failed, or one that waits for its host; no copy mark."""
        return self._choose(lambda choices: choices.print_again(uid))

    @_as_value
    def reprint(self, uid: str) -> dict[str, Any] | Refused:
        """Print the next copy, marked NACHDRUCK, and return its job; the old one is replaced."""
        answer = self._choose(lambda choices: choices.reprint(uid))
        if not isinstance(answer, Refused):
            self._settled(uid)
            self._tell_of(uid)
        return answer

    @_as_value
    def came_out(self, uid: str) -> dict[str, Any] | Refused:
        """Take the cashier's word that the paper came out whole."""
        return self._choose(lambda choices: choices.came_out(uid))

    @_as_value
    def other_printer(self, uid: str) -> dict[str, Any] | Refused:
        """Refuse: this build knows one printer a till."""
        with self._journal.reading() as connection:
            if print_changes.find_job(connection, uid) is None:
                return Refused(Refusal.PRINT_JOB_UNKNOWN)
        return Refused(Refusal.PRINT_NO_OTHER_PRINTER)

    @_as_value
    def cancel(self, uid: str, reason: str | None = None) -> dict[str, Any] | Refused:
        """Give a job up; the voucher stays valid.

        Args:
            uid: of the job.
            reason: the cashier's own words.
        """
        remark = None if reason is None else reason[:REMARK_MAX]
        return self._choose(lambda choices: choices.cancel(uid, remark=remark))

    @_as_value
    def taken_back(self, uid: str) -> dict[str, Any] | Refused:
        """Take it that the voucher of a job was cancelled: nothing is asked about it any more.

        What is not on paper yet is not printed; of what is, everybody hears that it is void.
        """
        answer = self._choose(lambda choices: choices.cancel(uid, remark=None))
        if isinstance(answer, Refused):
            self._tell_of(uid)
        return answer

    @_as_value
    def acknowledge(
        self, notice_id: str, *, cashier: str | None = None
    ) -> dict[str, Any] | Refused:
        """Acknowledge a notice (F8): handed over, recorded once; or later, where nothing is yet.

        Args:
            notice_id: of an open notice.
            cashier: who gave the paper to the customer.
        """
        uid, _, state = notice_id.rpartition(".")
        with self._journal.reading() as connection:
            job = print_changes.find_job(connection, uid)
        if job is None or job.state.lower() != state:
            return Refused(Refusal.NOTICE_UNKNOWN)
        if state in ("confirmed", "assumed", "confirmed_by_operator"):
            return self._choose(lambda choices: choices.hand_over(uid, cashier=cashier))
        if job.is_void or state in ("replaced", "cancelled"):
            return Refused(Refusal.NOTICE_UNKNOWN)
        # Said again at the next start: nobody has answered yet.
        self._later.add(notice_id)
        self._tell_of(uid)
        return self._job(job)

    @property
    def _is_host(self) -> bool:
        return self._printer is not None and self._printer.transport == "host"

    @property
    def _dots(self) -> int:
        return 576 if self._printer is None else self._printer.dots

    def _host_spool(self) -> HostSpool | None:
        from printers.host import HostSpool

        spool = self._spool
        return spool if isinstance(spool, HostSpool) else None

    def _wake_for(self, asked: Iterable[str]) -> None:
        """Start the thread where it does not run; somebody fetches what he asked for himself."""
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

    def _effect(self, uid: str, *, wait_ms: int = 0) -> dict[str, Any] | None:
        """Return the effect of a job as it leaves with an answer."""
        spool = self._host_spool()
        found = None if spool is None else spool.effect(uid, wait_ms=wait_ms)
        if spool is None or found is None:
            return None
        if not self._listeners.is_there():
            # With a host that listens, whoever asks here is only a screen.
            spool.went_out(uid, attempt=found.attempt)
        return found.to_effect()

    def _job(self, job: JobRow) -> dict[str, Any]:
        return {
            "job": job.uid,
            "state": job.state.value,
            "reason": job.reason.value,
            "attempt": job.attempt,
            "copy_index": job.copy_index,
            "subject": job.subject_uid,
            "handed_over_at": job.handed_over_at,
            "replaced_by": job.replaced_by,
            "notice": _said(job),
            "pages": self._paths(job),
            "page_count": self._page_count(job),
        }

    def _notice(self, job: JobRow) -> JobNotice:
        notice = _said(job)
        holder, code_end = whose(job.document)
        found = JobNotice(
            job.uid,
            job.state.value,
            notice,
            job.subject_uid,
            job.copy_index,
            holder=holder,
            code_end=code_end,
        )
        is_open = notice.code in CHOICES and found.notice_id not in self._later
        return replace(found, is_open=is_open)

    def _choose(
        self, choice: Callable[[PrintChoices], Chosen | Refused]
    ) -> dict[str, Any] | Refused:
        from pos_plugin.storage.print_choices import PrintChoices

        choices = PrintChoices(
            self._journal, self._clock, shop=self._config.shop, till=self._config.till
        )
        chosen = choice(choices)
        if isinstance(chosen, Refused):
            return chosen
        job = chosen.job
        if chosen.changed:
            self._settled(job.uid)
            self._hear(job.uid, job.state, job.reason)
        if job.state == "QUEUED":
            (effect,) = self.with_payload([{"kind": "print", "job": job.uid}])
            self.wake()
            if "format" in effect:
                return {**(self.job(job.uid) or self._job(job)), "effect": effect}
        return self._job(job)

    def _settled(self, uid: str) -> None:
        spool = self._host_spool()
        if spool is not None:
            spool.settled(uid)

    def _told(self, change: JobChange) -> None:
        """Hear of a committed change, on the printing thread."""
        self._on_change(change)
        self._hear(change.job_uid, change.state, change.reason)

    def _hear(self, uid: str, state: str, reason: str) -> None:
        self._later = {one for one in self._later if not one.startswith(uid)}
        printer_state = _PRINTER_STATES.get(state)
        if state == "QUEUED" and reason == "host_away":
            printer_state = "waiting"
        if printer_state not in (None, self._printer_state):
            self._printer_state = str(printer_state)
            self._listeners.tell(Told("printer", self.printer() or {}))
        self._tell_of(uid)

    def _tell_of(self, uid: str) -> None:
        try:
            with self._journal.reading() as connection:
                job = print_changes.find_job(connection, uid)
        except StorageError as fault:
            self.on_fault(fault)
            return
        if job is not None:
            self._listeners.tell(Told("notice", self._notice(job)))

    def _tell_notices_to(self, on_notice: Callable[[dict[str, Any]], object]) -> None:
        def listener(told: Told) -> None:
            if told.kind == "notice":
                on_notice(told.to_dict(self._config.language))

        self._listeners.add(listener, prints=False)

    def _page_count(self, job: JobRow) -> int:
        if self._is_host:
            return int(job.sha256 is not None)
        return len(self._paths(job))

    def _paths(self, job: JobRow) -> list[Path]:
        if self._printer is None or self._is_host or job.sha256 is None:
            return []
        folder = self._data_dir / self._printer.directory
        return sorted(folder.glob(f"*-{job.sha256[:12]}.png"))

    def _new_spool(self, printer: Printer) -> Spool | HostSpool:
        from pos_plugin.storage.spool_store import JournalSpoolStore

        store = JournalSpoolStore(
            self._journal, self._clock, shop=self._config.shop, till=self._config.till
        )
        assets = _BlobAssets(self._data_dir)
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
                on_change=self._told,
                on_fault=self.on_fault,
            )
        from printers.sim.printer import SimulatedPrinter
        from printers.spool import Spool

        return Spool(
            store,
            SimulatedPrinter(self._data_dir / printer.directory, dots=printer.dots),
            assets,
            printer=printer.name,
            printer_role=ROLE,
            dots=printer.dots,
            on_change=self._told,
            on_fault=self.on_fault,
        )


def _said(job: JobRow) -> Notice:
    return print_notice(
        job.state,
        job.reason,
        handed_over=job.handed_over_at is not None,
        is_void=job.is_void,
    )
