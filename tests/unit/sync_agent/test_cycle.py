from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync_agent import cycle
from sync_agent.cycle import State, step
from sync_agent.outbox import Batch
from sync_agent.protocol.messages import (
    GZIP_UPLOADS,
    HELD_HEAD,
    BucketMark,
    EventsAnswer,
    GenerationEntry,
    Head,
)
from sync_agent.protocol.pages import Page

BUCKET = "shop:001"
BATCH = Batch(epoch=7, first_seq=1, last_seq=2, body=b"")


def head(*, position: int = 10, epoch: int = 5, generations: tuple[int, ...] = ()) -> Head:
    return Head(
        mark="m",
        capabilities=[HELD_HEAD],
        incarnation="one",
        buckets={BUCKET: BucketMark(epoch=epoch, head=position)},
        generations=[entry(number) for number in generations],
    )


def entry(generation: int, sha256: str = "") -> GenerationEntry:
    return GenerationEntry(
        chain="c",
        ring="all",
        generation=generation,
        activate_at="2026-01-01T00:00:00.000Z",
        sha256=sha256 or f"{generation:064x}",
        key_id="k",
        signature="0" * 128,
    )


def answer(acked_seq: int, incarnation: str = "one") -> EventsAnswer:
    return EventsAnswer(acked_seq=acked_seq, durable_seq=0, incarnation=incarnation)


@pytest.fixture
def state() -> State:
    return State(bucket=BUCKET, bucket_epoch=5, position=10, incarnation="one")


def test_upload_comes_before_download(state: State) -> None:
    state, action = step(state, cycle.Began())
    assert action == cycle.ReadOutbox()
    state, action = step(state, cycle.OutboxRead(BATCH))
    assert action == cycle.Upload(BATCH)
    state, action = step(state, cycle.Uploaded(BATCH, answer(2)))
    assert action == cycle.KeepAcked(7, 2, "one")
    state, action = step(state, cycle.AckedKept("one"))
    assert action == cycle.ReadOutbox()
    state, action = step(state, cycle.OutboxRead(None))
    assert action == cycle.AskHead()


def test_agent_asks_once_what_head_office_takes_before_it_uploads(state: State) -> None:
    state, action = step(replace(state, takes_gzip=None), cycle.Began())
    assert action == cycle.AskHead()
    packed = head().model_copy(update={"capabilities": [GZIP_UPLOADS]})
    state, action = step(state, cycle.HeadSeen(packed))
    assert action == cycle.ReadOutbox()
    state, action = step(state, cycle.OutboxRead(BATCH))
    assert action == cycle.Upload(BATCH, as_gzip=True)
    state, action = step(state, cycle.Began())
    assert action == cycle.ReadOutbox()
    # One that was replaced by an older version refuses once, and gets plain lines from then on.
    state, action = step(state, cycle.UploadRefused("not-an-event"))
    assert action == cycle.AskHead()
    state, action = step(state, cycle.HeadSeen(head()))
    assert isinstance(action, cycle.Rest)
    assert step(state, cycle.OutboxRead(BATCH))[1] == cycle.Upload(BATCH)


def test_refused_head_does_not_keep_the_first_upload_from_going(state: State) -> None:
    state, _ = step(replace(state, takes_gzip=None), cycle.Began())
    state, action = step(state, cycle.DownloadRefused("not-understood", dice=0.5))
    assert action == cycle.ReadOutbox()
    state, action = step(state, cycle.OutboxRead(BATCH))
    assert action == cycle.Upload(BATCH)
    state, action = step(state, cycle.DownloadRefused("not-understood", dice=0.5))
    assert isinstance(action, cycle.Rest)
    assert state.problems == {"download": "not-understood"}


def test_refused_upload_does_not_keep_rules_from_coming(state: State) -> None:
    state, action = step(state, cycle.UploadRefused("fork"))
    assert action == cycle.AskHead()
    assert state.problems == {"upload": "fork"}
    state, action = step(state, cycle.HeadSeen(head(generations=(1,))))
    assert action == cycle.TakePackage(entry(1))


def test_refused_upload_is_tried_again_after_a_growing_pause(state: State) -> None:
    pauses = []
    for _ in range(12):
        state, _ = step(state, cycle.UploadRefused("gap"))
        state, action = step(state, cycle.Began(passed_s=0.0))
        assert action == cycle.AskHead()
        state, action = step(state, cycle.HeadSeen(head()))
        assert isinstance(action, cycle.Rest)
        pauses.append(state.pause_s)
        assert action.seconds == min(state.pause_s, cycle.SAFETY_POLL_S)
        state, action = step(state, cycle.Began(passed_s=state.pause_s))
        assert action == cycle.ReadOutbox()
    assert pauses[:3] == [2, 4, 8]
    assert max(pauses) == cycle.REFUSED_PAUSE_MAX_S


def test_head_office_that_holds_no_request_is_asked_often(state: State) -> None:
    plain = head().model_copy(update={"capabilities": []})
    assert step(state, cycle.HeadSeen(plain))[1] == cycle.Rest(cycle.UNHELD_POLL_S)


def test_head_office_that_lost_data_stops_uploads_only(state: State) -> None:
    state, action = step(state, cycle.Uploaded(BATCH, answer(1)))
    assert action == cycle.AskHead()
    assert state.problems == {"upload": cycle.LOST_DATA}


def test_only_what_was_sent_counts_as_held(state: State) -> None:
    # Events of a copy of this journal: those this one writes under the same numbers are not there.
    _, action = step(state, cycle.Uploaded(BATCH, answer(500)))
    assert action == cycle.KeepAcked(BATCH.epoch, BATCH.last_seq, "one")


def test_new_incarnation_gets_everything_again(state: State) -> None:
    after, action = step(state, cycle.Uploaded(BATCH, answer(0, "two")))
    assert action == cycle.ForgetAcked("two")
    after, action = step(state, cycle.HeadSeen(head().model_copy(update={"incarnation": "two"})))
    assert action == cycle.ForgetAcked("two")
    after, _ = step(after, cycle.AckedForgotten("two"))
    assert after.incarnation == "two"


def test_pages_come_until_the_log_ends(state: State) -> None:
    state, action = step(state, cycle.HeadSeen(head(position=30)))
    assert action == cycle.AskPage(BUCKET, 10)
    state, action = step(state, cycle.PageApplied(5, 20, complete=False))
    assert action == cycle.AskPage(BUCKET, 20)
    state, action = step(state, cycle.PageApplied(5, 30, complete=True))
    assert action == cycle.Rest(cycle.SAFETY_POLL_S)
    assert state.position == 30


def test_nothing_new_means_no_page(state: State) -> None:
    assert step(state, cycle.HeadSeen(head()))[1] == cycle.Rest(cycle.SAFETY_POLL_S)


def test_contact_is_kept_now_and_then_though_nothing_is_new(state: State) -> None:
    _, action = step(state, cycle.HeadSeen(head(), contact_due=True))
    assert action == cycle.AskPage(BUCKET, 10)


@pytest.mark.parametrize("other", [head(epoch=6, position=50), head(position=3)])
def test_other_log_is_fetched_into_a_new_file(state: State, other: Head) -> None:
    state, action = step(state, cycle.HeadSeen(other))
    assert action == cycle.BeginRefetch()
    assert state.problems == {"download": cycle.MUST_REFETCH}
    state, action = step(state, cycle.RefetchBegun())
    assert action == cycle.AskPage(BUCKET, 0)
    state, action = step(state, cycle.PageApplied(6, 20, complete=False))
    assert action == cycle.AskPage(BUCKET, 20)
    # In the middle of it the network goes: the next round goes on in the same file.
    state, _ = step(state, cycle.NobodyAnswered(dice=0.5))
    state, _ = step(state, cycle.Began())
    state, action = step(state, cycle.HeadSeen(head(epoch=6, position=50)))
    assert action == cycle.AskPage(BUCKET, 20)
    state, action = step(state, cycle.PageApplied(6, 50, complete=True, adds_up=True))
    assert action == cycle.PutCacheInPlace()
    state, action = step(state, cycle.CachePutInPlace())
    assert action == cycle.Rest(cycle.SAFETY_POLL_S)
    assert state.problems == {}
    assert not state.is_building


def test_rows_that_do_not_add_up_are_fetched_again_once(state: State) -> None:
    state, _ = step(state, cycle.HeadSeen(head(position=30)))
    state, action = step(state, cycle.PageApplied(5, 30, complete=True, adds_up=False))
    assert action == cycle.BeginRefetch()
    state, _ = step(state, cycle.RefetchBegun())
    state, action = step(state, cycle.PageApplied(5, 30, complete=True, adds_up=False))
    # A head office that counts wrongly: its rows are taken, and it is told.
    assert action == cycle.PutCacheInPlace()
    state, _ = step(state, cycle.CachePutInPlace())
    assert state.problems == {"download": cycle.WRONG_SUMS}
    for _ in range(3):
        state, _ = step(state, cycle.Began())
        state, _ = step(state, cycle.HeadSeen(head(position=40)))
        state, action = step(state, cycle.PageApplied(5, 40, complete=True, adds_up=False))
        assert action == cycle.Rest(cycle.SAFETY_POLL_S)
    assert state.problems == {"download": cycle.WRONG_SUMS}


def test_head_office_that_always_begins_anew_is_followed_twice_a_round(state: State) -> None:
    state, action = step(state, cycle.HeadSeen(head(epoch=6)))
    begun = 0
    while action == cycle.BeginRefetch():
        begun += 1
        state, _ = step(state, cycle.RefetchBegun())
        state, _ = step(state, cycle.PageApplied(100 + begun, 1, complete=False))
        page = Page(BUCKET, 200 + begun, 1, (), 2, complete=False)
        state, action = step(state, cycle.PageArrived(page))
    assert begun == cycle.REFETCHES_A_CYCLE
    assert isinstance(action, cycle.Rest)


def test_shop_without_a_bucket_is_told(state: State) -> None:
    nothing = head().model_copy(update={"buckets": {}})
    after, _ = step(state, cycle.HeadSeen(nothing))
    assert after.problems == {"download": cycle.NO_BUCKET}


def test_generations_are_taken_in_ascending_order(state: State) -> None:
    state, action = step(state, cycle.HeadSeen(head(generations=(3, 2))))
    assert action == cycle.TakePackage(entry(2))
    state, action = step(state, cycle.PackageTaken(entry(2)))
    assert action == cycle.TakePackage(entry(3))
    state, action = step(state, cycle.PackageTaken(entry(3)))
    assert action == cycle.Rest(cycle.SAFETY_POLL_S)


def test_refused_package_is_not_fetched_again_but_a_corrected_one_is(state: State) -> None:
    state, _ = step(state, cycle.HeadSeen(head(generations=(1,))))
    state, action = step(state, cycle.PackageRefused(entry(1), "signature"))
    assert action == cycle.Rest(cycle.SAFETY_POLL_S)
    _, action = step(state, cycle.HeadSeen(head(generations=(1,))))
    assert action == cycle.Rest(cycle.SAFETY_POLL_S)
    corrected = head().model_copy(update={"generations": [entry(1, "f" * 64)]})
    _, action = step(state, cycle.HeadSeen(corrected))
    assert action == cycle.TakePackage(entry(1, "f" * 64))


def test_refused_packages_of_a_hostile_head_office_do_not_pile_up(state: State) -> None:
    for number in range(1, 100):
        state, action = step(state, cycle.HeadSeen(head(generations=(number,))))
        assert action == cycle.TakePackage(entry(number))
        state, _ = step(state, cycle.PackageRefused(entry(number), "signature"))
    assert list(state.refused) == [(99, entry(99).sha256)]


def test_generation_below_the_floor_is_never_fetched(state: State) -> None:
    state = replace(state, floor=4)
    after, action = step(state, cycle.HeadSeen(head(generations=(3,))))
    assert action == cycle.Rest(cycle.SAFETY_POLL_S)
    assert list(after.refused.values()) == ["floor"]
    # A till that lost its cache takes the generation of its receipts again.
    assert step(state, cycle.HeadSeen(head(generations=(4,))))[1] == cycle.TakePackage(entry(4))


def test_known_generation_with_other_content_is_refused(state: State) -> None:
    state = replace(state, generations={2: "a" * 64}, floor=2)
    after, action = step(state, cycle.HeadSeen(head(generations=(2,))))
    assert action == cycle.Rest(cycle.SAFETY_POLL_S)
    assert list(after.refused.values()) == ["floor"]


def test_rest_grows_with_failures_and_stays_bounded(state: State) -> None:
    rests = []
    for _ in range(2_000):
        state, action = step(state, cycle.NobodyAnswered(dice=0.999))
        assert isinstance(action, cycle.Rest)
        rests.append(action.seconds)
    assert rests[0] < 1.0 < rests[3]
    assert max(rests) <= cycle.BACKOFF_MAX_S
    state, _ = step(state, cycle.HeadSeen(head()))
    assert state.failures == 0


def test_batches_shrink_while_uploads_break_and_grow_again(state: State) -> None:
    asked = []
    for _ in range(8):
        state, _ = step(state, cycle.NobodyAnswered(dice=0.5, is_upload=True))
        state, action = step(state, cycle.Began())
        assert isinstance(action, cycle.ReadOutbox)
        asked.append(action.events_max)
    assert asked == [100, 50, 25, 12, 6, 5, 5, 5]
    for _ in range(8):
        state, action = step(state, cycle.AckedKept("one"))
        assert isinstance(action, cycle.ReadOutbox)
        asked.append(action.events_max)
    assert asked[8:] == [10, 20, 40, 80, 160, 200, 200, 200]


def test_silence_that_broke_no_upload_leaves_batches_as_they_are(state: State) -> None:
    state, _ = step(state, cycle.NobodyAnswered(dice=0.5))
    assert step(state, cycle.Began())[1] == cycle.ReadOutbox(200)


def test_problems_go_away_when_the_way_is_free_again(state: State) -> None:
    state = replace(state, problems={"upload": "fork", "download": "storage"})
    state, _ = step(state, cycle.OutboxRead(None))
    state, _ = step(state, cycle.HeadSeen(head()))
    assert state.problems == {}


def test_long_queue_leaves_room_for_downloads(state: State) -> None:
    state, action = step(state, cycle.Began())
    for _ in range(cycle.BATCHES_A_CYCLE):
        state, action = step(state, cycle.OutboxRead(BATCH))
        assert action == cycle.Upload(BATCH)
    state, action = step(state, cycle.OutboxRead(BATCH))
    assert action == cycle.AskHead()
    _, action = step(state, cycle.HeadSeen(head()))
    assert action == cycle.Rest(0.0)


EVENTS = st.one_of(
    st.just(cycle.Began()),
    st.sampled_from([cycle.OutboxRead(None), cycle.OutboxRead(BATCH)]),
    st.builds(
        lambda seq, name: cycle.Uploaded(BATCH, answer(seq, name)),
        st.integers(0, 3),
        st.sampled_from(["one", "two"]),
    ),
    st.just(cycle.UploadRefused("fork")),
    st.sampled_from([cycle.AckedKept("one"), cycle.AckedForgotten("two")]),
    st.builds(
        lambda position, epoch, numbers: cycle.HeadSeen(
            head(position=position, epoch=epoch, generations=tuple(numbers))
        ),
        st.integers(0, 30),
        st.sampled_from([5, 6]),
        st.lists(st.integers(0, 5), max_size=3),
    ),
    st.builds(cycle.PageApplied, st.just(5), st.integers(0, 30), st.booleans()),
    st.builds(lambda number: cycle.PackageTaken(entry(number)), st.integers(0, 5)),
    st.builds(lambda number: cycle.PackageRefused(entry(number), "hash"), st.integers(0, 5)),
    st.just(cycle.DownloadRefused("busy", dice=0.5)),
    st.just(cycle.NobodyAnswered(dice=0.5)),
)


@given(st.lists(EVENTS, max_size=40))
def test_no_order_of_events_ever_lowers_the_floor(events: list[cycle.Happened]) -> None:
    state = State(bucket=BUCKET)
    for happened in events:
        before = state
        state, action = step(state, happened)
        assert state.floor >= before.floor
        if isinstance(action, cycle.TakePackage):
            assert action.entry.generation >= state.floor
            assert action.entry.generation not in state.generations
