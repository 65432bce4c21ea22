"""How long the journal keeps what stood on paper (P34).

A document names its customer, so it goes 30 days after its job was closed, and at once when the
customer is erased. Of a voucher that can still be used the journal keeps what a copy cannot do
without: issuer, benefit, last day, code and conditions. Nothing else holds its code.
"""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any, Final

from pos_plugin.clock import utc_text
from pos_plugin.loyalty.voucher_document import whose

if TYPE_CHECKING:
    from collections.abc import Iterable

    import apsw

KEPT: Final = dt.timedelta(days=30)
_NEEDED: Final = frozenset({"issuer", "benefit", "valid_until", "code", "conditions"})
_AT_ONCE: Final = 200
"""So many are emptied in one transaction: nobody waits for the rest."""
_USABLE: Final = (
    "EXISTS (SELECT 1 FROM voucher WHERE (voucher.id = subject_uid OR voucher.id IN "
    "(SELECT strip_coupon.voucher FROM strip_coupon WHERE strip = subject_uid)) "
    "AND voucher.state NOT IN ('cancelled', 'redeemed') AND voucher.valid_to_on >= ?)"
)


def has_old(journal: apsw.Connection, now: dt.datetime) -> bool:
    """Say whether documents are kept longer than they may be."""
    row = journal.execute(
        "SELECT 1 FROM print_job WHERE emptied_at IS NULL AND closed_at < ? LIMIT 1",
        (utc_text(now - KEPT),),
    )
    return row.get is not None


def empty_old(journal: apsw.Connection, now: dt.datetime) -> int:
    """Empty documents of jobs that were closed 30 days ago; return how many."""
    rows: Any = journal.execute(
        f"SELECT uid, document, {_USABLE} FROM print_job "  # noqa: S608
        "WHERE emptied_at IS NULL AND closed_at < ? LIMIT ?",
        (now.date().isoformat(), utc_text(now - KEPT), _AT_ONCE),
    ).fetchall()
    return _empty(journal, rows, now)


def empty_of(journal: apsw.Connection, customer: str, now: dt.datetime) -> int:
    """Empty every document of a customer, wherever its job stands; return how many."""
    rows: Any = journal.execute(
        f"SELECT uid, document, {_USABLE} FROM print_job "  # noqa: S608
        "WHERE emptied_at IS NULL AND customer = ?",
        (now.date().isoformat(), customer),
    ).fetchall()
    return _empty(journal, rows, now)


def pages_of_erased(journal: apsw.Connection) -> list[tuple[str, str]]:
    """Return printer and SHA-256 of every attempt to print something of an erased customer."""
    rows: Any = journal.execute(
        "SELECT print_attempt.printer, sha256 FROM erasure "
        "JOIN print_job ON print_job.customer = erasure.customer "
        "JOIN print_attempt ON job_uid = uid"
    ).fetchall()
    return list(rows)


def _empty(journal: apsw.Connection, rows: Iterable[tuple[str, str, int]], now: dt.datetime) -> int:
    count = 0
    for uid, document, is_usable in rows:
        journal.execute(
            "UPDATE print_job SET document = ?, emptied_at = ? WHERE uid = ?",
            (_needed(document) if is_usable else "", utc_text(now), uid),
        )
        count += 1
    return count


def _needed(document: str) -> str:
    """Return a voucher's document without decoration and without its holder."""
    content = json.loads(document)
    blocks = [block for block in content["blocks"] if block.get("role") in _NEEDED]
    nameless = {name: value for name, value in content.items() if name != "holder"}
    text = json.dumps({**nameless, "blocks": blocks}, ensure_ascii=False)
    # A layout may name the customer in its conditions, too; then nothing of it stays. A code names
    # nobody, though its letters may read like a short name.
    said = json.dumps([one for one in blocks if one["role"] != "code"], ensure_ascii=False)
    holder = whose(document).holder
    return "" if holder is not None and holder in said else text
