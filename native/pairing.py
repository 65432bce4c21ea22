"""An n-for-m posed as a buy-get: it says which units pay and which are given, one by one.

A packing groups the units of an n-for-m from the dearest on: no other grouping gives as much. Where
a threshold leaves no room for that much, dear units with cheap ones may be what fits. As a buy-get
every grouping can be said: the discounted units are given, the others bought, and none given is
dearer than the cheapest one bought; that is an application of n units with its cheapest discounted.
Which of the bought stand with which of the given does not matter where each unit brings the same in
every application (``choices.is_separable``), so that counters are enough.
"""

from __future__ import annotations

from array import array

from native.problem import BUY_GET


def as_buy_gets(columns: dict[str, array[int]], rows: set[int]) -> dict[str, array[int]]:
    """Return the columns of ``packing.Offers`` with these rows, each an n-for-m, as buy-gets."""
    posed = {name: array("q", values) for name, values in columns.items()}
    slots = {
        name: array("q") for name in ("slot_quantity", "slot_target", "slot_part", "slot_class")
    }
    starts, class_starts = array("q", [0]), array("q", [0])
    for row in range(len(columns["kind"])):
        for s in range(columns["slot_start"][row], columns["slot_start"][row + 1]):
            first, last = columns["slot_class_start"][s : s + 2]
            given = columns["discounted"][row]
            parts = [(columns["slot_quantity"][s], columns["slot_target"][s])]
            if row in rows:
                parts = [(columns["size"][row] - given, 0), (given, 1)]
            for quantity, target in parts:
                slots["slot_quantity"].append(quantity)
                slots["slot_target"].append(target)
                slots["slot_part"].append(columns["slot_part"][s])
                slots["slot_class"].extend(columns["slot_class"][first:last])
                class_starts.append(len(slots["slot_class"]))
        starts.append(len(slots["slot_quantity"]))
        if row in rows:
            posed["kind"][row] = BUY_GET
            posed["within_buy"][row] = 1
    return {**posed, **slots, "slot_start": starts, "slot_class_start": class_starts}
