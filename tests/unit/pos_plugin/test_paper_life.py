"""Paper that cannot be printed at once: it waits, moves, is held, comes back, or is given up."""

from __future__ import annotations

import socket
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from host_till import PythonSide, events_of, print_effect, read_journal
from journal_spool import JournalSpool
from till_builder import TillBuilder, card_number
from waiting import until

from pos_plugin import Plugin, Receipt, Refused
from pos_plugin.storage.journal_writer import NewPrintJob
from printers.ports import Attempt
from printers.sim.machine import Machine
from printers.sim.tcp import TcpFace

if TYPE_CHECKING:
    from pathlib import Path

    from printers.page import Page

WAIT_S = 30


def free_port() -> int:
    """A port at which nobody listens."""
    with closing(socket.socket()) as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def two_printers(folder: Path, port: int, *, more: str = "", head: str = "") -> TillBuilder:
    """A till whose voucher printer is in the network and falls back on the simulator."""
    till = TillBuilder(folder)
    text = till.config_path.read_text("utf-8") + head
    text += f'[[printer]]\nname = "bon"\ntransport = "network"\naddress = "127.0.0.1:{port}"\n'
    text += f'fallback = "zweit"\n{more}'
    text += '[[printer]]\nname = "zweit"\nrole = "slip"\ntransport = "simulator"\n'
    till.config_path.write_text(text, "utf-8")
    till.article("4711", 7999)
    till.voucher_type()
    till.trigger(segment=None)
    return till


def sell(plugin: Plugin, sale_id: str = "1") -> str:
    return str(print_effect(PythonSide(plugin).sell(sale_id))["job"])


def stands(plugin: Plugin, job: str) -> tuple[str, str]:
    found = plugin.prints.job(job)
    assert found is not None
    return found["state"], found["reason"]


def wait_for(plugin: Plugin, job: str, state: str, reason: str = "") -> None:
    until(lambda: stands(plugin, job) == (state, reason), within_s=WAIT_S, what=f"{state} {reason}")


def notice(plugin: Plugin) -> dict[str, Any]:
    (found,) = plugin.prints.notices()
    return found.to_dict("de")


def test_job_waits_with_its_reason_and_prints_when_the_printer_is_back(tmp_path: Path) -> None:
    port = free_port()
    with two_printers(tmp_path / "till", port).open() as plugin:
        job = sell(plugin)
        wait_for(plugin, job, "QUEUED", "printer_busy")
        said = notice(plugin)
        assert said["text"].endswith(": Gutschein wartet: Drucker nicht erreichbar.")
        assert [one["text"] for one in said["choices"]] == ["Anderer Drucker", "Später"]
        until(
            lambda: plugin.prints.printers()[0]["state"] == "waiting",
            within_s=WAIT_S,
            what="the printer to wait",
        )
        pages: list[Page] = []
        with TcpFace(Machine(on_page=lambda page, _torn: pages.append(page)), port=port):
            wait_for(plugin, job, "ASSUMED")
            until(lambda: pages, within_s=WAIT_S, what="the page")
        assert len(pages) == 1
    assert read_journal(
        two_printers_till(tmp_path), "SELECT attempt, printer, outcome, level FROM print_attempt"
    ) == [(1, "bon", "ASSUMED", 0)], "a shut gate is no attempt"


def two_printers_till(tmp_path: Path) -> TillBuilder:
    return TillBuilder(tmp_path / "till")


def test_only_what_is_not_begun_moves_to_the_other_printer(tmp_path: Path) -> None:
    till = two_printers(tmp_path / "till", free_port())
    with till.open() as plugin:
        job = sell(plugin)
        wait_for(plugin, job, "QUEUED", "printer_busy")
        moved = plugin.prints.other_printer(job)
        assert not isinstance(moved, Refused)
        wait_for(plugin, job, "CONFIRMED")
        found = plugin.prints.job(job)
        assert found is not None
        assert (found["printer"], len(found["pages"])) == ("zweit", 1)
        again = plugin.prints.other_printer(job)
        assert isinstance(again, Refused)
        assert again.code == "print_no_other_printer", "the other one falls back on nobody"
    with till.open() as plugin:
        assert stands(plugin, job)[0] == "CONFIRMED"


def test_moved_job_stays_moved_over_a_restart(tmp_path: Path) -> None:
    till = two_printers(tmp_path / "till", free_port())
    text = till.config_path.read_text("utf-8")
    till.config_path.write_text(text.partition("[[printer]]")[0], "utf-8")
    with till.open() as plugin:
        job = sell(plugin)
        with plugin._till.journal.transaction() as journal:
            journal.execute("UPDATE print_job SET printer = 'zweit' WHERE uid = ?", (job,))
    till.config_path.write_text(text, "utf-8")
    with till.open() as plugin:
        wait_for(plugin, job, "CONFIRMED")


def test_voucher_that_waits_too_long_is_held_until_its_customer_is_back(tmp_path: Path) -> None:
    port = free_port()
    till = two_printers(tmp_path / "till", port)
    till.customer("K1", card="2900000000018", name="Anna Beispiel")
    with till.open() as plugin:
        job = sell(plugin)
        wait_for(plugin, job, "QUEUED", "printer_busy")
        till.clock.advance(seconds=901)
        wait_for(plugin, job, "HELD", "too_late")
        said = notice(plugin)
        assert said["code"] == "print_held"
        assert said["text"].endswith(": Gutschein nicht gedruckt. Er liegt im Kundenkonto bereit.")
        assert [one["text"] for one in said["choices"]] == ["Jetzt drucken"]
        assert plugin.prints.open_jobs() == 1
        with TcpFace(Machine(), port=port):
            plugin.identify(customer="K1")
            wait_for(plugin, job, "ASSUMED")


def test_voucher_held_under_an_old_id_is_printed_when_the_survivor_is_back(tmp_path: Path) -> None:
    port = free_port()
    till = two_printers(tmp_path / "till", port)
    till.customer("K2", card="2900000000025", name="Anna Beispiel")
    till.customer("K3", card="2900000000032", name="Cleo Beispiel")
    with till.open() as plugin:
        job = sell(plugin)
        wait_for(plugin, job, "QUEUED", "printer_busy")
        till.clock.advance(seconds=901)
        wait_for(plugin, job, "HELD", "too_late")
        till.put("alias", alias="K1", customer="K2")
        with TcpFace(Machine(), port=port):
            plugin.identify(customer="K3")  # the negative control: somebody else
            plugin.prints.settle()
            assert stands(plugin, job) == ("HELD", "too_late")
            plugin.identify(customer="K2")
            wait_for(plugin, job, "ASSUMED")


@pytest.mark.parametrize("state", ["redeemed", "cancelled"])
def test_paper_nobody_handed_over_is_asked_for_no_more_when_it_ended_elsewhere(
    tmp_path: Path, state: str
) -> None:
    till = two_printers(tmp_path / "till", free_port())
    told: list[dict[str, Any]] = []
    with till.open() as plugin:
        jobs = [sell(plugin, sale) for sale in "12"]
        for job in jobs:
            wait_for(plugin, job, "QUEUED", "printer_busy")
            assert not isinstance(plugin.prints.other_printer(job), Refused)
            wait_for(plugin, job, "CONFIRMED")
        plugin.prints.subscribe(lambda one: told.append(one.to_dict("de")))
        told_by_head_office(till, "issued", *jobs)
        told_by_head_office(till, state, jobs[0])

        def asked() -> list[str]:
            return [one.job for one in plugin.prints.notices()]

        until(lambda: asked() == [jobs[1]], within_s=WAIT_S, what="the notice to go")
        until(
            lambda: any(one.get("job") == jobs[0] and not one["open"] for one in told),
            within_s=WAIT_S,
            what="whoever listens to hear of it",
        )
        assert stands(plugin, jobs[0])[0] == "CONFIRMED", "it lies there"
        ended = {"redeemed": "print_paper_used", "cancelled": "print_void"}
        closed = [one["code"] for one in told if one.get("job") == jobs[0] and not one["open"]]
        assert set(closed) == {ended[state]}


def test_paper_blocked_elsewhere_is_to_stay_until_it_is_let_go(tmp_path: Path) -> None:
    till = two_printers(tmp_path / "till", free_port())
    with till.open() as plugin:
        job = sell(plugin)
        wait_for(plugin, job, "QUEUED", "printer_busy")
        assert not isinstance(plugin.prints.other_printer(job), Refused)
        wait_for(plugin, job, "CONFIRMED")

        def said(ending: str) -> bool:
            return str(notice(plugin)["text"]).endswith(ending)

        assert said(": Bitte den gedruckten Gutschein überreichen.")
        told_by_head_office(till, "blocked", job)
        stays = ": Gedruckter Gutschein ist gesperrt. Bitte nicht überreichen."
        until(lambda: said(stays), within_s=WAIT_S, what="the notice")
        assert [one["choice"] for one in notice(plugin)["choices"]] == ["acknowledge"]
        told_by_head_office(till, "issued", job)
        until(lambda: said("Gutschein überreichen."), within_s=WAIT_S, what="let go")


def test_held_voucher_is_printed_when_the_cashier_says_so(tmp_path: Path) -> None:
    head = '[printing]\nafter_ack = ["voucher"]\n'
    port = free_port()
    with (
        TcpFace(Machine(), port=port),
        two_printers(tmp_path / "till", port, head=head).open() as plugin,
    ):
        job = sell(plugin)
        assert stands(plugin, job) == ("HELD", "after_ack")
        said = notice(plugin)
        assert said["text"].endswith(": Gutschein für diesen Kunden bereit.")
        assert [(one["choice"], one["text"]) for one in said["choices"]] == [
            ("print", "Drucken"),
            ("acknowledge", "Später"),
        ]
        plugin.identify(customer="K1")
        assert stands(plugin, job) == ("HELD", "after_ack"), "this one waits for the cashier"
        plugin.prints.print(job)
        wait_for(plugin, job, "ASSUMED")


def test_voucher_put_off_is_asked_about_again_when_its_customer_is_back(tmp_path: Path) -> None:
    head = '[printing]\nafter_ack = ["voucher"]\n'
    till = two_printers(tmp_path / "till", free_port(), head=head)
    for number in (1, 2):
        till.customer(f"K{number}", card=card_number(number))
    heard: list[tuple[str, bool]] = []

    def on_notice(told: dict[str, Any]) -> None:
        heard.append((told["code"], told["open"]))

    with Plugin.open(till.config_path, clock=till.clock, on_notice=on_notice) as plugin:
        job = sell(plugin)
        plugin.prints.acknowledge(notice(plugin)["notice_id"])
        assert plugin.prints.notices() == []
        plugin.identify(customer="K2")
        assert plugin.prints.notices() == [], "this one is somebody else"
        heard.clear()
        plugin.scan(card_number(1))
        until(plugin.prints.notices, within_s=WAIT_S, what="the question")
        assert notice(plugin)["code"] == "print_ready"
        assert stands(plugin, job) == ("HELD", "after_ack"), "nothing is printed by itself"
        plugin.identify(customer="K1")
        assert heard == [("print_ready", True)], "who looks on hears it once"


def test_job_and_its_copy_name_the_template_that_laid_them_out(tmp_path: Path) -> None:
    port = free_port()
    till = two_printers(tmp_path / "till", port)
    with TcpFace(Machine(), port=port), till.open() as plugin:
        job = sell(plugin)
        wait_for(plugin, job, "ASSUMED")
        plugin.prints.reprint(job)
    used = "SELECT copy_index, template_id, template_version FROM print_job ORDER BY copy_index"
    assert read_journal(till, used) == [(0, "rental-voucher", 1), (1, "rental-voucher", 1)]


def test_what_is_over_is_not_printed_any_more(tmp_path: Path) -> None:
    till = two_printers(tmp_path / "till", free_port(), more="hold_after_s = 0\n")
    with till.open() as plugin:
        expired, redeemed, first = (sell(plugin, sale) for sale in "123")
        wait_for(plugin, first, "QUEUED", "printer_busy")
        with plugin._till.journal.transaction() as journal:
            for state in ("reserved", "redeemed"):
                journal.execute(
                    "UPDATE voucher SET state = ? WHERE id IN "
                    "(SELECT subject_uid FROM print_job WHERE uid IN (?, ?))",
                    (state, redeemed, first),
                )
            (voucher, text), (other, _) = (
                journal.execute(
                    "SELECT subject_uid, document FROM print_job WHERE uid = ?", (job,)
                ).get
                for job in (first, expired)
            )
            strip = NewPrintJob(
                uid="strip",
                kind="coupon",
                subject_uid=voucher,
                coupons=(voucher, other),
                document=text,
            )
            plugin._till.journal.add_print_job(strip, at=till.clock.now())
        plugin.prints.settle()
        assert stands(plugin, redeemed) == ("CANCELLED", "voucher_redeemed")
        assert stands(plugin, "strip")[0] == "QUEUED", "it stands for more than its first coupon"
        text = plugin.prints.job(redeemed)["notice"].text("de")  # type: ignore[index]
        assert text == "Druck storniert. Der Gutschein ist schon eingelöst."
        till.clock.advance(days=400)
        plugin.prints.settle()
        assert stands(plugin, expired) == ("CANCELLED", "voucher_expired")
        assert stands(plugin, "strip") == ("CANCELLED", "voucher_expired")
        assert plugin.prints.notices() == []
    states = [one["state"] for one in events_of(till, "print_closed")]
    assert states == ["CANCELLED"] * 4


def told_by_head_office(till: TillBuilder, state: str, *jobs: str) -> None:
    """Have the vouchers of jobs arrive as they stand at head office."""
    for job in jobs:
        ((code, voucher),) = read_journal(
            till,
            "SELECT code_hash, id FROM voucher WHERE id = "  # noqa: S608 - our own uid
            f"(SELECT subject_uid FROM print_job WHERE uid = '{job}')",
        )
        till.voucher(voucher, code, customer="K1", customer_bound=True, state=state)


def test_voucher_redeemed_at_another_till_is_printed_no_more(tmp_path: Path) -> None:
    till = two_printers(tmp_path / "till", free_port(), more="hold_after_s = 0\n")
    with till.open() as plugin:
        jobs = [sell(plugin, str(number)) for number in range(8)]
        wait_for(plugin, jobs[0], "QUEUED", "printer_busy")
        queued, held, unknown, failed, confirmed, void, other, given_back = jobs
        with plugin._till.journal.transaction() as journal:
            for job, states in {
                held: ("HELD",),
                failed: ("FAILED",),
                unknown: ("SENDING", "UNKNOWN"),
                confirmed: ("SENDING", "CONFIRMED"),
            }.items():
                for state in states:
                    journal.execute("UPDATE print_job SET state = ? WHERE uid = ?", (state, job))
            # Redeemed here and taken back; head office has heard of the first only.
            ((voucher, seq, epoch),) = journal.execute(
                "SELECT id, issued_seq, epoch FROM print_job JOIN voucher ON id = subject_uid "
                "JOIN voucher_event ON voucher = id WHERE uid = ?",
                (given_back,),
            ).fetchall()
            journal.execute(
                "INSERT INTO voucher_event (voucher, epoch, seq, kind, at) "
                "VALUES (?, ?, ?, 'rolled_back', '2026-03-07T12:00:00Z')",
                (voucher, epoch, seq),
            )
        told_by_head_office(till, "issued", other)
        told_by_head_office(till, "cancelled", void)
        told_by_head_office(till, "redeemed", given_back, queued, held, unknown, failed, confirmed)
        for job in (queued, held, unknown, failed):
            wait_for(plugin, job, "CANCELLED", "voucher_redeemed")
        wait_for(plugin, void, "CANCELLED", "voucher_void")
        assert stands(plugin, confirmed)[0] == "CONFIRMED", "it lies there"
        assert stands(plugin, other)[0] == "QUEUED"
        assert stands(plugin, given_back)[0] == "QUEUED", "what this till did since counts"


def test_voucher_redeemed_elsewhere_while_the_till_was_off_is_not_printed(tmp_path: Path) -> None:
    port = free_port()
    till = two_printers(tmp_path / "till", port)
    pages: list[Page] = []
    with till.open() as plugin:
        gone, good = sell(plugin, "1"), sell(plugin, "2")
        wait_for(plugin, gone, "QUEUED", "printer_busy")
    told_by_head_office(till, "redeemed", gone)
    with (
        TcpFace(Machine(on_page=lambda page, _torn: pages.append(page)), port=port),
        till.open() as plugin,
    ):
        wait_for(plugin, good, "ASSUMED")
        assert stands(plugin, gone) == ("CANCELLED", "voucher_redeemed")
        until(lambda: pages, within_s=WAIT_S, what="the page")
    assert len(pages) == 1


def test_job_of_a_printer_that_is_gone_from_the_settings_is_doubted(tmp_path: Path) -> None:
    till = two_printers(tmp_path / "till", free_port())
    with till.open() as plugin:
        job = sell(plugin)
        wait_for(plugin, job, "QUEUED", "printer_busy")
    journal_of(till, "sold", job)
    with till.open() as plugin:
        wait_for(plugin, job, "UNKNOWN", "process_start")


def journal_of(till: TillBuilder, printer: str, job: str) -> None:
    """Leave a job behind as a killed process does that sent it to a printer."""
    spool = JournalSpool(till.data_dir / "journal.db")
    attempt = Attempt(number=1, printer=printer, byte_count=1, sha256="0" * 64)
    assert spool.begin_attempt(job, attempt)
    spool.close()


def test_document_is_emptied_after_a_month_and_a_copy_comes_without_the_name(
    tmp_path: Path,
) -> None:
    till = TillBuilder(tmp_path / "till", printer=True)
    till.article("4711", 7999)
    till.voucher_type(validity={"days": 300})
    till.trigger(segment=None)
    till.customer("K1", name="Anna Beispiel")
    with till.open() as plugin:
        job = sell(plugin)
        wait_for(plugin, job, "CONFIRMED")
        till.clock.advance(days=29)
        plugin.prints.settle()
        assert "Anna Beispiel" in document(till, job)
        till.clock.advance(days=1, seconds=1)
        plugin.prints.settle()
        assert "Anna Beispiel" not in document(till, job)
        assert document(till, job) != "", "the voucher can still be used"
        copy = plugin.prints.reprint(job)
        assert not isinstance(copy, Refused)
        wait_for(plugin, copy["job"], "CONFIRMED")
        assert "Anna Beispiel" not in document(till, copy["job"])
        assert code_of(till, copy["job"]) == code_of(till, job)


def document(till: TillBuilder, job: str) -> str:
    question = f"SELECT document FROM print_job WHERE uid = '{job}'"  # noqa: S608 - a test
    ((text,),) = read_journal(till, question)
    return str(text)


def code_of(till: TillBuilder, job: str) -> str:
    ((text,),) = read_journal(
        till,
        "SELECT json_extract(value, '$.content') FROM print_job, "  # noqa: S608 - a test
        "json_each(document, '$.blocks') WHERE json_extract(value, '$.role') = 'code' "
        f"AND uid = '{job}'",
    )
    return str(text)


def test_erased_customer_leaves_no_document_and_no_picture(tmp_path: Path) -> None:
    till = TillBuilder(tmp_path / "till", printer=True)
    till.article("4711", 7999)
    till.voucher_type()
    till.trigger(segment=None)
    for customer in ("K1", "K2"):
        till.customer(customer, name=f"Anna {customer}")
    with till.open() as plugin:
        gone, kept = sell(plugin, "1"), sell(plugin, "2")
        for job in (gone, kept):
            wait_for(plugin, job, "CONFIRMED")
        assert len(list((till.data_dir / "prints").glob("*.png"))) == 2
        assert isinstance(plugin.customers.erase("K1"), Receipt)
        assert "Anna K1" not in document(till, gone)
        assert "Anna K2" in document(till, kept)
        (left,) = (till.data_dir / "prints").glob("*.png")
        found = plugin.prints.job(kept)
        assert found is not None
        assert found["pages"] == [left]


def test_what_was_not_printed_of_an_erased_customer_is_given_up(tmp_path: Path) -> None:
    till = two_printers(tmp_path / "till", free_port())
    for customer in ("K1", "K2"):
        till.customer(customer, name=f"Anna {customer}")
    with till.open() as plugin:
        gone, kept = sell(plugin, "1"), sell(plugin, "2")
        wait_for(plugin, kept, "QUEUED", "printer_busy")
        plugin.customers.erase("K1")
        assert stands(plugin, gone) == ("CANCELLED", "customer_erased")
        assert stands(plugin, kept)[0] == "QUEUED"
        answer = plugin.prints.print(gone)
        assert isinstance(answer, Refused)


def test_pictures_left_by_a_kill_behind_the_erasure_go_at_the_next_start(tmp_path: Path) -> None:
    till = TillBuilder(tmp_path / "till", printer=True)
    till.article("4711", 7999)
    till.voucher_type()
    till.trigger(segment=None)
    till.customer("K1", name="Anna K1")
    with till.open() as plugin:
        job = sell(plugin)
        wait_for(plugin, job, "CONFIRMED")
        (picture,) = (till.data_dir / "prints").glob("*.png")
        content = picture.read_bytes()
        plugin.customers.erase("K1")
    assert not picture.exists()
    picture.write_bytes(content)
    with till.open() as plugin:
        until(lambda: not picture.exists(), within_s=WAIT_S, what="the picture gone")
