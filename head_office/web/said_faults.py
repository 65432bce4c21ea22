"""Why something was not done, in the words of people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from head_office.promotions.drafts import DraftMoved
from head_office.read_back.words import say
from pos_plugin.errors import RuleError

if TYPE_CHECKING:
    from pos_plugin.errors import PosPluginError

_RULES: Final = {
    "missing": ("Hier fehlt eine Angabe.", "Something is missing here."),
    "unknown_field": ("Dieses Feld gibt es hier nicht.", "There is no such field here."),
    "unknown_word": ("Dieses Wort kennen die Kassen nicht.", "Tills do not know this word."),
    "wrong_type": (
        "Hier steht etwas anderer Art: Zahl, Text, Liste oder Gruppe?",
        "This is of another kind: number, text, list or group?",
    ),
    "out_of_range": ("Dieser Wert geht hier nicht.", "This value cannot be here."),
    "limit": ("Das ist zu lang, zu viel oder zu tief verschachtelt.", "Too long, many or deep."),
    "not_json": (
        "Das ist kein JSON. Klammern, Anführungszeichen und Kommas ansehen.",
        "This is no JSON. Look at brackets, quotes and commas.",
    ),
    "duplicate_id": ("Diesen Namen gibt es zweimal.", "This name stands twice."),
}


def said(fault: PosPluginError, language: str) -> str:
    """Return why something was not done; what only experts need stands in brackets.

    >>> said(RuleError("missing", "promotions[0].offer.n", "Field required"), "de")
    'Stelle: offer.n. Hier fehlt eine Angabe. (Field required)'
    """
    if isinstance(fault, DraftMoved):
        return say(
            language,
            "Jemand anderes hat inzwischen etwas geändert. Bitte neu öffnen.",
            "Somebody else has changed something meanwhile. Please open it again.",
        )
    if isinstance(fault, RuleError):
        place = fault.where.removeprefix("promotions[0]").lstrip(".")
        here = place or say(language, "ganz am Anfang", "the very beginning")
        words = _RULES.get(fault.code)
        why = f"{say(language, *words)} " if words else ""
        return say(language, "Stelle: ", "Place: ") + f"{here}. {why}({fault.message})"
    return str(fault)
