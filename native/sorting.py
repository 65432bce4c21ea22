# cython: boundscheck=True, wraparound=False, cdivision=False, overflowcheck=True, language_level=3
# cython: initializedcheck=False
"""Sorting in place: the first integers of an array, rising."""

from __future__ import annotations

from array import array

import cython


def sort_first(values: array[int], count: int) -> None:
    """Sort the first ``count`` of the values, rising; the others stay where they are."""
    # Shell's way: in place, without any room, and fast where values are as few as in a sale.
    if not cython.compiled:
        values[:count] = array("q", sorted(values[:count]))
        return
    v: cython.longlong[::1] = values
    size: cython.longlong = count
    gap: cython.longlong = 1
    i: cython.longlong
    k: cython.longlong
    value: cython.longlong
    while gap < size:
        gap = 3 * gap + 1
    while gap > 1:
        gap = (gap - 1) // 3
        for i in range(gap, size):
            value = v[i]
            k = i
            while k >= gap and v[k - gap] > value:
                v[k] = v[k - gap]
                k -= gap
            v[k] = value
