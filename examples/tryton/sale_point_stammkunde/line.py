"""A line remembers its list price, so that a discount can be taken back."""

# ruff: noqa: ANN001, ANN206 - what is overridden here has no types in Tryton either.
from __future__ import annotations

from decimal import Decimal

from trytond.model import fields
from trytond.modules.product import price_digits, round_price
from trytond.pool import Pool, PoolMeta

# What a rate is asked of: 19 % of it are 1900, the rate in basis points.
_WHOLE_BP = Decimal(10_000)


class Line(metaclass=PoolMeta):
    """The price of a line is what the customer pays; ``stammkunde_list_price`` is the tag's."""

    __name__ = "sale.point.sale.line"

    stammkunde_list_price = fields.Numeric(
        "List Price",
        digits=price_digits,
        readonly=True,
        help="Price of one piece before discounts, taxes included.",
    )
    stammkunde_reason = fields.Char("Promotion", readonly=True)

    @fields.depends("unit_gross_price")
    def on_change_product(self) -> None:
        super().on_change_product()
        self.stammkunde_list_price = self.unit_gross_price
        self.stammkunde_reason = None

    @classmethod
    def preprocess_values(cls, mode, values):
        values = super().preprocess_values(mode, values)
        # A client that sets a price with its product sets the price of the tag.
        is_new = mode == "create" or "product" in values
        if is_new and "unit_gross_price" in values:
            values.setdefault("stammkunde_list_price", values["unit_gross_price"])
        return values

    @property
    def stammkunde_tag_price(self) -> Decimal:
        """Price of one piece before discounts; a line from before this module has but one."""
        return self.stammkunde_list_price or self.unit_gross_price

    @property
    def stammkunde_vat_rate_bp(self) -> int:
        """The rate of the taxes inside the price, in basis points (19 % = 1900)."""
        taxes = Pool().get("account.tax").compute(self.taxes, _WHOLE_BP, 1, date=self.sale.tax_date)
        return int(sum(tax["amount"] for tax in taxes))

    def stammkunde_set_price(self, unit_gross_price: Decimal, reason: str | None) -> bool:
        """Set price and reason; return whether that changed something.

        Both stored prices are set: ``unit_price`` is computed, and setting it alone would save the
        line at its old amount.
        """
        if (self.unit_gross_price, self.stammkunde_reason) == (unit_gross_price, reason):
            return False
        self.stammkunde_reason = reason
        if self.unit_gross_price != unit_gross_price:
            tax_model = Pool().get("account.tax")
            self.unit_gross_price = unit_gross_price
            self.unit_list_price = round_price(
                tax_model.reverse_compute(unit_gross_price, self.taxes, date=self.sale.tax_date)
            )
        return True
