from __future__ import annotations

import pytest
from till_builder import card_number

from pos_plugin.card_hash import card_hash
from pos_plugin.config import DEFAULT_PREFIXES, Prefix
from pos_plugin.loyalty.voucher_code import code_of, grouped
from pos_plugin.scan import Routed, route

VOUCHER = code_of(0x1234_5678_9ABC_DEF0_123)


@pytest.mark.parametrize(
    ("code", "kind", "plain"),
    [
        (card_number(17), "card", card_number(17)),
        (" 29-0000 000017-9 ".replace("000017-9", card_number(17)[6:]), "card", card_number(17)),
        (VOUCHER, "voucher", VOUCHER),
        (grouped(VOUCHER).lower(), "voucher", VOUCHER),
        ("4711", "article", "4711"),
        (" A-17 ", "article", "A-17"),
        # One digit wrong: no card; what it may be is for the article master to say.
        (card_number(17)[:-1] + str((int(card_number(17)[-1]) + 1) % 10), "article", None),
        (VOUCHER[:-1] + ("0" if VOUCHER[-1] != "0" else "1"), "article", None),
    ],
)
def test_default_table_decides(code: str, kind: str, plain: str | None) -> None:
    assert route(code, DEFAULT_PREFIXES) == Routed(kind, plain or code)  # type: ignore[arg-type]


def test_24_digits_are_the_same_voucher() -> None:
    bits = 0x1234_5678_9ABC_DEF0_123
    assert route(f"{bits:024d}", DEFAULT_PREFIXES) == Routed("voucher", VOUCHER)


@pytest.mark.parametrize("code", ["", "   ", "x" * 201])
def test_nothing_and_too_much_are_no_code(code: str) -> None:
    assert route(code, DEFAULT_PREFIXES) is None


def test_first_row_wins() -> None:
    table = (Prefix(kind="card", starts_with="ab", length=4), Prefix(kind="voucher"))
    assert route("AB12", table) == Routed("card", "AB12")
    assert route("ab-12", table) == Routed("card", "AB12")
    assert route("ab123", table) == Routed("voucher", "AB123")


def test_card_hash_depends_on_key_and_not_on_writing() -> None:
    key, other = bytes(16), bytes(range(16))
    assert card_hash("29 0000-12 3a", key) == card_hash("29000012 3A", key)
    assert card_hash("2900001", key) != card_hash("2900001", other)
    assert len(card_hash("1", key)) == 16
