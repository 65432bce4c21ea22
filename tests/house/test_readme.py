"""The README says what the example does; tests/e2e/test_readme.py runs its commands."""

from __future__ import annotations

import re

from house import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
QUICKSTART = ROOT / "examples" / "quickstart"


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


def cents(line: str) -> int:
    return int(line.rsplit(maxsplit=1)[-1].replace(",", ""))


def test_the_python_of_the_readme_is_the_example() -> None:
    (code,) = blocks("python")
    assert code == (QUICKSTART / "first_sale.py").read_text(encoding="utf-8")


def test_the_receipt_of_the_readme_adds_up_to_what_the_example_pays() -> None:
    (receipt,) = re.findall(r"^```\n(\s+Modehaus.*?)^```$", README, re.MULTILINE | re.DOTALL)
    amounts = [line for line in receipt.splitlines() if re.search(r"\d,\d\d$", line)]
    (total,) = (cents(line) for line in amounts if "ZU ZAHLEN" in line)
    assert sum(cents(line) for line in amounts if "ZU ZAHLEN" not in line) == total
    (output,) = blocks("text")
    assert f"paid {total} " in output
    given = re.findall(r"^line_discount: (.+) \(-(\d+)\)$", output, re.MULTILINE)
    discounts = [line for line in amounts if line.startswith("  ")]
    assert [(-cents(line), line.split("  ")[1]) for line in discounts] == [
        (int(minor), text) for text, minor in given
    ]


def test_the_readme_names_every_limit() -> None:
    from native import limits

    for number in (limits.MAX_LINES, limits.MAX_PIECES_A_LINE, limits.MAX_PROMOTIONS):
        assert f"{number:,}".replace(",", " ") in README
    assert f"{limits.MAX_SALE_MINOR // 100:,}.00".replace(",", " ") in README
    assert f"{limits.MAX_SLOTS} slots" in README
