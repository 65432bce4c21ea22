# cython: boundscheck=True, wraparound=False, cdivision=False, overflowcheck=True, language_level=3
# cython: initializedcheck=False
"""Room for integers: of 64 bits when compiled, of any size in the plain form."""

from __future__ import annotations

from array import array
from typing import Any

import cython

_NOUGHT = array("q", [0])


def zeros(count: int) -> Any:  # noqa: ANN401 - an array or a list
    """Room for so many integers, at least one."""
    count = max(1, count)
    # In one piece: by way of bytes it takes room twice, which the system takes back each time.
    return _NOUGHT * count if cython.compiled else [0] * count


def grown(values: cython.longlong[::1], need: int) -> Any:  # noqa: ANN401 - an array or a list
    """The same integers with room for twice as many as are needed."""
    i: cython.Py_ssize_t
    fresh: cython.longlong[::1] = zeros(2 * need)
    for i in range(len(values)):
        fresh[i] = values[i]
    return fresh
