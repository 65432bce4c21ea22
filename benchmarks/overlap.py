"""Real receipts against fifty overlapping promotions: proven how often, in what time and effort.

overlap.py                 every receipt; --every 10 takes every tenth, --limit 200 the first 200
overlap.py --receipt 536365  one receipt in detail, its result as JSON
overlap.py --each FILE     also one JSON line per receipt, to compare two builds of the engine
overlap.py --rules         the promotions as PROMOTIONS.json
overlap.py --without N-CARDS,Q-ALL   leaves promotions out, to see which of them cost the effort
overlap.py --dozen 1        twelve of their article offers, drawn by this seed; the rest as it is
overlap.py --set stress    the fifty that want every article by the dozen (default: --set season)

Receipts and articles lie where STAMMKUNDE_DATA points (default ../shared/data). Only the way from
Basket to Result is timed; every receipt counts with the best of a few runs, a slow one with one.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import sys
from pathlib import Path
from time import perf_counter_ns
from typing import Any

import overlap_rules
import overlap_season

import native
from pos_plugin import Basket, RuleGeneration
from pos_plugin.replay.past import plain_id
from pos_plugin.replay.read import read_articles, read_receipts

ROOT = Path(__file__).resolve().parent.parent
DATA = Path(os.environ.get("STAMMKUNDE_DATA") or ROOT.parent / "shared" / "data") / "online-retail"
SETS = {"season": overlap_season.promotions, "stress": overlap_rules.promotions}
SEED = 20260307
RATES_BP = (0, 200, 300, 500)
TARGET_US = 5_000
REPEATS = 3
DOZEN = 12
WANTED_BY = (2, 3, 5)
"""Shares of the articles that at least so many offers of the article layer want."""
# Above it the noise of the machine says little, and the patience of the reader ends.
REPEATED_BELOW_US = 100_000


def main() -> None:
    """Read the arguments, measure, print."""
    wish = _arguments()
    offers = SETS[wish.set]()
    if unknown := set(wish.without) - {one["id"] for one in offers}:
        raise SystemExit(f"no promotion {min(unknown)} in the set {wish.set}")
    offers = [one for one in offers if one["id"] not in wish.without]
    if wish.dozen is not None:
        offers = _dozen_of(offers, wish.dozen)
    if wish.rules:
        print(json.dumps({"generation": 1, "promotions": offers}, indent=1))
        return
    if not (DATA / "receipts.csv.gz").exists():
        print("skipped: no real receipts where STAMMKUNDE_DATA points", file=sys.stderr)
        print("{}") if wish.json else None
        return
    rules = RuleGeneration.from_value(offers)
    articles = articles_by_sku()
    baskets = [Basket.from_dict(one) for one in snapshots(articles)]
    if wish.receipt:
        found = [one for one in baskets if plain_id(one.sale_id) == wish.receipt]
        if not found:
            raise SystemExit(f"no receipt {wish.receipt}")
        _one(rules, found[0])
        return
    chosen = baskets[:: wish.every][: wish.limit]
    rules.evaluate(chosen[0])
    rows = []
    for number, basket in enumerate(chosen, start=1):
        rows.append(_measured(rules, basket))
        if sys.stderr.isatty():
            print(f"\r{number} of {len(chosen)}", end="", file=sys.stderr)
    if sys.stderr.isatty():
        print(file=sys.stderr)
    if wish.each:
        wish.each.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    report = {
        "set": wish.set,
        "compiled": native.COMPILED,
        **_wanted(offers, articles),
        **_summary(rows),
    }
    print(json.dumps(report) if wish.json else _text(report))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--limit", type=int, default=None, help="at most so many receipts")
    parser.add_argument("--every", type=int, default=1, help="every K-th receipt")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--receipt", help="one receipt, by its invoice number")
    parser.add_argument("--each", type=Path, help="write a JSON line per receipt to this file")
    parser.add_argument("--set", choices=SETS, default="season", help="which fifty promotions")
    parser.add_argument(
        "--without",
        type=lambda text: text.split(","),
        default=(),
        help="promotion ids to leave out",
    )
    parser.add_argument(
        "--dozen", type=int, help="twelve of the article offers, drawn by this seed"
    )
    parser.add_argument("--rules", action="store_true", help="print the promotions and leave")
    return parser.parse_args()


def _dozen_of(offers: list[dict[str, Any]], seed: int) -> list[dict[str, Any]]:
    """Twelve article offers and all of the other layers: what a smaller shop runs at once."""
    ids = [one["id"] for one in offers if one["layer"] == "article"]
    left_out = random.Random(seed).sample(ids, max(0, len(ids) - DOZEN))
    return [one for one in offers if one["id"] not in left_out]


def articles_by_sku() -> dict[str, dict[str, Any]]:
    """Article facts by sku as lines carry them; the words of the description become tags."""
    found = {}
    for row in read_articles("articles", (DATA / "articles.csv.gz").read_bytes()):
        words = sorted({word.lower() for word in row.pop("name").split()})
        found[row["sku"]] = {**row, "tags": words}
    return found


def snapshots(articles: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """The receipts with all facts in their lines and a rate for every known customer."""
    content = (DATA / "receipts.csv.gz").read_bytes()
    return [
        _filled(dict(receipt.snapshot), articles)
        for receipt in read_receipts("receipts", content, articles)
    ]


def _filled(snapshot: dict[str, Any], articles: dict[str, dict[str, Any]]) -> dict[str, Any]:
    # What was charged on the receipt stands before the list price.
    snapshot["lines"] = [{**articles.get(one["sku"], {}), **one} for one in snapshot["lines"]]
    if customer := snapshot.get("customer"):
        draw = random.Random(f"{SEED} {customer['id']}")
        snapshot["customer"] = {**customer, "instant_discount_bp": draw.choice(RATES_BP)}
    return snapshot


def _measured(rules: RuleGeneration, basket: Basket) -> dict[str, Any]:
    fastest_us = None
    for _ in range(REPEATS):
        start = perf_counter_ns()
        result = rules.evaluate(basket)
        took_us = (perf_counter_ns() - start) / 1000
        fastest_us = took_us if fastest_us is None else min(fastest_us, took_us)
        if took_us > REPEATED_BELOW_US:
            break
    return {
        "receipt": plain_id(basket.sale_id),
        "lines": len(basket.lines),
        "pieces": sum(max(0, line.quantity_milli) for line in basket.lines) // 1000,
        "time_us": round(fastest_us or 0),
        "steps": result.diagnostics.steps,
        "optimal": result.optimal,
        "gap_minor": result.gap_minor,
        "gross_minor": result.gross_minor,
        "total_minor": result.total_minor,
        "promotions": len(result.promotions),
        "digest": _digest(result),
    }


def _digest(result: Any) -> str:  # noqa: ANN401 - the result without its diagnostics
    parts = (result.optimal, result.gap_minor, result.total_minor, result.lines, result.vat)
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


def _wanted(
    promotions: list[dict[str, Any]], articles: dict[str, dict[str, Any]]
) -> dict[str, Any]:
    """How many offers of the article layer an article is wanted by."""
    wanting = [
        [
            slot["on"]
            for slot in (*rule.get("slots", ()), *rule.get("buy", ()), *rule.get("get", ()))
        ]
        or [rule["on"]]
        for one in promotions
        if one["layer"] == "article"
        for rule in (one["offer"],)
    ]
    counts = sorted(
        sum(any(_matches(on, article) for on in selectors) for selectors in wanting)
        for article in articles.values()
        if article["discountable"]
    )
    return {
        "offers_per_article": counts[len(counts) // 2],
        "wanted_by": {
            least: sum(count >= least for count in counts) / len(counts) for least in WANTED_BY
        },
    }


def _matches(on: dict[str, Any], article: dict[str, Any]) -> bool:
    price_minor = article["unit_price_minor"]
    return not on.get("any_of") or any(
        (not (tags := match.get("tags")) or bool({*tags} & {*article["tags"]}))
        and (not (wish := match.get("categories")) or bool({*wish} & {*article["categories"]}))
        and match.get("price_min_minor", 0) <= price_minor
        and price_minor <= match.get("price_max_minor", price_minor)
        for match in on["any_of"]
    )


def _summary(rows: list[dict[str, Any]]) -> dict[str, Any]:
    optimal = sum(row["optimal"] for row in rows)
    selling = [row for row in rows if row["pieces"]]
    together = hashlib.sha256("".join(row["digest"] for row in rows).encode())
    return {
        "receipts": len(rows),
        "optimal": optimal,
        "optimal_share": optimal / len(rows),
        "selling": len(selling),
        "optimal_share_of_selling": sum(row["optimal"] for row in selling) / max(1, len(selling)),
        "optimal_in_time": sum(row["optimal"] and row["time_us"] <= TARGET_US for row in rows),
        "over_5_ms": sum(row["time_us"] > TARGET_US for row in rows),
        "time_us": _spread([row["time_us"] for row in rows]),
        "steps": _spread([row["steps"] for row in rows]),
        "gross_minor": sum(row["gross_minor"] for row in rows),
        "total_minor": sum(row["total_minor"] for row in rows),
        "digest": together.hexdigest()[:16],
        "unproven": [row for row in rows if not row["optimal"]],
        "slowest": sorted(rows, key=lambda row: -row["time_us"])[:10],
    }


def _spread(values: list[int]) -> dict[str, int]:
    values = sorted(values)
    last = len(values) - 1
    return {
        "p50": values[len(values) // 2],
        "p90": values[min(last, len(values) * 90 // 100)],
        "p99": values[min(last, len(values) * 99 // 100)],
        "max": values[-1],
    }


def _text(found: dict[str, Any]) -> str:
    rows = found["receipts"]
    times, steps = found["time_us"], found["steps"]
    facts = {
        "core": "compiled" if found["compiled"] else "plain Python",
        "promotions": f"the fifty of the set {found['set']}",
        "offers per article": f"median {found['offers_per_article']}; "
        + ", ".join(
            f"{share:.1%} wanted by {least} or more" for least, share in found["wanted_by"].items()
        ),
        "receipts": f"{rows}, {found['selling']} of them sell something",
        "proven lowest": f"{found['optimal']} = {found['optimal_share']:.3%} "
        f"({found['optimal_share_of_selling']:.3%} of those that sell)",
        "... within 5 ms": f"{found['optimal_in_time']} = {found['optimal_in_time'] / rows:.3%}",
        "over 5 ms": found["over_5_ms"],
        "time": ", ".join(f"{name} {value / 1000:.3f} ms" for name, value in times.items()),
        "steps": ", ".join(f"{name} {value}" for name, value in steps.items()),
        "gross, total": f"{found['gross_minor']}, {found['total_minor']} minor",
        "digest": found["digest"],
    }
    text = [f"{name:<20} {value}" for name, value in facts.items()]
    for title in ("slowest", "unproven"):
        text += ["", f"{title:<12}lines  pieces      time ms      steps     gap   total minor"]
        text += [
            f"{row['receipt']:<12}{row['lines']:>5}{row['pieces']:>8}{row['time_us'] / 1000:>13.3f}"
            f"{row['steps']:>11}{row['gap_minor']:>8}{row['total_minor']:>14}"
            for row in found[title]
        ]
    return "\n".join(text)


def _one(rules: RuleGeneration, basket: Basket) -> None:
    row = _measured(rules, basket)
    result = rules.evaluate(basket).to_dict(explain=False)
    print(json.dumps({"sale": row, "result": result}, indent=1))


if __name__ == "__main__":
    main()
