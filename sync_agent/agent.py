"""The agent process: carries out what the pure cycle asks for, one action after the other.

Laws of this file:

1. It is the only writer of ``cache.db``; of ``journal.db`` it only reads.
2. Every number moves in the transaction of its effect. kill -9 at any line is safe: the next start
   reads where it stands and repeats at most one action.
3. The cycle counts in monotonic time. Calendar jobs (the nightly check) run on the wall clock, and
   a clock that is set never stops them.
"""

from __future__ import annotations

import os
import random
import threading
import time
from contextlib import suppress
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Final

from pos_plugin.clock import utc_text
from pos_plugin.closing import Closing
from pos_plugin.errors import ConfigError, StorageDamaged, StorageError
from pos_plugin.keys import read_keys
from pos_plugin.storage.backup import is_requested
from pos_plugin.storage.cache_reader import CacheReader
from pos_plugin.storage.cache_writer import CacheWriter
from pos_plugin.storage.connect import CURRENT_NAME, cache_path, remove_other_caches
from pos_plugin.storage.epochs import held, start_after
from pos_plugin.storage.journal_reader import JournalReader
from pos_plugin.storage.journal_swap import forget_cut, mark_forked, was_cut_off
from sync_agent import cycle, inbox
from sync_agent.client import HeadOfficeClient
from sync_agent.errors import HeadOfficeRefused, PackageRejected, Stopped, Unreachable
from sync_agent.held_head import HeldHead
from sync_agent.imports.forget import forget_what_head_office_has
from sync_agent.imports.one_at_a_time import ImportRefused
from sync_agent.journal_watch import JournalWatch
from sync_agent.loopback_api import HEAD_OFFICE_S, LoopbackApi
from sync_agent.outbox import next_batch
from sync_agent.pictures import Pictures
from sync_agent.protocol.limits import PAGE_ROWS_MAX
from sync_agent.read_ahead import ReadAhead
from sync_agent.reporting import destroy, report_of
from sync_agent.status import Status, write_status
from sync_agent.upkeep.calendar_jobs import CalendarJobs
from sync_agent.upkeep.erasing import follow_till
from sync_agent.upkeep.file_check import CACHE, damage_of, has_wrong_rows
from sync_agent.upkeep.key_rotation import rotate
from sync_agent.upkeep.token_rotation import rotate_when_due
from sync_agent.waking import take_wish
from sync_agent.watchdog import Watchdog

if TYPE_CHECKING:
    import datetime as dt
    from pathlib import Path

    from pos_plugin.clock import Clock
    from pos_plugin.storage.cache_reader import Cursor
    from sync_agent.cycle import Action, Happened, State
    from sync_agent.protocol.messages import GenerationEntry
    from sync_agent.settings import Settings

PAGE_ROWS: Final = 500  # a page is one transaction; more would make the till's lookups wait
NAP_S: Final = 0.01  # between two pages, for the same reason
CONTACT_EVERY_S: Final = 60  # so often the instant of the last contact is kept when nothing changes
LOOK_S: Final = 0.2  # so often a resting agent looks for events, wishes and a clock that was set
REPORT_EVERY_S: Final = 60.0
BUSY: Final = frozenset({"busy", "unavailable", "too-many"})  # refusals that pass by themselves
LINGER_S: Final = 0.25  # events that follow each other closely go up as one batch


class Agent(Closing):
    """One till's agent, between ``open`` and ``close``; ``cycle`` does one whole round.

    Args:
        settings: of the till.
        clock: tells the time of contacts.
    """

    def __init__(self, settings: Settings, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._stop = threading.Event()
        self._watchdog = Watchdog()
        self._lock = threading.Lock()
        self._unreachable = ""
        self._storage = ""
        self._acked_seq = 0
        self._contact_kept_s: float | None = None
        self._is_first_fill: bool
        self._state: State
        self._writer: CacheWriter
        self._cache_file: Path | None
        self._waiting_events = 0
        self._erased_seq = 0
        self._has_all_pages = False
        self._has_left_local_mode = False
        self._is_checking = False
        self._pruned: dict[int, int] = {}
        self._hinted = threading.Event()
        self._wish: str | None = None
        self._next: CacheWriter | None = None
        self._has_wrong_rows = threading.Event()
        self._began_s: float | None = None
        self._reported_s: float | None = None
        self.status = Status(started_at=utc_text(clock.now()), pid=os.getpid())
        self._client = HeadOfficeClient(settings.url, settings.token, ca=settings.ca)
        self._ahead = ReadAhead(self._client)
        self._pictures = Pictures(
            settings.data_dir,
            page_dots=settings.paper_dots,
            today=lambda: clock.now().date().isoformat(),
        )
        self._watch = JournalWatch(settings.data_dir)
        self._held = HeldHead(
            HeadOfficeClient(settings.url, settings.token, ca=settings.ca),
            till=settings.till,
            on_news=self._hinted.set,
            backoff_max_s=settings.backoff_max_s,
        )
        self._loopback = LoopbackApi(
            settings.data_dir,
            client=HeadOfficeClient(
                settings.url, settings.token, ca=settings.ca, request_s=HEAD_OFFICE_S
            ),
            on_news=self._hinted.set,
            status=lambda: asdict(self.status),
        )
        try:
            self._open_cache()
        except BaseException:
            self._loopback.close()
            self._held.close()
            self._client.close()
            raise

    def close(self) -> None:
        """Let go of the cache and of head office."""
        self._loopback.close()
        self._held.close()
        self._client.stop()
        self._ahead.close()
        self._client.close()
        self._watch.close()
        self._drop_next()
        self._writer.close()

    def stop(self) -> None:
        """End the run soon, also in the middle of a request; for signal handlers and threads."""
        self._stop.set()
        self._hinted.set()  # a rest ends at once
        self._held.stop()
        self._client.stop()

    def run(self) -> None:
        """Synchronise until ``stop``: when something is new here or there, and now and then."""
        self._held.start()
        self._loopback.start()
        with CalendarJobs(self.check_files, back_up=self._back_up) as jobs:
            while not self._stop.is_set():
                rest_s = self.cycle()
                self.report_when_due()
                self.renew_token_when_due()
                self._rest(rest_s, jobs)

    def cycle(self) -> float:
        """Do one round, upload first, then download; return the rest before the next in seconds."""
        try:
            self._follow_cache()
        except (StorageError, OSError) as fault:  # no room for a new file: tried again
            return self._without_cache(fault)
        if self._has_wrong_rows.is_set():
            self._has_wrong_rows.clear()
            self._state = replace(self._state, is_wrong=True)
        self._hinted.clear()
        self._watch.has_news()  # what stands in the journal by now is read by this round
        happened: Happened = cycle.Began(self._passed_s())
        while not self._stop.is_set():
            self._state, action = cycle.step(self._state, happened)
            if isinstance(action, cycle.Rest):
                self._bring_pictures()
                self._tell(happened)
                return action.seconds
            self._watchdog.alive()
            try:
                happened = self._do(action)
            except Stopped:
                break
            except Unreachable as fault:
                self._unreachable = str(fault)
                is_upload = isinstance(action, cycle.Upload)
                happened = cycle.NobodyAnswered(dice=_dice(), is_upload=is_upload)
            except HeadOfficeRefused as fault:
                if fault.problem == "revoked":
                    self._give_up()
                    return 0.0
                if fault.problem == "fork":
                    # At its next start the till gives these events numbers of their own.
                    mark_forked(self._settings.data_dir, after=self._acked_seq)
                happened = _refused(action, fault.problem)
                if fault.problem in BUSY:
                    # It is there and cannot now: nothing that a person has to look at.
                    self._unreachable = str(fault)
                    happened = cycle.NobodyAnswered(dice=_dice())
            except (StorageError, OSError) as fault:  # a full disk must not end the agent
                self._storage = str(fault)
                happened = _refused(action, "storage")
                if isinstance(fault, StorageDamaged) and not self.status.damage:
                    self.check_files()  # which of both files it is; once, it takes a while
        return 0.0

    def _follow_cache(self) -> None:
        """Open the cache anew that somebody deleted; it is disposable, so it is built again."""
        if self._is_cache_gone():
            self._drop_next()
            self._writer.close()
            self._open_cache()
        remove_other_caches(
            self._settings.data_dir, keep=None if self._next is None else self._next.path
        )

    def _is_cache_gone(self) -> bool:
        try:
            current = cache_path(self._settings.data_dir)
        except StorageDamaged:
            return True  # cache.current names no file any more
        return self._cache_file is None or current != self._cache_file

    def _without_cache(self, fault: Exception) -> float:
        """Say that there is none, and return the rest before the next try in seconds."""
        self._cache_file = None
        self._storage = str(fault)
        refused = cycle.DownloadRefused("storage", dice=_dice())
        self._state, action = cycle.step(self._state, refused)
        self._tell(refused)
        return action.seconds if isinstance(action, cycle.Rest) else cycle.SAFETY_POLL_S

    def report_when_due(self) -> None:
        """Say how this till is, so that head office sees a till that needs help."""
        due_s = self._reported_s
        if self._state.failures or (
            due_s is not None and time.monotonic() - due_s < REPORT_EVERY_S
        ):
            return
        self._reported_s = time.monotonic()
        self._leave_local_mode()
        with suppress(HeadOfficeRefused, Unreachable, Stopped, StorageError):
            gone = self._writer.erasures_done()
            report = report_of(self._settings, self.status, erasures_done=gone)
            answer = self._client.report_status(self._settings.till, report)
            durable = {one.epoch: one.durable_seq for one in answer.epochs}
            self._writer.note_durable(durable, incarnation=answer.incarnation)
            self._writer.settle()

    def _leave_local_mode(self) -> None:
        """Forget customers and prices of before there was a head office, once it has sent its own.

        What cannot be done now is tried again with the next report.
        """
        if self._has_left_local_mode or not self._has_all_pages or self._next is not None:
            return
        with suppress(ImportRefused, StorageError):
            forget_what_head_office_has(self._settings.data_dir)
            self._has_left_local_mode = True

    def _bring_pictures(self) -> None:
        """Fetch what vouchers will show; whoever cannot be reached is asked in the next round."""
        state = self._state
        if state.failures:
            return
        with suppress(Unreachable, Stopped, StorageError, OSError):
            self._pictures.bring(self._client, position=(state.bucket_epoch, state.position))

    def renew_token_when_due(self) -> None:
        """Change the token once a month; every connection shows the new one from then on."""
        settings = self._settings
        at = self._now()
        with suppress(HeadOfficeRefused, Unreachable, Stopped, ConfigError, OSError):
            if self._state.failures:
                return
            token = rotate_when_due(settings.data_dir, self._client, till=settings.till, at=at)
            if token is None:
                return
            # The held request first: it may begin anew at any moment.
            for one in (self._held, self._loopback, self._client):
                one.use_token(token)
            self._settings = replace(settings, token=token)

    def _give_up(self) -> None:
        """Destroy what belongs to head office: it took this till out of service.

        The journal stays: what was sold is the shop's.
        """
        self._drop_next()
        self._writer.close()
        destroy(self._settings.data_dir)
        with self._lock:
            self.status.problems = {"upload": "revoked", "download": "revoked"}
            with suppress(OSError):
                write_status(self._settings.data_dir, self.status)
        self.stop()

    def _back_up(self) -> None:
        if self._settings.backup is not None:
            self._settings.backup.run(self._clock)

    def check_files(self) -> None:
        """Look whether both files are sound; the nightly job."""
        damage = damage_of(self._settings.data_dir)
        if CACHE in damage or has_wrong_rows(self._settings.data_dir):
            # Fetched again into a file beside it: until that is whole the till reads what it can.
            self._has_wrong_rows.set()
            self._hinted.set()
        with self._lock:
            self.status.damage = damage
            self.status.checked_at = utc_text(self._clock.now())
        forget_cut(self._settings.data_dir)
        self._is_checking = False

    def _do(self, action: Action) -> Happened:
        match action:
            case cycle.ReadOutbox(events_max=events_max):
                return self._read_outbox(events_max)
            case cycle.Upload(batch=batch, as_gzip=as_gzip):
                till = self._settings.till
                answer = self._client.send_events(till, batch.body, as_gzip=as_gzip)
                return cycle.Uploaded(batch, answer)
            case cycle.KeepAcked(
                epoch=epoch, seq=seq, incarnation=incarnation, durable_seq=durable_seq
            ):
                self._writer.set_acked(epoch, seq, incarnation=incarnation, durable_seq=durable_seq)
                self._acked[epoch] = seq
                return cycle.AckedKept(incarnation)
            case cycle.ForgetAcked(incarnation=incarnation):
                self._writer.forget_acked()
                self._acked.clear()
                return cycle.AckedForgotten(incarnation)
            case cycle.AskHead():
                return cycle.HeadSeen(self._client.head(), contact_due=self._contact_due())
            case cycle.AskPage(bucket=bucket, after=after):
                # Nobody reads a file that is being filled: nobody waits for large pages.
                if self._next is not None or self._is_first_fill:
                    page = self._ahead.page(bucket, after=after, limit=PAGE_ROWS_MAX)
                else:
                    if self._state.pages:
                        self._stop.wait(NAP_S)
                    page = self._client.changes(bucket, after=after, limit=PAGE_ROWS)
                return cycle.PageArrived(page)
            case cycle.ApplyPage(page=page):
                writer = self._next or self._writer
                adds_up = inbox.apply_page(writer, page, till=self._settings.till, at=self._now())
                self._contact_kept_s = time.monotonic()
                self._is_first_fill = self._is_first_fill and not page.complete
                self._has_all_pages |= page.complete
                return cycle.PageApplied(page.bucket_epoch, page.checkpoint, page.complete, adds_up)
            case cycle.BeginRefetch():
                self._drop_next()
                self._writer.give_memory_back()  # the new file needs it
                self._next = CacheWriter.open_next(self._settings.data_dir)
                return cycle.RefetchBegun()
            case cycle.PutCacheInPlace():
                return self._put_in_place()
            case cycle.TakePackage(entry=entry):
                return self._take_package(entry)
        raise AssertionError(f"nobody carries out {action}")

    def _read_outbox(self, events_max: int) -> Happened:
        journal = JournalReader.open(self._settings.data_dir)
        if journal is None:
            return cycle.OutboxRead(None)
        with journal:
            self._erased_seq = follow_till(self._writer, journal, after=self._erased_seq)
            gone = journal.pruned()
            if start_after(journal.epochs(), held(self._acked, gone)) > journal.last_seq():
                # An older copy of the journal was put back: sent from the beginning, head office
                # knows what it holds and says where the two part.
                self._writer.forget_acked()
                self._acked.clear()
            acked = held(self._acked, gone)
            batch = next_batch(journal, acked, events_max=events_max)
            self._acked_seq = start_after(journal.epochs(), acked)
            self._pruned = gone
            self._waiting_events = journal.last_seq() - self._acked_seq
        return cycle.OutboxRead(batch)

    def _put_in_place(self) -> Happened:
        new = self._next
        if new is None:
            raise StorageError("the new cache file is gone", retryable=True)
        try:
            new.take_place_of(self._writer)
            is_all_kept = True
        except StorageDamaged:
            new.take_place()
            is_all_kept = False
        # The file before stays until the next round: the till may be about to open it.
        self._writer.close()
        self._writer, self._next = new, None
        self._cache_file = new.path
        with self._lock:
            self.status.damage = {
                name: word for name, word in self.status.damage.items() if name != CACHE
            }
        if not is_all_kept:
            # Rules are asked for again, and events sent again: head office knows what it has.
            self._writer.close()
            self._open_cache()
        return cycle.CachePutInPlace()

    def _drop_next(self) -> None:
        """Give up a new cache file that was not finished."""
        if self._next is not None:
            self._next.close()
            self._next = None

    def _take_package(self, entry: GenerationEntry) -> Happened:
        content = self._client.blob(entry.sha256)
        try:
            inbox.take_package(
                self._writer,
                self._settings.data_dir,
                entry,
                content,
                keys=self._settings.chain.believed(entry.generation),
                accepted_at=self._now(),
                before=lambda named: self._rotate(entry, named),
            )
        except PackageRejected as fault:
            return cycle.PackageRefused(entry, fault.reason)
        return cycle.PackageTaken(entry)

    def _rotate(self, entry: GenerationEntry, named: object) -> None:
        """Follow a package signed by the next key."""
        data_dir = self._settings.data_dir
        if rotate(data_dir, generation=entry.generation, signer=entry.key_id, named=named):
            chain = read_keys(data_dir)
            if chain is not None:
                self._settings = replace(self._settings, chain=chain)

    def _passed_s(self) -> float:
        """Return how long ago the last round began."""
        now_s = time.monotonic()
        began_s, self._began_s = self._began_s, now_s
        return 0.0 if began_s is None else now_s - began_s

    def _contact_due(self) -> bool:
        kept_s = self._contact_kept_s
        return kept_s is None or time.monotonic() - kept_s >= CONTACT_EVERY_S

    def _open_cache(self) -> None:
        """Open the cache file, made first where there is none, and read where it stands.

        One that cannot be read is begun again: head office has all of it.
        """
        data_dir = self._settings.data_dir
        bucket = f"shop:{self._settings.shop}"
        try:
            cursor, generations, incarnation = self._read_cache(bucket)
        except StorageDamaged:
            (data_dir / CURRENT_NAME).unlink(missing_ok=True)
            cursor, generations, incarnation = self._read_cache(bucket)
        on_a_receipt = 0
        with suppress(StorageDamaged):  # the rounds meet the same journal and say it
            journal = JournalReader.open(data_dir)
            if journal is not None:
                with journal:
                    on_a_receipt = journal.highest_generation()
        self._contact_kept_s = None
        self._is_first_fill = cursor is None
        self._state = cycle.State(
            bucket=bucket,
            bucket_epoch=cursor.epoch if cursor else None,
            position=cursor.position if cursor else 0,
            incarnation=incarnation,
            generations=generations,
            floor=max(on_a_receipt, *generations, 0),
            backoff_max_s=self._settings.backoff_max_s,
            safety_poll_s=self._settings.safety_poll_s,
            events_max=cycle.BATCH_EVENTS_FIRST,
            takes_gzip=None,
        )

    def _read_cache(self, bucket: str) -> tuple[Cursor | None, dict[int, str], str | None]:
        """Open the cache file; return its cursor, the accepted generations, and whose it is."""
        data_dir = self._settings.data_dir
        writer = CacheWriter.open(data_dir)
        try:
            with _reader(data_dir) as cache:
                self._acked = cache.acked()
                cursor, incarnation = cache.cursor(bucket), cache.incarnation()
                generations = {one.generation: one.sha256 for one in cache.generations()}
        except BaseException:
            writer.close()
            raise
        self._writer, self._cache_file = writer, writer.path
        return cursor, generations, incarnation

    def _tell(self, last: Happened) -> None:
        """Write the status file; a full disk must not end the agent."""
        state = self._state
        with self._lock:
            status = self.status
            status.cycles += 1
            status.cycle_at = utc_text(self._now())
            if not isinstance(last, (cycle.NobodyAnswered, cycle.DownloadRefused)):
                status.contact_at = status.cycle_at
            nobody = isinstance(last, cycle.NobodyAnswered)
            status.unreachable = self._unreachable if nobody else None
            status.problems = dict(state.problems)
            status.storage = self._storage if "storage" in state.problems.values() else None
            status.refused_packages = {
                str(generation): reason for (generation, _), reason in state.refused.items()
            }
            status.refused_pictures = dict(self._pictures.refused)
            status.generation = max(state.generations, default=0)
            status.position, status.bucket_epoch = state.position, state.bucket_epoch
            status.wish = self._wish
            status.acked_seq = self._acked_seq
            status.waiting_events = self._waiting_events
            status.pruned = {str(epoch): seq for epoch, seq in self._pruned.items()}
            status.clock_offset_ms = self._client.clock_offset_ms
            if (there := self._client.head_office_at) is not None:
                status.head_office_at = utc_text(there)
            with suppress(OSError):
                write_status(self._settings.data_dir, status)

    def _rest(self, seconds: float, jobs: CalendarJobs) -> None:
        """Wait, but wake up for ``stop``, news here or there, a wish, and a clock that jumps."""
        ends_s = time.monotonic() + seconds
        while (left_s := ends_s - time.monotonic()) > 0:
            if self._hinted.wait(min(LOOK_S, left_s)) or self._stop.is_set():
                return
            self._watchdog.alive()
            jobs.look_at_the_clock()
            if was_cut_off(self._settings.data_dir) and not self._is_checking:
                self._is_checking = True
                jobs.check_now()
            if is_requested(self._settings.data_dir):
                jobs.back_up_now()
            if (wish := take_wish(self._settings.data_dir)) is not None:
                self._wish = wish
                return
            if self._is_cache_gone():
                return
            # Who does not answer is not asked more often because the shop sells.
            if self._state.failures == 0 and self._watch.has_news():
                self._stop.wait(LINGER_S)
                return

    def _now(self) -> dt.datetime:
        return self._clock.now()


def _reader(data_dir: Path) -> CacheReader:
    cache = CacheReader.open(data_dir)
    if cache is None:
        raise StorageError("the cache file vanished while it was opened", retryable=True)
    return cache


def _refused(action: Action, problem: str) -> Happened:
    if isinstance(action, (cycle.ReadOutbox, cycle.Upload, cycle.KeepAcked)):
        return cycle.UploadRefused(problem)
    return cycle.DownloadRefused(problem, dice=_dice())


def _dice() -> float:
    return random.random()  # noqa: S311 - spreads load, keeps no secret
