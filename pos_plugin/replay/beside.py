"""A replay in a process of its own, for programs that show its progress themselves.

``python -m pos_plugin.replay.beside FOLDER`` reads ``order.json`` there: ``receipts`` (sales of
promotions.md §3), ``articles``, ``draft`` and ``live`` (rule files). It prints a line ``done of``
for each step and writes ``result.json``: the object of ``stammkunde replay --json``, or ``fault``.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from pos_plugin.errors import PosPluginError
from pos_plugin.replay.progress import printed
from pos_plugin.replay.read import read_receipts
from pos_plugin.replay.run import read_rules, run_against


def main(folder: Path) -> int:
    """Do what the order says; return the exit code of the process."""
    if hasattr(os, "nice"):
        os.nice(10)
    order = json.loads((folder / "order.json").read_text(encoding="utf-8"))
    try:
        result = _compare(order, folder / "till")
    except PosPluginError as fault:
        result = {"fault": str(fault)}
    (folder / "result.json").write_text(json.dumps(result, ensure_ascii=False), encoding="utf-8")
    return 0


def _compare(order: dict[str, Any], folder: Path) -> dict[str, Any]:
    articles = order["articles"]
    lines = "\n".join(json.dumps(one, ensure_ascii=False) for one in order["receipts"])
    receipts = read_receipts("receipts", lines.encode(), {one["sku"] for one in articles})
    draft, live = (read_rules(json.dumps(order[name]).encode(), name) for name in ("draft", "live"))
    comparison = run_against(
        receipts, draft, live, articles, folder, progress=printed(2 * len(receipts))
    )
    return comparison.draft.to_dict() | comparison.to_dict()


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
