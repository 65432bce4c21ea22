"""Past receipts, checked, in the order in which they are replayed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, overload

from pos_plugin.replay.spool import Spool

if TYPE_CHECKING:
    from collections.abc import Mapping

_PREFIX: Final = "replay:"


@dataclass(frozen=True, slots=True)
class PastReceipt:
    """A receipt of the past.

    Args:
        sale_id: ``replay:`` and the invoice number: booked once per folder.
        at: instant of its first line.
        currency: of all its amounts.
        snapshot: the sale as a till sends it (promotions.md §3).
    """

    sale_id: str
    at: dt.datetime
    currency: str
    snapshot: Mapping[str, Any]


def replay_id(number: str) -> str:
    """Return the sale id under which a receipt is replayed.

    >>> replay_id("536365")
    'replay:536365'
    """
    return _PREFIX + number


def plain_id(sale_id: str) -> str:
    """Return the invoice number of a replayed sale.

    >>> plain_id("replay:536365")
    '536365'
    """
    return sale_id.removeprefix(_PREFIX)


class PastReceipts(Sequence[PastReceipt]):
    """Receipts that wait in a spool: one at a time is in memory."""

    def __init__(self) -> None:
        self._spool = Spool()

    def append(self, receipt: PastReceipt) -> None:
        """Add a receipt.

        Raises:
            StorageError: there is no room in the temporary folder.
        """
        at = receipt.at.isoformat()
        self._spool.append([receipt.sale_id, at, receipt.currency, receipt.snapshot])

    def __len__(self) -> int:
        return len(self._spool)

    @overload
    def __getitem__(self, index: int) -> PastReceipt: ...

    @overload
    def __getitem__(self, index: slice) -> list[PastReceipt]: ...

    def __getitem__(self, index: int | slice) -> PastReceipt | list[PastReceipt]:
        if isinstance(index, slice):
            return [self[number] for number in range(*index.indices(len(self)))]
        sale_id, at, currency, snapshot = self._spool[index]
        return PastReceipt(sale_id, dt.datetime.fromisoformat(at), currency, snapshot)
