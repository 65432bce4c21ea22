"""The customer's own rate (Sofort-Rabatt)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from head_office.web.forms import pieces
from head_office.web.forms.fields import Field, Hundredths
from head_office.web.forms.form import Form, Group, Offered
from pos_plugin.limits import MAX_BP, MAX_SALE_MINOR
from pos_plugin.promotions.benefits import CustomerRate
from pos_plugin.promotions.offers import ReceiptDiscount

if TYPE_CHECKING:
    from head_office.web.forms.fields import Values
    from pos_plugin.promotions.promotion import Promotion


class InstantDiscountForm(Form):
    """Whoever has a rate of their own gets it."""

    code = "instant-discount"
    title = ("Sofort-Rabatt", "Instant discount")
    example = (
        "jeder Kunde bekommt den Rabatt, der bei ihm eingetragen ist",
        "every customer gets the rate that was agreed with them",
    )
    gives = (
        Group(
            "Was es gibt",
            "What it gives",
            (
                Field(
                    "max_rate",
                    Hundredths("%", MAX_BP),
                    "Höchstens",
                    "At most",
                    (
                        "Gilt auch, wenn beim Kunden mehr eingetragen ist.",
                        "Also where more was agreed with the customer.",
                    ),
                    is_needed=True,
                ),
                Field(
                    "min_value", Hundredths("€", MAX_SALE_MINOR), "Ab Einkaufswert", "From a value"
                ),
            ),
        ),
        *pieces.groups(is_open=False),
    )

    def write(self, values: Values) -> Offered:
        """Return a ``receipt_discount`` of the customer layer."""
        tier = {
            "min_value_minor": values.get("min_value") or 0,
            "benefit": {"type": "customer_rate", "max_bp": values["max_rate"]},
        }
        offer = {"kind": "receipt_discount", "on": pieces.selector(values), "tiers": [tier]}
        return Offered("customer", offer)

    def read(self, promotion: Promotion) -> Values | None:
        """Return the fields of the customer's own rate."""
        offer = promotion.offer
        if not isinstance(offer, ReceiptDiscount):
            return None
        tier = offer.tiers[0]
        if not isinstance(tier.benefit, CustomerRate):
            return None
        return {
            "max_rate": tier.benefit.max_bp,
            "min_value": tier.min_value_minor or None,
            **pieces.values(offer.on),
        }
