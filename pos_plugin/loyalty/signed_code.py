"""Signed voucher codes: what a QR code says for itself to a till that never heard of it (C2).

1. The signature says where a voucher comes from and what it was worth, never that it is unspent:
   what was used of it stands in the journal, and the offline caps bound the rest (sync.md §8).
2. It carries the voucher's own 17 symbols: one voucher, whichever of its codes is scanned.
3. 96 bytes are 154 symbols of base 32, which keyboard scanners type and QR version 6-M just holds.
"""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import hashlib
import struct
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pos_plugin.card_hash import normalised
from pos_plugin.loyalty.voucher_code import BITS, code_of, read_code

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pos_plugin.loyalty.voucher_type import OfflineScope

VERSION: Final = 1
SYMBOLS: Final = 154
TAG_BYTES: Final = 4
NO_CUSTOMER: Final = bytes(TAG_BYTES)
SCOPES: Final[tuple[OfflineScope, ...]] = ("never", "issuing_till", "shop", "region")
"""From the narrowest to the widest; the code holds the place in this list."""

# version, key id, type, customer, value, first day, last day, scope, bits of the code
_LAYOUT: Final = struct.Struct(">B4s4s4sIHHB10s")
_SIGNATURE_BYTES: Final = 64
_DAY_0: Final = dt.date(2000, 1, 1)
_DAYS_MAX: Final = 2**16 - 1
_VALUE_MAX_MINOR: Final = 2**32 - 1
# The key signs rule packages, too: their message starts with the name of the chain, never so.
_MEANING: Final = b"\0stammkunde voucher\0"
_IDS: Final = uuid.UUID("6f0d7c1e-3a52-4b7c-9a47-6f2f6f1f0c2e")


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedCode:
    """What a signed code says; believed only after ``is_signed``.

    Args:
        key: first bytes of the id of the key that signed it.
        type: tag of the code of its kind.
        customer: tag of the customer it is bound to; ``NO_CUSTOMER`` = nobody.
        value_minor: in minor units (cents); None for a coupon.
        valid_from_on: first shop day.
        valid_to_on: last shop day.
        scope: where it may be used without asking head office.
        bits: the 79 random bits of the voucher's own code.
        signature: Ed25519 over all of it; empty before it is signed.
    """

    key: bytes
    type: bytes
    customer: bytes
    value_minor: int | None
    valid_from_on: dt.date
    valid_to_on: dt.date
    scope: OfflineScope
    bits: int
    signature: bytes = b""

    @property
    def code(self) -> str:
        """The 17 symbols of the voucher."""
        return code_of(self.bits)

    @property
    def message(self) -> bytes:
        """The bytes under the signature.

        Raises:
            OverflowError: a day before 2000 or after 2179, or a value of more than 4 bytes.
        """
        return _MEANING + self._payload()

    def to_text(self) -> str:
        """Return the symbols of the QR code."""
        return base64.b32encode(self._payload() + self.signature).decode().rstrip("=")

    def _payload(self) -> bytes:
        days = [(day - _DAY_0).days for day in (self.valid_from_on, self.valid_to_on)]
        value_minor = self.value_minor or 0
        if not all(0 <= day <= _DAYS_MAX for day in days) or value_minor > _VALUE_MAX_MINOR:
            raise OverflowError
        return _LAYOUT.pack(
            VERSION,
            self.key,
            self.type,
            self.customer,
            value_minor,
            days[0],
            days[1],
            SCOPES.index(self.scope),
            self.bits.to_bytes(10, "big"),
        )

    def is_signed(self, keys: Mapping[str, bytes]) -> bool:
        """Say whether one of the keys signed exactly this.

        Args:
            keys: public Ed25519 keys by key id, as the till holds them for rule packages.
        """
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

        for key_id, public_key in keys.items():
            if key_tag(key_id) != self.key:
                continue
            try:
                Ed25519PublicKey.from_public_bytes(public_key).verify(self.signature, self.message)
            except InvalidSignature:
                continue
            return True
        return False


def read_signed(text: str) -> SignedCode | None:
    """Return what a scanned code says if it has the form of a signed one; None if not.

    >>> read_signed("A" * 154) is None, read_signed("0000-0000-0000-0000-9") is None
    (True, True)
    """
    plain = normalised(text)
    if len(plain) != SYMBOLS:
        return None
    try:
        content = base64.b32decode(plain + "=" * (-SYMBOLS % 8))
    except (binascii.Error, ValueError):
        return None
    # The last symbol has bits to spare: only one way of writing is ours.
    if content[0] != VERSION or base64.b32encode(content).decode().rstrip("=") != plain:
        return None
    fields = _LAYOUT.unpack_from(content)
    _, key, kind, customer, value_minor, from_day, to_day, scope, last = fields
    bits = int.from_bytes(last, "big")
    if scope >= len(SCOPES) or bits >> BITS:
        return None
    return SignedCode(
        key=key,
        type=kind,
        customer=customer,
        value_minor=value_minor or None,
        valid_from_on=_DAY_0 + dt.timedelta(days=from_day),
        valid_to_on=_DAY_0 + dt.timedelta(days=to_day),
        scope=SCOPES[scope],
        bits=bits,
        signature=content[-_SIGNATURE_BYTES:],
    )


def voucher_symbols(text: str) -> str | None:
    """Return the 17 symbols of any form of a voucher code: typed, digits, signed; None if none."""
    signed = read_signed(text)
    return signed.code if signed else read_code(text)


def key_tag(key_id: str) -> bytes:
    """Return what stands for a key: it only says which one to try."""
    return _tag(key_id, b"key")


def type_tag(code: str) -> bytes:
    """Return what stands for a kind of voucher; head office refuses two kinds with one tag."""
    return _tag(code, b"type")


def customer_tag(customer: str) -> bytes:
    """Return what stands for a customer; never ``NO_CUSTOMER``."""
    tag = _tag(customer, b"customer")
    return b"\0\0\0\1" if tag == NO_CUSTOMER else tag


def id_of(code: str) -> str:
    """Return the id of a voucher whose code is signed: a till that never had its row knows it."""
    return str(uuid.uuid5(_IDS, code))


def narrower(one: OfflineScope, other: OfflineScope) -> OfflineScope:
    """Return the scope that allows less.

    >>> narrower("shop", "never")
    'never'
    """
    return min(one, other, key=SCOPES.index)


def _tag(name: str, meaning: bytes) -> bytes:
    return hashlib.blake2b(name.encode(), digest_size=TAG_BYTES, person=meaning).digest()
