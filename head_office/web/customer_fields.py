"""The fields of what may be said of a customer, by the code of their form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from head_office.web import names
from head_office.web.forms.fields import Day, Field, Flag, Hundredths, Line, OneOf, Whole, Words
from head_office.web.said_codes import options
from pos_plugin.limits import MAX_BP, MAX_SALE_MINOR
from pos_plugin.loyalty.consents import CHANNELS, PURPOSES

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

CHANGE: Final = (
    Field(
        "groups",
        Words("groups"),
        "Gruppen",
        "Groups",
        (
            "Klassen stehen nicht dabei, sie werden errechnet.",
            "Classes are not among them, they are counted.",
        ),
    ),
    Field(
        "rate",
        Hundredths("%", MAX_BP),
        "Sofort-Rabatt",
        "Instant discount",
        ("Leer = keiner.", "Empty = none."),
    ),
    Field(
        "is_blocked",
        Flag(),
        "Gesperrt: die Kassen behandeln ihn nicht mehr als Kunden",
        "Blocked: tills do not treat them as a customer any more",
    ),
)
CONSENT: Final = (
    Field("purpose", OneOf(options("purpose", PURPOSES)), "Wofür", "What for"),
    Field("channel", OneOf(options("channel", CHANNELS)), "Auf welchem Weg", "By which channel"),
    Field("text_id", Line(), "Name des Textes", "Name of the text", is_needed=True),
    Field("text_revision", Whole(1), "Fassung des Textes", "Revision of the text", is_needed=True),
    Field(
        "form_number",
        Line(),
        "Nummer des Formulars",
        "Number of the form",
        (
            "Auf dem unterschriebenen Papier; ohne Beleg keine Einwilligung.",
            "On the signed paper; no consent without proof.",
        ),
        is_needed=True,
    ),
)
_REST: Final = (
    Field(
        "value",
        Hundredths("€", MAX_SALE_MINOR),
        "Wert",
        "Value",
        (
            "Leer = so viel, wie die Art sagt.",
            "Empty = as much as the kind says.",
        ),
    ),
    Field(
        "last_on",
        Day(),
        "Gilt bis",
        "Valid until",
        ("Leer = so lange, wie die Art sagt.", "Empty = as long as the kind says."),
    ),
    Field(
        "reason",
        Line(),
        "Warum",
        "Why",
        ("Steht im Protokoll.", "Stands in the log."),
        is_needed=True,
    ),
)


def of(connection: Connection, language: str) -> dict[str, tuple[Field, ...]]:
    """Return the fields of each form; kinds of voucher are those of the shop."""
    kinds = names.voucher_kinds(connection, language)
    offered = tuple((code, name, name) for code, name in kinds.items())
    first = (Field("type", OneOf(offered), "Art", "Kind"),) if offered else ()
    return {"voucher": first + _REST, "change": CHANGE, "consent": CONSENT}
