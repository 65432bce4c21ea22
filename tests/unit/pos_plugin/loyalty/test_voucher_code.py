from __future__ import annotations

from itertools import combinations, product

from hypothesis import example, given
from hypothesis import strategies as st

from pos_plugin.loyalty.voucher_code import (
    BITS,
    check_symbol,
    code_of,
    grouped,
    new_code,
    read_code,
    voucher_hash,
)

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LOOKS_LIKE = str.maketrans("ILO", "110")
bits = st.integers(0, 2**BITS - 1)


@given(bits)
def test_code_reads_back_however_it_is_written(number: int) -> None:
    code = code_of(number)
    assert len(code) == 17
    assert read_code(code) == read_code(grouped(code)) == read_code(code.lower()) == code
    assert read_code(f"{number:024d}") == code


@given(bits, st.integers(0, 16), st.sampled_from(ALPHABET))
def test_one_wrong_symbol_is_noticed(number: int, place: int, symbol: str) -> None:
    code = code_of(number)
    wrong = code[:place] + symbol + code[place + 1 :]
    # A check symbol I, L or O that was typed as the digit it looks like is no wrong one.
    assert (read_code(wrong) == code) == (wrong == code or wrong == code.translate(LOOKS_LIKE))


def test_nearly_all_swapped_neighbours_are_noticed() -> None:
    """Every state of the check that can be reached, with every two symbols behind it."""
    begun = {check_symbol(one + two): one + two for one in ALPHABET for two in ALPHABET}
    assert len(begun) == 36
    swaps = [
        (start + first + second, start + second + first)
        for start in begun.values()
        for first, second in combinations(ALPHABET, 2)
    ]
    missed = [right for right, wrong in swaps if check_symbol(right) == check_symbol(wrong)]
    assert (len(missed), len(swaps)) == (28, 17_856)


def test_plain_sum_would_miss_a_swap() -> None:
    """Negative control: a check that only adds up does not see swapped neighbours."""

    def sum_symbol(payload: str) -> str:
        return ALPHABET[sum(map(ALPHABET.index, payload)) % 32]

    assert sum_symbol("0123456789ABCDEF") == sum_symbol("1023456789ABCDEF")
    assert check_symbol("0123456789ABCDEF") != check_symbol("1023456789ABCDEF")


@given(bits)
@example(4).via("check symbol 1")
@example(5).via("check symbol 0")
@example(11).via("check symbol O")
@example(14).via("check symbol I")
@example(57).via("check symbol L")
def test_letters_and_digits_that_look_alike_are_read(number: int) -> None:
    code = code_of(number)
    read = code.translate(LOOKS_LIKE)
    for zero, one in product("0O", "1IL"):
        assert read_code(read.replace("0", zero).replace("1", one)) == code


def test_more_bits_than_a_code_has_are_no_code() -> None:
    assert read_code(f"{2**BITS:024d}") is None
    assert read_code("9" * 24) is None
    assert read_code("") is None
    assert read_code("٣" * 24) is None


def test_new_codes_differ() -> None:
    assert len({new_code() for _ in range(100)}) == 100
    assert voucher_hash(code_of(1)) != voucher_hash(code_of(2))
