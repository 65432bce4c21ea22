"""Example rows of DSFinV-K for the discounts of receipts (domain.md L6).

Line discounts are always itemised: every line with a discount has one ``base_amount`` and one
``discount`` row of its VAT rate, the discount with inverted sign. Their sum is what was charged.
The host owns the fiscal record; these rows show what it may write into it.

Source: DSFinV-K 2.x, files `itemamounts.csv` (Bonpos_Preisfindung), `lines_vat.csv` (Bonpos_USt)
and `vat.csv` (Stamm_USt).
"""

from __future__ import annotations

import csv
from contextlib import ExitStack
from typing import TYPE_CHECKING, Final

from pos_plugin.named_file import written_whole
from pos_plugin.units import divide_half_up

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from pos_plugin.storage.journal_export import ReceiptLine

_KEYS: Final = {1900: 1, 700: 2, 1070: 3, 550: 4, 0: 5}
_OWN_KEYS: Final = 1000  # from here on a taxpayer numbers rates of its own
_HEAD: Final = ("Z_KASSE_ID", "BON_ID", "POS_ZEILE")
_AMOUNTS: Final = ("UST_SCHLUESSEL", "PF_BRUTTO", "PF_NETTO", "PF_UST")


class VatKeys:
    """The numbers of VAT rates; a rate that the standard does not number gets one of our own."""

    def __init__(self) -> None:
        self.used: dict[int, int] = {}

    def key(self, rate_bp: int) -> int:
        """Return the number of a rate in basis points."""
        if rate_bp not in self.used:
            own = _OWN_KEYS + sum(key >= _OWN_KEYS for key in self.used.values())
            self.used[rate_bp] = _KEYS.get(rate_bp, own)
        return self.used[rate_bp]


def amounts(line: ReceiptLine) -> Iterator[tuple[str, int]]:
    """Yield kind and amount in minor units (cents) of each row of a line; they sum to the charge.

    A line without a discount has its base amount only.
    """
    yield "base_amount", line.gross_minor
    if line.discount_minor:
        yield "discount", -line.discount_minor


def split(gross_minor: int, rate_bp: int) -> tuple[str, str, str]:
    """Return gross, net and VAT of an amount with five decimals, net and VAT summing to gross.

    >>> split(11900, 1900), split(-100, 700)
    (('119,00000', '100,00000', '19,00000'), ('-1,00000', '-0,93458', '-0,06542'))
    """
    gross = gross_minor * 1000
    net = divide_half_up(gross * 10_000, 10_000 + rate_bp)
    return _decimal(gross), _decimal(net), _decimal(gross - net)


def write_folder(lines: Iterable[ReceiptLine], folder: Path, *, till: str) -> int:
    """Write the three files; return the number of lines.

    Args:
        lines: of receipts, in their order.
        folder: made when it is missing.
        till: number of the till.
    """
    folder.mkdir(parents=True, exist_ok=True)
    keys = VatKeys()
    count = 0
    # Kept until all three are written: they are read together.
    with ExitStack() as stack:
        places = [
            stack.enter_context(written_whole(folder / name))
            for name in ("itemamounts.csv", "lines_vat.csv", "vat.csv")
        ]
        prices, vat_lines, rates = (
            stack.enter_context(place.open("w", encoding="utf-8", newline="")) for place in places
        )
        price_rows = csv.writer(prices, delimiter=";", lineterminator="\r\n")
        vat_rows = csv.writer(vat_lines, delimiter=";", lineterminator="\r\n")
        price_rows.writerow([*_HEAD, "TYP", *_AMOUNTS])
        vat_rows.writerow([*_HEAD, "UST_SCHLUESSEL", "POS_BRUTTO", "POS_NETTO", "POS_UST"])
        for line in lines:
            count += 1
            key = keys.key(line.vat_rate_bp)
            head = [till, line.receipt_number or line.sale_id, line.position + 1]
            for kind, amount_minor in amounts(line):
                price_rows.writerow([*head, kind, key, *split(amount_minor, line.vat_rate_bp)])
            vat_rows.writerow([*head, key, *split(line.paid_minor, line.vat_rate_bp)])
        rate_rows = csv.writer(rates, delimiter=";", lineterminator="\r\n")
        rate_rows.writerow(["Z_KASSE_ID", "UST_SCHLUESSEL", "UST_SATZ"])
        for rate_bp, key in sorted(keys.used.items(), key=lambda one: one[1]):
            rate_rows.writerow([till, key, f"{rate_bp // 100},{rate_bp % 100:02}"])
    return count


def _decimal(hundred_thousandths: int) -> str:
    sign = "-" if hundred_thousandths < 0 else ""
    whole, part = divmod(abs(hundred_thousandths), 100_000)
    return f"{sign}{whole},{part:05}"
