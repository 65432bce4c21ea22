"""A voucher for customers of a class, worth a discount on the purchase."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from head_office.web.forms import pieces
from head_office.web.forms.fields import Field, FieldFault, Hundredths, Line, OneOf
from head_office.web.forms.form import Form, Group, Offered
from pos_plugin.limits import MAX_BP, MAX_SALE_MINOR
from pos_plugin.promotions.benefits import AmountOff, Percent
from pos_plugin.promotions.conditions import Coupon
from pos_plugin.promotions.offers import ReceiptDiscount

if TYPE_CHECKING:
    from head_office.web.forms.fields import Values
    from pos_plugin.promotions.promotion import Promotion


class ClassVoucherForm(Form):
    """Class B customers get 15 % with the voucher they were sent."""

    code = "class-voucher"
    title = ("Klassen-Gutschein", "Class voucher")
    example = (
        "Kunden der Klasse B bekommen mit ihrem Gutschein 15 %",
        "customers of class B get 15% with their voucher",
    )
    presets: ClassVar[Values] = {"who": "groups", "groups": ["abc:B"]}
    gives = (
        Group(
            "Was es gibt",
            "What it gives",
            (
                Field(
                    "series",
                    Line("voucher_kinds"),
                    "Gutschein-Art",
                    "Kind of voucher",
                    (
                        "Code der Gutschein-Art, die der Kunde bekommen hat.",
                        "Code of the kind of voucher that the customer got.",
                    ),
                    is_needed=True,
                ),
                Field(
                    "unit",
                    OneOf((("percent", "Prozent", "Percent"), ("amount", "Euro", "Euro"))),
                    "Rabatt in",
                    "Discount in",
                ),
                Field(
                    "gives", Hundredths("", MAX_SALE_MINOR), "Rabatt", "Discount", is_needed=True
                ),
                Field(
                    "min_value", Hundredths("€", MAX_SALE_MINOR), "Ab Einkaufswert", "From a value"
                ),
            ),
        ),
        *pieces.groups(is_open=False),
    )

    def write(self, values: Values) -> Offered:
        """Return a ``receipt_discount`` under the condition ``coupon``."""
        if values["unit"] == "percent" and values["gives"] > MAX_BP:
            raise FieldFault("Höchstens 100 Prozent, bitte.", "At most 100 percent, please.")
        benefit = (
            {"type": "percent", "bp": values["gives"]}
            if values["unit"] == "percent"
            else {"type": "amount_off", "minor": values["gives"]}
        )
        tier = {"min_value_minor": values.get("min_value") or 0, "benefit": benefit}
        offer = {"kind": "receipt_discount", "on": pieces.selector(values), "tiers": [tier]}
        return Offered("receipt", offer, ({"type": "coupon", "series": values["series"]},))

    def read(self, promotion: Promotion) -> Values | None:
        """Return the fields of a discount for a voucher."""
        offer = promotion.offer
        coupon = next((one for one in promotion.when if isinstance(one, Coupon)), None)
        if not isinstance(offer, ReceiptDiscount) or coupon is None:
            return None
        tier = offer.tiers[0]
        own: Values = {"series": coupon.series, "min_value": tier.min_value_minor or None}
        if isinstance(tier.benefit, Percent):
            own |= {"unit": "percent", "gives": tier.benefit.bp}
        elif isinstance(tier.benefit, AmountOff):
            own |= {"unit": "amount", "gives": tier.benefit.minor}
        else:
            return None
        return own | pieces.values(offer.on)
