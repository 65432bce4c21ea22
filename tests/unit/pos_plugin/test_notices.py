from __future__ import annotations

import string

import pytest

from pos_plugin.notices import (
    FOR_CUSTOMERS,
    LEVELS,
    NOTICE_TEXTS,
    REFUSAL_TEXTS,
    Audience,
    Level,
    Notice,
    NoticeCode,
    Refusal,
    Refused,
)
from pos_plugin.print_notices import print_notice
from printers.ports import JobState

TEXTS = [*REFUSAL_TEXTS.items(), *NOTICE_TEXTS.items()]


@pytest.mark.parametrize(("code", "texts"), TEXTS, ids=[f"{code!r}" for code, _ in TEXTS])
def test_every_code_has_both_texts(code: Refusal | NoticeCode, texts: dict[str, str]) -> None:
    assert set(texts) == {"de", "en"}, code
    assert texts["de"] != texts["en"]
    figures = [
        {name for _, name, _, _ in string.Formatter().parse(text) if name}
        for text in texts.values()
    ]
    assert figures[0] == figures[1]


def test_no_text_is_missing_or_left_over() -> None:
    assert set(REFUSAL_TEXTS) == set(Refusal)
    assert set(NOTICE_TEXTS) == set(NoticeCode)


def test_a_word_of_both_lists_has_two_texts() -> None:
    assert Refused(Refusal.LATE).text("en") != Notice(NoticeCode.LATE).text("en")


def test_texts_fit_two_lines_of_a_display() -> None:
    for _, texts in TEXTS:
        for text in texts.values():
            assert len(text) <= 100


def test_refusal_says_its_figures() -> None:
    refused = Refused(Refusal.VOUCHER_EXPIRED, {"valid_to_on": "2026-03-06"})
    assert refused.text("de") == "Gutschein galt bis 06.03.2026."
    assert refused.to_dict("en") == {
        "refused": "voucher_expired",
        "params": {"valid_to_on": "2026-03-06"},
        "text": "Voucher was valid until 2026-03-06.",
    }


def test_days_are_written_in_the_language_of_the_sentence() -> None:
    for told in (
        Refused(Refusal.VOUCHER_NOT_YET_VALID, {"valid_from_on": "2026-11-23"}),
        Notice(NoticeCode.RECALLED_OTHER_DAY, {"business_on": "2026-11-23"}),
        Notice(NoticeCode.BIRTHDAY, {"birthday_on": "2026-11-23"}),
        Notice(NoticeCode.RULES_STALE, {"date": "2026-11-23"}),
    ):
        assert "23.11.2026" in told.text("de")
        assert "2026-11-23" in told.text("en")


def test_refusal_says_how_much_is_left_as_people_write_it() -> None:
    some = Refused(Refusal.NOT_RETURNABLE, {"line_id": "2", "left_milli": 1500})
    assert some.text("de") == "Zeile 2: noch 1,5 zurückzunehmen."
    assert some.text("en") == "Line 2: 1.5 left to come back."
    none = Refused(Refusal.NOT_RETURNABLE, {"line_id": "2", "left_milli": 0})
    assert none.text("de") == "Zeile 2: nichts mehr zurückzunehmen."
    assert none.to_dict("en") == {
        "refused": "not_returnable",
        "params": {"line_id": "2", "left_milli": 0},
        "text": "Line 2: nothing left to come back.",
    }


def test_notice_is_plain_values() -> None:
    assert Notice(NoticeCode.NO_RULES).to_dict("en") == {
        "code": "no_rules",
        "level": "warn",
        "audience": "cashier",
        "params": {},
        "text": "No promotions loaded yet: selling at list price.",
    }


def test_every_state_of_a_print_job_has_its_notice() -> None:
    for state in JobState:
        assert print_notice(state.value, "").code.value.startswith("print_")


def test_every_notice_has_its_level() -> None:
    assert set(LEVELS) == set(NoticeCode), "give the new code its level in pos_plugin/notices.py"
    assert set(LEVELS.values()) == set(Level)
    assert set(NoticeCode) >= FOR_CUSTOMERS


def test_hand_over_waits_for_a_key_and_only_staff_sees_it() -> None:
    notice = Notice(NoticeCode.PRINT_CONFIRMED)
    assert (notice.level, notice.audience) == (Level.ACKNOWLEDGE, Audience.CASHIER)


def test_refusal_is_a_value_and_no_exception() -> None:
    assert not issubclass(Refused, Exception)
