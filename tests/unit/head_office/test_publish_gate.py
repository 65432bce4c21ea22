"""Publishing asks first when an article could fall further than the shop allows."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from lint_rules import percent, price, tiers, unit
from processes import stammkunde

if TYPE_CHECKING:
    from pathlib import Path
    from subprocess import CompletedProcess

TROUSERS_ONLY = {"any_of": [{"categories": ["trousers"]}]}
DEEP = [unit("A", percent(4000), TROUSERS_ONLY), tiers("R", (0, percent(2000)))]


@pytest.fixture
def office(tmp_path: Path) -> Path:
    folder = tmp_path / "ho"
    done = stammkunde(
        "head-office", "init", "--data", folder, "--shop", "001", "--till", "3",
        "--till-dir", tmp_path / "till",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return folder


def publish(office: Path, rules: list[dict[str, Any]], *options: str) -> CompletedProcess[str]:
    path = office.parent / "promotions.json"
    path.write_text(json.dumps(rules), encoding="utf-8")
    return stammkunde("head-office", "publish", path, "--data", office, *options)


def load(office: Path, *articles: dict[str, Any]) -> None:
    folder = office.parent / "load"
    folder.mkdir(exist_ok=True)
    (folder / "article.jsonl").write_text("\n".join(map(json.dumps, articles)))
    assert stammkunde("head-office", "load", folder, "--data", office).returncode == 0


def goods(sku: str, category: str) -> dict[str, Any]:
    return {
        "sku": sku,
        "name": sku,
        "unit_price_minor": 10_000,
        "vat_rate_bp": 1900,
        "categories": [category],
    }


def test_a_deep_fall_stops_publishing_and_shows_the_sale(office: Path) -> None:
    load(office, goods("T1", "trousers"))
    done = publish(office, DEEP)
    assert done.returncode == 1
    assert "nothing is published" in done.stderr
    assert "--confirm-combined" in done.stderr
    finding = json.loads(done.stdout)
    assert (finding["code"], finding["promotions"]) == ("combined_reduction", ["A", "R"])
    assert finding["figures"]["paid_minor"] == 4_800
    line = price(DEEP, finding["example"])["lines"][0]
    assert (line["gross_minor"], line["paid_minor"]) == (10_000, 4_800)
    # Nothing was published: the next one is the first.
    assert "Generation 1 " in publish(office, DEEP[:1]).stdout


def test_who_confirms_sees_the_sale_and_publishes(office: Path) -> None:
    load(office, goods("T1", "trousers"))
    done = publish(office, DEEP, "--confirm-combined")
    assert done.returncode == 0, done.stderr
    finding, said = done.stdout.splitlines()
    assert json.loads(finding)["code"] == "combined_reduction"
    assert said.startswith("Generation 1 is published")


def test_the_shop_may_allow_more(office: Path) -> None:
    load(office, goods("T1", "trousers"))
    done = publish(office, DEEP, "--max-combined-bp", "5200")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Generation 1 is published")


def test_the_articles_of_the_shop_decide(office: Path) -> None:
    """Without a single pair of trousers nothing can fall; without articles one is made up."""
    assert publish(office, DEEP).returncode == 1
    load(office, goods("S1", "shirts"))
    assert publish(office, DEEP).returncode == 0
    load(office, goods("T1", "trousers"))
    assert publish(office, DEEP).returncode == 1
