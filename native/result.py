# cython: boundscheck=True, wraparound=False, cdivision=False, overflowcheck=True, language_level=3
"""The values of a result (promotions.md §5), made by the hundred at every evaluation."""

from __future__ import annotations

import cython


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
        return isinstance(other, LineDiscount) and self.to_dict() == other.to_dict()

    def __hash__(self) -> int:
        return hash(tuple(self.to_dict().values()))

    def __repr__(self) -> str:
        return f"LineDiscount({self.to_dict()})"


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
        return isinstance(other, LineResult) and self.to_dict() == other.to_dict()

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
        return isinstance(other, PromotionResult) and self.to_dict() == other.to_dict()

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
        return isinstance(other, VatResult) and self.to_dict() == other.to_dict()

    def __hash__(self) -> int:
        return hash(tuple(self.to_dict().values()))

    def __repr__(self) -> str:
        return f"VatResult({self.to_dict()})"
