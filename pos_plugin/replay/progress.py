"""Progress on standard output, for the program that started this process."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def printed(most: int) -> Callable[[int], object]:
    """Return what is told of every step; it prints a line ``done of``, at most a hundred times.

    Args:
        most: where the end is.
    """
    done = told = 0

    def tell(more: int) -> None:
        nonlocal done, told
        done += more
        if done * 100 >= (told + 1) * most:
            told = done * 100 // max(most, 1)
            print(done, most, flush=True)  # noqa: T201 - the other process reads it

    return tell
