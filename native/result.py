# cython: boundscheck=True, wraparound=False, cdivision=False, overflowcheck=True, language_level=3
# cython: initializedcheck=False
"""The values of a result (promotions.md §5), and how they are made out of a settlement.

They are made by the hundred at every evaluation, so they are small and made without any call. Those
of lines cannot be part of a cycle: the collector of garbage need not know them.
"""

from __future__ import annotations

from array import array
from typing import TYPE_CHECKING, Any

import cython

from native import codes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .settle import Settle


APPLIED = cython.declare(cython.longlong, codes.APPLIED_COLUMNS)
GIVEN = cython.declare(cython.longlong, codes.GIVEN_COLUMNS)


def _is_same(one: Any, other: Any) -> bool:  # noqa: ANN401 - values of this file, of either form
    """Whether two values say the same; those of the two forms may be compared."""
    return type(one).__name__ == type(other).__name__ and bool(one.to_dict() == other.to_dict())


@cython.final
@cython.no_gc
@cython.freelist(256)
@cython.cclass
class LineDiscount:
    """What one group of equal applications gives on one line.

    ``times`` and ``application`` belong to the group; ``units_milli`` and ``discount_minor`` are
    what the whole group takes of and gives on this line.
    """

    promotion = cython.declare(str, visibility="readonly")
    revision = cython.declare(cython.longlong, visibility="readonly")
    layer = cython.declare(str, visibility="readonly")
    application = cython.declare(cython.longlong, visibility="readonly")
    times = cython.declare(cython.longlong, visibility="readonly")
    units_milli = cython.declare(cython.longlong, visibility="readonly")
    role = cython.declare(str, visibility="readonly")
    discount_minor = cython.declare(cython.longlong, visibility="readonly")

    def __init__(
        self,
        promotion: str,
        revision: cython.longlong,
        layer: str,
        application: cython.longlong,
        times: cython.longlong,
        units_milli: cython.longlong,
        role: str,
        discount_minor: cython.longlong,
    ) -> None:
        self.promotion = promotion
        self.revision = revision
        self.layer = layer
        self.application = application
        self.times = times
        self.units_milli = units_milli
        self.role = role
        self.discount_minor = discount_minor

    def with_amounts(self, *, units_milli: int, discount_minor: int) -> LineDiscount:
        """Return the same of another quantity, in thousandths, and another discount, in cents."""
        return LineDiscount(
            self.promotion,
            self.revision,
            self.layer,
            self.application,
            self.times,
            units_milli,
            self.role,
            discount_minor,
        )

    def to_dict(self) -> dict[str, object]:
        """Return the JSON object."""
        return {
            "promotion": self.promotion,
            "revision": self.revision,
            "layer": self.layer,
            "application": self.application,
            "times": self.times,
            "units_milli": self.units_milli,
            "role": self.role,
            "discount_minor": self.discount_minor,
        }

    def __eq__(self, other: object) -> bool:
        return _is_same(self, other)

    def __hash__(self) -> int:
        return hash(tuple(self.to_dict().values()))

    def __repr__(self) -> str:
        return f"LineDiscount({self.to_dict()})"


@cython.final
@cython.no_gc
@cython.freelist(256)
@cython.cclass
class LineResult:
    """A line: gross - discount = paid, in minor units (cents), VAT included."""

    line_id = cython.declare(str, visibility="readonly")
    gross_minor = cython.declare(cython.longlong, visibility="readonly")
    discount_minor = cython.declare(cython.longlong, visibility="readonly")
    paid_minor = cython.declare(cython.longlong, visibility="readonly")
    discounts = cython.declare(tuple, visibility="readonly")

    def __init__(
        self,
        line_id: str,
        gross_minor: cython.longlong,
        discount_minor: cython.longlong,
        paid_minor: cython.longlong,
        discounts: tuple[LineDiscount, ...],
    ) -> None:
        self.line_id = line_id
        self.gross_minor = gross_minor
        self.discount_minor = discount_minor
        self.paid_minor = paid_minor
        self.discounts = discounts

    def to_dict(self) -> dict[str, object]:
        """Return the JSON object."""
        return {
            "line_id": self.line_id,
            "gross_minor": self.gross_minor,
            "discount_minor": self.discount_minor,
            "paid_minor": self.paid_minor,
            "discounts": [one.to_dict() for one in self.discounts],
        }

    def __eq__(self, other: object) -> bool:
        return _is_same(self, other)

    def __hash__(self) -> int:
        return hash((self.line_id, self.gross_minor, self.discount_minor, self.discounts))

    def __repr__(self) -> str:
        return f"LineResult({self.to_dict()})"


@cython.cclass
class PromotionResult:
    """An applied promotion: number of applications and its whole discount."""

    promotion = cython.declare(str, visibility="readonly")
    label = cython.declare(dict, visibility="readonly")
    applications = cython.declare(cython.longlong, visibility="readonly")
    discount_minor = cython.declare(cython.longlong, visibility="readonly")

    def __init__(
        self,
        promotion: str,
        label: dict[str, str],
        applications: cython.longlong,
        discount_minor: cython.longlong,
    ) -> None:
        self.promotion = promotion
        self.label = label
        self.applications = applications
        self.discount_minor = discount_minor

    def to_dict(self) -> dict[str, object]:
        """Return the JSON object."""
        return {
            "promotion": self.promotion,
            "label": self.label,
            "applications": self.applications,
            "discount_minor": self.discount_minor,
        }

    def __eq__(self, other: object) -> bool:
        return _is_same(self, other)

    def __hash__(self) -> int:
        return hash((self.promotion, self.applications, self.discount_minor))

    def __repr__(self) -> str:
        return f"PromotionResult({self.to_dict()})"


@cython.cclass
class VatResult:
    """Sums of one VAT rate, amounts including VAT."""

    vat_rate_bp = cython.declare(cython.longlong, visibility="readonly")
    gross_minor = cython.declare(cython.longlong, visibility="readonly")
    discount_minor = cython.declare(cython.longlong, visibility="readonly")
    paid_minor = cython.declare(cython.longlong, visibility="readonly")

    def __init__(
        self,
        vat_rate_bp: cython.longlong,
        gross_minor: cython.longlong,
        discount_minor: cython.longlong,
        paid_minor: cython.longlong,
    ) -> None:
        self.vat_rate_bp = vat_rate_bp
        self.gross_minor = gross_minor
        self.discount_minor = discount_minor
        self.paid_minor = paid_minor

    def to_dict(self) -> dict[str, object]:
        """Return the JSON object."""
        return {
            "vat_rate_bp": self.vat_rate_bp,
            "gross_minor": self.gross_minor,
            "discount_minor": self.discount_minor,
            "paid_minor": self.paid_minor,
        }

    def __eq__(self, other: object) -> bool:
        return _is_same(self, other)

    def __hash__(self) -> int:
        return hash(tuple(self.to_dict().values()))

    def __repr__(self) -> str:
        return f"VatResult({self.to_dict()})"


@cython.cclass
class Diagnostics:
    """How the result came about; the only part that may differ between the two forms."""

    engine = cython.declare(str, visibility="readonly")
    compiled = cython.declare(cython.bint, visibility="readonly")
    steps = cython.declare(cython.longlong, visibility="readonly")

    def __init__(self, engine: str, compiled: cython.bint, steps: cython.longlong) -> None:
        self.engine = engine
        self.compiled = compiled
        self.steps = steps

    def to_dict(self) -> dict[str, object]:
        """Return the JSON object."""
        return {"engine": self.engine, "compiled": bool(self.compiled), "steps": self.steps}

    def __eq__(self, other: object) -> bool:
        return _is_same(self, other)

    def __hash__(self) -> int:
        return hash(tuple(self.to_dict().values()))

    def __repr__(self) -> str:
        return f"Diagnostics({self.to_dict()})"


@cython.cclass
class Results:
    """Makes the values of one sale after another.

    Args:
        names: for each promotion of the generation its id, revision, layer and label.
        classes, line_id: the arrays and the list of ``native.classes.Classes``.
        settle: the settlement of the sale.

    After ``make``: ``lines``, ``promotions`` in the order of the layers, and ``vat`` by rising
    rate; ``gross_minor`` and ``discount_minor`` are those of the sale, ``sold_minor`` what is paid
    for its units, returns aside.
    """

    lines = cython.declare(tuple, visibility="readonly")
    promotions = cython.declare(tuple, visibility="readonly")
    vat = cython.declare(tuple, visibility="readonly")
    gross_minor = cython.declare(cython.longlong, visibility="readonly")
    discount_minor = cython.declare(cython.longlong, visibility="readonly")
    sold_minor = cython.declare(cython.longlong, visibility="readonly")
    names: list[tuple[str, int, str, dict[str, str]]]
    settle: Settle
    line_gross: cython.longlong[::1]
    is_one_unit: cython.longlong[::1]
    line_id: list[str]
    vat_rate_bp: cython.longlong[::1]
    # Tables of the settlement, whose arrays grow now and then.
    given: object
    gifts: cython.longlong[::1]
    applied: object
    applications: cython.longlong[::1]
    # The discounts at work; of each line the number of its first and last, of each the next one.
    discounts: list[LineDiscount]
    first: cython.longlong[::1]
    last: cython.longlong[::1]
    next: cython.longlong[::1]
    # The sums of a few VAT rates.
    rates: list[VatResult]

    def __init__(
        self,
        names: Sequence[tuple[str, int, str, dict[str, str]]],
        classes: Mapping[str, array[int]],
        line_id: list[str],
        settle: Settle,
    ) -> None:
        self.names = list(names)
        self.settle = settle
        self.line_gross = classes["gross_minor"]
        self.is_one_unit = classes["is_one_unit"]
        self.line_id = line_id
        self.vat_rate_bp = classes["vat_rate_bp"]
        self.given = None
        self.applied = None
        self.lines = ()
        self.promotions = ()
        self.vat = ()
        lines = len(classes["gross_minor"])
        self.discounts = []
        self.first = array("q", bytes(8 * lines))
        self.last = array("q", bytes(8 * lines))
        self.next = array("q", bytes(8 * lines))
        self.rates = []
        self.gross_minor = 0
        self.discount_minor = 0
        self.sold_minor = 0

    def make(self, lines: tuple[Any, ...]) -> None:
        """Make the values of a sale with these lines (``pos_plugin.model.Line``)."""
        if self.given is not self.settle.given:
            self.given = self.settle.given
            self.gifts = self.given
        if self.applied is not self.settle.applied:
            self.applied = self.settle.applied
            self.applications = self.applied
        self._make_promotions(self.settle.applications)
        self._make_discounts(lines, self.settle.gifts)
        self._make_lines(len(lines))
        if len(self.rates) > 1:
            self.rates.sort(key=_rate_of)
        self.vat = tuple(self.rates)

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _make_promotions(self, count: cython.longlong) -> cython.int:
        i: cython.longlong
        made = []
        for i in range(count):
            name, _, _, label = self.names[self.applications[i * APPLIED]]
            one: PromotionResult = PromotionResult.__new__(PromotionResult)
            one.promotion = name
            one.label = label.copy()
            one.applications = self.applications[i * APPLIED + 1]
            one.discount_minor = self.applications[i * APPLIED + 2]
            made.append(one)
        self.promotions = tuple(made)
        return 0

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _make_discounts(self, lines: tuple[Any, ...], count: cython.longlong) -> cython.int:
        """Make the discounts, and chain those of each line in their order."""
        i: cython.longlong
        k: cython.longlong = 0
        row: cython.longlong
        line: cython.longlong
        self.discounts = []
        if count > len(self.next):
            self.next = array("q", bytes(16 * count))
        for i in range(len(lines)):
            self.first[i] = -1
        for i in range(count):
            row = i * GIVEN
            line = self.gifts[row + 1]
            self.next[k] = -1
            name, revision, layer, _ = self.names[self.gifts[row]]
            if self.gifts[row + 6] == 0 and layer != "article":
                continue  # a share of a receipt that rounds to nothing
            one: LineDiscount = LineDiscount.__new__(LineDiscount)
            one.promotion = name
            one.revision = revision
            one.layer = layer
            one.application = self.gifts[row + 2]
            one.times = self.gifts[row + 3]
            one.role = "target" if self.gifts[row + 4] else "qualifier"
            if self.is_one_unit[line]:
                one.units_milli = lines[line].quantity_milli
            else:
                one.units_milli = self.gifts[row + 5] * 1_000
            one.discount_minor = self.gifts[row + 6]
            if self.first[line] < 0:
                self.first[line] = k
            else:
                self.next[self.last[line]] = k
            self.last[line] = k
            self.discounts.append(one)
            k += 1
        return 0

    @cython.cfunc
    @cython.exceptval(-1, check=True)
    def _make_lines(self, count: cython.longlong) -> cython.int:
        i: cython.longlong
        k: cython.longlong
        gross_minor: cython.longlong
        discount_minor: cython.longlong
        made = []
        discount: LineDiscount
        nothing: tuple[LineDiscount, ...] = ()
        gross_sum: cython.longlong = 0
        discount_sum: cython.longlong = 0
        sold_minor: cython.longlong = 0
        rate_bp: cython.longlong
        vat: VatResult = VatResult(-1, 0, 0, 0)
        self.rates = []
        for i in range(count):
            gross_minor = self.line_gross[i]
            discount_minor = 0
            one: LineResult = LineResult.__new__(LineResult)
            one.line_id = self.line_id[i]
            one.discounts = nothing
            k = self.first[i]
            if k >= 0:
                discount = self.discounts[k]
                discount_minor = discount.discount_minor
                one.discounts = (discount,)
                if self.next[k] >= 0:
                    listed = [discount]
                    while self.next[k] >= 0:
                        k = self.next[k]
                        discount = self.discounts[k]
                        discount_minor += discount.discount_minor
                        listed.append(discount)
                    one.discounts = tuple(listed)
            one.gross_minor = gross_minor
            one.discount_minor = discount_minor
            one.paid_minor = gross_minor - discount_minor
            made.append(one)
            gross_sum += gross_minor
            discount_sum += discount_minor
            if gross_minor > 0:
                sold_minor += gross_minor - discount_minor
            rate_bp = self.vat_rate_bp[i]
            if vat.vat_rate_bp != rate_bp:
                vat = self._vat(rate_bp)
            vat.gross_minor += gross_minor
            vat.discount_minor += discount_minor
            vat.paid_minor += gross_minor - discount_minor
        self.lines = tuple(made)
        self.gross_minor = gross_sum
        self.discount_minor = discount_sum
        self.sold_minor = sold_minor
        return 0

    @cython.cfunc
    def _vat(self, rate_bp: cython.longlong) -> VatResult:
        """Return the sums of a rate."""
        one: VatResult
        for known in self.rates:
            one = known
            if one.vat_rate_bp == rate_bp:
                return one
        one = VatResult(rate_bp, 0, 0, 0)
        self.rates.append(one)
        return one


def _rate_of(one: VatResult) -> int:
    return int(one.vat_rate_bp)
