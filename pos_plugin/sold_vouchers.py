"""Vouchers that a sale sells: planned before, issued with the transaction that books the sale."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from pos_plugin.loyalty.vouchers import NewVoucher
from pos_plugin.storage import voucher_store
from pos_plugin.storage.journal_lookup import sold_code

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from pos_plugin.loyalty.voucher_type import VoucherType
    from pos_plugin.storage.journal_lookup import Journal
    from pos_plugin.storage.voucher_store import Booked


class Sold(NamedTuple):
    """A voucher that a line sells; ``kind`` is None where a broken cache knows none."""

    line_id: str
    voucher: voucher_store.Planned
    kind: VoucherType | None


def planned_in(
    journal: Journal,
    lines: Mapping[str, str],
    sold_lines: Iterable[str],
    kind: Callable[[str], VoucherType | None],
) -> list[Sold]:
    """Return the planned vouchers that a sale issues.

    Args:
        journal: in the transaction of the sale.
        lines: line id to voucher id, as the host sent it.
        sold_lines: ids of the lines that were really sold.
        kind: of a voucher by its code.
    """
    really = {line: lines[line] for line in sold_lines if line in lines}
    found = voucher_store.planned(journal, really.values())
    return [
        Sold(line, found[voucher], kind(found[voucher].type))
        for line, voucher in really.items()
        if voucher in found
    ]


def activate(journal: Journal, sold: Iterable[Sold], booked: Booked) -> list[NewVoucher]:
    """Issue them; return those whose paper can be printed."""
    printed: list[NewVoucher] = []
    for line_id, voucher, kind in sold:
        voucher_store.activate(
            journal, voucher.voucher, booked, receipt=booked.seq, sold_line=line_id
        )
        code = sold_code(journal, voucher.voucher)
        if kind is not None and code is not None:
            printed.append(
                NewVoucher(
                    id=voucher.voucher,
                    code=code,
                    type=kind,
                    customer=voucher.customer,
                    value_minor=voucher.value_minor,
                    valid_from_on=voucher.valid_from_on,
                    valid_to_on=voucher.valid_to_on,
                    trigger="voucher_sold",
                    class_at_issue=None,
                )
            )
    return printed
