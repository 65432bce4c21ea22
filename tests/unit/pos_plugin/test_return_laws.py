"""Laws of returns (domain.md §7.2) on real files, whatever is sold, in whatever order it returns.

Wrong refunds are the negative controls: the same laws must find them out.
"""

from __future__ import annotations

from contextlib import closing
from itertools import count
from typing import TYPE_CHECKING, Any

import apsw
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from till_builder import TillBuilder, points, unit_discount
from vouchers_with_value import hand_out

from pos_plugin import Receipt, Refused
from pos_plugin.booking import refunding

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from pos_plugin import Plugin
    from pos_plugin.loyalty.returns import SoldLine

AT = "2026-03-07T11:55:00+01:00"
EXAMPLES = settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
)
POLICIES = ("prorated", "reprice_remaining")
_numbers = count(1)

RULES: list[dict[str, Any]] = [
    {
        "id": "DREI",
        "label": {"de": "3 für 2"},
        "layer": "article",
        "offer": {
            "kind": "n_for_m",
            "n": 3,
            "discounted": 1,
            "benefit": {"type": "percent", "bp": 10_000},
        },
    },
    unit_discount("ROT", 1500, when=[{"type": "min_quantity", "quantity": 2}]),
    {
        "id": "AB100",
        "label": {"de": "10 EUR ab 100"},
        "layer": "receipt",
        "offer": {
            "kind": "receipt_discount",
            "tiers": [
                {"min_value_minor": 10_000, "benefit": {"type": "amount_off", "minor": 1000}}
            ],
        },
    },
    points(),
]
LINES = st.lists(
    st.tuples(st.integers(1, 3), st.sampled_from([333, 1999, 4000, 6000])), min_size=1, max_size=4
)


class Shop:
    """A till of one policy; every example is a new sale."""

    def __init__(self, folder: Path, policy: str, *, vouchers: int = 0) -> None:
        self.till = TillBuilder(folder / "till")
        with self.till.config_path.open("a", encoding="utf-8") as file:
            file.write(f'[returns]\ndiscount = "{policy}"\n')
        self.till.rules(*RULES)
        self.till.program()
        self.till.customer("K1")
        self.codes = [
            hand_out(self.till, f"T{number}", 1500, legal_kind=kind)
            for number, kind in zip(
                range(vouchers), ("promo", "gift_mpv", "earned_bonus"), strict=False
            )
        ]
        self.plugin: Plugin = self.till.open()

    def sell(self, lines: list[tuple[int, int]], codes: list[str]) -> tuple[str, Receipt]:
        sale_id = f"S{next(_numbers)}"
        sale = {
            "sale_id": sale_id,
            "at": AT,
            "customer": {"id": "K1"},
            "codes": [{"code": code} for code in codes],
            "lines": [
                {
                    "line_id": str(number),
                    "sku": f"a{number}",
                    "quantity_milli": pieces * 1000,
                    "unit_price_minor": price,
                    "vat_rate_bp": 1900 if number % 2 else 700,
                }
                for number, (pieces, price) in enumerate(lines, 1)
            ],
        }
        self.plugin.sales.evaluate(sale)
        receipt = self.plugin.sales.complete(sale_id, {})
        assert isinstance(receipt, Receipt)
        return sale_id, receipt

    def back(self, sale_id: str, *line_ids: str) -> Receipt | Refused:
        request = {
            "return_id": f"R{next(_numbers)}",
            "lines": [{"line_id": one, "quantity_milli": 1000} for one in line_ids],
        }
        return self.plugin.sales.return_items(sale_id, request)

    def state(self) -> dict[str, Any]:
        """Everything that a sale and its return may move: accounts, counters, vouchers."""
        with closing(apsw.Connection(str(self.till.data_dir / "journal.db"))) as journal:
            own = "SELECT key, sum(delta) FROM own_entry GROUP BY key HAVING key <> ?"
            return {
                "entries": {
                    key: value
                    for key, value in journal.execute(own, ("history:days_since_last",))
                    if value
                },
                "ledger": journal.execute("SELECT coalesce(sum(delta), 0) FROM ledger_entry").get,
                "vouchers": journal.execute(
                    "SELECT id, state, balance_minor FROM voucher ORDER BY id"
                ).fetchall(),
            }


@pytest.fixture(params=POLICIES)
def shop(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Shop]:
    shop = Shop(tmp_path, request.param, vouchers=3)
    yield shop
    shop.plugin.close()


@EXAMPLES
@given(lines=LINES, used=st.integers(0, 3), data=st.data())
def test_all_goods_back_is_as_if_nothing_had_been_sold(
    shop: Shop, lines: list[tuple[int, int]], used: int, data: st.DataObject
) -> None:
    give_everything_back(shop, lines, used, data)


def give_everything_back(
    shop: Shop, lines: list[tuple[int, int]], used: int, data: st.DataObject
) -> None:
    before = shop.state()
    sale_id, receipt = shop.sell(lines, shop.codes[:used])
    pieces = [str(number) for number, (count, _) in enumerate(lines, 1) for _ in range(count)]
    order = data.draw(st.permutations(pieces))
    paid_minor = receipt.values["total_minor"]
    refunded_minor = 0
    by_line: dict[str, int] = {}
    for line_id in order:
        answer = shop.back(sale_id, line_id)
        assert isinstance(answer, Receipt)
        refunded_minor += answer.values["refund_minor"]
        assert 0 <= answer.values["voucher_refund_minor"] <= answer.values["refund_minor"]
        assert refunded_minor <= paid_minor, "Σ refunds <= paid"
        for line in answer.values["lines"]:
            assert line["refund_minor"] >= 0
            line_id_ = line["line_id"]
            by_line[line_id_] = by_line.get(line_id_, 0) + line["refund_minor"]
    assert refunded_minor == paid_minor, "all lines returned = paid exactly"
    assert by_line == paid_of(shop, sale_id), "and line by line"
    again = shop.back(sale_id, order[0])
    assert isinstance(again, Refused), "no unit returned twice"
    assert again.code == "not_returnable"
    assert shop.state() == before, "points, counters and vouchers as before"


def paid_of(shop: Shop, sale_id: str) -> dict[str, int]:
    with closing(apsw.Connection(str(shop.till.data_dir / "journal.db"))) as journal:
        rows = journal.execute(
            "SELECT line_id, paid_minor FROM receipt JOIN receipt_line ON receipt = seq "
            "WHERE sale_id = ?",
            (sale_id,),
        )
        return {str(line_id): int(str(paid)) for line_id, paid in rows}


@EXAMPLES
@given(lines=LINES, data=st.data())
def test_the_order_of_returns_decides_nothing_as_paid(
    tmp_path_factory: pytest.TempPathFactory,
    lines: list[tuple[int, int]],
    data: st.DataObject,
) -> None:
    pieces = [str(number) for number, (count, _) in enumerate(lines, 1) for _ in range(count)]
    some = data.draw(st.lists(st.sampled_from(pieces), unique=True, max_size=len(pieces)))
    orders = [some, data.draw(st.permutations(some)) if some else some]
    shop = Shop(tmp_path_factory.mktemp("order"), "prorated")
    try:
        ends = []
        for order in orders:
            before = shop.state()
            sale_id, _ = shop.sell(lines, [])
            refunds: dict[str, int] = {}
            for line_id in order:
                answer = shop.back(sale_id, line_id)
                assert isinstance(answer, Receipt)
                refunds[line_id] = answer.values["refund_minor"]
            after = shop.state()
            moved = {
                key: value - before["entries"].get(key, 0)
                for key, value in after["entries"].items()
            }
            ends.append((refunds, moved, after["ledger"] - before["ledger"]))
        assert ends[0] == ends[1]
    finally:
        shop.plugin.close()


def by_share_of_gross(shop: Shop) -> Callable[[SoldLine, int], int]:
    """A refund by the price on the label, the obvious mistake."""
    prices: dict[str, int] = {}

    def wrong(line: SoldLine, quantity_milli: int) -> int:
        with closing(apsw.Connection(str(shop.till.data_dir / "journal.db"))) as journal:
            rows = journal.execute("SELECT sku, max(unit_price_minor) FROM receipt_line GROUP BY 1")
            prices.update({str(sku): int(str(price)) for sku, price in rows})
        return prices[line.sku] * quantity_milli // 1000

    return wrong


def rounded_each_time(_shop: Shop) -> Callable[[SoldLine, int], int]:
    """A refund that rounds every piece for itself and forgets what it gave before."""

    def wrong(line: SoldLine, quantity_milli: int) -> int:
        return -(-line.paid_minor * quantity_milli // line.quantity_milli)

    return wrong


@pytest.mark.parametrize("mutant", [by_share_of_gross, rounded_each_time])
def test_wrong_refunds_are_found_out(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    mutant: Callable[[Shop], Callable[[SoldLine, int], int]],
) -> None:
    """Negative control: the laws above see a till that gives back the wrong amount."""
    shop = Shop(tmp_path, "prorated")
    monkeypatch.setattr(refunding, "as_paid_minor", mutant(shop))

    @settings(EXAMPLES, max_examples=40, phases=[Phase.generate], database=None)
    @given(lines=LINES, data=st.data())
    def law(lines: list[tuple[int, int]], data: st.DataObject) -> None:
        give_everything_back(shop, lines, 0, data)

    try:
        with pytest.raises(AssertionError):
            law()
    finally:
        shop.plugin.close()
