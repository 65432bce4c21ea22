"""A small shop served for the tests of the page: articles with names, one regular customer."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from served_till import CARD, Served, served
from till_builder import TillBuilder, points, unit_discount, voucher_promotion

from pos_plugin.clock import SettableClock, SystemClock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

JEANS = "10001"  # 79.99, with 20 % off 63.99
SHIRT = "10041"  # 19.99
SOCKS = "10271"  # 7.99

TIERS = {
    "id": "STAFFEL",
    "label": {"de": "10 € ab 150 €", "en": "10 € from 150 €"},
    "layer": "receipt",
    "offer": {
        "kind": "receipt_discount",
        "tiers": [
            {"min_value_minor": 15_000, "benefit": {"type": "amount_off", "minor": 1000}},
        ],
    },
    "hint_within_minor": 10_000,
}


def page_shop(folder: Path, **facts: Any) -> TillBuilder:
    """Three articles, a regular who gets a voucher, her namesake, a near tier."""
    # The browser's clock is the real one, and so is the till's.
    till = TillBuilder(folder, SettableClock(SystemClock().now()), printer=True, **facts)
    trousers = {"any_of": [{"categories": ["hosen"]}]}
    jeans = unit_discount("HOSEN20", 2000, label={"de": "20 % auf Hosen", "en": "20% off trousers"})
    jeans["offer"]["on"] = trousers
    till.rules(jeans, TIERS, voucher_promotion(), points())
    till.article(JEANS, 7999, name="Damen-Jeans", categories=["hosen"])
    till.article(SHIRT, 1999, name="T-Shirt")
    till.article(SOCKS, 799, name="Socken")
    till.program()
    till.voucher_type()
    till.trigger()
    till.customer("K100", card=CARD, segments=["abc:C"], name="Anna Bergmann")
    till.customer("K101", name="Anja Bergmann", birthday_on="1984-12-24")
    return till


def page_url(till: Served) -> str:
    """Address of the page; the token behind # never leaves the browser.

    On a busy machine an answer may take longer than a cashier's second: what is not about that
    waits longer.
    """
    return f"{till.url}/?patience_ms=20000#{till.token}"


@contextmanager
def served_shop(folder: Path, **facts: Any) -> Iterator[Served]:
    """Serve the shop until the end of the block."""
    with served(page_shop(folder, **facts)) as till:
        yield till
