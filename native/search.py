# cython: boundscheck=True, wraparound=False, cdivision=False, overflowcheck=True, language_level=3
# cython: initializedcheck=False
"""The best price: which promotions apply, how often, and which units each takes.

1. Units are classes with a count. Promotions that take single units without any limit are folded
   into the best discount of each class; the others tie classes together into components
   (``columns``).
2. Each component is packed once, without later layers (``packing``).
3. For nearly every choice of a receipt tier and a customer tier, sums over the components say what
   it saves, or at most could save (``layers``).
4. Only choices that could save more than the best known one are solved on their own, with weights
   and thresholds (``choices``).
5. Of equal solutions the one without idle promotions: in descending id, each whose removal leaves
   the exact total unchanged is dropped.
6. The answer is told in an order of its own (``found``).

Amounts: discounts in 1/10_000 minor unit, savings of all layers in 1/10^12 minor.
"""

from __future__ import annotations

from array import array
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import cython

from native import codes
from native.arrays import require_int64, require_range, require_starts, room

from .columns import Columns
from .found import Answer, Packed, Teller
from .layers import Layers
from .packing import Packing, benefit_on, integers

if TYPE_CHECKING:
    from native.choices import Choices
    from native.problem import Application, Problem, Promo

    from .columns import Component
    from .found import Found, Given
    from .layers import Unsure

PROMO_COLUMNS = cython.declare(cython.Py_ssize_t, codes.PROMO_COLUMNS)
STEP_COLUMNS = cython.declare(cython.Py_ssize_t, codes.STEP_COLUMNS)
SLOT_COLUMNS = cython.declare(cython.Py_ssize_t, codes.SLOT_COLUMNS)
TIER_COLUMNS = cython.declare(cython.Py_ssize_t, codes.TIER_COLUMNS)
PERCENT = cython.declare(cython.longlong, codes.PERCENT)
AMOUNT_OFF = cython.declare(cython.longlong, codes.AMOUNT_OFF)
FREE = cython.declare(cython.longlong, codes.FREE)
_TRIED = cython.declare(cython.Py_ssize_t, 16)  # choices under which the plain packing is weighed
# Amounts are discounts in 1/10_000 minor, savings in 1/10^12 minor.
D = cython.declare(cython.longlong, 10_000)
_W = 100_000_000
_V = 1_000_000_000_000


@cython.cclass
class Search:
    """Searches one sale after another; the arrays are used again.

    Call ``bind``, then ``solve`` for each sale.
    """

    met_threshold = cython.declare(cython.bint, visibility="readonly")
    """Whether a choice was solved for which a threshold may leave less to the article layer."""

    # The tables of the call, which may be longer than what a sale fills.
    tables: dict[str, array[int]]
    price: cython.longlong[::1]
    count: cython.longlong[::1]
    promo: cython.longlong[::1]
    step_start: cython.longlong[::1]
    slot_start: cython.longlong[::1]
    class_start: cython.longlong[::1]
    slot_class: cython.longlong[::1]
    tier: cython.longlong[::1]
    tier_start: cython.longlong[::1]
    pool_limit: array[int]
    classes: cython.Py_ssize_t
    promos: cython.Py_ssize_t
    tiers: cython.Py_ssize_t
    max_steps: cython.longlong
    used: cython.longlong
    packed: dict[tuple[int, ...], Packed]
    choices: Choices | None
    problem: Problem | None
    ones: array[int]
    # What is asked once a sale.
    columns: Any
    layers: Any
    teller: Any
    # Promotions with a state are rows of the columns: their numbers in the call. Then the others,
    # and the rows that these have where ``choices`` needs them.
    number: cython.longlong[::1]
    frees: cython.Py_ssize_t
    free: cython.longlong[::1]
    free_at: dict[int, int]
    has_units: cython.bint  # whether a promotion keeps later layers off its units
    # Marks: what carries the number of the moment is marked.
    now: cython.longlong
    needed: cython.longlong[::1]
    # Per class: the best and second best discount of single units, who gives it, its component.
    best: cython.longlong[::1]
    second: cython.longlong[::1]
    best_row: cython.longlong[::1]
    second_row: cython.longlong[::1]
    home: cython.longlong[::1]
    # Rows that stand alone. Components; of each its plain packing and what that is worth.
    alone: list[int]
    components: list[Component]
    plain: list[Packed]
    parts: cython.Py_ssize_t
    part_value: cython.longlong[::1]
    users: dict[int, list[int]] | None
    is_guessed: cython.bint  # whether the search gave up where it asked what is idle

    def bind(self, tables: dict[str, array[int]]) -> None:
        """Take the tables of all calls that follow (see ``search``)."""
        self.tables = tables
        self.price = tables["price_minor"]
        self.count = tables["count"]
        self.promo = tables["promo"]
        self.step_start = tables["step_start"]
        self.slot_start = tables["slot_start"]
        self.class_start = tables["slot_class_start"]
        self.slot_class = tables["slot_class"]
        self.tier = tables["tier"]
        self.tier_start = tables["tier_class_start"]
        classes = len(tables["price_minor"])
        best, best_row, part_value = room(classes), room(classes), room(classes)
        columns = Columns(tables)
        home, number = columns.home, columns.number
        self.columns = columns
        self.layers = Layers(
            tables, best=best, home=home, part_size=columns.part_size, part_value=part_value
        )
        self.teller = Teller(count=tables["count"], best_row=best_row, home=home, number=number)
        self.ones = array("q", [1]) * max(1, classes)
        self.number = number
        self.free = columns.free
        self.needed = room(len(tables["slot_start"]))
        self.now = 0
        self.best = best
        self.second = room(classes)
        self.best_row = best_row
        self.second_row = room(classes)
        self.home = home
        self.part_value = part_value

    def solve(
        self, classes: int, promos: int, tiers: int, pool_limit: array[int], max_steps: int
    ) -> Found:
        """Return the best solution of what so many rows of the tables say (see ``search``)."""
        self.classes = classes
        self.promos = promos
        self.tiers = tiers
        self.pool_limit = pool_limit
        self.max_steps = max_steps
        self.used = 0
        self.met_threshold = False
        self.is_guessed = False
        self.packed = {}
        self.choices = None
        self.problem = None
        self.users = None
        read = self.columns.read(classes, promos, pool_limit)
        self.components, self.alone, self.frees, pools, has_units = read
        self.parts = len(self.components)
        self.has_units = has_units
        if tiers:
            self.layers.begin(classes, self.parts, tiers, pool_limit, pools, has_units)
        return self._found()

    def given(self) -> dict[str, array[int]]:
        """Return the tables of this call, each just as long as what it says."""
        slots = self.slot_start[self.promos]
        steps = self.step_start[self.promos]
        rows = {
            "price_minor": self.classes,
            "count": self.classes,
            "promo": self.promos * PROMO_COLUMNS,
            "step_start": self.promos + 1,
            "step": steps * STEP_COLUMNS,
            "slot_start": self.promos + 1,
            "slot": slots * SLOT_COLUMNS,
            "slot_class_start": slots + 1,
            "slot_class": self.class_start[slots],
            "tier": self.tiers * TIER_COLUMNS,
            "tier_class_start": self.tiers + 1,
            "tier_class": self.tier_start[self.tiers],
        }
        given = {name: self.tables[name][:length] for name, length in rows.items()}
        given["pool_limit"] = self.pool_limit
        return given

    # --- single units

    @cython.cfunc
    @cython.exceptval(check=True)
    def _fold(self, banned: frozenset[int]) -> cython.void:
        """The best two discounts of single units of each class, first in id of equal ones."""
        slot: cython.longlong
        i: cython.Py_ssize_t
        k: cython.Py_ssize_t
        c: cython.Py_ssize_t
        row: cython.longlong
        discount: cython.longlong
        benefit: cython.longlong
        value: cython.longlong
        price: cython.longlong
        for c in range(self.classes):
            self.best[c] = 0
            self.second[c] = 0
            self.best_row[c] = -1
            self.second_row[c] = -1
        for k in range(self.frees):
            row = self.free[k]
            if banned and row in banned:
                continue
            slot = self.slot_start[row - FREE]
            benefit = self.promo[(row - FREE) * PROMO_COLUMNS + 3]
            value = self.promo[(row - FREE) * PROMO_COLUMNS + 4]
            for i in range(self.class_start[slot], self.class_start[slot + 1]):
                c = self.slot_class[i]
                price = self.price[c]
                if benefit == PERCENT:
                    discount = price * value
                elif benefit == AMOUNT_OFF:
                    discount = (min(value, price)) * D
                else:
                    discount = (price - value) * D if price > value else 0
                if discount > self.best[c]:
                    self.second[c] = self.best[c]
                    self.second_row[c] = self.best_row[c]
                    self.best[c] = discount
                    self.best_row[c] = row
                elif discount > self.second[c]:
                    self.second[c] = discount
                    self.second_row[c] = row

    # --- components without later layers

    def _pack(self, part: Component, banned: frozenset[int], without: int = -1) -> Packed:
        """Pack a component without the banned promotions.

        ``without`` is one of them that the fold still counts, or -1.
        """
        key: tuple[int, ...] = (part.classes[0],)
        promos: array[int] = part.promos
        if banned:
            key = (part.classes[0], *sorted(banned))
            promos = array("q", [row for row in promos if row not in banned])
        known = self.packed.get(key)
        if known is not None:
            return known
        if self.columns.has_composed(promos):
            return self._pack_composed(key, part, promos, banned)
        packing = self._packing(part, promos, without)
        packing.seek_ties()
        packing.solve(-1)
        self.used += packing.steps
        known = Packed(packing.value, packing.bound, packing.applications(), packing)
        self.packed[key] = known
        return known

    def _packing(self, part: Component, promos: array[int], without: int) -> Packing:
        """Pose the packing of a component; ``without`` as in ``_pack``."""
        values: list[int] = []
        rows: list[int] = []
        c: cython.Py_ssize_t
        for c in part.classes:
            if without >= 0 and self.best_row[c] == without:
                values.append(self.second[c])
                rows.append(self.second_row[c])
            else:
                values.append(self.best[c])
                rows.append(self.best_row[c])
        return Packing(
            self.columns.offers,
            classes=part.classes,
            promos=promos,
            factor=self.ones,
            unit=1,
            option_start=array("q", range(len(part.classes) + 1)),
            option_value=array("q", values),
            option_promo=array("q", rows),
            budget=max(1, self.max_steps - self.used),
            pool_left=self.pool_limit or array("q", [0]),
        )

    def _pack_composed(
        self, key: tuple[int, ...], part: Component, promos: array[int], banned: frozenset[int]
    ) -> Packed:
        """Pack a component with a bundle whose discount depends on what it is composed of."""
        run = self._choices()
        rows = [
            *promos,
            *[self.free_at[row] for row in self.columns.free_rows() if row not in banned],
        ]
        solved = run.component(list(part.classes), rows)
        value = solved.value or 0
        known = Packed(
            int(value // _W), int(-(-solved.bound // _W)), self._named(solved.applications), None
        )
        self.packed[key] = known
        return known

    def _choices(self) -> Choices:
        """The slow way for single choices, prepared when it is first needed."""
        if self.choices is None:
            from native.choices import Choices
            from native.problem import Budget, problem_of

            columns, self.free_at = self.columns.whole()
            self.problem = problem_of(columns, self.given(), self.columns.offers)
            # What labels do in objects costs far more than a step of the packing.
            self.choices = Choices(
                self.problem, Budget(max(1, self.max_steps // 3)), Packing, integers
            )
        return self.choices

    def _named(self, applications: list[Application]) -> list[Given]:
        """Applications of the slow way in the numbers of the fast one."""
        rows = {row: name for name, row in self.free_at.items()}
        return [(rows.get(a.promo, a.promo), a.times, a.members, a.step) for a in applications]

    def _unnamed(self, applications: list[Given]) -> list[Application]:
        """Applications of the fast way in the numbers of the slow one."""
        from native.problem import Application

        return [
            Application(self.free_at.get(row, row), times, members, step)
            for row, times, members, step in applications
        ]

    # --- the best solution

    def _best(self, banned: frozenset[int], banned_tiers: frozenset[int]) -> Answer:
        """The best solution without the banned promotions (rows, and numbers of tiers)."""
        self._fold(banned)
        self._pack_all(banned)
        most: cython.longlong = 0
        c: cython.Py_ssize_t
        p: cython.Py_ssize_t
        article: cython.longlong = 0
        for c in range(self.classes):
            if self.home[c] < 0:
                article += self.best[c] * self.count[c]
        most = article
        for p in range(self.parts):
            packed: Packed = self.plain[p]
            article += self.part_value[p]
            most += packed.bound
        unsure: list[Unsure] = []
        answer: Answer
        if self.tiers:
            left = self.max_steps - self.used
            answer = self.layers.best(article, most, banned_tiers, left, unsure)
            self.used += self.layers.looked
        else:
            answer = Answer(int(article) * _W, int(most) * _W, -1, -1, None, False)
        for row in self.alone:
            if row not in banned:
                unsure.append((-self.columns.alone_bound(row) * _W, len(unsure), -1, -1, row + 1))
        if unsure:
            return self._settle(answer, unsure, banned)
        return answer

    @cython.cfunc
    @cython.exceptval(check=True)
    def _pack_all(self, banned: frozenset[int]) -> cython.void:
        """Pack every component."""
        p: cython.Py_ssize_t
        self.users = None
        self.plain = []
        for p in range(self.parts):
            packed: Packed = self._pack(self.components[p], banned)
            self.plain.append(packed)
            self.part_value[p] = packed.value

    def _applications(self, answer: Answer) -> list[Given]:
        """Return the applications of an answer, for as long as nothing else is packed."""
        if answer.applications is not None:
            return answer.applications
        given: list[Given] = []
        c: cython.Py_ssize_t
        for c in range(self.classes):
            if self.best_row[c] >= 0 and self.home[c] < 0:
                given.append((self.best_row[c], self.count[c], ((c, 1, 1),), 0))  # noqa: PERF401 - a typed loop
        for packed in self.plain:
            given += packed.applications
        return given

    def _settle(
        self,
        answer: Answer,
        unsure: list[Unsure],
        banned: frozenset[int],
    ) -> Answer:
        """Solve on their own the choices that could save more than the answer."""
        unsure.sort()
        bound = answer.bound
        if -unsure[0][0] > answer.saving:
            allowed = self._allowed(banned)
            answer = self._tried(answer, unsure)
            parts = [list(part.classes) for part in self.components]
        rivals = answer.rivals
        for reach, _, r, k, alone in unsure:
            if -reach <= answer.saving:
                rivals = rivals or -reach == answer.saving
                break
            run = self._choices()
            assert self.problem is not None  # noqa: S101 - made with the choices
            if run.budget.spent:
                bound = max(bound, -reach)
                continue
            promos = allowed
            if alone:
                promos = [self.problem.promos[alone - 1]]
            tiers = self.problem.tiers
            for t in (r, k):
                if t >= 0 and tiers[t].min_value:
                    self.met_threshold = True
            solved = run.solve(
                promos,
                [sorted(promos[0].classes)] if alone else parts,
                tiers[r] if r >= 0 else None,
                tiers[k] if k >= 0 else None,
                answer.saving,
            )
            if solved is None:
                continue
            bound = max(bound, min(-reach, solved.bound))
            rivals = True
            if solved.value is not None and solved.value > answer.saving:
                answer = Answer(solved.value, 0, r, k, self._named(solved.applications), True)
        return answer._replace(bound=max(bound, answer.saving), rivals=rivals)

    def _allowed(self, banned: frozenset[int]) -> list[Promo]:
        """Return the promotions that are not banned as values, what they are worth being known."""
        from native.problem import Solved

        run = self._choices()
        assert self.problem is not None  # noqa: S101 - made with the choices
        rows = [row for row in self.columns.bound if row not in banned]
        rows += [self.free_at[row] for row in self.columns.free_rows() if row not in banned]
        promos = [self.problem.promos[row] for row in rows]
        for part, packed in zip(self.components, self.plain, strict=True):
            if packed.packing is not None:
                run.know(
                    promos,
                    list(part.classes),
                    packed.packing,
                    Solved(
                        packed.value * _W, packed.bound * _W, self._unnamed(packed.applications)
                    ),
                )
        return promos

    def _tried(
        self,
        answer: Answer,
        unsure: list[Unsure],
    ) -> Answer:
        """Look what the packing without later layers saves under the choices that could save more.

        The better the answer, the fewer of them are solved.
        """
        plain = self._applications(answer._replace(applications=None))
        applications = self._unnamed(plain)
        run = self._choices()
        assert self.problem is not None  # noqa: S101 - made with the choices
        tiers = self.problem.tiers
        for reach, _, r, k, alone in unsure[:_TRIED]:
            if -reach <= answer.saving:
                break
            if alone or any(t >= 0 and tiers[t].pool >= 0 for t in (r, k)):
                # A coupon of a tier is one that the applications may have used up.
                continue
            saving = run.saving_of(
                tiers[r] if r >= 0 else None, tiers[k] if k >= 0 else None, applications
            )
            self.used += len(applications)
            if saving is not None and saving > answer.saving:
                answer = Answer(saving, 0, r, k, plain, True)
        return answer

    # --- the answer

    def _found(self) -> Found:
        """Solve, and say it in arrays."""
        answer: Answer = self._best(frozenset(), frozenset())
        # Whatever the search gave up: nobody can save more than the goods are worth.
        worth: cython.longlong = 0
        c: cython.Py_ssize_t
        saving: Any = answer.saving
        bound: Any = answer.bound
        gap_minor = 0
        if bound > saving:
            for c in range(self.classes):
                worth += self.price[c] * self.count[c]
            bound = min(bound, int(worth) * _V)
            if bound > saving:
                answer = self._without_the_useless(answer)
                saving = answer.saving
        if bound <= saving:
            answer = self._without_the_idle(answer)
            saving = answer.saving
        if bound > saving:
            gap = Fraction(bound - saving, _V)
            gap_minor = -(-gap.numerator // gap.denominator)
        steps = self.used
        if self.choices is not None:
            steps += self.choices.budget.used
        return self.teller.tell(answer, self.plain, self.classes, gap_minor, steps)

    def _number_of(self, row: int) -> int:
        """The number of a promotion in the call."""
        return row - FREE if row >= FREE else self.number[row]

    # --- no idle promotions

    def _without_the_idle(self, answer: Answer) -> Answer:
        """Drop, in descending id, every promotion without which the exact total is the same."""
        rows = self._rows_of(answer)
        is_plain: bool = self._is_plain(answer)
        if is_plain and self._are_needed(rows):
            return answer
        numbers = self._numbers_of(answer)
        answer = answer._replace(applications=self._applications(answer))
        banned: frozenset[int] = frozenset()
        banned_tiers: frozenset[int] = frozenset()
        is_stale = False
        for row, number in self._falling_in_id():
            if row in rows or number in numbers:
                if is_stale:
                    # What is left out already is nobody's second best either.
                    self._fold(banned)
                    is_stale = False
                if is_plain and self._is_needed(row, rows, banned):
                    continue
                if row >= 0:
                    without = self._best(banned | {row}, banned_tiers)
                else:
                    without = self._best(banned, banned_tiers | {number})
                if without.saving < answer.saving:
                    self.is_guessed = self.is_guessed or without.bound >= answer.saving
                    # It is needed: back to what the looks at single promotions go by.
                    self._fold(banned)
                    self._pack_all(banned)
                    continue
                answer = without._replace(
                    bound=answer.bound, applications=self._applications(without)
                )
                rows, numbers = self._rows_of(answer), self._numbers_of(answer)
                is_plain = self._is_plain(answer)
            if row >= 0:
                banned |= {row}
                is_stale = is_stale or row >= FREE
            else:
                banned_tiers |= {number}
        return self._without_the_useless(answer) if self.is_guessed else answer

    def _falling_in_id(self) -> list[tuple[int, int]]:
        """Promotions in descending id: row and -1, of those with tiers -1 and their number."""
        ranked: dict[tuple[int, int, int], None] = {}
        for row in (*self.columns.bound, *self.alone, *self.columns.free_rows()):
            ranked[self.promo[self._number_of(row) * PROMO_COLUMNS + 10], row, -1] = None
        for t in range(self.tiers):
            at = t * TIER_COLUMNS
            ranked[self.tier[at + 8], -1, self.tier[at + 1]] = None
        return [(row, number) for _, row, number in sorted(ranked, reverse=True)]

    def _without_the_useless(self, answer: Answer) -> Answer:
        """Drop, in descending id, every promotion without which this very solution saves as much.

        For answers where the search gave up: a choice of tiers may have found the better articles,
        and its tier give nothing on what they leave. What else its units could be worth was not
        searched; but whatever gives nothing as it is must not cost a coupon.
        """
        if answer.applications is None and self._counts_discounts(answer):
            # Every application of the plain packing gives something, and each tier added to it.
            return answer
        run = self._choices()
        assert self.problem is not None  # noqa: S101 - made with the choices
        tiers = self.problem.tiers
        falling = [(self.free_at.get(row, row), number) for row, number in self._falling_in_id()]
        saving, receipt, customer, applications = run.without_the_useless(
            tiers[answer.receipt] if answer.receipt >= 0 else None,
            tiers[answer.customer] if answer.customer >= 0 else None,
            self._unnamed(self._applications(answer)),
            falling,
        )
        return Answer(
            saving,
            answer.bound,
            -1 if receipt is None else receipt.index,
            -1 if customer is None else customer.index,
            self._named(applications),
            True,
        )

    def _counts_discounts(self, answer: Answer) -> bool:
        """Whether the tiers of an answer leave something of each discount of the article layer."""
        if self.has_units:
            return False
        for t in (answer.receipt, answer.customer):
            at = t * TIER_COLUMNS
            if t < 0:
                continue
            # All of the base, or an amount that may be more than what is left of it.
            whole = D if self.tier[at + 2] == PERCENT else self.tier[at + 4] + 1
            if self.tier[at + 3] >= whole:
                return False
        return True

    def _is_plain(self, answer: Answer) -> bool:
        """Whether a promotion is needed as soon as the article layer is worth less without it.

        Not so where another choice saves as much, and where the later layers leave nothing of a
        discount anyway.
        """
        at: cython.Py_ssize_t
        t: cython.Py_ssize_t
        if answer.rivals or self.has_units:
            return False
        for t in (answer.receipt, answer.customer):
            at = t * TIER_COLUMNS
            if t >= 0 and self.tier[at + 2] == PERCENT and self.tier[at + 3] >= D:
                return False
        return True

    def _rows_of(self, answer: Answer) -> set[int]:
        """Return the rows of the promotions that a solution uses."""
        rows: set[int] = set()
        c: cython.Py_ssize_t
        if answer.applications is None:
            for c in range(self.classes):
                if self.best_row[c] >= 0 and self.home[c] < 0:
                    rows.add(self.best_row[c])
            for packed in self.plain:
                for one in packed.applications:
                    rows.add(one[0])
        else:
            rows.update([one[0] for one in answer.applications])
        return rows

    def _numbers_of(self, answer: Answer) -> set[int]:
        """Return the numbers of the promotions whose tiers a solution uses."""
        tiers = [t for t in (answer.receipt, answer.customer) if t >= 0]
        return {self.tier[t * TIER_COLUMNS + 1] for t in tiers}

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _are_needed(self, rows: set[int]) -> cython.bint:
        """Whether each of these rows is needed, nothing being banned."""
        c: cython.Py_ssize_t
        row: cython.longlong
        self.now += 1
        for c in range(self.classes):
            if self.home[c] < 0 and self.best[c] > self.second[c]:
                self.needed[self.best_row[c] - FREE] = self.now
        for row in rows:
            if row >= FREE and self.needed[row - FREE] == self.now:
                continue
            if not self._is_needed(row, rows, frozenset()):
                return False
        return True

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _is_needed(
        self, row: cython.longlong, used: set[int], banned: frozenset[int]
    ) -> cython.bint:
        """Whether the article layer is worth less without a promotion, as far as a look can tell.

        Every other choice saves less anyway; so a promotion is needed where its units are worth
        less in the hands of the others: of those before it in id, and of those that are used.
        """
        c: cython.Py_ssize_t
        if row < 0:
            return True
        if row >= FREE:
            for c in range(self.classes):
                if (
                    self.best_row[c] == row
                    and self.home[c] < 0
                    and (self.best[c] > self.second[c] or not self._has_equal(c, row, used))
                ):
                    return True
        return bool(self.components) and self._is_needed_within(row, banned)

    def _is_needed_within(self, row: int, banned: frozenset[int]) -> bool:
        """Whether a component is worth less without a promotion."""
        p: cython.Py_ssize_t
        c: cython.Py_ssize_t
        value: cython.longlong
        for p in self._parts_of(row):
            part: Component = self.components[p]
            if len(part.promos) == 1 and row == part.promos[0]:
                value = 0
                for c in part.classes:
                    value += self.best[c] * self.count[c]
            else:
                if row < FREE and not banned:
                    known: Packed = self.plain[p]
                    is_spare = None if known.packing is None else known.packing.is_spare(row)
                    if is_spare is not None:
                        return not is_spare
                value = self._value_without(p, banned | {row}, row)
            if value < self.part_value[p]:
                return True
        return False

    def _value_without(self, p: int, banned: frozenset[int], row: int) -> int:
        """What a component is worth without a promotion, as far as it is as much as with it.

        Prices that were good with it are good without: mostly they say at once that it is less.
        """
        part: Component = self.components[p]
        known: Packed = self.plain[p]
        if known.packing is None or (part.classes[0], *sorted(banned)) in self.packed:
            other = self._pack(part, banned, row)
            self.is_guessed = self.is_guessed or other.value < known.value <= other.bound
            return other.value
        promos = array("q", [one for one in part.promos if one not in banned])
        packing = self._packing(part, promos, row)
        packing.start_like(known.packing)
        packing.solve(known.value - 1)
        self.used += packing.steps
        self.is_guessed = self.is_guessed or packing.value < known.value <= packing.bound
        return packing.value

    def _parts_of(self, row: int) -> list[int]:
        """Return the components that a promotion has a part in."""
        if row < FREE:
            return [self.columns.part_of(row)]
        if self.users is None:
            users: dict[int, list[int]] = {}
            for p, packed in enumerate(self.plain):
                for user in {one[0] for one in packed.applications}:
                    users.setdefault(user, []).append(p)
            self.users = users
        return self.users.get(row, [])

    def _has_equal(self, c: int, row: int, used: set[int]) -> bool:
        """Whether another promotion, before this one in id or used, gives as much on a class."""
        for other in self.columns.free_rows():
            if other == row or (other > row and other not in used):
                continue
            number = other - FREE
            slot = self.slot_start[number]
            for i in range(self.class_start[slot], self.class_start[slot + 1]):
                if self.slot_class[i] == c:
                    at = number * PROMO_COLUMNS
                    discount = benefit_on(self.price[c], self.promo[at + 3], self.promo[at + 4])
                    if discount == self.best[c]:
                        return True
        return False


def search(
    *,
    price_minor: array[int],
    count: array[int],
    promo: array[int],
    step_start: array[int],
    step: array[int],
    slot_start: array[int],
    slot: array[int],
    slot_class_start: array[int],
    slot_class: array[int],
    tier: array[int],
    tier_class_start: array[int],
    tier_class: array[int],
    pool_limit: array[int],
    max_steps: int,
) -> Found:
    """Return the lowest total over all layers together, with a proof or a proven gap.

    Args (each ``array("q")``; classes in falling price, promotions in ascending id; tables row by
            row, their columns in the order given here):
        price_minor, count: per class of equal discountable units.
        promo: per article promotion: kind N_FOR_M (a unit discount is 1 for 1), BUNDLE, BUY_GET or
            STEPS (quantity tiers); units of one application; how many of them are discounted;
            benefit PERCENT, AMOUNT_OFF or FIXED_PRICE, and its value (basis points or minor), 0 and
            0 with STEPS; limit of applications, pool of coupons and cap in minor, -1 = none;
            exclusive; 1 where no unit that a buy-get gives may cost more than the cheapest one
            bought for it; rank: the place in ascending id among all promotions, those of tiers too.
        step: per quantity tier, ascending: units it begins with, benefit, value. ``step_start``
            has the offsets of each promotion.
        slot: per slot: quantity, and 1 where a buy-get gives the units. ``slot_start`` has the
            offsets of each promotion (one slot for N_FOR_M and STEPS), ``slot_class_start`` those
            of the classes ``slot_class`` that fit each slot.
        tier: per tier of a receipt or customer promotion: layer; number of its promotion, beyond
            those of the article promotions; benefit PERCENT or AMOUNT_OFF, its value; the base it
            is open from, in minor; pool, exclusive, cap and rank as above. ``tier_class_start`` and
            ``tier_class``: the classes of its base.
        pool_limit: coupons per pool.
        max_steps: labels the search may try; the result depends on it, never on time.

    Raises:
        TypeError: anything but ``array("q")``.
        ValueError: offsets or indices out of range.
    """
    tables = {
        "price_minor": price_minor,
        "count": count,
        "promo": promo,
        "step_start": step_start,
        "step": step,
        "slot_start": slot_start,
        "slot": slot,
        "slot_class_start": slot_class_start,
        "slot_class": slot_class,
        "tier": tier,
        "tier_class_start": tier_class_start,
        "tier_class": tier_class,
    }
    _check(classes=len(count), given={**tables, "pool_limit": pool_limit})
    run = Search()
    run.bind(tables)
    return run.solve(
        len(count), len(slot_start) - 1, len(tier_class_start) - 1, pool_limit, max_steps
    )


def _check(*, classes: int, given: dict[str, array[int]]) -> None:
    """Raise where the arrays of a problem do not fit each other."""
    for name, values in given.items():
        require_int64(name, values)
    for name in ("price_minor", "count"):
        require_range(name, given[name], low=0, high=1_000_000_001)
    promos = len(given["slot_start"]) - 1
    for name, columns, rows in (
        ("price_minor", 1, classes),
        ("step_start", 1, promos + 1),
        ("promo", PROMO_COLUMNS, promos),
        ("step", STEP_COLUMNS, len(given["step"]) // STEP_COLUMNS),
        ("slot", SLOT_COLUMNS, len(given["slot_class_start"]) - 1),
        ("tier", TIER_COLUMNS, len(given["tier_class_start"]) - 1),
    ):
        if len(given[name]) != rows * columns:
            raise ValueError(f"{name} must have {rows} rows of {columns} columns")
    for name, items in (
        ("step_start", len(given["step"]) // STEP_COLUMNS),
        ("slot_start", len(given["slot"]) // SLOT_COLUMNS),
        ("slot_class_start", len(given["slot_class"])),
        ("tier_class_start", len(given["tier_class"])),
    ):
        require_starts(name, given[name], items=items)
    for name in ("slot_class", "tier_class"):
        require_range(name, given[name], low=0, high=max(classes, 1))
    kinds, step = given["promo"][::PROMO_COLUMNS], given["step"]
    require_range("promo kind", kinds, low=codes.N_FOR_M, high=codes.STEPS + 1)
    require_range("step least", step[::STEP_COLUMNS], low=1, high=1_000_000_001)
    require_range("step benefit", step[1::STEP_COLUMNS], low=0, high=codes.FIXED_PRICE + 1)
    require_range("step value", step[2::STEP_COLUMNS], low=0, high=1_000_000_001)
