# cython: boundscheck=True, wraparound=False, cdivision=False, overflowcheck=True, language_level=3
# cython: initializedcheck=False
"""Which selectors match which class of equal units.

A *term* is an interned fact of a line (sku, category, brand, season or tag). A *match* is a list of
groups, AND between groups, OR inside one, and bounds on price and price state. A *selector* holds
when one of its matches holds and none of its excluding matches does. Postings lead from a term to
the matches worth looking at, so the cost follows (class, candidate) pairs, not the generation.
"""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Any

import cython

from native.arrays import require_int64, require_range, require_starts

if TYPE_CHECKING:
    from collections.abc import Mapping


@cython.cclass
class MatchIndex:
    """One rule generation, ready for matching; built once, read by every evaluation.

    Args (each ``array("q")``):
        posting_start, posting_match: for each term the matches found through it.
        everywhere_match: matches that name no term.
        group_start: for each match its groups; group_term_start, group_term: their terms.
        price_min_minor, price_max_minor, price_state: per match; state 0 any, 1 full, 2 markdown.
        match_selector: per match the selector it belongs to.
        exclude_start, exclude_match: per selector its excluding matches.

    Raises:
        TypeError: anything but ``array("q")``.
        ValueError: an offset or index out of its range.
    """

    terms = cython.declare(cython.longlong, visibility="readonly")
    selectors = cython.declare(cython.longlong, visibility="readonly")
    everywhere: cython.longlong
    posting_start: cython.longlong[::1]
    posting_match: cython.longlong[::1]
    everywhere_match: cython.longlong[::1]
    group_start: cython.longlong[::1]
    group_term_start: cython.longlong[::1]
    group_term: cython.longlong[::1]
    price_min_minor: cython.longlong[::1]
    price_max_minor: cython.longlong[::1]
    price_state: cython.longlong[::1]
    match_selector: cython.longlong[::1]
    exclude_start: cython.longlong[::1]
    exclude_match: cython.longlong[::1]

    def __init__(
        self,
        *,
        posting_start: array[int],
        posting_match: array[int],
        everywhere_match: array[int],
        group_start: array[int],
        group_term_start: array[int],
        group_term: array[int],
        price_min_minor: array[int],
        price_max_minor: array[int],
        price_state: array[int],
        match_selector: array[int],
        exclude_start: array[int],
        exclude_match: array[int],
    ) -> None:
        require_int64("match_selector", match_selector)
        matches = len(match_selector)
        require_int64("posting_match", posting_match)
        require_starts("posting_start", posting_start, items=len(posting_match))
        require_int64("exclude_match", exclude_match)
        require_starts("exclude_start", exclude_start, items=len(exclude_match))
        terms = len(posting_start) - 1
        selectors = len(exclude_start) - 1
        require_range("posting_match", posting_match, low=0, high=matches)
        require_range("everywhere_match", everywhere_match, low=0, high=matches)
        require_range("exclude_match", exclude_match, low=0, high=matches)
        require_range("match_selector", match_selector, low=0, high=selectors)
        require_int64("group_term_start", group_term_start)
        require_starts("group_start", group_start, items=len(group_term_start) - 1)
        require_int64("group_term", group_term)
        require_starts("group_term_start", group_term_start, items=len(group_term))
        require_range("group_term", group_term, low=0, high=terms)
        for name, values in (
            ("price_min_minor", price_min_minor),
            ("price_max_minor", price_max_minor),
            ("price_state", price_state),
        ):
            require_int64(name, values)
            if len(values) != matches:
                raise ValueError(f"{name} must have one value a match")
        if len(group_start) != matches + 1:
            raise ValueError("group_start must have one offset a match")
        self.terms = terms
        self.selectors = selectors
        self.posting_start = posting_start
        self.posting_match = posting_match
        self.everywhere_match = everywhere_match
        self.everywhere = len(everywhere_match)
        self.group_start = group_start
        self.group_term_start = group_term_start
        self.group_term = group_term
        self.price_min_minor = price_min_minor
        self.price_max_minor = price_max_minor
        self.price_state = price_state
        self.match_selector = match_selector
        self.exclude_start = exclude_start
        self.exclude_match = exclude_match


@cython.cclass
class Matches:
    """Which classes of one sale after another each selector matches; the arrays are used again.

    Args:
        index: the generation.
        terms: for sku, category, brand, season and tag the number of each word of the generation.
        classes: the arrays of ``native.classes.Classes``.

    After ``find``, ``touched`` selectors match something; they stand in ``hit``. The classes of a
    selector stand, ascending, in ``member`` from ``start`` on, ``number`` of them, where its
    ``stamp`` is ``now``; with another stamp it matches nothing. So nothing has to be cleared.
    """

    touched = cython.declare(cython.longlong, visibility="readonly")
    now = cython.declare(cython.longlong, visibility="readonly")
    arrays = cython.declare(object, visibility="readonly")
    member = cython.declare(object, visibility="readonly")
    index: MatchIndex
    sku: dict[str, int]
    category: dict[str, int]
    brand: dict[str, int]
    season: dict[str, int]
    tag: dict[str, int]
    price_minor: cython.longlong[::1]
    markdown: cython.longlong[::1]
    first_line: cython.longlong[::1]
    stamp: cython.longlong[::1]
    start: cython.longlong[::1]
    number: cython.longlong[::1]
    hit: cython.longlong[::1]
    # Of the class at work: its stamp, its terms, and which terms and selectors have that stamp.
    class_now: cython.longlong
    terms: cython.longlong
    term: cython.longlong[::1]
    held: cython.longlong[::1]
    seen: cython.longlong[::1]
    # What was found, class by class, and the same by selector.
    pairs: cython.longlong
    pair_class: cython.longlong[::1]
    pair_selector: cython.longlong[::1]
    members: cython.longlong[::1]

    def __init__(
        self,
        index: MatchIndex,
        terms: tuple[dict[str, int], ...],
        classes: Mapping[str, array[int]],
    ) -> None:
        self.index = index
        self.sku, self.category, self.brand, self.season, self.tag = terms
        self.price_minor = classes["price_minor"]
        self.markdown = classes["markdown"]
        self.first_line = classes["first_line"]
        shared = {name: _room(index.selectors) for name in ("stamp", "start", "number", "hit")}
        self.arrays = shared
        self.stamp = shared["stamp"]
        self.start = shared["start"]
        self.number = shared["number"]
        self.hit = shared["hit"]
        self.touched = 0
        self.now = 0
        self.class_now = 0
        self.terms = 0
        self.term = _room(index.terms)
        self.held = _room(index.terms)
        self.seen = _room(index.selectors)
        self.pairs = 0
        self.pair_class = _room(FIRST_PAIRS)
        self.pair_selector = _room(FIRST_PAIRS)
        self.member = _room(FIRST_PAIRS)
        self.members = self.member

    def find(self, lines: tuple[Any, ...], classes: int) -> None:
        """Match the first classes of the arrays; ``lines`` are those of the sale."""
        c: cython.longlong
        size: cython.longlong = classes
        self.begin()
        for c in range(size):
            self.begin_class()
            self._hold_facts(lines[self.first_line[c]])
            self._match(c, self.price_minor[c], 2 if self.markdown[c] else 1)
        self._by_selector()

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def begin(self) -> cython.int:
        """Forget what was found before."""
        self.now += 1
        self.touched = 0
        self.pairs = 0
        return 0

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def begin_class(self) -> cython.int:
        """Forget the terms of the class before."""
        self.class_now += 1
        self.terms = 0
        return 0

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _hold_facts(self, line: Any) -> cython.int:  # noqa: ANN401 - a line of the model above
        """Hold the terms of a line; what no selector asks for is not read."""
        if self.sku:
            self._hold_word(self.sku, line.sku)
        if self.category:
            for word in line.categories:
                self._hold_word(self.category, word)
        if self.brand:
            self._hold_word(self.brand, line.brand)
        if self.season:
            self._hold_word(self.season, line.season)
        if self.tag:
            for word in line.tags:
                self._hold_word(self.tag, word)
        return 0

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _hold_word(self, numbers: dict[str, int], word: object) -> cython.int:
        number = numbers.get(word)  # type: ignore[call-overload]
        if number is not None:
            self.hold(number)
        return 0

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def hold(self, term: cython.longlong) -> cython.int:
        """Hold a term for the class at work."""
        if self.held[term] != self.class_now:
            self.held[term] = self.class_now
            self.term[self.terms] = term
            self.terms += 1
        return 0

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _match(
        self, c: cython.longlong, price_minor: cython.longlong, state: cython.longlong
    ) -> cython.int:
        """Look at the postings of each held term, then at the matches that name no term."""
        i: cython.longlong
        k: cython.longlong
        term: cython.longlong
        for i in range(self.terms):
            term = self.term[i]
            for k in range(self.index.posting_start[term], self.index.posting_start[term + 1]):
                self._look_at(self.index.posting_match[k], c, price_minor, state)
        for k in range(self.index.everywhere):
            self._look_at(self.index.everywhere_match[k], c, price_minor, state)
        return 0

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _look_at(
        self,
        match: cython.longlong,
        c: cython.longlong,
        price_minor: cython.longlong,
        state: cython.longlong,
    ) -> cython.int:
        """Note the selector of a match that holds, where none of its excluding matches does."""
        k: cython.longlong
        selector: cython.longlong = self.index.match_selector[match]
        if self.seen[selector] == self.class_now or not self._holds(match, price_minor, state):
            return 0
        for k in range(self.index.exclude_start[selector], self.index.exclude_start[selector + 1]):
            if self._holds(self.index.exclude_match[k], price_minor, state):
                return 0
        self.seen[selector] = self.class_now
        if self.stamp[selector] != self.now:
            self.stamp[selector] = self.now
            self.number[selector] = 0
            self.hit[self.touched] = selector
            self.touched += 1
        self.number[selector] += 1
        if self.pairs == len(self.pair_class):
            self._make_room()
        self.pair_class[self.pairs] = c
        self.pair_selector[self.pairs] = selector
        self.pairs += 1
        return 0

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _holds(
        self, match: cython.longlong, price_minor: cython.longlong, state: cython.longlong
    ) -> cython.bint:
        """Return whether a match holds for a unit of this price and state with the held terms."""
        index: MatchIndex = self.index
        group: cython.longlong
        i: cython.longlong
        found: cython.bint
        if price_minor < index.price_min_minor[match]:
            return False
        if price_minor > index.price_max_minor[match]:
            return False
        if index.price_state[match] != 0 and index.price_state[match] != state:
            return False
        for group in range(index.group_start[match], index.group_start[match + 1]):
            found = False
            for i in range(index.group_term_start[group], index.group_term_start[group + 1]):
                if self.held[index.group_term[i]] == self.class_now:
                    found = True
                    break
            if not found:
                return False
        return True

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _by_selector(self) -> cython.int:
        """Put the classes of each selector side by side."""
        i: cython.longlong
        at: cython.longlong = 0
        selector: cython.longlong
        for i in range(self.touched):
            selector = self.hit[i]
            self.start[selector] = at
            at += self.number[selector]
            self.number[selector] = 0
        for i in range(self.pairs):
            selector = self.pair_selector[i]
            self.members[self.start[selector] + self.number[selector]] = self.pair_class[i]
            self.number[selector] += 1
        return 0

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _make_room(self) -> cython.int:
        """Double the room for pairs; those found so far stay."""
        k: cython.longlong
        old_class: cython.longlong[::1] = self.pair_class
        old_selector: cython.longlong[::1] = self.pair_selector
        size: cython.longlong = 2 * self.pairs
        self.pair_class = _room(size)
        self.pair_selector = _room(size)
        self.member = _room(size)
        self.members = self.member
        for k in range(self.pairs):
            self.pair_class[k] = old_class[k]
            self.pair_selector[k] = old_selector[k]
        return 0

    def found(self) -> list[tuple[int, int]]:
        """Return the pairs (class, selector) that hold, ascending."""
        return sorted((self.pair_class[k], self.pair_selector[k]) for k in range(self.pairs))

    def find_terms(self, starts: array[int], numbers: array[int]) -> None:
        """Match classes whose terms are given as numbers, with offsets for each class."""
        c: cython.longlong
        k: cython.longlong
        start: cython.longlong[::1] = starts
        term: cython.longlong[::1] = numbers
        self.begin()
        for c in range(len(starts) - 1):
            self.begin_class()
            for k in range(start[c], start[c + 1]):
                self.hold(term[k])
            self._match(c, self.price_minor[c], 2 if self.markdown[c] else 1)


FIRST_PAIRS = 256


def _room(size: int) -> array[int]:
    return array("q", bytes(8 * (size + 1)))


def match_classes(
    index: MatchIndex,
    *,
    term_start: array[int],
    term: array[int],
    price_minor: array[int],
    markdown: array[int],
) -> array[int]:
    """Return the pairs (class, selector) that hold, flat, ascending by class, then selector.

    Args:
        index: the generation.
        term_start: offsets into ``term``, one more than there are classes.
        term: for each class its terms.
        price_minor: unit price per class in minor units (cents).
        markdown: 1 where the class is reduced already, else 0.

    Raises:
        TypeError: anything but ``array("q")``, or an index of another kind.
        ValueError: lengths that do not fit, a term outside the generation.
    """
    if type(index) is not MatchIndex:
        raise TypeError(f"index must be MatchIndex, not {type(index).__name__}")
    require_int64("term", term)
    require_starts("term_start", term_start, items=len(term))
    require_range("term", term, low=0, high=index.terms)
    require_int64("price_minor", price_minor)
    require_range("markdown", markdown, low=0, high=2)
    classes = len(term_start) - 1
    if len(price_minor) != classes or len(markdown) != classes:
        raise ValueError("price_minor and markdown must have one value a class")
    given = {"price_minor": price_minor, "markdown": markdown, "first_line": array("q")}
    matches = Matches(index, ({}, {}, {}, {}, {}), given)
    matches.find_terms(term_start, term)
    return array("q", [number for pair in matches.found() for number in pair])
