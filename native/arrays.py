"""The array boundary: what both forms of the core accept, checked in one place."""

from __future__ import annotations

from array import array
from itertools import pairwise


def require_int64(name: str, values: object) -> None:
    """Raise TypeError unless ``values`` is an ``array("q")``.

    Nothing else crosses: a list, a float or a numpy scalar would be cut silently by C.
    """
    if type(values) is not array:
        raise TypeError(f"{name} must be array('q'), not {type(values).__name__}")
    if values.typecode != "q":
        raise TypeError(f"{name} must be array('q'), not array({values.typecode!r})")


def require_starts(name: str, starts: array[int], *, items: int) -> None:
    """Raise ValueError unless ``starts`` are offsets 0 = s0 <= s1 <= ... = items."""
    require_int64(name, starts)
    if not starts or starts[0] != 0 or starts[-1] != items:
        raise ValueError(f"{name} must run from 0 to {items}")
    if any(a > b for a, b in pairwise(starts)):
        raise ValueError(f"{name} must not fall")


def require_range(name: str, values: array[int], *, low: int, high: int) -> None:
    """Raise ValueError unless every value lies in low..high-1."""
    require_int64(name, values)
    if values and (min(values) < low or max(values) >= high):
        raise ValueError(f"{name} must lie in {low}..{high - 1}")


def room(size: int) -> array[int]:
    """Return an array of zeros for so many values, and one more."""
    return array("q", bytes(8 * (size + 1)))
