"""docs/vouchers.md: its Python runs as it stands."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from house import ROOT
from till_builder import TillBuilder
from vouchers_with_value import value_type

if TYPE_CHECKING:
    from pathlib import Path

PAGE = ROOT / "docs" / "vouchers.md"


def test_the_page_does_what_it_says(tmp_path: Path) -> None:
    till = TillBuilder(tmp_path / "till", printer=True)
    value_type(till, "GIFT", 2500, legal_kind="gift_mpv")
    blocks = re.findall(
        r"^```python\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL
    )
    assert blocks
    with till.open() as plugin:
        names: dict[str, Any] = {"plugin": plugin}
        for block in blocks:
            exec(compile(block, str(PAGE), "exec"), names)  # noqa: S102 - our own page
