from __future__ import annotations

import base64
import datetime as dt
from dataclasses import replace

import pytest
import zxingcpp
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from qrcode.constants import ERROR_CORRECT_M
from qrcode.main import QRCode

from pos_plugin.loyalty.signed_code import (
    NO_CUSTOMER,
    SCOPES,
    SYMBOLS,
    SignedCode,
    customer_tag,
    key_tag,
    read_signed,
    type_tag,
    voucher_symbols,
)
from pos_plugin.loyalty.voucher_code import BITS, code_of, grouped

PRIVATE = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
KEYS = {"current": PRIVATE.public_key().public_bytes_raw()}
BLANK = SignedCode(
    key=key_tag("current"),
    type=type_tag("MOTIV5"),
    customer=customer_tag("K1"),
    value_minor=500,
    valid_from_on=dt.date(2026, 3, 1),
    valid_to_on=dt.date(2026, 4, 30),
    scope="shop",
    bits=4711,
)


def signed(code: SignedCode = BLANK, private: Ed25519PrivateKey = PRIVATE) -> SignedCode:
    return replace(code, signature=private.sign(code.message))


@pytest.mark.capability("C2")
@given(
    value_minor=st.none() | st.integers(1, 2**32 - 1),
    days=st.tuples(st.dates(dt.date(2000, 1, 1), dt.date(2179, 1, 1)), st.integers(0, 100)),
    bits=st.integers(0, 2**BITS - 1),
    scope=st.sampled_from(SCOPES),
    customer=st.sampled_from([NO_CUSTOMER, customer_tag("K1")]),
)
def test_what_was_signed_is_read_again(
    value_minor: int | None,
    days: tuple[dt.date, int],
    bits: int,
    scope: str,
    customer: bytes,
) -> None:
    first, more = days
    code = signed(
        replace(
            BLANK,
            value_minor=value_minor,
            valid_from_on=first,
            valid_to_on=first + dt.timedelta(days=more),
            bits=bits,
            scope=scope,  # type: ignore[arg-type]
            customer=customer,
        )
    )
    text = code.to_text()
    assert len(text) == SYMBOLS
    assert read_signed(text.lower()) == code
    assert code.is_signed(KEYS)
    assert voucher_symbols(text) == code_of(bits)


@pytest.mark.capability("C2")
def test_every_altered_bit_is_found() -> None:
    text = signed().to_text()
    content = bytearray(base64.b32decode(text + "=" * (-SYMBOLS % 8)))
    for place in range(8 * len(content)):
        altered = bytearray(content)
        altered[place // 8] ^= 1 << place % 8
        other = read_signed(base64.b32encode(altered).decode().rstrip("="))
        assert other is None or not other.is_signed(KEYS), f"bit {place}"
    # The control: the same bytes, not altered, hold.
    again = read_signed(base64.b32encode(content).decode().rstrip("="))
    assert again is not None
    assert again.is_signed(KEYS)


@pytest.mark.capability("C2")
def test_another_key_is_not_believed() -> None:
    forged = signed(private=Ed25519PrivateKey.from_private_bytes(bytes(32)))
    assert not forged.is_signed(KEYS)
    # A key that the till does not hold, and none at all.
    assert not signed().is_signed({"next": KEYS["current"]})
    assert not signed().is_signed({})


def test_a_signature_of_rules_is_none_of_a_voucher() -> None:
    rules = PRIVATE.sign(BLANK.message.removeprefix(b"\0stammkunde voucher\0"))
    assert not replace(BLANK, signature=rules).is_signed(KEYS)


@pytest.mark.parametrize(
    "text",
    ["", "A" * SYMBOLS, "1" * SYMBOLS, grouped(code_of(4711)), "Ä" * SYMBOLS],
)
def test_other_codes_are_no_signed_ones(text: str) -> None:
    assert read_signed(text) is None


def test_only_one_way_of_writing_is_ours() -> None:
    text = signed().to_text()
    # 96 bytes leave two bits of the last symbol unused.
    symbols = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
    other = symbols[symbols.index(text[-1]) + 1]
    assert read_signed(text[:-1] + other) is None
    assert read_signed(text) is not None


@pytest.mark.parametrize(
    "wrong",
    [
        {"valid_from_on": dt.date(1999, 12, 31)},
        {"valid_to_on": dt.date(2180, 1, 1)},
        {"value_minor": 2**32},
    ],
)
def test_what_has_no_room_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(OverflowError):
        _ = replace(BLANK, **wrong).message  # type: ignore[arg-type]


@pytest.mark.capability("C2")
def test_the_narrowest_paper_holds_it_and_a_camera_reads_it() -> None:
    text = signed().to_text()
    code = QRCode(error_correction=ERROR_CORRECT_M, border=4, box_size=6)
    code.add_data(text, optimize=0)
    code.make(fit=True)
    # 41 modules and the quiet zone, at 6 dots each: 294 of the 384 dots of 58 mm (printing.md P12).
    assert (code.version, 6 * len(code.get_matrix())) == (6, 294)
    image = code.make_image().convert("L")
    assert [found.text for found in zxingcpp.read_barcodes(image)] == [text]
    # The control: one symbol more needs the next size.
    more = QRCode(error_correction=ERROR_CORRECT_M)
    more.add_data(text + "A", optimize=0)
    more.make(fit=True)
    assert more.version == 7
