"""Points and bonus money."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from head_office.web.forms import pieces
from head_office.web.forms.fields import Field, FieldFault, Hundredths, Line, OneOf
from head_office.web.forms.form import Form, Group, Offered
from pos_plugin.limits import MAX_FACTOR_BP, MAX_SALE_MINOR
from pos_plugin.promotions.offers import Earn, EarnFixed, EarnMultiplier

if TYPE_CHECKING:
    from head_office.web.forms.fields import Values
    from pos_plugin.promotions.promotion import Promotion


class PointsForm(Form):
    """A point an euro; twice on shoes; fifty for a pair."""

    code = "points"
    title = ("Punkte und Bonus", "Points and bonus")
    example = ("1 Punkt je Euro, doppelt auf Schuhe", "a point for each euro, twice on shoes")
    presets: ClassVar[Values] = {"account": "points", "number": 100, "per_value": 100}
    gives = (
        Group(
            "Was es gibt",
            "What it gives",
            (
                Field("account", Line("accounts"), "Konto", "Account", is_needed=True),
                Field(
                    "way",
                    OneOf(
                        (
                            ("value", "Punkte je Betrag", "Points for an amount"),
                            ("unit", "Punkte je Teil", "Points for a piece"),
                            ("receipt", "Punkte einmal je Bon", "Points once a receipt"),
                            ("factor", "Mehrfache Punkte", "Points several times"),
                        )
                    ),
                    "Wofür",
                    "For what",
                ),
                Field(
                    "number",
                    Hundredths("", 10 * MAX_SALE_MINOR),
                    "Wie viele Punkte, oder wievielfach",
                    "How many points, or how many times",
                    (
                        "Bei Bonus in Geld: 1 = 1 Cent.",
                        "With bonus money: 1 = 1 cent.",
                    ),
                    is_needed=True,
                ),
                Field("per_value", Hundredths("€", MAX_SALE_MINOR), "Je Betrag", "For each"),
            ),
        ),
        *pieces.groups(),
    )

    def write(self, values: Values) -> Offered:
        """Return ``earn``, ``earn_fixed`` or ``earn_multiplier``."""
        offer = {"account": values["account"], "on": pieces.selector(values)}
        way, hundredths = values["way"], values["number"]
        if way == "factor":
            factor_bp = hundredths * 100
            if factor_bp > MAX_FACTOR_BP:
                raise FieldFault("Höchstens 100-fach, bitte.", "At most 100 times, please.")
            return Offered("earn", offer | {"kind": "earn_multiplier", "factor_bp": factor_bp})
        if hundredths % 100:
            raise FieldFault("Punkte sind ganze Zahlen.", "Points are whole numbers.")
        offer["points"] = hundredths // 100
        if way != "value":
            return Offered("earn", offer | {"kind": "earn_fixed", "per": way})
        if not values.get("per_value"):
            raise FieldFault("Bitte sagen, für welchen Betrag.", "Say for which amount, please.")
        return Offered("earn", offer | {"kind": "earn", "per_value_minor": values["per_value"]})

    def read(self, promotion: Promotion) -> Values | None:
        """Return the fields of whatever earns."""
        match promotion.offer:
            case Earn() as offer:
                own = {"way": "value", "number": offer.points * 100}
                own["per_value"] = offer.per_value_minor
            case EarnFixed() as offer:
                own = {"way": offer.per, "number": offer.points * 100}
            case EarnMultiplier() as offer:
                own = {"way": "factor", "number": offer.factor_bp // 100}
            case _:
                return None
        return {"account": offer.account, **own, **pieces.values(offer.on)}
