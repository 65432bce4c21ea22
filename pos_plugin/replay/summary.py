"""What a replay says: sums over what was really booked, read back from the events of the till."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


@dataclass(slots=True)
class Uses:
    """What one promotion did.

    Args:
        receipts: on which it gave something.
        applications: over all receipts; one a receipt for points.
        discount_minor: in minor units (cents).
    """

    receipts: int = 0
    applications: int = 0
    discount_minor: int = 0

    def to_dict(self) -> dict[str, int]:
        """Return the object of ``--json``."""
        return {
            "receipts": self.receipts,
            "applications": self.applications,
            "discount_minor": self.discount_minor,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Slowest:
    """The evaluation that took longest.

    Args:
        receipt: number of its receipt.
        lines: of that receipt.
        time_us: from the call of the till to its answer, in microseconds.
        steps: of the search.
    """

    receipt: str
    lines: int
    time_us: int
    steps: int

    def to_dict(self) -> dict[str, Any]:
        """Return the object of ``--json``."""
        return {
            "receipt": self.receipt,
            "lines": self.lines,
            "time_us": self.time_us,
            "steps": self.steps,
        }


@dataclass(slots=True)
class Summary:
    """The sums of a replay, in minor units (cents); returns are negative.

    Args:
        booked: receipts that this run booked; the others were in the folder before.
        seconds: that booking them took.
        slowest: of the evaluations of this run; None when all had been booked before.
        per_promotion: by id, also those that gave nothing.
        sold_minor: gross of what was sold, returns left out.
        optimal: receipts whose price is proven to be the lowest.
        gap_minor: what the others could cost less at most, together.
        vat: rate in basis points to gross, discount, paid.
        earned: account to points or minor units of bonus money.
    """

    generation: int
    currency: str
    booked: int
    seconds: float
    per_promotion: dict[str, Uses]
    slowest: Slowest | None = None
    receipts: int = 0
    lines: int = 0
    gross_minor: int = 0
    sold_minor: int = 0
    discount_minor: int = 0
    total_minor: int = 0
    optimal: int = 0
    gap_minor: int = 0
    vat: dict[int, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0, 0]))
    earned: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def add(self, body: Mapping[str, Any]) -> None:
        """Add a receipt.

        Args:
            body: of its event.
        """
        receipt = body["receipt"]
        self.receipts += 1
        self.lines += len(body["lines"])
        self.gross_minor += receipt["gross_minor"]
        self.discount_minor += receipt["discount_minor"]
        self.total_minor += receipt["total_minor"]
        self.optimal += body["proof"]["optimal"]
        self.gap_minor += body["proof"]["gap_minor"]
        for line in body["lines"]:
            self.sold_minor += max(0, line["gross_minor"])
            sums = self.vat[line["vat_rate_bp"]]
            for index, name in enumerate(("gross_minor", "discount_minor", "paid_minor")):
                sums[index] += line[name]
        for entry in body["ledger"]:
            self.earned[entry["program"]] += entry["delta"]
        self._add_promotions(body["promotion_results"], body["ledger"])

    def _add_promotions(
        self, results: Iterable[Mapping[str, Any]], ledger: Iterable[Mapping[str, Any]]
    ) -> None:
        # A group of equal applications stands on every line it touches: its number counts once.
        times = {(one["promotion"], one["application"]): one["times"] for one in results}
        for entry in ledger:
            times.update({(promotion, entry["program"]): 1 for promotion in entry["promotions"]})
        for promotion in {promotion for promotion, _ in times}:
            self.per_promotion[promotion].receipts += 1
        for (promotion, _), applications in times.items():
            self.per_promotion[promotion].applications += applications
        for one in results:
            self.per_promotion[one["promotion"]].discount_minor += one["discount_minor"]

    @property
    def optimal_share(self) -> float:
        """Share of the receipts whose price is proven to be the lowest, 0 to 1."""
        return self.optimal / self.receipts if self.receipts else 1.0

    @property
    def sales_per_second(self) -> float:
        """Receipts evaluated and booked per second; 0 when all had been booked before."""
        return self.booked / self.seconds if self.seconds else 0.0

    @property
    def proven_text(self) -> str:
        """Share of the proven receipts and what the others leave open, as a person reads it."""
        left = f", the others within {amount_text(self.gap_minor)}" if self.gap_minor else ""
        return f"{100 * self.optimal_share:.2f} %{left}"

    @property
    def slowest_text(self) -> str:
        """The slowest evaluation, as a person reads it."""
        if self.slowest is None:
            return "-"
        return f"{self.slowest.time_us / 1000:.1f} ms (receipt {self.slowest.receipt})"

    def to_dict(self) -> dict[str, Any]:
        """Return the object of ``--json``."""
        return {
            "receipts": self.receipts,
            "booked": self.booked,
            "lines": self.lines,
            "generation": self.generation,
            "currency": self.currency,
            "gross_minor": self.gross_minor,
            "discount_minor": self.discount_minor,
            "total_minor": self.total_minor,
            "optimal_share": round(self.optimal_share, 6),
            "gap_minor": self.gap_minor,
            "slowest": self.slowest.to_dict() if self.slowest else None,
            "sales_per_second": round(self.sales_per_second, 1),
            "vat": [
                {
                    "vat_rate_bp": vat_rate_bp,
                    "gross_minor": gross_minor,
                    "discount_minor": discount_minor,
                    "paid_minor": paid_minor,
                }
                for vat_rate_bp, (gross_minor, discount_minor, paid_minor) in sorted(
                    self.vat.items()
                )
            ],
            "earned": dict(sorted(self.earned.items())),
            "per_promotion": {
                promotion: uses.to_dict() for promotion, uses in self.per_promotion.items()
            },
        }

    def to_text(self) -> str:
        """Return the table a person reads."""
        before = self.receipts - self.booked
        facts = [
            ("receipts", f"{self.receipts}" + (f" ({before} booked before)" if before else "")),
            ("lines", f"{self.lines}"),
            ("gross", f"{amount_text(self.gross_minor)} {self.currency}"),
            ("discount", f"{amount_text(self.discount_minor)} {self.currency}"),
            ("total", f"{amount_text(self.total_minor)} {self.currency}"),
            *((f"earned {account}", f"{sum_}") for account, sum_ in sorted(self.earned.items())),
            ("proven lowest", self.proven_text),
            ("slowest evaluation", self.slowest_text),
            ("speed", f"{self.sales_per_second:.1f} receipts/s"),
        ]
        wide = max(len("promotion"), *(len(name) for name in self.per_promotion), 18)
        table = [f"{'promotion':<{wide}}  receipts  applications      discount"]
        table += [
            f"{name:<{wide}}  {uses.receipts:>8}  {uses.applications:>12}  "
            f"{amount_text(uses.discount_minor):>12}"
            for name, uses in self.per_promotion.items()
        ]
        return "\n".join([*(f"{name:<{wide}}  {value}" for name, value in facts), "", *table])


def amount_text(minor: int) -> str:
    """Return an amount as it is read.

    >>> amount_text(-1234567), amount_text(5)
    ('-12,345.67', '0.05')
    """
    whole, cents = divmod(abs(minor), 100)
    return f"{'-' if minor < 0 else ''}{whole:,}.{cents:02d}"
