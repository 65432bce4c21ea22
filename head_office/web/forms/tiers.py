"""The more, the cheaper: by pieces, or by what the purchase is worth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from head_office.web.forms import pieces
from head_office.web.forms.fields import Field, FieldFault, Hundredths, OneOf
from head_office.web.forms.form import Form, Group, Offered
from pos_plugin.limits import MAX_BP, MAX_SALE_MINOR
from pos_plugin.promotions.benefits import AmountOff, Percent
from pos_plugin.promotions.offers import QuantityTiers, ReceiptDiscount

if TYPE_CHECKING:
    from head_office.web.forms.fields import Values
    from pos_plugin.promotions.benefits import ReceiptBenefit, UnitBenefit
    from pos_plugin.promotions.promotion import Promotion

_STEPS: Final = (1, 2, 3, 4)


def _step(number: int) -> tuple[Field, ...]:
    return (
        Field(
            f"step{number}_from",
            Hundredths("", MAX_SALE_MINOR),
            f"{number}. Stufe ab (Teile oder €)",
            f"Step {number} from (pieces or €)",
        ),
        Field(
            f"step{number}_gives",
            Hundredths("", MAX_SALE_MINOR),
            "gibt (% oder €)",
            "gives (% or €)",
        ),
    )


class TiersForm(Form):
    """10 EUR off from 100 EUR, 25 EUR from 200 EUR."""

    code = "tiers"
    title = ("Staffel", "Tiers")
    example = ("ab 3 Teilen 10 %, ab 5 Teilen 15 %", "10% from 3 pieces, 15% from 5")
    gives = (
        Group(
            "Was es gibt",
            "What it gives",
            (
                Field(
                    "by",
                    OneOf(
                        (
                            ("pieces", "Anzahl der Teile", "Number of pieces"),
                            ("value", "Wert des Einkaufs", "Value of the purchase"),
                        )
                    ),
                    "Staffel nach",
                    "Tiers by",
                ),
                Field(
                    "unit",
                    OneOf((("percent", "Prozent", "Percent"), ("amount", "Euro", "Euro"))),
                    "Rabatt in",
                    "Discount in",
                ),
                *(field for number in _STEPS for field in _step(number)),
            ),
        ),
        *pieces.groups(),
    )

    def write(self, values: Values) -> Offered:
        """Return ``quantity_tiers``, or a ``receipt_discount`` with tiers."""
        steps = list(_steps(values))
        if not steps:
            raise FieldFault("Bitte mindestens eine Stufe ausfüllen.", "Fill in at least one step.")
        on = pieces.selector(values)
        if values["by"] == "value":
            tiers = [{"min_value_minor": least, "benefit": benefit} for least, benefit in steps]
            return Offered("receipt", {"kind": "receipt_discount", "on": on, "tiers": tiers})
        if any(least % 100 or not least for least, _ in steps):
            raise FieldFault("Teile sind ganze Zahlen ab 1.", "Pieces are whole numbers from 1.")
        tiers = [{"min_quantity": least // 100, "benefit": benefit} for least, benefit in steps]
        if len({tier["min_quantity"] for tier in tiers}) < len(tiers):
            raise FieldFault(
                "Zwei Stufen beginnen bei derselben Zahl.", "Two steps begin at the same number."
            )
        return Offered("article", {"kind": "quantity_tiers", "on": on, "tiers": tiers})

    def read(self, promotion: Promotion) -> Values | None:
        """Return the fields of either kind of tiers."""
        offer = promotion.offer
        steps: list[tuple[int, UnitBenefit | ReceiptBenefit]]
        if isinstance(offer, QuantityTiers):
            by, steps = "pieces", [(one.min_quantity * 100, one.benefit) for one in offer.tiers]
        elif isinstance(offer, ReceiptDiscount) and promotion.layer == "receipt":
            by, steps = "value", [(one.min_value_minor, one.benefit) for one in offer.tiers]
        else:
            return None
        found: Values = {"by": by, **pieces.values(offer.on)}
        for number, (least, benefit) in zip(_STEPS, steps, strict=False):
            found[f"step{number}_from"] = least
            if isinstance(benefit, Percent):
                found |= {"unit": "percent", f"step{number}_gives": benefit.bp}
            if isinstance(benefit, AmountOff):
                found |= {"unit": "amount", f"step{number}_gives": benefit.minor}
        return found if "unit" in found else None


def _steps(values: Values) -> list[tuple[int, dict[str, Any]]]:
    found: list[tuple[int, dict[str, Any]]] = []
    for number in _STEPS:
        least, gives = values.get(f"step{number}_from"), values.get(f"step{number}_gives")
        if least is None and gives is None:
            continue
        if least is None or gives is None:
            raise FieldFault(
                f"Bei der {number}. Stufe fehlt eine Zahl.", f"Step {number} lacks a number."
            )
        if values["unit"] == "amount":
            found.append((least, {"type": "amount_off", "minor": gives}))
        elif gives > MAX_BP:
            raise FieldFault("Höchstens 100 Prozent, bitte.", "At most 100 percent, please.")
        else:
            found.append((least, {"type": "percent", "bp": gives}))
    return found
