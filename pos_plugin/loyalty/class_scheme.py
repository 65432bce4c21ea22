"""The settings of customer classes (ABC): what is counted over which time, and the bounds.

A revision never changes: what a class meant last year can still be said next year.
"""

from __future__ import annotations

import calendar
import datetime as dt
import json
from dataclasses import dataclass
from itertools import combinations, product
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from pos_plugin import limits
from pos_plugin.errors import RuleError
from pos_plugin.validation import first_error

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

NONE: Final = "none"  # in no class
NEW: Final = "new"  # too young to be in one
ABSENT: Final = "absent"  # was never seen up to that day
OWN_WORDS: Final = frozenset({NONE, NEW, ABSENT})
COUNTS: Final = frozenset({"rentals", "visits"})
CLASSES_MAX: Final = 20
DAYS_MAX: Final = 3_660

Metric = Literal["rentals", "visits", "turnover", "margin"]
Count = Annotated[int, Field(ge=0, le=limits.MAX_POINTS)]
Minor = Annotated[int, Field(ge=-limits.MAX_SALE_MINOR, le=limits.MAX_SALE_MINOR)]
Code = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,20}$")]
Day = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Window(_Closed):
    """The time that is counted; it ends with the day before the class is in force.

    Args:
        kind: ``rolling_days``, ``months``, or ``calendar_year`` = from 1 January of the last
            counted day on.
        days: of ``rolling_days``.
        months: of ``months``.
    """

    kind: Literal["rolling_days", "months", "calendar_year"]
    days: Annotated[int, Field(ge=1, le=DAYS_MAX)] | None = None
    months: Annotated[int, Field(ge=1, le=120)] | None = None

    @model_validator(mode="after")
    def _says_how_long(self) -> Self:
        wanted = {"rolling_days": (True, False), "months": (False, True)}
        if (self.days is not None, self.months is not None) != wanted.get(
            self.kind, (False, False)
        ):
            raise ValueError("rolling_days needs days, months needs months, neither needs both")
        return self

    def first_on(self, last_on: dt.date) -> dt.date:
        """Return the first counted day, when ``last_on`` is the last one.

        >>> Window(kind="months", months=12).first_on(dt.date(2025, 2, 28))
        datetime.date(2024, 2, 29)
        """
        if self.kind == "rolling_days":
            return last_on - dt.timedelta(days=(self.days or 1) - 1)
        if self.kind == "calendar_year":
            return last_on.replace(month=1, day=1)
        month = last_on.year * 12 + last_on.month - 1 - (self.months or 1)
        year, month = divmod(month, 12)
        day = min(last_on.day, calendar.monthrange(year, month + 1)[1])
        return dt.date(year, month + 1, day) + dt.timedelta(days=1)


class ClassBounds(_Closed):
    """A class; a missing bound is open.

    Args:
        code: for example ``A``.
        rank: 1 = best.
        count_min: rentals or visits, inclusive.
        count_max: rentals or visits, inclusive.
        turnover_min_minor: turnover or margin in minor units (cents), inclusive.
        turnover_max_minor: turnover or margin in minor units (cents), exclusive.
        share_to_bp: up to which part of the whole, in basis points (80 % = 8_000).
    """

    code: Code
    rank: Annotated[int, Field(ge=1, le=CLASSES_MAX)]
    count_min: Count | None = None
    count_max: Count | None = None
    turnover_min_minor: Minor | None = None
    turnover_max_minor: Minor | None = None
    share_to_bp: Annotated[int, Field(ge=1, le=10_000)] | None = None

    @model_validator(mode="after")
    def _holds_something(self) -> Self:
        if self.code in OWN_WORDS:
            raise ValueError("none, new and absent are said of customers in no class")
        for low, high in (self.count, self.turnover_minor):
            if low >= high:
                raise ValueError("a lower bound lies above its upper bound")
        return self

    @property
    def count(self) -> tuple[int, int]:
        """First count of the class, and the first above it."""
        high = limits.INT64_MAX if self.count_max is None else self.count_max + 1
        return (0 if self.count_min is None else self.count_min), high

    @property
    def turnover_minor(self) -> tuple[int, int]:
        """First amount of the class in minor units (cents), and the first above it."""
        low = -limits.INT64_MAX if self.turnover_min_minor is None else self.turnover_min_minor
        high = limits.INT64_MAX if self.turnover_max_minor is None else self.turnover_max_minor
        return low, high

    def bounds(self, metric: str) -> tuple[int, int]:
        """Return the bounds of a metric."""
        return self.count if metric in COUNTS else self.turnover_minor


class Cell(_Closed):
    """A cell of the matrix: the class by the count and the one by the money make a third."""

    count: Code
    turnover: Code
    result: Annotated[Code, Field(alias="class")]


class ClassScheme(_Closed):
    """A revision of a scheme.

    Args:
        code: of the scheme.
        revision: grows with every change.
        since_on: shop day from which this revision gives the classes.
        window: the time that is counted.
        metrics: one, or a count (``rentals``, ``visits``) and an amount (``turnover``,
            ``margin``).
        method: ``bounds`` of each class; ``share`` of the whole; ``matrix``: each metric by its
            bounds, the ``cells`` say the class.
        combine: two metrics: ``all`` must hold, ``any`` is enough (the better class counts), or
            ``matrix``.
        age_days_min: days since the first receipt or rental, before them a customer is ``new``.
        classes: with their bounds.
        cells: of the matrix; what stands in none is in no class.
    """

    code: Code
    revision: Annotated[int, Field(ge=1, le=limits.MAX_POINTS)]
    since_on: Day
    window: Window
    metrics: Annotated[tuple[Metric, ...], Field(min_length=1, max_length=2, strict=False)]
    method: Literal["bounds", "share", "matrix"] = "bounds"
    combine: Literal["all", "any", "matrix"] = "all"
    age_days_min: Annotated[int, Field(ge=0, le=DAYS_MAX)] = 0
    classes: Annotated[
        tuple[ClassBounds, ...], Field(min_length=1, max_length=CLASSES_MAX, strict=False)
    ]
    cells: Annotated[tuple[Cell, ...], Field(max_length=CLASSES_MAX**2, strict=False)] = ()

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        _check_words(self)
        if self.method == "share":
            _check_shares(self)
        else:
            _check_bounds(self)
        return self

    @property
    def starts_on(self) -> dt.date:
        """``since_on`` as a day."""
        return dt.date.fromisoformat(self.since_on)

    @property
    def by_rank(self) -> tuple[ClassBounds, ...]:
        """The classes, the best first."""
        return tuple(sorted(self.classes, key=lambda one: one.rank))


@dataclass(frozen=True, slots=True)
class Gap:
    """A customer who reaches a lower bound and is in no class, by example."""

    metric: str
    count: int | None
    turnover_minor: int | None

    def __str__(self) -> str:
        said = [] if self.count is None else [f"count {self.count}"]
        said += [] if self.turnover_minor is None else [f"turnover_minor {self.turnover_minor}"]
        return f"{self.metric}: {' and '.join(said)} is in no class"


def read_scheme(value: Mapping[str, Any], where: str) -> ClassScheme:
    """Return a checked scheme.

    Args:
        value: as it stands in a file.
        where: how a wrong place begins.

    Raises:
        RuleError: naming the first wrong place; classes that overlap are wrong.
    """
    try:
        scheme = ClassScheme.model_validate(dict(value))
        starts_on = scheme.starts_on
    except ValidationError as error:
        raise RuleError(*first_error(error, value, where)) from None
    except ValueError:
        raise RuleError("out_of_range", f"{where}.since_on", "is no day") from None
    if not dt.date(2000, 1, 1) <= starts_on < dt.date(2200, 1, 1):
        raise RuleError("out_of_range", f"{where}.since_on", "lies between 2000 and 2199")
    return scheme


def scheme_text(scheme: ClassScheme) -> str:
    """Return a scheme as the JSON that ``read_scheme`` takes; equal schemes, equal text."""
    return json.dumps(
        scheme.model_dump(mode="json", by_alias=True, exclude_none=True),
        sort_keys=True,
        separators=(",", ":"),
    )


def gaps(scheme: ClassScheme) -> list[Gap]:
    """Return places between the classes that belong to none; a shop may want them so."""
    if scheme.method == "share":
        return []
    if scheme.combine == "all":
        return _first_gap(scheme, scheme.metrics)
    return [gap for metric in scheme.metrics for gap in _first_gap(scheme, (metric,))]


def _first_gap(scheme: ClassScheme, metrics: tuple[Metric, ...]) -> list[Gap]:
    # Between two bounds nothing changes, so the lower corner of each cell speaks for all of it.
    corners = [
        sorted({bound for one in scheme.classes for bound in one.bounds(metric)})
        for metric in metrics
    ]
    for values in product(*corners):
        places = list(zip(metrics, values, strict=True))
        reaches = any(
            all(one.bounds(metric)[0] <= value for metric, value in places)
            for one in scheme.classes
        )
        is_held = any(
            all(_within(one.bounds(metric), value) for metric, value in places)
            for one in scheme.classes
        )
        is_end = any(value == limits.INT64_MAX for value in values)
        if reaches and not is_held and not is_end:
            shown = {metric: max(value, 0) for metric, value in places}
            return [
                Gap(
                    metric=" and ".join(metrics),
                    count=next((v for m, v in shown.items() if m in COUNTS), None),
                    turnover_minor=next((v for m, v in shown.items() if m not in COUNTS), None),
                )
            ]
    return []


def _within(bounds: tuple[int, int], value: int) -> bool:
    return bounds[0] <= value < bounds[1]


def _overlap(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return max(one[0], other[0]) < min(one[1], other[1])


def _check_words(scheme: ClassScheme) -> None:
    for said in ("code", "rank"):
        _check_distinct([getattr(one, said) for one in scheme.classes], said)
    counts = sum(metric in COUNTS for metric in scheme.metrics)
    if len(scheme.metrics) == 2 and counts != 1:
        raise _wrong("two metrics are a count and an amount")
    if (scheme.method == "matrix") != (scheme.combine == "matrix"):
        raise _wrong("the method matrix belongs to combine matrix")
    if (scheme.method == "matrix") != bool(scheme.cells):
        raise _wrong("a matrix has cells, and nothing else has")
    if scheme.method == "matrix" and len(scheme.metrics) != 2:
        raise _wrong("a matrix needs two metrics")
    _check_distinct([(cell.count, cell.turnover) for cell in scheme.cells], "cell")
    known = {one.code for one in scheme.classes} | {NONE}
    for cell in scheme.cells:
        if not {cell.count, cell.turnover, cell.result} <= known:
            raise _wrong(f"a cell names a class that is not there: {cell.count}/{cell.turnover}")


def _check_distinct(values: Iterable[object], what: str) -> None:
    seen: set[object] = set()
    for value in values:
        if value in seen:
            raise _wrong(f"{what} {value} stands twice")
        seen.add(value)


def _check_shares(scheme: ClassScheme) -> None:
    last_bp = 0
    for one in scheme.by_rank:
        if one.share_to_bp is None or one.share_to_bp <= last_bp:
            raise _wrong(f"class {one.code}: share_to_bp grows from class to class")
        last_bp = one.share_to_bp
        if one.model_fields_set - {"code", "rank", "share_to_bp"}:
            raise _wrong(f"class {one.code}: a share has no other bounds")


def _check_bounds(scheme: ClassScheme) -> None:
    unused = {"share_to_bp"}
    if not any(metric in COUNTS for metric in scheme.metrics):
        unused |= {"count_min", "count_max"}
    if all(metric in COUNTS for metric in scheme.metrics):
        unused |= {"turnover_min_minor", "turnover_max_minor"}
    for one in scheme.classes:
        # A bound that does nothing would look as if it worked.
        strange = {name for name in unused if getattr(one, name) is not None}
        if strange:
            raise _wrong(f"class {one.code}: {min(strange)} belongs to no metric of the scheme")
    together = [scheme.metrics] if scheme.combine == "all" else [(one,) for one in scheme.metrics]
    for metrics in together:
        for one, other in combinations(scheme.classes, 2):
            if all(_overlap(one.bounds(metric), other.bounds(metric)) for metric in metrics):
                raise _wrong(f"classes {one.code} and {other.code} overlap")


def _wrong(message: str) -> PydanticCustomError:
    return PydanticCustomError("class_scheme", "{message}", {"message": message})
