"""A strip of coupons of which some are over: the others stay (Gutscheinstreifen).

1. A strip is given up when all its coupons are over, not before.
2. A coupon that cannot be used falls out of what is printed from then on: its code, its benefit,
   its terms. A copy of later brings it again, should it have been let go by then.
3. What was cancelled and lies on paper already is named, so that the cashier can take it back.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pos_plugin.loyalty.voucher_document import CODE_END
from pos_plugin.loyalty.vouchers import VoucherState

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    import apsw

NAME_MAX: Final = 30
_SEPARATORS: Final = frozenset({"rule", "feed"})
NOT_PRINTED: Final = frozenset(
    {VoucherState.CANCELLED, VoucherState.REDEEMED, VoucherState.BLOCKED}
)
"""Of a voucher in these states no paper is made; what expired is told by its day."""
# Where paper may lie on the counter; of a replaced one the copy is the one that counts.
_ON_PAPER: Final = "('CONFIRMED', 'ASSUMED', 'CONFIRMED_BY_OPERATOR', 'UNKNOWN')"


def every(condition: str) -> str:
    """Return SQL that says of a ``print_job`` whether this holds for every voucher on its paper.

    Args:
        condition: about the columns of ``voucher``; our own text. The question that uses it has
            joined ``voucher`` by ``subject_uid``.
    """
    return (
        f"(coalesce(({condition}), 0) AND NOT EXISTS (SELECT 1 FROM strip_coupon "  # noqa: S608
        f"CROSS JOIN voucher ON voucher.id = strip_coupon.voucher "
        f"WHERE strip_coupon.strip = print_job.subject_uid AND NOT ({condition})))"
    )


class Coupon(NamedTuple):
    """One of a strip; ``position`` from 0, ``valid_to_on`` a shop day."""

    position: int
    state: str
    valid_to_on: str

    @property
    def is_void(self) -> bool:
        """Whether it was cancelled."""
        return self.state == VoucherState.CANCELLED

    def is_over(self, on: str) -> bool:
        """Say whether nobody can use it on a shop day."""
        return self.state in NOT_PRINTED or self.valid_to_on < on


COUPONS: Final = (
    "(SELECT json_group_array(json_array(position, coupon.state, coupon.valid_to_on)) "
    "FROM strip_coupon CROSS JOIN voucher AS coupon ON coupon.id = strip_coupon.voucher "
    "WHERE strip = print_job.subject_uid)"
)
"""What hangs on the strip of a ``print_job``, as a JSON list of ``Coupon``."""
LEFT_OUT: Final = (
    "(SELECT json_group_array(position) FROM left_out_coupon "
    "WHERE left_out_coupon.job_uid = print_job.uid "
    "AND left_out_coupon.attempt = print_attempt.attempt)"
)
"""The positions that the last attempt of a ``print_job`` left out, as a JSON list."""


def keep_strip(journal: apsw.Connection, vouchers: Iterable[str]) -> None:
    """Store which vouchers share a paper, the first one first."""
    ids = list(vouchers)
    journal.executemany(
        "INSERT INTO strip_coupon (strip, position, voucher) VALUES (?, ?, ?)",
        [(ids[0], position, voucher) for position, voucher in enumerate(ids)],
    )


def keep_left_out(
    journal: apsw.Connection, job_uid: str, attempt: int, positions: Iterable[int]
) -> None:
    """Store which coupons an attempt does not print."""
    journal.executemany(
        "INSERT INTO left_out_coupon (job_uid, attempt, position) VALUES (?, ?, ?)",
        [(job_uid, attempt, position) for position in positions],
    )


def without(document: str, positions: Collection[int]) -> str:
    """Return a document without some of its coupons; the same one when there is nothing to do.

    Args:
        document: of a job, as JSON; empty when it was kept long enough.
        positions: on the strip.
    """
    if not positions or not document:
        return document
    content = json.loads(document)
    left = [block for block in content["blocks"] if block.get("coupon") not in positions]
    first = min((block["coupon"] for block in left if "coupon" in block), default=0)
    if first:
        left = _without_cut_line(left, first)
    return json.dumps({**content, "blocks": left}, ensure_ascii=False, separators=(",", ":"))


def _without_cut_line(blocks: list[dict[str, Any]], coupon: int) -> list[dict[str, Any]]:
    """Return the blocks without what cuts a coupon off those before it: there are none now."""
    begins = next(n for n, block in enumerate(blocks) if block.get("coupon") == coupon)
    ends = begins
    while blocks[ends].get("coupon") == coupon and blocks[ends]["type"] in _SEPARATORS:
        ends += 1
    return blocks[:begins] + blocks[ends:]


def named(document: str, positions: Iterable[int]) -> list[str]:
    """Return how the cashier finds coupons on a strip: their benefit and the end of their code.

    Args:
        document: of a job, as JSON; of one that is gone only the number on the strip is known.
        positions: on the strip, from 0.
    """
    blocks = json.loads(document)["blocks"] if document else []
    return [_name([one for one in blocks if one.get("coupon") == n], n) for n in positions]


def on_paper(journal: apsw.Connection, vouchers: Iterable[str]) -> list[str]:
    """Return the names of those of these vouchers that lie on a printed strip.

    Args:
        journal: of the till.
        vouchers: ids, for example of those that were cancelled a moment ago.
    """
    found: list[str] = []
    for voucher in vouchers:
        rows: Any = journal.execute(
            "SELECT document, position FROM strip_coupon "  # noqa: S608 - own words
            "JOIN print_job ON subject_uid = strip "
            f"WHERE voucher = ? AND state IN {_ON_PAPER} AND NOT EXISTS ("
            "SELECT 1 FROM left_out_coupon AS gone WHERE gone.job_uid = uid "
            "AND gone.position = strip_coupon.position AND gone.attempt = "
            "(SELECT max(attempt) FROM print_attempt WHERE job_uid = uid))",
            (voucher,),
        )
        found += [name for document, position in rows for name in named(document, [position])]
    return found


def _name(blocks: list[dict[str, Any]], position: int) -> str:
    said = {block.get("role"): block for block in reversed(blocks)}
    benefit = str(said.get("benefit", {}).get("value", ""))
    if len(benefit) > NAME_MAX:
        benefit = f"{benefit[: NAME_MAX - 1]}…"
    code = str(said.get("code", {}).get("content", ""))[-CODE_END:]
    parts = [f"„{benefit}“"] if benefit else []
    parts += [f"…{code}"] if code else []
    return " ".join(parts) or f"{position + 1}."
