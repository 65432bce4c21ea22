"""``loop.c`` on the baskets of the neutral workload: the plain loop without Python.

The arrays of a sale are ready before the clock starts; a call through ctypes is in the time.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
from array import array
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

import plain_loop
import rival
import workload

SOURCE: Final = Path(__file__).with_name("loop.c")
MAX_UNITS: Final = 4096  # as in loop.c
KINDS: Final = {plain_loop.Percent: 0, plain_loop.ThreeForTwo: 1, plain_loop.Set: 2}
NONE: Final = -1


def compiler() -> str | None:
    """Return the C compiler of this machine."""
    return shutil.which(os.environ.get("CC", "cc"))


def build(folder: Path) -> ctypes.CDLL:
    """Compile the loop."""
    library = folder / "loop.so"
    command = [compiler() or "cc", "-O2", "-shared", "-fPIC", "-o", str(library), str(SOURCE)]
    subprocess.run(command, check=True)
    return ctypes.CDLL(str(library))


def number(name: str) -> int:
    """Return the number in the name of a category, group or coupon series."""
    return int(name[1:])


class Rules(ctypes.Structure):
    """The promotions as loop.c wants them; ``kept`` holds the arrays its pointers lead to."""

    _fields_ = (
        *((name, ctypes.c_void_p) for name in ("rule_start", "rules", "counted_start", "counted")),
        ("receipt", ctypes.c_void_p),
        ("receipts", ctypes.c_int64),
    )

    def __init__(self, promotions: list[dict[str, Any]]) -> None:
        read = [plain_loop.read(one) for one in promotions]
        tiers = [one for one in read if isinstance(one, plain_loop.Tiers)]
        rule_start, rules = array("q", [0]), array("q")
        counted_start, counted = array("q", [0]), array("q")
        for category in (f"c{one}" for one in range(workload.CATEGORIES)):
            for rule in read:
                if not isinstance(rule, plain_loop.Tiers) and rule.category == category:
                    rules.extend(fields(rule))
            rule_start.append(len(rules) // 5)
            counted.extend(n for n, one in enumerate(tiers) if category in one.categories)
            counted_start.append(len(counted))
        receipt = array("q")
        for one in tiers:
            receipt.append(not one.categories)
            receipt.extend(minimum_minor for minimum_minor, _ in one.tiers)
            receipt.extend(bp for _, bp in one.tiers)
        self.kept = (rule_start, rules, counted_start, counted, receipt)
        super().__init__(*(one.buffer_info()[0] for one in self.kept), len(tiers))


def fields(rule: plain_loop.Percent | plain_loop.ThreeForTwo | plain_loop.Set) -> list[int]:
    """Return the members of the structure Rule in loop.c."""
    bp, group, series, other = 0, NONE, NONE, NONE
    if isinstance(rule, plain_loop.Percent):
        bp = rule.bp
        group = number(rule.group) if rule.group else NONE
        series = number(rule.series) if rule.series else NONE
    elif isinstance(rule, plain_loop.Set):
        bp, other = rule.bp, number(rule.other)
    return [KINDS[type(rule)], bp, group, series, other]


def main() -> None:
    """Build, read the rules, answer."""
    with TemporaryDirectory() as folder:
        function = build(Path(folder)).total_minor
        function.restype = ctypes.c_int64
        whole, pointer = ctypes.c_int64, ctypes.c_void_p
        function.argtypes = [pointer, pointer, pointer, pointer, whole, whole, pointer, whole]
        rules = Rules(rival.promotions())

        def pose(sale: dict[str, Any]) -> rival.Price:
            lines = sale["lines"]
            category = array("q", [number(one["categories"][0]) for one in lines])
            price_minor = array("q", [one["unit_price_minor"] for one in lines])
            pieces = array("q", [one["quantity_milli"] // 1000 for one in lines])
            coupons = array("q", [number(one["series"]) for one in sale["coupons"]])
            groups = sum(1 << number(one) for one in sale["customer"]["segments"])
            if sum(pieces) > MAX_UNITS:
                raise SystemExit(f"loop.c holds at most {MAX_UNITS} units")
            kept = (category, price_minor, pieces, coupons)
            at = [one.buffer_info()[0] for one in kept]
            asked = (ctypes.byref(rules), *at[:3], len(lines), groups, at[3], len(coupons))

            def price(_kept: object = kept) -> int:
                return int(function(*asked))

            return price

        rival.serve(pose)


if __name__ == "__main__":
    main()
