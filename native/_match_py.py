"""Plain-Python form of the per-line part: which selectors match which class of equal units.

A *term* is an interned fact of a line (sku, category, brand, season or tag). A *match* is a list of
groups, AND between groups, OR inside one, and bounds on price and price state. A *selector* holds
when one of its matches holds and none of its excluding matches does. Postings lead from a term to
the matches worth looking at, so the cost follows (class, candidate) pairs, not the generation.
``_match_c.pyx`` follows this file block by block.
"""

from __future__ import annotations

from array import array

from native._arrays import require_int64, require_range, require_starts


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


def _holds(index: MatchIndex, match: int, held: set[int], price_minor: int, state: int) -> bool:
    """Return whether a match holds for a unit that has these terms, price and price state."""
    if not index.price_min_minor[match] <= price_minor <= index.price_max_minor[match]:
        return False
    if index.price_state[match] not in (0, state):
        return False
    for group in range(index.group_start[match], index.group_start[match + 1]):
        for i in range(index.group_term_start[group], index.group_term_start[group + 1]):
            if index.group_term[i] in held:
                break
        else:
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
    classes = len(term_start) - 1
    if len(price_minor) != classes or len(markdown) != classes:
        raise ValueError("price_minor and markdown must have one value a class")

    pairs = array("q")
    posting_start, posting_match = index.posting_start, index.posting_match
    exclude_start, exclude_match = index.exclude_start, index.exclude_match
    for c in range(classes):
        held_terms = term[term_start[c] : term_start[c + 1]]
        held = set(held_terms)
        state = 2 if markdown[c] else 1
        found: set[int] = set()
        candidates = list(index.everywhere_match)
        for t in held_terms:
            candidates += posting_match[posting_start[t] : posting_start[t + 1]]
        for match in candidates:
            selector = index.match_selector[match]
            if selector in found or not _holds(index, match, held, price_minor[c], state):
                continue
            excluding = exclude_match[exclude_start[selector] : exclude_start[selector + 1]]
            if not any(_holds(index, e, held, price_minor[c], state) for e in excluding):
                found.add(selector)
        for selector in sorted(found):
            pairs.append(c)
            pairs.append(selector)
    return pairs
