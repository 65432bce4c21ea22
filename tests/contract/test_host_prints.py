"""What a host that owns its printer may rely on, in Python as over JSON (printing.md §3.6, T8)."""

from __future__ import annotations

from queue import Queue
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest
from host_till import PythonSide, asked_in_json, asked_in_python, events_of, host_till, print_effect
from printing import dots_of
from waiting import until

from printers.sim.host import SimulatedHost

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from host_till import HostSide
    from till_builder import TillBuilder

    from pos_plugin import Plugin
    from pos_plugin.print_listeners import Told

WAYS = {"python": asked_in_python, "json": asked_in_json}
STATES = {"printed": "CONFIRMED", "failed": "FAILED", "unknown": "UNKNOWN"}
WAIT_S = 60


class Counter:
    """A till at work with the host beside it."""

    def __init__(self, till: TillBuilder, side: HostSide, plugin: Plugin, host: Path) -> None:
        self.till = till
        self.side = side
        self.plugin = plugin
        self.host = SimulatedHost(host)

    def sold(self, sale_id: str, **facts: Any) -> dict[str, Any]:
        """What the host is to print for a sale, fetched when it did not come at once."""
        effect = print_effect(self.side.sell(sale_id, **facts))
        return self.fetched(effect)

    def fetched(self, effect: dict[str, Any]) -> dict[str, Any]:
        job = effect["job"]
        if "format" in effect:
            return effect
        until(lambda: self.side.job(job)["state"] == "SENDING", within_s=WAIT_S, what="the effect")
        found: dict[str, Any] = self.side.job(job)["effect"]
        return found

    def chosen(self, job: str, choice: str) -> dict[str, Any]:
        """What a choice answers; a busy machine lays out later than the answer waits."""
        answer = self.side.choose(job, choice)
        if "effect" in answer:
            return answer
        again = answer["job"]
        until(
            lambda: self.side.job(again)["state"] == "SENDING", within_s=WAIT_S, what="the effect"
        )
        return self.side.job(again)

    def events(self) -> list[tuple[Any, ...]]:
        found = events_of(self.till, "print_closed", "voucher_handed_over")
        return [(one["event"], one["job"], one.get("state")) for one in found]


@pytest.fixture(params=WAYS)
def counter(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Counter]:
    till = host_till(tmp_path / "till")
    with WAYS[request.param](till) as (side, plugin):
        yield Counter(till, side, plugin, tmp_path / "host")


@pytest.mark.parametrize("form", ["png", "text", "escpos"])
@pytest.mark.parametrize("way", WAYS)
def test_answer_of_the_call_carries_what_is_to_be_printed(
    tmp_path: Path, way: str, form: str
) -> None:
    till = host_till(tmp_path / "till", format=form)
    with WAYS[way](till) as (side, plugin):
        counter = Counter(till, side, plugin, tmp_path / "host")
        # The libraries of the first page load longer than a till waits.
        counter.sold("1")
        effect = counter.sold("2")
        assert (effect["format"], effect["attempt"]) == (form, 1)
        assert counter.host.take(effect) == "printed"
        answer = side.result(effect["job"], 1, "printed")
        assert answer["state"] == "CONFIRMED"
        (paper,) = counter.host.papers()
        assert paper.stat().st_size > 100


def late_job(counter: Counter) -> str:
    """The job of a sale that was answered before its paper was laid out; nobody was told of it."""
    stands, goes_on = Event(), Event()

    def holds_up(told: Told) -> None:
        if told.kind == "notice":
            stands.set()
            goes_on.wait(WAIT_S)

    prints = counter.plugin.prints
    end = prints.subscribe(holds_up)
    try:
        counter.side.sell("1")
        assert stands.wait(WAIT_S)
        effect = print_effect(counter.side.sell("2"))
        assert "format" not in effect, "the printing thread stood still"
    finally:
        end()
        goes_on.set()
    # Whoever asks for the job itself has fetched it.
    until(
        lambda: ("SENDING", effect["job"]) in [(one.state, one.job) for one in prints.notices()],
        within_s=WAIT_S,
        what="the effect",
    )
    return str(effect["job"])


def told_in(answer: dict[str, Any], job: str) -> list[tuple[Any, ...]]:
    found = [one for one in answer["effects"] if one["kind"] == "print" and one["job"] == job]
    return [(one["attempt"], one["format"], len(one["png"]) > 100) for one in found]


@pytest.mark.parametrize("call", ["sell", "evaluate", "void"])
def test_what_was_late_leaves_once_with_the_next_answer(counter: Counter, call: str) -> None:
    side = counter.side
    job = late_job(counter)
    sale_id = "1" if call == "void" else "3"
    if call == "evaluate" and isinstance(side, PythonSide):
        assert told_in(side.evaluate("3"), job) == [], "what an evaluation says may be dropped"
        call = "sell"
    assert told_in(getattr(side, call)(sale_id), job) == [(1, "png", True)]
    assert told_in(side.sell("4"), job) == []
    # Told whole, so a silent host is believed to have printed it.
    assert side.result(job, 1, "printed")["state"] == "CONFIRMED"


def test_what_was_late_goes_to_the_host_that_listens_alone(counter: Counter) -> None:
    job = late_job(counter)
    told: Queue[Told] = Queue()
    end = counter.plugin.prints.subscribe(told.put, prints=True)
    assert told_in(counter.side.sell("3"), job) == []
    end()
    effects = [one.to_dict("de") for one in list(told.queue) if one.kind == "print"]
    assert job in [one["job"] for one in effects]


def test_stored_answer_stays_small_and_repeats_the_pair(counter: Counter) -> None:
    effect = counter.sold("1")
    again = print_effect(counter.side.sell("1"))
    assert again == effect, "told again as long as nobody has reported"
    counter.side.result(effect["job"], 1, "printed")
    later = print_effect(counter.side.sell("1"))
    assert (later["job"], later["attempt"]) == (effect["job"], 1)
    assert "png" not in later


@pytest.mark.parametrize("result", STATES)
def test_each_result_has_its_state_and_the_same_again_the_same_answer(
    counter: Counter, result: str
) -> None:
    effect = counter.sold("1")
    first = counter.side.result(effect["job"], 1, result)
    assert first["state"] == STATES[result]
    assert counter.side.result(effect["job"], 1, result) == first
    assert counter.events() == [("print_closed", effect["job"], STATES[result])]


@pytest.mark.parametrize(
    ("first", "then", "state"),
    [
        ("printed", "failed", None),
        ("printed", "unknown", None),
        ("failed", "printed", None),
        ("failed", "unknown", None),
        ("unknown", "printed", "CONFIRMED"),
        ("unknown", "failed", "FAILED"),
    ],
)
def test_contradicting_result_counts_only_out_of_doubt(
    counter: Counter, first: str, then: str, state: str | None
) -> None:
    job = counter.sold("1")["job"]
    counter.side.result(job, 1, first)
    answer = counter.side.result(job, 1, then)
    if state is None:
        assert answer == {"refused": "conflict"}
        assert counter.side.job(job)["state"] == STATES[first]
    else:
        assert answer["state"] == state


def test_foreign_results_change_nothing(counter: Counter) -> None:
    job = counter.sold("1")["job"]
    assert counter.side.result("nobody", 1, "printed") == {"refused": "print_job_unknown"}
    assert counter.side.result(job, 2, "printed") == {"refused": "conflict"}
    assert counter.side.job(job)["state"] == "SENDING"
    assert counter.events() == []


@pytest.mark.parametrize("way", WAYS)
def test_host_that_never_reports_leaves_it_to_the_eyes(tmp_path: Path, way: str) -> None:
    till = host_till(tmp_path / "till", report_within_s=0)
    with WAYS[way](till) as (side, plugin):
        counter = Counter(till, side, plugin, tmp_path / "host")
        job = print_effect(side.sell("1"))["job"]
        until(lambda: side.job(job)["state"] == "ASSUMED", within_s=WAIT_S, what="silence")
        (notice,) = side.notices()
        assert notice["text"].count("Gutschein gesendet, Drucker meldet nichts zurück.") == 1
        assert [one["choice"] for one in notice["choices"]] == ["acknowledge", "reprint"]
        # Late, and the other way: the host's word counts more than its silence.
        assert side.result(job, 1, "failed")["state"] == "FAILED"
        assert counter.events()[-1] == ("print_closed", job, "FAILED")


@pytest.mark.parametrize("answer", ["handed_over", "copied", "answered", "cancelled"])
def test_late_result_comes_too_late_once_somebody_acted(counter: Counter, answer: str) -> None:
    job = counter.sold("1")["job"]
    side = counter.side
    if answer == "handed_over":
        side.result(job, 1, "printed")
        side.acknowledge(side.notices()[0]["notice_id"])
    else:
        side.result(job, 1, "unknown")
        choice = {"copied": "reprint", "answered": "came-out", "cancelled": "cancel"}[answer]
        assert "refused" not in side.choose(job, choice)
    before = counter.events()
    assert side.result(job, 1, "failed") == {"refused": "conflict"}
    assert counter.events() == before


def test_copy_is_a_job_of_its_own_with_its_mark(counter: Counter) -> None:
    effect = counter.sold("1")
    side = counter.side
    side.result(effect["job"], 1, "unknown")
    copy = counter.chosen(effect["job"], "reprint")
    assert (copy["copy_index"], copy["state"]) == (1, "SENDING")
    assert copy["effect"]["job"] == copy["job"]
    assert copy["effect"]["copy_index"] == 1
    assert copy["effect"]["codes"] == effect["codes"], "the code never changes"
    old = side.job(effect["job"])
    assert (old["state"], old["replaced_by"]) == ("REPLACED", copy["job"])
    again = side.choose(effect["job"], "reprint")
    assert again["job"] == copy["job"], "asked twice, copied once"
    assert side.result(copy["job"], 1, "printed")["state"] == "CONFIRMED"
    assert [one["job"] for one in side.notices()] == [copy["job"]]


def test_failed_print_is_tried_again_without_a_copy_mark(counter: Counter) -> None:
    job = counter.sold("1")["job"]
    side = counter.side
    side.result(job, 1, "failed")
    (notice,) = side.notices()
    assert notice["text"].endswith(": Kasse meldet Druckfehler. Der Code auf dem Bildschirm gilt.")
    assert [one["text"] for one in notice["choices"]] == ["Nochmals", "Stornieren"]
    again = counter.chosen(job, "print")
    assert (again["job"], again["attempt"], again["copy_index"]) == (job, 2, 0)
    assert again["effect"]["attempt"] == 2
    assert side.result(job, 1, "printed") == {"refused": "conflict"}
    assert side.result(job, 2, "printed")["state"] == "CONFIRMED"


def test_doubt_is_answered_by_the_cashier(counter: Counter) -> None:
    job = counter.sold("1")["job"]
    side = counter.side
    side.result(job, 1, "unknown")
    (notice,) = side.notices()
    assert notice["text"].endswith(": Kam der Gutschein vollständig heraus?")
    assert [(one["choice"], one["text"]) for one in notice["choices"]] == [
        ("came-out", "Ja"),
        ("reprint", "Nein: Nachdruck"),
        ("acknowledge", "Später"),
        ("cancel", "Stornieren"),
    ]
    assert side.choose(job, "came-out")["state"] == "CONFIRMED_BY_OPERATOR"
    assert side.choose(job, "came-out")["state"] == "CONFIRMED_BY_OPERATOR"
    (notice,) = side.notices()
    assert notice["code"] == "print_confirmed"


def test_later_takes_the_question_away_until_the_next_start(counter: Counter) -> None:
    job = counter.sold("1")["job"]
    side = counter.side
    side.result(job, 1, "unknown")
    side.acknowledge(side.notices()[0]["notice_id"])
    assert side.notices() == []
    assert side.job(job)["state"] == "UNKNOWN"
    assert counter.plugin.prints.open_jobs() == 1
    assert counter.events() == [("print_closed", job, "UNKNOWN")]


def test_cancelled_print_leaves_the_voucher(counter: Counter) -> None:
    job = counter.sold("1")["job"]
    side = counter.side
    assert side.choose(job, "cancel") == {"refused": "print_not_now"}, "it may be on paper"
    side.result(job, 1, "unknown")
    answer = side.choose(job, "cancel", reason="Papierstau")
    assert answer["state"] == "CANCELLED"
    assert answer["text"] == "Druck storniert. Der Gutschein selbst gilt weiter."
    assert side.choose(job, "cancel", reason="Papierstau")["state"] == "CANCELLED"
    assert side.notices() == []
    assert side.choose(job, "reprint") == {"refused": "print_not_now"}


VOID = "Der Gutschein ist storniert. Liegt er schon gedruckt da: bitte zurücknehmen."
TAKEN_BACK = ("void", "bring_back")


@pytest.mark.parametrize("how", TAKEN_BACK)
def test_nobody_hands_over_a_voucher_that_was_taken_back(counter: Counter, how: str) -> None:
    side = counter.side
    kept = counter.sold("1")["job"]
    gone = counter.sold("2")["job"]
    for job in (kept, gone):
        side.result(job, 1, "printed")
    before = {one["job"]: one["notice_id"] for one in side.notices()}
    assert set(before) == {kept, gone}
    assert "refused" not in getattr(side, how)("2")
    assert [one["job"] for one in side.notices()] == [kept], "without a void it stays"
    assert side.job(gone)["text"] == VOID
    assert side.job(gone)["state"] == "CONFIRMED"
    assert side.acknowledge(before[gone]) == {"refused": "notice_unknown"}
    assert side.choose(gone, "reprint") == {"refused": "print_not_now"}
    assert side.acknowledge(before[kept])["text"] == "Gutschein überreicht."


@pytest.mark.parametrize("result", STATES)
@pytest.mark.parametrize("how", TAKEN_BACK)
def test_what_comes_out_after_the_void_asks_nothing(
    counter: Counter, how: str, result: str
) -> None:
    job = counter.sold("1")["job"]
    side = counter.side
    getattr(side, how)("1")
    assert side.notices() == []
    assert side.job(job)["state"] == "SENDING"
    answer = side.result(job, 1, result)
    assert (answer["state"], answer["text"]) == (STATES[result], VOID)
    assert side.notices() == []
    assert side.choose(job, "print") == {"refused": "print_not_now"}
    assert counter.plugin.prints.open_jobs() == 0


@pytest.mark.parametrize("result", ["failed", "unknown"])
def test_job_that_goes_with_its_voucher_does_not_call_it_valid(
    counter: Counter, result: str
) -> None:
    job = counter.sold("1")["job"]
    side = counter.side
    side.result(job, 1, result)
    side.void("1")
    assert (side.job(job)["state"], side.job(job)["text"]) == ("CANCELLED", VOID)
    assert side.notices() == []


def test_choices_that_do_not_fit_are_refused(counter: Counter) -> None:
    job = counter.sold("1")["job"]
    side = counter.side
    assert side.choose(job, "came-out") == {"refused": "print_not_now"}
    assert side.choose(job, "reprint") == {"refused": "print_not_now"}
    assert side.choose(job, "other-printer") == {"refused": "print_no_other_printer"}
    for choice in ("print", "reprint", "came-out", "other-printer", "cancel"):
        assert side.choose("nobody", choice) == {"refused": "print_job_unknown"}
    side.result(job, 1, "printed")
    assert side.choose(job, "print") == {"refused": "print_not_now"}


def test_hand_over_is_recorded_once(counter: Counter) -> None:
    job = counter.sold("1")["job"]
    side = counter.side
    side.result(job, 1, "printed")
    (notice,) = side.notices()
    assert notice["text"].endswith(": Bitte den gedruckten Gutschein überreichen.")
    first = side.acknowledge(notice["notice_id"], cashier="17")
    assert first["handed_over_at"] == "2026-03-07T11:00:00.000Z"
    assert first["text"] == "Gutschein überreicht."
    assert side.acknowledge(notice["notice_id"], cashier="17") == first
    assert side.notices() == []
    assert counter.events() == [
        ("print_closed", job, "CONFIRMED"),
        ("voucher_handed_over", job, None),
    ]
    (event,) = events_of(counter.till, "voucher_handed_over")
    assert (event["cashier"], event["customer"], event["kind"]) == ("17", "K1", "voucher")


def test_notice_that_does_not_hold_any_more_is_refused(counter: Counter) -> None:
    job = counter.sold("1")["job"]
    side = counter.side
    side.result(job, 1, "unknown")
    (notice,) = side.notices()
    side.result(job, 1, "failed")
    for gone in (notice["notice_id"], "nothing", f"{job}.confirmed"):
        assert side.acknowledge(gone) == {"refused": "notice_unknown"}


def test_notices_outlive_the_process(tmp_path: Path) -> None:
    till = host_till(tmp_path / "till")
    with asked_in_python(till) as (side, plugin):
        job = Counter(till, side, plugin, tmp_path / "host").sold("1")["job"]
        side.result(job, 1, "printed")
    with asked_in_python(till) as (side, plugin):
        (notice,) = side.notices()
        assert notice["job"] == job
        assert side.acknowledge(notice["notice_id"])["handed_over_at"]
    with asked_in_python(till) as (side, _plugin):
        assert side.notices() == []


def test_unanswered_question_comes_back_at_the_next_start(tmp_path: Path) -> None:
    till = host_till(tmp_path / "till")
    with asked_in_python(till) as (side, plugin):
        job = Counter(till, side, plugin, tmp_path / "host").sold("1")["job"]
    with asked_in_python(till) as (side, plugin):
        (notice,) = side.notices()
        assert (notice["job"], notice["state"]) == (job, "UNKNOWN")
        for _ in range(2):
            side.acknowledge(notice["notice_id"], cashier="7")
        assert [one["job"] for one in plugin.prints.unfinished()] == [job]
    with asked_in_python(till) as (side, _plugin):
        assert len(side.notices()) == 1
    # Who put it off is known, and only once.
    (seen,) = events_of(till, "notice_acknowledged")
    assert (seen["job"], seen["notice"], seen["cashier"]) == (job, "print_unknown", "7")


def test_training_prints_its_mark_and_leaves_no_event(counter: Counter) -> None:
    effect = counter.sold("1", training=True)
    assert effect["codes"][0]["content"].startswith("SKTEST")
    side = counter.side
    side.result(effect["job"], 1, "printed")
    side.acknowledge(side.notices()[0]["notice_id"])
    assert counter.events() == []


def test_page_is_shown_as_it_lies_on_paper(tmp_path: Path) -> None:
    till = host_till(tmp_path / "till", format="escpos")
    with asked_in_python(till) as (side, plugin):
        counter = Counter(till, side, plugin, tmp_path / "host")
        effect = counter.sold("1")
        counter.host.take(effect)
        (page,) = plugin.prints.pages(effect["job"])
        assert dots_of(page) == dots_of(counter.host.papers()[0].read_bytes())
        assert plugin.prints.pages("nobody") == []
