"""How a customer without a card is found: number, phone, e-mail and name in one comparable form.

The same functions make the keys that a till stores and the question that a cashier types, so both
sides of a search always agree. Whoever changes a form here raises the version of the cache file
and ``FORM`` of head office's ``upgrade.py``: keys of the old form would be found no more.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from typing import Final

from pos_plugin.card_hash import HASH_BYTES

# National numbers are German ones; others are found when both sides carry their country.
HOME_COUNTRY: Final = "49"
PHONE_DIGITS_MIN: Final = 5
PHONE_DIGITS_MAX: Final = 15  # ITU-T E.164 §6.1
WORDS_MAX: Final = 8  # words of a name that a search may begin with

_PHONE: Final = re.compile(r"[\s(]*\+?[\s0-9/().\-\u2010-\u2015]+")
_EMAIL: Final = re.compile(r"[^@\s]+@[^@\s]+")
_ASCII_WORD: Final = re.compile(r"[a-z0-9]+")
# What a German keyboard writes with two letters, and letters that have no accent to strip.
_LETTERS: Final = str.maketrans(
    {"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "æ": "ae", "œ": "oe", "å": "a"}
    | {"ł": "l", "đ": "d", "ð": "d", "þ": "th", "\N{LATIN SMALL LETTER DOTLESS I}": "i", "ħ": "h"}
)


def phone_digits(text: str) -> str | None:
    """Return a phone number as country code and digits, or None when it is none.

    ``+49``, ``0049`` and the national ``0`` mean the same; without any of them the digits stand as
    they are written. Blanks, brackets, strokes and dots do not count.

    >>> [phone_digits(one) for one in ("+49 (0) 89 / 123-45", "0049 89 12345", "089 12345")]
    ['498912345', '498912345', '498912345']
    >>> phone_digits("+43 1 23456"), phone_digits("12"), phone_digits("089 a")
    ('43123456', None, None)
    """
    if _PHONE.fullmatch(text) is None:
        return None
    digits = _digits(text)
    if "+" in text or digits.startswith("00"):
        digits = _digits(text.replace("(0)", "")).removeprefix("00")
    elif digits.startswith("0"):
        digits = HOME_COUNTRY + digits[1:]
    if digits.startswith(HOME_COUNTRY + "0"):  # "+49 089": no German number goes on with a zero
        digits = HOME_COUNTRY + digits.removeprefix(HOME_COUNTRY).lstrip("0")
    return digits if PHONE_DIGITS_MIN <= len(digits) <= PHONE_DIGITS_MAX else None


def _digits(text: str) -> str:
    return "".join(one for one in text if one in "0123456789")


def email_hash(email: str, card_key: bytes) -> str | None:
    """Return the hash by which an e-mail address is found, in hex, or None when it is none.

    Keyed per chain like card numbers, under a word of its own, so that an address never meets a
    card. Upper and lower case are the same: no customer knows how it was written.
    """
    plain = unicodedata.normalize("NFC", email.strip()).casefold()
    if _EMAIL.fullmatch(plain) is None:
        return None
    return hashlib.blake2b(
        plain.encode(), digest_size=HASH_BYTES, key=card_key, person=b"email"
    ).hexdigest()


def name_words(name: str) -> tuple[str, ...]:
    """Return the words of a name as they are compared: small, without accents or signs.

    >>> name_words("Dr. Anna Müller-Weiß"), name_words("MUELLER-WEISS, Dr. Anna")
    (('dr', 'anna', 'mueller', 'weiss'), ('mueller', 'weiss', 'dr', 'anna'))
    """
    small = unicodedata.normalize("NFKC", name).casefold()
    small = unicodedata.normalize("NFC", small).translate(_LETTERS)
    if small.isascii():  # nearly every name by now: nothing is left to strip
        return tuple(_ASCII_WORD.findall(small))
    bare = "".join(
        character
        for character in unicodedata.normalize("NFKD", small).casefold()
        if not unicodedata.combining(character)
    ).translate(_LETTERS)
    return tuple("".join(one if one.isalnum() else " " for one in bare).split())


def name_keys(name: str) -> frozenset[str]:
    """Return the name once for each of its words, turned so that this word comes first.

    One range of such keys answers a search for any word, and the rest of the key tells whether the
    other words fit: no second look-up.

    >>> sorted(name_keys("Anna Müller"))
    ['anna mueller', 'mueller anna']
    """
    words = name_words(name)
    return frozenset(
        " ".join(words[first:] + words[:first]) for first in range(min(len(words), WORDS_MAX))
    )
