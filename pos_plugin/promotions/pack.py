"""From the rule vocabulary to the arrays of the core: terms interned, selectors numbered."""

from __future__ import annotations

from array import array
from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

import native
from pos_plugin.limits import INT64_MAX, MAX_LINES
from pos_plugin.model import Line
from pos_plugin.promotions.condition import walk
from pos_plugin.promotions.conditions import Coupon
from pos_plugin.promotions.offers import BuyGet
from pos_plugin.promotions.selector import Match
from pos_plugin.promotions.tables import gates_of, offers_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from native.classes import Classes
    from native.eligible import Eligible
    from native.match import Matches, MatchIndex
    from native.pose import Pose
    from native.result import Results
    from native.search import Search
    from native.settle import Settle
    from pos_plugin.promotions.classes import UnitClass
    from pos_plugin.promotions.promotion import Promotion
    from pos_plugin.promotions.selector import Selector

_EVERYTHING = Match()
_STATES = {"any": 0, "full_price": 1, "markdown": 2}


class PackedSelectors:
    """Every distinct selector of a generation, ready for the core.

    Args:
        promotions: of one generation; selectors of offers and of conditions are packed.
        form: the core that takes them.
    """

    def __init__(self, promotions: Iterable[Promotion], form: native.Form) -> None:
        self._form = form
        self._number: dict[Selector, int] = {}
        self._terms: dict[tuple[str, str], int] = {}
        self._packed: dict[int, tuple[Selector, int]] = {}
        for promotion in promotions:
            for selector in promotion.selectors():
                self._add(selector)
            for condition in walk(promotion.when):
                measured = condition.selector()
                if measured is not None:
                    self._add(measured)
        self.index = self._pack(list(self._number))
        self.terms = tuple(
            {word: number for (of, word), number in self._terms.items() if of == field}
            for field in ("sku", "category", "brand", "season", "tag")
        )

    def __len__(self) -> int:
        return len(self._number)

    def number_of(self, selector: Selector) -> int:
        """Return the number of a selector of this generation."""
        # Hashing a selector with all its words takes longer than all else that is asked of it.
        known = self._packed.get(id(selector))
        return self._number[selector] if known is None else known[1]

    def _add(self, selector: Selector) -> None:
        number = self._number.setdefault(selector, len(self._number))
        self._packed[id(selector)] = selector, number  # kept alive, so that its id stays its own

    def matching(self, classes: Sequence[UnitClass]) -> list[list[int]]:
        """Return for each selector the classes it matches, ascending."""
        term_start = array("q", [0])
        term = array("q")
        known = self._terms.get
        for c in classes:
            for fact in c.facts():
                number = known(fact)
                if number is not None:
                    term.append(number)
            term_start.append(len(term))
        pairs = self._form.match_classes(
            self.index,
            term_start=term_start,
            term=term,
            price_minor=array("q", [c.price_minor for c in classes]),
            markdown=array("q", [1 if c.markdown else 0 for c in classes]),
        )
        found: list[list[int]] = [[] for _ in self._number]
        flat = iter(pairs)
        for c_number, selector in zip(flat, flat, strict=True):
            found[selector].append(c_number)
        return found

    def _term(self, field: str, word: str) -> int:
        return self._terms.setdefault((field, word), len(self._terms))

    def _groups(self, match: Match) -> list[list[int]]:
        """AND of groups, OR inside: every field is a group, every wanted tag one of its own."""
        groups = [
            sorted({self._term(field, word) for word in words})
            for field, words in (
                ("sku", match.skus),
                ("category", match.categories),
                ("brand", match.brands),
                ("season", match.seasons),
                ("tag", match.tags),
            )
            if words
        ]
        return groups + [[self._term("tag", tag)] for tag in match.tags_all]

    def _pack(self, selectors: list[Selector]) -> MatchIndex:
        groups_of: list[list[list[int]]] = []
        matches: list[tuple[int, Match]] = []
        exclude_start = array("q", [0])
        exclude_match = array("q")
        including: list[int] = []
        for number, selector in enumerate(selectors):
            for match in selector.any_of or (_EVERYTHING,):
                including.append(len(matches))
                matches.append((number, match))
                groups_of.append(self._groups(match))
            for match in selector.none_of:
                exclude_match.append(len(matches))
                matches.append((number, match))
                groups_of.append(self._groups(match))
            exclude_start.append(len(exclude_match))
        # Rarest first: a match is found through the group whose terms stand in the fewest matches.
        frequency: dict[int, int] = defaultdict(int)
        for groups in groups_of:
            for group in groups:
                for term in group:
                    frequency[term] += 1
        postings: dict[int, list[int]] = defaultdict(list)
        everywhere = array("q")
        for m in including:
            if not groups_of[m]:
                everywhere.append(m)
                continue
            rarest = min(groups_of[m], key=lambda group: sum(frequency[term] for term in group))
            for term in rarest:
                postings[term].append(m)
        posting_start = array("q", [0])
        posting_match = array("q")
        for term in range(len(self._terms)):
            posting_match.extend(postings[term])
            posting_start.append(len(posting_match))
        group_start = array("q", [0])
        group_term_start = array("q", [0])
        group_term = array("q")
        for groups in groups_of:
            for group in groups:
                group_term.extend(group)
                group_term_start.append(len(group_term))
            group_start.append(len(group_term_start) - 1)
        return self._form.MatchIndex(
            posting_start=posting_start,
            posting_match=posting_match,
            everywhere_match=everywhere,
            group_start=group_start,
            group_term_start=group_term_start,
            group_term=group_term,
            price_min_minor=array(
                "q", [0 if m.price_min_minor is None else m.price_min_minor for _, m in matches]
            ),
            price_max_minor=array(
                "q",
                [INT64_MAX if m.price_max_minor is None else m.price_max_minor for _, m in matches],
            ),
            price_state=array("q", [_STATES[m.price_state] for _, m in matches]),
            match_selector=array("q", [number for number, _ in matches]),
            exclude_start=exclude_start,
            exclude_match=exclude_match,
        )


class Steps(NamedTuple):
    """The steps of an evaluation, each with its arrays; one sale at a time."""

    classes: Classes
    matches: Matches
    eligible: Eligible
    pose: Pose
    search: Search
    settle: Settle
    results: Results


class PackedPromotions:
    """The promotions of a generation as tables, ready for evaluation.

    Args:
        promotions: in any order; kept in ascending id, on which nothing but ties depends.
        form: the core that evaluates them.
    """

    def __init__(self, promotions: Iterable[Promotion], form: native.Form = native.FORM) -> None:
        self.promotions = tuple(sorted(promotions, key=lambda promotion: promotion.id))
        self.form = form
        self.selectors = PackedSelectors(self.promotions, form)
        self.hinting = tuple(
            promotion
            for promotion in self.promotions
            if promotion.hint_within_minor is not None and promotion.layer != "earn"
        )
        """Promotions whose near miss the customer should hear of."""
        self.giving = tuple(one for one in self.hinting if isinstance(one.offer, BuyGet))
        """Those of them that give something."""
        self.earning = frozenset(
            number for number, one in enumerate(self.promotions) if one.layer == "earn"
        )
        """Numbers of the promotions that earn."""
        self.couponed = {
            number: _series_of(one)
            for number, one in enumerate(self.promotions)
            if any(isinstance(condition, Coupon) for condition in walk(one.when))
        }
        """Of the promotions that may ask for coupons, by number, the series they need in any case;
        None where one of several branches may do without."""
        number_of = self.selectors.number_of
        self._gates = form.Gates(**gates_of(self.promotions, number_of, len(self.selectors)))
        self._tables = offers_of(self.promotions, number_of)
        self._offers = form.Offers(**self._tables)
        self._names = [
            (one.id, one.revision, one.layer, dict[str, str](one.label.items()))
            for one in self.promotions
        ]
        self._idle: list[Steps] = []
        self._plain: PackedPromotions | None = None

    def borrow(self, lines: int) -> Steps:
        """Return steps that nobody uses now, with room for a sale of so many lines."""
        if lines > MAX_LINES:  # of a sale as it is handed on: a line may have become two
            return self._steps(lines)
        try:
            # Taking from the end of a list is one act: no other thread gets the same.
            return self._idle.pop()
        except IndexError:
            return self._steps(MAX_LINES)

    def give_back(self, steps: Steps) -> None:
        """Let others use the steps again."""
        self._idle.append(steps)

    def _steps(self, lines: int) -> Steps:
        form, tables = self.form, self._tables
        classes = form.Classes(lines, Line)
        arrays = classes.arrays
        matches = form.Matches(self.selectors.index, self.selectors.terms, arrays)
        pose = form.Pose(self._offers, arrays, matches)
        first = [tables["selector"][start] for start in tables["slot_start"][:-1]]
        settle = form.Settle(
            promo=tables["promo"],
            step_start=tables["step_start"],
            step=tables["step"],
            base=array("q", first),
            classes=arrays,
            matches=matches,
            pose=pose,
        )
        eligible = form.Eligible(self._gates, arrays, matches)
        results = form.Results(self._names, arrays, classes.line_id, settle)
        return Steps(classes, matches, eligible, pose, form.Search(), settle, results)

    def in_plain_form(self) -> PackedPromotions:
        """Return the same promotions for the plain core, whose integers have no end."""
        if self._plain is None:
            self._plain = PackedPromotions(self.promotions, native.plain())
        return self._plain

    def with_instead(self, instead: Promotion, classes: Sequence[UnitClass]) -> PackedPromotions:
        """Return what may concern these units, another promotion standing in for its namesake."""
        matching = self.selectors.matching(classes)
        number_of = self.selectors.number_of
        return PackedPromotions(
            (
                instead if one.id == instead.id else one
                for one in self.promotions
                if any(matching[number_of(selector)] for selector in one.selectors())
            ),
            self.form,
        )


def _series_of(promotion: Promotion) -> tuple[str, ...] | None:
    """Return the series that every condition together needs, or None where it depends."""
    own = [one for one in promotion.when if isinstance(one, Coupon)]
    if len(own) < sum(isinstance(one, Coupon) for one in walk(promotion.when)):
        return None
    return tuple(dict.fromkeys(one.series for one in own))
