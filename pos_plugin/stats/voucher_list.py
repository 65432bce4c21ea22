"""Every voucher of a time with its grant and its redemption: who, where, on which receipt."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

from pos_plugin.stats.words import STATES, WORDS
from pos_plugin.storage.cache_reader import CacheReader
from pos_plugin.storage.journal_reader import JournalReader
from pos_plugin.storage.voucher_history import voucher_histories

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping

    from pos_plugin.config import TillConfig
    from pos_plugin.storage.voucher_history import Happened, VoucherHistory


def voucher_list(
    config: TillConfig,
    *,
    from_on: dt.date | None = None,
    to_on: dt.date | None = None,
    not_handed_over: bool = False,
) -> list[VoucherHistory]:
    """Return vouchers that this till granted, the oldest first.

    Args:
        config: of the till.
        from_on: first shop day of the grant; None = from the beginning.
        to_on: last shop day of the grant; None = to now.
        not_handed_over: only those that may still be used and that nobody said to have handed over.

    Raises:
        StorageError: the journal cannot be read.
    """
    journal = JournalReader.open(config.data_dir)
    if journal is None:
        return []
    cache = CacheReader.open(config.data_dir)
    with journal, cache or nullcontext(), journal.reading() as connection:
        every = voucher_histories(connection, cache)
    first = from_on.isoformat() if from_on else ""
    last = to_on.isoformat() if to_on else "9999-12-31"
    return [
        one
        for one in every
        if first <= one.granted.on <= last
        and not (not_handed_over and (one.handed_over_at or one.state != "issued"))
    ]


def to_dict(one: VoucherHistory) -> dict[str, Any]:
    """Return a voucher as plain values."""
    return {
        "voucher": one.id,
        "type": one.type,
        "customer": one.customer,
        "class_at_issue": one.class_at_issue,
        "state": one.state,
        "valid_to_on": one.valid_to_on,
        "granted": _plain(one.granted),
        "printed": one.is_printed,
        "handed_over_at": one.handed_over_at,
        "redeemed": _plain(one.redeemed) if one.redeemed else None,
    }


def to_line(one: VoucherHistory, *, language: str) -> str:
    """Return a voucher as one line, empty places as ``-``.

    Args:
        one: the voucher.
        language: ``de`` or ``en``.
    """
    words = WORDS[language]
    return "  ".join(
        [
            one.type,
            one.customer or "-",
            one.class_at_issue or "-",
            STATES[language][one.state],
            _said(one.granted, words),
            words["printed" if one.is_printed else "not_printed"],
            words["handed_over" if one.handed_over_at else "not_handed_over"],
            _said(one.redeemed, words)
            if one.redeemed
            else words["elsewhere" if one.is_used else "no"],
        ]
    )


def _plain(what: Happened) -> dict[str, Any]:
    return {
        "on": what.on,
        "till": what.till,
        "cashier": what.cashier,
        "receipt": what.receipt,
    }


def _said(what: Happened, words: Mapping[str, str]) -> str:
    places = {"on": what.on, "till": what.till}
    places |= {"cashier": what.cashier or "-", "receipt": what.receipt or "-"}
    return words["happened"].format_map(places)
