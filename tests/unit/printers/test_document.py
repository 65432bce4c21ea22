from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from printing import DEMANDED, documents, plain, training, welcome

from printers.document import Document
from printers.errors import DocumentInvalid, InvalidReason, PrinterError


def refusal(data: dict[str, Any], **options: Any) -> tuple[str, str]:
    with pytest.raises(DocumentInvalid) as caught:
        Document.from_dict(data, **options)
    return caught.value.reason.value, caught.value.where


def test_stored_document_reads_back_equal() -> None:
    document = Document.from_dict(welcome())
    assert Document.from_json(document.to_json()) == document
    assert len(document.to_json()) < 2_048


@given(documents())
def test_every_document_survives_the_journal(made: tuple[Document, dict[str, bytes]]) -> None:
    document, _ = made
    assert Document.from_json(document.to_json()) == document


@pytest.mark.parametrize(
    ("data", "reason", "where"),
    [
        (plain(colour="red"), "unknown_field", "colour"),
        (plain({"type": "text", "value": "x", "font": "B"}), "unknown_field", "blocks[5].font"),
        (plain({"type": "drawer"}), "unknown_word", "blocks[5]"),
        (plain({"type": "code128"}), "unknown_word", "blocks[5]"),
        (
            plain({"type": "code", "symbology": "pdf417", "content": "4006381333931"}),
            "unknown_word",
            "blocks[5].symbology",
        ),
        (
            plain({"type": "code", "symbology": "ean13", "content": "4006381333930"}),
            "code_alphabet",
            "blocks[5]",
        ),
        (
            plain({"type": "code", "symbology": "code128", "content": "SK/7"}),
            "code_alphabet",
            "blocks[5]",
        ),
        (plain(kind="label"), "unknown_word", "kind"),
        (plain(kind="approval"), "role_missing", ""),
        (plain(kind="test_page"), "training_code", ""),
        (plain(schema="stammkunde.document/2"), "unknown_word", "schema"),
        (plain({"value": "x"}), "missing", "blocks[5]"),
        (plain({"type": "text", "value": 5}), "wrong_type", "blocks[5].value"),
        (plain({"type": "text", "value": "x", "size": 3}), "out_of_range", "blocks[5].size"),
        (plain({"type": "text", "value": "x", "size": True}), "wrong_type", "blocks[5].size"),
        (plain({"type": "feed", "rows": 401}), "out_of_range", "blocks[5].rows"),
        (plain({"type": "image", "asset": "../journal.db"}), "out_of_range", "blocks[5].asset"),
        (plain({"type": "text", "value": "x" * 2_001}), "text_too_long", "blocks[5].value"),
        (plain({"type": "code", "content": "sk"}), "code_alphabet", "blocks[5]"),
        (plain({"type": "code", "content": "SK\x1b"}), "code_alphabet", "blocks[5]"),
        (plain({"type": "code", "content": ""}), "code_alphabet", "blocks[5]"),
        (plain(*[{"type": "feed", "rows": 1}] * 196), "too_many_blocks", ""),
        (plain(*[{"type": "code", "content": "A"}] * 3), "too_many_codes", ""),
        (plain(*[{"type": "text", "value": "x" * 2_000}] * 33), "document_too_large", ""),
        (plain(copy_index=1), "missing", ""),
        (plain(copied_at="2026-07-30T14:05"), "unknown_field", ""),
        (plain(training=True), "training_code", ""),
        (plain(blocks=training()["blocks"]), "training_code", ""),
    ],
)
def test_each_mistake_has_its_reason_and_place(
    data: dict[str, Any], reason: str, where: str
) -> None:
    assert refusal(data) == (reason, where)


def test_limits_themselves_are_still_accepted() -> None:
    Document.from_dict(plain(*[{"type": "feed", "rows": 400}] * 195))
    Document.from_dict(plain(*[{"type": "code", "content": "A"}] * 2))
    Document.from_dict(plain({"type": "text", "value": "x" * 2_000}))


@pytest.mark.parametrize("number", range(5))
def test_voucher_without_a_demanded_role_is_refused(number: int) -> None:
    blocks = [block for index, block in enumerate(DEMANDED) if index != number]
    assert refusal(plain(blocks=blocks)) == ("role_missing", "")


def test_blank_text_fills_no_role() -> None:
    blocks = [*DEMANDED[1:], {"type": "text", "role": "issuer", "value": " \x1b "}]
    assert refusal(plain(blocks=blocks)) == ("role_missing", "")


def test_text_cannot_take_the_role_of_the_code() -> None:
    blocks = [block for block in DEMANDED if block["type"] != "code"]
    blocks.append({"type": "text", "role": "code", "value": "SK7F"})
    assert refusal(plain(blocks=blocks)) == ("role_missing", "")


def test_customer_bound_voucher_names_its_holder() -> None:
    assert refusal(plain(), customer_bound=True) == ("role_missing", "")
    Document.from_dict(welcome(), customer_bound=True)


@pytest.mark.parametrize("text", ["", "{", "[1", "[" * 100_000, b"\xff"])
def test_broken_json_is_one_clear_refusal(text: str | bytes) -> None:
    with pytest.raises(DocumentInvalid) as caught:
        Document.from_json(text)
    assert caught.value.reason in (InvalidReason.NOT_JSON, InvalidReason.DOCUMENT_TOO_LARGE)


def test_json_over_64_kb_is_refused_unread() -> None:
    with pytest.raises(DocumentInvalid) as caught:
        Document.from_json(json.dumps(plain()) + " " * 65_536)
    assert caught.value.reason is InvalidReason.DOCUMENT_TOO_LARGE


def test_next_copy_keeps_everything_but_its_mark() -> None:
    original = Document.from_dict(welcome())
    copy = original.next_copy(copied_at="2026-07-30T14:05").next_copy(copied_at="2026-07-31T09:00")
    assert (copy.copy_index, copy.copied_at) == (2, "2026-07-31T09:00")
    assert (copy.blocks, copy.subject_uid) == (original.blocks, original.subject_uid)


def test_no_copy_is_made_beyond_what_its_mark_can_count() -> None:
    last = Document.from_dict(welcome(copy_index=99, copied_at="2026-07-30T14:05"))
    with pytest.raises(DocumentInvalid) as caught:
        last.next_copy(copied_at="2026-07-30T14:06")
    assert caught.value.where == "copy_index"


def test_root_of_printing_faults_cannot_be_raised() -> None:
    with pytest.raises(TypeError):
        raise PrinterError("x")
