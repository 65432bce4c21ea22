"""The printing of a till: started when there is something to print, asked how it went, answered.

Whoever chooses or reports something gets a value: a job that is not there, a choice that does not
fit and a disk that is full are ``Refused``. What only looks raises ``StorageError``.
"""

from __future__ import annotations

from functools import partial, wraps
from typing import TYPE_CHECKING, Any, Concatenate, Final, ParamSpec

from pos_plugin.answers import Receipt
from pos_plugin.errors import MisuseError, StorageError
from pos_plugin.notices import Refusal, Refused
from pos_plugin.print_listeners import Listeners, Told
from pos_plugin.printing.jobs import PrintJobs, said_of
from pos_plugin.printing.news import PrintNews
from pos_plugin.printing.orders import hold_after_s
from pos_plugin.printing.test_pages import PrinterTests
from pos_plugin.printing.threads import PrintThreads
from pos_plugin.storage.cache_reader import CacheReader
from printers.ports import JobReason

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pos_plugin.clock import Clock
    from pos_plugin.config import TillConfig
    from pos_plugin.print_notices import JobNotice
    from pos_plugin.storage.current_cache import CurrentCache
    from pos_plugin.storage.journal_writer import JournalWriter
    from pos_plugin.storage.print_choices import Chosen, PrintChoices
    from printers.ports import JobChange

REMARK_MAX: Final = 200

Given = ParamSpec("Given")


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
    """Print jobs of a till with its printers, or without any.

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
        self.on_fault = on_fault
        self._listeners = Listeners(on_print, on_fault)
        self._jobs = PrintJobs(journal, config)
        self._news = PrintNews(
            self._jobs, self._listeners, config, on_change=on_change, on_fault=on_fault
        )
        if on_notice is not None:
            self._news.tell_notices(on_notice, config.language)
        self._threads = PrintThreads(
            journal,
            clock,
            config,
            jobs=self._jobs,
            listeners=self._listeners,
            on_change=self._news.committed,
            on_status=self._news.status,
            on_fault=on_fault,
        )

        self._tests = PrinterTests(config, clock, self._threads)

    def start_if_needed(self) -> None:
        """Start the threads when jobs of the last process are open; else the first job does it."""
        self._threads.settle()
        self.forget_erased()
        if self._jobs.has_work():
            self.wake()

    def wake(self) -> None:
        """Say that a job was committed; returns at once."""
        self._threads.wake()

    def booked(self, answer: Receipt) -> None:
        """Print what an answer queued; whoever gets the answer can fetch what the host prints."""
        self._threads.wake(answer.print_jobs)

    def stop(self) -> None:
        """End the thread within 2 s; what it was sending becomes ``UNKNOWN`` at the next start."""
        self._threads.stop()

    def job(self, uid: str) -> dict[str, Any] | None:
        """Return where a job stands; None if unknown.

        ``pages`` are the pictures of the simulator's last attempt; ``effect`` is what the host is
        to print, while its report is awaited.
        """
        found = self._jobs.find(uid)
        if found is None:
            return None
        effect = self._threads.effect(uid) if found.state == "SENDING" else None
        return self._jobs.plain(found) | ({} if effect is None else {"effect": effect})

    def pages(self, uid: str) -> list[bytes]:
        """Return the pages of a job as PNG, as they lie or should lie on paper."""
        return self._jobs.pages(uid)

    def open_jobs(self) -> int:
        """Return how many jobs are not on paper for certain and not given up."""
        return len(self.unfinished())

    def unfinished(self) -> list[dict[str, Any]]:
        """Return the jobs that are not on paper for certain and not given up, the oldest first."""
        return self._jobs.unfinished()

    def notices(self, *, with_put_off: bool = False) -> list[JobNotice]:
        """Return the open notices, the oldest first; the newest 50 when there are more.

        Args:
            with_put_off: also those that the cashier has put off.
        """
        return self._news.notices(with_put_off=with_put_off)

    def printers(self) -> list[dict[str, Any]]:
        """Return how each printer stands, in the order of the settings."""
        return self._news.printers()

    @_as_value
    def test_printer(self, name: str) -> dict[str, Any] | Refused:
        """Have a test page printed before the next job, and find out how far the unit is believed.

        Returns at once; ``printer_test`` says how it ended. A printer of the host is tested there.
        """
        return self._tests.begin(name)

    def printer_test(self, name: str) -> dict[str, Any] | None:
        """Return how the last test of a printer stands; None if there was none in this process."""
        return self._tests.last(name)

    def settle(self) -> None:
        """Give up the paper of vouchers that were redeemed or have expired meanwhile."""
        self._threads.settle()

    def follow(self, cache: CurrentCache) -> None:
        """Give up, hold or shorten paper whose vouchers ended or were blocked at another till.

        Args:
            cache: what is known of other tills; where it cannot be read, the paper stays.
        """
        try:
            reader = cache.reader()
            if reader is not None:
                lying = self._threads.hear_of_lying(reader)
                self._threads.settle_elsewhere(reader)
                for uid in lying:
                    self._news.tell_of(uid)
        except StorageError:
            return

    def identified(self, customers: Sequence[str]) -> None:
        """Print what was held because a customer had left; ask again what was put off.

        Args:
            customers: every id of hers.
        """
        reasons = set()
        for job in self._jobs.held_for(customers):
            reasons.add(job.reason)
            if job.reason is JobReason.AFTER_ACK:
                self._news.ask_again(job.uid)
        if reasons.isdisjoint((JobReason.TOO_LATE, JobReason.VOUCHER_BLOCKED)):
            return
        for chosen in self._choices().identified(customers):
            self._news.changed(chosen.job.uid, chosen.job.state, chosen.job.reason)
            self.wake()

    def forget_erased(self) -> None:
        """Delete the pictures of what was printed for customers who are erased."""
        self._jobs.forget_erased()

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
        if prints and self._threads.has_host:
            self.start_if_needed()
            for effect in self._threads.effects():
                listener(Told("print", effect))
        return end

    def completed(self, answer: Receipt) -> Receipt:
        """Return an answer with what the host is to print; the stored answer stays without."""
        effects = answer.values.get("effects")
        if effects is None:
            return answer
        if answer.print_jobs:
            effects = self._threads.with_payload(effects)
        late = {one["effect_id"]: one for one in self.left_over()}
        # One of its own may have become ready just now.
        effects = [late.pop(one["effect_id"], one) for one in effects]
        return Receipt({**answer.values, "effects": [*effects, *late.values()]})

    def left_over(self) -> list[dict[str, Any]]:
        """Return what the host is to print and was not ready for the answer of its own call.

        Each once: it counts as told to whoever asks. It is for the next answer with effects.
        """
        return self._threads.left_over()

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
        if not self._threads.has_host:
            return Refused(Refusal.PRINT_NOT_NOW)
        return self._choose(lambda choices: choices.report(uid, attempt=attempt, result=result))

    def went_out(self, uid: str, attempt: int) -> None:
        """Say that the host has the whole effect of an attempt."""
        self._threads.went_out(uid, attempt)

    @_as_value
    def print(self, uid: str) -> dict[str, Any] | Refused:
        """Print a job that is held or failed, or waits for its host; no copy mark."""
        return self._choose(lambda choices: choices.print_again(uid))

    @_as_value
    def reprint(self, uid: str) -> dict[str, Any] | Refused:
        """Print the next copy, marked NACHDRUCK, and return its job; the old one is replaced."""
        self._hear_of(uid)
        answer = self._choose(lambda choices: choices.reprint(uid))
        if not isinstance(answer, Refused):
            self._threads.settled(uid)
        self._news.tell_of(uid)
        return answer

    @_as_value
    def came_out(self, uid: str) -> dict[str, Any] | Refused:
        """Take the cashier's word that the paper came out whole."""
        return self._choose(lambda choices: choices.came_out(uid))

    @_as_value
    def other_printer(self, uid: str) -> dict[str, Any] | Refused:
        """Give a job of which nothing is on paper to the printer that its own falls back on."""
        job = self._jobs.find(uid)
        if job is None:
            return Refused(Refusal.PRINT_JOB_UNKNOWN)
        other = self._jobs.fallback_of(job)
        if other is None:
            return Refused(Refusal.PRINT_NO_OTHER_PRINTER)
        return self._choose(lambda choices: choices.move(uid, printer=other))

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

        What is not on paper yet is not printed; of what is, everybody hears that it is void. A
        strip of which a coupon is still good is printed without the others.
        """
        job = self._jobs.find(uid)
        if job is not None and not job.is_void:
            self._news.tell_of(uid)
            return self._jobs.plain(job)
        answer = self._choose(lambda choices: choices.cancel(uid, remark=None))
        if isinstance(answer, Refused):
            self._news.tell_of(uid)
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
        job = self._jobs.find(uid)
        if job is None or job.state.lower() != state:
            return Refused(Refusal.NOTICE_UNKNOWN)
        if state in ("confirmed", "assumed", "confirmed_by_operator"):
            return self._choose(lambda choices: choices.hand_over(uid, cashier=cashier))
        if job.is_void or state in ("replaced", "cancelled"):
            return Refused(Refusal.NOTICE_UNKNOWN)
        if not self._news.is_put_off(notice_id):
            code = said_of(job).code
            put_off = self._choices().put_off(uid, notice=code.value, cashier=cashier)
            if isinstance(put_off, Refused):
                return put_off
            self._news.put_off(notice_id, uid)
        return self._jobs.plain(job)

    def _hear_of(self, uid: str) -> None:
        """Take in what head office says of the vouchers on a paper that lies there already."""
        try:
            # A reader of its own: this is the thread of whoever asks for the copy.
            reader = CacheReader.open(self._config.data_dir)
            if reader is not None:
                with reader:
                    self._threads.settle_elsewhere(reader, uid)
        except StorageError:
            return

    def _choose(
        self, choice: Callable[[PrintChoices], Chosen | Refused]
    ) -> dict[str, Any] | Refused:
        chosen = choice(self._choices())
        if isinstance(chosen, Refused):
            return chosen
        job = chosen.job
        if chosen.changed:
            self._threads.settled(job.uid)
            self._news.changed(job.uid, job.state, job.reason)
        if job.state == "QUEUED":
            (effect,) = self._threads.with_payload([{"kind": "print", "job": job.uid}])
            self.wake()
            if "format" in effect:
                return {**(self.job(job.uid) or self._jobs.plain(job)), "effect": effect}
        return self._jobs.plain(job)

    def _choices(self) -> PrintChoices:
        from pos_plugin.storage.print_choices import PrintChoices

        config = self._config
        return PrintChoices(
            self._journal,
            self._clock,
            shop=config.shop,
            till=config.till,
            hold_after_s=partial(hold_after_s, config),
        )
