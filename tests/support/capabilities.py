"""What a till can do, by the numbers of the domain, and the tests that hold it to that.

capabilities.py           prints docs/capabilities.md, made from the marks of the tests
capabilities.py --write   writes it

A test names what it holds: ``@pytest.mark.capability("K2", "V5")``.
"""

from __future__ import annotations

import ast
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

ROOT: Final = Path(__file__).resolve().parents[2]
PAGE: Final = ROOT / "docs" / "capabilities.md"

AREAS: Final[Mapping[str, Mapping[str, str]]] = {
    "Customers and cards": {
        "K1": "Address and contact data: search, create, edit",
        "K2": "Cards: look up, assign, block, provisional members",
        "K4": "Duplicates: a warning while creating",
        "K5": "Age bands as a condition",
        "K6": "Purchase and target groups: membership is read",
        "K7": "Credit and approval limit: checked",
        "K8": "Instant discount (Sofort-Rabatt)",
        "K9": "Consent: capture and withdraw",
        "K11": "ABC analysis: the class is used, and computed without a head office",
        "K12": "Last purchases of a customer",
        "K14": "Bonus mailing: its vouchers are redeemed",
        "K15": "Motivation bonus: its vouchers are redeemed",
        "K18": "Import and export of master data",
    },
    "Bonus and rewards": {
        "B1": "Bonus in euro by rules",
        "B2": "Pay-out as a value voucher",
        "B3": "Points",
        "B4": "Reward catalogue that changes over time",
        "B5": "Points into euro, discount or an article at checkout",
        "B6": "Tiers (Status)",
        "B7": "Statement of account",
    },
    "Vouchers and discounts": {
        "G1": "Promotions",
        "G2": "Nobody at the till has to watch",
        "G3": "Voucher types: validate, redeem, issue, void",
        "G4": "Promotion barcode, personal or anonymous",
        "G5": "Coupon under the receipt",
        "G6": "Sold voucher",
        "G7": "Different promotions for each group",
        "G8": "Results and responses are recorded",
        "G9": "Article master, customer master and till are one piece",
    },
    "Customer types, app, campaigns": {
        "T2": "Customer types: the till has the flags",
        "T4": "Customer types as targets",
        "C1": "Digital card: scanned",
        "C2": "A signed code is checked offline",
        "M7": "Campaign voucher at the next visit, offline",
    },
    "Goods on approval": {
        "A1": "Issue on approval",
        "A2": "Return of goods on approval",
        "A3": "Kept goods become a sale",
        "A5": "List of what is out",
        "A6": "Fiscal: another transaction, no turnover",
    },
    "Rental groups and vouchers": {
        "V1": "Classes A, B, C by bounds that the shop sets",
        "V2": "Bonus per class",
        "V3": "Check at rental return",
        "V4": "Notice to staff",
        "V5": "Bound to the customer, with an expiry day and a barcode",
        "V6": "Print with logo, text, barcode and covers",
        "V7": "Day of grant and of redemption",
        "V8": "Statistics of change in the groups",
        "V9": "Reliable visit counts",
        "V10": "Shop guide",
    },
    "Cases of acceptance": {
        "case 1": "20 % auf Hosen: with pieces, from a minimum on, in tiers",
        "case 2": "3 to 10 rentals: a voucher at the return, redeemed at the next visit",
        "case 3": "Motivation bonus: issued by head office, redeemed without a network",
        "case 4": "4 % from 300 EUR a year on",
        "case 5": "The ledger adds up under any schedule",
        "case 6": "Sums of base amount and discount by line and VAT rate (DSFinV-K)",
        "case 7": "One voucher at two offline tills: both receipts stand, one exception",
        "case 8": "An erased person is in no file, the sums stay",
    },
}

KNOWN: Final = {number: name for area in AREAS.values() for number, name in area.items()}


class Holding(NamedTuple):
    """A test that holds a capability."""

    file: str
    test: str


def holdings() -> dict[str, list[Holding]]:
    """Return the tests of every capability that has one, in the order of files and tests."""
    found: dict[str, list[Holding]] = {}
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        name = path.relative_to(ROOT).as_posix()
        for test, number in _marks(ast.parse(path.read_text(encoding="utf-8"))):
            found.setdefault(number, []).append(Holding(name, test))
    return found


def _marks(tree: ast.Module) -> Iterator[tuple[str, str]]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.FunctionDef | ast.ClassDef):
            continue
        for mark in node.decorator_list:
            if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.capability":
                for argument in mark.args:
                    yield node.name, str(ast.literal_eval(argument))


def page() -> str:
    """Return docs/capabilities.md as the tests stand."""
    held = holdings()
    lines = [
        "# What the till can do, and the tests that say so",
        "",
        "Made by `python tests/support/capabilities.py --write` from the marks of the tests; a",
        "test keeps both equal. *open*: no test names it.",
        "",
    ]
    for area, numbers in AREAS.items():
        lines += [f"## {area}", "", "| id | what | state | tests |", "|---|---|---|---|"]
        for number, what in numbers.items():
            tests = held.get(number, [])
            state = "tested" if tests else "open"
            names = "<br>".join(f"`{one.file}`: {one.test}" for one in tests)
            lines.append(f"| {number} | {what} | {state} | {names} |")
        lines.append("")
    return "\n".join(lines)


def main() -> None:
    """Print the page, or write it."""
    if sys.argv[1:] == ["--write"]:
        PAGE.write_text(page(), encoding="utf-8")
    elif sys.argv[1:]:
        raise SystemExit(__doc__)
    else:
        sys.stdout.write(page())


if __name__ == "__main__":
    main()
