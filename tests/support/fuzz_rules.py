"""Feeds hostile JSON to evaluate and lint in a process of limited memory.

``python fuzz_rules.py SECONDS SEED EXAMPLES``: rounds of EXAMPLES cases, each with the next seed,
until SECONDS have passed; prints what was seen as JSON. A case that runs longer than a minute ends
the process with its stack; anything but a clean refusal ends it with the smallest case.
"""

from __future__ import annotations

import datetime as dt
import faulthandler
import json
import resource
import sys
from collections import Counter
from time import monotonic
from typing import TYPE_CHECKING

from hostile_json import HostileCase, heavy_cases, hostile_cases
from hypothesis import HealthCheck, Phase, Verbosity, given, seed, settings
from hypothesis import strategies as st

from pos_plugin.errors import InputError, SaleError
from pos_plugin.model import Basket
from pos_plugin.promotions.generation import RuleGeneration
from pos_plugin.promotions.lint.article import articles_of
from pos_plugin.promotions.lint.run import lint
from pos_plugin.promotions.lint.work import Options
from pos_plugin.validation import read_json

if TYPE_CHECKING:
    from collections.abc import Callable

MEMORY_BYTES = 1024 * 2**20
CASE_S = 60
BASKETS = 60
PHASES = [Phase.generate, Phase.shrink]
STEPS_AT_MOST = 1_000_000

seen: Counter[str] = Counter()


def check_evaluate(case: HostileCase) -> None:
    """A result that adds up, or a refusal that names the place."""
    try:
        rules = RuleGeneration.from_json(case.rules)
        basket = Basket.from_json(case.sale)
    except InputError:
        seen["refused"] += 1
        return
    result = rules.evaluate(basket)
    value = result.to_dict()
    json.dumps(value).encode()
    assert value["total_minor"] == value["gross_minor"] - value["discount_minor"]
    for line in value["lines"]:
        assert 0 <= line["discount_minor"] <= max(line["gross_minor"], 0)
    assert value["gap_minor"] == 0 or not value["optimal"]
    steps = value["diagnostics"]["steps"]
    assert steps <= STEPS_AT_MOST
    seen["evaluated"] += 1
    seen["most_steps"] = max(seen["most_steps"], steps)


def check_lint(case: HostileCase) -> None:
    """A report within its bounds whose sales can be priced, or a refusal."""
    try:
        rules = RuleGeneration.from_json(case.rules)
    except InputError:
        seen["rules_refused"] += 1
        return
    try:
        articles = articles_of(read_json(case.articles, "articles", SaleError))
    except InputError:
        articles = None
        seen["articles_refused"] += 1
    options = Options(on=dt.date(2026, 3, 7), max_baskets=BASKETS)
    report = lint(rules, options, articles)
    value = report.to_dict()
    json.dumps(value).encode()
    assert sum(one["baskets"] for one in value["checks"]) <= BASKETS
    for finding in report.findings:
        assert set(finding.promotions) <= {one.id for one in rules.promotions}
        for sale in filter(None, (finding.example, finding.beside)):
            Basket.from_dict(sale)
    seen["linted"] += 1
    seen["findings"] += len(report.findings)


def fuzz(check: Callable[[HostileCase], None], number: int, examples: int) -> None:
    """One round."""

    @seed(number)
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=PHASES,
        suppress_health_check=list(HealthCheck),
        verbosity=Verbosity.quiet,
    )
    @given(st.one_of(hostile_cases(), hostile_cases(), heavy_cases()))
    def run(case: HostileCase) -> None:
        faulthandler.dump_traceback_later(CASE_S, exit=True)
        try:
            check(case)
        except BaseException:
            sys.stderr.write(f"failing case: {case!r}\n")
            raise
        finally:
            faulthandler.cancel_dump_traceback_later()

    run()


def main() -> None:
    seconds, number, examples = (int(text) for text in sys.argv[1:4])
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    started = monotonic()
    while True:
        fuzz(check_evaluate, number, examples)
        fuzz(check_lint, number, max(examples // 2, 1))
        seen["rounds"] += 1
        number += 1
        if monotonic() - started >= seconds:
            break
    peak_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    sys.stdout.write(
        json.dumps({**seen, "seconds": int(monotonic() - started), "peak_mib": peak_kib >> 10})
    )


if __name__ == "__main__":
    main()
