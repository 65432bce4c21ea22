"""What a label carries of one promotion: counters, and applications that still lack units."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeVar

if TYPE_CHECKING:
    from native.problem import Exact, Promo


T = TypeVar("T")


class Open(NamedTuple):
    """An application that still lacks units, where its composition matters."""

    fill: tuple[int, ...]
    price: tuple[int, ...]  # price sum per zone, minor
    discount: Exact
    share: Exact
    weighed: int  # what the later layers would have given on its units


class State(NamedTuple):
    """What one promotion has done so far on this receipt."""

    used: int
    fill: tuple[int, ...]
    open: tuple[Open, ...]
    given: Exact  # counted towards the cap, 1/10_000 minor
    later: tuple[Exact, ...] = ()  # value and sums that the cap may still cut


NO_ZONES = (0, 0, 0, 0)
NO_SUMS: tuple[Exact, ...] = (0, 0, 0, 0, 0)


NEW = Open((), (), 0, 0, 0)  # marks the first unit of an application


def with_value(values: tuple[T, ...], place: int, value: T) -> tuple[T, ...]:
    """Return the values with one of them replaced."""
    return (*values[:place], value, *values[place + 1 :])


def is_idle(states: tuple[State, ...]) -> bool:
    """Whether no application is open."""
    return not any(state.open or any(state.fill) for state in states)


def started(p: Promo, fill: tuple[int, ...]) -> int:
    """Applications that counters per slot have begun."""
    if p.least:
        return 0
    if len(fill) == 1:
        return -(-fill[0] // p.slots[0].quantity)
    return max([-(-f // slot.quantity) for f, slot in zip(fill, p.slots, strict=True)])


def with_unit(p: Promo, fill: tuple[int, ...], slot: int) -> tuple[tuple[int, ...], bool]:
    """Return counters per slot with one more unit, and whether that completed an application."""
    fill = with_value(fill, slot, fill[slot] + 1)
    if any(f < s.quantity for f, s in zip(fill, p.slots, strict=True)):
        return fill, False
    return tuple(f - s.quantity for f, s in zip(fill, p.slots, strict=True)), True


def is_late(p: Promo, fill: tuple[int, ...]) -> bool:
    """Whether a target was taken before all units that must be bought for it.

    Units come in falling price, and of equal units of all applications the first targets belong to
    the first units bought: so no target costs more than what is bought for it exactly when the
    counters are never late once the price falls.
    """
    targets, bought = 0, -1
    for f, slot in zip(fill, p.slots, strict=True):
        if slot.is_target:
            targets = max(targets, -(-f // slot.quantity))
        else:
            whole = f // slot.quantity
            bought = whole if bought < 0 else min(bought, whole)
    return targets > bought
