"""The engine in a process of its own, in the form that ``STAMMKUNDE_NATIVE`` names.

One case a line in, ``{"promotions": […], "sale": {…}}``, one answer a line out: the result, or what
is wrong with the case as ``{"error": code, "where": "promotions[0].offer"}``.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from pos_plugin import RuleError, RuleGeneration, SaleError


def answered(text: str) -> dict[str, Any]:
    case = json.loads(text)
    try:
        rules = RuleGeneration.from_json(json.dumps(case["promotions"]))
        return rules.evaluate(case["sale"]).to_dict()
    except (RuleError, SaleError) as error:
        return {"error": error.code, "where": error.where}
    except Exception as error:  # noqa: BLE001 - a crash is an answer too: the caller looks at it
        return {"crash": f"{type(error).__name__}: {error}"}


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(answered(line), ensure_ascii=False), flush=True)  # noqa: T201 - the answer
