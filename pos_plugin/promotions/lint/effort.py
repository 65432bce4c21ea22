"""The worst search: sales drawn to be hard, and the hardest of them made harder."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

from pos_plugin.promotions.lint.buying import Wanted
from pos_plugin.promotions.lint.dice import Dice
from pos_plugin.promotions.lint.engine import applied
from pos_plugin.promotions.lint.finding import Finding, FindingCode, Severity
from pos_plugin.promotions.lint.setting import Setting

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pos_plugin.promotions.lint.finding import Sale
    from pos_plugin.promotions.lint.work import Work
    from pos_plugin.promotions.promotion import Promotion
    from pos_plugin.promotions.result import Result

ROUNDS: Final = 24
"""Sales that are tried."""

RIVALS: Final = 24
"""Promotions whose units stand in a hard sale, those that overlap most first."""

LINES: Final = 40
PIECES: Final = 12


class Hardest(NamedTuple):
    """A sale, by how hard it was: without a proof, then the gap, then the steps."""

    key: tuple[bool, int, int]
    sale: Sale
    result: Result
    units: tuple[Wanted, ...]


def find(work: Work) -> Iterator[Finding]:
    """Yield the sale that took the longest search."""
    rivals = _rivals(work)
    pool = [unit for promotion in rivals for unit in _units(work, promotion)]
    if not pool:
        return
    setting = _setting(work, rivals)
    dice = Dice(work.options.seed)
    worst: Hardest | None = None
    for number in range(ROUNDS):
        size = min(4 + 4 * number, LINES)
        if worst is not None and number % 2:
            units = _harder(work, dice, worst.units, pool)
        else:
            units = tuple(_varied(work, dice, dice.pick(pool), line) for line in range(size))
        sale = work.buyer.sale(setting, units)
        result = None if sale is None else work.engine.price(sale, work.allowance)
        if sale is None or result is None:
            continue
        key = (not result.optimal, result.gap_minor, result.diagnostics.steps)
        if worst is None or key > worst.key:
            worst = Hardest(key, sale, result, units)
    if worst is not None:
        yield _finding(worst)


def _finding(worst: Hardest) -> Finding:
    result = worst.result
    names = tuple(sorted(applied(result)))
    steps = result.diagnostics.steps
    return Finding(
        FindingCode.SEARCH_EFFORT,
        Severity.INFO if result.optimal else Severity.WARNING,
        names,
        f"The hardest of {ROUNDS} drawn sales took {steps} steps and is proven the lowest price."
        if result.optimal
        else f"The hardest of {ROUNDS} drawn sales took {steps} steps without a proof: at most "
        f"{result.gap_minor} cents more could be saved.",
        worst.sale,
        figures={
            "steps": steps,
            "optimal": int(result.optimal),
            "gap_minor": result.gap_minor,
            "lines": len(worst.sale["lines"]),
        },
    )


def _rivals(work: Work) -> list[Promotion]:
    met: dict[str, int] = {}
    for pair in work.overlaps.pairs:
        for name in pair:
            met[name] = met.get(name, 0) + 1
    living = [p for p in work.promotions if p.id not in work.dead and p.layer != "earn"]
    return sorted(living, key=lambda p: (-met.get(p.id, 0), p.id))[:RIVALS]


def _units(work: Work, promotion: Promotion) -> list[Wanted]:
    """The units of one application at a low and a high price."""
    found = []
    for number, units in enumerate(work.buyer.applications(promotion)):
        if number == 2:
            break
        found += [Wanted(one.article, min(one.pieces, PIECES)) for one in units]
    return found


def _setting(work: Work, rivals: Sequence[Promotion]) -> Setting:
    """Return a setting in which as many as possible may apply, added one by one."""
    members: list[Promotion] = []
    setting = Setting({"sale_id": "lint", "at": f"{work.options.on.isoformat()}T10:00:00+00:00"})
    for promotion in rivals:
        found = work.buyer.settings([*members, promotion])
        if found:
            members.append(promotion)
            setting = found[0]
    return setting


def _varied(work: Work, dice: Dice, unit: Wanted, line: int) -> Wanted:
    """The unit at its own count; a made-up article also at a price of its own."""
    pieces = 1 + dice.below(PIECES)
    if work.articles is not None:
        return Wanted(unit.article, pieces)
    # Prices that differ a little make no two units equal, and no grouping obvious.
    price_minor = max(unit.article.unit_price_minor - 37 * line - dice.below(30), 1)
    return Wanted(replace(unit.article, unit_price_minor=price_minor), pieces)


def _harder(
    work: Work, dice: Dice, units: tuple[Wanted, ...], pool: Sequence[Wanted]
) -> tuple[Wanted, ...]:
    """The hardest sale so far with a few lines more or other counts."""
    changed = list(units)
    for _ in range(3):
        if len(changed) < LINES and dice.below(2):
            changed.append(_varied(work, dice, dice.pick(pool), len(changed)))
        else:
            place = dice.below(len(changed))
            changed[place] = Wanted(changed[place].article, 1 + dice.below(PIECES))
    return tuple(changed)
