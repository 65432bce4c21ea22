# cython: boundscheck=True, wraparound=False, cdivision=False, overflowcheck=True, language_level=3
"""Which selectors match which class of equal units.

A *term* is an interned fact of a line (sku, category, brand, season or tag). A *match* is a list of
groups, AND between groups, OR inside one, and bounds on price and price state. A *selector* holds
when one of its matches holds and none of its excluding matches does. Postings lead from a term to
the matches worth looking at, so the cost follows (class, candidate) pairs, not the generation.
"""

from __future__ import annotations

from array import array

import cython

from native.arrays import require_int64, require_range, require_starts


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
        self.group_start = group_start
        self.group_term_start = group_term_start
        self.group_term = group_term
        self.price_min_minor = price_min_minor
        self.price_max_minor = price_max_minor
        self.price_state = price_state
        self.match_selector = match_selector
        self.exclude_start = exclude_start
        self.exclude_match = exclude_match


@cython.cfunc
@cython.exceptval(-1, check=True)
def _holds(
    index: MatchIndex,
    match: cython.longlong,
    held: cython.longlong[::1],
    now: cython.longlong,
    price_minor: cython.longlong,
    state: cython.longlong,
) -> cython.bint:
    """Return whether a match holds for a unit of this price and state; it has the terms held."""
    group: cython.longlong
    i: cython.longlong
    found: cython.bint
    if price_minor < index.price_min_minor[match] or price_minor > index.price_max_minor[match]:
        return False
    if index.price_state[match] != 0 and index.price_state[match] != state:
        return False
    for group in range(index.group_start[match], index.group_start[match + 1]):
        found = False
        for i in range(index.group_term_start[group], index.group_term_start[group + 1]):
            if held[index.group_term[i]] == now:
                found = True
                break
        if not found:
            return False
    return True


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
    classes: cython.longlong = len(term_start) - 1
    if len(price_minor) != classes or len(markdown) != classes:
        raise ValueError("price_minor and markdown must have one value a class")
    starts: cython.longlong[::1] = term_start
    terms: cython.longlong[::1] = term
    prices: cython.longlong[::1] = price_minor
    reduced: cython.longlong[::1] = markdown
    # Stamps instead of sets: a term is held by class c, a selector found for it, when its stamp
    # is c + 1; nothing has to be cleared between classes.
    held: cython.longlong[::1] = array("q", bytes(8 * index.terms))
    seen: cython.longlong[::1] = array("q", bytes(8 * index.selectors))
    c: cython.longlong
    i: cython.longlong
    k: cython.longlong
    now: cython.longlong
    state: cython.longlong
    pairs = array("q")
    for c in range(classes):
        now = c + 1
        state = 2 if reduced[c] else 1
        found: list[int] = []
        for i in range(starts[c], starts[c + 1]):
            held[terms[i]] = now
        for i in range(starts[c], starts[c + 1]):
            for k in range(index.posting_start[terms[i]], index.posting_start[terms[i] + 1]):
                _look_at(index, index.posting_match[k], held, seen, now, prices[c], state, found)
        for k in range(len(index.everywhere_match)):
            _look_at(index, index.everywhere_match[k], held, seen, now, prices[c], state, found)
        found.sort()
        for selector in found:
            pairs.append(c)
            pairs.append(selector)
    return pairs


@cython.cfunc
@cython.exceptval(-1, check=True)
def _look_at(
    index: MatchIndex,
    match: cython.longlong,
    held: cython.longlong[::1],
    seen: cython.longlong[::1],
    now: cython.longlong,
    price_minor: cython.longlong,
    state: cython.longlong,
    found: list[int],
) -> cython.int:
    """Note the selector of a match that holds, where none of its excluding matches does."""
    k: cython.longlong
    selector: cython.longlong = index.match_selector[match]
    if seen[selector] == now or not _holds(index, match, held, now, price_minor, state):
        return 0
    for k in range(index.exclude_start[selector], index.exclude_start[selector + 1]):
        if _holds(index, index.exclude_match[k], held, now, price_minor, state):
            return 0
    seen[selector] = now
    found.append(selector)
    return 0
