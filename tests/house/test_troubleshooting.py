"""Every code that a till can say has its paragraph, with the very sentence and what to do."""

from __future__ import annotations

from troubleshooting import PAGE, spoken, written, wrong

HINT = "python tests/support/troubleshooting.py --write, then say there what to do"


def test_every_code_has_its_paragraph() -> None:
    found = list(wrong(PAGE.read_text(encoding="utf-8"), spoken()))
    assert not found, "\n".join([*found, HINT])


def test_the_page_is_as_it_would_be_written() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert written(page, spoken()) == page, HINT


def test_what_is_missing_or_wrong_is_seen() -> None:
    said = {"Notices": {"a": {"de": "Ja.", "en": "Yes."}, "b": {"de": "Nein.", "en": "No."}}}
    page = written("# Page\n", said)
    assert [one.partition(": ")[2] for one in wrong(page, said)] == [
        "a does not say what to do",
        "b does not say what to do",
    ]
    good = page.replace("> Yes.\n", "> Yes.\n\nSwitch it on and off.").replace(
        "> No.\n", "> No.\n\nCall somebody who knows."
    )
    assert list(wrong(good, said)) == []
    changed = {"Notices": {"a": {"de": "Ja!", "en": "Yes."}, "c": {"de": "C.", "en": "C."}}}
    assert [one.partition(": ")[2] for one in wrong(good, changed)] == [
        "a quotes another sentence than the till says",
        "c has no paragraph",
        "the till never says b",
    ]
