"""Compares the engine with brute force on random cases; run it after any change of the search.

    python tests/support/differential.py --seed 1 --count 2000 [--max-units 6] [--first 0]

Prints every counterexample as one line of JSON (with the number of its case, so that ``--first``
and ``--count 1`` draw it again) and exits 1 when there was one. ``STAMMKUNDE_NATIVE`` chooses the
form of the engine, ``STAMMKUNDE_RANDOM_CASES`` the count in the tests.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import click
from exact_total import exact_total
from laws import assert_adds_up
from legality import assert_rules_kept
from memory import bounded
from oracle import best_total
from random_cases import SERIES, Case, case_of, effects_of, features_of

from pos_plugin.promotions.generation import RuleGeneration

if TYPE_CHECKING:
    from fractions import Fraction

    from laws import Doc, Evaluate


@dataclass
class Tally:
    """What a run has seen."""

    cases: int = 0
    optimal: int = 0
    steps_max: int = 0
    drawn: Counter[str] = field(default_factory=Counter)
    effective: Counter[str] = field(default_factory=Counter)
    wrong: list[Doc] = field(default_factory=list)


def engine(promotions: list[Doc], sale: Doc) -> Doc:
    """Return what the engine says of a case, without the reasons.

    Another sale goes before it: what a generation keeps between two sales must not be seen.
    """
    rules = RuleGeneration.from_value(promotions)
    rules.evaluate(_sale_before(sale))
    return rules.evaluate(sale).to_dict(explain=False)


def _sale_before(sale: Doc) -> Doc:
    """The sale of a known customer with every coupon, lines turned round, a piece more of each."""
    lines = [
        line | {"quantity_milli": line["quantity_milli"] + 1000} for line in sale["lines"][::-1]
    ]
    coupons = [{"code": f"B{number}", "series": series} for number, series in enumerate(SERIES)]
    customer = {"id": "K0", "segments": ["stammkunde"], "instant_discount_bp": 700}
    return sale | {"lines": lines, "coupons": coupons, "customer": customer}


def fault_of(
    result: Doc, case: Case, lowest_total: Fraction, found_total: Fraction | None = None
) -> str | None:
    """Return what is wrong about a result, None when it is honest.

    Totals are compared exactly, before rounding: never below the lowest, ``optimal`` only when it
    is the lowest, and never further above it than the gap. The amounts must be those of the rules.
    Of an oracle that knows an interval only, ``found_total`` is its upper end.
    """
    try:
        assert_adds_up(result, case.sale)
        assert_rules_kept(result, *case)
        total = exact_total(result, *case)
    except AssertionError as error:
        return f"against the rules: {error}"
    found_total = lowest_total if found_total is None else found_total
    if total < lowest_total:
        return f"cheaper than the rules allow: {total}"
    if result["optimal"] and (total > found_total or result["gap_minor"]):
        return f"optimal is claimed, but it is not: {total}"
    # The gap belongs to the total that is shown, which may be rounded below the exact one.
    if min(total, result["total_minor"]) - result["gap_minor"] > found_total:
        return f"the gap is too small: {total}"
    return None


def compare(case: Case, number: int, tally: Tally, evaluate: Evaluate = engine) -> None:
    """Add one case to the tally."""
    lowest_total = best_total(*case)
    tally.cases += 1
    tally.drawn.update(features_of(case))
    try:
        result = evaluate(*case)
    except Exception as error:  # noqa: BLE001 - any crash is a finding, and the run goes on
        fault, result = f"{type(error).__name__}: {error}", {"total_minor": None, "steps": None}
    else:
        fault = fault_of(result, case, lowest_total)
        tally.optimal += result["optimal"]
        tally.steps_max = max(tally.steps_max, result["diagnostics"]["steps"])
        tally.effective.update(effects_of(case, result))
    if fault:
        tally.wrong.append(
            {
                "case": number,
                "fault": fault,
                "engine_minor": result["total_minor"],
                "oracle_minor": str(lowest_total),
                "optimal": result.get("optimal"),
                "gap_minor": result.get("gap_minor"),
                "promotions": case.promotions,
                "sale": case.sale,
            }
        )


@click.command()
@click.option("--seed", default=1, show_default=True)
@click.option("--count", default=2000, show_default=True)
@click.option("--first", default=0, show_default=True, help="Number of the first case.")
@click.option("--max-units", default=6, show_default=True)
@click.option("--max-promotions", default=5, show_default=True)
@click.option("--verbose", is_flag=True, help="Say how often each word was drawn and applied.")
def main(
    seed: int, count: int, first: int, max_units: int, max_promotions: int, *, verbose: bool
) -> None:
    """Compare the engine with brute force on random cases."""
    tally = Tally()
    for number in range(first, first + count):
        case = case_of(seed, number, max_units=max_units, max_promotions=max_promotions)
        with bounded():
            compare(case, number, tally)
        for wrong in tally.wrong[-1:]:
            if wrong["case"] == number:
                click.echo(json.dumps(wrong))
    if verbose:
        for title, counts in (("drawn", tally.drawn), ("effective", tally.effective)):
            click.echo(f"{title}: {json.dumps(dict(sorted(counts.items())))}", err=True)
    click.echo(
        f"seed {seed}: {tally.cases} cases, {tally.optimal} optimal,"
        f" at most {tally.steps_max} steps, {len(tally.wrong)} wrong",
        err=True,
    )
    sys.exit(1 if tally.wrong else 0)


if __name__ == "__main__":
    main()
