"""Goods on approval (Auswahl): the life of an approval and of each piece as a table.

1. No sale until kept (§ 454 BGB): issue and return change no turnover.
2. Every piece is out, back or sold; a piece that is back may be toggled out again until the
   approval is settled. What was sold is sold.
3. An approval is settled when no piece is out any more; settled twice leaves nothing open.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

FISCAL_TYPE: Final = "AVSonstige"
"""DSFinV-K, BON_TYP of what is no sale; proposed, the host decides."""

_DIGITS: Final = 9


class ApprovalState(StrEnum):
    """Where an approval stands."""

    ISSUED = "issued"
    SETTLED = "settled"


class LineState(StrEnum):
    """Where a piece is."""

    OPEN = "open"
    RETURNED = "returned"
    SOLD = "sold"


# The triggers of journal.db refuse every other step; None = it is new.
APPROVAL_STEPS: Final[frozenset[tuple[ApprovalState | None, ApprovalState]]] = frozenset(
    {(None, ApprovalState.ISSUED), (ApprovalState.ISSUED, ApprovalState.SETTLED)}
)
LINE_STEPS: Final[frozenset[tuple[LineState | None, LineState]]] = frozenset(
    {
        (None, LineState.OPEN),
        (LineState.OPEN, LineState.RETURNED),
        (LineState.RETURNED, LineState.OPEN),
        (LineState.OPEN, LineState.SOLD),
    }
)


class ApprovalLine(NamedTuple):
    """A piece that went out.

    Args:
        line_id: unique in the approval.
        sku: the article.
        quantity_milli: in thousandths; one piece, or what was measured.
        price_at_issue_minor: of one piece, in minor units (cents).
        facts: what the host said of it beside that, as of a line of a sale; its name too.
        state: where it is.
    """

    line_id: str
    sku: str
    quantity_milli: int
    price_at_issue_minor: int
    facts: Mapping[str, Any]
    state: str = LineState.OPEN.value

    @property
    def worth_minor(self) -> int:
        """What it counts against the limit of the customer, in minor units (cents)."""
        return -(-self.price_at_issue_minor * self.quantity_milli // 1000)


def pieces(line: ApprovalLine) -> list[ApprovalLine]:
    """Return the pieces of a line, each on its own: one may come back and the other be kept.

    >>> [one.line_id for one in pieces(ApprovalLine("1", "a", 2000, 4900, {}))]
    ['1.1', '1.2']
    >>> [one.line_id for one in pieces(ApprovalLine("1", "a", 750, 4900, {}))]
    ['1']
    """
    count, rest = divmod(line.quantity_milli, 1000)
    if rest or count <= 1 or line.facts.get("measured"):
        return [line]
    return [
        line._replace(line_id=f"{line.line_id}.{number}", quantity_milli=1000)
        for number in range(1, count + 1)
    ]


def out_minor(lines: Iterable[ApprovalLine]) -> int:
    """Return what is out at issue prices, in minor units (cents)."""
    return sum(line.worth_minor for line in lines if line.state == LineState.OPEN)


def told_lines(lines: Iterable[ApprovalLine]) -> list[dict[str, Any]]:
    """Return pieces as they stand in the body of an event."""
    return [
        {
            "line_id": line.line_id,
            "sku": line.sku,
            "quantity_milli": line.quantity_milli,
            "price_at_issue_minor": line.price_at_issue_minor,
            "state": LineState(line.state).value,
        }
        for line in lines
    ]


def sale_line(number: str, line: ApprovalLine, *, price_minor: int) -> dict[str, Any]:
    """Return a kept piece as a line of its sale.

    Args:
        number: of the approval.
        line: the piece.
        price_minor: of one piece, in minor units (cents).
    """
    facts = {name: fact for name, fact in line.facts.items() if name != "name"}
    return {
        "line_id": sale_line_id(number, line.line_id),
        "sku": line.sku,
        "quantity_milli": line.quantity_milli,
        "unit_price_minor": price_minor,
        **facts,
    }


def sale_line_id(number: str, line_id: str) -> str:
    """Return under which id a piece stands in its sale.

    >>> sale_line_id("A-003000017", "1.2")
    'A-003000017/1.2'
    """
    return f"{number}/{line_id}"


def approval_number(till: str, counted: int) -> str:
    """Return the number of an approval: three digits of the till, five counted, a check digit.

    >>> approval_number("3", 1)
    'A-003000015'
    """
    digits = "".join(sign for sign in till if sign.isdecimal() and sign.isascii())[-3:]
    payload = f"{digits:0>3}{counted % 100_000:05d}"
    return f"A-{payload}{_luhn(payload)}"


def read_number(code: str) -> str | None:
    """Return the number as it is written; None for what is none.

    >>> read_number("a003000015"), read_number("A-003000019")
    ('A-003000015', None)
    """
    plain = code.strip().upper().replace("-", "").replace(" ", "")
    payload = plain[1:]
    if len(payload) != _DIGITS or plain[0] != "A":
        return None
    if not (payload.isascii() and payload.isdecimal()) or payload[-1] != _luhn(payload[:-1]):
        return None
    return f"A-{payload}"


def _luhn(payload: str) -> str:
    """Return the check digit of ISO/IEC 7812-1: one wrong digit or most swaps are found."""
    total = 0
    for place, sign in enumerate(reversed(payload)):
        digit = int(sign) * (1 if place % 2 else 2)
        total += digit - 9 if digit > 9 else digit
    return str(-total % 10)
