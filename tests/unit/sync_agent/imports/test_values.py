"""What stands in a cell: German, ISO, and what is refused rather than guessed at."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sync_agent.exports import hundredths, safe
from sync_agent.imports.values import (
    as_bp,
    as_day,
    as_minor,
    as_number,
    as_text,
    as_whole,
    as_yes,
    plain,
)
from sync_agent.imports.wrong import SENTENCES, WrongCell, WrongCode


@pytest.mark.capability("K18")
@pytest.mark.parametrize(
    ("cell", "minor"),
    [
        ("1.234,50", 123450),
        ("1,234.50", 123450),
        ("1.234.567,8", 123456780),
        ("0,05", 5),
        ("79.9", 7990),
        ("12", 1200),
        ("-3,00 €", -300),
        ("-€3.00", -300),
        ("5€50", None),
        ("12 EUR 50", None),
        ("EUR 7,-", None),
        ("1.234", None),
        ("1,234", None),
        ("1.23.4", None),
        ("12,345,6", None),
        ("", None),
        ("1e3", None),
        ("٣", None),
        ("NaN", None),
        ("1" * 40, None),
    ],
)
def test_an_amount_is_read_or_refused_never_guessed(cell: str, minor: int | None) -> None:
    if minor is None:
        with pytest.raises(WrongCell):
            as_minor(cell)
    else:
        assert as_minor(cell) == minor


@pytest.mark.parametrize("cell", ["4,00638E+12", "4.00638E+12", "1E+05"])
def test_a_number_that_a_spreadsheet_rounded_is_refused(cell: str) -> None:
    with pytest.raises(WrongCell) as fault:
        as_number(cell)
    assert fault.value.code is WrongCode.ROUNDED_NUMBER


@pytest.mark.parametrize("cell", ["0012345678905", "1E5", "12E+", "1.5", "E+12", "-5", "0x10"])
def test_a_number_stays_the_text_it_is(cell: str) -> None:
    assert as_number(cell) == cell


@given(st.integers(-(10**12), 10**12))
def test_what_export_writes_import_reads_back(minor: int) -> None:
    assert as_minor(hundredths(minor)) == minor


@given(st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=20))
@example("'=1")
def test_a_formula_comes_back_as_the_text_it_was(text: str) -> None:
    cell = safe(text)
    assert cell[:1] not in {"=", "+", "-", "@", "\t", "\r"}
    assert as_text(cell) == as_text(plain(text)) == text


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("31.12.2026", "2026-12-31"),
        ("1.3.2026", "2026-03-01"),
        ("2026-12-31", "2026-12-31"),
        ("29.02.2024", "2024-02-29"),
        ("29.02.2026", None),
        ("31.12.26", None),
        ("12/31/2026", None),
        ("20261231", None),
        ("0000-00-00", None),
    ],
)
def test_a_day_is_german_or_iso(cell: str, day: str | None) -> None:
    if day is None:
        with pytest.raises(WrongCell):
            as_day(cell)
    else:
        assert as_day(cell) == day


def test_percentages_numbers_and_yes() -> None:
    assert [as_bp(one) for one in ("19", "19 %", "7,00", "10,7")] == [1900, 1900, 700, 1070]
    assert [as_yes(one) for one in ("ja", "N", "x", "0", "Wahr")] == [
        True,
        False,
        True,
        False,
        True,
    ]
    assert as_whole("-7") == -7
    for read, cell in ((as_yes, "vielleicht"), (as_whole, "7,0"), (as_bp, "neunzehn")):
        with pytest.raises(WrongCell):
            read(cell)
    with pytest.raises(WrongCell):
        plain(1.5)


def test_every_wrong_code_has_both_sentences() -> None:
    assert SENTENCES.keys() == set(WrongCode)
    assert all(german and english and german != english for german, english in SENTENCES.values())


@pytest.mark.parametrize("cell", ["Anna\0", "Anna\x1b[2J", "\x7f"])
def test_a_control_character_is_no_text(cell: str) -> None:
    with pytest.raises(WrongCell) as wrong:
        as_text(cell)
    assert wrong.value.code is WrongCode.CONTROL
    # The control: what people type into a cell to break a line.
    assert as_text("Hose\r\nblau\tkurz") == "Hose blau kurz"
