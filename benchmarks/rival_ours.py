"""This engine on the baskets of the workload.

rival_ours.py all    all promotions
rival_ours.py oscar  only those that django-oscar has words for
"""

from __future__ import annotations

import json
import sys
from typing import Any

import rival
from rival_oscar import is_said_by_oscar

from pos_plugin.model import Basket
from pos_plugin.promotions.generation import RuleGeneration

if __name__ == "__main__":
    chosen = rival.promotions()
    if sys.argv[1] == "oscar":
        chosen = list(filter(is_said_by_oscar, chosen))
    rules = RuleGeneration.from_json(json.dumps({"generation": 1, "promotions": chosen}))

    def pose(sale: dict[str, Any]) -> rival.Price:
        basket = Basket.from_dict(sale)

        def price() -> rival.Priced:
            result = rules.evaluate(basket)
            return rival.Priced(result.total_minor, len(result.promotions), result.optimal)

        return price

    rival.serve(pose)
