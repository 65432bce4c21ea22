"""What a return asks of the receipt that it takes goods back from."""

from __future__ import annotations

import datetime as dt
import json
from collections import defaultdict
from typing import TYPE_CHECKING, Any, NamedTuple

from pos_plugin.clock import utc_text
from pos_plugin.loyalty.return_policy import Together
from pos_plugin.model import Basket, Line
from pos_plugin.sale.repricing import SoldBasket, with_facts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pos_plugin.storage.journal_lookup import Journal
    from pos_plugin.storage.voucher_store import Booked


class Terms(NamedTuple):
    """By which rules a receipt was sold.

    Args:
        generation: of its rules; 0 at list price.
        late: it was sold at list price, whatever the rules say.
        promotions: that it used.
        together: the goods that each of their applications took together.
    """

    generation: int
    late: bool
    promotions: frozenset[str]
    together: tuple[Together, ...]


def terms_of(journal: Journal, receipt: int) -> Terms:
    """Return by which rules a receipt was sold."""
    head: Any = journal.execute(
        "SELECT generation, late FROM receipt WHERE seq = ?", (receipt,)
    ).fetchone()
    rows: Any = journal.execute(
        "SELECT promotion, layer, application, max(times), line_id, sum(units_milli) "
        "FROM promotion_result JOIN receipt_line USING (receipt, position) WHERE receipt = ? "
        "GROUP BY promotion, layer, application, line_id ORDER BY layer, promotion, application",
        (receipt,),
    )
    times: dict[tuple[str, str, int], int] = {}
    units: defaultdict[tuple[str, str, int], dict[str, int]] = defaultdict(dict)
    for promotion, layer, application, times_here, line_id, units_milli in rows:
        key = (promotion, layer, application)
        times[key] = times_here
        units[key][line_id] = units_milli
    return Terms(
        generation=head[0],
        late=bool(head[1]),
        promotions=frozenset(promotion for promotion, _, _ in times),
        together=tuple(Together(key[0], times[key], units[key]) for key in times),
    )


def sold_basket(
    journal: Journal, receipt: int, *, shop: str, till: str, birthday_on: str | None
) -> SoldBasket:
    """Return what a receipt sold as a basket, as its rules saw it.

    Args:
        journal: of this till.
        receipt: its number.
        shop: of this till.
        till: this one.
        birthday_on: of its customer, as it is known today.
    """
    head: Any = journal.execute(
        "SELECT sale_id, at, currency, customer, facts FROM receipt WHERE seq = ?", (receipt,)
    ).fetchone()
    sale_id, at, currency, customer, facts = head
    rows: Any = journal.execute(
        "SELECT line_id, sku, quantity_milli, unit_price_minor, categories, brand, season, tags, "
        "vat_rate_bp, markdown, discountable, measured, host_discount_minor, "
        "voucher_discount_minor + host_difference_minor FROM receipt_line "
        "WHERE receipt = ? AND quantity_milli > 0 ORDER BY position",
        (receipt,),
    )
    lines: list[Line] = []
    by_hand: dict[str, int] = {}
    other: dict[str, int] = {}
    for row in rows:
        line_id, sku, quantity_milli, price_minor, categories, brand, season, tags = row[:8]
        vat_rate_bp, markdown, discountable, measured, hand_minor, other_minor = row[8:]
        lines.append(
            Line(
                line_id=line_id,
                sku=sku,
                quantity_milli=quantity_milli,
                unit_price_minor=price_minor,
                categories=tuple(json.loads(categories)),
                brand=brand,
                season=season,
                tags=tuple(json.loads(tags)),
                vat_rate_bp=vat_rate_bp,
                markdown=bool(markdown),
                discountable=bool(discountable),
                measured=bool(measured),
            )
        )
        if hand_minor:
            by_hand[line_id] = hand_minor
        if other_minor:
            other[line_id] = other_minor
    basket = Basket(
        sale_id=sale_id,
        at=dt.datetime.fromisoformat(at),
        lines=tuple(lines),
        shop=shop,
        till=till,
        currency=currency,
    )
    known = with_facts(
        basket,
        json.loads(facts),
        customer=customer,
        birthday=dt.date.fromisoformat(birthday_on) if birthday_on else None,
    )
    return SoldBasket(known, by_hand, other)


def came_back(journal: Journal, sale_id: str) -> bool:
    """Say whether goods of a sale came back to this till."""
    found = journal.execute("SELECT 1 FROM return_receipt WHERE sale_id = ?", (sale_id,)).get
    return found is not None


class Reduction(NamedTuple):
    """A voucher of this till that lowered the prices of a receipt.

    Args:
        type: its kind.
        customer: whose it is.
        valid_to_on: last shop day.
        class_at_issue: segment that made it so.
        lines: line id to what it took off the line, in minor units (cents).
        reissued_minor: what of that became new vouchers already.
    """

    type: str
    customer: str | None
    valid_to_on: str
    class_at_issue: str | None
    lines: Mapping[str, int]
    reissued_minor: int


def reduction(journal: Journal, voucher: str, receipt: int) -> Reduction | None:
    """Return what a voucher took off a receipt; None for a coupon and for one issued elsewhere."""
    row: Any = journal.execute(
        "SELECT type, voucher.customer, valid_to_on, class_at_issue, lines, "
        "(SELECT coalesce(sum(back.amount_minor), 0) FROM voucher_event AS back "
        "WHERE back.voucher = used.voucher AND back.receipt = used.receipt "
        "AND back.kind = 'reissued') FROM voucher_event AS used JOIN voucher ON id = used.voucher "
        "WHERE used.voucher = ? AND used.receipt = ? AND used.kind = 'redeemed' "
        "AND used.amount_minor IS NOT NULL",
        (voucher, receipt),
    ).fetchone()
    if row is None:
        return None
    kind, customer, valid_to_on, class_at_issue, lines, reissued_minor = row
    return Reduction(kind, customer, valid_to_on, class_at_issue, json.loads(lines), reissued_minor)


class GivenVoucher(NamedTuple):
    """A voucher that a receipt issued or sold; amounts in minor units (cents).

    Args:
        voucher: its id.
        code_hash: of its code.
        type: its kind.
        state: where it stands.
        issued_minor: its value at issue; 0 for a coupon.
        value_minor: that less what returns took off it; None for a coupon.
        sold_line: line that sold it; None = it was given.
        used_minor: what the customer got with it.
        settled_minor: what of that was settled by an earlier return.
    """

    voucher: str
    code_hash: bytes
    type: str
    state: str
    issued_minor: int
    value_minor: int | None
    sold_line: str | None
    used_minor: int
    settled_minor: int


def given_by(journal: Journal, receipt: int) -> list[GivenVoucher]:
    """Return the vouchers that a receipt issued or sold and that were not cancelled."""
    rows: Any = journal.execute(
        "SELECT id, code_hash, type, state, coalesce(value_minor, 0), "
        "value_minor - reduced_minor, sold_line, "
        "(SELECT coalesce(sum(CASE kind WHEN 'redeemed' THEN given_minor "
        "WHEN 'rolled_back' THEN -given_minor END), 0) FROM voucher_event WHERE voucher = id), "
        "(SELECT coalesce(sum(amount_minor), 0) FROM voucher_event "
        "WHERE voucher = id AND kind = 'settled') "
        "FROM voucher WHERE issued_seq = ? AND state <> 'cancelled' ORDER BY id",
        (receipt,),
    )
    return [GivenVoucher(*row) for row in rows]


class MovedRest(NamedTuple):
    """What a receipt left on a voucher and gave to a new one.

    Args:
        new: id of the voucher that got it.
        amount_minor: in minor units (cents).
        is_settled: a return gave some of the old voucher back already.
    """

    new: str
    amount_minor: int
    is_settled: bool


def moved_rests(journal: Journal, receipt: int) -> dict[str, MovedRest]:
    """Return the rests that new vouchers got, by the means of payment that they come from."""
    rows: Any = journal.execute(
        "SELECT used.voucher, fresh.id, used.lapsed_minor, EXISTS (SELECT 1 FROM voucher_event "
        "AS back WHERE back.voucher = used.voucher AND back.receipt = used.receipt "
        "AND back.kind = 'rolled_back') FROM voucher_event AS used JOIN voucher AS fresh "
        "ON issued_seq = used.receipt AND sold_line IS NULL "
        "AND fresh.legal_kind = used.legal_kind AND fresh.value_minor = used.lapsed_minor "
        "WHERE used.receipt = ? AND used.kind = 'redeemed' AND used.lapsed_minor > 0 "
        "AND used.legal_kind IN ('gift_mpv', 'gift_spv', 'goods_credit') "
        "ORDER BY used.voucher, fresh.id",
        (receipt,),
    )
    rests: dict[str, MovedRest] = {}
    taken: set[str] = set()
    for old, new, amount_minor, is_settled in rows:
        if old not in rests and new not in taken:
            rests[old] = MovedRest(new, amount_minor, bool(is_settled))
            taken.add(new)
    return rests


def note(
    journal: Journal,
    voucher: str,
    kind: str,
    booked: Booked,
    *,
    receipt: int,
    amount_minor: int,
) -> None:
    """Store what a return did with a voucher without moving it: ``reissued`` or ``settled``."""
    journal.execute(
        "INSERT INTO voucher_event (voucher, epoch, seq, kind, at, receipt, amount_minor) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        (voucher, booked.epoch, booked.seq, kind, utc_text(booked.at), receipt, amount_minor),
    )


def lines_back(journal: Journal, sale_id: str) -> frozenset[str]:
    """Return the lines of a sale of which something came back to this till before."""
    rows: Any = journal.execute(
        "SELECT line_id FROM return_line JOIN return_receipt USING (seq) WHERE sale_id = ?",
        (sale_id,),
    )
    return frozenset(line_id for (line_id,) in rows)
