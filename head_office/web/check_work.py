"""Checks rules in a process of its own: the tills keep the server to themselves.

``python -m head_office.web.check_work FOLDER`` reads ``order.json`` there, prints a line
``done of`` for each step, and writes ``result.json``. It opens no file of head office.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import sys
from pathlib import Path
from typing import Any

from pos_plugin.errors import PosPluginError
from pos_plugin.promotions.generation import RuleGeneration
from pos_plugin.promotions.lint.article import articles_of
from pos_plugin.promotions.lint.run import lint
from pos_plugin.promotions.lint.work import Options, enough_baskets
from pos_plugin.replay.progress import printed


def main(folder: Path) -> int:
    """Do what the order says; return the exit code of the process."""
    if hasattr(os, "nice"):
        os.nice(10)
    order = json.loads((folder / "order.json").read_text(encoding="utf-8"))
    try:
        result = _lint(order)
    except PosPluginError as fault:
        result = {"fault": str(fault)}
    (folder / "result.json").write_text(json.dumps(result, ensure_ascii=False), encoding="utf-8")
    return 0


def _lint(order: dict[str, Any]) -> dict[str, Any]:
    rules = RuleGeneration.from_value(order["promotions"])
    most = enough_baskets(len(rules.promotions))
    options = Options(
        on=dt.date.fromisoformat(order["on"]),
        max_combined_bp=order["max_combined_bp"],
        max_baskets=most,
    )
    articles = articles_of(order["articles"]) or None
    return lint(rules, options, articles, progress=printed(most)).to_dict()


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
