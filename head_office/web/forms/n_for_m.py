"""Take n, pay m."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from head_office.web.forms import pieces
from head_office.web.forms.fields import Field, FieldFault, Whole
from head_office.web.forms.form import Form, Group, Offered
from pos_plugin.limits import MAX_PIECES_A_LINE
from pos_plugin.promotions.offers import NForM

if TYPE_CHECKING:
    from head_office.web.forms.fields import Values
    from pos_plugin.promotions.promotion import Promotion


class NForMForm(Form):
    """3 for 2 on shirts."""

    code = "n-for-m"
    title = ("3 für 2", "3 for 2")
    example = ("3 Hemden nehmen, 2 bezahlen", "take 3 shirts, pay 2")
    presets: ClassVar[Values] = {"n": 3, "pay": 2}
    gives = (
        Group(
            "Was es gibt",
            "What it gives",
            (
                Field("n", Whole(2, MAX_PIECES_A_LINE), "Nehmen", "Take", is_needed=True),
                Field("pay", Whole(0, MAX_PIECES_A_LINE), "Bezahlen", "Pay", is_needed=True),
            ),
        ),
        *pieces.groups(),
    )

    def write(self, values: Values) -> Offered:
        """Return an ``n_for_m`` whose cheapest pieces are free."""
        free = values["n"] - values["pay"]
        if free < 1:
            raise FieldFault(
                "Bezahlen muss weniger sein als Nehmen.", "Pay has to be less than Take."
            )
        return Offered(
            "article",
            {
                "kind": "n_for_m",
                "on": pieces.selector(values),
                "n": values["n"],
                "discounted": free,
            },
        )

    def read(self, promotion: Promotion) -> Values | None:
        """Return the fields of an ``n_for_m``."""
        offer = promotion.offer
        if not isinstance(offer, NForM):
            return None
        return {"n": offer.n, "pay": offer.n - offer.discounted} | pieces.values(offer.on)
