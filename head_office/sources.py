"""Which event of which till something comes from."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Source:
    """The event that a fold takes in."""

    till: str
    epoch: int
    seq: int
