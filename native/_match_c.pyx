# cython: language_level=3, boundscheck=True, wraparound=False, cdivision=False, overflowcheck=True
"""Compiled form of the per-line part; follows ``_match_py.py`` block by block."""

from array import array

from cpython cimport array as carray
from libc.stdint cimport int64_t
from libc.stdlib cimport qsort

from native._arrays import require_int64, require_range, require_starts


cdef class MatchIndex:
    """One rule generation, ready for matching (see ``native._match_py.MatchIndex``)."""

    cdef readonly int64_t terms
    cdef readonly int64_t selectors
    cdef const int64_t[::1] _posting_start
    cdef const int64_t[::1] _posting_match
    cdef const int64_t[::1] _everywhere_match
    cdef const int64_t[::1] _group_start
    cdef const int64_t[::1] _group_term_start
    cdef const int64_t[::1] _group_term
    cdef const int64_t[::1] _price_min_minor
    cdef const int64_t[::1] _price_max_minor
    cdef const int64_t[::1] _price_state
    cdef const int64_t[::1] _match_selector
    cdef const int64_t[::1] _exclude_start
    cdef const int64_t[::1] _exclude_match

    def __init__(
        self,
        *,
        posting_start,
        posting_match,
        everywhere_match,
        group_start,
        group_term_start,
        group_term,
        price_min_minor,
        price_max_minor,
        price_state,
        match_selector,
        exclude_start,
        exclude_match,
    ):
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
        self._posting_start = posting_start
        self._posting_match = posting_match
        self._everywhere_match = everywhere_match
        self._group_start = group_start
        self._group_term_start = group_term_start
        self._group_term = group_term
        self._price_min_minor = price_min_minor
        self._price_max_minor = price_max_minor
        self._price_state = price_state
        self._match_selector = match_selector
        self._exclude_start = exclude_start
        self._exclude_match = exclude_match


cdef bint _holds(
    MatchIndex index,
    int64_t match,
    const int64_t[::1] stamp,
    int64_t now,
    int64_t price_minor,
    int64_t state,
) except -1:
    cdef int64_t group, i
    cdef bint found
    if price_minor < index._price_min_minor[match] or price_minor > index._price_max_minor[match]:
        return False
    if index._price_state[match] != 0 and index._price_state[match] != state:
        return False
    for group in range(index._group_start[match], index._group_start[match + 1]):
        found = False
        for i in range(index._group_term_start[group], index._group_term_start[group + 1]):
            if stamp[index._group_term[i]] == now:
                found = True
                break
        if not found:
            return False
    return True


cdef int _ascending(const void *a, const void *b) noexcept nogil:
    cdef int64_t x = (<const int64_t *> a)[0]
    cdef int64_t y = (<const int64_t *> b)[0]
    return (x > y) - (x < y)


def match_classes(MatchIndex index not None, *, term_start, term, price_minor, markdown):
    """Return the pairs (class, selector) that hold (see ``native._match_py.match_classes``)."""
    require_int64("term", term)
    require_starts("term_start", term_start, items=len(term))
    require_range("term", term, low=0, high=index.terms)
    require_int64("price_minor", price_minor)
    require_range("markdown", markdown, low=0, high=2)
    cdef int64_t classes = len(term_start) - 1
    if len(price_minor) != classes or len(markdown) != classes:
        raise ValueError("price_minor and markdown must have one value a class")

    cdef const int64_t[::1] starts = term_start
    cdef const int64_t[::1] terms = term
    cdef const int64_t[::1] prices = price_minor
    cdef const int64_t[::1] reduced = markdown
    # Stamps instead of sets: a term is held by class c, a selector found for it, when its stamp
    # is c + 1; nothing has to be cleared between classes.
    cdef carray.array template = array("q")
    cdef carray.array term_stamp = carray.clone(template, index.terms, zero=True)
    cdef carray.array selector_stamp = carray.clone(template, index.selectors, zero=True)
    cdef carray.array found = carray.clone(template, index.selectors, zero=True)
    cdef int64_t[::1] held = term_stamp
    cdef int64_t[::1] seen = selector_stamp
    cdef int64_t[::1] hits = found
    cdef int64_t c, i, k, t, e, match, selector, now, state, count
    cdef Py_ssize_t everywhere = index._everywhere_match.shape[0]
    cdef bint excluded
    pairs = array("q")
    for c in range(classes):
        now = c + 1
        state = 2 if reduced[c] else 1
        count = 0
        for i in range(starts[c], starts[c + 1]):
            held[terms[i]] = now
        # The postings of each held term, then the matches that name no term.
        for i in range(starts[c], starts[c + 1] + 1):
            if i < starts[c + 1]:
                t = terms[i]
                k = index._posting_start[t]
                e = index._posting_start[t + 1]
            else:
                k = 0
                e = everywhere
            while k < e:
                match = index._posting_match[k] if i < starts[c + 1] else index._everywhere_match[k]
                k += 1
                selector = index._match_selector[match]
                if seen[selector] == now:
                    continue
                if not _holds(index, match, held, now, prices[c], state):
                    continue
                excluded = False
                for t in range(index._exclude_start[selector], index._exclude_start[selector + 1]):
                    if _holds(index, index._exclude_match[t], held, now, prices[c], state):
                        excluded = True
                        break
                if not excluded:
                    seen[selector] = now
                    hits[count] = selector
                    count += 1
        if count > 1:
            qsort(&hits[0], <size_t> count, sizeof(int64_t), _ascending)
        for i in range(count):
            pairs.append(c)
            pairs.append(hits[i])
    return pairs
