"""``stammkunde replay --against`` and ``--fail-if``: a draft before it reaches a till."""

from __future__ import annotations

import json
import os
import random
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from processes import STAMMKUNDE
from replayed_shop import HEADER, RULES, Shop, matching, offer, refused, said

if TYPE_CHECKING:
    from pathlib import Path

BAGS20 = offer(
    "BAGS10",
    {
        "kind": "unit_discount",
        "on": matching(categories=["taschen"]),
        "benefit": {"type": "percent", "bp": 2000},
    },
    revision=2,
)
GLASSES = offer("GLASSES", {"kind": "n_for_m", "on": matching(categories=["glas"]), "n": 2})
# Without 3 for 2 on mugs, twice as much on bags, and glasses that nobody bought.
DRAFT = [BAGS20, GLASSES, *RULES[2:]]


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    shop = Shop(tmp_path)
    shop.write("live.json", json.dumps({"generation": 4, "promotions": RULES}))
    shop.write("rules.json", json.dumps({"generation": 5, "promotions": DRAFT}))
    return shop


def compare(shop: Shop, *more: object) -> subprocess.CompletedProcess[str]:
    return shop.run("--against", shop.folder / "live.json", *more)


def untimed(answer: dict[str, Any]) -> dict[str, Any]:
    """The answer without what a second run measures anew."""
    value = {k: v for k, v in answer.items() if k not in {"sales_per_second", "slowest"}}
    if "against" in value:
        value["against"] = untimed(value["against"])
    return value


def uses(receipts: int, applications: int, discount_minor: int) -> dict[str, int]:
    return {
        "receipts": receipts,
        "applications": applications,
        "discount_minor": discount_minor,
    }


def test_small_shop_gives_the_known_changes(shop: Shop) -> None:
    answer = said(compare(shop, "--json"))
    assert (answer["generation"], answer["discount_minor"]) == (5, 600)
    assert (answer["against"]["generation"], answer["against"]["discount_minor"]) == (4, 700)
    assert (answer["earned"], answer["against"]["earned"]) == ({"points": 37}, {"points": 34})
    assert answer["changes"] == {
        "discount_rise_minor": -100,
        "changed_receipts": 2,
        "cheaper_receipts": 1,
        "dearer_receipts": 1,
        "per_promotion": {
            "BAGS10": {"live": uses(2, 3, 300), "draft": uses(2, 3, 600)},
            "BASIS": {"live": uses(2, 2, 0), "draft": uses(2, 2, 0)},
            "GLASSES": {"live": None, "draft": uses(0, 0, 0)},
            "MUGS3F2": {"live": uses(1, 1, 400), "draft": None},
            "POST-HALF": {"live": uses(0, 0, 0), "draft": uses(0, 0, 0)},
        },
        "top": [
            {
                "receipt": "1001",
                "live_minor": 500,
                "draft_minor": 200,
                "rise_minor": -300,
                "live": {"BAGS10": 100, "MUGS3F2": 400},
                "draft": {"BAGS10": 200},
            },
            {
                "receipt": "1002",
                "live_minor": 200,
                "draft_minor": 400,
                "rise_minor": 200,
                "live": {"BAGS10": 200},
                "draft": {"BAGS10": 400},
            },
        ],
    }


def test_both_sides_are_what_a_replay_of_each_says(shop: Shop) -> None:
    answer = said(compare(shop, "--json"))
    alone = untimed(said(shop.run("--json")))
    shop.rules = shop.folder / "live.json"
    assert untimed(answer["against"]) == untimed(said(shop.run("--json")))
    assert {name: untimed(answer)[name] for name in alone} == alone


def test_the_same_rules_change_nothing(shop: Shop) -> None:
    shop.rules = shop.folder / "live.json"
    limits = [
        part
        for limit in ("discount_rise_minor>0", "discount_rise_minor<0", "changed_receipts>0")
        for part in ("--fail-if", limit)
    ]
    changes = said(compare(shop, "--json", *limits))["changes"]
    assert (changes["changed_receipts"], changes["top"]) == (0, [])


def random_sales(count: int) -> list[dict[str, Any]]:
    draw = random.Random(20260308)  # noqa: S311 - a seeded draw, no secret
    articles = [("MUG1", 400, "tassen"), ("BAG1", 1000, "taschen"), ("CUP1", 333, "glas")]
    sales = []
    for number in range(count):
        lines = []
        for position in range(draw.randint(1, 4)):
            sku, price_minor, category = draw.choice(articles)
            pieces = draw.choice((-1, 1, 2, 3, 5))
            lines.append(
                {
                    "line_id": str(position),
                    "sku": sku,
                    "quantity_milli": pieces * 1000,
                    "unit_price_minor": price_minor - draw.choice((0, 0, 7)),
                    "categories": [category],
                    "vat_rate_bp": 1900,
                }
            )
        at = f"2026-03-07T{9 + number % 10:02}:12:00+01:00"
        sales.append({"sale_id": f"S{number}", "at": at, "lines": lines})
    return sales


def evaluated(
    folder: Path, promotions: list[dict[str, Any]], sales: list[dict[str, Any]]
) -> list[int]:
    """Discounts of sales as ``stammkunde evaluate`` says them, without any till."""
    cases = folder / "cases.jsonl"
    texts = [json.dumps({"id": s["sale_id"], "promotions": promotions, "sale": s}) for s in sales]
    cases.write_text("\n".join(texts), encoding="utf-8")
    done = subprocess.run(
        [*STAMMKUNDE, "evaluate", "--cases", str(cases)],
        check=True,
        capture_output=True,
        text=True,
        timeout=60,
    )
    return [json.loads(line)["result"]["discount_minor"] for line in done.stdout.splitlines()]


def test_changes_are_those_of_the_bare_engine(shop: Shop) -> None:
    sales = random_sales(60)
    shop.receipts = shop.write("sales.jsonl", "\n".join(map(json.dumps, sales)))
    changes = said(compare(shop, "--json"))["changes"]
    draft = evaluated(shop.folder, DRAFT, sales)
    live = evaluated(shop.folder, RULES, sales)
    rises = [now - before for now, before in zip(draft, live, strict=True)]
    assert changes["discount_rise_minor"] == sum(rises)
    assert changes["cheaper_receipts"] == sum(rise > 0 for rise in rises) > 5
    assert changes["dearer_receipts"] == sum(rise < 0 for rise in rises) > 5
    order = sorted(range(60), key=lambda n: (-abs(rises[n]), n))[:10]
    assert [(one["receipt"], one["rise_minor"]) for one in changes["top"]] == [
        (f"S{n}", rises[n]) for n in order
    ]


def test_each_side_counts_the_uses_of_its_own_customers(shop: Shop) -> None:
    once = {**BAGS20, "limits": {"per_customer": 1}}
    shop.write("rules.json", json.dumps([once]))
    shop.write("live.json", json.dumps([BAGS20]))
    rows = [f"{n},BAG1,1,2011-01-0{n}T09:00,1000,7,UK" for n in (1, 2, 3)]
    shop.write("receipts.csv", "\n".join([HEADER, *rows, ""]))
    changes = said(compare(shop, "--json"))["changes"]
    assert changes["per_promotion"] == {
        "BAGS10": {"live": uses(3, 3, 600), "draft": uses(1, 1, 200)}
    }
    assert [one["receipt"] for one in changes["top"]] == ["2", "3"]


def test_table_shows_the_same(shop: Shop) -> None:
    done = compare(shop)
    assert (done.returncode, done.stderr) == (0, "")
    rows = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert "discount change -1.00 EUR" in rows
    assert "discount 7.00 (11.86 %) 6.00 (10.17 %)" in rows
    assert "BAGS10 2 2 3.00 6.00 +3.00" in rows
    assert "MUGS3F2 1 - 4.00 - -4.00" in rows
    assert "1002 2.00 4.00 +2.00 BAGS10 2.00 → 4.00" in rows


def test_terminal_sees_the_progress_of_both(shop: Shop) -> None:
    terminal, side = os.openpty()
    try:
        command = [*STAMMKUNDE, "replay", str(shop.receipts), "--promotions", str(shop.rules)]
        command += ["--against", str(shop.folder / "live.json"), "--json"]
        done = subprocess.run(command, check=False, stdout=subprocess.PIPE, stderr=side, timeout=60)
        seen = os.read(terminal, 10_000).decode()
    finally:
        os.close(terminal)
        os.close(side)
    assert done.returncode == 0
    assert "100%" in seen


# Folders


def test_folder_keeps_both_and_repeats_the_answer(shop: Shop) -> None:
    first = said(compare(shop, "--data-dir", shop.data_dir, "--json"))
    again = said(compare(shop, "--data-dir", shop.data_dir, "--json"))
    assert (again.pop("booked"), again["against"].pop("booked")) == (0, 0)
    assert (first.pop("booked"), first["against"].pop("booked")) == (4, 4)
    assert untimed(again) == untimed(first)


def test_folder_of_a_draft_takes_live_rules_later(shop: Shop) -> None:
    said(shop.keep())
    rows = shop.receipts.read_text(encoding="utf-8").splitlines()
    # The live side books in another order than the draft did: the new receipt comes first.
    rows.insert(1, "0999,BAG1,5,2011-01-03T08:00,1000,,UK")
    shop.write("receipts.csv", "\n".join([*rows, ""]))
    answer = said(compare(shop, "--data-dir", shop.data_dir, "--json"))
    assert (answer["booked"], answer["against"]["booked"]) == (1, 5)
    assert [one["rise_minor"] for one in answer["changes"]["top"]] == [500, -300, 200]


def test_folder_of_other_live_rules_is_refused(shop: Shop) -> None:
    said(compare(shop, "--data-dir", shop.data_dir, "--json"))
    shop.write("live.json", json.dumps(RULES[:1]))
    done = compare(shop, "--data-dir", shop.data_dir, "--json")
    assert refused(done) == ("out_of_range", str(shop.data_dir / "against"))


# The gate


def test_limits_that_hold_open_the_gate(shop: Shop) -> None:
    answer = said(
        compare(shop, "--json", "--fail-if", "discount_rise_bp>0", "--fail-if", "receipts<4")
    )
    assert answer["limits"] == [
        {"limit": "discount_rise_bp>0", "value": "-169.4915", "beyond": "0", "broken": False},
        {"limit": "receipts<4", "value": "4", "beyond": "0", "broken": False},
    ]


def test_each_broken_limit_is_named_with_how_much(shop: Shop) -> None:
    limits = ("dearer_bp>1000", "receipts<4", "receipt_rise_minor>150")
    done = compare(shop, *(part for limit in limits for part in ("--fail-if", limit)))
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "dearer_bp is 2500, 1500 above the limit of 1000.",
        "receipt_rise_minor is 200, 50 above the limit of 150.",
    ]
    assert 'receipts is 4 (fails if "receipts<4")' in done.stdout


def test_a_broken_limit_still_gives_the_whole_answer(shop: Shop) -> None:
    done = compare(shop, "--json", "--fail-if", "unused_promotions>0")
    assert done.returncode == 1
    answer = json.loads(done.stdout)
    assert answer["changes"]["changed_receipts"] == 2
    assert answer["limits"][0]["value"] == "2"


def test_limits_of_the_draft_need_no_live_rules(shop: Shop) -> None:
    assert shop.run("--fail-if", "discount_minor>600").returncode == 0
    done = shop.run("--fail-if", "discount_minor>599")
    assert (done.returncode, done.stderr) == (
        1,
        "discount_minor is 600, 1 above the limit of 599.\n",
    )


def test_speed_that_was_not_measured_now_is_not_good_enough(shop: Shop) -> None:
    limit = ("--data-dir", shop.data_dir, "--fail-if", "slowest_ms>60000")
    assert shop.run(*limit).returncode == 0
    done = shop.run(*limit)
    assert done.returncode == 1
    assert "slowest_ms cannot be judged" in done.stderr


@pytest.mark.parametrize(
    ("limit", "error"),
    [
        ("discount_rise_bp", "wrong_type"),
        ("discount_rise>200", "unknown_word"),
        ("changed_bp>5", "missing"),
    ],
)
def test_a_wrong_limit_is_refused_before_anything_is_booked(
    shop: Shop, limit: str, error: str
) -> None:
    done = shop.run("--fail-if", "receipts<1", "--fail-if", limit, "--data-dir", shop.data_dir)
    assert refused(done) == (error, "fail-if[1]")
    assert not shop.data_dir.exists()


def test_wrong_live_rules_are_named_as_such(shop: Shop) -> None:
    shop.write("live.json", json.dumps([{**RULES[0], "colour": "red"}]))
    done = compare(shop, "--data-dir", shop.data_dir)
    assert refused(done) == ("unknown_field", "against.promotions[0].colour")
    shop.write("live.json", "{")
    assert refused(compare(shop)) == ("not_json", "against")
    (shop.folder / "live.json").unlink()
    assert refused(compare(shop)) == ("not_json", "against")
    assert not shop.data_dir.exists()


def test_help_names_both(shop: Shop) -> None:
    done = shop.run("--help")
    assert done.returncode == 0
    assert "--against" in done.stdout
    assert "discount_rise_bp>200" in done.stdout
