"""Both sides of a search agree, however number, address or name were written."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pos_plugin.card_hash import card_hash
from pos_plugin.search_keys import (
    PHONE_DIGITS_MAX,
    PHONE_DIGITS_MIN,
    WORDS_MAX,
    email_hash,
    name_keys,
    name_words,
    phone_digits,
)

KEY = bytes(range(16))
NATIONAL = st.text("0123456789", min_size=4, max_size=11).map(lambda digits: f"8{digits}")
FILLERS = st.text(" /-.()", max_size=3)


@given(NATIONAL, FILLERS)
def test_every_form_of_a_german_number_is_the_same(national: str, filler: str) -> None:
    half = len(national) // 2
    written = national[:half] + filler + national[half:]
    forms = {
        phone_digits(form)
        for form in (
            f"0{written}",
            f"+49{written}",
            f"+49 (0) {written}",
            f"+49 0{written}",
            f"0049 {written}",
            f"(0049) {written}",
            f"49{written}",
        )
    }
    assert forms == {f"49{national}"}


@given(st.text(max_size=30) | st.text("+0123456789 ()/", max_size=30))
@example("+49 (0) 89 12345")
def test_digits_of_digits_are_the_same_digits(text: str) -> None:
    digits = phone_digits(text)
    if digits is not None:
        assert PHONE_DIGITS_MIN <= len(digits) <= PHONE_DIGITS_MAX
        assert digits.isascii()
        assert digits.isdigit()
        assert phone_digits(f"+{digits}") == digits


@pytest.mark.parametrize(
    "text", ["", "1234", "+", "++4989", "089 anrufen", "1" * 16, "²345678", "12345;67890"]
)
def test_what_is_no_phone_number_is_none(text: str) -> None:
    assert phone_digits(text) is None


def test_another_country_keeps_its_number_apart() -> None:
    assert phone_digits("+43 89 12345") != phone_digits("089 12345")
    assert phone_digits("+39 06 1234567") == "39061234567"


@given(st.text())
@example("Dr. Anna Müller-Weiß")
@example("İnci Ångström")
def test_words_do_not_depend_on_how_a_name_is_typed(name: str) -> None:
    words = name_words(name)
    assert name_words(" ".join(words)) == words
    assert name_words(unicodedata.normalize("NFD", name)) == words
    assert name_words(unicodedata.normalize("NFC", name)) == words
    assert all(word.isalnum() for word in words)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Müller", "MUELLER"),
        ("Groß", "gross"),
        ("Łukasiewicz", "lukasiewicz"),
        ("René", "rene"),
        ("Ørsted", "Oersted"),
        ("Weiß-Öttl", "weiss  oettl"),
    ],
)
def test_spellings_of_a_name_are_the_same(one: str, other: str) -> None:
    assert name_words(one) == name_words(other)


def test_names_that_differ_stay_apart() -> None:
    assert name_words("Müller") != name_words("Muller")


@given(st.text())
def test_each_word_of_a_name_begins_a_key(name: str) -> None:
    words = name_words(name)
    keys = name_keys(name)
    assert {key.split()[0] for key in keys} == {*words[:WORDS_MAX]}
    assert all(sorted(key.split()) == sorted(words) for key in keys)


def test_email_is_found_by_a_hash_of_its_own() -> None:
    hashed = email_hash(" Anna@Example.ORG ", KEY)
    assert hashed is not None
    assert hashed == email_hash("anna@example.org", KEY)
    assert hashed != email_hash("anna@example.com", KEY)
    assert hashed != email_hash("anna@example.org", bytes(16))
    assert hashed != card_hash("anna@example.org", KEY).hex()
    assert "anna" not in hashed


@pytest.mark.parametrize(
    "text", ["", "anna", "@example.org", "anna@", "a@b@c", "anna @example.org"]
)
def test_what_is_no_address_is_none(text: str) -> None:
    assert email_hash(text, KEY) is None


@given(st.text(max_size=30))
@example("MÜLLER-Weiß, Dr. 2nd_x")
def test_words_do_not_depend_on_what_else_is_in_a_name(text: str) -> None:
    """A letter that stays foreign sends the whole name the long way; its words stay the same."""
    assert name_words(f"{text} \N{GREEK SMALL LETTER OMEGA}")[:-1] == name_words(text)
