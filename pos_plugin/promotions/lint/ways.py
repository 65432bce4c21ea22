"""Conditions taken apart: the sets of leaves that must hold, or must not, for all to hold."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final, NamedTuple

from pos_plugin.promotions.conditions import All, Any, Not

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from pos_plugin.promotions.condition import Condition

WAYS_MAX: Final = 64
"""Ways of one promotion that are looked at."""


class Wish(NamedTuple):
    """A leaf that must hold, or must not."""

    leaf: Condition
    holds: bool


def ways(conditions: Sequence[Condition]) -> tuple[list[list[Wish]], bool]:
    """Return the ways in which all conditions hold, and whether these are all there are.

    No way at all means that they cannot hold: ``not`` over ``all`` of nothing, for example.
    """
    found = list(islice(_every(tuple(conditions), holds=True), WAYS_MAX + 1))
    return found[:WAYS_MAX], len(found) <= WAYS_MAX


def _of(condition: Condition, *, holds: bool) -> Iterator[list[Wish]]:
    if isinstance(condition, Not):
        yield from _of(condition.of, holds=not holds)
    elif isinstance(condition, All | Any):
        # not all = any not, not any = all not.
        if isinstance(condition, All) is holds:
            yield from _every(condition.of, holds=holds)
        else:
            for inner in condition.of:
                yield from _of(inner, holds=holds)
    else:
        yield [Wish(condition, holds)]


def _every(conditions: tuple[Condition, ...], *, holds: bool) -> Iterator[list[Wish]]:
    # Without this, a last condition that cannot hold would be tried after all that can.
    if not all(_is_possible(condition, holds=holds) for condition in conditions):
        return
    if not conditions:
        yield []
        return
    # Iterative, as a list of a thousand conditions would be too deep a recursion.
    running = [_of(conditions[0], holds=holds)]
    chosen: list[list[Wish]] = []
    while running:
        step = next(running[-1], None)
        if step is None:
            running.pop()
            if chosen:
                chosen.pop()
        elif len(running) == len(conditions):
            yield [wish for part in (*chosen, step) for wish in part]
        else:
            chosen.append(step)
            running.append(_of(conditions[len(running)], holds=holds))


def _is_possible(condition: Condition, *, holds: bool) -> bool:
    if isinstance(condition, Not):
        return _is_possible(condition.of, holds=not holds)
    if isinstance(condition, All | Any):
        parts = (_is_possible(inner, holds=holds) for inner in condition.of)
        return all(parts) if isinstance(condition, All) is holds else any(parts)
    return True
