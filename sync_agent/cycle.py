"""What the agent does next: a pure step from what is known and what happened to one action.

Laws of this file:

1. Upload first, then download; a refused upload never keeps rules and customers from coming.
2. A number is moved only by the event that reports its commit (``AckedKept``, ``PageApplied``,
   ``PackageTaken``), so a crash between two steps repeats the work and never skips it.
3. Every loop has a bound: so many batches and pages a cycle, then a rest.
4. No clock, no disk, no network, no dice here: the driver passes in what it saw.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from sync_agent.protocol.limits import BATCH_EVENTS_MAX
from sync_agent.protocol.messages import GZIP_UPLOADS, HELD_HEAD

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sync_agent.outbox import Batch
    from sync_agent.protocol.messages import EventsAnswer, GenerationEntry, Head
    from sync_agent.protocol.pages import Page

SAFETY_POLL_S: Final = 60.0  # the longest rest: a hint or a wake-up may have been lost
UNHELD_POLL_S: Final = 2.0  # of a head office that holds no request and so gives no hints
BACKOFF_FIRST_S: Final = 0.5
BACKOFF_MAX_S: Final = 300.0
REFUSED_PAUSE_MAX_S: Final = 300
BATCHES_A_CYCLE: Final = 60  # the 10,000 receipts of two weeks go up before rows come down
# Over a line that breaks early batches shrink; who does not know its line yet begins small.
BATCH_EVENTS_FIRST: Final = 10
BATCH_EVENTS_LEAST: Final = 5
PAGES_A_CYCLE: Final = 200
REFETCHES_A_CYCLE: Final = 2

LOST_DATA: Final = "head_office_lost_data"
MUST_REFETCH: Final = "must-refetch"
NO_BUCKET: Final = "no_bucket"
WRONG_SUMS: Final = "wrong_sums"


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What the agent knows between two steps.

    Args:
        bucket: the bucket of this till's shop.
        bucket_epoch: life of the cached bucket; None before the first page.
        position: cursor of the cached bucket.
        incarnation: of the head office whose acknowledgements are kept; None before the first.
        generations: accepted generation to hash of its content.
        floor: no generation below it is taken (highest accepted, or on a receipt).
        refused: packages that were looked at and not taken: generation and hash to reason.
        backoff_max_s: longest rest after failures, in seconds.
        failures: cycles in a row that did not reach their end.
        safety_poll_s: longest rest while all is well, in seconds.
        refusals: refused uploads in a row.
        pause_s: seconds until a refused upload is tried again.
        problems: what keeps a direction from working, by direction: ``upload``, ``download``.
        is_building: a new cache file is being filled; ``position`` is its cursor.
        is_wrong: the nightly count found rows that do not add up: a new file is wanted.
        distrusts_sums: a whole new file did not add up either, so head office counts wrongly; no
            other file is built for that.
        events_max: events in the next batch: half of those whose upload broke, twice those that
            came through.
        takes_gzip: head office takes packed uploads; None: nobody knows yet, so it is asked before
            the first upload, which may be the longest of all.
    """

    bucket: str
    bucket_epoch: int | None = None
    position: int = 0
    incarnation: str | None = None
    generations: Mapping[int, str] = field(default_factory=dict)
    floor: int = 0
    refused: Mapping[tuple[int, str], str] = field(default_factory=dict)
    backoff_max_s: float = BACKOFF_MAX_S
    failures: int = 0
    safety_poll_s: float = SAFETY_POLL_S
    refusals: int = 0
    pause_s: float = 0.0
    problems: Mapping[str, str] = field(default_factory=dict)
    is_building: bool = False
    is_wrong: bool = False
    distrusts_sums: bool = False
    events_max: int = BATCH_EVENTS_MAX
    takes_gzip: bool | None = False
    batches: int = 0
    pages: int = 0
    refetches: int = 0
    head: Head | None = None


@dataclass(frozen=True, slots=True)
class Began:
    """A cycle begins, so many seconds after the last one began."""

    passed_s: float = 0.0


@dataclass(frozen=True, slots=True)
class OutboxRead:
    """The next events to send, or none."""

    batch: Batch | None


@dataclass(frozen=True, slots=True)
class Uploaded:
    """Head office answered a batch."""

    batch: Batch
    answer: EventsAnswer


@dataclass(frozen=True, slots=True)
class UploadRefused:
    """Head office refused a batch with this problem."""

    problem: str


@dataclass(frozen=True, slots=True)
class AckedKept:
    """What head office acknowledged is committed in the cache."""

    incarnation: str


@dataclass(frozen=True, slots=True)
class AckedForgotten:
    """All acknowledgements of an earlier head office are gone."""

    incarnation: str


@dataclass(frozen=True, slots=True)
class HeadSeen:
    """The manifest of head office; ``contact_due``: the kept instant of contact is old."""

    head: Head
    contact_due: bool = False


@dataclass(frozen=True, slots=True)
class PageArrived:
    """A checked page, not yet applied."""

    page: Page


@dataclass(frozen=True, slots=True)
class PageApplied:
    """Rows and cursor of a page are committed; ``adds_up``: at the end of the log, if compared."""

    bucket_epoch: int
    position: int
    complete: bool
    adds_up: bool | None = None


@dataclass(frozen=True, slots=True)
class RefetchBegun:
    """An empty cache file waits beside the current one."""


@dataclass(frozen=True, slots=True)
class CachePutInPlace:
    """The new cache file is the current one."""


@dataclass(frozen=True, slots=True)
class PackageTaken:
    """A rule package is verified, parsed and committed."""

    entry: GenerationEntry


@dataclass(frozen=True, slots=True)
class PackageRefused:
    """A rule package is not taken, as a whole."""

    entry: GenerationEntry
    reason: str


@dataclass(frozen=True, slots=True)
class DownloadRefused:
    """Head office refused to hand out head, page or package; ``dice`` as below."""

    problem: str
    dice: float


@dataclass(frozen=True, slots=True)
class NobodyAnswered:
    """Head office cannot be reached; ``dice`` is a random number from 0 to below 1.

    ``is_upload``: it was a batch to which nobody answered.
    """

    dice: float
    is_upload: bool = False


Happened = (
    Began
    | OutboxRead
    | Uploaded
    | UploadRefused
    | AckedKept
    | AckedForgotten
    | HeadSeen
    | PageArrived
    | PageApplied
    | RefetchBegun
    | CachePutInPlace
    | PackageTaken
    | PackageRefused
    | DownloadRefused
    | NobodyAnswered
)


@dataclass(frozen=True, slots=True)
class ReadOutbox:
    """Read the next batch from the journal, of so many events at most."""

    events_max: int = BATCH_EVENTS_MAX


@dataclass(frozen=True, slots=True)
class Upload:
    """Send a batch, packed if head office takes that."""

    batch: Batch
    as_gzip: bool = False


@dataclass(frozen=True, slots=True)
class KeepAcked:
    """Commit that head office holds everything of the epoch up to ``seq``."""

    epoch: int
    seq: int
    incarnation: str
    durable_seq: int = 0


@dataclass(frozen=True, slots=True)
class ForgetAcked:
    """Another head office answers: send everything again, it knows what it has."""

    incarnation: str


@dataclass(frozen=True, slots=True)
class AskHead:
    """Fetch the manifest."""


@dataclass(frozen=True, slots=True)
class AskPage:
    """Fetch the page behind ``after``."""

    bucket: str
    after: int


@dataclass(frozen=True, slots=True)
class ApplyPage:
    """Commit the rows of a page together with its cursor."""

    page: Page


@dataclass(frozen=True, slots=True)
class BeginRefetch:
    """Make an empty cache file beside the current one; pages go there from now on."""


@dataclass(frozen=True, slots=True)
class PutCacheInPlace:
    """Make the new cache file the current one, with what the agent itself had noted."""


@dataclass(frozen=True, slots=True)
class TakePackage:
    """Fetch, verify and parse a rule package, then commit it."""

    entry: GenerationEntry


@dataclass(frozen=True, slots=True)
class Rest:
    """The cycle is over; the next begins after so many seconds."""

    seconds: float


Action = (
    ReadOutbox
    | Upload
    | KeepAcked
    | ForgetAcked
    | AskHead
    | AskPage
    | ApplyPage
    | BeginRefetch
    | PutCacheInPlace
    | TakePackage
    | Rest
)


def step(state: State, happened: Happened) -> tuple[State, Action]:
    """Return the new state and the one next action."""
    match happened:
        case Began(passed_s=passed_s):
            pause_s = max(0.0, state.pause_s - passed_s)
            state = replace(state, batches=0, pages=0, refetches=0, head=None, pause_s=pause_s)
            asks_first = pause_s > 0 or state.takes_gzip is None
            return state, AskHead() if asks_first else ReadOutbox(state.events_max)
        case OutboxRead(batch=None):
            return _without_problem(state, "upload"), AskHead()
        case OutboxRead(batch=batch) if batch is not None:
            if state.batches >= BATCHES_A_CYCLE:
                return state, AskHead()
            as_gzip = bool(state.takes_gzip)
            return replace(state, batches=state.batches + 1), Upload(batch, as_gzip=as_gzip)
        case Uploaded(batch=batch, answer=answer):
            return _uploaded(state, batch, answer)
        case UploadRefused(problem=problem):
            return _blocked(state, problem), AskHead()
        case AckedKept(incarnation=incarnation):
            events_max = min(BATCH_EVENTS_MAX, state.events_max * 2)
            state = replace(_flowing(state, incarnation), events_max=events_max)
            return state, ReadOutbox(events_max)
        case AckedForgotten(incarnation=incarnation):
            return _pull(_flowing(state, incarnation), contact_due=False)
        case HeadSeen(head=head, contact_due=contact_due):
            uploads_next = state.takes_gzip is None
            takes_gzip = GZIP_UPLOADS in head.capabilities
            offered = {(one.generation, one.sha256) for one in head.generations}
            # What is no longer offered is forgotten: the list would grow as somebody likes.
            refused = {one: why for one, why in state.refused.items() if one in offered}
            state = replace(state, head=head, takes_gzip=takes_gzip, refused=refused)
            if state.incarnation not in (None, head.incarnation):
                return state, ForgetAcked(head.incarnation)
            if uploads_next:
                return state, ReadOutbox(state.events_max)
            return _pull(state, contact_due=contact_due)
        case PageArrived(page=page):
            state = replace(state, pages=state.pages + 1)
            if state.bucket_epoch not in (None, page.bucket_epoch):
                return _refetch(state)
            return state, ApplyPage(page)
        case PageApplied():
            return _applied(state, happened)
        case RefetchBegun():
            state = replace(state, is_building=True, is_wrong=False, bucket_epoch=None, position=0)
            return state, AskPage(state.bucket, 0)
        case CachePutInPlace():
            state = _without_problem(replace(state, is_building=False), "download")
            if state.distrusts_sums:
                state = _with_problem(state, "download", WRONG_SUMS)
            return _packages(state)
        case PackageTaken(entry=entry):
            taken = {**state.generations, entry.generation: entry.sha256}
            floor = max(state.floor, entry.generation)
            return _packages(replace(state, generations=taken, floor=floor))
        case PackageRefused(entry=entry, reason=reason):
            refused = {**state.refused, (entry.generation, entry.sha256): reason}
            return _packages(replace(state, refused=refused))
        case DownloadRefused() if state.takes_gzip is None:
            return replace(state, takes_gzip=False), ReadOutbox(state.events_max)
        case DownloadRefused(problem=problem, dice=dice):
            if problem == MUST_REFETCH and state.position > 0 and state.pages == 0:
                return _refetch(state)
            return _back_off(_with_problem(state, "download", problem), dice)
        case NobodyAnswered(dice=dice, is_upload=is_upload):
            if is_upload:
                events_max = max(BATCH_EVENTS_LEAST, state.events_max // 2)
                state = replace(state, events_max=events_max)
            return _back_off(state, dice)
    raise AssertionError(f"no rule for {happened}")


def _uploaded(state: State, batch: Batch, answer: EventsAnswer) -> tuple[State, Action]:
    same_head_office = state.incarnation in (None, answer.incarnation)
    if same_head_office and answer.acked_seq < batch.last_seq:
        return _blocked(state, LOST_DATA), AskHead()
    if not same_head_office:
        return state, ForgetAcked(answer.incarnation)
    # Head office may hold more of this epoch than was sent: events of a copy of this journal. What
    # this one writes under those numbers must still be sent, or nobody would notice the fork.
    durable_seq = min(batch.last_seq, answer.durable_seq)
    return state, KeepAcked(batch.epoch, batch.last_seq, answer.incarnation, durable_seq)


def _pull(state: State, *, contact_due: bool) -> tuple[State, Action]:
    """Pages first, then packages: what a rule names should be there before the rule."""
    if state.head is None:
        return state, AskHead()
    mark = state.head.buckets.get(state.bucket)
    if mark is None:
        return _packages(_with_problem(state, "download", NO_BUCKET))
    if state.bucket_epoch not in (None, mark.epoch):
        # Another log: its rows do not fit behind the cursor.
        return _refetch(replace(state, distrusts_sums=False))
    if mark.head < state.position or state.is_wrong:
        return _refetch(state)
    if not state.is_building and not state.distrusts_sums:
        state = _without_problem(state, "download")
    if state.is_building or mark.head > state.position or state.bucket_epoch is None or contact_due:
        return state, AskPage(state.bucket, state.position)
    return _packages(state)


def _refetch(state: State) -> tuple[State, Action]:
    """The cached rows are those of another log, or not all: a new file is filled beside them."""
    state = _with_problem(state, "download", MUST_REFETCH)
    if state.refetches >= REFETCHES_A_CYCLE:
        return _packages(state)
    return replace(state, refetches=state.refetches + 1), BeginRefetch()


def _applied(state: State, applied: PageApplied) -> tuple[State, Action]:
    state = replace(state, bucket_epoch=applied.bucket_epoch, position=applied.position)
    if not applied.complete:
        if state.pages >= PAGES_A_CYCLE:
            return _packages(state)
        return state, AskPage(state.bucket, state.position)
    is_wrong = applied.adds_up is False
    if state.is_building:
        # All that head office has is here. If that does not add up, another try would not either.
        return replace(state, distrusts_sums=is_wrong), PutCacheInPlace()
    if is_wrong and not state.distrusts_sums:
        return _refetch(state)
    return _packages(state)


def _packages(state: State) -> tuple[State, Action]:
    entries = state.head.generations if state.head is not None else []
    for entry in sorted(entries, key=lambda entry: entry.generation):
        if (entry.generation, entry.sha256) in state.refused:
            continue
        known = state.generations.get(entry.generation)
        if known == entry.sha256:
            continue
        highest = max(state.generations, default=0)
        if known is not None or entry.generation < max(state.floor, highest):
            if known is None and entry.rotates:
                continue  # an old change of keys, long behind this till
            refused = {**state.refused, (entry.generation, entry.sha256): "floor"}
            state = replace(state, refused=refused)
            continue
        return state, TakePackage(entry)
    behind = state.batches >= BATCHES_A_CYCLE or state.pages >= PAGES_A_CYCLE
    return replace(state, failures=0), Rest(0.0 if behind else _idle_s(state))


def _idle_s(state: State) -> float:
    """Return how long to rest when nothing is left to do; hints and new events end it earlier."""
    is_held = state.head is not None and HELD_HEAD in state.head.capabilities
    longest_s = state.safety_poll_s if is_held else min(UNHELD_POLL_S, state.safety_poll_s)
    return min(longest_s, state.pause_s) if state.pause_s > 0 else longest_s


def _back_off(state: State, dice: float) -> tuple[State, Action]:
    failures = state.failures + 1
    longest_s = longest_backoff_s(failures, state.backoff_max_s)
    return replace(state, failures=failures), Rest(dice * longest_s)


def longest_backoff_s(failures: int, backoff_max_s: float) -> float:
    """Return the longest rest after so many failures in a row, in seconds.

    >>> [longest_backoff_s(failures, 300.0) for failures in (1, 2, 9, 10_000)]
    [1.0, 2.0, 256.0, 300.0]
    """
    # The exponent is bounded too: a shop may be offline for weeks.
    return float(min(backoff_max_s, BACKOFF_FIRST_S * 2 ** min(failures, 30)))


def _blocked(state: State, problem: str) -> State:
    """Uploads wait a growing time; a person has to look at it anyway."""
    refusals = state.refusals + 1
    pause_s = float(min(2 ** min(refusals, 30), REFUSED_PAUSE_MAX_S))
    return _with_problem(replace(state, refusals=refusals, pause_s=pause_s), "upload", problem)


def _flowing(state: State, incarnation: str) -> State:
    state = replace(state, incarnation=incarnation, refusals=0, pause_s=0.0)
    return _without_problem(state, "upload")


def _with_problem(state: State, direction: str, problem: str) -> State:
    return replace(state, problems={**state.problems, direction: problem})


def _without_problem(state: State, direction: str) -> State:
    if direction not in state.problems:
        return state
    rest = {name: word for name, word in state.problems.items() if name != direction}
    return replace(state, problems=rest)
