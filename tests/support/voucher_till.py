"""A till with one member, who earns points with each sale and gets a voucher when one is due."""

from __future__ import annotations

from typing import TYPE_CHECKING

from till_builder import TillBuilder, card_number, points

if TYPE_CHECKING:
    from pathlib import Path


def make_voucher_till(folder: Path) -> Path:
    """Make the files of the till and return its data folder."""
    till = TillBuilder(folder)
    till.rules(points())
    till.article("4711", 7999)
    till.customer("K1", card=card_number(1), segments=["abc:C"])
    till.program()
    till.voucher_type()
    till.trigger()
    with till.open():
        pass
    return till.data_dir
