"""So many percent on a group of goods."""

from __future__ import annotations

from typing import TYPE_CHECKING

from head_office.web.forms import pieces
from head_office.web.forms.fields import Field, Hundredths, Whole
from head_office.web.forms.form import Form, Group, Offered
from pos_plugin.limits import MAX_BP, MAX_PIECES_A_LINE
from pos_plugin.promotions.benefits import Percent
from pos_plugin.promotions.offers import UnitDiscount

if TYPE_CHECKING:
    from head_office.web.forms.fields import Values
    from pos_plugin.promotions.promotion import Promotion


class PercentForm(Form):
    """20 % on trousers."""

    code = "percent"
    title = ("Prozente auf eine Warengruppe", "Percent on a product group")
    example = ("samstags 20 % auf Hosen", "20% off trousers on Saturdays")
    gives = (
        Group(
            "Was es gibt",
            "What it gives",
            (
                Field("percent", Hundredths("%", MAX_BP), "Rabatt", "Discount", is_needed=True),
                Field(
                    "max_units",
                    Whole(1, MAX_PIECES_A_LINE),
                    "Auf höchstens so viele Teile je Bon",
                    "On at most so many pieces a receipt",
                ),
            ),
        ),
        *pieces.groups(),
    )

    def write(self, values: Values) -> Offered:
        """Return a ``unit_discount``."""
        return Offered(
            "article",
            {
                "kind": "unit_discount",
                "on": pieces.selector(values),
                "benefit": {"type": "percent", "bp": values["percent"]},
                "max_units": values.get("max_units"),
            },
        )

    def read(self, promotion: Promotion) -> Values | None:
        """Return the fields of a ``unit_discount`` in percent."""
        offer = promotion.offer
        if not isinstance(offer, UnitDiscount) or not isinstance(offer.benefit, Percent):
            return None
        own = {"percent": offer.benefit.bp, "max_units": offer.max_units}
        return own | pieces.values(offer.on)
