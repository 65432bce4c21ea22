"""Several pieces together at one price."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Final

from head_office.web.forms import pieces
from head_office.web.forms.fields import Field, FieldFault, Hundredths, Whole, Words
from head_office.web.forms.form import Form, Group, Offered
from pos_plugin.limits import MAX_PIECES_A_LINE, MAX_SALE_MINOR
from pos_plugin.promotions.benefits import FixedPrice
from pos_plugin.promotions.offers import Bundle

if TYPE_CHECKING:
    from head_office.web.forms.fields import Values
    from pos_plugin.promotions.promotion import Promotion

_PARTS: Final = (1, 2, 3, 4)


def _part(number: int) -> Group:
    return Group(
        f"{number}. Teil",
        f"Part {number}",
        (
            Field(f"part{number}_quantity", Whole(1, MAX_PIECES_A_LINE), "Stück", "Pieces"),
            Field(
                f"part{number}_categories", Words("categories"), "Warengruppen", "Product groups"
            ),
            Field(f"part{number}_brands", Words("brands"), "Marken", "Brands"),
        ),
        is_open=number <= 2,
    )


class OutfitForm(Form):
    """Trousers, shirt and belt together for 99 EUR."""

    code = "outfit"
    title = ("Outfit-Preis", "Outfit price")
    example = ("Hose, Hemd und Gürtel zusammen 99 €", "trousers, shirt and belt for €99 together")
    presets: ClassVar[Values] = {"part1_quantity": 1, "part2_quantity": 1}
    gives = (
        Group(
            "Was es gibt",
            "What it gives",
            (
                Field(
                    "price",
                    Hundredths("€", MAX_SALE_MINOR),
                    "Preis zusammen",
                    "Price together",
                    is_needed=True,
                ),
            ),
        ),
        *(_part(number) for number in _PARTS),
    )

    def write(self, values: Values) -> Offered:
        """Return a ``bundle`` at a fixed price; parts that name nothing are left out."""
        slots = [
            {
                "on": pieces.selector(values, f"part{number}"),
                "quantity": values.get(f"part{number}_quantity") or 1,
            }
            for number in _PARTS
            if values.get(f"part{number}_categories") or values.get(f"part{number}_brands")
        ]
        if not slots:
            raise FieldFault(
                "Bitte bei mindestens einem Teil Warengruppe oder Marke nennen.",
                "Name a product group or a brand for at least one part.",
            )
        return Offered(
            "article",
            {
                "kind": "bundle",
                "slots": slots,
                "benefit": {"type": "fixed_price", "minor": values["price"]},
            },
        )

    def read(self, promotion: Promotion) -> Values | None:
        """Return the fields of a ``bundle`` at a fixed price."""
        offer = promotion.offer
        if not isinstance(offer, Bundle) or not isinstance(offer.benefit, FixedPrice):
            return None
        found: Values = {"price": offer.benefit.minor}
        for number, slot in zip(_PARTS, offer.slots, strict=False):
            found[f"part{number}_quantity"] = slot.quantity
            found |= pieces.values(slot.on, f"part{number}")
        return found
