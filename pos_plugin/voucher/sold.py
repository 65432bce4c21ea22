"""Vouchers that a sale sells: planned before, issued with the transaction that books the sale.

1. A line sells one voucher at its value: one piece, its price the value. Any other line is none.
2. A voucher is sold once: of two sales that contain it the first that is completed issues it.
3. What was charged stands: a line that issues no voucher is booked, head office and the cashier are
   told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pos_plugin.errors import SaleError
from pos_plugin.loyalty.vouchers import NewVoucher
from pos_plugin.notices import Notice, NoticeCode
from pos_plugin.storage import voucher_store
from pos_plugin.storage.journal_lookup import sold_code

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from pos_plugin.loyalty.voucher_type import VoucherType
    from pos_plugin.model import Line
    from pos_plugin.sale.snapshot import Snapshot
    from pos_plugin.storage.journal_lookup import Journal
    from pos_plugin.storage.voucher_store import Booked


NOT_SOLD: Final = "voucher_not_sold"
_ONE_PIECE: Final = 1000


class Sold(NamedTuple):
    """A voucher that a line sells; ``kind`` is None where a broken cache knows none."""

    line_id: str
    voucher: voucher_store.Planned
    kind: VoucherType | None


class SoldIn(NamedTuple):
    """What a sale sells.

    Args:
        vouchers: that it issues.
        refused: exceptions of the event: what it charged for and does not issue.
    """

    vouchers: list[Sold]
    refused: list[dict[str, Any]]


def planned_in(
    journal: Journal,
    vouchers: Mapping[str, str],
    lines: Iterable[Line],
    kind: Callable[[str], VoucherType | None],
) -> SoldIn:
    """Return the planned vouchers that a sale issues.

    Args:
        journal: in the transaction of the sale.
        vouchers: line id to voucher id, as the host sent it.
        lines: that were really sold.
        kind: of a voucher by its code.
    """
    really = {line.line_id: line for line in lines if line.line_id in vouchers}
    found = voucher_store.planned(journal, (vouchers[line] for line in really))
    sold = SoldIn([], [])
    for line_id, line in really.items():
        voucher = vouchers[line_id]
        one = found.get(voucher)
        if one is None or flaw(line, one) is not None:
            sold.refused.append({"voucher": voucher, "reason": NOT_SOLD})
        else:
            sold.vouchers.append(Sold(line_id, one, kind(one.type)))
    return sold


def flaw(line: Line, voucher: voucher_store.Planned) -> tuple[str, str] | None:
    """Return the field of a line that cannot sell a voucher, and what it should say; None = fine.

    Args:
        line: of the sale.
        voucher: that waits to be sold.
    """
    if line.quantity_milli != _ONE_PIECE:
        return "quantity_milli", f"a voucher is one piece: {_ONE_PIECE}"
    if line.unit_price_minor != voucher.value_minor:
        return "unit_price_minor", f"this voucher is worth {voucher.value_minor}"
    return None


def check_sold(journal: Journal, snapshot: Snapshot) -> list[Notice]:
    """Look at the vouchers that a basket sells while it is open.

    Args:
        journal: of this till.
        snapshot: the basket.

    Returns:
        A notice for each that does not wait to be sold any more.

    Raises:
        SaleError: a line sells one at another price or in another number.
    """
    sold = snapshot.sold_vouchers
    found = voucher_store.planned(journal, sold.values())
    notices: list[Notice] = []
    for number, line in enumerate(snapshot.basket.lines):
        voucher = sold.get(line.line_id)
        if voucher is None or line.quantity_milli < 0:
            continue
        if voucher not in found:
            notices.append(Notice(NoticeCode.VOUCHER_NOT_SOLD))
            continue
        wrong = flaw(line, found[voucher])
        if wrong is not None:
            raise SaleError("out_of_range", f"sale.lines[{number}].{wrong[0]}", wrong[1])
    return notices


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
