"""What a scanned code is, decided by the prefix table of ``till.toml``: the first match wins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from pos_plugin.card_hash import normalised
from pos_plugin.limits import MAX_TEXT
from pos_plugin.loyalty.approvals import read_number
from pos_plugin.loyalty.signed_code import read_signed
from pos_plugin.loyalty.voucher_code import read_code

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pos_plugin.config import Prefix

Kind = Literal["card", "voucher", "article", "approval"]


@dataclass(frozen=True, slots=True)
class Routed:
    """A code and what it is; vouchers and cards in their one written form, articles as scanned."""

    kind: Kind
    code: str


def route(code: str, prefixes: Iterable[Prefix]) -> Routed | None:
    """Return what a code is, or None when no row of the table takes it."""
    scanned = code.strip()
    if not scanned or len(scanned) > MAX_TEXT:
        return None
    plain = normalised(scanned)
    for prefix in prefixes:
        if not plain.startswith(prefix.starts_with.upper()):
            continue
        if prefix.length is not None and len(plain) != prefix.length:
            continue
        if prefix.check == "ean13" and not is_ean13(plain):
            continue
        # A signed code stays whole: what it says counts where nobody knows the voucher.
        voucher = plain if read_signed(plain) else read_code(plain)
        if prefix.check == "voucher" and voucher is None:
            continue
        number = read_number(plain)
        if prefix.check == "approval" and number is None:
            continue
        if prefix.kind == "approval":
            return Routed("approval", number or scanned)
        if prefix.kind == "article":
            return Routed("article", scanned)
        return Routed(prefix.kind, voucher or plain if prefix.kind == "voucher" else plain)
    return None


def is_ean13(code: str) -> bool:
    """Say whether a code is 13 digits with the right check digit (GS1 General Specifications 7.9).

    >>> is_ean13("4006381333931"), is_ean13("4006381333932")
    (True, False)
    """
    if len(code) != 13 or not (code.isascii() and code.isdigit()):
        return False
    digits = [int(digit) for digit in code]
    return (sum(digits[::2]) + 3 * sum(digits[1::2])) % 10 == 0
