"""The printing of a till as a host in Python sees it."""

from __future__ import annotations

from queue import Queue
from typing import TYPE_CHECKING, Any

import pytest
from host_till import PythonSide, events_of, host_till, print_effect, snapshot
from till_builder import TillBuilder
from waiting import until

from pos_plugin import MisuseError, NoticeCode, Plugin, Refused
from pos_plugin.errors import StorageFull
from pos_plugin.loyalty.voucher_document import whose
from pos_plugin.print_listeners import Listeners, Told
from pos_plugin.print_notices import CHOICES, JobNotice, print_notice
from pos_plugin.printing.news import NOTICES_MAX
from printers.ports import JobReason, JobState
from printers.sim.host import SimulatedHost

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

WAIT_S = 60


@pytest.fixture
def till(tmp_path: Path) -> TillBuilder:
    return host_till(tmp_path / "till")


def opened(till: TillBuilder, **told: Any) -> AbstractContextManager[Plugin]:
    return Plugin.open(till.config_path, clock=till.clock, **told)


def sell(plugin: Plugin, sale_id: str) -> dict[str, Any]:
    return print_effect(PythonSide(plugin).sell(sale_id))


def state_of(plugin: Plugin, job: str) -> str:
    found = plugin.prints.job(job)
    assert found is not None
    return str(found["state"])


def test_function_of_the_host_prints_and_reports_at_once(till: TillBuilder, tmp_path: Path) -> None:
    host = SimulatedHost(tmp_path / "host")
    answers: Queue[Any] = Queue()

    def on_print(effect: dict[str, Any]) -> None:
        result = host.take(effect)
        assert result is not None
        answers.put(plugin.prints.result(effect["job"], effect["attempt"], result))

    with opened(till, on_print=on_print) as plugin:
        effect = sell(plugin, "1")
        assert "format" not in effect, "it goes one way only"
        assert answers.get(timeout=WAIT_S)["state"] == "CONFIRMED"
        assert state_of(plugin, effect["job"]) == "CONFIRMED"
    assert len(host.papers()) == 1


def test_what_the_function_raises_is_a_doubt(till: TillBuilder) -> None:
    def on_print(_effect: dict[str, Any]) -> None:
        raise OSError("no paper, or some")

    with opened(till, on_print=on_print) as plugin:
        job = sell(plugin, "1")["job"]
        until(lambda: state_of(plugin, job) == "UNKNOWN", within_s=WAIT_S, what="doubt")
        assert plugin.prints.job(job)["reason"] == "host_fault"  # type: ignore[index]
        late = plugin.prints.result(job, 1, "printed")
        assert not isinstance(late, Refused)
        assert late["state"] == "CONFIRMED"


def test_host_in_python_hears_every_notice(till: TillBuilder) -> None:
    heard: Queue[dict[str, Any]] = Queue()
    with opened(till, on_notice=heard.put) as plugin:
        job = sell(plugin, "1")["job"]
        # Stored first, told then: the host reports what it was told of.
        said = [heard.get(timeout=WAIT_S)]
        plugin.prints.result(job, 1, "printed")
        plugin.prints.acknowledge(f"{job}.confirmed")
    said += [heard.get(timeout=WAIT_S) for _ in range(2)]
    assert [(one["state"], one["open"]) for one in said] == [
        ("SENDING", True),
        ("CONFIRMED", True),
        ("CONFIRMED", False),
    ]
    end = said[1]["params"]["code_end"]
    assert said[1]["text"] == f"K1, …{end}: Bitte den gedruckten Gutschein überreichen."


def test_faulty_listener_stops_nobody(till: TillBuilder) -> None:
    def fails(_notice: dict[str, Any]) -> None:
        raise RuntimeError("the host's own code")

    with opened(till, on_notice=fails) as plugin:
        job = sell(plugin, "1")["job"]
        until(lambda: state_of(plugin, job) == "SENDING", within_s=WAIT_S, what="the effect")
        answer = plugin.prints.result(job, 1, "printed")
        assert not isinstance(answer, Refused)


def test_job_of_the_last_process_is_told_at_the_next_start(till: TillBuilder) -> None:
    text = till.config_path.read_text("utf-8")
    till.config_path.write_text(text.partition("[[printer]]")[0], "utf-8")
    with opened(till) as plugin:
        job = sell(plugin, "1")["job"]
        assert state_of(plugin, job) == "QUEUED"
    till.config_path.write_text(text, "utf-8")
    told: Queue[dict[str, Any]] = Queue()
    with opened(till, on_print=told.put) as plugin:
        assert told.get(timeout=WAIT_S)["job"] == job
        plugin.prints.result(job, 1, "printed")


def test_waiting_job_is_fetched_by_choosing_to_print(till: TillBuilder) -> None:
    text = till.config_path.read_text("utf-8")
    till.config_path.write_text(text.partition("[[printer]]")[0], "utf-8")
    with opened(till) as plugin:
        job = sell(plugin, "1")["job"]
    till.config_path.write_text(text, "utf-8")
    with opened(till) as plugin:
        until(
            lambda: (
                [one.notice.code for one in plugin.prints.notices()] == [NoticeCode.PRINT_WAITING]
            ),
            within_s=WAIT_S,
            what="the notice",
        )
        plugin.prints.print(job)
        until(lambda: state_of(plugin, job) == "SENDING", within_s=WAIT_S, what="the effect")
        assert plugin.prints.job(job)["effect"]["attempt"] == 1  # type: ignore[index]


def test_another_word_is_a_broken_contract(till: TillBuilder) -> None:
    with opened(till) as plugin, pytest.raises(MisuseError, match="no result of printing"):
        plugin.prints.result("x", 1, "done")


def test_printer_of_our_own_takes_no_report(tmp_path: Path) -> None:
    with TillBuilder(tmp_path / "till", printer=True).open() as plugin:
        answer = plugin.prints.result("x", 1, "printed")
        assert isinstance(answer, Refused)
        assert answer.code == "print_not_now"


def test_full_disk_is_a_refusal_and_changes_nothing(till: TillBuilder) -> None:
    with opened(till) as plugin:
        job = sell(plugin, "1")["job"]
        until(lambda: state_of(plugin, job) == "SENDING", within_s=WAIT_S, what="the effect")
        journal: Any = plugin._till.journal

        class Full(type(journal)):  # type: ignore[misc]
            def transaction(self) -> Iterator[Any]:
                raise StorageFull("no space")

        kind, journal.__class__ = journal.__class__, Full
        prints = plugin.prints
        answers = [
            prints.result(job, 1, "printed"),
            *(choose(job) for choose in (prints.print, prints.reprint, prints.came_out)),
            prints.cancel(job, "x"),
        ]
        journal.__class__ = kind
        for answer in answers:
            assert isinstance(answer, Refused)
            assert answer.code == "journal_unavailable"
        assert state_of(plugin, job) == "SENDING"


def test_screen_does_not_take_the_way_of_the_answer(till: TillBuilder) -> None:
    kinds: list[str] = []
    with opened(till) as plugin:
        end = plugin.prints.subscribe(lambda told: kinds.append(told.kind))
        job = sell(plugin, "1")["job"]
        until(lambda: state_of(plugin, job) == "SENDING", within_s=WAIT_S, what="the effect")
        until(lambda: {"notice", "printer"} <= set(kinds), within_s=WAIT_S, what="both kinds")
        end()
        plugin.prints.result(job, 1, "printed")
    assert set(kinds) == {"notice", "printer"}


def test_only_the_newest_notices_are_shown(till: TillBuilder) -> None:
    def on_print(effect: dict[str, Any]) -> None:
        plugin.prints.result(effect["job"], effect["attempt"], "printed")

    with opened(till, on_print=on_print) as plugin:
        jobs = [sell(plugin, str(number))["job"] for number in range(NOTICES_MAX + 2)]
        until(lambda: plugin.prints.open_jobs() == 0, within_s=60, what="all printed")
        assert [one.job for one in plugin.prints.notices()] == jobs[2:]
    assert len(events_of(till, "print_closed")) == len(jobs)


def test_taken_back_sale_cancels_what_was_not_printed_yet(till: TillBuilder) -> None:
    text = till.config_path.read_text("utf-8")
    till.config_path.write_text(text.partition("[[printer]]")[0], "utf-8")
    with opened(till) as plugin:
        kept, gone = sell(plugin, "1")["job"], sell(plugin, "2")["job"]
        assert not isinstance(plugin.sales.void("2", {}), Refused)
        assert state_of(plugin, gone) == "CANCELLED"
        assert state_of(plugin, kept) == "QUEUED"


def test_everybody_hears_that_a_printed_voucher_was_taken_back(till: TillBuilder) -> None:
    heard: Queue[dict[str, Any]] = Queue()

    def on_print(effect: dict[str, Any]) -> None:
        plugin.prints.result(effect["job"], effect["attempt"], "printed")

    with opened(till, on_print=on_print, on_notice=heard.put) as plugin:
        job = sell(plugin, "1")["job"]
        until(lambda: state_of(plugin, job) == "CONFIRMED", within_s=WAIT_S, what="the paper")
        # Stored first, told then: who takes it back in between is told of the end alone.
        until(
            lambda: any(one["code"] == "print_confirmed" for one in list(heard.queue)),
            within_s=WAIT_S,
            what="the notice",
        )
        plugin.sales.void("1", {})
        until(lambda: plugin.prints.notices() == [], within_s=WAIT_S, what="nothing to hand over")
    said = [heard.get_nowait() for _ in range(heard.qsize())]
    assert [(one["code"], one["open"]) for one in said[-2:]] == [
        ("print_confirmed", True),
        ("print_void", False),
    ]
    with opened(till) as plugin:
        assert plugin.prints.notices() == [], "nor after a restart"


def test_voucher_void_before_a_restart_is_not_printed_by_it(till: TillBuilder) -> None:
    text = till.config_path.read_text("utf-8")
    till.config_path.write_text(text.partition("[[printer]]")[0], "utf-8")
    with opened(till) as plugin:
        kept, gone = sell(plugin, "1")["job"], sell(plugin, "2")["job"]
        # As after a kill between the void and its print job.
        with plugin._till.journal.transaction() as journal:
            journal.execute(
                "UPDATE voucher SET state = 'cancelled' "
                "WHERE id = (SELECT subject_uid FROM print_job WHERE uid = ?)",
                (gone,),
            )
    till.config_path.write_text(text, "utf-8")
    told: Queue[dict[str, Any]] = Queue()
    with opened(till, on_print=told.put) as plugin:
        assert told.get(timeout=WAIT_S)["job"] == kept
        until(lambda: state_of(plugin, kept) == "SENDING", within_s=WAIT_S, what="the effect")
        assert state_of(plugin, gone) == "CANCELLED"
        assert [one.job for one in plugin.prints.notices()] == [kept]
    assert told.empty()


def test_every_state_says_something_and_open_ones_can_be_answered() -> None:
    for state in JobState:
        for reason in JobReason:
            notice = print_notice(state, reason)
            assert notice.text("de") != notice.text("en")
            if state not in (JobState.REPLACED, JobState.CANCELLED):
                assert notice.code in CHOICES, (state, reason)
            assert print_notice(state, reason, is_void=True).code not in CHOICES
    assert print_notice("CONFIRMED", "", handed_over=True).code not in CHOICES
    assert print_notice("CONFIRMED", "", is_used=True).code not in CHOICES


def test_notice_speaks_the_language_of_the_screen() -> None:
    notice = JobNotice("job", "UNKNOWN", print_notice("UNKNOWN", ""), "voucher", 0)
    english = notice.to_dict("en")
    assert english["text"] == "Did the voucher come out whole?"
    assert english["choices"][0] == {"choice": "came-out", "text": "Yes"}
    assert notice.to_dict("de")["choices"][0]["text"] == "Ja"
    assert notice.notice_id == "job.unknown"


def test_notice_says_whose_voucher_it_is(till: TillBuilder) -> None:
    def on_print(effect: dict[str, Any]) -> None:
        printed.append(effect)
        plugin.prints.result(effect["job"], effect["attempt"], "printed")

    printed: list[dict[str, Any]] = []
    till.customer("K1", name="Anna Beispiel")
    with opened(till, on_print=on_print) as plugin:
        for sale_id in ("1", "2"):
            sell(plugin, sale_id)
        until(lambda: plugin.prints.open_jobs() == 0, within_s=WAIT_S, what="all printed")
        first, second = plugin.prints.notices()
    ends = [one["codes"][0]["content"][-5:] for one in printed]
    assert (first.holder, first.code_end) == ("Anna Beispiel", ends[0])
    assert first.to_dict("de")["params"] == {
        "paper": "voucher",
        "holder": "Anna Beispiel",
        "code_end": ends[0],
    }
    assert first.text("en").startswith(f"Anna Beispiel, …{ends[0]}: Please")
    assert second.code_end == ends[1] != ends[0]


def test_long_name_is_cut_and_a_paper_that_says_nothing_leaves_the_sentence() -> None:
    said = print_notice("ASSUMED", "")
    long = JobNotice("job", "ASSUMED", said, "voucher", 0, holder="Ö" * 300, code_end="ABCDE")
    assert len(long.text("de")) <= 120
    assert "Ö" * 23 + "…, …ABCDE: " in long.text("de")
    assert whose("{") == whose("[]") == whose('{"lang": "de", "blocks": [1]}') == (None, None)
    bearer = '{"lang": "de", "blocks": [{"role": "code", "content": "SK12345"}]}'
    assert whose(bearer) == (None, "12345")
    assert JobNotice("job", "ASSUMED", said, "voucher", 0).text("de") == said.text("de")


def test_listener_that_ended_hears_nothing_more() -> None:
    heard: list[Told] = []
    listeners = Listeners(None, lambda _fault: None)
    end = listeners.add(heard.append, prints=True)
    assert listeners.is_there()
    end()
    end()
    listeners.tell(Told("printer", {"printer": "bon"}))
    assert heard == []
    assert not listeners.is_there()


def test_sale_completes_whatever_the_printer_of_the_host_does(till: TillBuilder) -> None:
    def hangs(_effect: dict[str, Any]) -> None:
        started.put(None)
        released.get(timeout=WAIT_S)

    started: Queue[None] = Queue()
    released: Queue[None] = Queue()
    with opened(till, on_print=hangs) as plugin:
        sell(plugin, "1")
        started.get(timeout=WAIT_S)
        receipt = plugin.sales.complete("2", {"total_minor": 7999}, snapshot=snapshot("2"))
        assert not isinstance(receipt, Refused)
        released.put(None)
        released.put(None)


@pytest.mark.parametrize("job", [None, 7, ["x"], "\ud800"], ids=("none", "number", "list", "half"))
def test_an_id_that_is_none_is_a_refusal(till: TillBuilder, job: Any) -> None:
    with opened(till) as plugin:
        prints = plugin.prints
        for call in (prints.print, prints.reprint, prints.came_out, prints.cancel):
            assert isinstance(call(job), Refused)
        assert isinstance(prints.acknowledge(job), Refused)
        assert isinstance(prints.result(job, 1, "printed"), Refused)


def test_function_of_the_host_may_close_the_plugin(till: TillBuilder) -> None:
    closed: Queue[Any] = Queue()

    def on_print(_effect: dict[str, Any]) -> None:
        try:
            plugin.close()
            closed.put(None)
        except BaseException as error:  # noqa: BLE001 - told to the test
            closed.put(error)

    with opened(till, on_print=on_print) as plugin:
        job = sell(plugin, "1")["job"]
        assert closed.get(timeout=WAIT_S) is None
    with opened(till) as plugin:
        until(lambda: state_of(plugin, job) == "UNKNOWN", within_s=WAIT_S, what="doubt")
