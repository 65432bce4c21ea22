"""The lowest total as an integer program: what both CP-SAT oracles share.

Written from promotions.md §2 to §4 and from nothing else. One program per choice of a receipt and a
customer tier; an oracle says what each article promotion can take and give (``Part``), this says
what the later layers make of it. Coefficients are Fractions. Where they do not fit the solver's
integers they are rounded in the customer's favour, so that the answer is an interval: no total is
below ``low``, and one of ``high`` exists, computed exactly. Mostly both are the same.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import product
from math import ceil, floor, lcm
from typing import TYPE_CHECKING, NamedTuple

from oracle import own_rate
from oracle_sale import Doc, Unit, line_gross_minor, may_apply, selects, units_of
from ortools.sat.python import cp_model

if TYPE_CHECKING:
    from collections.abc import Callable

LARGEST = 2**52
"""Of a coefficient; the sums of a program then stay inside the solver's 64 bits."""
EXACT = 10_000
"""Discounts before any cap are multiples of 1/10 000 minor unit: prices times basis points."""
EFFORT = 1.0
"""Deterministic seconds for one choice of tiers."""

Choice = tuple["Piece | None", "Piece | None"]


class UnsupportedError(Exception):
    """The case is outside what the linear program can say exactly."""


class Answer(NamedTuple):
    """No total is below ``low``; there is one of ``high``. Both exact, in minor units."""

    low: Fraction
    high: Fraction


class Lin:
    """A linear expression over the variables of one program, with exact coefficients."""

    def __init__(self, constant: Fraction | int = 0) -> None:
        self.constant = Fraction(constant)
        self.of: dict[int, Fraction] = {}

    def add(self, other: Lin, factor: Fraction | int = 1) -> Lin:
        total = Lin(self.constant + other.constant * factor)
        total.of = dict(self.of)
        for variable, coefficient in other.of.items():
            total.of[variable] = total.of.get(variable, Fraction(0)) + coefficient * factor
        return total

    def __add__(self, other: Lin) -> Lin:
        return self.add(other)

    def __sub__(self, other: Lin) -> Lin:
        return self.add(other, -1)

    def __mul__(self, factor: Fraction | int) -> Lin:
        return Lin().add(self, factor)

    def at(self, values: dict[int, int]) -> Fraction:
        return self.constant + sum(c * values[v] for v, c in self.of.items())


def total_of(parts: list[Lin]) -> Lin:
    total = Lin()
    for part in parts:
        total = total.add(part)
    return total


class Program:
    """Integer variables, constraints ``>= 0``, one objective; exact outside, integers inside."""

    def __init__(self) -> None:
        self.model = cp_model.CpModel()
        self.variables: list[cp_model.IntVar] = []
        self.constraints: list[tuple[Lin, int | None]] = []  # with its switch
        self.is_exact = True

    def integer(self, high: int) -> Lin:
        """Return a new variable from 0 to ``high``."""
        number = len(self.variables)
        self.variables.append(self.model.new_int_var(0, high, f"x{number}"))
        one = Lin()
        one.of[number] = Fraction(1)
        return one

    def at_least(self, left: Lin, right: Lin, *, if_: Lin | None = None) -> None:
        """Require ``left >= right``, always or where a 0-1 variable is 1."""
        difference = left - right
        constraint = self.model.add(self._integers(difference) >= 0)
        switch = None if if_ is None else next(iter(if_.of))
        self.constraints.append((difference, switch))
        if switch is not None:
            constraint.only_enforce_if(self.variables[switch])

    def equal(self, left: Lin, right: Lin) -> None:
        self.at_least(left, right)
        self.at_least(right, left)

    def _integers(self, lin: Lin) -> cp_model.LinearExprT:
        """The expression times a positive number; rounded upwards where it would grow too large."""
        scale = lcm(lin.constant.denominator, *(c.denominator for c in lin.of.values()))
        largest = max([abs(lin.constant), *(abs(c) for c in lin.of.values())])
        if scale * largest > LARGEST:
            scale = max(1, floor(LARGEST / largest))
            self.is_exact = False
        # Variables are not negative: a coefficient rounded up makes the expression larger.
        coefficients = [(v, ceil(c * scale)) for v, c in lin.of.items()]
        return sum((self.variables[v] * c for v, c in coefficients), ceil(lin.constant * scale))

    def best(self, objective: Lin, above: Fraction) -> tuple[Fraction, Fraction] | None:
        """Return (proven bound, value of a solution) of the objective where it exceeds ``above``.

        None where no solution does.
        """
        # More than nothing: a share of 1/10 000 minor unit never decides which solution is best.
        self.at_least(objective, Lin(above))
        scale = lcm(objective.constant.denominator, *(c.denominator for c in objective.of.values()))
        largest = max([1, abs(objective.constant), *(abs(c) for c in objective.of.values())])
        if scale * largest > LARGEST:
            scale = floor(LARGEST / largest)
            self.is_exact = False
        self.model.maximize(
            sum(
                (self.variables[v] * ceil(c * scale) for v, c in objective.of.items()),
                ceil(objective.constant * scale),
            )
        )
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.random_seed = 1
        solver.parameters.max_deterministic_time = EFFORT
        status = solver.solve(self.model)
        if status == cp_model.INFEASIBLE:
            return None
        if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
            raise UnsupportedError(solver.status_name(status))
        bound = Fraction(round(solver.best_objective_bound), scale)
        if status == cp_model.OPTIMAL:
            bound = Fraction(round(solver.objective_value), scale)
        values = {number: solver.value(one) for number, one in enumerate(self.variables)}
        holds = all(
            lin.at(values) >= 0
            for lin, switch in self.constraints
            if switch is None or values[switch]
        )
        return bound, objective.at(values) if holds else above


# --- the sale and the later layers ----------------------------------------------------------------


@dataclass
class Part:
    """What one article promotion takes and gives in a program.

    ``given``: per zone (which later bases its units belong to) the discount; ``times``: the
    applications; ``taken``: units per class.
    """

    times: Lin
    taken: dict[int, Lin]
    given: dict[int, Lin]


@dataclass
class Piece:
    """A stretch of a tier on which its discount is a rate or an amount."""

    promotion: Doc
    rate: Fraction
    amount_minor: int
    low: Fraction
    high: Fraction | None


@dataclass
class Basket:
    """Equal units as classes with a count; ``zone``: bit 0 in the receipt base, 1 customer's."""

    sale: Doc
    classes: list[Unit]
    counts: list[int]
    zone: list[int] = field(default_factory=list)
    has_bounds: bool = False

    def matching(self, selector: Doc | None) -> list[int]:
        """Classes that a selector means, the dearest first."""
        chosen = [c for c, unit in enumerate(self.classes) if selects(selector, unit)]
        return sorted(chosen, key=lambda c: -self.classes[c].price_minor)

    def price(self, c: int) -> int:
        return self.classes[c].price_minor

    def zones_of(self, classes: list[int]) -> set[int]:
        return {self.zone[c] for c in classes}


def lowest_total(
    promotions: list[Doc], sale: Doc, build: Callable[[Program, Basket, Doc], Part]
) -> Answer:
    """Return the lowest total over all layers together, where ``build`` poses the article layer."""
    gross = Fraction(sum(line_gross_minor(line) for line in sale["lines"]))
    usable = [p for p in promotions if p["layer"] != "earn" and may_apply(p, sale)]
    together = [p for p in usable if p.get("exclusive") != "receipt"]
    alone = [[p] for p in usable if p.get("exclusive") == "receipt"]
    bound = found = Fraction(0)
    for group in [together, *alone]:
        choices = product(_pieces(group, "receipt", sale), _pieces(group, "customer", sale))
        for choice in choices:
            solved = _solve(group, sale, choice, build, found)
            if solved is not None:
                bound, found = max(bound, solved[0]), max(found, solved[1])
    return Answer(gross - bound, gross - found)


def _pieces(group: list[Doc], layer: str, sale: Doc) -> list[Piece | None]:
    """One stretch of one tier, or no tier: mostly the worst, so that the others prune it."""
    pieces: list[Piece | None] = []
    for promotion in (p for p in group if p["layer"] == layer):
        cap_minor = (promotion.get("limits") or {}).get("max_discount_minor")
        for tier in promotion["offer"]["tiers"]:
            least = Fraction(tier.get("min_value_minor", 0))
            benefit = own_rate(tier["benefit"], sale)
            if benefit["type"] == "percent":
                rate = Fraction(benefit["bp"], 10_000)
                if not rate:
                    continue
                top = None if cap_minor is None else cap_minor / rate
                if top is None or top >= least:
                    pieces.append(Piece(promotion, rate, 0, least, top))
                if top is not None:
                    pieces.append(Piece(promotion, Fraction(0), cap_minor, max(least, top), None))
                continue
            minor = benefit["minor"] if cap_minor is None else min(benefit["minor"], cap_minor)
            pieces.append(Piece(promotion, Fraction(0), minor, max(least, Fraction(minor)), None))
            if least < minor:  # the whole base for nothing
                pieces.append(Piece(promotion, Fraction(1), 0, least, Fraction(minor)))
    return [*pieces, None]


def _solve(
    group: list[Doc],
    sale: Doc,
    choice: Choice,
    build: Callable[[Program, Basket, Doc], Part],
    above: Fraction,
) -> tuple[Fraction, Fraction] | None:
    count_of = Counter(unit for unit in units_of(sale) if unit.discountable)
    basket = Basket(sale, list(count_of), list(count_of.values()))
    for unit in basket.classes:
        zone = 0
        for bit, piece in enumerate(choice):
            if piece is not None and selects(piece.promotion["offer"].get("on"), unit):
                zone |= 1 << bit
        basket.zone.append(zone)
    basket.has_bounds = any(p is not None and (p.low or p.high is not None) for p in choice)
    program = Program()
    articles = [p for p in group if p["layer"] == "article"]
    parts = [(p, build(program, basket, p)) for p in articles]
    for c, count in enumerate(basket.counts):
        taken = [part.taken[c] for _, part in parts if c in part.taken]
        if taken:
            program.at_least(Lin(count), total_of(taken))
    chosen = [(piece.promotion, Lin(1)) for piece in choice if piece is not None]
    _coupons(program, sale, [(p, part.times) for p, part in parts] + chosen)
    objective = total_of([given for _, part in parts for given in part.given.values()])
    objective += _later(program, basket, parts, choice)
    return program.best(objective, above)


def _later(program: Program, basket: Basket, parts: list[tuple[Doc, Part]], choice: Choice) -> Lin:
    """What the receipt and the customer piece give on what the article layer leaves."""
    left = []
    for zone in range(4):
        classes = [c for c in range(len(basket.classes)) if basket.zone[c] == zone]
        rest = Lin(sum(basket.counts[c] * basket.price(c) for c in classes))
        for promotion, part in parts:
            if promotion.get("exclusive") == "units":
                for c in classes:
                    if c in part.taken:
                        rest -= part.taken[c] * basket.price(c)
            elif zone in part.given:
                rest -= part.given[zone]
        left.append(rest)
    receipt, customer = choice
    total, base = Lin(), left[2] + left[3]
    if receipt is not None:
        total += _given(program, receipt, left[1] + left[3])
        if receipt.rate:
            base -= left[3] * receipt.rate
        elif 3 in basket.zone:
            if 1 in basket.zone and customer is not None:
                raise UnsupportedError("an amount is spread over units in and outside a base")
            base -= Lin(receipt.amount_minor)
    if customer is not None:
        total += _given(program, customer, base)
    return total


def _given(program: Program, piece: Piece, base: Lin) -> Lin:
    program.at_least(base, Lin(piece.low))
    if piece.high is not None:
        program.at_least(Lin(piece.high), base)
    return base * piece.rate + Lin(piece.amount_minor)


def _coupons(program: Program, sale: Doc, users: list[tuple[Doc, Lin]]) -> None:
    """Every application is paid in one of the manners that its conditions allow."""
    have = Counter(coupon["series"] for coupon in sale.get("coupons", ()))
    spent: dict[str, list[Lin]] = {series: [] for series in have}
    for promotion, times in users:
        needs = may_apply(promotion, sale)
        if frozenset() in needs:
            continue
        paid = []
        for need in needs:
            one = program.integer(sum(have.values()))
            paid.append(one)
            for series in need:
                spent[series].append(one)
        program.at_least(total_of(paid), times)
    for series, uses in spent.items():
        if uses:
            program.at_least(Lin(have[series]), total_of(uses))


def capped(program: Program, promotion: Doc, given: dict[int, Lin], most_minor: int) -> dict:
    """What a promotion gives per zone under its cap: all of it, or exactly the cap.

    A promotion in one zone only, because the cut is in proportion: elsewhere it is not linear.
    """
    cap_minor = (promotion.get("limits") or {}).get("max_discount_minor")
    if cap_minor is None or cap_minor >= most_minor:
        return given
    if len(given) > 1:
        raise UnsupportedError("a cap is spread over units in and outside a base")
    ((zone, exact),) = given.items()
    shown = program.integer(cap_minor * EXACT) * Fraction(1, EXACT)
    binds = program.integer(1)
    program.at_least(exact, shown)
    program.at_least(Lin(cap_minor), shown)
    # Never less than the rule says, in order to keep a threshold.
    free = Lin(1) - binds
    free_switch = program.integer(1)
    program.equal(free_switch, free)
    program.at_least(shown, exact, if_=free_switch)
    program.at_least(shown, Lin(cap_minor), if_=binds)
    return {zone: shown}
