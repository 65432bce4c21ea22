"""The table of the life of a voucher in docs/vouchers.md, made from the code.

voucher_states.py           prints the table
voucher_states.py --write   writes it into the page
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from pos_plugin.loyalty.vouchers import TRANSITIONS, VoucherState

PAGE: Final = Path(__file__).resolve().parents[2] / "docs" / "vouchers.md"
BEGIN: Final = "| from | to |\n| --- | --- |\n"


def table() -> str:
    """Return the table: every state with the states that may follow."""
    order = list(VoucherState)
    rows = [
        f"| {state.value if state else '(new)'} | {', '.join(sorted(found, key=order.index))} |\n"
        for state in (None, *order)
        if (found := [to for before, to in TRANSITIONS if before == state])
    ]
    return BEGIN + "".join(rows)


def shown() -> str:
    """Return the table as the page has it."""
    text = PAGE.read_text(encoding="utf-8")
    start = text.index(BEGIN)
    return text[start : text.index("\n\n", start) + 1]


if __name__ == "__main__":
    if "--write" in sys.argv:
        page = PAGE.read_text(encoding="utf-8")
        PAGE.write_text(page.replace(shown(), table()), encoding="utf-8")
    else:
        sys.stdout.write(table())
