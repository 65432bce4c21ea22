"""Margin of receipts: exact to the cent, and nothing is left of what came back."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest
from class_schemes import scheme
from hypothesis import given
from hypothesis import strategies as st

from pos_plugin.loyalty.margin import (
    BroughtBack,
    Charged,
    ChargedLine,
    PurchasePrice,
    PurchasePrices,
    line_margin_minor,
    margin_facts,
    unpriced_warning,
)

if TYPE_CHECKING:
    from pos_plugin.model import LineKind

SOLD_ON = dt.date(2026, 3, 7)
BACK_ON = dt.date(2026, 3, 9)
DAY = dt.timedelta(days=1)
HOSE = ChargedLine("4711", "sale", 3_000, 9_999, 1_900)
PRICES = PurchasePrices([PurchasePrice("4711", SOLD_ON, 1_234)])


def back(line: ChargedLine, quantity_milli: int, refund_minor: int) -> BroughtBack:
    return BroughtBack("K1", "S1", "1", SOLD_ON, BACK_ON, line, quantity_milli, refund_minor)


def total_minor(*deals: Charged | BroughtBack, prices: PurchasePrices = PRICES) -> int:
    return sum(fact.margin_minor for fact in margin_facts(deals, prices))


@pytest.mark.capability("K11")
def test_margin_is_net_of_vat_less_what_the_goods_cost() -> None:
    # 99.99 with 19 % is 84.03 net; three pieces cost 37.02.
    assert total_minor(Charged("K1", SOLD_ON, SOLD_ON, [HOSE])) == 8_403 - 3_702


@given(
    st.integers(1, 12),
    st.integers(0, 100_000),
    st.sampled_from([0, 700, 1_900]),
    st.integers(0, 20_000),
    st.randoms(use_true_random=False),
)
def test_line_that_came_back_in_parts_leaves_nothing(
    pieces: int, paid_minor: int, vat_rate_bp: int, cost_minor: int, dice: object
) -> None:
    line = ChargedLine("4711", "sale", pieces * 1_000, paid_minor, vat_rate_bp)
    prices = PurchasePrices([PurchasePrice("4711", SOLD_ON, cost_minor)])
    # Refunds as a till gives them: any amounts that sum to what was paid.
    cuts = sorted(dice.randint(0, paid_minor) for _ in range(pieces - 1))  # type: ignore[attr-defined]
    refunds = [high - low for low, high in zip([0, *cuts], [*cuts, paid_minor], strict=True)]
    parts = [back(line, 1_000, refund) for refund in refunds]
    assert total_minor(Charged("K1", SOLD_ON, SOLD_ON, [line]), *parts, prices=prices) == 0


def test_each_part_rounded_on_its_own_would_leave_a_cent() -> None:
    """Negative control: three times 0.99 gross are 3 times 0.83 net, 2.97 are 2.50."""
    whole = HOSE._replace(paid_minor=297)
    on_its_own = line_margin_minor(whole._replace(quantity_milli=1_000, paid_minor=99), 0)
    assert (on_its_own, line_margin_minor(whole, 0)) == (83, 250)


def test_price_of_the_day_of_the_sale_counts_also_at_the_return() -> None:
    dearer = PurchasePrices(
        [PurchasePrice("4711", BACK_ON, 3_000), PurchasePrice("4711", SOLD_ON, 1_234)]
    )
    sold = Charged("K1", SOLD_ON, SOLD_ON, [HOSE])
    assert total_minor(sold, prices=dearer) == total_minor(sold)
    assert total_minor(sold, back(HOSE, 3_000, 9_999), prices=dearer) == 0
    later = Charged("K1", BACK_ON, BACK_ON, [HOSE])
    assert total_minor(later, prices=dearer) == 8_403 - 9_000


def test_price_before_its_first_day_and_after_it_ended_is_none() -> None:
    ended = PurchasePrices(
        [PurchasePrice("4711", SOLD_ON, 1_234), PurchasePrice("4711", BACK_ON, None)]
    )
    days = (SOLD_ON - DAY, SOLD_ON, BACK_ON - DAY, BACK_ON)
    assert [ended.of("4711", day) for day in days] == [None, 1_234, 1_234, None]
    assert ended.of("0815", SOLD_ON) is None


def test_void_takes_the_margin_and_the_missing_price_back() -> None:
    lines = [HOSE, HOSE._replace(sku="0815")]
    sold = Charged("K1", SOLD_ON, SOLD_ON, lines)
    facts = list(margin_facts([sold, sold._replace(known_on=BACK_ON, is_void=True)], PRICES))
    assert [(fact.counted_on, fact.known_on) for fact in facts] == [
        (SOLD_ON, SOLD_ON),
        (SOLD_ON, BACK_ON),
    ]
    assert [fact.unpriced_lines for fact in facts] == [1, -1]
    assert sum(fact.margin_minor for fact in facts) == 0


@pytest.mark.parametrize(
    ("kind", "margin_minor"),
    [("sale", None), ("rental", 8_403), ("voucher_sale", 0), ("deposit", 0)],
)
def test_what_needs_no_purchase_price_is_not_missing_one(
    kind: LineKind, margin_minor: int | None
) -> None:
    assert line_margin_minor(HOSE._replace(kind=kind), None) == margin_minor


def test_lines_without_price_count_nothing_and_are_told() -> None:
    by_margin = scheme(metrics=["margin"], classes=[{"code": "A", "rank": 1}])
    unknown = HOSE._replace(sku="0815")
    facts = list(margin_facts([Charged("K1", SOLD_ON, SOLD_ON, [HOSE, unknown])], PRICES))
    assert sum(fact.margin_minor for fact in facts) == 8_403 - 3_702
    said = "1 lines without a purchase price count nothing"
    assert unpriced_warning(by_margin, facts, on=SOLD_ON + DAY) == said
    # Not known yet on the day itself, out of the window after a year; no matter by visits.
    assert unpriced_warning(by_margin, facts, on=SOLD_ON) is None
    assert unpriced_warning(by_margin, facts, on=SOLD_ON + 366 * DAY) is None
    assert unpriced_warning(scheme(metrics=["visits"]), facts, on=SOLD_ON + DAY) is None
