"""A till in a process of its own, for tests: one JSON request a line in, one answer a line out.

{"do": "sell", "card": "29…" | null, "skus": ["4711"]}   -> receipt
{"do": "panel", "card": "29…"}                           -> what the cashier sees
"""

from __future__ import annotations

import json
import sys
from typing import Any

from pos_plugin import Plugin


def answer(plugin: Plugin, request: dict[str, Any]) -> dict[str, Any]:
    if request["do"] == "panel":
        return plugin.scan(request["card"]).to_dict()
    sale = plugin.begin_sale(cashier="17")
    if request.get("card"):
        sale.scan(request["card"])
    for sku in request["skus"]:
        sale.add_line(sku=sku, unit_price_minor=request.get("unit_price_minor"))
    total = sale.evaluate()
    receipt = sale.complete(tenders=[("cash", total.total_minor)])
    return receipt.to_dict()


def main() -> None:
    with Plugin.open(sys.argv[1]) as plugin:
        for line in sys.stdin:
            print(json.dumps(answer(plugin, json.loads(line))), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
