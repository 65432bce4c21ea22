"""Leaves out applications until a threshold is kept, and as little as can be.

The best packing without thresholds often gives a little too much for the tier of a later layer.
Which of its applications to leave out is a sum of subsets: the sums that can be left out are the
set bits of one integer, and the lowest that is enough is taken. Where that meets the threshold to
the last grain nothing can be better, and no search for these tiers is needed.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from native.problem import STEPS

if TYPE_CHECKING:
    from collections.abc import Callable

    from native.problem import Application, Choice, Exact

_BITS = 1 << 18  # of an integer of sums, in grains
_CHUNKS = 128  # powers of two of equal applications
_WORD = 2_048  # bits that are shifted and joined in one step of the budget


class _Chunk(NamedTuple):
    """So many equal applications, and what they take from the base together."""

    at: int
    times: int
    gone: int


def fitted(
    choice: Choice,
    applications: list[Application],
    taken_of: Callable[[list[Application], int], Exact],
) -> tuple[list[Application] | None, int]:
    """Return the applications without as few as the threshold asks for, and the steps it took.

    None where no part of them is enough, where it is not the room that is missed (an amount off the
    receipt lowers the base of a customer tier, too), and where too many sums would have to be
    looked at. Only the base that is missed by most is looked at: whether every tier is open then,
    and what the rest is worth, is for the caller to measure.

    Args:
        choice: the tiers, at least one of which is missed.
        applications: what the packing has.
        taken_of: what applications take from the base of a room, by its place among the rooms.
    """
    rooms = choice.rooms()
    excess, room = max(
        (taken_of(applications, at) - rooms[at].slack, at) for at in range(len(rooms))
    )
    chunks = _chunks(choice, applications, lambda one: taken_of([one], room))
    if excess <= 0 or not chunks:
        return None, len(applications)
    grain = math.gcd(*[chunk.gone for chunk in chunks])
    least = math.ceil(Fraction(excess, grain))
    most = least + max(chunk.gone for chunk in chunks) // grain
    steps = len(applications) + len(chunks) * (most // _WORD + 1)
    if most > _BITS:
        return None, len(applications)
    mask = (1 << most) - 1
    sums = [1]
    for chunk in chunks:
        sums.append((sums[-1] | sums[-1] << chunk.gone // grain) & mask)
    enough = sums[-1] >> least
    if not enough:
        return None, steps
    missing = least + (enough & -enough).bit_length() - 1
    times = [one.times for one in applications]
    for chunk, before in zip(reversed(chunks), reversed(sums[:-1]), strict=True):
        if not before >> missing & 1:
            missing -= chunk.gone // grain
            times[chunk.at] -= chunk.times
    return [
        one._replace(times=left) for one, left in zip(applications, times, strict=True) if left
    ], steps


def _chunks(
    choice: Choice, applications: list[Application], taken_of: Callable[[Application], Exact]
) -> list[_Chunk]:
    """What can be left out one by one: nothing under a cap, no unit that a tier needs."""
    promos = {p.index: p for p in choice.promos}
    spare = {p.index: 0 for p in choice.promos if p.cap is not None}
    for one in applications:
        p = promos[one.promo]
        if p.kind == STEPS and p.cap is None:
            spare.setdefault(one.promo, -p.steps[one.step].least)
            spare[one.promo] += one.times
    chunks: list[_Chunk] = []
    for at, one in enumerate(applications):
        gone = taken_of(one._replace(times=1))
        if not isinstance(gone, int) or gone <= 0:
            continue
        left = min(one.times, spare.get(one.promo, one.times))
        if one.promo in spare:
            spare[one.promo] -= left
        size = 1
        while left and len(chunks) < _CHUNKS:
            size = min(size, left)
            chunks.append(_Chunk(at, size, gone * size))
            left -= size
            size *= 2
    return chunks
