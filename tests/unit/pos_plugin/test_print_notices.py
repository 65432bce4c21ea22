"""P36 word for word: what the cashier reads of paper in both languages, and what can be done."""

from __future__ import annotations

import pytest

from pos_plugin.notices import Notice, NoticeCode
from pos_plugin.print_notices import JobNotice, print_notice

VALID = "Der Code auf dem Bildschirm gilt."
ROWS = [
    ("HELD", "after_ack", "Gutschein für diesen Kunden bereit.", ["Drucken", "Später"]),
    ("QUEUED", "", "Gutschein wird gedruckt (etwa 8 s).", []),
    ("SENDING", "", "Gutschein wird gedruckt (etwa 8 s).", []),
    ("QUEUED", "paper_out", "Gutschein wartet: Papier leer.", ["Anderer Drucker", "Später"]),
    ("QUEUED", "cover_open", "Gutschein wartet: Deckel offen.", ["Anderer Drucker", "Später"]),
    (
        "QUEUED",
        "printer_offline",
        "Gutschein wartet: Drucker nicht erreichbar.",
        ["Anderer Drucker", "Später"],
    ),
    (
        "QUEUED",
        "host_away",
        "Gutschein wartet: Drucker nicht erreichbar.",
        ["Nochmals", "Anderer Drucker", "Später"],
    ),
    (
        "SENDING",
        "paper_out",
        "Drucker hat angehalten: Papier leer, danach geht es weiter.",
        [],
    ),
    (
        "CONFIRMED",
        "",
        "Bitte den gedruckten Gutschein überreichen.",
        ["Überreicht (F8)", "Nachdruck"],
    ),
    (
        "ASSUMED",
        "host_silent",
        "Gutschein gesendet, Drucker meldet nichts zurück. Bitte hinsehen und überreichen.",
        ["Überreicht (F8)", "Nicht gekommen"],
    ),
    (
        "UNKNOWN",
        "process_start",
        "Kam der Gutschein vollständig heraus?",
        ["Ja", "Nein: Nachdruck", "Später", "Stornieren"],
    ),
    (
        "HELD",
        "too_late",
        "Gutschein nicht gedruckt. Er liegt im Kundenkonto bereit.",
        ["Jetzt drucken"],
    ),
    (
        "FAILED",
        "document_invalid",
        f"Gutschein nicht druckbar. {VALID}",
        ["Nochmals", "Stornieren"],
    ),
    (
        "FAILED",
        "host_report",
        f"Kasse meldet Druckfehler. {VALID}",
        ["Nochmals", "Stornieren"],
    ),
]


def said(state: str, reason: str, paper: str, language: str) -> tuple[str, list[str]]:
    notice = print_notice(state, reason, paper=paper, seconds=8)
    one = JobNotice("job", state, notice, "subject", 0, has_fallback=True).to_dict(language)
    return one["text"], [choice["text"] for choice in one["choices"]]


@pytest.mark.parametrize(("state", "reason", "text", "choices"), ROWS)
def test_row_says_its_sentence_and_its_choices(
    state: str, reason: str, text: str, choices: list[str]
) -> None:
    assert said(state, reason, "voucher", "de") == (text, choices)
    english, words = said(state, reason, "voucher", "en")
    assert english != text
    assert len(words) == len(choices)
    assert not set(words) & set(choices)


@pytest.mark.parametrize(
    ("paper", "german", "english"),
    [
        ("coupon", "Coupon", "coupon"),
        ("approval", "Auswahlbeleg", "approval slip"),
        ("statement", "Kontoauszug", "account statement"),
        ("test_page", "Probedruck", "test page"),
    ],
)
def test_paper_that_is_no_voucher_is_called_by_its_name(
    paper: str, german: str, english: str
) -> None:
    for state, reason, text, _ in ROWS:
        found = said(state, reason, paper, "de")[0]
        assert ("Gutschein" in text) == (german in found), found
        if paper != "coupon":
            assert "Gutschein" not in found
            assert "Code" not in found, "it has none that could be redeemed"
        words = said(state, reason, paper, "en")[0]
        assert "oucher" not in words
        assert ("Gutschein" in text) == (english in words.lower()), words


@pytest.mark.parametrize("state", ["CONFIRMED", "CONFIRMED_BY_OPERATOR", "ASSUMED"])
def test_paper_of_an_ended_voucher_is_not_to_be_handed_over(state: str) -> None:
    blocked = print_notice(state, "", is_blocked=True)
    assert blocked.text("de") == "Gedruckter Gutschein ist gesperrt. Bitte nicht überreichen."
    assert blocked.text("en") == "The printed voucher is blocked. Please do not hand it over."
    used = print_notice(state, "", paper="coupon", is_used=True)
    assert used.text("de") == "Coupon ist schon eingelöst. Nichts mehr zu überreichen."
    assert used.text("en") == "Coupon is redeemed already. Nothing is left to hand over."
    # What the cashier did already stays said.
    for more in ({"is_blocked": True}, {"is_used": True}):
        given = print_notice(state, "", handed_over=True, **more)
        assert given.code is NoticeCode.PRINT_HANDED_OVER
    whole = print_notice(state, "", is_blocked=True, void_coupons=("2.",))
    assert whole.code is NoticeCode.PRINT_PAPER_BLOCKED, "no coupon of the strip is to be given"


def test_low_roll_is_a_word_of_the_printer() -> None:
    low = Notice(NoticeCode.PRINT_PAPER_LOW, {"printer": "bon"})
    assert low.text("de") == "Bonpapier geht zu Ende."


def test_without_another_printer_nobody_offers_one() -> None:
    notice = print_notice("QUEUED", "paper_out")
    choices = JobNotice("job", "QUEUED", notice, "subject", 0).to_dict("de")["choices"]
    assert [one["text"] for one in choices] == ["Später"]


@pytest.mark.parametrize(
    ("reason", "sentence"),
    [
        ("cashier", "Der Gutschein selbst gilt weiter."),
        ("voucher_redeemed", "Der Gutschein ist schon eingelöst."),
        ("voucher_expired", "Der Gutschein ist abgelaufen."),
        ("customer_erased", "Der Kunde wurde gelöscht."),
    ],
)
def test_paper_that_is_given_up_says_what_is_left(reason: str, sentence: str) -> None:
    assert print_notice("CANCELLED", reason).text("de") == f"Druck storniert. {sentence}"
