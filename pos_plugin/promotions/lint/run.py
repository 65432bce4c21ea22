"""All checks in their order, each with its own allowance of sales, and what they found."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pos_plugin.promotions.lint import (
    cliffs,
    combined,
    contradictions,
    effort,
    labels,
    missing_facts,
    overlaps,
    reference_price,
    savings,
    shadowed,
    stock,
    validity,
)
from pos_plugin.promotions.lint.buying import Buyer
from pos_plugin.promotions.lint.engine import Allowance, Engine
from pos_plugin.promotions.lint.finding import Finding, Severity
from pos_plugin.promotions.lint.shelf import InventedShelf, RealShelf
from pos_plugin.promotions.lint.spent import Spent
from pos_plugin.promotions.lint.work import Options, Work
from pos_plugin.units import divide_down

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from pos_plugin.promotions.generation import RuleGeneration
    from pos_plugin.promotions.lint.article import Article

FINDINGS_A_CODE: Final = 500
"""Findings of one code that are listed; the rest are counted."""


class Check(NamedTuple):
    """A check by name, and its share of the sales in percent; 0 = it prices nothing."""

    name: str
    run: Callable[[Work], Iterator[Finding]]
    share: int


# Those that prove a promotion dead come first: nobody makes sales for it afterwards. The hardest
# search follows the overlaps it is drawn from.
CHECKS: Final = (
    Check("validity", validity.find, 0),
    Check("contradictions", contradictions.find, 0),
    Check("stock", stock.find, 0),
    Check("savings", savings.find, 0),
    Check("labels", labels.find, 0),
    Check("missing_facts", missing_facts.find, 0),
    Check("reference_price", reference_price.find, 5),
    Check("overlaps", overlaps.find, 5),
    Check("effort", effort.find, 15),
    Check("combined", combined.explore, 25),
    Check("cliffs", cliffs.find, 15),
    Check("shadowed", shadowed.find, 35),
)


@dataclass(slots=True)
class Report:
    """What lint found.

    Args:
        promotions: how many there are.
        articles: how many were given, None = none.
        options: settings of the run.
        findings: the worst first.
        left_out: findings that are counted only, by code.
        matrix: who competes with whom.
        work: sales tried by each check, and whether it looked at everything it meant to.
    """

    promotions: int
    articles: int | None
    options: Options
    findings: list[Finding] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)
    matrix: overlaps.Overlaps = field(default_factory=overlaps.Overlaps)
    work: list[dict[str, Any]] = field(default_factory=list)

    @property
    def errors(self) -> list[Finding]:
        """What must be put right."""
        return [finding for finding in self.findings if finding.severity == Severity.ERROR]

    @property
    def is_complete(self) -> bool:
        """Whether no check had to stop at its bound."""
        return all(one["complete"] for one in self.work)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON object of ``stammkunde promotions lint``."""
        counts = Counter(str(finding.severity) for finding in self.findings)
        return {
            "promotions": self.promotions,
            "articles": self.articles,
            "on": self.options.on.isoformat(),
            "max_combined_bp": self.options.max_combined_bp,
            "seed": self.options.seed,
            "counts": {str(one): counts[str(one)] for one in Severity},
            "findings": [finding.to_dict() for finding in self.findings],
            "left_out": dict(sorted(self.left_out.items())),
            "overlaps": self.matrix.to_dict(),
            "complete": self.is_complete,
            "checks": self.work,
        }


def lint(
    rules: RuleGeneration,
    options: Options,
    articles: Sequence[Article] | None = None,
    *,
    progress: Callable[[int], object] | None = None,
    checks: Sequence[Check] = CHECKS,
) -> Report:
    """Run the interactions of a generation and return what is wrong with them.

    The same rules, articles and options give the same report. The work is bounded by the number of
    sales (``options.max_baskets``), never by time; a check that had to stop says so.

    Args:
        rules: the promotions.
        options: settings.
        articles: those of the shop; without them articles are made up to fit the selectors.
        progress: told how many more of ``options.max_baskets`` are used or no longer needed.
        checks: which; the others find nothing.
    """
    deepest = combined.Deepest(options.max_combined_bp)
    shelf = None if articles is None else RealShelf(articles)
    work = Work(
        rules=rules,
        buyer=Buyer(shelf or InventedShelf(), options.on),
        engine=Engine(rules, deepest.watch),
        allowance=Allowance(0),
        options=options,
        articles=shelf,
        deepest=deepest,
        overlaps=overlaps.Overlaps(is_invented=shelf is None),
    )
    report = Report(len(rules.promotions), None if articles is None else len(articles), options)
    found: list[Finding] = []
    shares = sum(check.share for check in checks)
    unused = 0
    for check in checks:
        most = divide_down(options.max_baskets * check.share, shares) if shares else 0
        if check.share:
            most, unused = most + unused, 0
        work.allowance = Allowance(most, tell=progress)
        work.bounded = False
        try:
            for finding in check.run(work):
                found.append(finding)  # noqa: PERF402 - what was found before the end counts
        except Spent:
            work.bounded = True
        unused += most - work.allowance.used
        report.work.append(
            {"check": check.name, "baskets": work.allowance.used, "complete": not work.bounded}
        )
    if progress is not None:
        progress(unused)
    found += combined.findings(work)
    report.matrix = work.overlaps
    _sort_in(report, found)
    return report


def _sort_in(report: Report, found: Sequence[Finding]) -> None:
    order = list(Severity)
    for finding in sorted(found, key=lambda one: order.index(one.severity)):
        if sum(one.code == finding.code for one in report.findings) < FINDINGS_A_CODE:
            report.findings.append(finding)
        else:
            report.left_out[str(finding.code)] += 1


def combined_reductions(
    rules: RuleGeneration,
    options: Options,
    articles: Sequence[Article] | None = None,
    *,
    progress: Callable[[int], object] | None = None,
) -> Report:
    """Return a report of nothing but how far articles can fall by combination."""
    only = [check for check in CHECKS if check.run is combined.explore]
    return lint(rules, options, articles, progress=progress, checks=only)
