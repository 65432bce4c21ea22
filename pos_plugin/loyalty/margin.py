"""The margin (Rohertrag) that customers brought: paid net of VAT, less what the goods cost.

1. A later purchase price never changes what was sold before: the price of the day of the sale
   counts, also when the goods come back.
2. Goods without a purchase price count nothing and are told; of rented goods nothing is taken off,
   they stay the shop's.
3. Each line is rounded once. A return takes off the difference that it makes to its line, so a
   line that came back whole leaves exactly nothing, in however many parts it came.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections import defaultdict
from typing import TYPE_CHECKING, Final, NamedTuple

from pos_plugin.loyalty.class_history import Fact
from pos_plugin.model import NO_TURNOVER, RENTAL
from pos_plugin.units import divide_half_up

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Sequence

    from pos_plugin.loyalty.class_scheme import ClassScheme
    from pos_plugin.model import LineKind

_DAY: Final = dt.timedelta(days=1)
_WHOLE_BP: Final = 10_000
_PIECE_MILLI: Final = 1_000


class PurchasePrice(NamedTuple):
    """What a piece costs the shop from a day on (Einkaufspreis).

    Args:
        sku: of the article.
        since_on: first shop day.
        purchase_price_minor: without VAT, in minor units (cents); None = not known any more.
    """

    sku: str
    since_on: dt.date
    purchase_price_minor: int | None


class PurchasePrices:
    """The purchase prices of all articles, by day.

    >>> import datetime as dt
    >>> day = dt.date(2026, 3, 7)
    >>> prices = PurchasePrices([PurchasePrice("4711", day, 500)])
    >>> prices.of("4711", day), prices.of("4711", dt.date(2026, 3, 6))
    (500, None)
    """

    def __init__(self, prices: Iterable[PurchasePrice]) -> None:
        self._by_sku: defaultdict[str, list[PurchasePrice]] = defaultdict(list)
        for price in sorted(prices, key=lambda one: (one.sku, one.since_on)):
            self._by_sku[price.sku].append(price)

    def of(self, sku: str, on: dt.date) -> int | None:
        """Return the price of an article on a day in minor units (cents), if it was known."""
        prices = self._by_sku.get(sku, ())
        place = bisect_right(prices, on, key=lambda one: one.since_on)
        return prices[place - 1].purchase_price_minor if place else None


class ChargedLine(NamedTuple):
    """A line of a receipt; ``paid_minor`` with VAT, in minor units (cents)."""

    sku: str
    kind: LineKind
    quantity_milli: int
    paid_minor: int
    vat_rate_bp: int


class Charged(NamedTuple):
    """A receipt of a customer, or (``is_void``) that it was taken back whole."""

    customer: str
    sold_on: dt.date
    known_on: dt.date
    lines: Sequence[ChargedLine]
    is_void: bool = False


class BroughtBack(NamedTuple):
    """What came back of a line: ``sale`` and ``line_id`` tell lines apart."""

    customer: str
    sale: Hashable
    line_id: str
    sold_on: dt.date
    returned_on: dt.date
    line: ChargedLine
    quantity_milli: int
    refund_minor: int


def by_margin(revisions: Iterable[ClassScheme]) -> bool:
    """Say whether any of these counts the margin; of all others no line has to be read."""
    return any("margin" in one.metrics for one in revisions)


def margin_facts(deals: Iterable[Charged | BroughtBack], prices: PurchasePrices) -> Iterator[Fact]:
    """Yield what receipts, voids and returns change in the margin of their customers.

    Args:
        deals: in the order in which they happened, as far as they are of one sale.
        prices: by day.
    """
    rest: dict[tuple[Hashable, str], ChargedLine] = {}
    for deal in deals:
        if isinstance(deal, Charged):
            yield _charged(deal, prices)
            continue
        place = deal.sale, deal.line_id
        before = rest.get(place, deal.line)
        after = before._replace(
            quantity_milli=before.quantity_milli - deal.quantity_milli,
            paid_minor=before.paid_minor - deal.refund_minor,
        )
        rest[place] = after
        price_minor = prices.of(deal.line.sku, deal.sold_on)
        left_minor = line_margin_minor(after, price_minor) or 0
        changed_minor = left_minor - (line_margin_minor(before, price_minor) or 0)
        yield Fact(deal.customer, deal.returned_on, deal.returned_on, margin_minor=changed_minor)


def line_margin_minor(line: ChargedLine, purchase_price_minor: int | None) -> int | None:
    """Return the margin of a line in minor units (cents), None when its cost is not known.

    Two pieces for 23.80 with 19 % VAT are 20.00 net; they cost 6.50 each:

    >>> line_margin_minor(ChargedLine("4711", "sale", 2_000, 2_380, 1_900), 650)
    700
    """
    if line.kind in NO_TURNOVER:
        return 0
    net_minor = divide_half_up(line.paid_minor * _WHOLE_BP, _WHOLE_BP + line.vat_rate_bp)
    if line.kind == RENTAL:
        return net_minor
    if purchase_price_minor is None:
        return None
    return net_minor - divide_half_up(line.quantity_milli * purchase_price_minor, _PIECE_MILLI)


def unpriced_warning(scheme: ClassScheme, facts: Iterable[Fact], *, on: dt.date) -> str | None:
    """Return how many lines counted nothing for the classes of a day, None when it was none.

    Args:
        scheme: one by margin; of any other nothing is said.
        facts: all there are.
        on: the day whose classes were computed.
    """
    if not by_margin([scheme]):
        return None
    count = sum(
        fact.unpriced_lines
        for fact in facts
        if fact.enters_on <= on and fact.counted_on >= scheme.window.first_on(on - _DAY)
    )
    return f"{count} lines without a purchase price count nothing" if count else None


def _charged(deal: Charged, prices: PurchasePrices) -> Fact:
    margins = [line_margin_minor(line, prices.of(line.sku, deal.sold_on)) for line in deal.lines]
    sign = -1 if deal.is_void else 1
    return Fact(
        deal.customer,
        deal.sold_on,
        deal.known_on,
        margin_minor=sign * sum(margin for margin in margins if margin is not None),
        unpriced_lines=sign * margins.count(None),
    )
