"""What every condition has in common: one question, one answer."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, NamedTuple, Protocol

from pos_plugin.promotions.words import Rule

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    from pos_plugin.model import Customer
    from pos_plugin.promotions.selector import Selector


class Missing(NamedTuple):
    """Why a condition does not hold: reason code of promotions.md §5, with figures if known."""

    code: str
    need: int | None = None
    have: int | None = None


class Facts(Protocol):
    """What a condition may ask about the sale as scanned, before any discount."""

    @property
    def wall_at(self) -> dt.datetime:
        """Shop-local time of the first scan."""

    @property
    def customer(self) -> Customer | None:
        """The customer, if known."""

    @property
    def tenders(self) -> tuple[str, ...]:
        """Tenders chosen; empty before payment."""

    def coupons_of(self, series: str) -> int:
        """Scanned coupons of a series."""

    def value_minor(self, of: Selector) -> int:
        """Scanned value of the matching units, discountable or not, in minor units (cents)."""

    def units(self, of: Selector) -> int:
        """Number of matching units."""

    def distinct_skus(self, of: Selector) -> int:
        """Number of different articles among the matching units."""


class Condition(Rule, ABC):
    """A condition of ``when``; all of them must hold."""

    @abstractmethod
    def missing(self, sale: Facts) -> Missing | None:
        """Return None when the condition holds, else the first reason why not."""

    def inner(self) -> tuple[Condition, ...]:
        """Return the conditions this one is made of."""
        return ()

    def selector(self) -> Selector | None:
        """Return the selector this condition measures, if it has one."""
        return None


def walk(conditions: tuple[Condition, ...]) -> Iterator[Condition]:
    """Yield every condition, the outer before the inner."""
    for condition in conditions:
        yield condition
        yield from walk(condition.inner())
