"""docs/accounts.md: its Python runs as it stands, one block after the other."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from house import ROOT
from till_builder import TillBuilder, points

if TYPE_CHECKING:
    from pathlib import Path

PAGE = ROOT / "docs" / "accounts.md"


def test_the_page_does_what_it_says(tmp_path: Path) -> None:
    till = TillBuilder(tmp_path / "till", printer=True)
    till.rules(points())
    till.program("points")
    till.program("bonus", "EUR_MINOR", payout_voucher_type="BONUS")
    till.voucher_type(
        "BONUS",
        legal_kind="earned_bonus",
        effect={"kind": "value", "label": {"de": "Bonus", "en": "Bonus"}},
    )
    till.reward("BALLON", 400)
    till.reward("EURO", 100, "discount", value_minor=100)
    till.customer("K1", card="2900000000018")
    till.balance("K1", 1250, program="bonus")
    till.balance("K1", 1000)
    blocks = re.findall(
        r"^```python\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL
    )
    assert len(blocks) > 4
    with till.open() as plugin:
        names: dict[str, Any] = {"plugin": plugin}
        for block in blocks:
            exec(compile(block, str(PAGE), "exec"), names)  # noqa: S102 - our own page
        left = plugin.accounts.statement("K1")
    assert isinstance(left, dict)
    # 1000 + 50 corrected - 400 for the balloon - 300 off the price + 47 earned.
    assert {one["program"]: one["value"] for one in left["accounts"]} == {"bonus": 0, "points": 397}
