"""Questions about many values at once: few enough for every database in each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ASKED_AT_ONCE: Final = 500


def in_portions(values: Iterable[Any]) -> Iterator[list[Any]]:
    """Yield the values in lists that fit into one ``IN``.

    >>> [len(some) for some in in_portions(range(1_100))]
    [500, 500, 100]
    """
    every = list(values)
    for start in range(0, len(every), ASKED_AT_ONCE):
        yield every[start : start + ASKED_AT_ONCE]
