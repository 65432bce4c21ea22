"""A strip of which a coupon is cancelled: the others stay, and what lies on paper is named."""

from __future__ import annotations

import json
import socket
from contextlib import closing
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest
import zxingcpp
from host_till import PythonSide, host_till, print_effect
from journal_spool import JournalSpool
from PIL import Image
from till_builder import TillBuilder
from waiting import until

from pos_plugin import Plugin, Refused
from pos_plugin.loyalty.voucher_code import voucher_hash
from pos_plugin.storage.journal_lookup import voucher_by_id
from pos_plugin.storage.print_changes import find_job
from printers.document import CodeBlock, Document, RuleBlock, TextBlock
from printers.ports import Attempt

if TYPE_CHECKING:
    from pathlib import Path

WAIT_S = 30


def state_of(plugin: Plugin, voucher: dict[str, Any]) -> str | None:
    """Where the till's own row of a voucher stands."""
    with plugin._till.journal.reading() as journal:
        own = voucher_by_id(journal, voucher["voucher_id"])
    return own.state if own else None


def free_port() -> int:
    """A port at which nobody listens."""
    with closing(socket.socket()) as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.fixture
def till(tmp_path: Path) -> TillBuilder:
    """Its printer is away and falls back on the simulator; a sale issues a strip of two."""
    till = TillBuilder(tmp_path / "till")
    text = till.config_path.read_text("utf-8")
    text += (
        f'[[printer]]\nname = "bon"\ntransport = "network"\naddress = "127.0.0.1:{free_port()}"\n'
    )
    text += 'fallback = "zweit"\n'
    text += '[[printer]]\nname = "zweit"\nrole = "slip"\ntransport = "simulator"\n'
    till.config_path.write_text(text, "utf-8")
    till.article("4711", 7999)
    strip_of_two(till)
    return till


def strip_of_two(till: TillBuilder) -> None:
    for code in ("EINS", "ZWEI"):
        till.voucher_type(
            code,
            layout={"title": {"de": "Danke!"}, "layout_id": "birthday-coupon"},
            effect={"label": {"de": f"Vorteil {code}"}},
            conditions={"text": {"de": f"Bedingung {code}"}},
            validity={"days": 60},
        )
        till.trigger(voucher_type=code, segment=None)


def sell(plugin: Plugin) -> tuple[str, list[dict[str, Any]]]:
    answer = PythonSide(plugin).sell("1")
    issued = [one for one in answer["effects"] if one["kind"] == "issue_voucher"]
    return str(print_effect(answer)["job"]), issued


def make_void(plugin: Plugin, voucher: dict[str, Any]) -> None:
    with plugin._till.journal.transaction() as journal:
        journal.execute(
            "UPDATE voucher SET state = 'cancelled' WHERE id = ?", (voucher["voucher_id"],)
        )


def told_by_head_office(till: TillBuilder, voucher: dict[str, Any], state: str) -> None:
    """Have a coupon arrive as another till left it."""
    till.voucher(
        voucher["voucher_id"], voucher_hash(voucher["code"]), type=voucher["type"], state=state
    )


def stands(plugin: Plugin, job: str) -> tuple[str, str]:
    found = plugin.prints.job(job)
    assert found is not None
    return found["state"], found["reason"]


def wait_for(plugin: Plugin, job: str, state: str) -> None:
    until(lambda: (plugin.prints.job(job) or {})["state"] == state, within_s=WAIT_S, what=state)


def codes_of(document: Document) -> list[str]:
    return [block.content for block in document.blocks if isinstance(block, CodeBlock)]


def texts_of(document: Document) -> list[str]:
    return [block.value for block in document.blocks if isinstance(block, TextBlock)]


def printed(plugin: Plugin, job: str) -> Document:
    with plugin._till.journal.reading() as journal:
        found = find_job(journal, job)
    assert found is not None
    return Document.from_json(found.printed)


def codes_on(page: bytes) -> set[str]:
    with Image.open(BytesIO(page)) as image:
        return {code.text for code in zxingcpp.read_barcodes(image.convert("L"))}


@pytest.mark.capability("G5")
@pytest.mark.parametrize("void", [None, 0, 1])
def test_strip_comes_without_the_coupon_that_became_void_while_it_waited(
    till: TillBuilder, void: int | None
) -> None:
    with till.open() as plugin:
        job, issued = sell(plugin)
        if void is not None:
            make_void(plugin, issued[void])
        assert not isinstance(plugin.prints.other_printer(job), Refused)
        wait_for(plugin, job, "CONFIRMED")
        (page,) = plugin.prints.pages(job)
        document = printed(plugin, job)
    left = [one for number, one in enumerate(issued) if number != void]
    assert codes_on(page) == {one["code"] for one in left}
    assert codes_of(document) == [one["code"] for one in left]
    # Nothing of a void one is said: not what it gives, not its terms, no line to cut it off.
    said = texts_of(document)
    assert [one for one in said if one.startswith("Vorteil")] == [one["benefit"] for one in left]
    assert len([one for one in said if one.startswith("Bedingung")]) == len(left)
    cuts = [one for one in document.blocks if isinstance(one, RuleBlock)]
    assert len(cuts) == len(left)


@pytest.mark.capability("G5")
@pytest.mark.parametrize("over", ["cancelled", "redeemed", "blocked"])
def test_strip_comes_without_the_coupon_that_ended_at_another_till(
    till: TillBuilder, over: str
) -> None:
    with till.open() as plugin:
        job, (first, second) = sell(plugin)
        # The negative control: what is as good there as here changes nothing.
        told_by_head_office(till, first, "issued")
        told_by_head_office(till, second, over)
        until(lambda: state_of(plugin, second) == over, within_s=WAIT_S, what="the word")
        assert not isinstance(plugin.prints.other_printer(job), Refused)
        wait_for(plugin, job, "CONFIRMED")
        (page,) = plugin.prints.pages(job)
    assert codes_on(page) == {first["code"]}


def test_strip_comes_without_the_coupon_that_expired_while_it_waited(till: TillBuilder) -> None:
    till.voucher_type(
        "KURZ",
        layout={"title": {"de": "Danke!"}, "layout_id": "birthday-coupon"},
        effect={"label": {"de": "Vorteil KURZ"}},
        validity={"days": 1},
    )
    till.trigger(voucher_type="KURZ", segment=None)
    with till.open() as plugin:
        job, issued = sell(plugin)
        till.clock.advance(days=2)
        # Its customer has left meanwhile.
        plugin.prints.settle()
        wait_for(plugin, job, "HELD")
        assert not isinstance(plugin.prints.other_printer(job), Refused)
        wait_for(plugin, job, "CONFIRMED")
        (page,) = plugin.prints.pages(job)
    assert codes_on(page) == {one["code"] for one in issued if one["type"] != "KURZ"}
    assert len(issued) == 3


def test_strip_whose_coupons_ended_at_another_till_is_given_up(till: TillBuilder) -> None:
    with till.open() as plugin:
        job, (first, second) = sell(plugin)
        told_by_head_office(till, first, "redeemed")
        told_by_head_office(till, second, "cancelled")
        wait_for(plugin, job, "CANCELLED")
        assert stands(plugin, job) == ("CANCELLED", "voucher_redeemed")


def test_copy_of_a_strip_comes_without_what_was_used_at_another_till(till: TillBuilder) -> None:
    with till.open() as plugin:
        job, (first, second) = sell(plugin)
        assert not isinstance(plugin.prints.other_printer(job), Refused)
        wait_for(plugin, job, "CONFIRMED")
        told_by_head_office(till, first, "redeemed")
        copy = plugin.prints.reprint(job)
        assert not isinstance(copy, Refused)
        wait_for(plugin, copy["job"], "CONFIRMED")
        assert codes_of(printed(plugin, copy["job"])) == [second["code"]]
        told_by_head_office(till, second, "cancelled")
        assert isinstance(plugin.prints.reprint(copy["job"]), Refused), "nothing is left on it"


def test_blocked_strip_is_held_until_it_is_let_go(till: TillBuilder) -> None:
    with till.open() as plugin:
        job, issued = sell(plugin)
        for coupon in issued:
            told_by_head_office(till, coupon, "blocked")
        wait_for(plugin, job, "HELD")
        assert stands(plugin, job) == ("HELD", "voucher_blocked")
        (notice,) = [one.to_dict("de") for one in plugin.prints.notices()]
        assert notice["code"] == "print_blocked"
        assert [one["choice"] for one in notice["choices"]] == ["cancel"]
        assert isinstance(plugin.prints.print(job), Refused)
        assert isinstance(plugin.prints.other_printer(job), Refused)
        for coupon in issued:
            told_by_head_office(till, coupon, "issued")
            until(lambda: state_of(plugin, coupon) == "issued", within_s=WAIT_S, what="let go")  # noqa: B023
        assert not isinstance(plugin.prints.other_printer(job), Refused)
        wait_for(plugin, job, "CONFIRMED")
        (page,) = plugin.prints.pages(job)
    assert codes_on(page) == {one["code"] for one in issued}


def test_strip_of_which_every_coupon_is_void_is_given_up(till: TillBuilder) -> None:
    with till.open() as plugin:
        job, issued = sell(plugin)
        make_void(plugin, issued[0])
        plugin.prints.settle()
        wait_for(plugin, job, "QUEUED")
        make_void(plugin, issued[1])
        plugin.prints.settle()
        wait_for(plugin, job, "CANCELLED")
        found = plugin.prints.job(job)
    assert found is not None
    assert found["reason"] == "voucher_void"


@pytest.mark.parametrize("void", [0, 1])
def test_copy_of_a_strip_comes_without_what_is_void_and_the_first_print_stays_what_it_was(
    till: TillBuilder, void: int
) -> None:
    with till.open() as plugin:
        job, issued = sell(plugin)
        assert not isinstance(plugin.prints.other_printer(job), Refused)
        wait_for(plugin, job, "CONFIRMED")
        make_void(plugin, issued[void])
        copy = plugin.prints.reprint(job)
        assert not isinstance(copy, Refused)
        wait_for(plugin, copy["job"], "CONFIRMED")
        assert codes_of(printed(plugin, job)) == [one["code"] for one in issued]
        document = printed(plugin, copy["job"])
    assert codes_of(document) == [issued[1 - void]["code"]]
    assert document.copy_index == 1


@pytest.mark.capability("G5")
def test_notice_names_the_coupon_on_paper_that_became_void(till: TillBuilder) -> None:
    with till.open() as plugin:
        job, (first, second) = sell(plugin)
        assert not isinstance(plugin.prints.other_printer(job), Refused)
        wait_for(plugin, job, "CONFIRMED")
        make_void(plugin, first)
        (notice,) = [one.to_dict("de") for one in plugin.prints.notices()]
        assert notice["code"] == "print_coupon_void"
        assert f"„Vorteil EINS“ …{first['code'][-5:]}" in notice["text"]
        assert "ZWEI" not in notice["text"]
        # Whose paper it is, is said by a coupon that is still good.
        assert f"…{second['code'][-5:]}" in notice["text"].partition(":")[0]
        assert [one["choice"] for one in notice["choices"]] == ["acknowledge", "reprint"]
        assert not isinstance(plugin.prints.acknowledge(notice["notice_id"]), Refused)
        assert plugin.prints.notices() == []


@pytest.mark.capability("G5")
def test_notice_names_the_coupon_on_paper_that_was_cancelled_elsewhere(till: TillBuilder) -> None:
    with till.open() as plugin:
        job, (first, second) = sell(plugin)
        assert not isinstance(plugin.prints.other_printer(job), Refused)
        wait_for(plugin, job, "CONFIRMED")
        told_by_head_office(till, second, "issued")
        told_by_head_office(till, first, "cancelled")

        def said() -> list[str]:
            return [one.to_dict("de")["code"] for one in plugin.prints.notices()]

        until(lambda: said() == ["print_coupon_void"], within_s=WAIT_S, what="the notice")


def test_coupon_that_fell_out_before_printing_is_not_asked_for(till: TillBuilder) -> None:
    """Negative control of the notice: nobody can take back what was never on paper."""
    with till.open() as plugin:
        job, issued = sell(plugin)
        make_void(plugin, issued[0])
        assert not isinstance(plugin.prints.other_printer(job), Refused)
        wait_for(plugin, job, "CONFIRMED")
        (notice,) = [one.to_dict("de") for one in plugin.prints.notices()]
        assert notice["code"] == "print_confirmed"


@pytest.mark.capability("G5")
def test_return_names_the_coupons_that_lie_on_paper(till: TillBuilder) -> None:
    with till.open() as plugin:
        job, (first, second) = sell(plugin)
        assert not isinstance(plugin.prints.other_printer(job), Refused)
        wait_for(plugin, job, "CONFIRMED")
        make_void(plugin, first)
        answer = PythonSide(plugin).bring_back("1")
        again = PythonSide(plugin).bring_back("1")
    assert again == answer
    (said,) = [one for one in answer["effects"] if one.get("code") == "print_coupon_void"]
    # The first was void before; this return made the second one so.
    assert second["code"][-5:] in said["text"]
    assert first["code"][-5:] not in said["text"]


def test_return_of_a_sale_whose_strip_still_waits_asks_for_no_paper(till: TillBuilder) -> None:
    with till.open() as plugin:
        job, _ = sell(plugin)
        answer = PythonSide(plugin).bring_back("1")
        assert "print_coupon_void" not in {one.get("code") for one in answer["effects"]}
        wait_for(plugin, job, "CANCELLED")


def test_page_of_a_host_printer_is_what_it_was_given_and_stays_so(tmp_path: Path) -> None:
    till = host_till(tmp_path / "till", format="escpos")
    with till.config_path.open("a", encoding="utf-8") as config:
        config.write('[printing]\nafter_ack = ["coupon"]\n')
    strip_of_two(till)
    with till.open() as plugin:
        answer = PythonSide(plugin).sell("1")
        strip = [one for one in answer["effects"] if one.get("type") in ("EINS", "ZWEI")]
        (job,) = {one["job"] for one in plugin.prints.unfinished() if one["reason"] == "after_ack"}
        make_void(plugin, strip[0])
        assert not isinstance(plugin.prints.print(job), Refused)
        # Ready at once or, on a busy machine, a little later.
        until(lambda: "effect" in (plugin.prints.job(job) or {}), within_s=WAIT_S, what="effect")
        asked = plugin.prints.job(job)
        assert asked is not None
        assert {one["content"] for one in asked["effect"]["codes"]} == {strip[1]["code"]}
        assert not isinstance(plugin.prints.result(job, 1, "printed"), Refused)
        (page,) = plugin.prints.pages(job)
        assert codes_on(page) == {strip[1]["code"]}
        make_void(plugin, strip[1])
        assert plugin.prints.pages(job) == [page]


def test_what_was_laid_out_before_the_coupon_became_void_is_not_sent(till: TillBuilder) -> None:
    with till.open() as plugin:
        job, (_, second) = sell(plugin)
        wait_for(plugin, job, "QUEUED")
        make_void(plugin, second)
    spool = JournalSpool(till.data_dir / "journal.db")
    attempt = Attempt(number=1, printer="bon", byte_count=1, sha256="0" * 64)
    try:
        assert not spool.begin_attempt(job, attempt)
    finally:
        spool.close()


def test_strip_whose_documents_are_old_keeps_what_one_usable_coupon_needs(
    till: TillBuilder,
) -> None:
    with till.open() as plugin:
        job, issued = sell(plugin)
        assert not isinstance(plugin.prints.other_printer(job), Refused)
        wait_for(plugin, job, "CONFIRMED")
        make_void(plugin, issued[0])
        till.clock.advance(days=29)
        assert codes_of(printed(plugin, job)) == [one["code"] for one in issued]
        till.clock.advance(days=1, seconds=1)
        plugin.prints.settle()
        with plugin._till.journal.reading() as journal:
            found = find_job(journal, job)
    assert found is not None
    kept = json.loads(found.standing)["blocks"]
    assert [one["content"] for one in kept if one["type"] == "code"] == [issued[1]["code"]]
