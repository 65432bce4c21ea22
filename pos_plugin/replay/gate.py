"""Limits a replay has to keep, for a pipeline: ``--fail-if "discount_rise_bp>200"``.

1. The vocabulary is closed: a limit is a measure of the table below, ``>`` or ``<``, and a whole
   number. A word that is not known is bad input, before anything is replayed.
2. Shares are compared exactly, as fractions: one unproven receipt in a million breaks
   ``unproven_bp>0``.
3. What cannot be judged does not pass.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Final

from pos_plugin.errors import ConfigError
from pos_plugin.units import divide_half_up

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from pos_plugin.replay.compare import Comparison
    from pos_plugin.replay.summary import Summary

_LIMIT: Final = re.compile(r"\s*([A-Za-z_]+)\s*([<>])\s*(-?[0-9]{1,18})\s*")
_BP: Final = 10_000


@dataclass(frozen=True, slots=True)
class Measure:
    """Something of a replay that can have a limit.

    Args:
        meaning: what it is, in one line.
        of_draft: its value from the sums of the draft; None when it compares.
        of_both: its value from the comparison.
    """

    meaning: str
    of_draft: Callable[[Summary], Fraction | None] | None = None
    of_both: Callable[[Comparison], Fraction] | None = None


MEASURES: Final[Mapping[str, Measure]] = {
    "receipts": Measure("receipts replayed", lambda sums: Fraction(sums.receipts)),
    "discount_minor": Measure("discount of all receipts", lambda s: Fraction(s.discount_minor)),
    "discount_bp": Measure(
        "the same in basis points of what was sold (100 = 1 %)",
        lambda sums: _share(sums.discount_minor, sums.sold_minor),
    ),
    "unproven_receipts": Measure(
        "receipts whose price is not proven to be the lowest",
        lambda sums: Fraction(sums.receipts - sums.optimal),
    ),
    "unproven_bp": Measure(
        "the same in basis points of all receipts",
        lambda sums: _share(sums.receipts - sums.optimal, sums.receipts),
    ),
    "gap_minor": Measure(
        "what these could cost less at most, together", lambda sums: Fraction(sums.gap_minor)
    ),
    "slowest_ms": Measure(
        "milliseconds of the slowest evaluation",
        lambda sums: Fraction(sums.slowest.time_us, 1000) if sums.slowest else None,
    ),
    "unused_promotions": Measure(
        "promotions of the draft that gave nothing",
        lambda sums: Fraction(sum(not uses.receipts for uses in sums.per_promotion.values())),
    ),
    "discount_rise_minor": Measure(
        "discount of the draft less that of the live rules",
        of_both=lambda both: Fraction(both.discount_rise_minor),
    ),
    "discount_rise_bp": Measure(
        "the same in basis points of what was sold",
        of_both=lambda both: _share(both.discount_rise_minor, both.draft.sold_minor),
    ),
    "changed_receipts": Measure(
        "receipts with another price of a line, or that earn otherwise",
        of_both=lambda both: Fraction(both.changed),
    ),
    "changed_bp": Measure(
        "the same in basis points of all receipts",
        of_both=lambda both: _share(both.changed, both.draft.receipts),
    ),
    "dearer_receipts": Measure(
        "receipts that cost the customer more than under the live rules",
        of_both=lambda both: Fraction(both.dearer),
    ),
    "dearer_bp": Measure(
        "the same in basis points of all receipts",
        of_both=lambda both: _share(both.dearer, both.draft.receipts),
    ),
    "receipt_rise_minor": Measure(
        "greatest rise of the discount on one receipt",
        of_both=lambda both: Fraction(both.greatest_rise_minor),
    ),
}
"""Every measure by its word; those with ``of_both`` need ``--against``."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a limit says of a replay.

    Args:
        limit: as it was written.
        measure: its word.
        value: exact; None when this replay cannot say it.
        bound: from where on it is broken.
        broken: whether the gate stays shut.
    """

    limit: str
    measure: str
    value: Fraction | None
    bound: int
    broken: bool

    def to_dict(self) -> dict[str, Any]:
        """Return the object of ``--json``; values as text with at most four decimals."""
        return {
            "limit": self.limit,
            "value": None if self.value is None else _text(self.value),
            "beyond": None if self.value is None else _text(self._beyond()),
            "broken": self.broken,
        }

    def to_text(self) -> str:
        """Return a sentence."""
        if self.value is None:
            return (
                f'{self.measure} cannot be judged, all receipts were booked before ("{self.limit}")'
            )
        if not self.broken:
            return f'{self.measure} is {_text(self.value)} (fails if "{self.limit}")'
        side = "above" if self.value > self.bound else "below"
        far = _text(self._beyond())
        return f"{self.measure} is {_text(self.value)}, {far} {side} the limit of {self.bound}"

    def _beyond(self) -> Fraction:
        if self.value is None or not self.broken:
            return Fraction(0)
        return abs(self.value - self.bound)


@dataclass(frozen=True, slots=True)
class Limit:
    """A measure and where it must not be.

    Example:
        >>> limit = Limit.read("discount_rise_bp > 200", "fail-if[0]")
        >>> limit.measure, limit.sign, limit.bound
        ('discount_rise_bp', '>', 200)
    """

    text: str
    measure: str
    sign: str
    bound: int

    @classmethod
    def read(cls, text: str, where: str, *, compares: bool = True) -> Limit:
        """Return the limit a person wrote.

        Args:
            text: for example ``discount_rise_bp>200``.
            where: the place, for errors.
            compares: whether there are live rules to compare with.

        Raises:
            ConfigError: no limit, an unknown measure, or one that needs live rules.
        """
        found = _LIMIT.fullmatch(text)
        if not found:
            raise ConfigError(
                "wrong_type",
                where,
                f"{text[:80]!r} is no limit; a measure, > or <, and a whole number, "
                "for example discount_rise_bp>200",
            )
        word, sign, bound = found.groups()
        measure = MEASURES.get(word)
        if measure is None:
            raise ConfigError(
                "unknown_word", where, f"no measure {word!r}; there are {', '.join(MEASURES)}"
            )
        if measure.of_both and not compares:
            raise ConfigError("missing", where, f"{word} compares with live rules: --against")
        return cls(text.strip(), word, sign, int(bound))

    def judge(self, draft: Summary, both: Comparison | None) -> Verdict:
        """Return whether a replay keeps this limit.

        Args:
            draft: its sums.
            both: the comparison with the live rules, where there is one.
        """
        measure = MEASURES[self.measure]
        value: Fraction | None = None
        if measure.of_draft:
            value = measure.of_draft(draft)
        elif measure.of_both and both:
            value = measure.of_both(both)
        if value is None:
            broken = True
        else:
            broken = value > self.bound if self.sign == ">" else value < self.bound
        return Verdict(self.text, self.measure, value, self.bound, broken)


def read_limits(texts: Sequence[str], *, compares: bool) -> list[Limit]:
    """Return the limits of ``--fail-if``, in order.

    Raises:
        ConfigError: at ``fail-if[0]`` the first is wrong.
    """
    return [
        Limit.read(text, f"fail-if[{place}]", compares=compares) for place, text in enumerate(texts)
    ]


def _share(part: int, whole: int) -> Fraction:
    # Without anything sold, or any receipt, the part is 0 as well.
    return Fraction(part * _BP, whole) if whole else Fraction(0)


def _text(value: Fraction) -> str:
    """Return a value with at most four decimals: one receipt of a million is still seen.

    >>> _text(Fraction(625, 2)), _text(Fraction(-7)), _text(Fraction(-1, 3))
    ('312.5', '-7', '-0.3333')
    """
    whole, decimals = divmod(divide_half_up(abs(value.numerator) * _BP, value.denominator), _BP)
    sign = "-" if value < 0 and (whole or decimals) else ""
    return f"{sign}{whole}" + (f".{decimals:04d}".rstrip("0") if decimals else "")
