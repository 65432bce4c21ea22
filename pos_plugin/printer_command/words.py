"""What the commands of printers say about a unit, in the language of the till."""

from __future__ import annotations

from typing import Final

LEVELS: Final = {
    "de": {
        0: "nimmt Daten an und sagt nichts: auf das Papier sehen",
        1: "sagt, wie es ihm geht: auf das Papier sehen",
        2: "sagt, wann alles verarbeitet ist: bestätigt",
        3: "nennt den Auftrag, wenn das Papier heraus ist: bestätigt",
    },
    "en": {
        0: "bytes accepted, it says nothing: look at the paper",
        1: "it says how it is: look at the paper",
        2: "it says when everything was processed: confirmed",
        3: "it names the job when the paper is out: confirmed",
    },
}
"""How far a unit is believed (docs/printing.md)."""

LISTED: Final = {
    "de": {
        "none": "Diese Kasse hat keinen Drucker: ein [[printer]] in ihre Einstellungen schreiben.",
        "printer": "{name}  {where}  {dots} Punkte  Rolle {role}",
        "any": "jede",
        "level": "  Stufe {level}: {means} ({tested})",
        "tested": "getestet {at}",
        "never": "nie getestet",
        "in_use": "  in Gebrauch durch Prozess {pid}",
    },
    "en": {
        "none": "This till has no printer: add a [[printer]] to its settings.",
        "printer": "{name}  {where}  {dots} dots  role {role}",
        "any": "any",
        "level": "  level {level}: {means} ({tested})",
        "tested": "tested {at}",
        "never": "never tested",
        "in_use": "  in use by process {pid}",
    },
}
"""What ``printer list`` says."""

TESTED: Final = {
    "de": {
        "printing": "Es wird gedruckt; ein Drucker, der nichts sagt, braucht eine halbe Minute.",
        "not_tested": "{name} wurde nicht getestet: {why}.",
        "says": "er sagt {reason}",
        "level": "Stufe {level}: {means}.",
        "answers": (
            "Er antwortet auf Stufe {answers}, doch hier sieht niemand, dass er aus- und "
            "eingeschaltet wurde: Das braucht die Leitung DSR (docs/printing.md), oder "
            "`level_max` ist gesetzt."
        ),
        "facts": "Er sagt von sich: {facts}",
        "unit": "Gerät {unit}, {seconds:.1f} s vom ersten Byte bis zur letzten Antwort.",
        "not_as_wished": "Nicht wie gewünscht: {what}.",
        "scan": "{what} scannen (Enter: auslassen)",
        "qr": "den QR-Code",
        "bar": "den Strichcode",
        "wrong_scan": (
            "Gescannt kam {came!r} zurück, nicht {wanted!r}: den Scanner auf die "
            "Tastatursprache dieses Rechners stellen."
        ),
    },
    "en": {
        "printing": "Printing; a unit that says nothing takes half a minute.",
        "not_tested": "{name} was not tested: {why}.",
        "says": "it says {reason}",
        "level": "Level {level}: {means}.",
        "answers": (
            "It answers at level {answers}, but here nobody sees that it was switched off and "
            "on: that takes the wire DSR (docs/printing.md), or `level_max` is set."
        ),
        "facts": "It says of itself: {facts}",
        "unit": "Unit {unit}, {seconds:.1f} s from the first byte to the last answer.",
        "not_as_wished": "Not as wished: {what}.",
        "scan": "Scan {what} (Enter: skip)",
        "qr": "the QR code",
        "bar": "the bar code",
        "wrong_scan": (
            "Scanned, it came back as {came!r}, not {wanted!r}: set the scanner to the keyboard "
            "language of this machine."
        ),
    },
}
"""What ``printer test`` says; ``printing`` and the scans only at a terminal."""

RESTART: Final = {
    "de": {
        "off": "Den Drucker ausschalten, dann Enter",
        "on": "Einschalten; wenn er bereit ist, binnen einer Minute Enter",
    },
    "en": {
        "off": "Switch the printer off, press Enter",
        "on": "Switch it on; when it is ready, within a minute, press Enter",
    },
}
"""What ``printer test --restart`` asks a person to do."""

WARNINGS: Final = {
    "de": {
        "missing_picture": "ein Bild ist nicht da: {}",
        "missing_glyph": "kein Buchstabe für {}: ein Kasten steht da",
        "code_fell": "das Papier ist zu schmal für {0}: stattdessen {1}",
        "encoder_fell": "dieses Profil nennt keine Buchstaben des Druckers (cp858_slot): {1} "
        "statt {0}",
    },
    "en": {
        "missing_picture": "a picture is not here: {}",
        "missing_glyph": "no letter for {}: a box stands there",
        "code_fell": "the paper is too narrow for {0}: {1} instead",
        "encoder_fell": "this profile names no letters of the printer (cp858_slot): {1}, not {0}",
    },
}
"""What a paper lacks, by the first word of a job's warning."""


def lacking(warning: str, language: str) -> str:
    """Return a warning of a job as a sentence.

    >>> lacking("missing_glyph U+4E2D", "en")
    'no letter for U+4E2D: a box stands there'
    """
    kind, *values = warning.split(" ")
    return WARNINGS[language][kind].format(*values)
