"""Credit and approval limit (Kredit- und Auswahllimit): how much a customer may still owe."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

OVERRIDE_RIGHT: Final = "override_limit"


class LimitMode(StrEnum):
    """What a till does at the limit: a setting of ``till.toml``."""

    SHOW = "show"
    NEEDS_OVERRIDE = "needs_override"
    BLOCK = "block"


class Within(StrEnum):
    """How an amount stands to what is left."""

    YES = "yes"
    EXCEEDED = "exceeded"  # said, and done all the same
    OVERRIDDEN = "overridden"  # a right lifted it; reported as `limit_overridden`
    REFUSED = "refused"


def left_minor(cached_minor: int | None, open_here_minor: int) -> int | None:
    """Return what is left of a limit; None = the customer has none to watch.

    Args:
        cached_minor: as head office last said it, in minor units (cents).
        open_here_minor: what this till has given out since, at issue price, in minor units (cents).
    """
    return None if cached_minor is None else cached_minor - open_here_minor


def check_limit(
    left: int | None, wanted_minor: int, *, mode: LimitMode, rights: frozenset[str]
) -> Within:
    """Say whether so much more may be given out.

    Args:
        left: of the limit in minor units (cents); None = no limit.
        wanted_minor: what is to be given out, in minor units (cents).
        mode: of this till.
        rights: of the cashier.

    >>> check_limit(5_000, 5_001, mode=LimitMode.NEEDS_OVERRIDE, rights=frozenset()).value
    'refused'
    """
    if left is None or wanted_minor <= left:
        return Within.YES
    if mode is LimitMode.SHOW:
        return Within.EXCEEDED
    if mode is LimitMode.NEEDS_OVERRIDE and OVERRIDE_RIGHT in rights:
        return Within.OVERRIDDEN
    return Within.REFUSED
