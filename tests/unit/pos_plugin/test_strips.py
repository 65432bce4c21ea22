"""A strip of which a later coupon is cancelled is neither printed nor copied as if whole."""

from __future__ import annotations

import socket
from contextlib import closing
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest
import zxingcpp
from host_till import PythonSide, print_effect, read_journal
from journal_spool import JournalSpool
from PIL import Image
from till_builder import TillBuilder
from waiting import until

from pos_plugin import Plugin, Refused
from printers.document import CodeBlock, Document, TextBlock
from printers.ports import Attempt

if TYPE_CHECKING:
    from pathlib import Path

WAIT_S = 30


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
    for code in ("EINS", "ZWEI"):
        layout = {"title": {"de": "Danke!"}, "layout_id": "birthday-coupon"}
        till.voucher_type(code, layout=layout)
        till.trigger(voucher_type=code, segment=None)
    return till


def sell(plugin: Plugin) -> tuple[str, list[dict[str, Any]]]:
    answer = PythonSide(plugin).sell("1")
    issued = [one for one in answer["effects"] if one["kind"] == "issue_voucher"]
    return str(print_effect(answer)["job"]), issued


def make_void(plugin: Plugin, voucher: dict[str, Any]) -> None:
    with plugin._till.journal.transaction() as journal:
        journal.execute(
            "UPDATE voucher SET state = 'cancelled' WHERE id = ?", (voucher["voucher_id"],)
        )


def wait_for(plugin: Plugin, job: str, state: str) -> None:
    until(lambda: (plugin.prints.job(job) or {})["state"] == state, within_s=WAIT_S, what=state)


def document_of(till: TillBuilder, job: str) -> Document:
    ((text,),) = read_journal(till, f"SELECT document FROM print_job WHERE uid = '{job}'")  # noqa: S608
    return Document.from_json(text)


def codes_of(document: Document) -> list[str]:
    return [block.content for block in document.blocks if isinstance(block, CodeBlock)]


def says_void(document: Document) -> bool:
    return any(
        isinstance(block, TextBlock) and block.value == "UNGÜLTIG" for block in document.blocks
    )


@pytest.mark.capability("G5")
@pytest.mark.parametrize("is_void", [True, False])
def test_strip_comes_without_the_code_that_became_void_while_it_waited(
    till: TillBuilder, *, is_void: bool
) -> None:
    with till.open() as plugin:
        job, (first, second) = sell(plugin)
        if is_void:
            make_void(plugin, second)
        assert not isinstance(plugin.prints.other_printer(job), Refused)
        wait_for(plugin, job, "CONFIRMED")
        (page,) = plugin.prints.pages(job)
    with Image.open(BytesIO(page)) as image:
        found = {code.text for code in zxingcpp.read_barcodes(image.convert("L"))}
    assert found == ({first["code"]} if is_void else {first["code"], second["code"]})


def test_strip_of_which_nothing_is_void_is_printed_whole_and_its_copy_is_not(
    till: TillBuilder,
) -> None:
    with till.open() as plugin:
        job, (first, second) = sell(plugin)
        assert not isinstance(plugin.prints.other_printer(job), Refused)
        wait_for(plugin, job, "CONFIRMED")
        assert codes_of(document_of(till, job)) == [first["code"], second["code"]]
        make_void(plugin, second)
        copy = plugin.prints.reprint(job)
        assert not isinstance(copy, Refused)
        wait_for(plugin, copy["job"], "CONFIRMED")
    document = document_of(till, copy["job"])
    assert codes_of(document) == [first["code"]]
    assert says_void(document)
    assert document.copy_index == 1


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
