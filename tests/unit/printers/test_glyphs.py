"""Letters that a thermal head prints: strokes of two dots that do not run together."""

from __future__ import annotations

import re

import pytest

from printers.glyphs import strike

SAMPLE = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789ÄÖÜäöüß€ŁŞşğ"


def rows(letter: str, *, bold: bool) -> list[str]:
    return [f"{row:012b}" for row in strike(bold=bold)[letter]]


@pytest.mark.parametrize("letter", "HIlT")
def test_upright_strokes_are_two_dots_wide(letter: str) -> None:
    strokes = [run for row in rows(letter, bold=False) for run in re.findall("1+", row)]
    assert min(len(run) for run in strokes) == 2


@pytest.mark.parametrize("bold", [False, True])
@pytest.mark.parametrize("letter", "mw")
def test_narrow_letters_stay_open(letter: str, *, bold: bool) -> None:
    """Three strokes side by side, as people write them; run together they would be a block."""
    strokes = [len(re.findall("1+", row)) for row in rows(letter, bold=bold)]
    assert strokes.count(3) >= 6


def test_no_letter_touches_the_next_one() -> None:
    for letter in SAMPLE:
        assert {row[-1] for row in rows(letter, bold=False)} == {"0"}, letter


def test_bold_is_darker_than_regular_in_every_letter() -> None:
    for letter in SAMPLE:
        thin, thick = ("".join(rows(letter, bold=bold)).count("1") for bold in (False, True))
        assert thick > thin, letter
