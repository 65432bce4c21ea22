"""The answer when promotions cannot be worked out: every line at its price, nothing earned."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pos_plugin.promotions.result import Diagnostics, LineResult, Result, VatResult
from pos_plugin.version import __version__

if TYPE_CHECKING:
    from pos_plugin.model import Basket


def list_price(basket: Basket) -> Result:
    """Return the result of a sale without any promotion."""
    lines = tuple(
        LineResult(
            line_id=line.line_id,
            gross_minor=line.gross_minor,
            discount_minor=0,
            paid_minor=line.gross_minor,
            discounts=(),
        )
        for line in basket.lines
    )
    by_rate: dict[int, int] = {}
    for line in basket.lines:
        by_rate[line.vat_rate_bp] = by_rate.get(line.vat_rate_bp, 0) + line.gross_minor
    gross_minor = sum(line.gross_minor for line in lines)
    return Result(
        generation=0,
        optimal=True,
        gap_minor=0,
        gross_minor=gross_minor,
        discount_minor=0,
        total_minor=gross_minor,
        lines=lines,
        promotions=(),
        vat=tuple(
            VatResult(
                vat_rate_bp=rate_bp,
                gross_minor=rate_gross_minor,
                discount_minor=0,
                paid_minor=rate_gross_minor,
            )
            for rate_bp, rate_gross_minor in sorted(by_rate.items())
        ),
        earned=(),
        coupons_used=(),
        diagnostics=Diagnostics(engine=__version__, compiled=False, steps=0),
        explain=tuple,
    )
