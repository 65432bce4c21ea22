"""Around the customer's birthday."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from head_office.web.forms import pieces
from head_office.web.forms.fields import Field, Hundredths, Whole
from head_office.web.forms.form import Form, Group, Offered
from pos_plugin.limits import MAX_BP, MAX_SALE_MINOR
from pos_plugin.promotions.benefits import Percent
from pos_plugin.promotions.conditions import Birthday
from pos_plugin.promotions.offers import ReceiptDiscount

if TYPE_CHECKING:
    from head_office.web.forms.fields import Values
    from pos_plugin.promotions.promotion import Promotion

_DAYS_MAX: Final = 366


class BirthdayForm(Form):
    """10 % in the week of the birthday."""

    code = "birthday"
    title = ("Geburtstag", "Birthday")
    example = ("10 % in der Geburtstagswoche", "10% in the week of the birthday")
    presets: ClassVar[Values] = {"days_before": 3, "days_after": 3, "per_customer": 1}
    gives = (
        Group(
            "Was es gibt",
            "What it gives",
            (
                Field("percent", Hundredths("%", MAX_BP), "Rabatt", "Discount", is_needed=True),
                Field(
                    "min_value", Hundredths("€", MAX_SALE_MINOR), "Ab Einkaufswert", "From a value"
                ),
                Field("days_before", Whole(0, _DAYS_MAX), "Tage vorher", "Days before"),
                Field("days_after", Whole(0, _DAYS_MAX), "Tage danach", "Days after"),
            ),
        ),
        *pieces.groups(is_open=False),
    )

    def write(self, values: Values) -> Offered:
        """Return a ``receipt_discount`` under the condition ``birthday``."""
        tier = {
            "min_value_minor": values.get("min_value") or 0,
            "benefit": {"type": "percent", "bp": values["percent"]},
        }
        around = {
            "type": "birthday",
            "days_before": values.get("days_before") or 0,
            "days_after": values.get("days_after") or 0,
        }
        offer = {"kind": "receipt_discount", "on": pieces.selector(values), "tiers": [tier]}
        return Offered("receipt", offer, (around,))

    def read(self, promotion: Promotion) -> Values | None:
        """Return the fields of a discount on the birthday."""
        offer = promotion.offer
        around = next((one for one in promotion.when if isinstance(one, Birthday)), None)
        if not isinstance(offer, ReceiptDiscount) or around is None:
            return None
        tier = offer.tiers[0]
        if not isinstance(tier.benefit, Percent):
            return None
        return {
            "percent": tier.benefit.bp,
            "min_value": tier.min_value_minor or None,
            "days_before": around.days_before,
            "days_after": around.days_after,
            **pieces.values(offer.on),
        }
